"""Parsing in tests."""

from __future__ import annotations

import pytest

from lambda_rlm.diagnostics.diagnostic import Edit, QuickFix, Rejected, apply_fix
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.term import Program


def parsed(text: str) -> Program:
    return parse(SourceFile("test", text))


def rejected(text: str) -> Rejected:
    with pytest.raises(Rejected) as caught:
        parsed(text)
    return caught.value


def codes(text: str) -> set[str]:
    return {d.code for d in rejected(text).diagnostics}


def corrected(text: str) -> str:
    """The text after all fixes that its diagnostics bring, applied together."""
    edits: dict[Edit, None] = {}
    for diagnostic in rejected(text).diagnostics:
        assert diagnostic.fixes, f"no fix for {diagnostic}"
        edits |= dict.fromkeys(diagnostic.fixes[0].edits)
    return apply_fix(text, QuickFix("all", tuple(edits)))
