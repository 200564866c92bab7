"""Words for mistakes about names, fields and shapes."""

from __future__ import annotations

from lambda_rlm.diagnostics.diagnostic import Edit, QuickFix
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.term import Select, Term, Var
from lambda_rlm.types.checker import PRIMITIVES, Checker
from lambda_rlm.types.codes import NO_SUCH_FIELD, NOT_SHOWABLE, TYPE_TOO_LARGE, UNKNOWN_NAME
from lambda_rlm.types.nearest import nearest, rename
from lambda_rlm.types.open_type import BROKEN, FUNCTION, LIST, OPTION, TEXTS, Open, Rec, TypeVariable, bits, find
from lambda_rlm.types.rows import row_of
from lambda_rlm.types.show import show_open

_MEANT = {
    "len": "length", "size": "length", "str": "to_text", "int": "to_int", "float": "to_float", "substring": "slice", "substr": "slice",
    "split_lines": "lines", "splitlines": "lines", "concat_map": "flat_map", "flatmap": "flat_map", "flatten": "concat", "sorted": "sort_by",
    "sort": "sort_by", "distinct": "unique", "head": "first", "strip": "trim", "includes": "contains", "exists": "any", "every": "all",
    "foldl": "fold", "llm": "llm_call", "llm_query": "llm_call", "regex_search": "search", "find_regex": "search", "nth": "get",
    "group": "group_by", "order_by": "sort_by", "append": "concat", "isEmpty": "is_empty", "toLower": "lower", "lowercase": "lower",
    "to_string": "to_text", "toString": "to_text", "json": "to_json", "avg": "mean", "average": "mean", "is_none": "is_some",
    "quantile": "percentile", "date_diff": "days_between", "days_diff": "days_between", "day_of_week": "weekday", "group_sum": "sum_by",
    "format": "format_number", "to_fixed": "format_number",
}  # fmt: skip


def unknown_name(s: Checker, term: Var) -> Open:
    """A name that nothing binds."""
    known = [*s.names, *PRIMITIVES]
    meant = _MEANT.get(term.name) or nearest(term.name, known)
    span = Span(term.span.start, term.span.start + len(term.name))
    hint = f"did you mean `{meant}`?" if meant else "a name must be an input, a definition above, or a library function"
    s.report(UNKNOWN_NAME, f"undefined name `{term.name}`", span, hint=hint, fixes=rename(span, meant) if meant else ())
    return BROKEN


def no_field(s: Checker, term: Select, record: Open) -> Open:
    """`r.f` where r has no f, or is no record."""
    if isinstance(record, Rec):
        names = ", ".join(record.fields)
        meant = nearest(term.field, record.fields)
        hint = f"did you mean `{meant}`? " if meant else ""
        fixes = rename(term.field_span, meant) if meant else ()
        message = f"no field `{term.field}` in {show_open(record)}"
        s.report(
            NO_SUCH_FIELD, message, term.field_span, hint=f"{hint}its fields are {names}", given=show_open(record), fixes=fixes
        )
        return BROKEN
    how, fixes = _field_of(s, term, record)
    message = f"{show_open(record)} has no fields, so no `.{term.field}`"
    s.report(NO_SUCH_FIELD, message, term.field_span, hint=how, given=show_open(record), fixes=fixes)
    return BROKEN


def _field_of(s: Checker, term: Select, record: Open) -> tuple[str | None, tuple[QuickFix, ...]]:
    text = s.source.text[term.record.span.start : term.record.span.end]
    short = text if len(text) <= 30 and "\n" not in text else "…"
    function = _MEANT.get(term.field, term.field)
    heads = bits(record)
    if function in PRIMITIVES and not heads & OPTION:
        parameters = row_of(PRIMITIVES[function]).parameters
        more = ", …" if sum(not p.is_optional for p in parameters) > 1 else ""
        edits = (
            Edit(Span(term.span.start, term.span.start), f"{function}("),
            Edit(Span(term.record.span.end, term.span.end), ")"),
        )
        return f"write {function}({short}{more})", (QuickFix(f"write {function}(…)", edits),) if not more else ()
    if heads == OPTION:
        return f"this may be none: match {short} {{ some(x) => x.{term.field}, none => … }}", ()
    if heads == LIST:
        return f"write map({short}, fn(x) => x.{term.field}) for all of them, or pick one with first or get", ()
    if heads == FUNCTION:
        return "this is a function: call it first", ()
    return None, ()


def not_shown(s: Checker, term: Term, given: Open) -> None:
    """A hole of a template, or `to_text`, with something that has no text form."""
    given = find(given)
    text = s.source.text[term.span.start : term.span.end]
    short = text if len(text) <= 30 and "\n" not in text else "…"
    heads = bits(given)
    hint = "a template can show Text, Quote, Int, Float, Bool and labels"
    if heads == LIST:
        inner = find(given.arguments[0])  # type: ignore[union-attr]
        is_text = not isinstance(inner, TypeVariable) and bool(bits(inner) & TEXTS)
        hint = f'write join({short}, "\\n")' if is_text else f'write join(map({short}, fn(x) => …), "\\n"), or to_json({short})'
    elif heads == OPTION:
        hint = f"write {short} ?? default before the template, or match on it"
    elif isinstance(given, Rec):
        hint = f"name a field: {short}.{next(iter(given.fields))}, or write to_json({short})"
    elif heads == FUNCTION:
        hint = "this is a function: call it with its arguments"
    s.report(
        NOT_SHOWABLE,
        f"values of type {show_open(given)} cannot be shown in a text",
        term.span,
        hint=hint,
        given=show_open(given),
    )


def infinite_result(s: Checker, name: str, span: Span, size: int, depth: int) -> None:
    """A binding whose type is over the caps."""
    what = f"{size:,} parts" if size < 10**9 else "too many parts"
    s.report(
        TYPE_TOO_LARGE,
        f"the type of `{name}` is too large: {what}, {depth} levels",
        span,
        hint="build smaller records; a type has at most 500 parts",
    )
