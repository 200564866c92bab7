"""A program on its real inputs, before its first call: the planner's numbers, the bound, and the values that need no reply.

Owns `ground`, which all who bound a program on real inputs go through, and `prepare`, which does it ahead of a run that may
take over what was found. Promises that a run which takes it over reports what it would have found by itself: the work is
charged to its meter as if done there, once. Asks no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.bounds.admit import Admitted, Bounded, bounded, refusals
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.bounds.planner.autos import default_autos
from lambda_rlm.bounds.rates import Rates, no_thought
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.asking.asking_rates import counted_rates, rates_of
from lambda_rlm.eval.evaluate import admit_inputs
from lambda_rlm.eval.plain import to_value
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.staging.stage import Stage, known_inputs
from lambda_rlm.eval.value import Document, Value
from lambda_rlm.execution.scripts import reply_ends
from lambda_rlm.table import Table
from lambda_rlm.types.typed import Typed

if TYPE_CHECKING:
    from lambda_rlm.bounds.planner.choose import PlannerChoice

Look = Callable[[], None]
"""Asked now and then whether to go on; an exception ends the work."""

NOTHING: Final[Mapping[str, Abstract]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Groundwork:
    """A bounded program, what the planner chose for its `auto` (None where nothing was to choose), the values of terms that a
    run need not compute again, by the term's identity, and the stage by which it was bounded."""

    program: Bounded
    chosen: PlannerChoice | None
    kept: Mapping[int, Value] = field(repr=False)
    stage: Stage = field(repr=False)


def ground(
    typed: Typed,
    values: Mapping[str, Value],
    rates: Rates,
    budget: Budget,
    accuracy: Accuracy | None,
    meter: Meter,
    *,
    autos: Mapping[int, int],
    known: Mapping[int, int] | None = None,
    cuts: Cuts | None = None,
    look: Look | None = None,
    counted: Rates | None = None,
    is_counted: bool = False,
    beside: Mapping[str, Abstract] = NOTHING,
) -> Groundwork:
    """Let the meter know the inputs, choose what `auto` stands for, unless that is `known`, compute on the meter what needs no
    reply, and bound the rest: at `rates`, then, where that does not fit or with `is_counted`, at the rates of the model's
    vocabulary (`counted`), if there are any. `beside` has the inputs of which only sizes are known. Raises `Rejected` where
    nobody can."""
    admit_inputs(typed, values, meter)
    subject = _Subject(typed, values, beside, budget, accuracy, look)
    chosen = subject.chosen(rates) if autos and known is None else None
    autos = autos if not autos else known if known is not None else chosen.autos if chosen is not None else autos
    stage = Stage(typed, autos, meter, cuts, rates.vocabulary)
    found = subject.grounded(rates, chosen, autos, stage)
    if counted is None:
        return found
    is_refused = bool(refusals(found.program, budget))
    if not is_refused and not is_counted:
        return found
    if is_refused and chosen is not None:
        other = subject.chosen(counted)
        if other.autos != chosen.autos:
            stage = Stage(typed, other.autos, meter, cuts, counted.vocabulary)
            return subject.grounded(counted, other, other.autos, stage)
    again = subject.counted(counted, found)
    return found if again is None else replace(found, program=again.program, stage=again.stage)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A program on its inputs, to be bounded at one set of rates or another."""

    typed: Typed
    values: Mapping[str, Value]
    beside: Mapping[str, Abstract]
    budget: Budget
    accuracy: Accuracy | None
    look: Look | None

    def sizes(self, rates: Rates) -> Mapping[str, Abstract]:
        """The inputs as the analysis sees them."""
        return {**self.beside, **known_inputs(self.typed, self.values, rates.vocabulary)}

    def chosen(self, rates: Rates) -> PlannerChoice:
        """What the planner chooses at these rates."""
        from lambda_rlm.bounds.planner.choose import choose
        from lambda_rlm.eval.staging.rehearsal import Rehearsal

        rehearsal = Rehearsal(self.typed, self.values, self.budget, self.look, rates.vocabulary)
        return choose(self.typed, self.sizes(rates), rates, self.budget, self.accuracy, rehearsal)

    def grounded(self, rates: Rates, chosen: PlannerChoice | None, autos: Mapping[int, int], stage: Stage) -> Groundwork:
        """The program bounded at these rates with these numbers, computed on a stage."""
        program = bounded(self.typed, self.sizes(rates), rates, autos, self.budget, stage)
        if self.beside:
            program = replace(program, is_final=False)
        return Groundwork(program=program, chosen=chosen, kept=stage.kept, stage=stage)

    def counted(self, rates: Rates, found: Groundwork) -> Groundwork | None:
        """A bounded program with the same numbers at the rates of a vocabulary, None where it cannot be bounded so. What needs
        no reply was computed and charged before: at the top level it is taken from there, and within functions computed on an
        account that nobody reads."""
        autos = found.program.autos
        meter = Meter(self.budget)
        admit_inputs(self.typed, self.values, meter)
        if self.look is not None:
            meter.watch(self.look)
        stage = Stage(self.typed, autos, meter, vocabulary=rates.vocabulary, before=found.stage)
        try:
            return self.grounded(rates, None, autos, stage)
        except Rejected:
            return None


def _numbers(rates: Rates) -> Rates:
    """Rates without what belongs to the model: that is the same where the model is."""
    return replace(rates, count=None, thought=no_thought)


def asking_about(asking: AskSettings, typed: Typed, inputs: Mapping[str, Any]) -> AskSettings:
    """How a program asks about these inputs: what replies may come to depends on the scripts that it is about."""
    texts = chain([typed.program.source.text], islice(_texts(list(inputs.values())), _MOST_TEXTS))
    return replace(asking, reply_ends=reply_ends(texts))


_MOST_TEXTS: Final = 1_000


def _texts(values: Sequence[Any]) -> Iterator[str]:
    """The texts in plain data."""
    for value in values:
        match value:
            case str():
                yield value
            case Table():
                yield from value.texts()
            case list() | tuple():
                yield from _texts(value)
            case dict():
                yield from _texts(list(value.values()))


@dataclass(kw_only=True)
class Prepared:
    """What was found out of a program ahead of its run, for one run to take over: it belongs to these inputs, this model,
    budget and way of asking. `meter` is closed, and has what the work took. Whoever takes it over sets `is_taken`."""

    groundwork: Groundwork
    inputs: Mapping[str, Any] = field(repr=False)
    values: Mapping[str, Value] = field(repr=False)
    documents: list[Document | TableValue] = field(repr=False)
    cuts: Cuts = field(repr=False)
    model: Model
    key: bytes = field(repr=False)
    rates: Rates
    accuracy: Accuracy | None
    budget: Budget
    meter: Meter = field(repr=False)
    is_taken: bool = False

    def serves(
        self, admitted: Admitted, inputs: Mapping[str, Any], model: Model, asking: AskSettings, accuracy: Accuracy
    ) -> bool:
        """Whether a run that does the work itself would find the same. With another budget the planner may choose otherwise,
        and with no `auto` it has no say."""
        program = self.groundwork.program
        return (
            not self.is_taken
            and admitted.typed is program.typed
            and inputs.keys() == self.inputs.keys()
            and all(value is self.inputs[name] for name, value in inputs.items())
            and model is self.model
            and asking.key == self.key
            and _numbers(rates_of(model, asking)) == _numbers(self.rates)
            and admitted.budget.depth == self.budget.depth
            and (not program.autos or (accuracy == self.accuracy and _limits(admitted.budget) == _limits(self.budget)))
        )


OnRefused = Callable[[Prepared], None]
"""Given what was found of a program that a budget does not admit."""


def left_by(
    asker: Asker,
    found: Groundwork,
    inputs: Mapping[str, Any],
    values: Mapping[str, Value],
    documents: list[Document | TableValue],
    rates: Rates,
    accuracy: Accuracy,
    budget: Budget,
    take: OnRefused,
) -> None:
    """Leave what a run found that may not begin to one that may; nothing where a limit was met on the way."""
    if not asker.meter.is_used_up:
        take(
            Prepared(
                groundwork=found,
                inputs=dict(inputs),
                values=values,
                documents=documents,
                cuts=asker.coverage.cuts,
                model=asker.model,
                key=asker.settings.key,
                rates=rates,
                accuracy=accuracy,
                budget=budget,
                meter=asker.meter,
            )
        )


def _limits(budget: Budget) -> Budget:
    """What of a budget the planner looks at."""
    return replace(budget, seconds=None, admit=None)


def prepare(
    typed: Typed,
    inputs: Mapping[str, Any],
    model: Model,
    budget: Budget,
    accuracy: Accuracy | None,
    asking: AskSettings,
    account: Meter,
    look: Look | None = None,
) -> tuple[Groundwork, Prepared | None]:
    """The groundwork of a program that asks a model, on the account of whoever wants to know. No run can take it over where a
    limit was met on the way: that of a run might be another. Raises `Rejected` where nobody can bound it, and `Fault` for
    inputs."""
    documents: list[Document | TableValue] = []
    cuts = Cuts()
    with Meter(budget, account) as meter:
        values = {name: to_value(inputs[name], type_, name, meter, documents) for name, type_ in typed.inputs.items()}
        autos = default_autos(typed, model.profile)
        asking = asking_about(asking, typed, inputs)
        rates, counted = rates_of(model, asking), counted_rates(model, asking)
        limits = budget, accuracy, meter
        groundwork = ground(typed, values, rates, *limits, autos=autos, cuts=cuts, look=look, counted=counted)
        if meter.is_used_up:
            return groundwork, None
    return groundwork, Prepared(
        groundwork=groundwork,
        inputs=dict(inputs),
        values=values,
        documents=documents,
        cuts=cuts,
        model=model,
        key=asking.key,
        rates=rates,
        accuracy=accuracy,
        budget=budget,
        meter=meter,
    )
