"""Diagnostics and faults as a person reads them, without styles."""

from __future__ import annotations

from collections.abc import Iterable

from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.render import fault_parts, human_parts
from lambda_rlm.diagnostics.source import SourceFile


def human(diagnostics: Iterable[Diagnostic], source: SourceFile) -> str:
    """Diagnostics for a person, in plain text."""
    return "\n".join("".join(text for text, _ in human_parts(d, source)) for d in diagnostics)


def human_fault(fault: Fault, source: SourceFile | None = None) -> str:
    """A fault for a person, in plain text."""
    return "".join(text for text, _ in fault_parts(fault, source))
