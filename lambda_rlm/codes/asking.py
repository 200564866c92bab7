"""Codes of asking a model: replies that are none of the type, scripts and recordings without an answer.

A row with `replies` can be run as it stands; the others need a provider, or a setting of the run, that fails in this way.
"""

from __future__ import annotations

from lambda_rlm.codes.code import Code

TABLE: tuple[Code, ...] = (
    Code(
        "E0510",
        "The model refused to answer",
        "The provider marked the reply as a refusal. It is not asked again; `or_else` gives a value to go on with, and `llm_map` "
        "and `llm_choose` give none for what was refused.",
        bad='llm_call(f"Write the recipe that {query} asks for.")',
        fixed='llm_call(f"Write the recipe that {query} asks for.", or_else="refused")',
    ),
    Code(
        "E0511",
        "The reply is empty",
        "The provider answered without any text, also when it was asked again. `or_else` gives a value to go on with.",
        bad='llm_call(f"Sum up:\\n{context}")',
        fixed='llm_call(f"Sum up:\\n{context}", or_else="")',
    ),
    Code(
        "E0512",
        "The provider's reply cannot be read",
        "What the server sent is no reply in its own format, also when it was asked again: often a proxy in between, or a "
        "server that speaks another protocol than the one configured. `or_else` gives a value to go on with.",
        bad='llm_call(f"Sum up:\\n{context}")',
        fixed='llm_call(f"Sum up:\\n{context}", or_else="")',
    ),
    Code(
        "E0513",
        "The model's reply is not of the type asked for",
        "A typed reply is read with good will, and a bad one is asked for again with the error, a bounded number of times. Still "
        "it was no value of the type, gave several different ones, or was cut off at `out` tokens. Ask for less at a time or for "
        "a simpler type, raise `out`, or give a value to go on with as `or_else`.",
        bad='llm_call[Int](f"How many chapters?\\n{context}")',
        fixed='llm_call[Int](f"How many chapters?\\n{context}", or_else=0)',
        replies=(("chapters", "quite a few"),),
    ),
    Code(
        "E0514",
        "A Quote does not stand in the text",
        "A Quote must be copied word for word from a part of the prompt that came from an input; only white space may differ. "
        "What the model gave does not stand there, also when it was asked again. In a list the element is left out and counted; "
        "so ask for a list of quotes, or for Option[Quote], or give `or_else`.",
        bad='llm_call[Quote](f"Copy the sentence about the sea:\\n{context}")',
        fixed='join(llm_call[List[Quote]](f"Copy each sentence about the sea:\\n{context}"), "\\n")',
        values={"context": "The hills were green."},
        replies=(("sentence", '{"reply": "The sea was calm."}'),),
    ),
    Code(
        "E0515",
        "An item of llm_map is too long for a prompt of its own",
        "llm_map packs as many items into a prompt as fit the model's window together with their replies. This item does not fit "
        "even alone. Chunk long items first, cut them with take, or give a smaller `out`.",
        bad='llm_map[Bool]([repeat("sea ", 100000)], "Is it about the sea?") |> length',
        fixed='llm_map[Bool]([take(repeat("sea ", 100000), 1000)], "Is it about the sea?") |> length',
        replies=(("sea", '{"1": "yes"}'),),
    ),
    Code(
        "E0516",
        "The answer of a strict run would be degraded",
        "The run was started as strict, and something would be missing from its answer: a quote that was not found, an item "
        "without a reply, a reply cut at its limit, or a value of `or_else` in place of a reply. Without `--strict` the run goes "
        "on and counts these.",
        bad='llm_call(f"Tell the whole story of {query}.", out=1)',
        fixed='llm_call(f"Tell the whole story of {query}.", out=500)',
    ),
    Code(
        "E0517",
        "There is no model that writes programs",
        "rlm_call lets a sub-model write and run a program of its own, and this run has none configured. Name one, or ask over "
        "pieces of the text directly.",
        bad="rlm_call(query, context, 10)",
        fixed='join(map(chunk(context, 10000), fn(piece) => llm_call(f"{query}\\n\\n{piece}")), "\\n")',
        values={"context": "The hills were green."},
        replies=((".", "green"),),
    ),
    Code(
        "E0520",
        "No rule of the script matches the prompt",
        "A scripted model answers by rules, and none of them matches. It does not invent a reply: add a rule; the message shows "
        "how the prompt begins.",
        bad='llm_call("Say goodbye.")',
        fixed='llm_call("Say hello.")',
        replies=(("hello", "Hello!"),),
    ),
    Code(
        "E0521",
        "The recording holds no reply to this prompt",
        "A recorded model gives back what was once replied to exactly the same request. The program, an input, the model or a "
        "setting has changed since; record again.",
        bad='llm_call(f"Sum up:\\n{context}")',
        fixed='llm_call(f"Sum up:\\n{context}", or_else="")',
    ),
    Code(
        "E0522",
        "The script cannot be read",
        "A script is a file of JSON objects, one a line, each with `match` and `reply`. The message names the file and the line.",
        bad='llm_call("Say hello.")',
        fixed='"Hello!"',
    ),
)
