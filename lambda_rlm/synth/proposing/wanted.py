"""The type that an answer must have, as part of the check.

Owns `mismatch`. Promises that a program whose answer fits where the type is wanted (a Quote is a Text there, `1` a Float, an
empty list a list of anything) gets a fix that says so in the program, and that no other program passes.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit, QuickFix, Rejected, apply_fix
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax.parse import parsed
from lambda_rlm.types.codes import TYPE_MISMATCH
from lambda_rlm.types.inferred import inferred
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type
from lambda_rlm.types.typed import Typed

_NAME: Final = "answer_as_wanted"


def mismatch(typed: Typed, wanted: Type) -> Diagnostic | None:
    """The problem with the type of a program's answer; None when it is the requested one."""
    if typed.type == wanted:
        return None
    given, asked, place = show(typed.type), show(wanted), typed.program.result.span
    source = typed.program.source
    whole = _with_parentheses(source.text, place)
    edit = Edit(whole, f"let {_NAME}: {asked} = {source.text[whole.start : whole.end]};\n{_NAME}")
    fix = QuickFix(f"annotate the answer with type {asked}", (edit,))
    return Diagnostic(
        TYPE_MISMATCH,
        f"the answer has type {given}, but {asked} was requested",
        place,
        hint=f"make the last expression a value of type {asked}",
        expected=asked,
        given=given,
        fixes=(fix,) if _has_type(SourceFile(source.name, apply_fix(source.text, fix)), typed, wanted) else (),
    )


def _with_parentheses(text: str, span: Span) -> Span:
    """The span of a term with the parentheses around it, which belong to no term."""
    while True:
        before, after = text[: span.start].rstrip(), text[span.end :].lstrip()
        if not (before.endswith("(") and after.startswith(")")):
            return span
        span = Span(len(before) - 1, len(text) - len(after) + 1)


def _has_type(source: SourceFile, before: Typed, wanted: Type) -> bool:
    try:
        return inferred(parsed(source), before.inputs, before.functions).type == wanted
    except Rejected:
        return False
