"""Slips in a program put right without asking anybody.

Owns `mend`. Promises that only the fixes which diagnostics offer are applied, each is named, and at most `MOST` of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Severity, apply_fix
from lambda_rlm.diagnostics.source import SourceFile

MOST: Final = 50


class Diagnosed(Protocol):
    """A program after a check: its mistakes, warnings included, and whatever else the check found out."""

    @property
    def source(self) -> SourceFile: ...

    @property
    def diagnostics(self) -> Sequence[Diagnostic]: ...


D = TypeVar("D", bound=Diagnosed)
Check = Callable[[SourceFile], D]
"""Check a program."""


@dataclass(frozen=True, slots=True)
class Mended(Generic[D]):
    """The program after the fixes, as it was checked last, and the titles of the fixes with their codes."""

    checked: D
    fixes: tuple[str, ...]

    @property
    def source(self) -> SourceFile:
        return self.checked.source

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.checked.diagnostics if d.severity is Severity.ERROR)


def mend(source: SourceFile, check: Check[D]) -> Mended[D]:
    """The first fix of the first error that has one, again and again until none is offered."""
    fixes: list[str] = []
    checked = check(source)
    while len(fixes) < MOST:
        fixable = next((d for d in checked.diagnostics if d.severity is Severity.ERROR and d.fixes), None)
        if fixable is None:
            break
        source = SourceFile(source.name, apply_fix(source.text, fixable.fixes[0]))
        fixes.append(f"{fixable.code} {fixable.fixes[0].title}")
        checked = check(source)
    return Mended(checked, tuple(fixes))
