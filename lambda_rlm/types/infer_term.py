"""The rules for literals, data and templates.

Each function is one judgement Γ ⊢ term : type, with Γ in the checker. A literal's type is a type variable with its label or
with Int and Float as heads, so that its neighbors decide. The `check_…` forms push a type that is known into a term.
"""

from __future__ import annotations

from lambda_rlm.syntax.term import (
    Auto,
    BoolLit,
    FloatLit,
    IntLit,
    ListLit,
    NoneLit,
    RecordLit,
    Select,
    Template,
    Term,
    TextLit,
)
from lambda_rlm.types.checker import Checker
from lambda_rlm.types.codes import MISPLACED_AUTO
from lambda_rlm.types.complaints import no_field, not_shown
from lambda_rlm.types.joins import join
from lambda_rlm.types.mismatch import Why
from lambda_rlm.types.open_type import (
    BROKEN,
    FUNCTION,
    LITERAL,
    NUM,
    SHOW,
    T_BOOL,
    T_FLOAT,
    T_INT,
    T_TEXT,
    Broken,
    Labels,
    Open,
    OpenNamed,
    Rec,
    TypeVariable,
    find,
    list_of,
    option_of,
)
from lambda_rlm.types.unify import Clash, demand_field, restrict


def infer_int(s: Checker, term: IntLit) -> Open:
    variable = TypeVariable(s.level, NUM)
    variable.is_weak = True
    return variable


def infer_text(s: Checker, term: TextLit) -> Open:
    variable = TypeVariable(s.level, LITERAL)
    variable.labels = frozenset((term.value,))
    return variable


def infer_float(s: Checker, term: FloatLit) -> Open:
    return T_FLOAT


def infer_bool(s: Checker, term: BoolLit) -> Open:
    return T_BOOL


def infer_none(s: Checker, term: NoneLit) -> Open:
    return option_of(s.fresh())


def infer_auto(s: Checker, term: Auto) -> Open:
    if id(term) not in s.autos:
        s.report(
            MISPLACED_AUTO,
            "`auto` is not allowed here",
            term.span,
            hint="use auto only as the size or count of chunk, windows, pack, batch, split, tree_fold or per_call, or in length(x) <= auto",
        )
    return T_INT


def infer_template(s: Checker, term: Template) -> Open:
    for part in term.parts:
        if not isinstance(part, str):
            shown = s.infer(part)
            if restrict(shown, SHOW):
                not_shown(s, part, shown)
    return T_TEXT


def infer_list(s: Checker, term: ListLit) -> Open:
    """
    Γ ⊢ eᵢ : τᵢ    τ = ⊔ τᵢ
    ──────────────────────── (List)
    Γ ⊢ [e₁, …, eₙ] : List[τ]
    """
    if not term.items:
        return list_of(s.fresh())
    element = s.infer(term.items[0])
    for number, item in enumerate(term.items[1:], 2):
        element = meet(s, item, element, s.infer(item), ("element", number))
    return list_of(element)


def meet(s: Checker, term: Term, before: Open, given: Open, why: Why) -> Open:
    """Join the type of a further branch or element with that of those before it."""
    joined = join(before, given)
    if isinstance(joined, Clash):
        s.clash(term, given, before, why, joined)
        return before
    return joined


def infer_record(s: Checker, term: RecordLit) -> Open:
    return Rec({field.name: s.infer(field.value) for field in term.fields})


def infer_select(s: Checker, term: Select) -> Open:
    """
    Γ ⊢ r : { f: τ, … }
    ─────────────────── (Select)
    Γ ⊢ r.f : τ
    """
    record = find(s.infer(term.record))
    if isinstance(record, Rec):
        field = record.fields.get(term.field)
        return field if field is not None else no_field(s, term, record)
    if isinstance(record, TypeVariable):
        field = s.fresh()
        clash = demand_field(record, term.field, field)
        if clash is None:
            return field
    if isinstance(record, Broken):
        return BROKEN
    return no_field(s, term, record)


def check_text(s: Checker, term: TextLit, wanted: Open, why: Why) -> Open | None:
    """A literal where Text or an enumeration is wanted."""
    wanted = find(wanted)
    if wanted is T_TEXT:
        return T_TEXT
    if isinstance(wanted, Labels) and term.value in wanted.labels:
        return wanted
    return None


def check_int(s: Checker, term: IntLit, wanted: Open, why: Why) -> Open | None:
    """An Int literal where Int or Float is wanted."""
    wanted = find(wanted)
    return wanted if wanted is T_INT or wanted is T_FLOAT else None


def check_list(s: Checker, term: ListLit, wanted: Open, why: Why) -> Open | None:
    """A list where the type of the elements is known."""
    wanted = find(wanted)
    if not isinstance(wanted, OpenNamed) or wanted.name != "List" or not (wanted.size or _is_function(wanted.arguments[0])):
        return None
    for number, item in enumerate(term.items, 1):
        s.check(item, wanted.arguments[0], ("element", number))
    return wanted


def _is_function(node: Open) -> bool:
    node = find(node)
    return not isinstance(node, TypeVariable) and node.bit == FUNCTION


def check_record(s: Checker, term: RecordLit, wanted: Open, why: Why) -> Open | None:
    """A record where its fields are known: each is checked in its place."""
    wanted = find(wanted)
    if not isinstance(wanted, Rec) or wanted.fields.keys() != {f.name for f in term.fields}:
        return None
    for field in term.fields:
        s.check(field.value, wanted.fields[field.name], ("field", field.name))
    return wanted
