"""What two types have in common where branches, elements or defaults meet.

Promises: equal types join to themselves; Text, Quote and enumerations that are not equal join to Text, also inside List, Option
and record fields; every other pair must unify.
"""

from __future__ import annotations

from collections.abc import Iterable

from lambda_rlm.types.open_type import (
    LITERAL,
    QUOTE,
    T_TEXT,
    TEXT,
    TEXTS,
    Broken,
    Labels,
    Open,
    OpenNamed,
    Rec,
    TypeVariable,
    find,
)
from lambda_rlm.types.unify import HEAD, Clash, bind, demand_label, restrict, same_fields, unify


def join(a: Open, b: Open) -> Open | Clash:
    """The type that holds both."""
    a, b = find(a), find(b)
    if a is b or isinstance(b, Broken):
        return a
    if isinstance(a, Broken):
        return b
    if isinstance(a, TypeVariable):
        return _join_variable(a, b)
    if isinstance(b, TypeVariable):
        return _join_variable(b, a)
    if a.bit & TEXTS and b.bit & TEXTS:
        return a if isinstance(a, Labels) and isinstance(b, Labels) and a.labels == b.labels else T_TEXT
    if isinstance(a, OpenNamed) and isinstance(b, OpenNamed) and a.name == b.name and a.arguments:
        inside = join(a.arguments[0], b.arguments[0])
        return inside if isinstance(inside, Clash) else OpenNamed(a.name, (inside,))
    if isinstance(a, Rec) and isinstance(b, Rec):
        return same_fields(b, a) or _join_records(a, b)
    clash = unify(a, b)
    return a if clash is None else clash


def _join_variable(variable: TypeVariable, other: Open) -> Open | Clash:
    if (
        isinstance(other, Labels)
        and variable.labels is not None
        and not variable.labels <= other.labels
        and variable.heads & TEXT
    ):
        return bind(variable, T_TEXT) or T_TEXT
    if not isinstance(other, TypeVariable) and other.bit == QUOTE and variable.heads & TEXT and not variable.heads & QUOTE:
        return bind(variable, T_TEXT) or T_TEXT
    return unify(variable, other) or other


def _join_records(a: Rec, b: Rec) -> Open | Clash:
    fields: dict[str, Open] = {}
    for name, field in a.fields.items():
        joined = join(field, b.fields[name])
        if isinstance(joined, Clash):
            return joined
        fields[name] = joined
    return Rec(fields, a.order)


def join_all(types: Iterable[Open], first: Open) -> Open | Clash:
    """The type that holds `first` and all the others."""
    joined: Open | Clash = first
    for type_ in types:
        assert not isinstance(joined, Clash)
        joined = join(joined, type_)
        if isinstance(joined, Clash):
            return joined
    return joined


def compare(a: Open, b: Open) -> Clash | None:
    """Demand that two types may be on the sides of `==`: they join, and a literal is a label of the enumeration it meets."""
    a, b = find(a), find(b)
    for literal, other in ((a, b), (b, a)):
        if not isinstance(literal, TypeVariable) or literal.labels is None or literal.heads & ~LITERAL:
            continue
        if isinstance(other, Labels):
            missing = literal.labels - other.labels
            return Clash("label", tuple(sorted(missing))) if missing else None
        if isinstance(other, TypeVariable):
            return _compare_variable(other, literal)
        return None if other.bit & TEXTS or isinstance(other, Broken) else HEAD
    joined = join(a, b)
    return joined if isinstance(joined, Clash) else None


def _compare_variable(variable: TypeVariable, literal: TypeVariable) -> Clash | None:
    clash = restrict(variable, TEXTS)
    for label in literal.labels or ():
        clash = clash or demand_label(variable, label, TEXTS)
    return clash
