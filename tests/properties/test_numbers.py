"""Numbers at the edges of what they can be: every program of them ends in a value or in a declared fault."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.diagnostic import Rejected
from tests.support.running import run

pytestmark = pytest.mark.slow

_EDGES = (0, 1, 2, 3, 63, 64, 10**9, 2**31, 2**53, 2**62, 2**63 - 2, 2**63 - 1)
_REALS = ("0.0", "0.5", "1.5", "2.5", "1e-320", "1e15", "9.2e18", "9.3e18", "1e19", "1e300", "1e308", "1.7e308")
_LENGTHS = (
    "length(repeat(query, {n}))",
    "length(iterate(query, {n}, fn(s) => s ++ s, fn(s) => false))",
    'length(iterate(query, {n}, fn(s) => f"{{s}}{{s}}{{s}}", fn(s) => length(s) > 100000000))',
    'length(join(map(range(0, 3), fn(i) => repeat(query, {n})), repeat("ab", {n})))',
    'length(replace(query, "a", repeat("b", {n})))',
    "length(range(0 - {n}, {n}))",
    "length(chunk(query, {n}))",
    "length(windows(query, {n}, {n}))",
    "length(split(query, {n}))",
    "length(take(query, {n}) ++ drop(query, {n}) ++ take_last(query, {n}))",
    "length(around(query, {n}, {n}))",
    "length(slice(query, 0 - {n}, {n}))",
    "length(batch(words(query), {n}))",
    "length(sample(words(query), {n}))",
    'length(pack(words(query), {n}, ""))',
    "fold(words(query), {n}, fn(a, w) => a + length(w))",
    "sum([{n}, {n}])",
    "count([{n}, {n}], fn(x) => x > 1)",
    "unwrap_or(get([{n}], {n}), {n})",
    'unwrap_or(parse[Int](f"{{{n}}}0"), {n})',
    "unwrap_or(parse[Int](to_json({n})), {n})",
    "length(top(words(query), {n}, fn(w) => {n}))",
)


def _ints(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(inner, st.sampled_from("+-*%"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    called = st.tuples(st.sampled_from(("div", "min", "max")), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})")
    single = st.tuples(st.sampled_from(("abs({})", "-({})", "clamp({}, 0, 9)")), inner).map(lambda t: t[0].format(t[1]))
    rounded = st.tuples(st.sampled_from(("round", "floor", "ceil", "to_int")), _reals(inner)).map(lambda t: f"{t[0]}({t[1]})")
    return binary | called | single | rounded


def _reals(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    leaf = (
        st.sampled_from(_REALS)
        | inner.map(lambda i: f"to_float({i})")
        | st.tuples(inner, inner).map(lambda t: f"({t[0]} / {t[1]})")
    )
    both = st.tuples(leaf, st.sampled_from("+-*/"), leaf).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    many = st.tuples(st.sampled_from(("sum([{}, {}])", "unwrap_or(mean([{}, {}]), 0.5)")), leaf, leaf).map(
        lambda t: t[0].format(*t[1:])
    )
    return leaf | both | many


_literals = st.sampled_from(_EDGES).map(str)
_lengths = st.tuples(st.sampled_from(_LENGTHS), _literals).map(lambda t: t[0].format(n=t[1]))
ints = st.recursive(_literals | _lengths, _ints, max_leaves=6)
programs = (
    ints
    | _reals(ints)
    | ints.map(lambda i: f'f"{{{i}}}"' if '"' not in i else f"to_text({i})")
    | ints.map(lambda i: f"to_json([{i}])")
    | st.tuples(ints, ints).map(lambda t: f"{t[0]} / {t[1]} < 0.5")
)


def _is_sound(value: object) -> bool:
    if isinstance(value, bool | str):
        return True
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, float) and math.isfinite(value)


@given(programs, st.sampled_from(("", "a", "a word or two", "a" * 1_000)))
def test_arithmetic_ends_in_a_number_or_in_a_declared_fault(text: str, query: str) -> None:
    try:
        done = run(text, values={"query": query}, fuel=300_000, memory=20_000_000)
    except Rejected:
        return
    if done.fault is None:
        assert _is_sound(done.value), (text, done.value)
    else:
        assert done.fault.code in CODES


@given(ints, ints)
def test_numbers_of_any_size_can_be_bounded(first: str, second: str) -> None:
    """As sizes and counts of what is asked: the analysis ends with a bound or a rejection."""
    text = f"map(take(words(repeat(query, 3)), {first}), fn(w) => llm_call(take(w, {second}), out=min(50, max(1, {first}))))"
    try:
        done = run(text, values={"query": "a word or two"}, rules=[("", "fine")], calls=20, fuel=300_000, memory=20_000_000)
    except Rejected:
        return
    assert done.fault is None or done.fault.code in CODES
