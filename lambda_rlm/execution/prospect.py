"""What a run would cost, told before it: the bound, the likely figures, and a hash of exactly what would run.

Owns `Prospect` and the ways to one: from inputs, from declared sizes, or from a run that is about to begin. Asks no model.
Promises that the hash is the same for the same program (as the formatter writes it), inputs, model and terms of the door
(`what_runs`), and differs otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.bounds.admit import Bounded, as_warnings, bounded, refusals, unasked
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.declared import QUERY_SIZE, Size, declared
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.figures.likely import Likely, Ratios, likely
from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.bounds.planner.autos import default_autos, places
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.tree.cost_tree import CostTree
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Model, ModelProfile, Vocabulary
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.eval.asking.asking_rates import counted_rates, rates_at, rates_counted, rates_of
from lambda_rlm.eval.evaluate import admit_inputs
from lambda_rlm.eval.plain import to_value
from lambda_rlm.eval.staging.stage import Stage, known_inputs
from lambda_rlm.eval.value import Value
from lambda_rlm.execution.blocking import blocking_anywhere
from lambda_rlm.execution.likely.expect import expected
from lambda_rlm.execution.prepare import asking_about, ground
from lambda_rlm.execution.what_runs import Term, WhatRuns, what_runs
from lambda_rlm.llm.tokens import likely_bytes_per_token, likely_counted_by
from lambda_rlm.table import as_lists, is_list
from lambda_rlm.types.type import Effect
from lambda_rlm.types.typed import Typed

if TYPE_CHECKING:
    from lambda_rlm.bounds.planner.choose import PlannerChoice

BOUNDS_KEPT: Final = 32
"""Bounds at declared sizes that are remembered: with no data there is nothing to compute, so the same program, sizes, model and
budget have the same."""

_ASKING: Final = AskSettings(key=b"")
"""The codes of data markers are as long with any key."""

_SAMPLE: Final = 8_000
"""Characters of each input that the ratio of bytes to tokens is measured on."""

_SAMPLES: Final = 8
_STRETCHES: Final = 5


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

    @cached_property
    def likely(self) -> Likely | None:
        """What the run is likely to cost, None where nobody can say; worked out when somebody asks for it."""
        return self.estimate()

    @property
    def is_proved(self) -> bool:
        """The bound is within the budget."""
        return not self._beyond_budget

    @property
    def hash(self) -> str | None:
        """Stands for all of that."""
        return None if self.what_runs is None else self.what_runs.hash

    @property
    def bound(self) -> Bound:
        return self.bounded.bound

    @property
    def likely_counted_by(self) -> str:
        """What the tokens of the likely figures are counted by: a vocabulary, what was `measured` of the model's own counts,
        or, with neither, the nearest vocabulary (`estimated`)."""
        return likely_counted_by(self.profile)

    @property
    def cost_tree(self) -> CostTree:
        """Where the bound comes from."""
        return self.bounded.cost_tree

    @property
    def over_budget(self) -> tuple[Diagnostic, ...]:
        """Where the bound is above the budget, unless the run may begin as likely."""
        return () if self._beyond_budget and self.fits_as_likely else self._beyond_budget

    @cached_property
    def _beyond_budget(self) -> tuple[Diagnostic, ...]:
        """Where the bound is above the budget, whatever may begin."""
        return tuple(refusals(replace(self.bounded, diagnostics=()), self.budget))

    @property
    def fits_as_likely(self) -> bool:
        """Whether the budget lets a run begin that is not proved to complete, and the likely cost fits."""
        return self.budget.admit == "likely" and self.likely is not None and self.likely.fits(self.budget)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What speaks against the run; where sizes are only declared, what the real inputs may decide otherwise is a
        warning."""
        diagnostics = self.bounded.diagnostics
        return (*(diagnostics if self.bounded.is_final else as_warnings(diagnostics)), *self.over_budget)


def foresee(
    typed: Typed,
    inputs: Mapping[str, Any],
    model: Model | ModelProfile,
    budget: Budget,
    accuracy: Accuracy | None = None,
    asking: AskSettings = _ASKING,
    terms: Sequence[Term] = (),
    *,
    is_counted: bool = True,
) -> Prospect:
    """What running a program on these inputs would cost; what needs no reply is computed. Without `is_counted` the vocabulary
    is asked only where bytes do not fit the budget. Raises `Rejected` where nobody can say, and `Fault` where a limit is met
    before the first call."""
    asking = asking_about(asking, typed, inputs)
    counted: Rates | None
    if isinstance(model, ModelProfile):
        profile, rates, counted = model, rates_at(model, asking), rates_counted(model, asking)
    else:
        profile, rates, counted = model.profile, rates_of(model, asking), counted_rates(model, asking)
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
        counted=counted,
        is_counted=is_counted,
    )
    return before_run(found.program, values, inputs, budget, profile, found.chosen, terms, found.kept, found.stage)


def foresee_sizes(
    typed: Typed,
    inputs: Mapping[str, Any],
    sizes: Mapping[str, Size],
    profile: ModelProfile,
    budget: Budget,
    accuracy: Accuracy | None = None,
    asking: AskSettings = _ASKING,
) -> Prospect:
    """What a program would cost on inputs of which some or all are only declared by their size; what needs neither a reply nor
    those is computed. Raises `Rejected`, `Fault` where a limit is met before the first call, and `ValueError` when nothing is
    said of an input."""
    asking = asking_about(asking, typed, inputs)
    if typed.effect is not Effect.LLM:
        return Prospect(replace(unasked(typed, rates_counted(profile, asking)), is_final=False), budget, profile)
    there = {name: type_ for name, type_ in typed.inputs.items() if name in inputs and name not in sizes}
    values = {name: to_value(inputs[name], type_, name, Meter(budget), []) for name, type_ in there.items()}
    beside = {name: _size_of(typed, name, sizes) for name in typed.inputs if name not in values}
    query = inputs["query"] if values.keys() == {"query"} else None
    asked = _AtSizes(id(typed), tuple(sorted(sizes.items())), query, budget, accuracy, asking, profile, typed, values, beside)
    program, chosen = _at_sizes(asked) if values and query is None else _remembered(asked)

    def estimate() -> Likely | None:
        ratios = _ratios(profile, inputs)
        known: Mapping[str, Abstract] = {**beside, **known_inputs(typed, values)}
        stage = _stage(typed, values, program.autos, budget, None) if values else None
        in_bytes = rates_at(profile, asking)  # a ratio fits texts of which only bytes are declared
        return likely(typed, known, in_bytes, program.autos, budget, stage, ratios)

    return Prospect(program, budget, profile, chosen, estimate)


@dataclass(frozen=True, slots=True)
class _AtSizes:
    """A program for a model at declared sizes, with no data but a question: what its bound depends on, and what follows from
    that."""

    of: int
    sizes: tuple[tuple[str, Size], ...]
    query: str | None
    budget: Budget
    accuracy: Accuracy | None
    asking: AskSettings
    profile: ModelProfile = field(hash=False)
    typed: Typed = field(compare=False)
    values: Mapping[str, Value] = field(compare=False)
    beside: Mapping[str, Abstract] = field(compare=False)


def _at_sizes(asked: _AtSizes) -> tuple[Bounded, PlannerChoice | None]:
    typed, beside, budget = asked.typed, asked.beside, asked.budget
    rates = rates_counted(asked.profile, asked.asking)
    autos: Mapping[int, int] = default_autos(typed, asked.profile)
    if asked.values:
        meter = Meter(budget)
        found = ground(typed, asked.values, rates, budget, asked.accuracy, meter, autos=autos, beside=beside)
        return found.program, found.chosen
    chosen: PlannerChoice | None = None
    if autos:
        from lambda_rlm.bounds.planner.choose import choose

        chosen = choose(typed, beside, rates, budget, asked.accuracy)
    return bounded(typed, beside, rates, chosen.autos if chosen else autos, budget, None), chosen


_remembered = lru_cache(maxsize=BOUNDS_KEPT)(_at_sizes)


def before_run(
    program: Bounded,
    values: Mapping[str, Value] | None,
    inputs: Mapping[str, Any],
    budget: Budget,
    profile: ModelProfile,
    chosen: PlannerChoice | None = None,
    terms: Sequence[Term] = (),
    kept: Mapping[int, Value] | None = None,
    staged: Stage | None = None,
) -> Prospect:
    """The prospect of a run on inputs that are all there, given as data, and as values where they may be read now; `kept` has
    those of terms that were computed, and `staged`, with the values, what bounding found. `terms` are those of the door."""
    typed = program.typed

    def estimate() -> Likely | None:
        if typed.effect is not Effect.LLM:
            return Likely(0, 0, 0, 0.0, 0, 0.0)
        ratios = _ratios(profile, inputs)
        given = _values(typed, inputs, budget) if values is None else values
        tried = blocking_anywhere(lambda: expected(program, given, kept, budget, profile, ratios.bytes_per_token))
        if tried is not None:
            return tried
        by = program.rates.vocabulary
        stage = _stage(typed, given, program.autos, budget, by, None if values is None else staged)
        return likely(typed, known_inputs(typed, given, by), program.rates, program.autos, budget, stage, ratios)

    autos = [program.autos[id(place.auto)] for place in places(typed)] if program.autos else []
    return Prospect(program, budget, profile, chosen, estimate, partial(what_runs, typed, inputs, profile, autos, terms))


def _values(typed: Typed, inputs: Mapping[str, Any], budget: Budget) -> dict[str, Value]:
    meter = Meter(budget)
    return {name: to_value(inputs[name], type_, name, meter, []) for name, type_ in typed.inputs.items()}


def _stage(
    typed: Typed,
    values: Mapping[str, Value],
    autos: Mapping[int, int],
    budget: Budget,
    vocabulary: Vocabulary | None,
    before: Stage | None = None,
) -> Stage:
    """Staging on a meter of its own, with the limits of a run; with what another stage on these values found."""
    meter = Meter(budget)
    admit_inputs(typed, values, meter)
    return Stage(typed, autos, meter, vocabulary=vocabulary, before=before)


def _size_of(typed: Typed, name: str, sizes: Mapping[str, Size]) -> Abstract:
    type_ = typed.inputs[name]
    if name in sizes:
        return declared(sizes[name], type_, name)
    if name == "query":
        return declared(QUERY_SIZE, type_, name)
    raise ValueError(f"the size of the input {name!r} is unknown")


def _ratios(profile: ModelProfile, inputs: Mapping[str, Any]) -> Ratios:
    """What is assumed of a model on these inputs."""
    return Ratios(bytes_per_token=likely_bytes_per_token(profile, _sample(inputs)))


def _sample(inputs: Mapping[str, Any]) -> str:
    """Stretches of each input."""
    return "\n".join(_stretches(value)[: 2 * _SAMPLE] for value in list(inputs.values())[:_SAMPLES])


def _stretches(value: Any) -> str:
    """What a value, written down, is at a few places that are far apart; of a long list, from its middle element on."""
    if is_list(value) and len(value) > _SAMPLE:
        middle = len(value) // 2
        value = value[middle : middle + _SAMPLE]
    text = value if isinstance(value, str) else json.dumps(_cut(as_lists(value)), ensure_ascii=False)
    if len(text) <= _SAMPLE:
        return text
    part = _SAMPLE // _STRETCHES
    starts = (len(text) * (2 * number + 1) // (2 * _STRETCHES) - part // 2 for number in range(_STRETCHES))
    return "\n".join(text[start : start + part] for start in starts)


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
