"""Evaluation: what holds whatever the schedule is, and the limits of a run."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.budget.budget import Budget
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.types.parse_type import parse_type
from tests.support.cases import read_case
from tests.support.places import CONFORMANCE
from tests.support.running import Dawdling, run

CASES = CONFORMANCE


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(CASES.glob("faults/reject/attack_*.lam")), ids=lambda p: p.stem)
def test_an_attack_ends_within_two_hundred_megabytes(path: Path) -> None:
    """Peak of what Python allocates; tracing slows it, so the time of attacks is measured in benchmarks."""
    case = read_case(path)
    tracemalloc.start()
    try:
        assert case.run().fault is not None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000_000


# ── schedules ────────────────────────────────────────────────────────────────

PROGRAM = """
def ask(t: Text) -> Text = llm_call(t);
let names = ["a", "b", "c", "d", "e", "f", "g"];
let first_half = map(take(names, 4), fn(n) => map(["1", "2"], fn(k) => ask(n ++ k)));
let kept = filter(names, fn(n) => ask(n ++ "3") != "<c3>");
let one = ask("x");
let two = ask(one ++ "y");
{ halves: first_half, kept: kept, two: two, tree: tree_fold(names, 3, fn(g) => ask(join(g, "_"))), either: if one == "<x>" then ask("taken") else ask("untaken") }
"""
PROMPTS = [n + k for n in "abcdefg" for k in "123"] + ["x", "<x>y", "taken"]
turns = st.dictionaries(st.sampled_from(PROMPTS), st.integers(1, 12))


@pytest.mark.slow
@given(turns=turns, limit=st.integers(1, 128))
def test_value_and_price_do_not_depend_on_delays_or_limits(turns: dict[str, int], limit: int) -> None:
    model, plain = Dawdling(turns), Dawdling({})
    done = run(PROGRAM, model=model, concurrency=limit)
    expected = run(PROGRAM, model=plain, concurrency=1)
    assert done.fault is None
    assert done.value == expected.value
    assert (done.usage.steps, done.usage.bytes) == (expected.usage.steps, expected.usage.bytes)
    assert model.most <= limit
    assert sorted(model.asked) == sorted(plain.asked)
    assert "untaken" not in model.asked


@pytest.mark.slow
@given(turns=turns, limit=st.integers(1, 128), failing=st.frozensets(st.sampled_from(PROMPTS), min_size=1, max_size=4))
def test_the_leftmost_fault_is_raised_whatever_the_schedule(turns: dict[str, int], limit: int, failing: frozenset[str]) -> None:
    done = run(PROGRAM, model=Dawdling(turns, failing), concurrency=limit)
    expected = run(PROGRAM, model=Dawdling({}, failing), concurrency=1)
    assert (done.fault is None) == (expected.fault is None)
    if done.fault is not None and expected.fault is not None:
        assert (done.fault.code, done.fault.message, done.fault.span) == (
            expected.fault.code,
            expected.fault.message,
            expected.fault.span,
        )


def test_independent_calls_are_in_flight_at_once() -> None:
    """Sixteen turns each: one after the other would never have more than one in flight."""
    parts = {
        "elements": 'map(["a", "b", "c"], fn(t) => llm_call(t))',
        "arguments": 'join([llm_call("a"), llm_call("b"), llm_call("c")], "")',
        "fields": '{ a: llm_call("a"), b: llm_call("b"), c: llm_call("c") }',
        "operands": 'llm_call("a") ++ llm_call("b") ++ llm_call("c")',
        "holes": 'let q = "a"; let f = fn(t) => llm_call(t); let b = "b"; let c = "c"; f"{f(q)}{f(b)}{f(c)}"',
        "lets": 'let a = llm_call("a"); let b = llm_call("b"); let c = llm_call("c"); a ++ b ++ c',
        "groups": 'tree_fold(["a", "b", "c", "d", "e", "f"], 2, fn(g) => llm_call(join(g, "")))',
    }
    for name, text in parts.items():
        model = Dawdling(dict.fromkeys(["a", "b", "c", "ab", "cd", "ef"], 16))
        assert run(text, model=model).fault is None
        assert model.most == 3, name


def test_a_let_that_uses_another_waits_for_it() -> None:
    model = Dawdling({"a": 9, "c": 1})
    done = run('let a = llm_call("a"); let b = llm_call(f"then {a}"); let c = llm_call("c"); [a, b, c]', model=model)
    assert done.value == ["<a>", "<then <a>>", "<c>"]
    assert model.asked == ["a", "c", "then <a>"]


def test_a_failing_element_cancels_later_ones_only() -> None:
    model = Dawdling({"a": 30, "b": 2, "c": 60}, frozenset({"b"}))
    done = run('map(["a", "b", "c", "d", "e"], fn(t) => llm_call(t))', model=model, concurrency=3)
    assert done.fault is not None and done.fault.message.endswith("no answer to b")
    assert model.asked == ["a", "b", "c"]
    assert model.in_flight == 0


def test_maps_inside_maps_finish_at_every_limit() -> None:
    text = 'map(range(0, 5), fn(i) => map(range(0, 5), fn(j) => map(range(0, 2), fn(k) => llm_call(f"{i}{j}{k}"))))'
    expected = [[[f"<{i}{j}{k}>" for k in range(2)] for j in range(5)] for i in range(5)]
    for limit in (1, 2, 5, 16):
        assert run(text, model=Dawdling({"000": 5}), concurrency=limit).value == expected


# ── limits ───────────────────────────────────────────────────────────────────

LOOPS = [
    "fold(range(0, 200), 0, fn(a, x) => a + x)",
    "length(filter(cross(range(0, 12), range(0, 12)), fn(p) => p.first < p.second))",
    'length(join(map(range(0, 50), fn(n) => f"{n}"), ","))',
    "(fix go(p) => if is_empty(p) then 0 else 1 + go(drop(p, 1)))(range(0, 20))",
    "let f = fn(n) => fn(x) => x + n; sum(map(range(0, 30), fn(i) => f(i)(i)))",
]


@pytest.mark.parametrize("text", LOOPS)
def test_fuel_is_exact_to_the_unit(text: str) -> None:
    """With what a run used it runs again, with one less it does not."""
    used = run(text).usage
    again = run(text, fuel=used.steps)
    assert again.fault is None and (again.usage.bytes, again.usage.live) == (used.bytes, used.live)
    fault = run(text, fuel=used.steps - 1).fault
    assert fault is not None and fault.code == "E0401"


HOLDING = [
    "length(map(range(0, 2000), fn(i) => i * 1000))",
    'length(lower(join(map(range(0, 5000), fn(n) => f"{n} {n}"), ",")))',
    'fold(range(0, 3000), "", fn(acc, n) => f"{acc}{n}") |> length',
    "length(flat_map(range(0, 900), fn(i) => [i * 1000, i * 1001]) ++ range(5000, 9000))",
    "let f = fn(n) => fn(x) => x + n; length(map(range(0, 300), fn(i) => f(i)))",
    'let parts = split_on(repeat("some words, ", 900), ","); length(sort_by(parts, fn(p) => p)) + length(parts)',
]


@pytest.mark.parametrize("text", HOLDING)
def test_what_may_be_held_is_exact_to_the_unit(text: str) -> None:
    """The limit is on what is alive at a time, beside the inputs: with one byte less than that, the run is refused."""
    inputs = run("1").usage.live
    used = run(text).usage
    own = used.live - inputs
    assert own > 4_000
    again = run(text, memory=own)
    assert again.fault is None and again.usage.live == used.live
    fault = run(text, memory=own - 1).fault
    assert fault is not None and fault.code == "E0402" and fault.span is None


def test_no_depth_of_terms_and_of_fix_overflows_the_interpreter() -> None:
    """Deep terms in a deep `fix`, in a chain of functions: a value or a declared fault, never a `RecursionError`."""
    for depth in (1, 8, 16, 24, 28):
        wrapped = "go(drop(p, 1))"
        for _ in range(depth):
            wrapped = f"[{wrapped}] |> map(fn(v) => v + 1) |> sum"
            wrapped = f"({wrapped})"
        for levels in (4, 31):
            text = f"(fix go(p) => if is_empty(p) then 0 else {wrapped})(range(0, {levels}))"
            try:
                done = run(text)
            except Rejected:
                continue
            assert done.value == depth * levels if done.fault is None else done.fault.code == "E0403"


def test_a_long_chain_of_function_calls_does_not_overflow() -> None:
    body = "f{}(x) + 1"
    for nested in (1, 10, 25):
        defs = ["def f0(x: Int) -> Int = x;"]
        for i in range(60):
            inner = body.format(i)
            for _ in range(nested):
                inner = f"[{inner}] |> sum"
                inner = f"({inner})"
            defs.append(f"def f{i + 1}(x: Int) -> Int = {inner};")
        try:
            done = run(" ".join(defs) + " f60(0)")
        except Rejected:
            continue
        assert done.value == 60 if done.fault is None else done.fault.code == "E0403"


def test_limits_hold_in_every_fault_and_carry_no_place() -> None:
    fault = run("fold(range(0, 1000), 0, fn(a, x) => a + x)", fuel=500).fault
    assert isinstance(fault, Fault) and fault.code == "E0401" and fault.span is None


def test_a_spent_run_stops_promptly() -> None:
    started = time.process_time()
    fault = run("fold(range(0, 1000000), 0, fn(a, x) => a + x % 7 * 3)", fuel=3_000_000, memory=10**9).fault
    assert fault is not None and fault.code == "E0401"
    assert time.process_time() - started < 1.0


@pytest.mark.slow
def test_a_long_input_gives_a_longer_budget() -> None:
    """Several passes over a text of ten megabytes stay within the default limits."""
    text = "one line of words and then another\n" * 300_000
    done = run(
        'let l = lines(context); { a: length(l), b: length(filter(l, fn(x) => contains(x, "then"))), c: length(upper(context)) }',
        {"context": parse_type("Text")},
        {"context": text},
    )
    assert done.fault is None, done.fault
    assert done.value == {"a": 300_000, "b": 300_000, "c": len(text)}
    assert Budget().memory < 200_000_000
