"""Programs asked for under the grammar: who is asked so, what it costs, and what is told where it does not hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest

from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.answering.writing_bound import opening_messages, writing_cost
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.as_json import run_json
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.failures import EMPTY_REPLY, KEY_REFUSED, failure
from lambda_rlm.synth.language import is_kept, language
from lambda_rlm.synth.reference import reference
from lambda_rlm.synth.task import WritingTask
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import Type
from tests.answering.test_synthesize import Root, leaf
from tests.support.answering import posed

LONG = "{ " + ", ".join(f"field_{n}: Text" for n in range(60)) + " }"
PROGRAM = 'llm_call("Say it")'
FREELY = "Here it is:\n```\n" + PROGRAM + "\n```"


class Constrained(Root):
    """Takes a grammar; `traits` are those of its profile, `unconstrained` what its replies say."""

    def __init__(self, *replies: Any, unconstrained: str = "", **traits: Any) -> None:
        super().__init__(*replies)
        self.traits: dict[str, Any] = {"takes_grammar": True, **traits}
        self.unconstrained = unconstrained

    @property
    def profile(self) -> ModelProfile:
        return replace(super().profile, **self.traits)

    async def complete(self, request: CompletionRequest) -> Completion:
        return replace(await super().complete(request), unconstrained=self.unconstrained if request.grammar else "")


def answered(root: Root, budget: Budget | None = None) -> Run:
    question = posed(
        inputs=from_values({"context": "some text"}).with_query("What?"),
        leaf=leaf(),
        root=root,
        budget=budget or Budget(),
        options=Options(key=b"key"),
    )
    return anyio.run(lambda: synthesize(*question, lambda: SourceFile("plan.lam", '"planned"')))


def notes(run: Run) -> list[str]:
    found = run_json(run)["synthesis"]["notes"]
    assert isinstance(found, list)
    return found


def test_only_a_model_that_takes_a_grammar_is_asked_in_it() -> None:
    held, free = Constrained(PROGRAM), Root(PROGRAM)
    assert answered(held).answer == answered(free).answer == "said"
    assert [request.grammar for request in held.requests] == [language()]
    assert [request.grammar for request in free.requests] == [None]


def test_a_repair_is_asked_in_it_too() -> None:
    root = Constrained("nothing_is_called_so", PROGRAM)
    assert answered(root).answer == "said"
    assert [request.grammar is not None for request in root.requests] == [True, True]


def test_a_thought_comes_before_the_program_and_is_paid_like_it() -> None:
    """Under a grammar a model cannot think aloud; the thought is free of it, short, and part of the conversation."""
    root = Constrained("Ask once.", PROGRAM, thinks_first=True)
    run = answered(root)
    thinking, writing = root.requests
    assert run.answer == "said"
    assert (thinking.grammar, writing.grammar) == (None, language())
    assert thinking.max_tokens <= 512
    assert [m.content for m in writing.messages if m.role == "assistant"] == ["Ask once."]
    assert run.synthesis is not None
    assert (run.synthesis.calls, run.usage.calls) == (2, 1)


def test_a_thought_that_fails_costs_no_program() -> None:
    run = answered(Constrained(failure(EMPTY_REPLY, "empty"), PROGRAM, thinks_first=True))
    assert run.answer == "said"


def test_a_thought_that_fails_for_good_ends_the_writing() -> None:
    root = Constrained(failure(KEY_REFUSED, "no key"), thinks_first=True)
    assert answered(root).answer == "planned"
    assert len(root.requests) == 1


def test_thoughts_and_programs_stay_within_the_budget() -> None:
    """Half of four calls is for writing: one thought and one program, and no repair."""
    root = Constrained("thought", "nothing_is_called_so", thinks_first=True)
    run = answered(root, Budget(calls=4))
    assert run.answer == "planned"
    assert len(root.requests) == 2


def test_a_grammar_that_may_be_paid_for_is_set_aside() -> None:
    """A budget that affords the prompt but not the definition of a tool asks nothing."""
    budget = Budget(tokens=2 * (4_096 + len(language().lark) // 2))
    assert answered(Constrained(PROGRAM), budget).answer == "said"
    counting = Constrained(PROGRAM, counts_grammar=True)
    assert answered(counting, budget).answer == "planned"
    assert not counting.requests


def test_a_server_that_refuses_or_ignores_the_grammar_is_told_of() -> None:
    """The program is read as leniently as any, and who relied on the grammar learns that it does not hold."""
    refusing = answered(Constrained(FREELY, unconstrained="it takes no grammar: 400"))
    ignoring = answered(Constrained(FREELY))
    keeping = answered(Constrained(PROGRAM))
    assert [run.answer for run in (refusing, ignoring, keeping)] == ["said"] * 3
    assert notes(refusing) == ["it takes no grammar: 400"]
    assert len(notes(ignoring)) == 1 and "violates the requested grammar" in notes(ignoring)[0]
    assert notes(keeping) == []


@pytest.mark.parametrize(
    ("reply", "is_so"),
    [
        ("1", True), ("99999999999999999999", True), ("{ a: 1, a: 2 }", True), ("Sure!", False),
        (f"let {'a' * 65} = 1;\n{'a' * 65}", True), (f'f"{{{"b" * 300}}}"', True), (f"type {'T' * 80} = Int;\n1", True),
    ],
)  # fmt: skip
def test_what_no_grammar_says_is_no_sign_of_its_absence(reply: str, is_so: bool) -> None:
    assert is_kept(reply) is is_so


def test_a_small_model_is_shown_the_examples_as_turns() -> None:
    """All that stands on the page is still shown: the examples as five questions and answers before the task."""
    root = Constrained(PROGRAM, is_small=True)
    answered(root)
    page, *turns = root.requests[0].messages
    assert [turn.role for turn in turns] == ["user", "assistant"] * 5 + ["user"]
    head, _, examples = reference().partition("\n# Examples\n")
    assert page.content == head
    assert all(turn.content in examples for turn in turns if turn.role == "assistant")
    assert turns[-1].content.endswith("What?\n\nWrite the program.")


@pytest.mark.parametrize("traits", [{}, {"is_small": True}, {"thinks_first": True}], ids=["page", "turns", "thought"])
@pytest.mark.parametrize("returns", [None, parse_type(LONG)], ids=["", "typed"])
def test_what_is_shown_and_counted_ahead_is_what_is_sent_first(traits: dict[str, Any], returns: Type | None) -> None:
    """The shown prompt to the byte, and a bound that holds for the smallest conversation."""
    root, budget = Constrained("Think.", "1", **traits), Budget()
    given = from_values({"context": "some text"}).with_query("What?")
    question, setup = posed(
        inputs=given,
        leaf=leaf(),
        root=root,
        budget=budget,
        options=Options(key=b"key"),
        writing=Writing(repairs=0),
        returns=returns,
    )
    run = anyio.run(lambda: synthesize(question, setup, lambda: SourceFile("plan.lam", '"planned"')))
    assert run.synthesis is not None
    task = WritingTask(
        query="What?",
        inputs=given.values,
        types=given.types,
        leaf=leaf().profile,
        budget=budget,
        out=setup.options.out,
        returns=returns,
        may_look=not traits.get("is_small"),
    )
    sent = root.requests[0].messages
    assert opening_messages(task, root.profile, b"key") == sent
    bound, _ = writing_cost(question, setup)
    assert bound.input_tokens is not None and bound.input_tokens >= root.count_tokens(sent)
