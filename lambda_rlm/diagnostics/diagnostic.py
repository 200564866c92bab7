"""What is wrong with a program, as data.

Owns `Diagnostic` and the exception `Rejected` that carries them. A diagnostic holds spans and shown text, never types or
terms, so that every pass can make one and every renderer can print one. The titles and explanations of codes are in
`lambda_rlm.diagnostics.codes`; the three renderings in `lambda_rlm.diagnostics.render`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.diagnostics.source import SourceFile, Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that a diagnostic points at, and what is there."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `replacement`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class QuickFix:
    """A machine-applicable correction: all its edits together, or none."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake of a program.

    `because` says why two types met (element of a list, branch of an if, argument n of f, step of a fold);
    `expected` and `given` are shown types or forms; `hint` says what to write instead. `cost_tree` has the places that most of
    a cost comes from, as JSON data, and `needs` how much of each option of the budget would do.
    """

    code: str
    message: str
    primary: Span
    severity: Severity = Severity.ERROR
    secondary: tuple[Label, ...] = ()
    hint: str | None = None
    expected: str | None = None
    given: str | None = None
    because: str | None = None
    fixes: tuple[QuickFix, ...] = ()
    cost_tree: tuple[Mapping[str, Any], ...] = field(default=(), compare=False, repr=False)
    needs: tuple[tuple[str, float], ...] = field(default=(), compare=False, repr=False)


class Rejected(LambdaRLMError):
    """The program is not admitted; carries at least one error, sorted by span."""

    def __init__(self, source: SourceFile, diagnostics: Iterable[Diagnostic]) -> None:
        self.source = source
        self.diagnostics = tuple(sorted(diagnostics, key=lambda d: (d.primary.start, d.primary.end, d.code)))
        if not any(d.severity is Severity.ERROR for d in self.diagnostics):
            raise ValueError(f"Rejected needs at least one error, got {self.diagnostics!r}")
        super().__init__(f"{source.name}: " + "; ".join(f"{d.code} {d.message}" for d in self.diagnostics))


def apply_fix(text: str, fix: QuickFix) -> str:
    """The source text after a fix; raises `ValueError` when its edits overlap."""
    out: list[str] = []
    at = 0
    for edit in sorted(fix.edits, key=lambda e: e.span):
        if edit.span.start < at:
            raise ValueError(f"overlapping edits in fix {fix.title!r}")
        out += [text[at : edit.span.start], edit.replacement]
        at = edit.span.end
    return "".join(out) + text[at:]
