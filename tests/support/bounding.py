"""Bounding a program and running it with the gate off: what was promised, and what was metered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import anyio

from lambda_rlm.bounds.admit import Admitted, Bounded, bounded
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.domain.reply_size import value_of
from lambda_rlm.bounds.domain.size import named
from lambda_rlm.bounds.planner.autos import default_autos
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Model, Vocabulary
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault, LimitExceeded
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.asking.asking_rates import counted_rates, rates_at, rates_of
from lambda_rlm.eval.evaluate import evaluate
from lambda_rlm.eval.plain import to_value
from lambda_rlm.eval.staging.measure import measured
from lambda_rlm.eval.staging.stage import Stage, known_inputs
from lambda_rlm.table import Table
from lambda_rlm.types.typed import Typed

WAYS = ("staged", "measured", "declared")
COMPONENTS = (
    "calls",
    "attempts",
    "span",
    "prompt_chars",
    "input_tokens",
    "output_tokens",
    "usd",
    "depth",
    "steps",
    "bytes",
    "pool",
)


@dataclass(frozen=True)
class Ran:
    """What a run was metered, by component, and the fault that ended it."""

    metered: dict[str, float | None]
    fault: Fault | None
    value: Any = None
    prompt_bytes: int = 0
    """The bytes of all prompts as their authors wrote them, without marks, instructions and repairs."""


class _Watching(Asker):
    longest = 0
    sent = 0

    def _begun(self, question: Any, place: Any, span: Any) -> Any:
        self.longest = max(self.longest, len(question.prompt.text))
        self.sent += len(question.prompt.text.encode("utf-8", "surrogatepass"))
        return super()._begun(question, place, span)


@dataclass(frozen=True)
class Trial:
    """A typed program on plain inputs, asking a model in one way. The gate is off: whatever the bound says, it runs."""

    typed: Typed
    given: Mapping[str, Any]
    model: Model
    settings: AskSettings
    budget: Budget

    def values(self) -> dict[str, Any]:
        meter = Meter(self.budget)
        return {name: to_value(self.given[name], type_, name, meter, []) for name, type_ in self.typed.inputs.items()}

    def sizes(self, way: str) -> dict[str, Abstract]:
        """The inputs as the analysis sees them, in one of `WAYS`."""
        values = self.values()
        types = self.typed.inputs
        if way == "staged":
            return dict(known_inputs(self.typed, values, self.vocabulary))
        if way == "measured":
            return self._measured(self.vocabulary)
        return {name: value_of(type_, named(name, _room(self.given[name]))) for name, type_ in types.items()}

    def _measured(self, vocabulary: Vocabulary | None) -> dict[str, Abstract]:
        values = self.values()
        return {name: measured(values[name], type_, name, vocabulary) for name, type_ in self.typed.inputs.items()}

    def bound(self, way: str) -> Bounded | None:
        """The bound in one of `WAYS`; None when the analysis gives up."""
        stage = Stage(self.typed, self.autos, Meter(self.budget), vocabulary=self.vocabulary) if way == "staged" else None
        return self.bounded(self.sizes(way), stage)

    @cached_property
    def pool(self) -> int | None:
        """The attempts beyond one for each call that every bound allows; None where none says how many."""
        pools = [bound.bound.pool for way in WAYS if (bound := self.bound(way)) is not None]
        return min((pool for pool in pools if pool is not None), default=None)

    def bounded(self, sizes: Mapping[str, Abstract], stage: Stage | None, rates: Rates | None = None) -> Bounded | None:
        """The bound at these sizes; None when the analysis gives up."""
        rates = rates or self.rates
        try:
            return bounded(self.typed, sizes, rates, self.autos, self.budget, stage)
        except (Rejected, LimitExceeded):  # a limit that is met while a computed value is measured ends the run itself
            return None

    def bare(self) -> Bounded | None:
        """The bound from measured sizes at rates where a prompt has its own bytes and nothing else."""
        rates = rates_at(replace(self.model.profile, vocabulary=None), self.settings)
        rates = replace(rates, template_tokens=0, prompt_bytes=0, repair_bytes=0, repairs=0, resends=0, retries=0)
        rates = replace(rates, instruction_bytes=lambda type_: 0, schema_bytes=lambda type_: 0)
        return self.bounded(self._measured(None), None, rates)

    @property
    def vocabulary(self) -> Vocabulary | None:
        return self.model.profile.vocabulary

    @property
    def rates(self) -> Rates:
        """By the model's vocabulary, where it has one."""
        return counted_rates(self.model, self.settings) or rates_of(self.model, self.settings)

    @cached_property
    def autos(self) -> dict[int, int]:
        return default_autos(self.typed, self.model.profile)

    def run(self) -> Ran:
        meter = Meter(self.budget)
        meter.pool = self.pool
        asker = _Watching(self.model, meter, self.settings)
        asker.is_counted = self.vocabulary is not None
        admitted = Admitted(self.typed, self.budget, self.model.profile, self.autos)

        async def go() -> Any:
            async with asker.opened():
                return await evaluate(admitted, self.values(), asker)

        fault, value = None, None
        try:
            value = anyio.run(go)
        except Fault as found:
            fault = found
        usage = meter.usage
        return Ran(
            {
                "calls": meter.calls,
                "attempts": usage.attempts,
                "span": asker.counts.span,
                "prompt_chars": asker.longest,
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
                "usd": usage.cost,
                "depth": meter.deepest,
                "steps": meter.steps,
                "bytes": meter.bytes,
                "pool": meter.extra,
            },
            fault,
            value,
            asker.sent,
        )


def _room(value: Any) -> int:
    """At least the characters of a value's JSON."""
    match value:
        case str():
            return len(value) + 3
        case list() | Table():
            return 2 + sum(_room(part) + 1 for part in value)
        case dict():
            return 2 + sum(len(name) + 4 + _room(part) for name, part in value.items())
        case _:
            return 24


def excess(bound: Bounded, ran: Ran) -> list[str]:
    """Which components of a run are above its bound."""
    found = []
    for name in COMPONENTS:
        limit, used = getattr(bound.bound, name), ran.metered[name]
        if limit is not None and used is not None and used > limit + (1e-9 * limit if name == "usd" else 0):
            found.append(f"{name}: metered {used:,}, bound {limit:,} = {bound.bound.formula.get(name, '')}")
    return found
