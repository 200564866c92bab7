"""What is wrong with a program, as data.

Owns `Diagnostic` and the exception `Rejected` that carries them. A diagnostic holds spans and shown text, never types or
terms, so that every pass can make one and every renderer can print one. The titles and explanations of codes are in
`lambda_rlm.diagnostics.codes`; the three renderings in `lambda_rlm.diagnostics.render`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.diagnostics.excerpt import Part, excerpt, head, note, place
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.diagnostics.visible import visible_line


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

    def __str__(self) -> str:
        """On one line, without its place: `Diagnostics` has the source, and shows that too."""
        hint = "" if self.hint is None else f" (hint: {self.hint})"
        return visible_line(f"{self.severity.value}[{self.code}]: {self.message}{hint}")

    def parts(self, source: SourceFile) -> list[Part]:
        """The diagnostic for a person, with its place in the source, as styled pieces."""
        severity = self.severity.value
        parts = head(severity, severity, self.code, self.message)
        lines = [source.line_column(span.start)[0] for span in (self.primary, *(label.span for label in self.secondary))]
        gutter = len(str(max(lines)))
        parts += place(source, self.primary, gutter)
        parts += excerpt(source, self.primary, "", gutter, "caret")
        for label in self.secondary:
            parts += excerpt(source, label.span, label.text, gutter, "label")
        remarks = {"expected": self.expected, "given": self.given, "because": self.because, "hint": self.hint}
        for name, text in remarks.items():
            if text is not None:
                parts += note(name, text, gutter)
        for fix in self.fixes:
            parts += note("fix", fix.title, gutter)
        return parts


class Diagnostics(tuple[Diagnostic, ...]):
    """Diagnostics of one program, in order. As a text they are what the command line shows: each with its code, its line with
    carets below what is meant, and its hint."""

    source: SourceFile

    def __new__(cls, source: SourceFile, diagnostics: Iterable[Diagnostic] = ()) -> Diagnostics:
        made = super().__new__(cls, diagnostics)
        made.source = source
        return made

    def render(self) -> str:
        """The text for a person; empty for none."""
        return "\n".join("".join(text for text, _ in one.parts(self.source)) for one in self).rstrip("\n")

    def __str__(self) -> str:
        return self.render()

    def __reduce__(self) -> tuple[Any, ...]:
        return Diagnostics, (self.source, tuple(self))


class Rejected(LambdaRLMError):
    """The program is not admitted; carries at least one error, sorted by span."""

    def __init__(self, source: SourceFile, diagnostics: Iterable[Diagnostic]) -> None:
        self.source = source
        in_order = sorted(diagnostics, key=lambda d: (d.primary.start, d.primary.end, d.code))
        self.diagnostics = Diagnostics(source, in_order)
        if not any(d.severity is Severity.ERROR for d in self.diagnostics):
            raise ValueError(f"Rejected needs at least one error, got {self.diagnostics!r}")
        super().__init__(f"{source.name}: " + "; ".join(f"{d.code} {d.message}" for d in self.diagnostics))

    def __str__(self) -> str:
        """All diagnostics with their places, as the command line shows them."""
        errors = sum(one.severity is Severity.ERROR for one in self.diagnostics)
        return f"{visible_line(self.source.name)}: {errors} {'error' if errors == 1 else 'errors'}\n{self.diagnostics.render()}"


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
