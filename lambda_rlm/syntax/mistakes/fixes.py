"""Diagnostics that bring their own correction."""

from __future__ import annotations

import re

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit, QuickFix
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.syntax.mistakes.codes import FOREIGN_HABIT, UNKNOWN_ESCAPE

FENCE = late_pattern(r"^[ \t]*```[^\n`]*(?:\n|\Z)", re.MULTILINE)


def slip(message: str, span: Span, title: str, *edits: Edit, code: str = FOREIGN_HABIT) -> Diagnostic:
    """A mistake that can be put right by a machine."""
    return Diagnostic(code, message, span, fixes=(QuickFix(title, edits),))


def instead(message: str, span: Span, replacement: str, code: str = FOREIGN_HABIT) -> Diagnostic:
    """A slip whose fix replaces what is there."""
    title = f"write `{replacement.strip()}`" if replacement.strip() else "remove it"
    return slip(message, span, title, Edit(span, replacement), code=code)


def bad_escape(escape: str, at: int) -> Diagnostic:
    r"""An escape that means nothing, as `\d`; what is meant is mostly the backslash itself."""
    span = Span(at, at + len(escape))
    if escape == "\\'":
        return instead("`'` needs no backslash", span, "'", code=UNKNOWN_ESCAPE)
    if escape == "\\u":
        return Diagnostic(UNKNOWN_ESCAPE, "`\\u` needs four hexadecimal digits, and surrogates must come in pairs", span)
    message = f'`{escape}` is not a valid escape; write `\\\\` for a backslash, or use raw text, r"…", for patterns'
    return instead(message, span, "\\" + escape, code=UNKNOWN_ESCAPE)
