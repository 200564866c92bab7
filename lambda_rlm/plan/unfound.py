"""The direct call that may say that the text does not answer.

Owns its program. Promises that a reply says so by being null as a whole: no words of a document inside an answer are taken for
it.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.plan.given import AskedBefore, context, query
from lambda_rlm.syntax.literals import escaped_piece
from lambda_rlm.types.show import show
from lambda_rlm.types.type import TEXT, Con, Type, option_of


def answer_or_none(
    inputs: Mapping[str, Type], returns: Type | None = None, before: AskedBefore | None = None, guide: str = ""
) -> str | None:
    """The program, whose value is none where the text does not say; None for answers of a type that has no place for it.
    `before` is what was asked before, `guide` what the prompt says of the answer's parts: with it, a Text is one of a form that
    no other words have."""
    if returns is None or (returns == TEXT and not guide):
        returns = option_of(TEXT)
    if not (isinstance(returns, Con) and returns.name == "Option"):
        return None
    said = f"\\n\\n{escaped_piece(guide)}" if guide else ""
    return f"{context(inputs)}{query(before)}" + (
        f"llm_call[{show(returns)}](\n"
        '  f"Use the text below to do what is asked. Keep to what the text says. If the text does not say, reply null.\\n\\n'
        "Asked: {query}\\n\\nText:\\n{context}\\n\\nAsked: {query}" + said + '\\nAnswer:"\n)'
    )
