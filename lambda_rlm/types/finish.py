"""From types under inference to frozen data.

Promises: one frozen type for one node, shared; what is left open and constrained gets its default (a literal or Show: Text,
Num: Int), what is left open and unconstrained stays a variable, which any value fits.
"""

from __future__ import annotations

from lambda_rlm.types.effects import find_effect
from lambda_rlm.types.generalize import Mapping
from lambda_rlm.types.open_type import (
    ANY,
    GENERIC,
    INT,
    LIST,
    OPTION,
    T_INT,
    T_TEXT,
    TEXT,
    Broken,
    Effects,
    Fn,
    Labels,
    Open,
    OpenNamed,
    Rec,
    TypeVariable,
    find,
)
from lambda_rlm.types.type import AnyEffect, Arrow, Con, Effect, EffectVariable, Enum, Erroneous, Record, Type, Variable
from lambda_rlm.types.typed import Substitution


class Finisher:
    """Freezes the nodes of one run; counts the ids of left-over variables on."""

    def __init__(self, next_id: int) -> None:
        self.next_id = next_id
        self.done: dict[int, Type] = {}
        self.kept: list[Open] = []

    def freeze(self, node: Open) -> Type:
        """The frozen form of a node."""
        node = find(node)
        if isinstance(node, TypeVariable):
            return self._variable(node)
        if node.frozen is not None:
            return node.frozen  # type: ignore[return-value]
        frozen = self.done.get(id(node))
        if frozen is None:
            frozen = self._build(node)
            if node.size:
                node.frozen = frozen
            else:
                self.done[id(node)] = frozen
                self.kept.append(node)
        return frozen

    def _build(self, node: OpenNamed | Rec | Labels | Fn | Broken) -> Type:
        if isinstance(node, OpenNamed):
            return Con(node.name, tuple([self.freeze(a) for a in node.arguments]))
        if isinstance(node, Rec):
            fields = [(name, self.freeze(field)) for name, field in node.fields.items()]
            return Record(tuple(fields), node.order)
        if isinstance(node, Labels):
            return Enum(tuple(sorted(node.labels)))
        if isinstance(node, Fn):
            parameters = tuple([self.freeze(p) for p in node.parameters])
            return Arrow(parameters, self.freeze(node.result), freeze_effect(node.effect))
        return Erroneous()

    def _variable(self, variable: TypeVariable) -> Type:
        if variable.level == GENERIC or not variable.is_constrained or (variable.heads == ANY and variable.fields is None):
            if not variable.id:
                variable.id = self.next_id
                self.next_id += 1
            return Variable(variable.id)
        variable.link = default_of(variable)
        return self.freeze(variable.link)

    def substitution(self, mapping: Mapping) -> Substitution:
        """What quantified variables are at one use."""
        out: dict[Variable | EffectVariable, Type | AnyEffect] = {}
        for part, fresh in mapping.items():
            if isinstance(part, TypeVariable):
                out[Variable(part.id)] = self.freeze(fresh)  # type: ignore[arg-type]
            else:
                out[EffectVariable(part.id)] = freeze_effect(fresh)  # type: ignore[arg-type]
        return out


def freeze_effect(effect: Effects) -> AnyEffect:
    """An effect nobody raised is pure, unless it is quantified."""
    effect = find_effect(effect)
    if effect.is_llm:
        return Effect.LLM
    return EffectVariable(effect.id) if effect.level == GENERIC else Effect.PURE


def default_of(variable: TypeVariable) -> Open:
    """The type of a constrained type variable that nothing decided."""
    if variable.fields is not None:
        return Rec(variable.fields, tuple(sorted(variable.fields)))  # nobody wrote an order
    if variable.heads & INT and variable.heads != ANY and (variable.is_weak or not variable.heads & TEXT):
        return T_INT
    if variable.heads & TEXT:
        return T_TEXT
    for bit, name in ((LIST, "List"), (OPTION, "Option")):
        if variable.heads & bit:
            return OpenNamed(name, (TypeVariable(variable.level),))
    return T_TEXT


def thaw(type_: Type) -> Open:
    """A ground type as inference sees it; raises `ValueError` for one that is not ground data."""
    match type_:
        case Con(name, arguments):
            from lambda_rlm.types.open_type import SCALARS

            return SCALARS[name] if not arguments else OpenNamed(name, tuple([thaw(a) for a in arguments]))
        case Record(fields):
            return Rec({name: thaw(field) for name, field in fields}, type_.order)
        case Enum(labels):
            return Labels(frozenset(labels))
        case _:
            raise ValueError(f"an input's type must be data, got {type_!r}")
