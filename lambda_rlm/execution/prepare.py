"""A program on its real inputs, before its first call: the planner's numbers, the bound, and the values that need no reply.

Owns `ground`, which all who bound a program on real inputs go through, and `prepare`, which does it ahead of a run that may
take over what was found. Promises that a run which takes it over reports what it would have found by itself: the work is
charged to its meter as if done there, once. Asks no model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.bounds.admit import Admitted, Bounded, bounded
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.bounds.planner.autos import default_autos
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Model
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.eval.asking.asking_rates import rates_of
from lambda_rlm.eval.evaluate import admit_inputs
from lambda_rlm.eval.plain import to_value
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.staging.stage import Stage, known_inputs
from lambda_rlm.eval.value import Document, Value
from lambda_rlm.types.typed import Typed

if TYPE_CHECKING:
    from lambda_rlm.bounds.planner.choose import PlannerChoice

Look = Callable[[], None]
"""Asked now and then whether to go on; an exception ends the work."""

NOTHING: Final[Mapping[str, Abstract]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Groundwork:
    """A bounded program, what the planner chose for its `auto` (None where nothing was to choose), and the values of terms that
    a run need not compute again, by the term's identity."""

    program: Bounded
    chosen: PlannerChoice | None
    kept: Mapping[int, Value] = field(repr=False)


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
    beside: Mapping[str, Abstract] = NOTHING,
) -> Groundwork:
    """Let the meter know the inputs, choose what `auto` stands for, unless that is `known`, compute on the meter what needs no
    reply, and bound the rest. `beside` has the inputs of which only sizes are known. Raises `Rejected` where nobody can."""
    admit_inputs(typed, values, meter)
    sizes: Mapping[str, Abstract] = {**beside, **known_inputs(typed, values)}
    chosen: PlannerChoice | None = None
    if autos and known is not None:
        autos = known
    elif autos:
        from lambda_rlm.bounds.planner.choose import choose
        from lambda_rlm.eval.staging.rehearsal import Rehearsal

        chosen = choose(typed, sizes, rates, budget, accuracy, Rehearsal(typed, values, budget, look))
        autos = chosen.autos
    stage = Stage(typed, autos, meter, cuts)
    program = bounded(typed, sizes, rates, autos, budget, stage)
    if beside:
        program = replace(program, is_final=False)
    return Groundwork(program=program, chosen=chosen, kept=stage.kept)


@dataclass(kw_only=True)
class Prepared:
    """What was found out of a program ahead of its run, for one run to take over: it belongs to these inputs, this model,
    budget and way of asking. `meter` is closed, and has what the work took. Whoever takes it over sets `is_taken`."""

    groundwork: Groundwork
    inputs: Mapping[str, Any] = field(repr=False)
    values: Mapping[str, Value] = field(repr=False)
    documents: list[Document] = field(repr=False)
    cuts: Cuts = field(repr=False)
    model: Model
    key: bytes = field(repr=False)
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
            and replace(rates_of(model, asking), count=None) == replace(program.rates, count=None)
            and admitted.budget.depth == self.budget.depth
            and (
                not program.autos
                or (accuracy == self.accuracy and replace(admitted.budget, seconds=None) == replace(self.budget, seconds=None))
            )
        )


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
    documents: list[Document] = []
    cuts = Cuts()
    with Meter(budget, account) as meter:
        values = {name: to_value(inputs[name], type_, name, meter, documents) for name, type_ in typed.inputs.items()}
        autos = default_autos(typed, model.profile)
        rates = rates_of(model, asking)
        groundwork = ground(typed, values, rates, budget, accuracy, meter, autos=autos, cuts=cuts, look=look)
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
        accuracy=accuracy,
        budget=budget,
        meter=meter,
    )
