"""The pages about attacks and overruns name the tests that hold them: each name is one of a test, each path one of a file."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.places import ROOT

PAGES = ("docs/threat-model.md", "docs/attacks.md", "docs/overruns.md", "SECURITY.md")


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


def test_each_cluster_of_overruns_has_a_test_of_its_own() -> None:
    """Eight clusters, each with a test that was written for it, and others that hold it too."""
    text = (ROOT / "docs/overruns.md").read_text(encoding="utf-8")
    own = (ROOT / "tests/api/test_overruns.py").read_text(encoding="utf-8")
    clusters = text.split("\n## ")[1:]
    assert len(clusters) == 8
    for cluster in clusters:
        named = re.findall(r"`(test_\w+)`", cluster)
        assert [name for name in named if f"def {name}(" in own] != [], cluster.partition("\n")[0]
        assert len(named) > 1
    written = re.findall(r"def (test_\w+)\(", own)
    assert [name for name in written if name not in text] == []
