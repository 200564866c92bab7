"""The pages about attacks name the tests that hold them: each name is one of a test, each path one of a file."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.places import ROOT

PAGES = ("docs/threat-model.md", "docs/attacks.md", "SECURITY.md")


@cache
def names() -> frozenset[str]:
    """The names of all tests."""
    return frozenset(
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_is_tested_is(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    missing = [name for name in re.findall(r"`(test_\w+)`", text) if name not in names()]
    missing += [path for path in re.findall(r"`((?:tests|benchmarks)/[\w/.-]+)`", text) if not (ROOT / path).exists()]
    assert missing == []
