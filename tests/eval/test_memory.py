"""What a run holds in memory, against what the interpreter holds."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass
from time import process_time
from typing import Any

import pytest

from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.eval.plain import Unfit, to_value
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import TEXT
from tests.support.applying import meter
from tests.support.cutting_arguments import CUTTING
from tests.support.running import run

MEGABYTE = 1_000_000
SIZE = 50_000
"""Characters of an input here."""


@dataclass
class Measured:
    """Bytes that the interpreter took at most beyond its start, and what the run told of itself."""

    taken: int
    live: int
    bytes: int
    fault: Fault | None


def measured(text: str, context: str, **limits: Any) -> Measured:
    run(text, {"context": TEXT}, {"context": "a b"})  # what is made once for all runs
    tracemalloc.start()
    try:
        done = run(text, {"context": TEXT}, {"context": context}, **limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Measured(peak, done.usage.live, done.usage.bytes, done.fault)


@pytest.mark.slow
@pytest.mark.parametrize("name", CUTTING)
def test_what_is_held_is_within_what_was_told(name: str) -> None:
    program, content = CUTTING[name]
    context = content(SIZE)
    found = measured(program, context)
    assert found.fault is None
    assert found.taken <= 2 * (found.live + MEGABYTE)
    assert found.live - len(context) <= 2 * (found.taken + MEGABYTE)


@pytest.mark.slow
@pytest.mark.parametrize("name", CUTTING)
def test_no_cutting_passes_a_small_limit_by_much(name: str) -> None:
    program, content = CUTTING[name]
    found = measured(program, content(4 * SIZE), memory=2 * MEGABYTE, memory_per_character=0)
    assert found.fault is None or found.fault.code in ("E0402", "E0431")
    assert found.taken <= 2 * (2 * MEGABYTE + len(content(4 * SIZE))) + 14 * MEGABYTE


@pytest.mark.parametrize("name", ["lines", "words", "split", "templates", "records", "a chain of ropes", "upper of each"])
def test_the_figure_is_the_same_every_time(name: str) -> None:
    program, content = CUTTING[name]
    runs = [run(program, {"context": TEXT}, {"context": content(40_000)}).usage for _ in range(2)]
    assert runs[0].live == runs[1].live and runs[0].bytes == runs[1].bytes
    least = run("1", {"context": TEXT}, {"context": content(40_000)}).usage.live
    assert runs[0].live > least


def test_what_is_thrown_away_does_not_count() -> None:
    """Ten times the limit is allocated, a tenth of it held at a time."""
    text = 'count(range(0, 200), fn(n) => length(upper(f"{context}{n}")) > 1)'
    found = measured(text, "a" * 100_000, memory=MEGABYTE)
    assert found.fault is None
    assert found.bytes > 100 * MEGABYTE and found.taken < 3 * MEGABYTE


def test_a_log_whose_lines_are_all_changed_fits_its_limit() -> None:
    """What is allocated all in all passes the limit, what is held does not."""
    log = "".join(f"2024-05-01 10:{n % 60:02} ERROR user {n} did something\n" for n in range(8_000))
    text = (
        'let found = filter(lines(context), fn(l) => contains(lower(l), "error")); length(map(found, fn(l) => upper(trim(l))))'
    )
    found = measured(text, log, memory=4 * MEGABYTE, memory_per_character=0)
    assert found.fault is None and found.bytes > 4 * MEGABYTE


LATENCIES = """
def cap(l: Text, re: Text) -> Text = match first(search(l, re)) { some(m) => get(m.groups, 0) ?? "", none => "" };
let rows = lines(context)
  |> map(fn(l) => { service: cap(l, "[[]([a-z]+)[]]"), ms: parse[Float](cap(l, "latency=([0-9]+)ms")) })
  |> filter(fn(r) => r.service != "" and is_some(r.ms));
let ranked = group_by(rows, fn(r) => r.service) |> map(fn(g) => {
  let sorted = g.items |> map(fn(r) => r.ms ?? 0.0) |> sort_by(fn(x) => x);
  { service: g.key, p95: get(sorted, div(95 * length(sorted) + 99, 100) - 1) ?? 0.0 }
});
max_by(ranked, fn(r) => r.p95) |> map_option(fn(r) => f"{r.service}: {r.p95}")
"""


def test_a_program_over_a_log_is_charged_about_what_it_holds() -> None:
    """A percentile for each service, over every line: neither twice what is held is charged, nor half of it."""
    log = "".join(
        f"2026-03-01T00:{n % 60:02}:07.{n % 1000:03} WARN  [{'mailer' if n % 3 else 'auth'}] trace={n:05x} latency={n % 400}ms done\n"
        for n in range(10_000)
    )
    found = measured(LATENCIES, log)
    assert found.fault is None and found.bytes > 4 * found.live
    assert found.live - len(log) <= 2 * (found.taken + MEGABYTE)
    assert found.taken <= 2 * (found.live + MEGABYTE)


def test_ropes_are_freed_while_a_pure_program_runs() -> None:
    found = measured('count(range(0, 3000), fn(n) => length(f"{context}{n}{n}") > 1)', "a" * 600)
    assert found.taken < MEGABYTE


@pytest.mark.parametrize(
    "text",
    [
        'length(iterate(context, 120000, fn(s) => f"{s}{s}{s}{s}{s}{s}{s}{s}", fn(s) => false)) > 5',
        "length(iterate(context, 120000, fn(s) => s ++ s, fn(s) => false)) / 2 > 1.0",
        'length(iterate(context, 120000, fn(s) => join([s, s], ""), fn(s) => false))',
        'to_text(length(iterate(context, 120, fn(s) => replace(s, "x", "xx"), fn(s) => false)))',
        "length(repeat(context, 9223372036854775807))",
        "length(repeat(repeat(context, 1000000), 1000000))",
        'to_json([length(join(map(range(0, 100000), fn(n) => repeat("x", 3000)), repeat(context, 90000)))])',
        "length(range(0 - 9223372036854775807, 9223372036854775807))",
        "length(iterate([1], 100, fn(l) => l ++ l, fn(l) => false))",
        "length(join_by(range(0, 2000), range(0, 2000), fn(n) => 1, fn(n) => 1))",
        "length(iterate([1], 100, fn(l) => concat([l, l]), fn(l) => false))",
        "length(iterate([1], 100, fn(l) => flat_map([0, 1], fn(n) => l), fn(l) => false))",
    ],
)
def test_a_length_beyond_the_limit_is_refused_where_it_is_made(text: str) -> None:
    found = measured(text, "x", memory=20 * MEGABYTE)
    assert found.fault is not None and found.fault.code in ("E0401", "E0402") and found.fault.span is None
    assert found.taken < 60 * MEGABYTE


def test_no_fallback_catches_a_refusal() -> None:
    text = 'llm_call(take(repeat("x", 100000000), 9), or_else="none")'
    fault = run(text, rules=[("", "y")], memory=MEGABYTE).fault
    assert fault is not None and fault.code == "E0402"


def test_opening_a_rope_of_shared_ropes_is_linear_and_charged() -> None:
    """A rope of 4,000 times one rope of 4,000 pieces: counting its pieces looks at each rope once."""
    text = 'let a = join(map(range(0, 4000), fn(n) => f"{n}"), ","); take(join(map(range(0, 4000), fn(n) => a), ""), 5)'
    started = process_time()
    fault = run(text, fuel=1_000_000).fault
    assert fault is not None and fault.code == "E0401"
    assert process_time() - started < 20


@pytest.mark.parametrize("data", [float("inf"), float("nan"), 10**400, -(10**400)])
def test_a_number_that_no_float_can_be_is_no_input(data: float) -> None:
    with pytest.raises(Unfit):
        to_value(data, parse_type("Float"), "x", meter(), [])
