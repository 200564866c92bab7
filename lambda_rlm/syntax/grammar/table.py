"""The grammar as the parser uses it: terminals, rules and the LALR(1) table.

Owns `ParseTable` and how it is read from its stored form, `grammar/lambda_rlm.table.json`, which is generated from the grammar
and carries its hash. Promises that nothing is loaded before something is parsed, and that a table stored for another text of
the grammar is not used: then, as after an edit, it is made anew, which takes some hundred milliseconds.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from lambda_rlm.data_class import dataclass
from lambda_rlm.resources import grammar_table, grammar_text
from lambda_rlm.syntax.grammar.tabulate import tabulate, text_hash


@dataclass(frozen=True, slots=True)
class GrammarRule:
    """A production: its left side, the symbols of its right side, and the builder's method for it.

    `method` is None for a rule that `passes_on` its only child, and for the left-recursive lists that stand for repetitions:
    their value is a list, spliced into the rule that uses them, which is marked by `has_helper`.
    """

    origin: str
    symbols: tuple[str, ...]
    method: str | None
    passes_on: bool
    has_helper: bool


@dataclass(frozen=True, slots=True)
class ParseTable:
    """Everything the tokenizer and the parser need.

    `patterns` holds the terminals that are no words, longest first; `tokens` is all of them in one expression.
    `states[s][symbol]` is the next state when it is ≥ 0 (shift, or goto after a reduction), else rule `-1 - n` to reduce.
    """

    tokens: re.Pattern[str]
    patterns: dict[str, str]
    keywords: dict[str, str]
    rules: tuple[GrammarRule, ...]
    states: tuple[dict[str, int], ...]
    start_states: dict[str, int]
    end_states: dict[str, int]


@cache
def table() -> ParseTable:
    """The table of the one grammar, read at the first call."""
    text = grammar_text()
    stored = json.loads(grammar_table() or "{}")
    return assemble(stored if stored.get("grammar") == text_hash(text) else tabulate(text))


def assemble(stored: dict[str, Any]) -> ParseTable:
    """A table from its stored form."""
    symbols: list[str] = stored["symbols"]
    rules = [(symbols[origin], tuple(symbols[i] for i in right), method) for origin, right, method in stored["rules"]]
    return ParseTable(
        tokens=re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in stored["terminals"])),
        patterns=dict(stored["terminals"]),
        keywords=stored["keywords"],
        rules=tuple(_rule(*rule) for rule in rules),
        states=tuple({symbols[i]: to for i, to in zip(row[::2], row[1::2], strict=True)} for row in stored["states"]),
        start_states=stored["starts"],
        end_states=stored["ends"],
    )


def _rule(origin: str, right: tuple[str, ...], method: str | None) -> GrammarRule:
    is_helper = origin.startswith("__")
    return GrammarRule(origin, right, method, method is None and not is_helper, any(name.startswith("__") for name in right))
