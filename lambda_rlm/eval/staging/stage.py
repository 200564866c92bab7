"""Staging: what a program needs no model for is computed before the run, on the real inputs.

Owns `Stage`, which the analysis of costs asks for the values of pure terms, and what of them the run need not compute again.
Promises that all work is charged to the run's meter, and kept work once: another stage of the same program may take it over.
Refuses terms that use what is not known yet; work that ends in a fault is left to the run, which will meet the same fault if
it gets there; only the deadline ends the run here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from lambda_rlm.bounds.domain.abstract import Abstract, AbstractFunction, StagedValue
from lambda_rlm.bounds.names import free_names
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Vocabulary
from lambda_rlm.diagnostics.faults import Fault, OutOfTime
from lambda_rlm.eval.compile import scope as names
from lambda_rlm.eval.compile.assembly import compiler_of
from lambda_rlm.eval.compile.closures.collector import resting
from lambda_rlm.eval.compile.compiled import charged, constant
from lambda_rlm.eval.compile.stack import FRAMES, Stack, in_one_room
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.staging.measure import measured
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import Con, Type
from lambda_rlm.types.typed import EMPTY, Typed


def known_inputs(typed: Typed, values: Mapping[str, Value], vocabulary: Vocabulary | None = None) -> dict[str, StagedValue]:
    """The inputs that are there, as the analysis sees them: known, their sizes symbols of their names."""
    return {
        name: StagedValue(values[name], type_, partial(measured, values[name], type_, name, vocabulary))
        for name, type_ in typed.inputs.items()
        if name in values
    }


class Stage:
    """Computes pure terms of one program; texts of the values are counted by `vocabulary`. `found` has the values of terms that
    are at the top level, by identity. What `before` found, a stage of the same program with the same numbers on the same
    inputs, is taken from there and charged to nobody."""

    def __init__(
        self,
        typed: Typed,
        autos: Mapping[int, int],
        meter: Meter,
        cuts: Cuts | None = None,
        vocabulary: Vocabulary | None = None,
        before: Stage | None = None,
    ) -> None:
        self.typed = typed
        self.autos = autos
        self.meter = meter
        self.cuts = cuts
        self.vocabulary = vocabulary
        self.found: dict[int, StagedValue] = {}
        self._before = before

    @property
    def kept(self) -> dict[int, Value]:
        """The values of terms that are at the top level, by identity, for a run that need not compute them again."""
        return {key: one.value for key, one in self.found.items()}

    def compute(self, term: t.Term, type_: Type, env: Mapping[str, Abstract], *, key: int | None) -> StagedValue | None:
        """The value of a pure term, kept under `key`; None when it uses what is not known or cannot be computed."""
        if key is not None and self._before is not None and key in self._before.found:
            self.found[key] = self._counted_again(self._before.found[key], self._before.vocabulary)
            return self.found[key]
        bindings = self._scope(term, env)
        if bindings is None:
            return None
        stack = Stack(self.meter, FRAMES, has_room=True)
        before, self.meter.deepest = self.meter.deepest, 0
        try:
            compiler = compiler_of(self.typed, self.autos, self.meter, stack, cuts=self.cuts)
            code = charged(compiler.compile(term, bindings, EMPTY), self.meter)
            stack.left -= code.need
            if stack.left < 0 or code.is_async:
                return None
            with resting():
                value = in_one_room(code.run, compiler.slots.frame())
        except OutOfTime:
            raise
        except Fault:
            return None
        finally:
            depth, self.meter.deepest = self.meter.deepest, max(before, self.meter.deepest)
        found = self._known(value, type_, depth)
        if key is not None:
            self.found[key] = found
        return found

    def _counted_again(self, found: StagedValue, by: Vocabulary | None) -> StagedValue:
        """A value of another stage with its texts counted by this one's vocabulary."""
        return found if by is self.vocabulary else self._known(found.value, found.type, found.depth)

    def _known(self, value: Value, type_: Type, depth: int = 0) -> StagedValue:
        return StagedValue(value, type_, partial(measured, value, type_, "", self.vocabulary), depth)

    def elements(self, list_: StagedValue) -> list[StagedValue]:
        """The elements of a known list, or what a known Option holds."""
        assert isinstance(list_.type, Con)
        (inner,) = list_.type.arguments
        return [self._known(value, inner) for value in list_.value]  # type: ignore[attr-defined]

    def _scope(self, node: t.Node, env: Mapping[str, Abstract]) -> names.Scope | None:
        """What the free names of a term stand for, when all are known."""
        bindings: dict[str, names.Binding] = {}
        for name in free_names(node):
            if name not in env:
                continue
            binding = self._binding(env[name])
            if binding is None:
                return None
            bindings[name] = binding
        return bindings

    def _binding(self, value: Abstract) -> names.Binding | None:
        if isinstance(value, StagedValue):
            return names.Local(constant(value.value))
        if not isinstance(value, AbstractFunction) or value.source is None:
            return None
        inner = self._scope(value.source, value.env)
        if inner is None:
            return None
        match value.source:
            case t.Lam() | t.Def() as source:
                return names.KnownFunction(source, inner, EMPTY)
            case t.Fix() as source:
                return names.KnownRecursion(source, inner, EMPTY)
