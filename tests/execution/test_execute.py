"""An admitted program, a model and inputs become a run: its value or fault, and everything that was spent."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
import os
import signal
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

import lambda_rlm
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import SLICE, Meter
from lambda_rlm.budget.price import dollars
from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault, LimitExceeded, ModelFailure
from lambda_rlm.eval.plain import Unfit, to_plain, to_value
from lambda_rlm.execution.blocking import blocking
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import NOBODY, Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.trace.jsonl import JsonLines
from lambda_rlm.trace.progress import Both, Progress
from lambda_rlm.trace.summary import summary
from lambda_rlm.types.parse_type import parse_type
from tests.support.ungated import execute_ungated

Rules = list[tuple[str, str] | dict[str, Any]]


def ran(
    program: str,
    rules: Rules | None = None,
    *,
    budget: Budget | None = None,
    options: Options | None = None,
    tracer: Any = None,
    profile: ModelProfile | None = None,
    **inputs: Any,
) -> Run:
    given = from_values({"context": "", **inputs}).with_query("?")
    checked = check(program, given.types)
    assert checked.ok, checked.diagnostics
    model = ScriptedModel.from_rules(rules or [], *([profile] if profile else []))
    admitted = checked.admit(budget, model.profile)
    return anyio.run(lambda: execute(admitted, given.values, model, options=options, tracer=tracer))


def test_the_value_is_plain_python() -> None:
    run = ran('{ n: 1, x: some(2.5), none: none ?? "d", l: [true], t: take(context, 2) }', context="abc")
    assert run.value == {"n": 1, "x": 2.5, "none": "d", "l": [True], "t": "ab"}
    assert json.loads(run.answer) == run.value


def test_a_text_is_its_own_answer() -> None:
    assert ran('"a\\nb"').answer == "a\nb"


def test_what_was_spent_is_told() -> None:
    run = ran('map(["a", "b"], fn(x) => llm_call(f"say {x}"))', [{"match": "say (.)", "reply": "\\1", "delay": 0.01}])
    assert run.value == ["a", "b"]
    usage = run.usage
    assert (usage.calls, usage.span, usage.failed_calls, usage.usd) == (2, 1, 0, 0.0)
    assert usage.input_tokens > 0
    assert usage.output_tokens == 2
    assert usage.max_in_flight == 2
    assert usage.steps > 0
    assert usage.seconds >= 0


def test_equal_calls_are_asked_once_and_told() -> None:
    run = ran('map(["a", "a"], fn(x) => llm_call(x))', [("a", "A")])
    assert (run.usage.calls, run.usage.shared_calls, run.usage.cached_calls) == (1, 1, 0)


def test_a_fault_is_never_an_answer() -> None:
    run = ran("1 / length(context)")
    assert isinstance(run.fault, Fault)
    assert run.value is None
    with pytest.raises(Fault):
        _ = run.answer


def test_a_fault_carries_the_usage_so_far() -> None:
    run = ran('let a = llm_call("one"); llm_call(f"two {a}")', [("one", "1"), {"match": "two", "failure": "E0510"}])
    assert isinstance(run.fault, ModelFailure)
    assert run.fault.usage is not None
    assert run.fault.usage.output_tokens == 1
    assert run.usage.calls == 2
    assert run.usage.failed_calls == 1


def test_the_deadline_stops_a_run_that_waits() -> None:
    run = ran('llm_call("slow")', [{"match": "slow", "reply": "x", "delay": 30}], budget=Budget(seconds=0.05))
    assert isinstance(run.fault, LimitExceeded)
    assert run.fault.code == "E0407"
    assert run.usage.seconds < 10
    assert run.usage.calls == 1


ENDLESS = "iterate(0, 1000000000, fn(x) => x + 1, fn(x) => false)"


def test_the_deadline_stops_pure_work() -> None:
    run = ran(ENDLESS, [], budget=Budget(seconds=0.05))
    assert isinstance(run.fault, LimitExceeded)
    assert run.fault.code == "E0407"
    assert run.usage.seconds < 5


def test_the_deadline_stops_pure_work_beside_calls() -> None:
    run = ran(f'let a = llm_call("one"); let b = {ENDLESS}; f"{{a}}{{b}}"', [("", "1")], budget=Budget(seconds=0.05))
    assert isinstance(run.fault, LimitExceeded)
    assert run.fault.code == "E0407"


@pytest.mark.parametrize(
    ("program", "looks"),
    [
        (f'let n = {ENDLESS}; llm_call(f"{{n}}")', 1),
        (f'let n = {ENDLESS}; let p = chunk(context, auto) |> map(fn(c) => llm_call(c)); f"{{n}}{{p |> length}}"', 1),
        (f'let n = {ENDLESS}; let p = chunk(context, auto) |> map(fn(c) => llm_call(c)); f"{{n}}{{p |> length}}"', 3),
    ],
)
def test_the_deadline_stops_what_is_computed_ahead_of_the_run(program: str, looks: int) -> None:
    """The clock passes the deadline at the given look: no bound is told and nothing is asked any more."""
    clock = itertools.chain([0.0] * (looks + 1), itertools.repeat(10.0))
    options = Options(clock=lambda: next(clock))
    given = from_values({"context": "a text"}).with_query("?")
    model = ScriptedModel.from_rules([("", "x")])
    admitted = check(program, given.types).admit(Budget(seconds=5, fuel=10**8), model.profile)
    told: list[Any] = []
    run = anyio.run(lambda: execute(admitted, given.values, model, options=options, on_bound=told.append))
    assert isinstance(run.fault, LimitExceeded)
    assert (run.fault.code, run.usage.calls, told) == ("E0407", 0, [])


def test_ctrl_c_stops_pure_work_of_a_host() -> None:
    """An event loop only takes a note of the signal, and pure work never comes back to it."""
    admitted = check(ENDLESS).admit(Budget(fuel=10**12))
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        blocking(lambda: execute(admitted, {"context": "", "query": ""}, NOBODY))
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("times", [1, 2, 3])
def test_ctrl_c_inside_tasks_leaves_once(times: int, caplog: pytest.LogCaptureFixture) -> None:
    """The first cancels the job; the next raise wherever they come, here in a task of a group that nobody waits for any more."""

    async def presses() -> None:
        for _ in range(times):
            with contextlib.suppress(anyio.get_cancelled_exc_class()):
                await anyio.lowlevel.checkpoint()
            signal.raise_signal(signal.SIGINT)

    async def job() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            group.start_soon(presses)

    with pytest.raises(KeyboardInterrupt):
        blocking(job)
    gc.collect()  # which would tell of exceptions that nobody has seen
    assert caplog.records == []


def test_what_goes_wrong_in_a_task_of_a_loop_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def wrong() -> None:
        raise ValueError("a bug")

    async def job() -> None:
        task = asyncio.get_running_loop().create_task(wrong())
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        assert task.done()

    blocking(job)
    gc.collect()
    assert "a bug" in caplog.text


@pytest.mark.parametrize("fuel", [0, 1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE])
def test_fuel_in_slices_is_the_same_fuel(fuel: int) -> None:
    whole, sliced = Meter(Budget(fuel=fuel)), Meter(Budget(fuel=fuel))
    looks: list[int] = []
    sliced.watch(lambda: looks.append(1))
    for meter in (whole, sliced):
        with pytest.raises(LimitExceeded, match="E0401"):
            for charge in itertools.cycle((1, 100, 70_000, SLICE + 7)):
                meter.spend(charge)
                assert meter.steps <= fuel
        assert meter.steps == fuel
    assert len(looks) <= 2 + fuel // SLICE


def test_each_step_is_counted_whether_a_run_is_watched_or_not() -> None:
    whole, sliced = Meter(Budget()), Meter(Budget())
    sliced.watch(lambda: None)
    for charge in (5, SLICE - 5, 3, 4 * SLICE, 0, 9):
        whole.spend(charge)
        sliced.spend(charge)
        assert sliced.steps == whole.steps


SHARED = """
let row = range(0, 1000);
let rows = map(row, fn(i) => row);
map(row, fn(i) => rows)
"""


@pytest.mark.parametrize("program", [SHARED, SHARED + "|> map(fn(r) => { a: some(r), b: r })"])
def test_an_answer_costs_what_it_is_written_out(program: str) -> None:
    run = ran(program, [])
    assert isinstance(run.fault, LimitExceeded)
    assert run.fault.code in ("E0401", "E0402")
    assert run.usage.seconds < 10


def test_calls_beyond_the_budget_are_not_made() -> None:
    model = ScriptedModel.from_rules([("", "r")])
    admitted = check('map(["a", "b", "c"], fn(x) => llm_call(x))').admit(Budget(calls=2), model.profile)
    given = {"context": "", "query": ""}
    with pytest.raises(Rejected, match="may need 3 model calls, but the budget is 2"):
        anyio.run(execute, admitted, given, model)
    assert model.prompts == []
    run = anyio.run(execute_ungated, admitted, given, model)
    assert isinstance(run.fault, LimitExceeded)
    assert run.usage.calls <= 2


def test_a_degraded_answer_names_what_is_missing() -> None:
    rules: Rules = [{"match": "x", "failure": "E0510"}]
    program = 'llm_call("x", or_else="instead")'
    run = ran(program, rules)
    assert (run.value, run.degraded, run.dropped.or_else) == ("instead", True, 1)
    assert ran(program, rules, options=Options(is_strict=True)).fault is not None


def test_coverage_and_citations_tell_what_was_read() -> None:
    run = ran('llm_call(f"Read: {take(context, 50)}")', [("Read", "seen")], context="x" * 200)
    assert run.coverage["context"] == 0.25
    assert [(c.input, c.start, c.end) for c in run.citations] == [("context", 0, 50)]


def test_inputs_that_are_missing_are_the_hosts_mistake() -> None:
    admitted = check("length(context)").admit()
    with pytest.raises(TypeError, match="context"):
        anyio.run(execute, admitted, {"query": "?"}, ScriptedModel([]))


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        (1, "Int"),
        (1.5, "Float"),
        (True, "Bool"),
        ("λ", "Text"),
        (None, "Option[Int]"),
        (3, "Option[Int]"),
        ([["a"], []], "List[List[Text]]"),
        ({"b": 1, "a": [{"x": None}]}, "{ a: List[{ x: Option[Text] }], b: Int }"),
        ("yes", '"no" | "yes"'),
    ],
)
def test_plain_data_survives_the_way_in_and_out(data: Any, type_: str) -> None:
    parsed = parse_type(type_)
    assert to_plain(to_value(data, parsed, "x", Meter(Budget()), []), parsed) == data


@pytest.mark.parametrize(
    ("data", "type_"), [("1", "Int"), (True, "Int"), (2**63, "Int"), (1, "Text"), ({}, "{ a: Int }"), ("x", '"a" | "b"')]
)
def test_data_that_does_not_fit_its_type_is_refused(data: Any, type_: str) -> None:
    with pytest.raises(Unfit, match="input x"):
        to_value(data, parse_type(type_), "x", Meter(Budget()), [])


# ── listeners ──


def test_a_trace_is_one_whole_json_object_a_line(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    progress = Progress()
    with JsonLines(path) as lines:
        ran('map(["a", "b"], fn(x) => llm_call(x))', [("a", "A"), ("b", "B")], tracer=Both((lines, progress)))
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [e["event"] for e in events].count("call_started") == 2
    assert {e["reply"] for e in events if e["event"] == "call_finished"} == {"A", "B"}
    assert (progress.started, progress.finished, progress.in_flight) == (2, 2, 0)
    assert progress.usage.output_tokens == 2


def test_amounts_are_told_in_words() -> None:
    assert [dollars(x) for x in (None, 0.0, 0.0123, 12.0)] == ["cost unknown", "free", "$0.0123", "$12.00"]
    assert summary("direct", 1, ran("1").usage.tokens, 0.04) == "direct · 1 call · 0 + 0 tokens · free · 0.0 s"


# ── the library ──


def test_asking_from_python() -> None:
    rlm = lambda_rlm.RLM(ScriptedModel.from_rules([("(?s)Ann keeps bees.*What", "bees")]))
    run = rlm.ask("What does Ann keep?", context="Ann keeps bees.")
    assert (run.answer, run.route) == ("bees", "direct")


def test_asking_inside_a_loop_that_runs() -> None:
    async def job() -> Run:
        return await lambda_rlm.RLM(ScriptedModel.from_rules([("", "bees")])).aask("What?", context="c")

    assert anyio.run(job).answer == "bees"


def test_a_fault_leaves_the_library_as_an_exception() -> None:
    rlm = lambda_rlm.RLM(ScriptedModel.from_rules([{"match": "", "failure": "E0510"}]))
    with pytest.raises(lambda_rlm.Fault) as caught:
        rlm.ask("What?", context="c")
    assert caught.value.usage is not None


def test_checking_never_raises_on_a_bad_program() -> None:
    checked = lambda_rlm.check("let x = ; y")
    assert not checked.ok
    assert checked.diagnostics
    with pytest.raises(lambda_rlm.Rejected):
        checked.admit()


def test_running_a_checked_program_from_python() -> None:
    checked = lambda_rlm.check("length(context) + n", {"context": "", "n": 0})
    run = anyio.run(lambda_rlm.run, checked.admit(lambda_rlm.Budget(calls=0)), {"context": "abc", "n": 2}, ScriptedModel([]))
    assert run.value == 5


def test_a_program_that_asks_no_model_needs_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pure program runs where no model can be reached."""
    monkeypatch.setenv("LAMBDA_RLM_HOME", str(tmp_path))
    assert anyio.run(lambda_rlm.run, lambda_rlm.check("1 + 1").admit(), {"context": ""}).value == 2


class Yielding(ScriptedModel):
    """Lets the others go on before it answers."""

    async def complete(self, request: CompletionRequest) -> Completion:
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        return await super().complete(request)


@pytest.mark.slow
def test_nested_maps_give_the_same_answer_at_every_limit() -> None:
    """A place in flight is taken around a call alone: an outer element that held one while its inner ones wait would starve them."""
    source = 'range(0, 3) |> map(fn(i) => range(0, 3) |> map(fn(j) => llm_call(f"{i} {j}", out=8)) |> join(",")) |> join(";")'
    checked = check(source, {})
    model = Yielding.from_rules([(r"(\d) (\d)", r"\1\2")])
    for limit in range(1, 257):
        done = anyio.run(
            partial(
                execute,
                checked.admit(Budget(concurrency=limit), model.profile),
                {"query": ""},
                model,
                options=Options(key=b"t"),
            )
        )
        assert done.value == "00,01,02;10,11,12;20,21,22"
        assert done.usage.max_in_flight == min(limit, 9)
