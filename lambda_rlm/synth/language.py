"""The language as a constrained decoder is given it.

Owns `language`. Says nothing of who takes it: a model's profile does.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from lambda_rlm.completion import Grammar
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.export.forms import export, short_programs
from lambda_rlm.syntax.mistakes.codes import (
    NAME_GIVEN_TWICE,
    NESTED_TOO_DEEP,
    NUMBER_OUT_OF_RANGE,
    PROGRAM_TOO_LARGE,
    WRITTEN_TYPE_TOO_LARGE,
)
from lambda_rlm.syntax.parse import parse

NAME: Final = "lambda_rlm_program"
_DESCRIPTION: Final = (
    "Takes the program that answers the query, in the language of the reference, and nothing else: no fences, no prose. "
    "Think before you write; the text must conform to the grammar."
)


BEYOND: Final = frozenset((NUMBER_OUT_OF_RANGE, NAME_GIVEN_TWICE, NESTED_TOO_DEEP, PROGRAM_TOO_LARGE, WRITTEN_TYPE_TOO_LARGE))
"""What is wrong with a text of the grammar at most: numbers that do not fit, names given twice, and the caps, that on the
length of a name among them."""


def is_kept(program: str) -> bool:
    """Whether a reply can have been written under the grammar."""
    try:
        parse(SourceFile("reply", program))
    except Rejected as rejected:
        return all(diagnostic.code in BEYOND for diagnostic in rejected.diagnostics)
    return True


@cache
def language() -> Grammar:
    """The grammar of programs; made once, in some tenths of a second."""
    return Grammar(NAME, _DESCRIPTION, export("openai"), export("gbnf"), short_programs())
