"""The direct call that may say that the text does not answer.

Owns its program. Promises that a reply says so by being null as a whole: no words of a document inside an answer are taken for
it.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.plan.given import AskedBefore, context, query
from lambda_rlm.types.show import show
from lambda_rlm.types.type import BOOL, TEXT, Con, Enum, Type, option_of


def answer_or_none(inputs: Mapping[str, Type], returns: Type | None = None, before: AskedBefore | None = None) -> str | None:
    """The program, whose value is none where the text does not say; None for answers of a type that has no place for it.
    `before` is what was asked before."""
    if returns is None or returns == TEXT:
        returns = option_of(TEXT)
    if not (isinstance(returns, Con) and returns.name == "Option"):
        return None
    inner = returns.arguments[0]
    nothing = "reply none" if isinstance(inner, Enum) or inner == BOOL else "`reply` is null"
    return f"{context(inputs)}{query(before)}" + (
        f"llm_call[{show(returns)}](\n"
        '  f"Use the text below to do what is asked. Keep to what the text says. '
        f"If the text does not say, {nothing}.\\n\\n"
        'Asked: {query}\\n\\nText:\\n{context}\\n\\nAsked: {query}\\nAnswer:"\n)'
    )
