"""Theorem: a loop over many elements at a time is the loop over one after the other, in value, fault, place and charges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.bounds.admit import defer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.eval.compile.batches import loops
from lambda_rlm.eval.evaluate import evaluate_pure
from lambda_rlm.eval.plain import to_plain, to_value
from lambda_rlm.eval.provenance.told import COMPUTED, ToldFloat, ToldInt, told
from lambda_rlm.eval.value import Rope, Text
from lambda_rlm.syntax.parse import parse
from lambda_rlm.types.infer import infer
from lambda_rlm.types.parse_type import parse_type
from tests.support.drawn_runs import outcome, run
from tests.support.strategies import Drawn, programs

pytestmark = pytest.mark.slow

NEVER = 1 << 60
PROFILE = ModelProfile(name="none", window=32_768, max_output=4_096)
TYPES = {
    "rows": 'List[{ a: Int, b: Int, f: Float, g: Float, t: Text, u: Text, o: Option[Text], k: "x" | "yy" | "zzz" }]',
    "xs": "List[Int]",
    "ys": "List[Int]",
    "query": "Text",
}
DEFS = """
def twice(n: Int) -> Int = n + n;
def higher(p: Int, q: Int) -> Int = if p > q then p - q else q * 2;
def late(t: Text) -> Bool = t >= "2024-05";
def chosen(p: Text, q: Text) -> Text = if length(p) > 7 then p else q;
"""
INTS = [0, 1, -1, 2, 3, 7, -5, 10, 1000, 2**31, 2**32, -(2**40), 2**62, 2**63 - 1, -(2**63), -(2**62)]
FLOATS = [0.0, -0.0, 1.5, -2.25, 3.0, 1e300, -1e308, 1.7e308, 1e-320]
TEXTS = ["", "2024-05", "2024-05-17", "2023", "ERROR", "é", "a" * 63, "a" * 64, "b" * 255, "c" * 256, "d" * 300]
COMPARED = ["2024-05", "ERROR", "", "a" * 63, "a" * 64, "b" * 255, "c" * 256]
INT_LEAVES = ["r.a", "r.b", "r.a", "1", "0", "-3", "7", "4611686018427387904", "most", "length(r.t)", "length(xs)"]
FLOAT_LEAVES = ["r.f", "r.g", "1.5", "to_float(r.a)"]
OF_INTS = [
    "({i} + {i})", "({i} - {i})", "({i} * {i})", "({i} % {i})", "({i} % 3)", "({i} % -7)", "(-{i})", "(if {t} then {i} else {i})",
    '(match r.k {{ "x" => {i}, "yy" => {i}, "zzz" => {i} }})', "(match {i} {{ 1 => {i}, _ => {i} }})", "twice({i})",
    "higher({i}, {i})", "max({i}, {i})", "{{ let z = {i}; z + {i} }}",
]  # fmt: skip
OF_FLOATS = ["({f} + {f})", "({f} - {f})", "({f} * {f})", "({f} / {f})", "({f} % {f})", "({i} / {i})", "(-{f})"]
OF_TESTS = [
    "({i} == {i})", "({i} != {i})", "({i} < {i})", "({i} <= {i})", "({i} > {i})", "({i} >= {i})", "({f} == {f})", "({f} < {f})",
    '(r.t == "{c}")', '(r.u != "{c}")', '(r.t < "{c}")', '(r.u >= "{c}")', '(r.k == "yy")', "late(r.t)", "late(r.u)",
    "({t} and {t})", "({t} or {t})", "({t} and {t} or {t})", "(not {t})",
]  # fmt: skip
OF_TEXTS = [
    "(if {t} then {s} else {s})", '(match r.k {{ "x" => {s}, "yy" => {s}, "zzz" => {s} }})', '(match {s} {{ "ERROR" => {s}, _ => {s} }})',
    "(match {i} {{ 1 => {s}, _ => {s} }})", "{{ let y = {s}; if {t} then y else r.t }}", "chosen({s}, {s})", "({o} ?? {s})",
]  # fmt: skip
OF_OPTIONS = ["(if {t} then {o} else {o})", '(match r.k {{ "x" => {o}, _ => {o} }})', "some({s})"]
LEAVES = {
    "i": INT_LEAVES, "f": FLOAT_LEAVES, "t": OF_TESTS[:15], "s": ["r.t", "r.u", "query", '"{c}"'], "o": ["r.o", "none"],
}  # fmt: skip
FORMS = {"i": OF_INTS, "f": OF_FLOATS, "t": OF_TESTS, "s": OF_TEXTS, "o": OF_OPTIONS}
BODIES = [
    "map(rows, fn(r) => {i})", "map(rows, fn(r) => {f})", "map(rows, fn(r) => {{ n: r.t, d: {i}, e: {t} }})",
    "map(map(rows, fn(r) => {{ a: {i}, b: r.b, f: r.f, g: r.g, t: r.u, u: r.t, k: r.k }}), fn(r) => {i})",
    "filter(rows, fn(r) => {t}) |> map(fn(r) => r.t)", "count(rows, fn(r) => {t})", "any(rows, fn(r) => {t})",
    "all(rows, fn(r) => {t})", "find_first(rows, fn(r) => {t}) |> map_option(fn(r) => r.u)",
    "sort_by(rows, fn(r) => {i}) |> map(fn(r) => r.a)", "group_by(rows, fn(r) => {i}) |> map(fn(g) => length(g.items))",
    "map(rows, fn(r) => {s})", "map(rows, fn(r) => {{ a: {s}, b: {o} }})", "map(rows, fn(r) => {o})", "fold(rows, query, fn(n, r) => if {t} then {s} else n)",
    "map(xs, fn(x) => count(rows, fn(r) => {i} + x > {i}))", "fold(rows, 5, fn(n, r) => n + r.a)", "fold(ys, -1, fn(n, y) => n + y)", "fold(xs, 0, fn(n, x) => n + x)",
    "map(xs, fn(x) => x * 2 % 7)", "filter(xs, fn(x) => x > 2)",
    "fold(rows, 5, fn(n, r) => n + {i})",
    'map(rows, fn(r) => f"{{r.t}}: {{r.a}} {{r.k}}")', 'map(rows, fn(r) => f"{{r.a}}{{r.k}}{{r.u}}")',
    'map(rows, fn(r) => r.k) |> map(fn(k) => f"<{{k}}>") |> join("")',
    'map(rows, fn(r) => f"{{r.k}}={{r.f}}")', 'map(ys, fn(y) => f"y{{y}}")',
]  # fmt: skip
PAIR_TESTS = [
    "p.first + p.second == 4", "p.first * p.second > 17", "(p.first - p.second) % 5 == 1", "p.first % p.second == 0",
    "p.first < p.second and p.second < 9", "(if p.first > 3 then p.second > 3 else p.first == p.second)",
    "to_float(p.first) / to_float(p.second) > 0.5",
]  # fmt: skip
SOURCES = ["cross(xs, ys)", "zip(xs, ys)", "enumerate(xs)", "pairs(ys)", "cross(ys, xs)"]


class Writer:
    """Writes programs at random."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def filled(self, form: str, depth: int) -> str:
        """A form with its holes filled: `i` by an Int, `f` by a Float, `t` by a test, `s` by a text, `c` by its characters, `o` by an
        Option."""
        return re.sub(r"\{([iftcso])\}|\{\{|\}\}", lambda m: self.part(m[1], depth) if m[1] else m[0][0], form)

    def part(self, kind: str, depth: int) -> str:
        if kind == "c":
            return self.random.choice(COMPARED)
        if depth <= 0 or self.random.random() < 0.3:
            return self.filled(self.random.choice(LEAVES[kind]), 0)
        return self.filled(self.random.choice(FORMS[kind]), depth - 1)

    def body(self) -> str:
        if self.random.random() < 0.7:
            return self.filled(self.random.choice(BODIES), 2)
        name, source = self.random.choice(["map", "filter", "count", "any", "all"]), self.random.choice(SOURCES)
        test = self.random.choice(PAIR_TESTS)
        if source.startswith("enumerate"):
            test = test.replace("p.first", "p.index").replace("p.second", "p.value")
        return f"{name}({source}, fn(p) => {test})"

    def data(self) -> dict[str, Any]:
        """Rows and lists of numbers: small ones, or of all kinds."""
        choose, small = self.random.choice, range(-9, 10)
        ints, floats = choose([INTS, small, small]), choose([FLOATS, [0.5, -2.0]])
        rows = [
            {
                "a": choose(ints), "b": choose(ints), "f": choose(floats), "g": choose(floats), "t": choose(TEXTS),
                "u": choose(TEXTS), "o": choose([None, *TEXTS]), "k": choose(["x", "yy", "zzz"]),
            }
            for _ in range(choose([0, 1, 40]))
        ]  # fmt: skip
        xs, ys = ([choose(numbers) for _ in range(choose([2, 34]))] for numbers in (small, choose([small, INTS])))
        return {"rows": rows, "xs": xs, "ys": ys, "query": "q"}


def evaluated(text: str, data: Mapping[str, Any], few: int, budget: Budget) -> tuple[Any, ...]:
    """The value as plain data, with where its numbers came from, or the fault; and what was charged."""
    typed = infer(parse(SourceFile("a program", text)), {name: parse_type(type_) for name, type_ in TYPES.items()})
    meter = Meter(budget)
    values = {name: to_value(data[name], parse_type(type_), name, meter, []) for name, type_ in TYPES.items()}
    values["xs"] = [told(x, COMPUTED) if at % 3 else x for at, x in enumerate(values["xs"])]
    before, loops.FEW = loops.FEW, few
    try:
        value = evaluate_pure(defer(typed, budget, PROFILE), values, meter)
    except Fault as fault:
        return ("fault", fault.code, fault.span, str(fault), meter.steps)
    finally:
        loops.FEW = before
    return (repr(to_plain(value, typed.type)), kinds(value), meter.steps, meter.bytes, meter.live)


def kinds(value: Any) -> Any:
    """Which numbers know where they came from, and what texts are made of."""
    if isinstance(value, list | tuple):
        return [kinds(part) for part in value]
    if isinstance(value, Text):
        pieces = [(piece.s, piece.origin, piece.start) for piece in value.pieces] if isinstance(value, Rope) else []
        return (
            type(value),
            getattr(value.origin, "name", value.origin),
            [(s, getattr(origin, "name", origin), start) for s, origin, start in pieces],
        )
    return isinstance(value, ToldInt | ToldFloat)


@given(st.integers(0, 2**40), st.sampled_from([10**7, 10**7, 5_000, 900]))
def test_many_at_a_time_is_one_after_the_other(seed: int, fuel: int) -> None:
    writer = Writer(seed)
    data, budget = writer.data(), Budget(fuel=fuel, memory=10**9)
    for _ in range(4):
        text = f"{DEFS}let most = length(ys);\n{writer.body()}"
        assert evaluated(text, data, 0, budget) == evaluated(text, data, NEVER, budget), text


@given(programs())
def test_batches_change_no_run(drawn: Drawn) -> None:
    """The same for programs of all forms, calls of models included."""
    before = loops.FEW
    try:
        loops.FEW = 0
        many = run(drawn)
        loops.FEW = NEVER
        single = run(drawn)
    finally:
        loops.FEW = before
    assert outcome(many) == outcome(single)
    if single.fault is None:
        assert (many.usage.steps, many.usage.bytes) == (single.usage.steps, single.usage.bytes)
