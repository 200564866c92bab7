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
        "The provider answered with an error of its own (a 5xx status), again and again: the call was tried several times, each "
        "time after a longer wait. `or_else` gives a value for such a call; `resume` goes on later without paying twice.",
    ),
    _lost(
        "E0502",
        "The provider takes no more requests",
        "Too many requests, or a quota is used up (status 429). The wait that the provider asked for was kept, and the call still "
        "did not get through. Lower `--concurrency`, or come back later with `resume`.",
    ),
    _lost(
        "E0503",
        "The model did not answer in time",
        "One attempt took longer than the timeout, and so did those after it. Shorter prompts and a smaller `out` answer sooner; "
        "the timeout of an attempt is a setting.",
    ),
    _lost(
        "E0504",
        "The connection was lost",
        "The connection to the provider broke before the reply was complete, on every attempt.",
    ),
    _outside(
        "E0505",
        "Nobody answers at this address",
        "No server listens at the address of the model, or its name cannot be resolved. Check `--base-url` and that the server "
        "runs; without a network, `--model local/qwen2.5-coder-0.5b` answers in the process. `or_else` does not cover this.",
    ),
    _outside(
        "E0506",
        "The key is missing or was refused",
        "The provider wants a key that it knows. Set the environment variable that the message names (`OPENAI_API_KEY`, "
        "`ANTHROPIC_API_KEY`, …), or use a local model, which needs none. `or_else` does not cover this: every call would fail.",
    ),
    _outside(
        "E0507",
        "There is no such model",
        "The provider does not know the model, or no provider is known for its name. Names are written provider/model, as in "
        "`openai/gpt-5-mini`, or `local/NAME`; `lambda-rlm models` lists what can be reached. `or_else` does not cover this.",
    ),
    _lost(
        "E0508",
        "The provider does not take the request",
        "The provider says that the request is wrong (status 400 or 422), and why. It is not tried again as it stands.",
    ),
    Code(
        "E0509",
        "The prompt does not fit the window",
        "Prompt and reply together must fit the model's window. The prompt is counted before it is sent, so nothing was paid. Cut "
        "what goes into it with `chunk`, `take` or `pack`, or ask for a smaller reply with `out`. `or_else` does not cover this.",
        bad='llm_call(f"Summarise all of it:\\n{context}")',
        fixed='chunk(context, 2000) |> map(fn(part) => llm_call(f"Summarise this part:\\n{part}")) |> join("\\n")',
        replies=(("this part", "A summary."),),
        failures=(("all of it", "E0509"),),
    ),
    _lost(
        "E0510",
        "The model refused to answer",
        "The model declined, or the provider blocked the prompt or the reply. Asking again in the same words would not help.",
    ),
    _lost(
        "E0511",
        "The reply is empty",
        "The model ended its reply without writing anything, on every attempt. A larger `out` helps models that think first.",
    ),
    _lost(
        "E0512",
        "The reply cannot be read",
        "What the server sent is no completion: not JSON, cut off, or of another form. Behind `--base-url` this is often a page of "
        "a proxy, or an address without its `/v1`.",
    ),
    Code(
        "E0513",
        "The reply has not the type that was asked for",
        "A typed reply is read with good will (fences, prose around, casing) and then checked. This one did not come to a value of "
        "the type, and neither did the replies after the model was told so. `or_else` gives a value; a simpler type, or a prompt "
        "that says what each field means, is answered better.",
        bad='llm_call[Int](f"How many chapters has this book?\\n{context}")',
        fixed='llm_call[Int](f"How many chapters has this book?\\n{context}", or_else=0)',
        replies=(("How many", "quite a few"),),
    ),
    Code(
        "E0514",
        "The quote is not in the text",
        "A Quote must stand verbatim in what the model was shown, apart from white space. This one does not, and neither did those "
        "after the model was told so. In a list of quotes, one that is not found is left out and counted instead.",
        bad='llm_call[Quote](f"Copy the sentence that names the price:\\n{context}")',
        fixed='llm_call[List[Quote]](f"Copy all sentences that name a price:\\n{context}")',
        replies=(("Copy the", "Nobody ever wrote this."), ("Copy all", '["Nobody ever wrote this."]')),
    ),
    Code(
        "E0516",
        "The answer would be degraded",
        "With `--strict` a run does not answer when something was left out on the way: a reply that was cut at its bound, a quote "
        "that was not found, an item without an answer. The message counts them. A call that failed is a fault of its own then: "
        "`or_else` does not stand in for it.",
        bad='llm_call[List[Quote]](f"Copy all sentences that name a price:\\n{context}")',
        fixed='llm_call(f"Name the author:\\n{context}")',
        replies=(("Name the author", "Anon."), ("Copy all", '["Nobody ever wrote this."]')),
        is_strict=True,
    ),
    Code(
        "E0519",
        "A sub-model found no answer",
        "rlm_call has a sub-model write and run a program of its own, with at most the calls that are given, its writing included. It "
        "wrote none that fits them, or the program it wrote came to its own limit. Give it more calls, or ask over pieces of the "
        "text directly.",
        bad='llm_call("Which hills?")',
        failures=(("hills", "E0519"),),
        fixed='llm_call("Which hills?", or_else="")',
    ),
    Code(
        "E0520",
        "The script has no rule for this prompt",
        "A scripted model answers by the rules of its file, in order, and invents nothing. Add a rule whose `match` is found in the "
        "prompt that the message shows.",
        bad='llm_call(f"Translate:\\n{context}")',
        fixed=_ASK,
        replies=(("Summarise", "A summary."),),
    ),
    _outside(
        "E0521",
        "The recording holds no such request",
        "A recorded model answers only what it was asked when it was recorded: program, inputs and settings must be the same. "
        "Record it again where one of them has changed.",
    ),
    _outside(
        "E0522",
        "The script or recording cannot be read",
        "The file of a scripted or recorded model is missing, or a line of it is not what it should be: one JSON object a line, "
        '`{"match": pattern, "reply": text}`. The message names the file and the line.',
    ),
    _outside(
        "E0523",
        "The simulated model cannot read this prompt",
        "`sim:` reads the prompts of the benchmarks that `lambda-rlm bench --list` names: it looks for the question of one of them in the "
        "instruction, and invents nothing for other questions. Ask one of those, or name a real model.",
    ),
    _outside(
        "E0524",
        "The simulated model is not described rightly",
        "After `sim:` stand parameters as in `sim:?a0=1&rho=0.9&k=8000`, each once; `key` names a file with one JSON object a line. The "
        "message says which of them is wrong.",
    ),
    _outside(
        "E0530",
        "The weights of the local model are not here",
        "A local model needs its file of weights. `lambda-rlm models get NAME` fetches and checks it, and goes on where it was "
        "interrupted; `LAMBDA_RLM_GGUF` or `local:PATH` takes a file that you have. Or name any provider's model.",
    ),
    _outside(
        "E0531",
        "The engine of the local model is not installed",
        "Local models run in the package xllamacpp, which is an extra: `pip install 'lambda-rlm[local]'`. Or name any provider's "
        "model, or an OpenAI-compatible server with `--base-url`.",
    ),
    _lost(
        "E0532",
        "The local model failed",
        "The engine of the local model reported an error, or could not load its file. The message says what it said.",
    ),
    _lost(
        "E0533",
        "The type of the reply cannot be decoded",
        "A local model is held to the type of its reply while it writes. The grammar of this type was refused by the decoder, "
        "mostly because it is too large; ask for a simpler type.",
    ),
)
