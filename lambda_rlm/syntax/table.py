"""The grammar as the parser uses it: terminals, rules and the LALR(1) table.

Owns `Table` and its making from `grammar/lambda_rlm.lark`. Promises that the table is built at most once in a process and
only when something is parsed: lark is not imported before. Refuses grammars with conflicts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from lambda_rlm.resources import grammar_text

STARTS = ("program", "hole")
_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class Rule:
    """A production: its left side, the symbols of its right side, and the builder's method for it.

    `method` is None for a rule that passes its only child on. `is_helper` marks the left-recursive lists that stand for
    repetitions: their value is a list, spliced into the rule that uses them, which is marked by `has_helper`.
    """

    origin: str
    symbols: tuple[str, ...]
    method: str | None
    is_helper: bool
    has_helper: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Everything the tokenizer and the parser need.

    `states[s][symbol]` is the next state when it is ≥ 0 (shift, or goto after a reduction), else rule `-1 - n` to reduce.
    """

    tokens: re.Pattern[str]
    keywords: dict[str, str]
    ignored: frozenset[str]
    spelling: dict[str, str]
    rules: tuple[Rule, ...]
    states: tuple[dict[str, int], ...]
    start_states: dict[str, int]
    end_states: dict[str, int]


def table() -> Table:
    """The table of the one grammar, built at the first call."""
    with _LOCK:
        return _built()


@cache
def _built() -> Table:
    from lark import Lark

    grammar = Lark(grammar_text(), parser="lalr", lexer="basic", start=list(STARTS), maybe_placeholders=False)
    parse_table = grammar.parser.parser._parse_table
    rules: dict[Any, int] = {rule: i for i, rule in enumerate(grammar.rules)}
    keywords = {t.pattern.value: t.name for t in grammar.terminals if _is_word(t)}
    return Table(
        tokens=_token_pattern([t for t in grammar.terminals if t.pattern.value not in keywords]),
        keywords=keywords,
        ignored=frozenset(grammar.ignore_tokens),
        spelling={t.name: t.pattern.value for t in grammar.terminals if t.pattern.type == "str"},
        rules=tuple(_rule(rule) for rule in grammar.rules),
        states=_states(parse_table.states, rules),
        start_states=dict(parse_table.start_states),
        end_states=dict(parse_table.end_states),
    )


def _is_word(terminal: Any) -> bool:
    return bool(terminal.pattern.type == "str" and terminal.pattern.value.isidentifier())


def _rule(rule: Any) -> Rule:
    symbols = tuple(symbol.name for symbol in rule.expansion)
    is_helper = rule.origin.name.startswith("__")
    passes = is_helper or (rule.options.expand1 and rule.alias is None and len(symbols) == 1)
    method = None if passes else str(rule.alias or rule.origin.name)
    return Rule(rule.origin.name, symbols, method, is_helper, any(name.startswith("__") for name in symbols))


def _states(states: dict[int, dict[str, tuple[Any, Any]]], rules: dict[Any, int]) -> tuple[dict[str, int], ...]:
    """Lark's table with one number for each action."""
    out: list[dict[str, int]] = [{} for _ in range(max(states) + 1)]
    for number, row in states.items():
        out[number] = {name: arg if isinstance(arg, int) else -1 - rules[arg] for name, (_, arg) in row.items()}
    return tuple(out)


def _token_pattern(terminals: list[Any]) -> re.Pattern[str]:
    """One pattern for all terminals, longest first as Lark's own lexer orders them."""
    ordered = sorted(terminals, key=lambda t: (-t.pattern.max_width, -len(t.pattern.value), t.name))
    return re.compile("|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in ordered))
