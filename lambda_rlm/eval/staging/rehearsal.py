"""Staging for a choice: a program's pure terms under one set of numbers for its `auto` after the other.

Owns `Rehearsal`. What depends on no `auto` is computed once for all of them. Nothing is kept for the run and nothing is charged
to its meter: each set has a meter of its own, with the memory of the run and a part of its fuel; who watches the run may watch
these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.domain.abstract import Abstract, AbstractFunction, StagedValue
from lambda_rlm.bounds.names import free_names
from lambda_rlm.bounds.staging import PIPED
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Vocabulary
from lambda_rlm.eval.evaluate import admit_inputs
from lambda_rlm.eval.staging.stage import Stage
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.caps import children
from lambda_rlm.types.type import Type
from lambda_rlm.types.typed import Typed

_MOST_STEPS: Final = 3_000_000
"""Of one stage, here: what takes longer is left to the run, and counts by its size."""

_Place = tuple[object, ...]


class Rehearsal:
    """The stages of one program on one set of inputs, and the values that they share."""

    def __init__(
        self,
        typed: Typed,
        inputs: Mapping[str, Value],
        budget: Budget,
        look: Callable[[], None] | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self.typed = typed
        self.vocabulary = vocabulary
        self._look = look
        limits = Meter(budget)
        admit_inputs(typed, inputs, limits)
        self._budget = replace(budget, fuel=min(_MOST_STEPS, limits.fuel_limit), memory=limits.storage.limit)
        self._meters: list[Meter] = []
        self.values: dict[_Place, tuple[StagedValue | None, tuple[StagedValue, ...]]] = {}
        self.elements: dict[int, tuple[StagedValue, list[StagedValue]]] = {}
        self._names: dict[int, tuple[list[str], list[int]]] = {}

    @property
    def steps(self) -> int:
        """Evaluator steps that all stages took."""
        return sum(meter.steps for meter in self._meters)

    def computer(self, autos: Mapping[int, int]) -> Stage:
        """A stage for these numbers."""
        meter = Meter(self._budget)
        if self._look is not None:
            meter.watch(self._look)
        self._meters.append(meter)
        return _Shared(self, autos, meter)

    def names(self, node: t.Node) -> tuple[list[str], list[int]]:
        """The free names of a node, and which `auto` are in it; the nodes are those of the program, so their identity
        holds."""
        names = self._names.get(id(node))
        if names is None:
            names = self._names[id(node)] = sorted(free_names(node)), _autos_in(node)
        return names


class _Shared(Stage):
    """A stage that looks up what another one has computed from the same values and the same numbers."""

    def __init__(self, rehearsal: Rehearsal, autos: Mapping[int, int], meter: Meter) -> None:
        super().__init__(rehearsal.typed, autos, meter, vocabulary=rehearsal.vocabulary)
        self._rehearsal = rehearsal

    def compute(self, term: t.Term, type_: Type, env: Mapping[str, Abstract], *, key: int | None) -> StagedValue | None:
        used: list[StagedValue] = []
        place = self._place(term, env, used)
        if place is None:
            return None
        values = self._rehearsal.values
        if place not in values:
            values[place] = super().compute(term, type_, env, key=None), tuple(used)
        return values[place][0]

    def elements(self, list_: StagedValue) -> list[StagedValue]:
        known = self._rehearsal.elements.get(id(list_))
        if known is None:
            known = self._rehearsal.elements[id(list_)] = list_, super().elements(list_)
        return known[1]

    def _place(self, node: t.Node, env: Mapping[str, Abstract], used: list[StagedValue]) -> _Place | None:
        """What the value of a node depends on: the node, the values of its names, its numbers. `used` keeps the values
        alive."""
        is_piped = isinstance(node, t.Pipe) and isinstance(node.head, t.Var) and node.head.name == PIPED
        own = node.stages[0] if is_piped else node  # type: ignore[attr-defined]
        names, autos = self._rehearsal.names(own)
        place: list[object] = [id(own), *(self.autos[auto] for auto in autos)]
        for name in (*names, PIPED) if is_piped else names:
            value = env.get(name)
            if isinstance(value, StagedValue):
                used.append(value)
                place.append(id(value))
            elif isinstance(value, AbstractFunction) and value.source is not None:
                place.append(self._place(value.source, value.env, used))
            elif value is not None:
                return None
        return None if None in place else tuple(place)


def _autos_in(node: t.Node) -> list[int]:
    own = [id(node)] if isinstance(node, t.Auto) else []
    return own + [auto for child in children(node) for auto in _autos_in(child)]
