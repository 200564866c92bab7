"""A checked program: the term and, beside it, everything inference found out.

Produced by `infer.infer` only. Terms stay untouched: facts are keyed by node identity, and the program is kept alive here.
Inside a polymorphic `let` or `def` the facts hold the scheme's variables; a pass that needs ground types carries the
substitution of the instance it is looking at and applies it with `ground`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from types import MappingProxyType

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Program, Term, TypeTerm, Var
from lambda_rlm.types.called import called_in
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.type import AnyEffect, Arrow, Con, Effect, EffectVariable, Record, Type, Variable

Substitution = Mapping[Variable | EffectVariable, Type | AnyEffect]
EMPTY: Substitution = MappingProxyType({})


class Piped:
    """Stands in `arguments_of` of a pipe stage for the value piped in."""


PIPED = Piped()


@dataclass(frozen=True)
class Typed:
    """A program that type-checks, with its inputs' types, its own type (ground) and effect, and warnings."""

    program: Program
    inputs: Mapping[str, Type]
    type: Type
    effect: Effect
    warnings: tuple[Diagnostic, ...] = ()
    types: Mapping[int, Type] = field(default_factory=dict, repr=False)
    primitives: Mapping[int, Primitive] = field(default_factory=dict, repr=False)
    instances: Mapping[int, Substitution] = field(default_factory=dict, repr=False)
    arguments: Mapping[int, tuple[Term | Piped | None, ...]] = field(default_factory=dict, repr=False)
    written: Mapping[int, Type] = field(default_factory=dict, repr=False)
    functions: Mapping[str, HostFunction] = field(default_factory=dict)
    """What the host adds to the library."""

    @cached_property
    def called(self) -> Mapping[str, str]:
        """What the data calls the fields whose names there are no identifiers."""
        return called_in(self.inputs)

    def type_of(self, term: Term) -> Type:
        """The term's type; with scheme variables inside generalized bindings. For an `IntLit` it is Int or Float.

        For a library `Var` in call position it is the function's whole type at this place, optional parameters included;
        as a value, the required parameters only.
        """
        return self.types[id(term)]

    def primitive_of(self, var: Var) -> Primitive | None:
        """The library function a name stands for, None when a local, a def or an input has that name."""
        return self.primitives.get(id(var))

    def instance_of(self, var: Var) -> Substitution:
        """What the scheme variables of a let- or def-bound name are at this use; empty when it is monomorphic."""
        return self.instances.get(id(var), EMPTY)

    def arguments_of(self, app: App) -> tuple[Term | Piped | None, ...]:
        """Arguments in the order of parameters: `PIPED` for the value piped in, None for an optional one left out."""
        return self.arguments[id(app)]

    def type_written(self, term: TypeTerm) -> Type:
        """The type that an annotation or type argument denotes, abbreviations expanded."""
        return self.written[id(term)]


def ground(type_: Type, substitution: Substitution) -> Type:
    """Apply a substitution. Variables that it does not bind stay: they are opaque (any representation fits)."""
    if not substitution:
        return type_
    match type_:
        case Variable():
            instance = substitution.get(type_, type_)
            return instance  # type: ignore[return-value]
        case Con(name, arguments) if arguments:
            return Con(name, tuple(ground(a, substitution) for a in arguments))
        case Record():
            return type_.changed(lambda field: ground(field, substitution))
        case Arrow(parameters, result, effect):
            new_effect = substitution.get(effect, effect) if isinstance(effect, EffectVariable) else effect
            return Arrow(
                tuple(ground(p, substitution) for p in parameters),
                ground(result, substitution),
                new_effect,  # type: ignore[arg-type]
            )
        case _:
            return type_
