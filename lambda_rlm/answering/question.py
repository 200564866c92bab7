"""A question, and what it is answered with: the records that travel through this room.

Owns `Question`, `Setup` and `Deadline`, the router's view of both, and the program of a strategy. Asks no model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lambda_rlm.answering.own_strategy import own_program, own_strategy
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.options import OnBound, Options
from lambda_rlm.execution.resumed import Resumed
from lambda_rlm.inputs import Inputs
from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.plan.input_kind import kind_of
from lambda_rlm.plan.measure import LateCount, LateMeasure
from lambda_rlm.plan.router import Case, Choice, Route
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.plan.self_tests import SelfTest, self_tests
from lambda_rlm.synth.earlier import EarlierQuestion
from lambda_rlm.synth.layout.layout import Layout, layout_of
from lambda_rlm.synth.reference import version
from lambda_rlm.synth.task import Shapes
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.type import Type

if TYPE_CHECKING:
    from lambda_rlm.events import Tracer
    from lambda_rlm.plan.given import AskedBefore

AS_LIKELY: Final = "not proved to complete within the budget, but likely to; the run may stop at the budget"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question about inputs. `returns` is the type of the answer, `task` what the question asks for; None where nobody
    says. `guide` is what whoever asks says of the answer's parts, empty for nothing. With `is_task_said` somebody wants the
    plan of that task; else it is only known what the question is. `earlier` are the questions that it follows, whose answers
    are among the inputs."""

    query: str
    inputs: Inputs
    returns: Type | None = None
    guide: str = ""
    task: str | None = None
    is_task_said: bool = True
    earlier: tuple[EarlierQuestion, ...] = ()
    known_layouts: dict[str, Layout] = field(default_factory=dict, compare=False, repr=False)
    """The layouts of inputs that were looked at; questions that are made of this one have them too."""
    known_shapes: Shapes = field(default_factory=dict, compare=False, repr=False)
    """The same of shapes."""

    @cached_property
    def bound_inputs(self) -> Inputs:
        """The inputs with the question among them, as programs see them."""
        return self.inputs.with_query(self.query)

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """The masked layouts of the inputs by name, without answers of earlier rounds. Goes through all inputs when it is first
        asked for."""
        inputs, known = self.inputs, self.known_layouts
        names = [name for name in inputs.types if name not in inputs.answers]
        for name in names:
            if name not in known:
                known[name] = layout_of(inputs.types[name], inputs.values[name], is_documents=name in inputs.documents)
        return {name: known[name] for name in names}

    @cached_property
    def before(self) -> AskedBefore | None:
        """What was asked before, as a strategy takes it; None for nothing."""
        from lambda_rlm.plan.given import AskedBefore

        if not self.earlier:
            return None
        last = self.earlier[-1]
        asked = tuple(one.asked for one in self.earlier if one.query)
        return AskedBefore(asked, None if last.name is None else (last.name, self.inputs.types[last.name]))

    @property
    def earlier_task(self) -> str | None:
        """The strategy of the standard library by which the question was answered that this one follows; None for none."""
        from lambda_rlm.plan.tasks import TASKS

        way = self.earlier[-1].way if self.earlier else None
        return way if way in TASKS else None

    @property
    def in_own_words(self) -> str:
        """The question after those that it follows, all in the words of whoever asked; nothing of an answer."""
        query = str(self.bound_inputs.values["query"])
        asked = () if self.before is None else self.before.questions
        return "".join(f"Earlier question: {one}\n" for one in asked) + (f"Question: {query}" if asked else query)

    def plan(self, route: Route) -> SourceFile:
        """The program of a strategy for this question; raises `Rejected` for a strategy by path that does not fit the
        inputs."""
        from lambda_rlm.plan.plan import plan

        if route.own is not None:
            return own_program(route, route.own, self.bound_inputs, self.returns, self.before, self.guide)
        inputs = self.bound_inputs.without_answers()
        text = plan(route, inputs.types, self.returns, self.before, self.guide, inputs.called)
        return SourceFile(f"{route.strategy}.lam", text)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a question is answered with: models, limits and settings. `root` writes programs (None: `leaf`, which answers);
    `choice` is the route that was asked for; `on_bound` is called with what a program can cost before its first call."""

    leaf: Model
    root: Model | None = None
    budget: Budget = field(default_factory=Budget)
    choice: Choice = "auto"
    routing: Routing = field(default_factory=Routing)
    writing: Writing = field(default_factory=Writing)
    options: Options = field(default_factory=Options)
    resumed: Resumed = field(default_factory=Resumed)
    tracer: Tracer | None = None
    on_bound: OnBound | None = None

    @property
    def writer(self) -> Model:
        """The root model."""
        return self.leaf if self.root is None else self.root

    def within(self, budget: Budget) -> Setup:
        """The same, with another budget."""
        return replace(self, budget=budget)


def case_of(question: Question, setup: Setup) -> Case:
    """A question as the router sees it; raises `ValueError` for an unknown route or task, and as `own_strategy`."""
    from lambda_rlm.plan.split import arm

    values, split, found = question.bound_inputs.without_answers().values, setup.routing.split, self_tested()
    past = setup.resumed.route
    is_recorded = past is not None and past.program is not None
    return Case(
        own=None if is_recorded else own_strategy(question.task, question.inputs.functions),
        measure=LateMeasure(values, setup.leaf),
        query_tokens=_query_tokens(question, setup.leaf),
        leaf=setup.leaf.profile,
        root=setup.writer.profile,
        query=question.in_own_words,
        kind=kind_of(values),
        leaf_tested=found.get(setup.leaf.profile.name),
        root_tested=found.get(setup.writer.profile.name),
        choice=setup.choice,
        task=question.task,
        is_said=question.is_task_said,
        earlier_task=question.earlier_task,
        split=arm(split, values) if split and setup.choice == "auto" else None,
        routing=setup.routing,
    )


def self_tested() -> Mapping[str, SelfTest]:
    """What self-tests found with the page of the language as it is now, by the names of the models."""
    try:
        found = self_tests(cache_folder())
    except RuntimeError:  # the user has no home
        return {}
    return {name: one for name, one in found.items() if one.page == version()} if found else {}


def _query_tokens(question: Question, leaf: Model) -> LateCount:
    """Tokens of the question as a strategy asks it, with the part of an earlier answer that is in it."""
    from lambda_rlm.graphemes import begun
    from lambda_rlm.plan.given import LONGEST_ANSWER

    asked = question.in_own_words
    if question.before is not None and question.before.answer is not None:
        value = question.inputs.values[question.before.answer[0]]
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        asked += f"Its answer, or the beginning of it: {begun(written, LONGEST_ANSWER)}"
    return LateCount(lambda: asked, leaf)


def detecting(setup: Setup, case: Case) -> Setup:
    """The setup of the call that asks which task a question is: the cheaper model answers it, where it can."""
    return setup if case.leaf_tells_tasks_apart else replace(setup, leaf=setup.writer)
