"""What compiling carries along: the program, its types, the slots of its frame, and who is charged and asked.

Owns `Compiler`, the state of one compilation for one run; the rules are functions of it, found by the class of a term. Promises
that a term becomes a coroutine only where its effect demands it, and that arguments which do not depend on each other's values
run at once. Builds no source text and no byte code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Final, TypeVar

from lambda_rlm.budget.meter import Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval import wording
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.compile.closures.binding import hoisted
from lambda_rlm.eval.compile.compiled import Compiled, constant, in_slot
from lambda_rlm.eval.compile.scope import Scope, Slots
from lambda_rlm.eval.compile.stack import Stack
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.term import Term
from lambda_rlm.types.type import Type
from lambda_rlm.types.typed import Substitution, Typed, ground

LEVELS: Final = 120
"""How deep terms may be compiled inside each other, generic definitions at their uses included."""

LONG_CHAIN: Final = 8
"""Stages or operators in a row from which on their value goes through a slot, so that no closure is nested deeper than this."""

T = TypeVar("T")
Rule = Callable[["Compiler", Term, Scope, Substitution], Compiled]


@dataclass(eq=False)
class Compiler:
    """Compiles one program for one run. `kept` has the values of terms that were computed before the run, by the term's
    identity; `recorded`, where somebody takes a function apart, gets the codes of the terms in it."""

    rules: Mapping[type, Rule]
    typed: Typed
    autos: Mapping[int, int]
    meter: Meter
    stack: Stack
    asker: Asker | None
    kept: Mapping[int, Value]
    cuts: Cuts | None
    slots: Slots = field(default_factory=Slots)
    reads: set[int] = field(default_factory=set)
    level: int = 0
    recorded: dict[int, Compiled] | None = None

    def compile(self, term: Term, scope: Scope, s: Substitution) -> Compiled:
        """The code of a term in a scope, at the instance that `s` describes."""
        if id(term) in self.kept:
            return constant(self.kept[id(term)])
        rule = self.rules.get(term.__class__)
        if rule is None:
            raise InternalError("compiling", f"no rule for {type(term).__name__}")
        self.level += 1
        if self.level > LEVELS:
            raise wording.definitions_too_deep()
        try:
            code = rule(self, term, scope, s)
            if self.recorded is not None:
                self.recorded[id(term)] = code
            return code
        finally:
            self.level -= 1

    def recording(self, into: dict[int, Compiled] | None, compile_it: Callable[[], T]) -> T:
        """What is compiled, while the codes of the terms in it go into a table."""
        outer, self.recorded = self.recorded, into
        try:
            return compile_it()
        finally:
            self.recorded = outer

    def type_of(self, term: Term, s: Substitution) -> Type:
        """The ground type of a term at an instance."""
        return ground(self.typed.type_of(term), s)

    def collected(self, compile_it: Callable[[], Compiled]) -> tuple[Compiled, frozenset[int]]:
        """A code and the slots of bindings that it reads."""
        outer, self.reads = self.reads, set()
        try:
            code = compile_it()
            return code, frozenset(self.reads)
        finally:
            self.reads |= outer

    def strict(self, children: Sequence[Compiled], build: Callable[[Sequence[Compiled]], Compiled]) -> Compiled:
        """A code that needs the values of all its children: those that await are computed at once, into slots, before."""
        awaiting = [at for at, child in enumerate(children) if child.is_async]
        if not awaiting:
            return build(children)
        targets: list[tuple[int, Compiled]] = []
        parts: list[Compiled] = []
        for at, child in enumerate(children):
            if child.is_simple or at > awaiting[-1]:
                parts.append(child)
            else:
                slot = self.slots.new()
                targets.append((slot, child))
                parts.append(in_slot(slot))
        return hoisted(targets, build(parts))
