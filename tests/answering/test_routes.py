"""A question on its way: ways that cost too much are left, a direct call that finds nothing may be followed by a plan, and all of it
is paid from one budget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm import RLM, Fault
from lambda_rlm.answering.preview import Decision
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.events import Event, ProgramStarted, Routed
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.failures import failure
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.plan.tasks import FALLBACK, LOOKUP
from tests.support.answering import ask
from tests.support.asking import FakeModel
from tests.support.examples import examples

PROFILE = ModelProfile("m", window=2_000, max_output=400, input_price=0.001, output_price=0.002)
LONG = "Ann keeps bees. " * 3_000
SHORT = "Ann keeps bees. " * 60
WRITTEN = 'llm_call(f"Who?\\n{take(context, 200)}", out=50)'
STRONG, ESCALATING = Routing(strength="strong"), Routing(escalates=True)


def model(answer: str = "bees", *, direct: str | None = None, program: str = WRITTEN, **profile: Any) -> FakeModel:
    """Writes `program`, answers a direct call with `direct` and everything else with `answer`."""

    def reply(request: CompletionRequest) -> str:
        prompt = request.messages[-1].content
        if "Write the program" in prompt:
            return program
        return direct if direct is not None and "`reply` is null" in prompt else answer

    return FakeModel(reply, replace(PROFILE, **profile))


def writer(leaf: FakeModel) -> FakeModel:
    """The same model with a window for what a writer of programs reads; what it is asked is told with the leaf's."""
    root = FakeModel(leaf.answer, replace(leaf.profile, name="root", window=16_000))
    root.requests = leaf.requests
    return root


def asked(leaf: FakeModel, text: str = LONG, budget: Budget | None = None, routing: Routing | None = None, **more: Any) -> Run:
    inputs, options = from_values({"context": text}), Options(key=b"key")
    question = "What does Ann keep?"
    more = {"root": writer(leaf), "options": options, "routing": routing, **more}
    return anyio.run(lambda: ask(question, inputs, leaf, budget or Budget(), **more))


def decided(text: str = LONG, budget: Budget | None = None, routing: Routing | None = None, **more: Any) -> Decision:
    leaf = model(**more.pop("model", {}))
    rlm = RLM(leaf, root_model=writer(leaf), budget=budget or Budget(), routing=routing)
    found = rlm.route("What does Ann keep?", context=text, **more)
    assert not leaf.requests
    return found


# ── ways and their costs ──


def test_a_direct_call_on_a_short_text_is_one_call() -> None:
    leaf = model()
    run = asked(leaf, SHORT)
    assert (run.route, run.task, run.usage.calls, len(leaf.requests)) == ("direct", None, 1, 1)
    assert run.reason == "the inputs have 240 tokens, the context window of m is 2,000"


def test_a_direct_call_over_budget_falls_back_to_a_plan() -> None:
    text = SHORT + "nothing else " * 100_000
    wide: dict[str, Any] = {"window": 400_000}
    direct, plan, _ = decided(text, task="multi_hop", model=wide).ways
    assert direct.bound is not None and plan.bound is not None
    tokens = ((direct.bound.tokens or 0) + (plan.bound.tokens or 0)) // 2
    leaf = model('{"learned": "bees", "search": "bees", "answer": "bees"}', **wide)
    run = asked(leaf, text, Budget(tokens=tokens), task="multi_hop")
    assert run.route == "multi_hop" and run.usage.input_tokens + run.usage.output_tokens <= tokens
    assert any(note.startswith("route `direct` skipped: the program may need") for note in run.notes)
    found = decided(text, Budget(tokens=tokens), task="multi_hop", model=wide)
    assert (found.way, found.ways[1].why_not) == ("plan", None)
    assert found.ways[0].why_not is not None and "tokens" in found.ways[0].why_not


def test_where_no_way_is_within_the_budget_nothing_is_asked() -> None:
    leaf = model()
    with pytest.raises(Rejected):
        asked(leaf, SHORT, Budget(tokens=100))
    assert not leaf.requests
    found = decided(SHORT, Budget(tokens=100))
    assert found.way == "direct" and any("no route fits the budget" in note for note in found.notes)


def test_a_strong_model_writes_where_the_plan_costs_too_much() -> None:
    run = asked(model(), budget=Budget(calls=10), routing=STRONG, task="summarise")
    assert (run.route, run.program, run.task) == ("synth", WRITTEN, "summarise")
    assert any(note.startswith("route `plan` skipped: the program may need") for note in run.notes)
    assert decided(budget=Budget(calls=10), routing=STRONG, task="summarise").way == "synth"
    with pytest.raises(Rejected):
        asked(model(), budget=Budget(calls=10, admit="proved"), routing=Routing(strength="weak"), task="summarise")


def test_writing_that_cannot_be_afforded_is_not_begun() -> None:
    """Half of one call is none."""
    split = Routing(strength="strong", split={"synth": 1.0})
    leaf = model()
    run = asked(leaf, SHORT, Budget(calls=1), split)
    assert (run.route, run.split, len(leaf.requests)) == ("direct", "synth", 1)
    assert any(note.startswith("route `synth` skipped: writing a program may use half") for note in run.notes)
    found = decided(SHORT, Budget(calls=1), split)
    assert (found.way, found.split) == ("direct", "synth")


@pytest.mark.slow
@settings(max_examples=examples(30))
@given(st.integers(1, 12), st.booleans(), st.sampled_from(["search", "summarise"]), st.booleans())
def test_the_decision_that_is_told_is_the_one_that_is_taken(calls: int, is_long: bool, task: str, is_strong: bool) -> None:
    routing, budget, text = Routing(strength="strong" if is_strong else "weak"), Budget(calls=calls), LONG if is_long else SHORT
    found = decided(text, budget, routing, task=task)
    if any("no route fits the budget" in note for note in found.notes):
        with pytest.raises(Rejected):
            asked(model(), text, budget, routing, task=task)
    else:
        run = asked(model(), text, budget, routing, task=task)
        assert run.route == found.strategy
        assert run.usage.calls + (0 if run.synthesis is None else run.synthesis.calls) <= calls


def test_what_each_way_costs_is_what_its_run_is_bounded_by() -> None:
    found = decided(SHORT, task="search")
    assert [(cost.way, cost.strategy, cost.is_partial) for cost in found.ways] == [
        ("direct", "direct", False),
        ("plan", "search", False),
        ("synth", "synth", True),
    ]
    for cost in found.ways[:2]:
        run = asked(model(), SHORT, choice=cost.way, task="search")
        assert run.bound is not None and cost.bound is not None and run.bound.numbers() == cost.bound.numbers()


def test_writing_stays_within_the_bound_that_is_told() -> None:
    """A root model is asked as often and as long as it can be: its fourth program answers nothing, and no other is accepted."""
    invalid = iter(range(99))

    def reply(request: CompletionRequest) -> str:
        number = next(invalid)
        return '""' if number == 3 else f"let x{number} = ; {'x' * 1_500}"

    leaf = FakeModel(reply, PROFILE)
    found = decided(strategy="synth")
    run = asked(leaf, choice="synth", task="search")
    assert run.synthesis is not None and found.ways[2].bound is not None
    assert run.synthesis.calls == found.ways[2].bound.calls == 8
    assert run.value == "" and run.synthesis.rounds == 1
    bound, used = found.ways[2].bound, run.synthesis.usage
    assert used.input_tokens <= (bound.input_tokens or 0)
    assert used.output_tokens <= (bound.output_tokens or 0) and (used.cost or 0) <= (bound.usd or 0)


def test_a_long_answer_does_not_go_directly_to_a_short_reply() -> None:
    from lambda_rlm.plan.tasks import LONG_ANSWERS, TASKS

    for task in LONG_ANSWERS & set(TASKS):
        assert decided("word " * 350, task=task).way == "plan"
        assert decided("word " * 150, task=task).way == "direct"


# ── escalation ──


def test_not_found_is_only_mentioned_when_asked_for() -> None:
    leaf = model()
    assert asked(leaf, SHORT).usage.calls == 1
    assert "`reply` is null" not in leaf.prompts[0]


def test_escalation_runs_a_plan_and_both_are_paid() -> None:
    leaf = model("by the mill", direct='{"reply": null}')
    run = asked(leaf, SHORT, routing=ESCALATING)
    assert (run.value, run.route, run.task, run.usage.calls) == ("by the mill", LOOKUP, LOOKUP, 2)
    assert run.notes[0] == f"{LOOKUP}: the direct call found no answer in the text"
    first, second = (RLM(model(direct="null"), routing=ESCALATING), RLM(leaf))
    alone = second.ask("What does Ann keep?", strategy="plan", task=LOOKUP, context=SHORT)
    assert run.usage.input_tokens == alone.usage.input_tokens + -(-sum(len(m.content) for m in leaf.requests[0].messages) // 4)
    assert run.bound is not None and alone.bound is not None and run.bound.calls == 1 + (alone.bound.calls or 0)
    assert run.usage.span == 1 + alone.usage.span
    assert first.ask("What?", task="summarise", context=SHORT).route == "summarise"


@pytest.mark.parametrize(
    "reply", ['"null"', "The text says: null.", '{"reply": "not found"}', "not found", '{"reply": "reply null"}']
)
def test_words_inside_an_answer_do_not_mean_not_found(reply: str) -> None:
    leaf = model(direct=reply)
    run = asked(leaf, SHORT + 'Reply null. null. not found. {"reply": null}', routing=ESCALATING)
    if reply == '"null"':  # the bare word alone is what was asked for
        assert run.route == LOOKUP
    else:
        assert (run.route, len(leaf.requests)) == ("direct", 1)


def test_without_the_budget_for_a_plan_the_text_does_not_say() -> None:
    """All that the plan may need has to be left, and the direct call has used one call of it."""
    plan = decided(SHORT, task=LOOKUP).ways[1].bound
    assert plan is not None and plan.calls is not None
    leaf = model("not found", direct="null")
    run = asked(leaf, SHORT, Budget(calls=plan.calls), ESCALATING)
    assert (run.value, run.route, run.usage.calls, len(leaf.requests)) == ("not found", "direct", 1, 1)
    assert any(
        note.startswith("the direct call found no answer; the strategy was not tried: the program may need")
        for note in run.notes
    )


@pytest.mark.slow
@given(st.integers(1, 4), st.integers(0, 14_000), st.one_of(st.none(), st.floats(0, 20)))
def test_no_escalation_exceeds_the_budget(calls: int, tokens: int, usd: float | None) -> None:
    budget, leaf = Budget(calls=calls, tokens=tokens, usd=usd), model("not found", direct="null")
    try:
        run = asked(leaf, SHORT, budget, ESCALATING)
    except Rejected:
        assert not leaf.requests
        return
    used = run.usage
    assert used.calls == len(leaf.requests) <= calls
    assert used.input_tokens + used.output_tokens <= tokens
    assert usd is None or (used.usd or 0.0) <= usd


def test_a_typed_answer_escalates_only_if_it_can_be_none() -> None:
    rlm = RLM(model("7", direct="null"), routing=ESCALATING)
    assert (
        rlm.ask("How many?", returns="Int", context=SHORT).value,
        rlm.ask("How many?", returns="Int", context=SHORT).route,
    ) == (
        7,
        "direct",
    )
    found = rlm.ask("How many?", returns="Option[Int]", context=SHORT)
    assert (found.value, found.route) == (7, LOOKUP)


def test_a_plan_failing_after_escalation_reports_both_usages() -> None:
    def reply(request: CompletionRequest) -> str:
        if "`reply` is null" in request.messages[-1].content:
            return "null"
        raise failure("E0510", "as told")

    run = asked(FakeModel(reply, PROFILE), SHORT, routing=ESCALATING)
    assert isinstance(run.fault, Fault) and (run.fault.code, run.usage.calls) == ("E0510", 2)


# ── the library ──


def test_a_question_may_name_its_way_and_its_task() -> None:
    rlm = RLM(model(), task="summarise")
    assert rlm.ask("What?", strategy="plan", context=SHORT).route == "summarise"
    assert rlm.ask("What?", strategy="plan", task="search", context=SHORT).route == "search"
    assert rlm.ask("What?", context=SHORT).route == "direct"
    with pytest.raises(ValueError, match="unknown task"):
        rlm.ask("What?", task="sing", context=SHORT)
    with pytest.raises(ValueError, match="unknown strategy"):
        rlm.route("What?", strategy="sideways", context=SHORT)  # type: ignore[arg-type]


def test_the_decision_is_reported_with_or_before_the_program() -> None:
    def told(**how: Any) -> list[Event]:
        events: list[Event] = []
        asked(model(), tracer=events.append, **how)
        return events

    routed = [event.routed for event in told(task="search") if isinstance(event, ProgramStarted)]
    assert [(r.way, r.task, r.split, r.detection) for r in routed if r] == [("plan", "search", None, "none")]
    first = told(routing=Routing(split={"synth": 1.0}), task="search")[0]
    assert isinstance(first, Routed) and (first.way, first.split) == ("synth", "synth")
    detected = [event.routed for event in told() if isinstance(event, ProgramStarted)]
    assert detected[0] is None and detected[1] is not None
    assert (detected[1].task, detected[1].detection) == (FALLBACK, "failed")
    assert all(event.routed is None for event in told(choice="plan", task="search") if isinstance(event, ProgramStarted))


def test_a_second_question_does_not_wait_for_the_first() -> None:
    async def main() -> list[int]:
        rlm = RLM(model())
        return [(await rlm.aask("What?", context=SHORT)).usage.span for _ in range(2)]

    assert anyio.run(main) == [1, 1]


def test_a_deadline_holds_for_the_question_as_a_whole() -> None:
    """What is left of the time is what the next run is given."""
    leaf = model(direct="null")
    run = asked(leaf, SHORT, Budget(seconds=0.0), ESCALATING)
    assert isinstance(run.fault, Fault) and run.fault.code == "E0407"
