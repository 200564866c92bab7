"""The language as a constrained decoder is given it.

Owns `language`. Says nothing of who takes it: a model's profile does.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from lambda_rlm.completion import Grammar
from lambda_rlm.syntax.export import export, short_programs

NAME: Final = "lambda_rlm_program"
_DESCRIPTION: Final = (
    "Takes the program that answers the query, in the language of the reference, and nothing else: no fences, no prose. "
    "Think before you write; the text must conform to the grammar."
)


@cache
def language() -> Grammar:
    """The grammar of programs; made once, in some tenths of a second."""
    return Grammar(NAME, _DESCRIPTION, export("openai"), export("gbnf"), short_programs())
