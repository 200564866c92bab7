"""The one grammar in the forms that constrained decoders take.

Owns the list of forms. Promises that each is made from the grammar's parse table, never by hand; that what the parser accepts,
each accepts, and what one accepts, the parser accepts, save numbers that do not fit, fields and labels given twice, and the
caps on size and depth, which no grammar can say. White space is written out, names are those that are no keywords, and a
template's holes are expressions.

`lark` is the grammar itself; `openai` what a custom tool takes (`syntax: lark`), `llguidance` the same with the header by which
llama.cpp's server knows it; `gbnf` is what vLLM, SGLang and llama.cpp take.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from lambda_rlm.resources import grammar_text
from lambda_rlm.syntax.export.bounds import within_bounds
from lambda_rlm.syntax.export.factor import Rules, factored
from lambda_rlm.syntax.export.rules import rules_over_characters
from lambda_rlm.syntax.export.write import gbnf, lark
from lambda_rlm.syntax.grammar.table import table

FORMS: Final = ("lark", "llguidance", "openai", "gbnf")
LLGUIDANCE: Final = "%llguidance {}\n"
"""The first line by which llama.cpp's server tells Lark from GBNF."""


@cache
def export(form: str) -> str:
    """The grammar in one of the `FORMS`; raises `ValueError` for another."""
    match form:
        case "lark":
            return grammar_text()
        case "llguidance":
            return LLGUIDANCE + export("openai")
        case "openai":
            return lark(_rules())
        case "gbnf":
            return gbnf(_rules())
    raise ValueError(f"no form is called {form!r}: {', '.join(FORMS)}")


@cache
def short_programs() -> str:
    """What small models are held to, in the form of `openai`: programs without comments in which nothing goes on and on."""
    return lark(within_bounds(_rules()))


@cache
def _rules() -> Rules:
    return factored(rules_over_characters(table()))
