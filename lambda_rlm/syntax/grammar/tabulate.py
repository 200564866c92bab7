"""From the grammar to the stored table.

Owns the use of lark, which reads the grammar and finds the LALR(1) states. Promises the same table for the same text, numbered
in the order in which the states are reached, so that the stored file changes only with the grammar.
`python -m lambda_rlm.syntax.grammar.tabulate > grammar/lambda_rlm.table.json` renews it; a test holds the two together.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from typing import Any

from lambda_rlm.resources import grammar_text

STARTS = ("program", "hole")


def text_hash(grammar: str) -> str:
    """What tells one text of the grammar from another."""
    return sha256(grammar.encode()).hexdigest()


def tabulate(grammar: str) -> dict[str, Any]:
    """The stored form of a grammar's table; raises lark's error when the grammar has conflicts."""
    from lark import Lark

    lark = Lark(grammar, parser="lalr", lexer="basic", start=list(STARTS), maybe_placeholders=False)
    parse_table = lark.parser.parser._parse_table
    order = _reached(parse_table)
    numbers = {state: i for i, state in enumerate(order)}
    rules = sorted(lark.rules, key=lambda rule: (rule.origin.name, [symbol.name for symbol in rule.expansion]))
    rule_numbers = {rule: i for i, rule in enumerate(rules)}
    symbols = sorted({name for row in parse_table.states.values() for name in row} | {rule.origin.name for rule in rules})
    places = {name: i for i, name in enumerate(symbols)}
    return {
        "grammar": text_hash(grammar),
        "terminals": _terminals(list(lark.terminals)),
        "keywords": {t.pattern.value: t.name for t in lark.terminals if _is_word(t)},
        "symbols": symbols,
        "rules": [[places[r.origin.name], [places[symbol.name] for symbol in r.expansion], _method(r)] for r in rules],
        "states": [_row(parse_table.states[state], places, numbers, rule_numbers) for state in order],
        "starts": {name: numbers[state] for name, state in parse_table.start_states.items()},
        "ends": {name: numbers[state] for name, state in parse_table.end_states.items()},
    }


def _reached(parse_table: Any) -> list[int]:
    """The states in the order in which they are reached, symbols by name."""
    order = [parse_table.start_states[name] for name in STARTS]
    seen = set(order)
    for state in order:
        for _, (_, to) in sorted(parse_table.states[state].items()):
            if isinstance(to, int) and to not in seen:
                seen.add(to)
                order.append(to)
    return order


def _row(row: dict[str, Any], places: dict[str, int], numbers: dict[int, int], rules: dict[Any, int]) -> list[int]:
    """A state: symbol and action in turn."""
    out: list[int] = []
    for name, (_, to) in sorted(row.items()):
        out += [places[name], numbers[to] if isinstance(to, int) else -1 - rules[to]]
    return out


def _method(rule: Any) -> str | None:
    is_helper = rule.origin.name.startswith("__")
    passes = is_helper or (rule.options.expand1 and rule.alias is None and len(rule.expansion) == 1)
    return None if passes else str(rule.alias or rule.origin.name)


def _terminals(terminals: list[Any]) -> list[list[str]]:
    """Names and patterns of the terminals that are no words, longest first as lark's own lexer orders them."""
    tried = [t for t in terminals if not _is_word(t)]
    tried.sort(key=lambda t: (-t.pattern.max_width, -len(t.pattern.value), t.name))
    return [[t.name, t.pattern.to_regexp()] for t in tried]


def _is_word(terminal: Any) -> bool:
    return bool(terminal.pattern.type == "str" and terminal.pattern.value.isidentifier())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(tabulate(grammar_text()), separators=(",", ":")) + "\n")
