"""Theorem: a loop over many elements at a time is the loop over one after the other, in value, fault, place and charges."""

from __future__ import annotations

from collections.abc import Mapping
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
from lambda_rlm.eval.provenance.told import ToldFloat, ToldInt
from lambda_rlm.syntax.parse import parse
from lambda_rlm.types.infer import infer
from lambda_rlm.types.parse_type import parse_type
from tests.support.drawn_runs import outcome, run
from tests.support.strategies import Drawn, programs

pytestmark = pytest.mark.slow

NEVER = 1 << 60
PROFILE = ModelProfile(name="none", window=32_768, max_output=4_096)
TYPES = {
    "rows": 'List[{ a: Int, b: Int, f: Float, g: Float, t: Text, u: Text, k: "x" | "yy" | "zzz" }]',
    "xs": "List[Int]",
    "ys": "List[Int]",
    "query": "Text",
}
DEFS = """
def twice(n: Int) -> Int = n + n;
def higher(p: Int, q: Int) -> Int = if p > q then p - q else q * 2;
def late(t: Text) -> Bool = t >= "2024-05";
"""
INTS = st.sampled_from([0, 1, -1, 2, 3, 7, -5, 10, 1000, 2**31, 2**32, -(2**40), 2**62, 2**63 - 1, -(2**63), -(2**62)])
FLOATS = st.sampled_from([0.0, -0.0, 1.5, -2.25, 3.0, 1e300, -1e308, 1.7e308, 1e-320])
TEXTS = st.sampled_from(
    ["", "2024-05", "2024-05-17", "2023", "ERROR", "é", "a" * 63, "a" * 64, "b" * 255, "c" * 256, "d" * 300]
)
SMALL = st.lists(st.integers(-20, 20), min_size=3, max_size=8).map(lambda xs: (xs * 12)[:34])
WILD = st.lists(INTS, max_size=8)

ints: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["r.a", "r.b", "r.a", "1", "0", "-3", "7", "4611686018427387904", "most", "length(r.t)", "length(xs)"]),
        st.builds("({} {} {})".format, ints, st.sampled_from("+-*%"), ints),
        st.builds("({} % {})".format, ints, st.sampled_from(["3", "-7", "1000"])),
        st.builds("(-{})".format, ints),
        st.builds("(if {} then {} else {})".format, bools, ints, ints),
        st.builds('(match r.k {{ "x" => {}, "yy" => {}, "zzz" => {} }})'.format, ints, ints, ints),
        st.builds("(match {} {{ 1 => {}, _ => {} }})".format, ints, ints, ints),
        st.builds("twice({})".format, ints),
        st.builds("higher({}, {})".format, ints, ints),
        st.builds("max({}, {})".format, ints, ints),
        st.builds("{{ let z{0} = {1}; z{0} + {2} }}".format, st.integers(0, 3), ints, ints),
    )
)
floats: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["r.f", "r.g", "1.5", "to_float(r.a)"]),
        st.builds("({} {} {})".format, floats, st.sampled_from("+-*/%"), floats),
        st.builds("({} / {})".format, ints, ints),
        st.builds("(-{})".format, floats),
    )
)
bools: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.builds("({} {} {})".format, ints, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), ints),
        st.builds("({} {} {})".format, floats, st.sampled_from(["==", "<", ">="]), floats),
        st.builds(
            '(r.{} {} "{}")'.format, st.sampled_from("tu"), st.sampled_from(["==", "!=", "<", ">="]),
            st.sampled_from(["2024-05", "ERROR", "", "a" * 63, "a" * 64, "b" * 255, "c" * 256]),
        ),
        st.builds('(r.k == "{}")'.format, st.sampled_from(["x", "yy"])),
        st.builds("late(r.{})".format, st.sampled_from("tu")),
        st.builds("({} {} {})".format, bools, st.sampled_from(["and", "or"]), bools),
        st.builds("({} and {} or {})".format, bools, bools, bools),
        st.builds("(not {})".format, bools),
    )
)  # fmt: skip
bodies = st.one_of(
    st.builds("map(rows, fn(r) => {})".format, ints),
    st.builds("map(rows, fn(r) => {})".format, floats),
    st.builds("map(rows, fn(r) => {{ n: r.t, d: {}, e: {} }})".format, ints, bools),
    st.builds(
        "map(map(rows, fn(r) => {{ a: {}, b: r.b, f: r.f, g: r.g, t: r.u, u: r.t, k: r.k }}), fn(r) => {})".format, ints, ints
    ),
    st.builds("filter(rows, fn(r) => {}) |> map(fn(r) => r.t)".format, bools),
    st.builds("count(rows, fn(r) => {})".format, bools),
    st.builds("any(rows, fn(r) => {})".format, bools),
    st.builds("all(rows, fn(r) => {})".format, bools),
    st.builds("find_first(rows, fn(r) => {}) |> map_option(fn(r) => r.u)".format, bools),
    st.builds("sort_by(rows, fn(r) => {}) |> map(fn(r) => r.a)".format, ints),
    st.builds("group_by(rows, fn(r) => {}) |> map(fn(g) => length(g.items))".format, ints),
    st.builds("map(xs, fn(x) => count(rows, fn(r) => r.a + x > {}))".format, ints.filter(lambda t: "r." not in t)),
)
SOURCES = st.sampled_from(["cross(xs, ys)", "zip(xs, ys)", "enumerate(xs)", "pairs(ys)", "cross(ys, xs)"])
PAIR_BODIES = st.builds(
    "{}({}, fn(p) => {})".format,
    st.sampled_from(["map", "filter", "count", "any", "all"]),
    SOURCES,
    st.sampled_from([
        "{1} + {2} == 4", "{1} * {2} > 17", "({1} - {2}) % 5 == 1", "{1} % {2} == 0", "{1} < {2} and {2} < 9",
        "if {1} > 3 then {2} > 3 else {1} == {2}", "to_float({1}) / to_float({2}) > 0.5",
    ]),
)  # fmt: skip


def paired(text: str) -> str:
    """The fields of the source's records in the places of `{1}` and `{2}`."""
    names = ("p.index", "p.value") if "enumerate" in text else ("p.first", "p.second")
    body = text.replace("{1}", names[0]).replace("{2}", names[1])
    return body.replace("fn(p) => ", "fn(p) => twice(1) - 2 < 1 and ", 1) if text.startswith(("any", "all")) else body


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Rows and lists of numbers: small ones, or of all kinds."""
    numbers = draw(st.sampled_from([INTS, st.integers(-9, 9)]))
    reals = draw(st.sampled_from([FLOATS, st.just(0.5)]))
    row = st.fixed_dictionaries({
        "a": numbers, "b": numbers, "f": reals, "g": reals, "t": TEXTS, "u": TEXTS, "k": st.sampled_from(["x", "yy", "zzz"]),
    })  # fmt: skip
    rows = draw(st.lists(row, max_size=6))
    return {"rows": rows * draw(st.sampled_from([1, 6])), "xs": draw(SMALL | WILD), "ys": draw(SMALL | WILD), "query": "q"}


def evaluated(text: str, data: Mapping[str, Any], few: int, budget: Budget) -> tuple[Any, ...]:
    """The value as plain data, with where its numbers came from, or the fault; and what was charged."""
    typed = infer(parse(SourceFile("a program", text)), {name: parse_type(type_) for name, type_ in TYPES.items()})
    meter = Meter(budget)
    values = {name: to_value(data[name], parse_type(type_), name, meter, []) for name, type_ in TYPES.items()}
    before, loops.FEW = loops.FEW, few
    try:
        value = evaluate_pure(defer(typed, budget, PROFILE), values, meter)
    except Fault as fault:
        return ("fault", fault.code, fault.span, str(fault), meter.steps)
    finally:
        loops.FEW = before
    return (repr(to_plain(value, typed.type)), kinds(value), meter.steps, meter.bytes, meter.live)


def kinds(value: Any) -> Any:
    """Which numbers know where they came from."""
    if isinstance(value, list | tuple):
        return [kinds(part) for part in value]
    return isinstance(value, ToldInt | ToldFloat)


@given(
    st.lists(st.one_of(bodies, PAIR_BODIES.map(paired)), min_size=4, max_size=6), tables(), st.sampled_from([10**7, 5_000, 900])
)
def test_many_at_a_time_is_one_after_the_other(some_bodies: list[str], data: dict[str, Any], fuel: int) -> None:
    for body in some_bodies:
        text = f"{DEFS}let most = length(ys);\n{body}"
        budget = Budget(fuel=fuel, memory=10**9)
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
