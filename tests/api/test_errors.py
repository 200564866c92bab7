"""What the library raises: one base class, and errors, runs and events that reach another process as they were."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import lambda_rlm
from lambda_rlm import RLM, Budget, LambdaRLMError, ScriptedModel, Size, check
from lambda_rlm.completion import Completion, CompletionRequest, Grammar, Message, Usage
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit, Label, QuickFix, Rejected
from lambda_rlm.diagnostics.faults import (
    AccountUsedUp,
    Fault,
    InternalError,
    LimitExceeded,
    ModelFailure,
    OutOfTime,
    PrimitiveFault,
)
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.eval.plain import Unfit
from lambda_rlm.events import Event, Hedging, Retrying, RunFinished
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import InputProblem
from lambda_rlm.journal.records import Damaged
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.llm.providers.constraints import ConstraintRefused, Constraints
from lambda_rlm.policy.rules import PolicyViolation
from lambda_rlm.private_file import FileRefused
from lambda_rlm.rlms.exceeded import as_in_rlms
from lambda_rlm.settings.problem import SettingProblem
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.show import show
from tests.support.exceptions import exceptions_of_the_package

INSIDE = {
    "Abandoned": "a flight of calls ends; whoever waits asks again",
    "BadPattern": "becomes a fault of its function",
    "BrokenOff": "becomes the failure that the error in the stream stands for",
    "ColumnsDropped": "becomes the loop over rows",
    "CutOff": "becomes E0504",
    "NotAnEvent": "becomes E0512",
    "BadReply": "becomes a repair, then E0513",
    "Declined": "leaves only by a hook that the command line installs and catches",
    "Garbled": "becomes E0512",
    "JsonMismatch": "becomes a value that is none",
    "Lost": "becomes E0504",
    "NoAddress": "becomes E0505",
    "NoAuthorities": "becomes E0505",
    "NoScheme": "becomes E0505",
    "NotConnected": "becomes E0503",
    "OutputLost": "becomes an exit code of the command line",
    "QuoteNotFound": "becomes E0514",
    "SourceFailed": "becomes E0530",
    "TooHard": "becomes an unlimited bound",
    "TooLarge": "becomes a type with less of the class in it, or a TypeError",
    "TooMuchWork": "becomes a diagnostic",
    "Unbatchable": "becomes the loop over elements",
    "Unclear": "becomes a slower path",
    "UnclearNumber": "becomes a repair, then E0513",
    "Unexpected": "becomes a diagnostic",
    "Unreachable": "becomes E0505",
    "Unreadable": "becomes the loop over rows",
    "Refused": "becomes E0508 or E0512",
    "UnreadablePrompt": "becomes E0523",
    "UnreadableResponse": "becomes E0512",
    "Unsendable": "becomes E0508",
    "Untrusted": "becomes E0505",
    "Unusable": "becomes a line of an audit",
    "UsageProblem": "becomes an exit code of the command line",
    "Unread": "becomes a bad pattern",
}
"""Public names of exceptions that never leave the library, each with what becomes of it."""

SOURCE = SourceFile("program.lam", "llm_call(\n1 + true")
DIAGNOSTIC = Diagnostic(
    "E0203",
    "wrong",
    Span(0, 3),
    secondary=(Label(Span(1, 2), "here"),),
    hint="write it",
    fixes=(QuickFix("fix", (Edit(Span(0, 1), "x"),)),),
)


def faults() -> Iterator[Fault]:
    yield Fault("E0401", "stopped")
    yield LimitExceeded("E0401", "out of fuel")
    yield OutOfTime.after(2.5)
    for code in ("E0405", "E0406", "E0407"):
        yield as_in_rlms(LimitExceeded(code, "over"), 2.5, Budget(usd=0.5, seconds=2.0))
    yield AccountUsedUp("E0406", "the account has too little")
    yield PolicyViolation("/etc/lambda-rlm/policy.toml", "models", "the model x is not among y")
    yield PrimitiveFault("E0410", "division by zero", Span(3, 7))
    yield ModelFailure("E0502", "busy", Span(1, 2), is_fatal=True, is_retryable=True, retry_after=2.0)
    yield ConstraintRefused(ModelFailure("E0508", "no grammars here"), Constraints("vllm"), "no grammars here")


def errors() -> list[LambdaRLMError]:
    made: list[LambdaRLMError] = [LambdaRLMError("any"), *faults()]
    for fault in made[1:]:
        fault.__dict__.update(call_stack=(Span(0, 1), Span(4, 9)), usage=Usage(3, 4, cost=None), run="r-1")
    made += [
        InternalError("bounding", "no rule"),
        Rejected(SOURCE, [DIAGNOSTIC]),
        InputProblem("cannot be read", "name another", "binary data"),
        InputProblem("cannot be read"),
        JournalProblem("no journal", "lambda-rlm runs"),
        Damaged("01M8N95RY9M9V32QZV49K5C53C", "the usage of a call"),
        SettingProblem("unknown setting", "did you mean out?"),
        FileRefused(22, "it is a named pipe; use a regular file"),
        Unfit("the input x is 3, which does not fit its type"),
    ]
    made[-1].add_note("with a note")
    return made


COPIES: list[Callable[[Any], Any]] = [
    lambda it: pickle.loads(pickle.dumps(it, 0)),
    lambda it: pickle.loads(pickle.dumps(it)),
    copy.copy,
    copy.deepcopy,
]


def test_every_exception_either_has_the_one_base_or_never_leaves() -> None:
    """A new exception class must be put in one of the two."""
    public = {kind for kind in exceptions_of_the_package() if not kind.__name__.startswith("_")}
    based = {kind for kind in public if issubclass(kind, LambdaRLMError)}
    assert {kind.__name__ for kind in public - based} == set(INSIDE)
    assert based == {type(error) for error in errors()}, "each that can leave has an example here"


@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize("error", errors(), ids=lambda error: type(error).__name__)
def test_an_error_is_copied_with_all_it_carries(error: LambdaRLMError, copied: Callable[[Any], Any]) -> None:
    twin = copied(error)
    assert type(twin) is type(error) and twin is not error
    assert (str(twin), repr(twin), twin.args, vars(twin)) == (str(error), repr(error), error.args, vars(error))


def fails(number: int) -> None:
    """Raise the error of this number, with a cause, as a worker would."""
    raise errors()[number] from KeyError("inside")


@pytest.mark.slow
def test_every_error_crosses_a_process_pool_that_lives_on() -> None:
    """A fault that could not be unpickled took the whole pool with it."""
    given = errors()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for number, error in enumerate(given):
            with pytest.raises(type(error)) as raised:
                pool.submit(fails, number).result(60)
            assert (str(raised.value), raised.value.args) == (str(error), error.args)
            assert {k: v for k, v in vars(raised.value).items() if k != "__notes__"} == {
                k: v for k, v in vars(error).items() if k != "__notes__"
            }
        assert pool.submit(len, "abc").result(60) == 3


def test_old_bases_still_catch() -> None:
    assert issubclass(InputProblem, ValueError) and issubclass(Unfit, TypeError)


def ran(program: str, value: Any) -> Run:
    """A run of a program over `context`, with its fault in it where there is one."""
    done: list[Run] = []

    def keep(event: Event) -> None:
        if isinstance(event, RunFinished):
            done.append(event.run)

    admitted = check(program, {"context": value}).admit()
    model = ScriptedModel.from_rules([("", "Acme")])
    with suppress(Fault):
        asyncio.run(lambda_rlm.run(admitted, {"context": value}, model, on_event=keep))
    return done[0]


@pytest.mark.parametrize("copied", COPIES)
def test_a_run_with_values_is_copied_equal(copied: Callable[[Any], Any]) -> None:
    run = ran("{ who: llm_call(context), parts: map([1, 2], fn(x) => x / 2.0), none: first([1]) }", "Acme was late.")
    assert run.ok and run.citations and run.bound is not None
    assert copied(run) == run
    assert copied(run).answer == run.answer


@pytest.mark.parametrize("copied", COPIES)
def test_a_run_with_a_fault_is_copied_with_it(copied: Callable[[Any], Any]) -> None:
    run = ran("div(1, length(context) - 1)", "a")
    twin = copied(run)
    assert twin.fault is not None and run.fault is not None
    assert vars(twin.fault) == vars(run.fault) and run.fault.usage is not None
    assert {name: getattr(twin, name) for name in run.__slots__ if name != "fault"} == {
        name: getattr(run, name) for name in run.__slots__ if name != "fault"
    }
    with pytest.raises(PrimitiveFault, match="by zero"):
        _ = twin.answer


@pytest.mark.parametrize("copied", COPIES)
def test_the_run_of_a_written_program_is_copied_equal(copied: Callable[[Any], Any]) -> None:
    model = ScriptedModel.from_rules([("program", "```\nllm_call(take(context, 9))\n```"), ("", "Acme")])
    run = RLM(model, strategy="synth").ask("Who was late?", context="Acme was late.")
    assert run.synthesis is not None and run.synthesis.attempts
    assert copied(run) == run


@pytest.mark.parametrize("copied", COPIES)
def test_every_event_is_copied_equal(copied: Callable[[Any], Any]) -> None:
    events: list[Event] = [Retrying("E0502", "busy", 1, 0.5), Hedging(2.0)]
    RLM(ScriptedModel.from_rules([("", "Acme")])).ask("Who?", context="Acme was late.", on_event=events.append)
    assert len({type(event) for event in events}) >= 6
    assert [copied(event) for event in events] == events


def test_a_completion_keeps_nothing_in_another_process() -> None:
    """Its `keep` belongs to the cache of this process."""
    kept: list[str] = []
    completion = Completion("text", Usage(1, 1), keep=lambda: kept.append("kept"))
    twin = pickle.loads(pickle.dumps(completion))
    assert twin == completion and twin.keep is None


def test_what_a_model_is_given_is_copied_equal() -> None:
    request = CompletionRequest(
        (Message("user", "Who?"),), 9, schema={"type": "string"}, grammar=Grammar("g", "d", "l", "b", "s")
    )
    assert pickle.loads(pickle.dumps(request)) == request == copy.deepcopy(request)
    for setting in (Budget(calls=3), Size(10), ScriptedModel.from_rules([("", "Acme")]).profile):
        assert pickle.loads(pickle.dumps(setting)) == setting == copy.deepcopy(setting)


@pytest.mark.parametrize("text", ["Text", "List[{ id: Int, tags: List[Text] }]", '"no" | "yes"'])
def test_a_type_prints_as_it_is_written(text: str) -> None:
    type_ = parse_type(text)
    assert repr(type_) == str(type_) == show(type_) == text
    assert pickle.loads(pickle.dumps(type_)) == type_


def test_a_run_prints_short_whatever_its_answer() -> None:
    long = ran("context", "x" * 1_000_000)
    wide = ran("context", [{"n": n, "text": "y" * 100} for n in range(1_000)])
    failed = ran("div(1, length(context) - 1)", "a")
    assert long.id in repr(long) and "xxx" in repr(long)
    assert max(len(repr(run)) for run in (long, wide, failed)) < 300
    assert "fault E04" in repr(failed)


def test_an_error_of_a_run_is_caught_by_the_base(tmp_path: Path) -> None:
    rlm = RLM(ScriptedModel.from_rules([("", "Acme")]), budget=Budget(calls=0))
    for ask in (
        lambda: rlm.ask("Who?", context="Acme was late."),
        lambda: rlm.ask("Who?", context=tmp_path / "absent.txt"),
        lambda: RLM(journal=tmp_path).runs(),
    ):
        with pytest.raises(LambdaRLMError):
            ask()
