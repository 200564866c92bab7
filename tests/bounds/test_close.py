"""Bounds are close to what is used, print as closed forms, say what speaks against a program, and are found fast."""

from __future__ import annotations

import statistics
import time
from functools import cache
from pathlib import Path

import pytest

from lambda_rlm.bounds.admit import Bounded, bounded
from lambda_rlm.bounds.declared import Size
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.domain.reply_size import value_of
from lambda_rlm.bounds.domain.size import named
from lambda_rlm.bounds.planner.autos import default_autos
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.eval.asking.asking_rates import rates_at
from lambda_rlm.execution.check import ANY_MODEL, check
from lambda_rlm.types.parse_type import parse_type
from tests.bounds.test_bounds import Saying, trial
from tests.support.sample_inputs import OTHERS, PROGRAMS, sample, title

pytestmark = pytest.mark.slow

SLOWEST = 1.0
"""Seconds of processor time, for a program made to be hard."""

FEWER = {"aggregate", "compare", "multi_hop"}
"""Strategies whose replies may say that nothing else need be asked, or that have nothing to ask of one text."""


def bound(program: str, *, profile: ModelProfile = ANY_MODEL, budget: Budget | None = None, **sizes: int) -> Bounded:
    """The bound for texts of at most so many characters."""
    types = dict.fromkeys(sizes or {"context": 0}, parse_type("Text"))
    found = check(program, types)
    assert found.typed is not None, [d.message for d in found.diagnostics]
    given = {"query": 100, **(sizes or {"context": 100_000})}
    at: dict[str, Abstract] = {name: value_of(type_, named(name, given[name])) for name, type_ in found.typed.inputs.items()}
    rates = rates_at(profile, AskSettings(key=b"tests"))
    autos = default_autos(found.typed, profile)
    return bounded(found.typed, at, rates, autos, budget or Budget(), None)


def codes(made: Bounded) -> list[str]:
    return [d.code for d in made.diagnostics]


@cache
def ratio(path: Path) -> float:
    """How many times the calls made the bound is."""
    staged = sample(path, "many").bound("staged")
    assert staged is not None and staged.bound.calls is not None
    calls = max(sample(path, manner).run().metered["calls"] or 0 for manner in ("many", "longest"))
    assert calls <= staged.bound.calls
    return staged.bound.calls / calls


@pytest.mark.parametrize("path", [path for path in [*PROGRAMS, *OTHERS] if title(path) not in FEWER], ids=title)
def test_programs_use_at_least_two_fifths_of_their_call_bound(path: Path) -> None:
    assert ratio(path) <= 2.5


def test_of_functions_that_exclude_each_other_the_dearer_counts() -> None:
    program = """
    let once = fn(t: Text) => llm_call(f"Once {t}", out=10);
    let twice = fn(t: Text) => llm_call(t, out=5) ++ llm_call(f"And {t}", out=5);
    let chosen = if llm_call[Bool]("Is it so?", out=5) then once else twice;
    chosen(context)
    """
    checked = check(program, {"context": Size(100)})
    assert checked.bound is not None
    assert checked.bound.calls == 3


def test_in_the_median_the_bound_is_at_most_twice_the_calls() -> None:
    assert statistics.median(map(ratio, PROGRAMS)) <= 2


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_of_the_suite_is_bounded_quickly(path: Path) -> None:
    made = sample(path, "many")
    fastest = 1.0
    for _ in range(5):
        sizes = made.sizes("measured")
        started = time.process_time()
        assert made.bounded(sizes, None) is not None
        fastest = min(fastest, time.process_time() - started)
    assert fastest < 0.1


@pytest.mark.parametrize(("characters", "leaf", "pieces"), [(4_096, 64, 4), (6_561, 81, 3), (1_000, 1_000, 2), (2_048, 2, 2)])
def test_the_bound_of_a_recursion_over_equal_pieces_is_exact(characters: int, leaf: int, pieces: int) -> None:
    program = (
        f'fix solve(p) => if length(p) <= {leaf} then llm_call(f"{{length(p)}} {{p}}") '
        f'else split(p, {pieces}) |> map(solve) |> join("")'
    )
    text = "".join(chr(0x4E00 + n) for n in range(characters))
    made = trial(f"({program})(t)", {"t: Text": text}, Saying(lambda _: "x"), Budget(calls=5_000, depth=20))
    found = made.bound("measured")
    assert found is not None
    metered = made.run().metered
    assert found.bound.calls == metered["calls"]
    assert (found.bound.span, found.bound.depth) == (metered["span"], metered["depth"])


@pytest.mark.parametrize(
    ("program", "formula"),
    [
        ('llm_call("hello")', "1"),
        ("map(chunk(context, 2000), fn(p) => llm_call(p)) |> map(fn(x) => take(x, 50)) |> join(\"\")", "ceil(context / 1750)"),
        ("let n = map(chunk(context, 2000), fn(p) => llm_call(p)); llm_call(take(join(n, \"\"), 900))", "ceil(context / 1750) + 1"),
        ("map(lines(context), fn(l) => llm_call(take(l, 100)))", "context"),
        ("map(pack(lines(context), 2000, \"\\n\"), fn(p) => llm_call(p)) |> length", "min("),
        ("map(split(context, 7), fn(p) => llm_call(take(p, 90)))", "min(7, context)"),
        ("map(take(lines(context), 5), fn(l) => llm_call(take(l, 90)))", "min(5, context)"),
        ("llm_samples(take(context, 100), 5)", "5"),
        ("map(chunk(context, clamp(6000, 100, 1500)), fn(p) => llm_call(p)) |> length", "ceil(context / 1313)"),
        ("llm_map[Bool](map(take(lines(context), 40), fn(l) => take(l, 9)), \"Is it so?\", per_call=8)", "2 * min(ceil(min(40, context) / 8), min(40, context))"),
    ],
)  # fmt: skip
def test_calls_print_as_a_closed_form_in_the_sizes_of_the_inputs(program: str, formula: str) -> None:
    made = bound(program, context=60_000)
    shown = made.bound.formula["calls"]
    assert shown == formula or (formula.endswith("(") and shown.startswith(formula))
    assert codes(made) == []


def test_texts_packed_by_an_own_fold_fit_the_prompt() -> None:
    program = """
def pack(texts: List[Text], size: Int) -> List[Text] = {
  let packed = fold(texts, { done: [], current: "" }, fn(acc, x) =>
    if acc.current != "" and length(acc.current) + length(x) > size
    then { done: acc.done ++ [acc.current], current: x ++ "\\n" }
    else { done: acc.done, current: acc.current ++ x ++ "\\n" });
  packed.done ++ [packed.current]
};
pack(flat_map(lines(context), fn(l) => chunk(l, 2000)), 4000) |> map(fn(p) => llm_call[Bool](p)) |> count(fn(x) => x)
"""
    made = bound(program, context=200_000)
    assert codes(made) == []
    assert made.bound.prompt_chars == 4_001


def test_a_prompt_beyond_the_window_names_its_unbounded_part() -> None:
    program = 'let all = join(map(lines(context), fn(l) => l), "");\nllm_call(f"Read: {all}")'
    (found,) = bound(program, context=100_000).diagnostics
    assert found.code == "E0301"
    assert program[found.primary.start : found.primary.end] == "llm_call"
    assert [program[label.span.start : label.span.end] for label in found.secondary] == ["all"]


def test_calls_without_limit_are_refused() -> None:
    program = 'let r = fold(words(context), ["a"], fn(acc, w) => acc ++ acc); map(r, fn(x) => llm_call(x))'
    assert codes(bound(program, context=1_000)) == ["E0302"]


@pytest.mark.parametrize(
    "program",
    [
        "(fix solve(p: Text) => if length(p) <= 10 then llm_call(p) else solve(p))(context)",
        "(fix solve(p: Text) => if length(p) <= 10 then llm_call(p) else solve(drop(p, 1)))(context)",
        "(fix solve(p: Text) => llm_call(take(p, 3)) ++ solve(llm_call(take(p, 3))))(context)",
    ],
)  # fmt: skip
def test_recursion_that_may_not_end_is_refused(program: str) -> None:
    assert codes(bound(program, context=1_000)) == ["E0303"]


def test_a_program_over_budget_names_the_call_that_costs_most() -> None:
    from lambda_rlm.bounds.admit import admit

    program = 'let a = llm_call("once");\nlet b = map(chunk(context, 100), fn(p) => llm_call(p));\njoin(b, a)'
    budget = Budget(calls=50)
    with pytest.raises(Rejected) as caught:
        admit(bound(program, budget=budget, context=10_000), budget, ANY_MODEL)
    (found,) = caught.value.diagnostics
    assert found.code == "E0304"
    assert found.primary.start == program.index("llm_call(p)")
    assert found.because is not None
    assert "114 calls" in found.because


_DOUBLING = "def f0(x: Text) -> Text = llm_call(x);\n" + "".join(
    f"def f{n + 1}(x: Text) -> Text = f{n}(f{n}(x));\n" for n in range(40)
)
_SUMS = "let x0 = length(context);\n" + "".join(f"let x{n + 1} = x{n} * x{n} + x{n};\n" for n in range(40))
_TEXTS = 'let t0 = llm_call("a");\n' + "".join(f"let t{n + 1} = t{n} ++ t{n};\n" for n in range(40))
_MAPS = "let l0 = lines(context);\n" + "".join(f'let l{n + 1} = map(l{n}, fn(x) => x ++ join(l{n}, ""));\n' for n in range(20))
_MAX = "let m0 = length(context);\n" + "".join(
    f"let m{n + 1} = max(m{n} + {n}, m{n} * 2 - length(query)) + min(m{n}, {n} * length(query));\n" for n in range(40)
)
_NESTED = 'fold(lines(context), "", fn(a, l) => ' * 8 + "llm_call(a ++ l)" + ")" * 8
_CLOSURES = "let g0 = fn(x: Text) => llm_call(x);\n" + "".join(
    f'let g{n + 1} = fn(x: Text) => g{n}(x) ++ g{n}(x ++ "{n}");\n' for n in range(30)
)
_IFS = "let i0 = context;\n" + "".join(
    f'let i{n + 1} = if length(i{n}) <= {n} or length(query) > {n} then i{n} ++ "a" else take(i{n}, {n}) ++ query;\n'
    for n in range(40)
)


@pytest.mark.parametrize(
    "program",
    [
        _DOUBLING + "f40(take(context, 10))",
        _SUMS + "llm_call(f\"{x40}\")",
        _TEXTS + "llm_call(t40)",
        _MAPS + "map(l20, fn(x) => llm_call(x))",
        _MAX + "map(range(0, m40), fn(x) => llm_call(f\"{x}\"))",
        _NESTED,
        _CLOSURES + "g30(take(context, 10))",
        _IFS + "llm_call(i40)",
        "(fix solve(p: Text) => if length(p) <= 1 then llm_call(p) else lines(p) |> filter(fn(l) => length(l) < length(p)) |> map(solve) |> join(\"\"))(context)",
        "(fix solve(p: Text) => if length(p) <= 1 then llm_call(p) else solve(drop(p, 1)) ++ solve(drop(p, 2)) ++ solve(drop(p, 3)))(take(context, 30))",
        "(fix f(p: Text) => if length(p) <= 1 then llm_call(p) else (fix g(q: Text) => if length(q) <= 1 then f(drop(p, 1)) else g(drop(q, 1)) ++ g(drop(q, 2)))(p))(take(context, 16))",
        "fold(lines(context), \"\", fn(a, l) => fold(lines(a ++ l), a, fn(b, m) => fold(lines(b ++ m), b, fn(c, n) => c ++ n ++ llm_call(take(c, 9)))))",
        "iterate(context, 60, fn(x) => iterate(x, 60, fn(y) => iterate(y, 60, fn(z) => take(z ++ llm_call(take(z, 9)), 100), fn(z) => false), fn(y) => false), fn(x) => false)",
    ],
    ids=["doubling", "squares", "texts", "maps", "extremes", "folds", "closures", "branches", "lines", "fan", "towers", "nested", "iterate"],
)  # fmt: skip
def test_a_program_made_to_be_hard_is_answered_in_a_moment(program: str) -> None:
    started = time.process_time()
    try:
        bound(program, context=1_000_000)
    except Rejected as rejected:
        assert [d.code for d in rejected.diagnostics] == ["E0305"]
    assert time.process_time() - started < SLOWEST
