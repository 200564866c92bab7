"""What a run would cost, told before it: the bound, the likely figures, and a hash of exactly what would run.

Owns `Prospect` and the ways to one: from inputs, from declared sizes, or from a run that is about to begin. Asks no model.
Promises that the hash is the same for the same program (as the formatter writes it), inputs, model and terms of the door
(`what_runs`), and differs otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.bounds.admit import Bounded, as_warnings, bounded, refusals, unasked
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.declared import QUERY_SIZE, Size, declared
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.likely import Likely, Ratios, likely
from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.bounds.planner.autos import default_autos, places
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Model, ModelProfile, Vocabulary
from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.eval.asking.asking_rates import counted_rates, rates_at, rates_counted, rates_of
from lambda_rlm.eval.evaluate import admit_inputs
from lambda_rlm.eval.plain import to_value
from lambda_rlm.eval.staging.measure import measured
from lambda_rlm.eval.staging.stage import Stage, known_inputs
from lambda_rlm.eval.value import Value
from lambda_rlm.execution.prepare import asking_about, ground
from lambda_rlm.execution.what_runs import Term, WhatRuns, what_runs
from lambda_rlm.llm.tokens import bytes_per_token
from lambda_rlm.types.type import Effect
from lambda_rlm.types.typed import Typed

if TYPE_CHECKING:
    from lambda_rlm.bounds.planner.choose import PlannerChoice

_ASKING: Final = AskSettings(key=b"")
"""The codes of data markers are as long with any key."""

_SAMPLE: Final = 8_000
"""Characters of each input that the ratio of bytes to tokens is measured on."""

_SAMPLES: Final = 8


@dataclass(frozen=True)
class Prospect:
    """What is known of a run before it begins.

    `chosen` is what the planner chose for each `auto`, None where there is none. `record` makes the record of all that decides
    what runs, and `estimate` the likely figures, when somebody asks for them.
    """

    bounded: Bounded
    budget: Budget
    profile: ModelProfile
    chosen: PlannerChoice | None = None
    estimate: Callable[[], Likely | None] = field(default=lambda: None, repr=False)
    record: Callable[[], WhatRuns | None] = field(default=lambda: None, repr=False)

    @cached_property
    def what_runs(self) -> WhatRuns | None:
        """All that decides what the run does; None where inputs are only declared. Goes through all inputs."""
        return self.record()

    @property
    def hash(self) -> str | None:
        """Stands for all of that."""
        return None if self.what_runs is None else self.what_runs.hash

    @property
    def bound(self) -> Bound:
        return self.bounded.bound

    @property
    def over_budget(self) -> tuple[Diagnostic, ...]:
        """Where the bound is above the budget."""
        return tuple(refusals(replace(self.bounded, diagnostics=()), self.budget))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What speaks against the run; where sizes are only declared, what the real inputs may decide otherwise is a
        warning."""
        diagnostics = self.bounded.diagnostics
        return (*(diagnostics if self.bounded.is_final else as_warnings(diagnostics)), *self.over_budget)


def foresee(
    typed: Typed,
    inputs: Mapping[str, Any],
    model: Model,
    budget: Budget,
    accuracy: Accuracy | None = None,
    asking: AskSettings = _ASKING,
    terms: Sequence[Term] = (),
) -> Prospect:
    """What running a program on these inputs would cost; what needs no reply is computed. Raises `Rejected` where nobody can
    say."""
    asking = asking_about(asking, typed, inputs)
    profile, rates = model.profile, rates_of(model, asking)
    if typed.effect is not Effect.LLM:
        return before_run(unasked(typed, rates), {}, inputs, budget, profile, terms=terms)
    values = _values(typed, inputs, budget)
    found = ground(
        typed,
        values,
        rates,
        budget,
        accuracy,
        Meter(budget),
        autos=default_autos(typed, profile),
        counted=counted_rates(model, asking),
        is_counted=True,
    )
    return before_run(found.program, values, inputs, budget, profile, found.chosen, terms)


def foresee_sizes(
    typed: Typed,
    inputs: Mapping[str, Any],
    sizes: Mapping[str, Size],
    profile: ModelProfile,
    budget: Budget,
    accuracy: Accuracy | None = None,
    asking: AskSettings = _ASKING,
) -> Prospect:
    """What a program would cost on inputs of which some or all are only declared by their size. Raises `Rejected`, and
    `ValueError` when nothing is said of an input."""
    asking = asking_about(asking, typed, inputs)
    rates = rates_at(profile, asking)
    if typed.effect is not Effect.LLM:
        return Prospect(replace(unasked(typed, rates), is_final=False), budget, profile)
    in_bytes, counted = (
        {name: _size_of(typed, name, inputs, sizes, budget, vocabulary) for name in typed.inputs}
        for vocabulary in (None, profile.vocabulary)
    )
    autos: Mapping[int, int] = default_autos(typed, profile)
    chosen: PlannerChoice | None = None
    if autos:
        from lambda_rlm.bounds.planner.choose import choose

        chosen = choose(typed, in_bytes, rates, budget, accuracy)
    program = bounded(typed, counted, rates_counted(profile, asking), chosen.autos if chosen else autos, budget, None)
    ratios = Ratios(bytes_per_token=bytes_per_token(profile.name, _sample(inputs)))
    estimate = partial(likely, typed, in_bytes, rates, program.autos, budget, None, ratios)  # a ratio fits declared texts
    return Prospect(program, budget, profile, chosen, estimate)


def before_run(
    program: Bounded,
    values: Mapping[str, Value] | None,
    inputs: Mapping[str, Any],
    budget: Budget,
    profile: ModelProfile,
    chosen: PlannerChoice | None = None,
    terms: Sequence[Term] = (),
) -> Prospect:
    """The prospect of a run on inputs that are all there, given as data, and as values where they may be read now. `terms` are
    those of the door."""
    typed = program.typed

    def estimate() -> Likely | None:
        if typed.effect is not Effect.LLM:
            return Likely(0, 0, 0, 0.0)
        ratios = Ratios(bytes_per_token=bytes_per_token(profile.name, _sample(inputs)))
        given = _values(typed, inputs, budget) if values is None else values
        stage = _stage(typed, given, program.autos, budget, program.rates.vocabulary)
        return likely(
            typed, known_inputs(typed, given, program.rates.vocabulary), program.rates, program.autos, budget, stage, ratios
        )

    autos = [program.autos[id(place.auto)] for place in places(typed)] if program.autos else []
    return Prospect(program, budget, profile, chosen, estimate, partial(what_runs, typed, inputs, profile, autos, terms))


def _values(typed: Typed, inputs: Mapping[str, Any], budget: Budget) -> dict[str, Value]:
    meter = Meter(budget)
    return {name: to_value(inputs[name], type_, name, meter, []) for name, type_ in typed.inputs.items()}


def _stage(
    typed: Typed, values: Mapping[str, Value], autos: Mapping[int, int], budget: Budget, vocabulary: Vocabulary | None
) -> Stage:
    """Staging on a meter of its own, with the limits of a run."""
    meter = Meter(budget)
    admit_inputs(typed, values, meter)
    return Stage(typed, autos, meter, vocabulary=vocabulary)


def _size_of(
    typed: Typed, name: str, inputs: Mapping[str, Any], sizes: Mapping[str, Size], budget: Budget, vocabulary: Vocabulary | None
) -> Abstract:
    type_ = typed.inputs[name]
    if name in sizes:
        return declared(sizes[name], type_, name)
    if name in inputs:
        return measured(to_value(inputs[name], type_, name, Meter(budget), []), type_, name, vocabulary)
    if name == "query":
        return declared(QUERY_SIZE, type_, name)
    raise ValueError(f"the size of the input {name!r} is unknown")


def _sample(inputs: Mapping[str, Any]) -> str:
    """A stretch of each input, from its middle."""
    return "\n".join(_middle(value)[:_SAMPLE] for value in list(inputs.values())[:_SAMPLES])


def _middle(value: Any) -> str:
    """What a value, written down, is from half a sample before its middle on; of a long list, from its middle element on."""
    if isinstance(value, list) and len(value) > _SAMPLE:
        value = value[len(value) // 2 :][:_SAMPLE]
    text = value if isinstance(value, str) else json.dumps(_cut(value), ensure_ascii=False)
    start = max(0, len(text) // 2 - _SAMPLE // 2)
    return text[start : start + _SAMPLE]


def _cut(value: Any) -> Any:
    """Plain data whose long texts are stretches of their middles."""
    match value:
        case str() if len(value) > 2 * _SAMPLE:
            return value[len(value) // 2 - _SAMPLE :][: 2 * _SAMPLE]
        case list():
            return [_cut(item) for item in value]
        case dict():
            return {key: _cut(item) for key, item in value.items()}
    return value
