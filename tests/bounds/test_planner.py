"""`auto` is chosen by the program's own bound; the paper's plans come out, within the corrections of docs/design/0005-the-planner.md."""

from __future__ import annotations

import re
import time
from typing import Any

import anyio
import pytest

from benchmarks import reference_tasks
from lambda_rlm.bounds.admit import Bounded, bounded
from lambda_rlm.bounds.domain.abstract import AbstractText
from lambda_rlm.bounds.domain.size import named
from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.bounds.planner.choose import PlannerChoice, choose
from lambda_rlm.bounds.planner.plan_text import shown
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import ModelProfile
from lambda_rlm.eval.plain import to_value
from lambda_rlm.eval.staging.rehearsal import Rehearsal
from lambda_rlm.eval.staging.stage import Stage, known_inputs
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.types.type import TEXT
from lambda_rlm.types.typed import Typed

WIDE = ModelProfile(name="wide", window=10_000_000, max_output=4_096, input_price=0.0, output_price=0.0)
RATES = Rates(window=50_000, max_output=4_096, prompt_bytes=2_048, standing_bytes=2_048, repair_bytes=600)
MAP = 'chunk(context, auto) |> map(fn(p) => llm_call(p, out=50)) |> join("")'
MERGED = """let solve = fix solve(p) =>
  if length(p) <= auto then llm_call(p, out=100)
  else llm_call(split(p, auto) |> map(solve) |> join("\\n"), out=100);
solve(context)
"""
SIX = """let a = chunk(context, auto) |> map(fn(p) => llm_call(p, out=50));
let b = pack(a, auto, " ") |> map(fn(p) => llm_call(p, out=60));
let c = batch(b, auto) |> map(fn(g) => llm_call(take(join(g, " "), 9000), out=9));
let d = tree_fold(c, auto, fn(g) => llm_call(take(join(g, " "), 9000), out=50)) ?? "";
let e = windows(context, auto, 100) |> map(fn(p) => llm_call(p, out=6)) |> join("");
d ++ e ++ (llm_map(c, "x", per_call=auto) |> values |> join(""))
"""


def text(n: int) -> str:
    """So many characters, no two stretches alike, with no place to cut before another."""
    return "".join(chr(0x3400 + i % 26_999) for i in range(n))


def sized(n: int) -> dict[str, Any]:
    return {name: AbstractText(named(name, size), named(name, size), 1, size) for name, size in (("context", n), ("query", 40))}


def typed(program: str) -> Typed:
    checked = check(program)
    assert checked.typed is not None, checked.diagnostics
    return checked.typed


def chosen(
    program: str, n: int = 1_000_000, rates: Rates = RATES, budget: Budget | None = None, **model: float
) -> PlannerChoice:
    return choose(typed(program), sized(n), rates, budget or Budget(), Accuracy(**model))


def numbers(choice: PlannerChoice) -> list[int]:
    return [row.number for row in choice.rows]


def bound(program: str, n: int) -> Bounded:
    return bounded(typed(program), sized(n), Rates(window=10_000_000, max_output=4_096), {}, Budget(), None)


def ran(program: str, n: int) -> Run:
    model = ScriptedModel.from_rules([("", "reply")], WIDE)
    run: Run = anyio.run(execute, check(program).admit(Budget(), WIDE), {"context": text(n), "query": ""}, model)
    assert run.fault is None, run.fault
    return run


# ── the paper, corrected ──


def solver(leaf: int, k: int, cut: str = "split(p, {k})", join: str = '{parts} |> join("")') -> str:
    parts = cut.format(k=k) + " |> map(solve)"
    body = join.format(parts=parts)
    return f"let solve = fix solve(p) => if length(p) <= {leaf} then llm_call(p, out=5) else {body}; solve(context)"


PAPERS_SPLIT = "chunk(p, div(length(p) + {k} - 1, {k}))"
"""Pieces of ceil(length / k) characters, the last one shorter."""


@pytest.mark.parametrize(
    ("n", "leaf", "k", "promised", "made"), [(131, 26, 5, 25, 21), (131_072, 26_214, 5, 25, 21), (131_072, 26_215, 5, 5, 5)]
)
def test_k_to_the_d_limits_the_leaves_of_the_papers_split(n: int, leaf: int, k: int, promised: int, made: int) -> None:
    assert bound(solver(leaf, k), n).bound.calls == promised
    assert ran(solver(leaf, k, PAPERS_SPLIT), n).usage.calls == made


def test_split_makes_fewer_leaves_than_the_papers() -> None:
    assert ran(solver(26, 5), 131).usage.calls == 9


@pytest.mark.parametrize(("leaf", "k", "depth"), [(3, 4, 3), (7, 2, 5), (10, 10, 2), (5, 3, 0)])
def test_the_bound_of_a_full_tree_is_exact(leaf: int, k: int, depth: int) -> None:
    n = leaf * k**depth
    run = ran(solver(leaf, k), n)
    assert run.bound is not None
    assert run.bound.calls == run.usage.calls == bound(solver(leaf, k), n).bound.calls == k**depth


@pytest.mark.parametrize("n", [130, 131, 624, 625, 626, 3_125, 3_126, 10_000])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_depth_is_the_papers_logarithm(n: int, k: int) -> None:
    depth = next(d for d in range(40) if n <= 25 * k**d)
    found = bound(solver(25, k), n).bound
    assert (found.calls, found.depth) == (k**depth, depth + 1)


def test_on_a_full_tree_more_pieces_make_composition_cheaper() -> None:
    """64 leaves: Theorem 4 wants two pieces, which is the worst there is."""
    asked = 'llm_call({parts} |> join(""), out=5)'
    counts = {k: (bound(solver(2, k, join=asked), 128).bound.calls or 0) - 64 for k in (2, 4, 8, 64)}
    assert counts == {2: 63, 4: 21, 8: 9, 64: 1}
    assert {k: k * count for k, count in counts.items()} == {2: 126, 4: 84, 8: 72, 64: 64}


def test_a_fix_gets_few_pieces_that_fit_and_one_level() -> None:
    """The largest attempt is in the bound once more for each attempt of the pool, so that the fewest pieces are not cheapest."""
    choice = chosen(MERGED)
    leaf, k = numbers(choice)
    assert k == 17
    assert leaf >= 90_910
    best = next(t for row in choice.rows for t in row.tried if t.number == row.number)
    assert (best.calls, best.span) == (18, 2)


# ── the choice ──


def test_one_number_is_as_good_as_the_best_of_all() -> None:
    program, sizes = typed(MAP), sized(1_000_000)
    (row,) = choose(program, sizes, RATES, Budget()).rows
    (ours,) = (t.tokens for t in row.tried if t.number == row.number)
    others = [bounded(program, sizes, RATES, {id(row.place.auto): n}, Budget(), None) for n in range(1_000, 100_000, 1_000)]
    fitting = [other.bound.tokens for other in others if not other.diagnostics]
    assert len(fitting) > 90
    assert ours is not None
    assert all(tokens is None or ours <= tokens * 1.01 for tokens in fitting)


def test_every_prompt_fits_the_window() -> None:
    for window in (2_048, 8_192, 128_000):
        choice = chosen(MAP, rates=Rates(window=window, max_output=1_024))
        (row,) = choice.rows
        assert row.limit == "window"
        assert row.number <= window * 2
        assert [t.against for t in row.tried if t.number == row.number] == [""]


def test_the_budget_holds() -> None:
    choice = chosen(MAP, budget=Budget(calls=15))
    assert all(t.calls is not None and t.calls <= 15 for row in choice.rows for t in row.tried if t.number == row.number)
    assert {t.against for row in choice.rows for t in row.tried} >= {"budget"}


def test_an_impossible_budget_is_said_to_be_one() -> None:
    assert "none of the" in chosen(MAP, budget=Budget(calls=2)).reason


def test_a_higher_floor_reads_less_at_once() -> None:
    low, high = chosen(MAP, floor=0.8), chosen(MAP, floor=0.98)
    assert numbers(high)[0] < numbers(low)[0]
    assert high.accuracy >= 0.98
    assert high.rows[0].limit == "accuracy"


def test_an_unreachable_floor_gives_the_most_accurate_choice() -> None:
    choice = chosen(MERGED, compose=0.5)
    assert "no choice reaches" in choice.reason
    assert choice.accuracy >= max(t.accuracy for row in choice.rows for t in row.tried if t.against in ("", "accuracy")) - 0.011


def test_a_level_costs_what_the_model_says() -> None:
    model = Accuracy(short=0.9, decay=0.5, compose=0.8)
    assert model.likely(0.0, 0) == 0.9
    assert model.likely(1.0, 2) == pytest.approx(0.9 * 0.5 * 0.64)
    assert Accuracy().likely(1.0, 0) == pytest.approx(0.95)
    with pytest.raises(ValueError, match="floor must be between 0 and 1"):
        Accuracy(floor=80)


def test_the_cheapest_counts_money_where_there_is_a_price() -> None:
    priced = Rates(window=50_000, max_output=4_096, input_price=1e-6, output_price=1e-5)
    assert "US dollars" in chosen(MAP, rates=priced).reason
    assert "tokens" in chosen(MAP).reason


def test_six_numbers_are_chosen_within_a_second_and_always_alike() -> None:
    started = time.process_time()
    first = chosen(SIX)
    assert time.process_time() - started < 1.0
    assert numbers(first) == numbers(chosen(SIX))
    assert len(first.rows) == 6


def test_the_plan_says_what_was_tried_and_why() -> None:
    written = shown(chosen(MERGED))
    assert "length at 2:19: auto = " in written
    assert "split at 3:26: auto = 17 items, cheapest" in written
    assert "*      17  1,216,313     18     2      0.87" in written
    assert "below the accuracy floor" in written
    assert shown(chosen('llm_call("a")')) == "The program has no `auto`."


# ── on real inputs ──


def test_a_run_uses_the_numbers_chosen_for_its_inputs() -> None:
    for n in (1_000, 50_000, 1_000_000):
        model = ScriptedModel.from_rules([("", "reply")], ModelProfile(name="m", window=50_000, max_output=4_096))
        given = {"context": "word " * (n // 5), "query": ""}
        run: Run = anyio.run(execute, check(MERGED).admit(Budget(), model.profile), given, model)
        assert run.bound is not None
        assert run.usage.calls <= (run.bound.calls or 0) <= n // 60_000 + 2


def test_what_a_rehearsal_shares_changes_no_bound() -> None:
    program = typed("""
    let size = 40;
    def cut(t: Text, k: Int) -> List[Text] = chunk(t, k) |> filter(fn(p) => length(p) > 3);
    let short = cut(context, size) |> map(fn(p) => if starts_with(p, "a") then llm_call(p, out=5) else p) |> join(" ");
    let long = chunk(context, auto) |> filter(fn(p) => contains(p, "b"));
    let packed = pack(long, auto, " ") |> map(fn(p) => if length(p) > 20 then llm_call(p, out=5) else p);
    short ++ join(packed, "")
    """)
    values = {name: to_value("ab b. ba. c\\n" * 60, TEXT, name, Meter(Budget()), []) for name in program.inputs}
    inputs = known_inputs(program, values)
    rehearsal = Rehearsal(program, values, Budget())
    places = [row.place.auto for row in choose(program, inputs, RATES, Budget(), rehearsal=rehearsal).rows]
    for pair in ((10, 30), (200, 30), (10, 400), (57, 91), (10, 30)):
        autos = {id(auto): number for auto, number in zip(places, pair, strict=True)}
        shared = bounded(program, inputs, RATES, autos, Budget(), rehearsal.computer(autos))
        fresh = bounded(program, inputs, RATES, autos, Budget(), Stage(program, autos, Meter(Budget())))
        assert shared.bound.numbers() == fresh.bound.numbers()


def test_where_computing_takes_long_the_sizes_decide() -> None:
    program = typed("""
    let kept = lines(context) |> filter(fn(l) => length(l) > 3) |> filter(fn(l) => not contains(l, "x"));
    pack(kept, auto, " ") |> map(fn(p) => llm_call(p, out=9)) |> join("")
    """)
    values = {name: to_value("some words stand here\n" * 60_000, TEXT, name, Meter(Budget()), []) for name in program.inputs}
    rehearsal = Rehearsal(program, values, Budget())
    choice = choose(program, known_inputs(program, values), RATES, Budget(), rehearsal=rehearsal)
    assert rehearsal.steps < 4_000_000
    assert numbers(choice)[0] > 60_000


@pytest.mark.parametrize("task", reference_tasks.TASKS, ids=lambda task: task.plan)
def test_the_reference_tasks_take_fewer_than_forty_calls(task: reference_tasks.Task) -> None:
    run = reference_tasks.run(task)
    assert run.fault is None
    assert run.bound is not None
    assert run.usage.calls <= (run.bound.calls or 0) < reference_tasks.MOST_CALLS


def test_the_table_shows_a_small_cost_in_digits() -> None:
    table = shown(chosen(MAP, n=10_000, rates=Rates(window=50_000, max_output=4_096, input_price=1e-10, output_price=1e-10)))
    assert "$0.0000" in table and not re.search(r"\$0\.0+(?!\d)", table), table
