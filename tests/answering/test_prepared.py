"""A run that takes over what vetting found reports, to the unit, what it reports when it works everything out by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
import pytest

from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.events import Event
from lambda_rlm.execution import execute as execution
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.prepare import Prepared, ground, prepare
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import Inputs, from_values
from lambda_rlm.llm.scripted import ScriptedModel
from tests.answering.test_synthesize import Root, leaf
from tests.support.answering import ask, posed
from tests.support.worlds.all_tasks import REPAIRED, TASKS, recorded, repaired
from tests.support.worlds.world import Truthful

ROWS = "\n".join(f"row {n}: Ann keeps {n} bees." for n in range(400))
GIVEN = from_values({"context": ROWS}).with_query("What?")
WRITTEN = {
    "pieces": 'chunk(context, 3000) |> map(fn(c) => llm_call(f"Say it: {take(c, 50)}", out=9)) |> join(", ")',
    "an auto": 'chunk(context, auto) |> map(fn(c) => llm_call(f"Say it: {c}", out=9)) |> join(", ")',
    "two autos": 'llm_map[Text](lines(context), "Say it", per_call=auto) |> map(fn(o) => o ?? "-") |> join("")',
    "kept values": """let rows = lines(context) |> filter(fn(l) => contains(l, "7")) |> map(fn(l) => upper(take_last(l, 9)));
let all = join(rows, "; ");
llm_call(f"Say it: {take(all, 300)} {length(all)}", out=9) ++ slice(all, 3, 30)""",
    "a fault": 'let n = length(llm_call(f"Say it: {take(context, 9)}", out=9)); to_text(div(7, n - n))',
    "a fault in what is known": 'let n = div(7, length(context) - length(context)); llm_call(f"Say it: {n}", out=9)',
    "a recursion": """let halves = fix f(t: Text) => if length(t) < 200 then 1 else f(split(t, 2) |> first |> unwrap_or("")) + 1;
llm_call(f"Say it: {halves(context)} {take(context, 90)}", out=9)""",
    "no question": 'take(context, 9) ++ "!"',
}


def asked(program: str, model: Model, inputs: Inputs = GIVEN, *, out: int = 50) -> tuple[Run, list[Event], list[Prospect]]:
    """The run of a written program, without the seconds; what was told of it, and what somebody was asked to approve."""
    events: list[Event] = []
    approved: list[Prospect] = []
    question = posed(
        inputs=inputs,
        leaf=model,
        root=Root(program),
        budget=Budget(calls=600),
        takes_over=False,
        options=Options(key=b"key", out=out, run="the run"),
        tracer=events.append,
        on_bound=approved.append,
    )
    run = anyio.run(lambda: synthesize(*question, lambda: SourceFile("plan.lam", '"the plan answered"')))
    return replace(run, usage=replace(run.usage, seconds=0.0)), events, approved


def told(prospect: Prospect) -> tuple[Any, ...]:
    """What a prospect says, without the identities of terms."""
    chosen = prospect.chosen
    rows = chosen and [(row.number, row.tried, row.limit) for row in chosen.rows]
    why = chosen and (chosen.reason, chosen.accuracy)
    return prospect.bound, prospect.hash, replace(prospect.budget, seconds=None), prospect.estimate(), rows, why


def reported(run: Run) -> dict[str, Any]:
    """All that a run reports; a fault is what it says."""
    fields = {name: getattr(run, name) for name in Run.__dataclass_fields__}
    fault = run.fault
    told = fault and (fault.code, fault.message, fault.span)
    return {**fields, "fault": told, "source": run.source.text, "support": (run.evidence, run.evidence_notes)}


@pytest.fixture
def grounded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs that runs bounded for themselves."""
    seen: list[str] = []

    def one(typed: Any, *arguments: Any, **named: Any) -> Any:
        seen.append(typed.program.source.text)
        return ground(typed, *arguments, **named)

    monkeypatch.setattr("lambda_rlm.execution.execute.ground", one)
    return seen


def assert_alike(once: Callable[[], tuple[Run, list[Event], list[Prospect]]], grounded: list[str], runs: int) -> Run:
    run, events, approved = once()
    assert grounded == [], "the run bounded for itself"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "serves", lambda *_: False)
        alone, events_alone, approved_alone = once()
    assert len(grounded) == runs
    assert reported(run) == reported(alone)
    assert [_timeless(event) for event in events] == [_timeless(event) for event in events_alone]
    assert [told(one) for one in approved] == [told(one) for one in approved_alone]
    return run


def _timeless(event: Any) -> Any:
    return replace(event, seconds=0.0) if hasattr(event, "seconds") else event


@pytest.mark.parametrize("name", WRITTEN)
def test_a_run_reuses_what_vetting_found(name: str, grounded: list[str]) -> None:
    run = assert_alike(lambda: asked(WRITTEN[name], leaf(("", "said"))), grounded, runs=int(name != "no question"))
    assert run.synthesis is not None
    assert run.source.text == WRITTEN[name] and run.synthesis.fallback is None
    assert (run.fault is not None) == name.startswith("a fault")


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_recorded_program_runs_the_same_after_vetting(task: str, grounded: list[str]) -> None:
    world = TASKS[task](1)
    program = repaired(task) if task in REPAIRED else recorded(task)
    inputs = from_values(dict(world.inputs)).with_query(world.query)
    run = assert_alike(lambda: asked(program, Truthful(world), inputs, out=world.out), grounded, runs=1)
    assert world.read(run.answer) == world.expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pieces", "an auto", "kept values"])
def test_so_it_does_on_inputs_that_add_to_what_a_run_may_take(name: str, grounded: list[str]) -> None:
    """Judging has more steps and storage for a long input than the run on its account."""
    inputs = from_values({"context": ROWS * 30}).with_query("What?")
    assert_alike(lambda: asked(WRITTEN[name], leaf(("", "said")), inputs), grounded, runs=1)


# ── what is not taken over ──

KEPT = WRITTEN["kept values"]
INPUTS = GIVEN.values


def prepared_for(program: str, model: Model, budget: Budget) -> tuple[Any, Prepared]:
    checked = check(program, GIVEN.types)
    assert checked.typed is not None
    asking = AskSettings(key=b"key", out=Options().out)
    _, prepared = prepare(checked.typed, INPUTS, model, budget, Options().accuracy, asking, Meter(Budget()))
    assert prepared is not None
    return checked, prepared


def run_of(checked: Any, model: Model, budget: Budget, prepared: Prepared | None, **options: Any) -> dict[str, Any]:
    """What a run reports, apart from the seconds."""
    setup = Options(**{"key": b"key", "run": "the run", **options})
    admitted = checked.admit(budget, model.profile)
    run = anyio.run(lambda: execute(admitted, dict(INPUTS), model, options=setup, prepared=prepared))
    return reported(replace(run, usage=replace(run.usage, seconds=0.0)))


def test_it_serves_one_run_only(grounded: list[str]) -> None:
    model = leaf(("", "said"))
    checked, prepared = prepared_for(KEPT, model, Budget())
    first = run_of(checked, model, Budget(), prepared)
    assert prepared.is_taken and grounded == []
    assert run_of(checked, model, Budget(), prepared) == first
    assert len(grounded) == 1


@pytest.mark.parametrize("budget", [Budget(fuel=300), Budget(memory=3_000), Budget(fuel=0), Budget(depth=3)])
def test_a_run_with_too_little_left_for_the_work_does_it_itself(budget: Budget, grounded: list[str]) -> None:
    model = leaf(("", "said"))
    checked, prepared = prepared_for(KEPT, model, Budget())
    found = run_of(checked, model, budget, prepared)
    assert not prepared.is_taken and len(grounded) == 1
    assert found == run_of(checked, model, budget, None)
    assert budget.depth == 3 or found["fault"] is not None


def test_the_planner_is_asked_again_for_another_account(grounded: list[str]) -> None:
    model = leaf(("", "said"))
    checked, prepared = prepared_for(WRITTEN["an auto"], model, Budget(calls=600))
    tight = Budget(calls=600, tokens=40_000)
    assert run_of(checked, model, tight, prepared) == run_of(checked, model, tight, None)
    assert not prepared.is_taken and len(grounded) == 2
    checked, prepared = prepared_for(KEPT, model, Budget(calls=600))
    assert run_of(checked, model, tight, prepared) == run_of(checked, model, tight, None)
    assert prepared.is_taken and len(grounded) == 3, "without `auto` the bound is the same, and admitted or not"


@pytest.mark.parametrize("options", [{"out": 77}, {"key": b"another"}])
def test_another_way_of_asking_is_bounded_anew(options: dict[str, Any], grounded: list[str]) -> None:
    model = leaf(("", "said"))
    checked, prepared = prepared_for(KEPT, model, Budget())
    assert run_of(checked, model, Budget(), prepared, **options) == run_of(checked, model, Budget(), None, **options)
    assert not prepared.is_taken and len(grounded) == 2
    other = leaf(("", "said"))
    run_of(checked, other, Budget(), prepared)
    assert not prepared.is_taken, "another model counts tokens in its own way"


def test_nothing_is_kept_for_a_run_where_judging_met_a_limit() -> None:
    """The run's limit may be another: it would have computed more, or less."""
    checked = check(KEPT, GIVEN.types)
    assert checked.typed is not None
    asking, model = AskSettings(key=b"key"), leaf(("", "said"))
    account = Meter(Budget(fuel=300))
    found, prepared = prepare(checked.typed, INPUTS, model, Budget(), None, asking, account)
    assert prepared is None and found.program.bound.calls == 1
    assert account.steps == 300


def test_judging_and_the_run_are_charged_separately() -> None:
    model, judging = leaf(("", "said")), Meter(Budget())
    checked = check(KEPT, GIVEN.types)
    assert checked.typed is not None
    asking = AskSettings(key=b"key")
    _, prepared = prepare(checked.typed, INPUTS, model, Budget(), Options().accuracy, asking, judging)
    assert prepared is not None and judging.steps == prepared.meter.steps > 0 and judging.bytes == prepared.meter.bytes > 0
    spent, account = judging.steps, Meter(Budget())
    run = anyio.run(
        lambda: execute(
            checked.admit(Budget(), model.profile), INPUTS, model, options=Options(key=b"key"), meter=account, prepared=prepared
        )
    )
    assert prepared.is_taken and judging.steps == spent < run.usage.steps == account.steps
    assert account.bytes == run.usage.bytes


COUNT = """{"labels": [], "meaning": "", "where": [], "first": [], "second": [], "ask": "most", "by": "user",
"test": "at least", "number": 1, "form": "[X]", "words": [], "dates": null}"""


@pytest.mark.slow
def test_a_plan_begun_as_likely_reports_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was refused at first, because it is not proved to complete: what was found then is taken over."""
    rows = [{"user": f"u{number % 7}", "note": f"some words {number}"} for number in range(400)]
    taken: list[bool] = []
    take_over = execution.Execution.take_over

    def counting(self: execution.Execution, prepared: Prepared, inputs: Any) -> None:
        take_over(self, prepared, inputs)
        taken.append(self.prepared is prepared)

    monkeypatch.setattr(execution.Execution, "take_over", counting)

    def done() -> tuple[dict[str, Any], list[Any]]:
        events: list[Event] = []
        model = ScriptedModel.from_rules([("(?s)has to be counted", COUNT)])
        setup: dict[str, Any] = {"choice": "plan", "options": Options(key=b"key", run="the run"), "tracer": events.append}
        budget = Budget(calls=27, tokens=10**8)
        run = anyio.run(
            lambda: ask("Which user wrote most?", from_values({"rows": rows}), model, budget, task="aggregate", **setup)
        )
        assert run.ok and run.admitted == "likely"
        return reported(replace(run, usage=replace(run.usage, seconds=0.0))), [_timeless(event) for event in events]

    with_it = done()
    assert taken[-1]
    monkeypatch.setattr(execution, "left_by", lambda *_: None)
    taken.clear()
    assert done() == with_it and not taken
