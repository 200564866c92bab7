"""Making types meet: equality (`unify`), flowing into a place (`fit`), and what may be demanded of a type (`restrict` …).

Owns every binding of a type variable. Promises: no cyclic type, no type above the size cap, a bound variable satisfies what was
known of it, constraints meet by intersection. Each function gives None, or the `Clash` that a caller turns into a diagnostic.
"""

from __future__ import annotations

from collections.abc import Sequence

from lambda_rlm.data_class import dataclass
from lambda_rlm.types.effects import find_effect, lower_effect, merge_effects
from lambda_rlm.types.open_type import (
    BROKEN,
    ENUM,
    FUNCTION,
    INT,
    LIST,
    MAX_SIZE,
    RECORD,
    T_TEXT,
    TEXT,
    TEXTS,
    Broken,
    Fn,
    Labels,
    Open,
    OpenNamed,
    Rec,
    TypeVariable,
    find,
)

WALK_CAP = 4 * MAX_SIZE


@dataclass(frozen=True, slots=True)
class Clash:
    """Why two types do not meet: `kind` is one of head, field, extra, arity, label, function, infinite, size; `names` says
    which."""

    kind: str
    names: tuple[str, ...] = ()


HEAD = Clash("head")
FUNCTION_INSIDE = Clash("function")
INFINITE = Clash("infinite")
TOO_LARGE = Clash("size")


def unify(a: Open, b: Open) -> Clash | None:
    """Make two types equal."""
    a, b = find(a), find(b)
    if a is b:
        return None
    if isinstance(a, TypeVariable):
        return _merge(a, b) if isinstance(b, TypeVariable) else bind(a, b)
    if isinstance(b, TypeVariable):
        return bind(b, a)
    if isinstance(a, OpenNamed):
        if isinstance(b, OpenNamed) and a.name == b.name:
            return _unify_each(a.arguments, b.arguments)
    elif isinstance(a, Rec):
        if isinstance(b, Rec):
            return _unify_records(a, b)
    elif isinstance(a, Labels):
        if isinstance(b, Labels) and a.labels == b.labels:
            return None
    elif isinstance(a, Fn) and isinstance(b, Fn):
        return _unify_functions(a, b)
    return None if isinstance(a, Broken) or isinstance(b, Broken) else HEAD


def _unify_each(a: Sequence[Open], b: Sequence[Open]) -> Clash | None:
    for x, y in zip(a, b, strict=True):
        if clash := unify(x, y):
            return clash
    return None


def _unify_records(a: Rec, b: Rec) -> Clash | None:
    if clash := same_fields(a, b):
        return clash
    for name, field in a.fields.items():
        if clash := unify(field, b.fields[name]):
            return clash
    return None


def same_fields(given: Rec, wanted: Rec) -> Clash | None:
    """Nothing when two records have the same fields, else those that are missing or too many."""
    if given.fields.keys() == wanted.fields.keys():
        return None
    missing = tuple(n for n in wanted.fields if n not in given.fields)
    return Clash("field", missing) if missing else Clash("extra", tuple(n for n in given.fields if n not in wanted.fields))


def _unify_functions(a: Fn, b: Fn) -> Clash | None:
    if len(a.parameters) != len(b.parameters):
        return Clash("arity", (str(len(a.parameters)), str(len(b.parameters))))
    if clash := _unify_each(a.parameters, b.parameters):
        return clash
    merge_effects(a.effect, b.effect)
    return unify(a.result, b.result)


def fit(given: Open, wanted: Open) -> Clash | None:
    """A value of type `given` flows into a place of type `wanted`: Text takes a Quote or an enumeration, also inside.

    Sound without a conversion: the three have one representation.
    """
    given, wanted = find(given), find(wanted)
    if given is wanted:
        return None
    if isinstance(wanted, TypeVariable):
        return _fit_variable(given, wanted)
    if isinstance(given, TypeVariable):
        return bind(given, wanted)
    if isinstance(given, OpenNamed):
        if isinstance(wanted, OpenNamed):
            return _fit_named(given, wanted)
    elif isinstance(given, Labels):
        if wanted is T_TEXT or (isinstance(wanted, Labels) and given.labels == wanted.labels):
            return None
    elif isinstance(given, Rec):
        if isinstance(wanted, Rec):
            return _fit_records(given, wanted)
    elif isinstance(given, Fn) and isinstance(wanted, Fn):
        return _fit_functions(given, wanted)
    return None if isinstance(given, Broken) or isinstance(wanted, Broken) else HEAD


def _fit_named(given: OpenNamed, wanted: OpenNamed) -> Clash | None:
    if given.name == wanted.name:
        return fit(given.arguments[0], wanted.arguments[0]) if given.arguments else None
    return None if wanted is T_TEXT and given.name == "Quote" else HEAD


def _fit_variable(given: Open, wanted: TypeVariable) -> Clash | None:
    if isinstance(given, TypeVariable):
        return _merge(given, wanted)
    is_text = bool(given.bit & TEXTS) and given is not BROKEN
    if is_text and wanted.heads & TEXT and (not wanted.heads & (given.bit | INT) or _lacks_labels(given, wanted)):
        return bind(wanted, T_TEXT)
    return bind(wanted, given)


def _lacks_labels(given: Open, wanted: TypeVariable) -> bool:
    return isinstance(given, Labels) and wanted.labels is not None and not wanted.labels <= given.labels


def _fit_records(given: Rec, wanted: Rec) -> Clash | None:
    if clash := same_fields(given, wanted):
        return clash
    for name, field in given.fields.items():
        if clash := fit(field, wanted.fields[name]):
            return clash
    return None


def _fit_functions(given: Fn, wanted: Fn) -> Clash | None:
    if len(given.parameters) != len(wanted.parameters):
        return Clash("arity", (str(len(given.parameters)), str(len(wanted.parameters))))
    for x, y in zip(given.parameters, wanted.parameters, strict=True):
        if clash := fit(y, x):
            return clash
    merge_effects(given.effect, wanted.effect)
    return fit(given.result, wanted.result)


def bind(variable: TypeVariable, node: Open) -> Clash | None:
    """Let a type variable be a type that is not a variable."""
    if isinstance(node, Broken):
        variable.link = node
        return None
    if not variable.heads & node.bit:  # type: ignore[union-attr]
        return HEAD
    if (not node.size or variable.is_data) and (clash := occurs_check(node, variable, variable.level)):
        return clash
    if variable.is_data and (clash := demand_data(node)):
        return clash
    if variable.labels is not None and isinstance(node, Labels) and not variable.labels <= node.labels:
        return Clash("label", tuple(sorted(variable.labels - node.labels)))
    if variable.fields is not None and isinstance(node, Rec):
        missing = tuple(name for name in variable.fields if name not in node.fields)
        if missing:
            return Clash("field", missing)
    variable.link = node
    if variable.fields is not None and isinstance(node, Rec):
        return _bind_fields(variable.fields, node)
    return None


def _bind_fields(fields: dict[str, Open], record: Rec) -> Clash | None:
    for name, field in fields.items():
        if clash := unify(record.fields[name], field):
            return clash
    return None


def occurs_check(node: Open, variable: TypeVariable, level: int) -> Clash | None:
    """The occurs check; also keeps what is inside from being quantified above `level`, and counts."""
    stack = [node]
    count = 0
    while stack:
        top = find(stack.pop())
        count += top.size or 1
        if count > WALK_CAP:
            return TOO_LARGE
        if top.size:
            continue
        if isinstance(top, TypeVariable):
            if top is variable:
                return INFINITE
            top.level = min(top.level, level)
            if top.fields:
                stack.extend(top.fields.values())
        elif isinstance(top, OpenNamed):
            stack.extend(top.arguments)
        elif isinstance(top, Rec):
            stack.extend(top.fields.values())
        elif isinstance(top, Fn):
            stack.extend(top.parameters)
            stack.append(top.result)
            lower_effect(find_effect(top.effect), level)
    return None


def _merge(a: TypeVariable, b: TypeVariable) -> Clash | None:
    """Let two type variables be one: constraints meet by intersection."""
    heads = a.heads & b.heads
    if not heads:
        return HEAD
    if (a.fields and (clash := _occurs_check_fields(a, b))) or (b.fields and (clash := _occurs_check_fields(b, a))):
        return clash
    if a.fields and not heads & RECORD:
        return HEAD
    b.heads = heads
    b.level = min(a.level, b.level)
    b.is_weak = a.is_weak or b.is_weak
    if a.labels is not None:
        b.labels = a.labels if b.labels is None else a.labels | b.labels
    needs_data = a.is_data != b.is_data
    b.is_data = a.is_data or b.is_data
    a.link = b
    if a.fields and (clash := _merge_fields(a.fields, b)):
        return clash
    if needs_data and b.fields:
        return _data_fields(b.fields)
    return None


def _occurs_check_fields(owner: TypeVariable, other: TypeVariable) -> Clash | None:
    for field in (owner.fields or {}).values():
        if clash := occurs_check(field, other, other.level):
            return clash
    return None


def _merge_fields(fields: dict[str, Open], into: TypeVariable) -> Clash | None:
    if into.fields is None:
        into.fields = dict(fields)
        return None
    for name, field in fields.items():
        known = into.fields.get(name)
        if known is None:
            into.fields[name] = field
        elif clash := unify(known, field):
            return clash
    return None


def _data_fields(fields: dict[str, Open]) -> Clash | None:
    for field in fields.values():
        if clash := demand_data(field):
            return clash
    return None


def restrict(node: Open, heads: int) -> Clash | None:
    """Demand one of some heads."""
    node = find(node)
    if isinstance(node, TypeVariable):
        if not node.heads & heads:
            return HEAD
        node.heads &= heads
        return None
    return None if node.bit & heads else HEAD


def demand_data(node: Open) -> Clash | None:
    """Demand that no function is inside; type variables remember it."""
    stack = [node]
    seen: set[int] = set()
    while stack:
        top = find(stack.pop())
        if top.size or id(top) in seen:
            continue
        seen.add(id(top))
        if isinstance(top, Fn):
            return FUNCTION_INSIDE
        if isinstance(top, TypeVariable):
            if not top.heads & ~FUNCTION:
                return FUNCTION_INSIDE
            if not top.is_data:
                top.is_data = True
                stack.extend((top.fields or {}).values())
        elif isinstance(top, OpenNamed):
            stack.extend(top.arguments)
        elif isinstance(top, Rec):
            stack.extend(top.fields.values())
    return None


def demand_field(variable: TypeVariable, name: str, field: Open) -> Clash | None:
    """Demand that a type not yet known is a record with a field of a type."""
    if not variable.heads & RECORD:
        return HEAD
    variable.heads = RECORD
    if variable.fields is None:
        variable.fields = {}
    known = variable.fields.get(name)
    if known is not None:
        return unify(known, field)
    variable.fields[name] = field
    if variable.is_data:
        return demand_data(field)
    return occurs_check(field, variable, variable.level)


def demand_label(variable: TypeVariable, label: str, heads: int) -> Clash | None:
    """Demand that a type not yet known has a label, or is no enumeration."""
    if clash := restrict(variable, heads):
        return clash
    variable.labels = frozenset((label,)) if variable.labels is None else variable.labels | {label}
    return None


def is_list_like(node: Open) -> bool:
    """Whether a found node can only be a list."""
    return node.bit == LIST if not isinstance(node, TypeVariable) else node.heads == LIST


def is_text_like(node: Open) -> bool:
    """Whether a found node can only be Text, Quote or an enumeration."""
    if isinstance(node, TypeVariable):
        return not node.heads & ~(TEXT | ENUM | TEXTS)
    return bool(node.bit & TEXTS) and not isinstance(node, Broken)
