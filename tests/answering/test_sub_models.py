"""`rlm_call`: a sub-model with a program, a budget and a depth of its own, all out of its caller's."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
import pytest

from lambda_rlm.answering.question import Setup
from lambda_rlm.answering.sub_model import SubModelRunner
from lambda_rlm.api.rlm import RLM
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, ModelProfile, Usage
from lambda_rlm.events import CallStarted, Event
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.host_functions import primitive
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.hosted import HostCost
from tests.answering.test_synthesize import Root

SUB = 'words(context) |> map(fn(w) => llm_call(f"Say it: {take(w, 20)}", out=9)) |> join(" ")'


def ran(program: str, root: Root, *, depth: int = 1, events: list[Event] | None = None, **values: Any) -> Run:
    leaf = ScriptedModel([Rule(r"Say it: [^>]*>(\w+)", r"said-\1"), Rule("", "other")])
    given = {"query": "Say each word.", "context": "a b c", **values.pop("given", {})}
    options = Options(key=b"key")
    tracer = None if events is None else events.append
    setup = Setup(leaf=leaf, root=root, writing=Writing(depth=depth), options=options, tracer=tracer)
    solver = SubModelRunner(setup) if depth else None
    admitted = check(program, given).admit(Budget(**{"calls": 100, **values}), leaf.profile)
    options = Options(key=b"key", solver=solver)
    return anyio.run(lambda: execute(admitted, given, leaf, options=options, tracer=tracer))


def test_a_sub_model_writes_and_runs_a_program_over_the_text() -> None:
    run = ran("rlm_call(query, context, 8)", Root(SUB))
    assert run.fault is None, run.fault
    assert run.value == "said-a said-b said-c"
    assert run.usage.calls == 4
    assert run.bound is not None and run.bound.calls == 8
    assert run.coverage["context"] == 1.0


def test_its_writing_and_its_calls_are_within_what_it_was_given() -> None:
    root = Root(*[f"unknown_{n}(context)" for n in range(20)])
    run = ran("rlm_call(query, context, 3)", root)
    assert run.usage.calls <= 3
    assert len(root.requests) == 1


def test_a_sub_run_without_calls_is_a_fault_of_the_program() -> None:
    run = ran("rlm_call(query, context, 0)", Root(SUB))
    assert run.fault is not None and run.fault.code == "E0519"
    assert run.usage.calls == 0


def test_a_run_with_sub_models_is_within_every_bound() -> None:
    program = 'chunk(context, 10) |> map(fn(c) => rlm_call(query, c, 6)) |> join("; ")'
    run = ran(program, Root(SUB), given={"context": "one two three four five six seven"}, concurrency=2)
    assert run.fault is None, run.fault
    assert run.bound is not None
    for name in ("calls", "attempts", "span", "input_tokens", "output_tokens"):
        limit = getattr(run.bound, name)
        assert limit is not None and getattr(run.usage, name) <= limit, name


@pytest.mark.parametrize(
    ("program", "span"),
    [
        ("rlm_call(query, context, 8)", 2),
        ('llm_call(f"first {take(rlm_call(query, context, 8), 50)}")', 3),
        ("rlm_call(query, llm_call(context), 8)", 3),
        ('rlm_call("Say it.", rlm_call("Say it.", context, 8), 8)', 4),
        ('[rlm_call("Say it.", context, 8), llm_call(context)] |> join("")', 2),
    ],
)
def test_what_follows_a_sub_run_waits_for_its_calls(program: str, span: int) -> None:
    run = ran(program, Root(SUB, SUB))
    assert run.fault is None, run.fault
    assert run.usage.span == span and run.usage.max_in_flight >= 1
    assert run.bound is not None and run.bound.span is not None and run.usage.span <= run.bound.span


def test_what_a_sub_run_was_given_is_what_its_answer_cites() -> None:
    run = ran("rlm_call(query, take(context, 5), 8)", Root(SUB), given={"context": "a b c d e f"})
    assert run.fault is None, run.fault
    assert [(c.start, c.end) for c in run.citations] == [(0, 5)]


def test_calls_of_sub_runs_are_among_the_callers_calls_in_flight() -> None:
    class Counting(ScriptedModel):
        in_flight = most = 0

        async def complete(self, request: CompletionRequest) -> Any:
            type(self).in_flight += 1
            type(self).most = max(self.most, self.in_flight)
            await anyio.lowlevel.checkpoint()
            type(self).in_flight -= 1
            return await super().complete(request)

    leaf = Counting([Rule("", "x")])
    given = {"query": "q", "context": "a b c d e f g h"}
    options = Options(key=b"key")
    solver = SubModelRunner(Setup(leaf=leaf, root=Root(SUB), options=options))
    program = 'split(context, 4) |> map(fn(c) => rlm_call(query, c, 8)) |> join("; ")'
    admitted = check(program, given).admit(Budget(calls=100, concurrency=2), leaf.profile)
    run = anyio.run(lambda: execute(admitted, given, leaf, options=Options(key=b"key", solver=solver)))
    assert run.fault is None, run.fault
    assert leaf.most == 2


def test_below_the_greatest_depth_there_is_no_sub_model() -> None:
    root = Root("rlm_call(query, context, 3)", SUB)
    run = ran("rlm_call(query, context, 12)", root, depth=1)
    assert run.value == "said-a said-b said-c"
    assert "E0517" in root.requests[1].messages[-1].content, "a program that asks one goes back to its author"
    assert ran("rlm_call(query, context, 9)", Root(SUB), depth=0).fault.code == "E0517"  # type: ignore[union-attr]


def test_a_sub_model_may_ask_a_sub_model_where_that_is_allowed() -> None:
    run = ran("rlm_call(query, context, 40)", Root("rlm_call(query, context, 10)", SUB), depth=2)
    assert run.value == "said-a said-b said-c"
    assert run.usage.calls == 5


@pytest.mark.parametrize("question", ["context", 'llm_call("What?")', 'f"{query} {context}"'])
def test_a_question_from_an_input_or_a_reply_is_refused(question: str) -> None:
    root = Root(SUB)
    run = ran(f"rlm_call({question}, context, 8)", root)
    assert run.fault is not None and run.fault.code == "E0518"
    assert not root.requests


def test_calls_are_reported_at_their_place_in_the_program() -> None:
    events: list[Event] = []
    program = "rlm_call(query, context, 8)"
    ran(program, Root(SUB), events=events)
    started = [event for event in events if isinstance(event, CallStarted)]
    assert len(started) == 4
    assert {(event.span.start, event.span.end) for event in started} == {(0, len(program))}
    assert len({event.path for event in started}) == 4


def test_a_sub_model_may_use_the_host_functions_of_its_caller() -> None:
    """They are on its page, in its program, and on the account of the caller with what they are declared to cost."""
    seen: list[str] = []

    @primitive("looked_up", "(Text) -> Text", cost=HostCost(steps=7_000, bytes=9_000, characters=40), doc="what is known of it")
    def looked_up(text: str) -> str:
        seen.append(text)
        return f"<{text}>"

    root = Root("rlm_call(query, context, 3)", 'looked_up("part")')
    rlm = RLM(ScriptedModel([Rule("", "x")]), root_model=root, primitives=[looked_up], journal=False, cache=False)
    run = rlm.ask("Which?", strategy="synth", context="a b c")
    assert run.value == "<part>" and seen == ["part"]
    assert "looked_up" in root.requests[1].messages[-1].content
    assert run.usage.steps >= 7_000 and run.usage.bytes >= 9_000
    assert run.bound is not None
    assert run.bound.steps is None and run.bound.bytes is None, "what a sub-run computes is gated by the meter alone"


def test_host_functions_in_a_sub_run_are_within_its_share() -> None:
    """One part in sixteen of its caller's steps: the program stops, and the plan answers."""

    @primitive("dear", "(Text) -> Text", cost=HostCost(steps=200_000))
    def dear(text: str) -> str:
        return f"<{text}>"

    found = {}
    for fuel in (1_000_000, 100_000_000):
        root = Root("rlm_call(query, context, 3)", 'dear("part")')
        leaf = ScriptedModel([Rule("", "x")])
        rlm = RLM(
            leaf,
            root_model=root,
            primitives=[dear],
            journal=False,
            cache=False,
            budget=Budget(fuel=fuel),
            writing=Writing(rounds=1),
        )
        run = rlm.ask("Which?", strategy="synth", context="a b c")
        assert run.synthesis is not None
        found[fuel] = run.value, run.synthesis.fallback
    assert found == {1_000_000: ("x", "the program failed with fault E0519"), 100_000_000: ("<part>", None)}


def test_a_host_function_named_like_the_text_is_not_passed_on() -> None:
    @primitive("context", "(Text) -> Text")
    def named_so(text: str) -> str:
        return text

    root = Root("rlm_call(query, paper, 3)", "context")
    rlm = RLM(ScriptedModel([Rule("", "x")]), root_model=root, primitives=[named_so], journal=False, cache=False)
    assert rlm.ask("Which?", strategy="synth", paper="a b c").value == "a b c"


PRICED = ModelProfile(name="leaf", window=8_000, max_output=1_000, input_price=1e-6, output_price=1e-5)


def test_a_sub_run_of_a_likely_run_draws_on_what_is_left() -> None:
    """Nothing is set aside for it, so it stops at its caller's budget, as its caller does, and its plan is no way out."""
    program, given = "rlm_call(query, context, 12)", {"query": "Say each word.", "context": "a b c"}
    for output_tokens, fault in ((5, None), (900, "E0406")):
        leaf = ScriptedModel([Rule("", "said", usage=Usage(1_000, output_tokens))], PRICED)
        setup = Setup(
            leaf=leaf, root=Root(SUB.replace("out=9", "out=900")), writing=Writing(depth=1), options=Options(key=b"key")
        )
        options = Options(key=b"key", solver=SubModelRunner(setup))
        for usd, is_proved in ((5.0, True), (0.026, False)):
            admitted = check(program, given).admit(Budget(usd=usd, admit="likely"), PRICED)
            run = anyio.run(partial(execute, admitted, given, leaf, options=options))
            assert run.admitted == ("proved" if is_proved else "likely")
            assert run.usage.usd is not None and run.usage.usd <= usd
            assert (run.fault and run.fault.code) == (None if is_proved else fault), (output_tokens, usd)
