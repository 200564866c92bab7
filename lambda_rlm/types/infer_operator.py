"""The rules for operators and choice."""

from __future__ import annotations

from itertools import pairwise

from lambda_rlm.diagnostics.diagnostic import Edit, QuickFix
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.term import App, Auto, If, Infix, Pipe, Prefix, Term, Var
from lambda_rlm.types.checker import Checker
from lambda_rlm.types.codes import FUNCTION_MISPLACED, NOT_ORDERED, WRONG_OPERAND
from lambda_rlm.types.infer_term import meet
from lambda_rlm.types.joins import compare, join
from lambda_rlm.types.mismatch import Why, no_order, suggest
from lambda_rlm.types.open_type import (
    BROKEN,
    LIST,
    NUM,
    OPTION,
    ORD,
    SEQ,
    T_BOOL,
    T_FLOAT,
    T_INT,
    T_TEXT,
    TEXT,
    TEXTS,
    Broken,
    Labels,
    Open,
    OpenNamed,
    TypeVariable,
    find,
    list_of,
    option_of,
)
from lambda_rlm.types.show import show_open
from lambda_rlm.types.unify import Clash, bind, demand_data, is_list_like, is_text_like, restrict, unify


def infer_infix(s: Checker, term: Infix) -> Open:
    operator = term.rest[0][0]
    if operator in ("and", "or"):
        for part in (term.first, *(t for _, t in term.rest)):
            s.check(part, T_BOOL, (f"an operand of `{operator}`",))
        return T_BOOL
    if operator == "??":
        return _default(s, term)
    if operator in ("==", "!="):
        return _equal(s, term)
    if operator in ("<", "<=", ">", ">="):
        return _order(s, term)
    if operator == "++":
        return _append(s, term)
    return _arithmetic(s, term)


def _default(s: Checker, term: Infix) -> Open:
    """
    Γ ⊢ a : Option[τ₁]    Γ ⊢ b : τ₂
    ───────────────────────────────── (Default)
    Γ ⊢ a ?? b : τ₁ ⊔ τ₂
    """
    parts = [term.first, *(t for _, t in term.rest)]
    types = [s.infer(part) for part in parts]
    result = types[-1]
    right = parts[-1]
    for part, given in zip(reversed(parts[:-1]), reversed(types[:-1]), strict=True):
        value = _unwrapped(s, part, given)
        joined = join(value, result)
        if isinstance(joined, Clash):
            s.clash(right, result, value, ("the default after `??`",), joined)
            joined = value
        result, right = joined, part
    return result


def _unwrapped(s: Checker, term: Term, given: Open) -> Open:
    given = find(given)
    if isinstance(given, OpenNamed) and given.name == "Option":
        return given.arguments[0]
    if isinstance(given, Broken):
        return BROKEN
    if isinstance(given, TypeVariable) and given.heads & OPTION:
        value = s.fresh()
        bind(given, option_of(value))
        return value
    s.report(
        WRONG_OPERAND,
        f"{show_open(given)} is never none, so `??` has no effect",
        term.span,
        given=show_open(given),
        hint="remove `??` and its default",
    )
    return BROKEN


def _equal(s: Checker, term: Infix) -> Open:
    operator, right = term.rest[0]
    a, b = s.infer(term.first), s.infer(right)
    clash = compare(a, b)
    if clash is not None:
        is_left = clash.kind == "label" and isinstance(find(b), Labels)
        first, _second = (term.first, right) if is_left else (right, term.first)
        given, wanted = (a, b) if is_left else (b, a)
        s.clash(first, given, wanted, (f"both sides of `{operator}` must have the same type",), clash)
    else:
        for side, given in ((term.first, a), (right, b)):
            if demand_data(given):
                s.report(
                    FUNCTION_MISPLACED,
                    "functions cannot be compared",
                    side.span,
                    given=show_open(given),
                    hint="compare their results",
                )
                break
    return T_BOOL


def _order(s: Checker, term: Infix) -> Open:
    operator, right = term.rest[0]
    a = s.infer(term.first)
    if operator == "<=" and isinstance(right, Auto) and _is_length(s, term.first):
        s.autos[id(right)] = right.span
    b = s.infer(right)
    why = (f"both sides of `{operator}` must have the same type",)
    for side, given in ((term.first, a), (right, b)):
        if restrict(given, ORD):
            hint = no_order(s.source, side, given)
            s.report(
                NOT_ORDERED,
                f"values of type {show_open(given)} cannot be ordered",
                side.span,
                given=show_open(given),
                hint=hint,
            )
            return T_BOOL
    if _is_text(a) and _is_text(b):
        return T_BOOL
    clash = unify(a, b)
    if clash is not None:
        s.clash(right, b, a, why, clash)
    return T_BOOL


def _is_text(node: Open) -> bool:
    node = find(node)
    return not isinstance(node, TypeVariable) and bool(node.bit & TEXTS)


def _is_length(s: Checker, term: Term) -> bool:
    app = term.stages[-1] if isinstance(term, Pipe) else term
    return isinstance(app, App) and isinstance(app.function, Var) and app.function.name == "length" and "length" not in s.names


def _append(s: Checker, term: Infix) -> Open:
    """`++` joins texts or lists: one operand that is known decides for all."""
    parts = [term.first, *(t for _, t in term.rest)]
    types = [s.infer(part) for part in parts]
    heads = [find(t) for t in types]
    deciding = next((f for f in heads if not isinstance(f, Broken) and (is_text_like(f) or is_list_like(f))), None)
    if deciding is None:
        return _append_unknown(s, parts, heads)
    if is_text_like(deciding):
        for part, given in zip(parts, types, strict=True):
            if not is_text_like(find(given)):
                s.fits(part, given, T_TEXT, ("an operand of `++` with a Text",))
        return T_TEXT
    result: Open = deciding if not isinstance(deciding, TypeVariable) else list_of(s.fresh())
    for part, given in zip(parts, types, strict=True):
        if find(given) is not deciding:
            result = _append_list(s, part, result, given)
    return result


def _append_list(s: Checker, part: Term, before: Open, given: Open) -> Open:
    given = find(given)
    if isinstance(given, TypeVariable | Broken) or is_list_like(given):
        return meet(s, part, before, given, ("an operand of `++` with a List",))
    s.clash(part, given, before, ("an operand of `++` with a List",), Clash("head"))
    return before


def _append_unknown(s: Checker, parts: list[Term], types: list[Open]) -> Open:
    result: Open = TypeVariable(s.level, SEQ)
    for part, given in zip(parts, types, strict=True):
        if isinstance(given, Broken):
            return BROKEN
        clash = restrict(given, TEXT | LIST) or unify(given, result)
        if clash is not None:
            hint = suggest(s.source, part, given, T_TEXT)[0] or "`++` joins texts or lists"
            s.report(
                WRONG_OPERAND,
                f"`++` joins texts or lists, not {show_open(given)}",
                part.span,
                given=show_open(given),
                hint=hint,
            )
            return BROKEN
    return result


def _arithmetic(s: Checker, term: Infix) -> Open:
    """`+ - * %` keep Int or Float; `/` gives Float."""
    parts = [term.first, *(part for _, part in term.rest)]
    types = [s.infer(part) for part in parts]
    if _is_joining(s, term, parts, types):
        return BROKEN
    before = _number(s, term.first, types[0], term.rest[0][0])
    for (operator, part), left, type_ in zip(term.rest, parts, types[1:], strict=False):
        given = _number(s, part, type_, operator)
        if operator == "/":
            before = T_FLOAT
        elif isinstance(find(given), Broken):
            before = BROKEN
        elif unify(given, before) is not None:
            _mixed(s, left, before, part, given, operator)
            before = BROKEN
    return before


def _is_joining(s: Checker, term: Infix, parts: list[Term], types: list[Open]) -> bool:
    """`+` between texts or lists: one message for the whole chain, with the edit."""
    heads = [find(t) for t in types]
    wrong = next((i for i, f in enumerate(heads) if not isinstance(f, Broken) and (is_text_like(f) or is_list_like(f))), None)
    if wrong is None or any(operator != "+" for operator, _ in term.rest):
        return False
    edits = []
    for left, right in pairwise(parts):
        between = s.source.text[left.span.end : right.span.start]
        at = left.span.end + between.find("+")
        if between.strip() == "+":
            edits.append(Edit(Span(at, at + 1), "++"))
    is_whole = len(edits) == len(term.rest) and len({is_text_like(f) for f in heads}) == 1
    fixes = (QuickFix("write `++`", tuple(edits)),) if is_whole else ()
    shown = show_open(heads[wrong])
    hint = "write `++` to join texts or lists" + ("" if is_whole else ", with to_text(…) around numbers")
    s.report(WRONG_OPERAND, f"`+` works on numbers, not on {shown}", parts[wrong].span, given=shown, hint=hint, fixes=fixes)
    return True


def _mixed(s: Checker, left: Term, left_type: Open, right: Term, right_type: Open, operator: str) -> None:
    """An Int and a Float that are both decided."""
    is_left_int = find(left_type) is T_INT
    term, given, wanted = (left, left_type, right_type) if is_left_int else (right, right_type, left_type)
    s.clash(term, given, wanted, (f"both sides of `{operator}` must be Int, or both Float",), Clash("head"))


def _number(s: Checker, term: Term, given: Open, operator: str) -> Open:
    if restrict(given, NUM) is None:
        return given
    given = find(given)
    hint, fixes = suggest(s.source, term, given, TypeVariable(0, NUM))
    hint = hint or f"`{operator}` takes Int or Float"
    s.report(
        WRONG_OPERAND,
        f"`{operator}` works on numbers, not on {show_open(given)}",
        term.span,
        given=show_open(given),
        hint=hint,
        fixes=fixes,
    )
    return BROKEN


def infer_prefix(s: Checker, term: Prefix) -> Open:
    if term.operator == "not":
        s.check(term.term, T_BOOL, ("the operand of `not`",))
        return T_BOOL
    return _number(s, term.term, s.infer(term.term), "-")


def infer_if(s: Checker, term: If) -> Open:
    """
    Γ ⊢ c : Bool    Γ ⊢ a : τ₁    Γ ⊢ b : τ₂
    ───────────────────────────────────────── (If)
    Γ ⊢ if c then a else b : τ₁ ⊔ τ₂
    """
    result: Open | None = None
    for condition, branch in term.branches:
        s.check(condition, T_BOOL, ("the condition of `if`",))
        given = s.infer(branch)
        result = (
            given
            if result is None
            else meet(s, branch, result, given, ("an `else if` branch: all branches must have the same type",))
        )
    assert result is not None
    return meet(
        s, term.otherwise, result, s.infer(term.otherwise), ("the `else` branch: all branches must have the same type",)
    )


def check_if(s: Checker, term: If, wanted: Open, why: Why) -> Open | None:
    """A choice where the type is known: each branch is checked in its place."""
    wanted = find(wanted)
    if not wanted.size:
        return None
    for condition, branch in term.branches:
        s.check(condition, T_BOOL, ("the condition of `if`",))
        s.check(branch, wanted, why)
    s.check(term.otherwise, wanted, why)
    return wanted
