"""Codes of asking a model: what stops a question before it is sent."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

TABLE: tuple[Code, ...] = (
    Code(
        "E0515",
        "An item of llm_map does not fit in a prompt",
        "llm_map packs as many items into a prompt as fit the context window together with their replies. This item does not "
        "fit even alone. Chunk long items first, cut them with take, or set a smaller `out`.",
        bad='llm_map[Bool]([repeat("sea ", 100000)], "Is it about the sea?") |> length',
        fixed='llm_map[Bool]([take(repeat("sea ", 100000), 1000)], "Is it about the sea?") |> length',
        replies=(("sea", '{"1": "yes"}'),),
    ),
    Code(
        "E0517",
        "There is no root model",
        "rlm_call lets a sub-model write and run its own program, and this run has no model for that. Name one, or ask about "
        "pieces of the text directly.",
        bad="rlm_call(query, context, 10)",
        fixed='join(map(chunk(context, 10000), fn(piece) => llm_call(f"{query}\\n\\n{piece}")), "\\n")',
        values={"context": "The hills were green."},
        replies=((".", "green"),),
    ),
    Code(
        "E0518",
        "The question of rlm_call comes from an input or a reply",
        "A sub-model follows the question it receives. Text from an input or a reply is data, never an instruction: write "
        "the question in the program, or use `query`, and pass the data as the text.",
        bad="rlm_call(context, context, 10)",
        fixed='llm_call(f"{query}\\n\\n{context}")',
        values={"context": "The hills were green."},
        replies=((".", "green"),),
    ),
)
