"""GBNF as a test reads it: its own reading of the notation, its own recognition, and texts drawn from it.

Independent of the exporter on purpose. Recognition is Earley's, over characters; each rule is a small automaton whose edges are a
class of characters, another rule, or nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from math import inf
from typing import Final

_LEXEMES = re.compile(
    r'\s*(?:(?P<name>[a-z0-9-]+)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<set>\[(?:[^\]\\]|\\.)*\])|(?P<times>\{[0-9]+(?:,[0-9]*)?\}|[?*+])|(?P<sign>[()|]))'
)
_NUMBER: Final = r"\\(x[0-9A-F]{2}|u[0-9A-F]{4}|U[0-9A-F]{8})"
"""A character by number; each form has a length of its own."""
Test = Callable[[str], bool]


@dataclass(eq=False)
class Gbnf:
    """The rules of a grammar as one set of nodes."""

    characters: dict[int, list[tuple[str, Test, int]]] = field(default_factory=dict)
    calls: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    jumps: dict[int, list[int]] = field(default_factory=dict)
    begins: dict[str, int] = field(default_factory=dict)
    ends: dict[int, str] = field(default_factory=dict)
    count: int = 0

    def node(self) -> int:
        self.count += 1
        self.characters[self.count], self.calls[self.count], self.jumps[self.count] = [], [], []
        return self.count

    def accepts(self, text: str) -> bool:
        waiting: list[dict[str, list[tuple[int, int]]]] = []
        rows: set[tuple[int, int]] = {(self.begins["root"], 0)}
        for at in range(len(text) + 1):
            here: dict[str, list[tuple[int, int]]] = {"": []}
            waiting.append(here)
            todo, seen, done = list(rows), set(rows), set[str]()
            rows = set()
            while todo:
                node, origin = todo.pop()
                more = [(to, origin) for to in self.jumps[node]]
                for rule, to in self.calls[node]:
                    here.setdefault(rule, []).append((to, origin))
                    more.append((self.begins[rule], at))
                    if rule in done:
                        more.append((to, origin))
                if node in self.ends:
                    rule = self.ends[node]
                    if origin == at:
                        done.add(rule)
                    more += waiting[origin].get(rule, [])
                    if rule == "root" and origin == 0 and at == len(text):
                        return True
                if at < len(text):
                    rows |= {(to, origin) for _, test, to in self.characters[node] if test(text[at])}
                for item in more:
                    if item not in seen:
                        seen.add(item)
                        todo.append(item)
            if not rows:
                return False
        return False


def read(text: str) -> Gbnf:
    """A grammar from its text; anything that this subset does not know is an error."""
    found = Gbnf()
    for line in filter(None, text.splitlines()):
        name, _, body = line.partition(" ::= ")
        lexemes: list[tuple[str, str]] = []
        at = 0
        while at < len(body):
            hit = _LEXEMES.match(body, at)
            assert hit and hit.lastgroup, f"{name}: {body[at : at + 40]}"
            lexemes.append((hit.lastgroup, hit.group(hit.lastgroup)))
            at = hit.end()
        start, end = found.node(), found.node()
        assert name not in found.begins, name
        found.begins[name], found.ends[end] = start, name
        rest = _choice(found, lexemes, start, end)
        assert not rest, (name, rest[:3])
    missing = {rule for edges in found.calls.values() for rule, _ in edges} - found.begins.keys()
    assert not missing, missing
    return found


def _choice(found: Gbnf, lexemes: list[tuple[str, str]], start: int, end: int) -> list[tuple[str, str]]:
    while True:
        lexemes, last = _sequence(found, lexemes, start)
        found.jumps[last].append(end)
        if not lexemes or lexemes[0] != ("sign", "|"):
            return lexemes
        lexemes = lexemes[1:]


def _sequence(found: Gbnf, lexemes: list[tuple[str, str]], at: int) -> tuple[list[tuple[str, str]], int]:
    while lexemes and lexemes[0] not in (("sign", "|"), ("sign", ")")):
        size = _size(lexemes)
        atom, lexemes = lexemes[:size], lexemes[size:]
        least, most = 1, 1
        if lexemes and lexemes[0][0] == "times":
            least, most = _times(lexemes[0][1])
            lexemes = lexemes[1:]
        for _ in range(least):
            at = _atom(found, atom, at)
        if most < 0:
            loop, after = found.node(), found.node()
            found.jumps[at].append(loop)
            found.jumps[_atom(found, atom, loop)].append(loop)
            found.jumps[loop].append(after)
            at = after
        for _ in range(most - least):
            to = _atom(found, atom, at)
            found.jumps[at].append(to)
            at = to
    return lexemes, at


def _size(lexemes: list[tuple[str, str]]) -> int:
    depth = 0
    for place, lexeme in enumerate(lexemes):
        depth += (lexeme == ("sign", "(")) - (lexeme == ("sign", ")"))
        if depth == 0:
            return place + 1
    raise AssertionError("a group that is not closed")


def _times(written: str) -> tuple[int, int]:
    if written in "?*+":
        return {"?": (0, 1), "*": (0, -1), "+": (1, -1)}[written]
    least, comma, most = written[1:-1].partition(",")
    return int(least), int(most or -1) if comma else int(least)


def _atom(found: Gbnf, atom: list[tuple[str, str]], at: int) -> int:
    """The node behind one atom that starts at a node."""
    kind, written = atom[0]
    to = found.node()
    if kind == "sign":
        rest = _choice(found, atom[1:-1], at, to)
        assert not rest
    elif kind == "name":
        found.calls[at].append((written, to))
    elif kind == "set":
        found.characters[at].append((written, _test(written), to))
    else:
        for character in _characters(written[1:-1]):
            step = found.node()
            found.characters[at].append((character, character.__eq__, step))
            at = step
        found.jumps[at].append(to)
    return to


def _characters(written: str) -> list[str]:
    found = re.findall(rf'\\([nrt])|\\(["\\\[\]])|{_NUMBER}|([^\\])', written)
    named = {"n": "\n", "r": "\r", "t": "\t"}
    return [named.get(name) or sign or (chr(int(number[1:], 16)) if number else plain) for name, sign, number, plain in found]


def _test(written: str) -> Test:
    inner = written[1:-1]
    negated = inner.startswith("^")
    one = rf"(\\[nrt\\\[\]]|{_NUMBER.replace('(', '(?:')}|[^\\\[\]^-])"
    spans = re.findall(f"{one}(?:-{one})?", inner.removeprefix("^"))
    assert "".join(low + ("-" + high if high else "") for low, high in spans) == inner.removeprefix("^"), written
    ranges = [(_characters(low)[0], _characters(high or low)[0]) for low, high in spans]
    return lambda character: any(low <= character <= high for low, high in ranges) != negated


def drawn(grammar: Gbnf, source: random.Random, most: int = 60) -> str:
    """A text of the grammar: by chance for a while, then the shortest way to its end."""
    costs = _costs(grammar)
    out: list[str] = []
    stack: list[int] = []
    node = grammar.begins["root"]
    while True:
        if node in grammar.ends:
            if not stack:
                return "".join(out)
            node = stack.pop()
            continue
        ways = _ways(grammar, node)
        if len(out) >= most or len(stack) >= most:
            least = min(costs[node, place] for place in range(len(ways)))
            ways = [way for place, way in enumerate(ways) if costs[node, place] == least]
        test, rule, to = source.choice(ways)
        if test is not None:
            out.append(source.choice([character for character in ALPHABET if test(character)]))
        if rule is not None:
            stack.append(to)
            to = grammar.begins[rule]
        node = to


ALPHABET: Final = [chr(code) for code in range(128)] + ["é", "λ"]


def _ways(grammar: Gbnf, node: int) -> list[tuple[Test | None, str | None, int]]:
    """What can be done next: take a character, enter a rule, or just go on."""
    return [
        *((test, None, to) for _, test, to in grammar.characters[node]),
        *((None, rule, to) for rule, to in grammar.calls[node]),
        *((None, None, to) for to in grammar.jumps[node]),
    ]


@cache
def _costs(grammar: Gbnf) -> dict[tuple[int, int], float]:
    """For each way from a node, the steps to the end of its rule at least."""
    best = dict.fromkeys(range(1, grammar.count + 1), inf) | dict.fromkeys(grammar.ends, 0.0)
    costs: dict[tuple[int, int], float] = {}
    is_changing = True
    while is_changing:
        is_changing = False
        for node in best:
            for place, (_, rule, to) in enumerate(_ways(grammar, node)):
                costs[node, place] = 1 + best[to] + (best[grammar.begins[rule]] if rule is not None else 0)
                if costs[node, place] < best[node]:
                    best[node] = costs[node, place]
                    is_changing = True
    return costs
