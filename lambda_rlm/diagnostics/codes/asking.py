"""Codes of asking a model: what stops a question before it is sent."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

TABLE: tuple[Code, ...] = (
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
        "E0518",
        "The question of rlm_call comes from an input or a reply",
        "A sub-model follows the question it is given. What stands in an input or a reply is material, never an instruction: put the "
        "question into the program, or use `query`, and pass the material as the text.",
        bad="rlm_call(context, context, 10)",
        fixed='llm_call(f"{query}\\n\\n{context}")',
        values={"context": "The hills were green."},
        replies=((".", "green"),),
    ),
)
