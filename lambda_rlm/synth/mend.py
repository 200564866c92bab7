"""Slips in a program put right without asking anybody.

Owns `mend`. Promises that only the fixes which diagnostics offer are applied, each is named, and at most `MOST` of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Severity, apply_fix
from lambda_rlm.diagnostics.source import SourceFile

MOST: Final = 50

Check = Callable[[SourceFile], Sequence[Diagnostic]]
"""What is wrong with a program, warnings included."""


@dataclass(frozen=True, slots=True)
class Mended:
    """The program after the fixes, what is still wrong with it, and the titles of the fixes with their codes."""

    source: SourceFile
    diagnostics: tuple[Diagnostic, ...]
    fixes: tuple[str, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


def mend(source: SourceFile, check: Check) -> Mended:
    """The first fix of the first error that has one, again and again until none is offered."""
    fixes: list[str] = []
    diagnostics = tuple(check(source))
    while len(fixes) < MOST:
        fixable = next((d for d in diagnostics if d.severity is Severity.ERROR and d.fixes), None)
        if fixable is None:
            break
        source = SourceFile(source.name, apply_fix(source.text, fixable.fixes[0]))
        fixes.append(f"{fixable.code} {fixable.fixes[0].title}")
        diagnostics = tuple(check(source))
    return Mended(source, diagnostics, tuple(fixes))
