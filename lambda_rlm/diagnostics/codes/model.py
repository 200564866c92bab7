"""Codes of model."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

_ASK = 'llm_call(f"Summarise:\\n{context}")'
_ASK_OR = 'llm_call(f"Summarise:\\n{context}", or_else="no summary")'
_NO_MODEL = "take(context, 300)"


def _lost(code: str, title: str, text: str) -> Code:
    """A failure of one call, which `or_else` covers."""
    return Code(code, title, text, bad=_ASK, fixed=_ASK_OR, failures=(("Summarise", code),))


def _outside(code: str, title: str, text: str) -> Code:
    """A failure whose cause is not in the program: what is fixed is the set-up, or the program asks no model."""
    return Code(code, title, text, bad=_ASK, fixed=_NO_MODEL, failures=(("Summarise", code),))


TABLE: tuple[Code, ...] = (
    _lost(
        "E0501",
        "The provider failed",
        "The provider returned an error of its own (a 5xx status) on every attempt, with a longer wait before each. "
        "`or_else` gives a value for such a call; `resume` continues later without paying twice.",
    ),
    _lost(
        "E0502",
        "Rate limit exceeded",
        "Too many requests, or a quota is exhausted (status 429). The call waited as long as the provider asked and still "
        "failed. Lower `--concurrency`, or continue later with `resume`.",
    ),
    _lost(
        "E0503",
        "The model timed out",
        "One attempt took longer than the timeout, and so did the retries. Shorter prompts and a smaller `out` are answered "
        "sooner; the timeout of an attempt is a setting.",
    ),
    _lost(
        "E0504",
        "The connection was lost",
        "The connection to the provider broke before the reply was complete, on every attempt.",
    ),
    _outside(
        "E0505",
        "No server at this address",
        "No server listens at the model's address, or its host name cannot be resolved. Check `--base-url` and that the "
        "server is running. Without a network, `--model local/qwen2.5-coder-0.5b` runs in the process. `or_else` does not "
        "cover this.",
    ),
    _outside(
        "E0506",
        "The API key is missing or was rejected",
        "The provider needs a valid API key. Set the environment variable that the message names (`OPENAI_API_KEY`, "
        "`ANTHROPIC_API_KEY`, …), or use a local model, which needs no key. An account without credit or quota is reported "
        "so, too. `or_else` does not cover this: every call would fail.",
    ),
    _outside(
        "E0507",
        "Unknown model",
        "The provider does not know the model, or no provider is known for its name. Model names have the form "
        "provider/model, such as `openai/gpt-5-mini` or `local/NAME`; `lambda-rlm models` lists the models that can be "
        "reached. Some providers need the extra `litellm`. A server that is named by `--base-url` knows its own names. `or_else` "
        "does not cover this.",
    ),
    _lost(
        "E0508",
        "The provider rejected the request",
        "The provider reports that the request is invalid (status 400 or 422), and why. The same request is not retried.",
    ),
    Code(
        "E0509",
        "The prompt does not fit the context window",
        "Prompt and reply together must fit the model's context window. The prompt is counted before it is sent, so nothing "
        "was paid. Cut its content with `chunk`, `take` or `pack`, or limit the reply with `out`. `or_else` does not cover "
        "this.",
        bad='llm_call(f"Summarise all of it:\\n{context}")',
        fixed='chunk(context, 2000) |> map(fn(part) => llm_call(f"Summarise this part:\\n{part}")) |> join("\\n")',
        replies=(("this part", "A summary."),),
        failures=(("all of it", "E0509"),),
    ),
    _lost(
        "E0510",
        "The model refused to answer",
        "The model declined, or the provider blocked the prompt or the reply. Retrying with the same words would not help.",
    ),
    _lost(
        "E0511",
        "The reply is empty",
        "The model ended its reply without any text, on every attempt. A reasoning model may have "
        "thought for as long as it was allowed: `--thinking N` allows more.",
    ),
    _lost(
        "E0512",
        "Malformed response",
        "The server's response is not a chat completion: not JSON, truncated, or of another form. With `--base-url` this is "
        "often a proxy's error page, or an address without its `/v1`.",
    ),
    Code(
        "E0513",
        "The reply does not match the requested type",
        "A typed reply is read leniently (code fences, surrounding prose, letter case) and then checked. This reply gave no "
        "value of the type, and neither did the retries, in which the model was shown the error. The beginning of the last reply "
        "is shown beside the fault. `or_else` gives a value. A simpler type, or a prompt that explains each field, gets better "
        "replies. A model that thinks aloud before a label needs room for it: `--thinking N`.",
        bad='llm_call[Int](f"How many chapters has this book?\\n{context}")',
        fixed='llm_call[Int](f"How many chapters has this book?\\n{context}", or_else=0)',
        replies=(("How many", "quite a few"),),
    ),
    Code(
        "E0514",
        "The quote is not in the text",
        "A Quote must appear verbatim in the text that the model was shown, apart from white space. This quote does not, and "
        "neither did those of the retries, in which the model was shown the error. In a list of quotes, a quote that is not "
        "found is dropped and counted instead.",
        bad='llm_call[Quote](f"Copy the sentence that names the price:\\n{context}")',
        fixed='llm_call[List[Quote]](f"Copy all sentences that name a price:\\n{context}")',
        replies=(("Copy the", "Nobody ever wrote this."), ("Copy all", '["Nobody ever wrote this."]')),
    ),
    _outside(
        "E0525",
        "The model of the host program failed",
        "A model that the host program supplies raised an exception other than `ModelFailure`, or returned something that is "
        "not a `Completion` with a text. The message names it. `lambda_rlm.testing` checks a model against the contract. "
        "`or_else` does not cover this.",
    ),
    Code(
        "E0516",
        "The answer would be degraded",
        "With `--strict` a run gives no answer when anything was lost on the way: a truncated reply, a quote that was not "
        "found, an item without a reply. The message counts them. In this mode a failed call is a fault: `or_else` does not "
        "replace it.",
        bad='llm_call[List[Quote]](f"Copy all sentences that name a price:\\n{context}")',
        fixed='llm_call(f"Name the author:\\n{context}")',
        replies=(("Name the author", "Anon."), ("Copy all", '["Nobody ever wrote this."]')),
        is_strict=True,
    ),
    Code(
        "E0519",
        "A sub-model found no answer",
        "rlm_call has a sub-model write and run its own program within the given number of calls, which includes the call "
        "that writes it. No program that it wrote fits this number, or its program reached its own limit. Give it more "
        "calls, or ask about pieces of the text directly.",
        bad='llm_call("Which hills?")',
        failures=(("hills", "E0519"),),
        fixed='llm_call("Which hills?", or_else="")',
    ),
    Code(
        "E0520",
        "The script has no rule for this prompt",
        "A scripted model answers by the rules of its file, in order, and invents nothing. Add a rule whose `match` is found "
        "in the prompt shown in the message.",
        bad='llm_call(f"Translate:\\n{context}")',
        fixed=_ASK,
        replies=(("Summarise", "A summary."),),
    ),
    _outside(
        "E0521",
        "The recording does not contain this request",
        "A recorded model answers only the requests of its recording: program, inputs and settings must be the same. Record "
        "again when one of them has changed.",
    ),
    _outside(
        "E0522",
        "The script or recording cannot be read",
        "The file of a scripted or recorded model is missing, or one of its lines is invalid. Each line must be one JSON "
        'object, `{"match": pattern, "reply": text}`. The message names the file and the line.',
    ),
    _outside(
        "E0523",
        "The simulated model cannot read this prompt",
        "`sim:` reads the prompts of the benchmarks that `lambda-rlm bench --list` names: it looks for the question of one "
        "of them in the instruction, and answers no other questions. Ask one of those, or name a real model.",
    ),
    _outside(
        "E0524",
        "Invalid parameters of the simulated model",
        "Parameters follow `sim:` as in `sim:?a0=1&rho=0.9&k=8000`, each at most once; `key` names a file with one JSON "
        "object per line. The message says which parameter is wrong.",
    ),
    _outside(
        "E0530",
        "The weights of the local model are not installed",
        "A local model needs its weights file. `lambda-rlm models get NAME` downloads and verifies it, and continues an "
        "interrupted download; `LAMBDA_RLM_GGUF` or `local:PATH` uses a file that you have. Or name a model of any provider.",
    ),
    _outside(
        "E0531",
        "The engine of the local model is not installed",
        "Local models need the package xllamacpp, which is an extra: `pip install 'lambda-rlm[local]'`. Or name a model of "
        "any provider, or an OpenAI-compatible server with `--base-url`.",
    ),
    _lost(
        "E0532",
        "The local model failed",
        "The engine of the local model reported an error, or could not load its file. The message includes the engine's own "
        "error.",
    ),
    _lost(
        "E0533",
        "The reply type cannot be used for constrained decoding",
        "A local model's output is constrained to the reply type. The decoder rejected the grammar of this type, usually "
        "because it is too large; ask for a simpler type.",
    ),
)
