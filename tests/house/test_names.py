"""The name of a test is a claim that fits on a line of a report; more goes into its docstring."""

from __future__ import annotations

import ast
from typing import Final

from tests.support.places import ROOT

MAX_CHARACTERS: Final = 60


def test_names_of_tests_are_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.name.startswith("test_") and len(node.name) > MAX_CHARACTERS
    }
    assert sorted(long) == []
