"""The page of kinds from public reports names the reports that the tests name, each beside a test of that file."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.support.places import ROOT

REPORTS = re.compile(r"([\w.-]+/[\w.-]+) (#\d+(?:(?:,| and) #\d+)*)")
"""`owner/name #N, #N and #N`."""

ROW = re.compile(r"^\| (?P<kind>[^|]+) \| (?P<reports>[^|]+) \| `(?P<test>test_\w+)` \| (?P<variants>\d+) \|$", re.MULTILINE)

KINDS = [found.groupdict() for found in ROW.finditer((ROOT / "docs" / "reports.md").read_text(encoding="utf-8"))]


def reports(text: str) -> set[str]:
    """Each report that a text names, as `owner/name #N`."""
    return {f"{project} {number}" for project, numbers in REPORTS.findall(text) for number in re.findall(r"#\d+", numbers)}


@cache
def files() -> dict[str, Path]:
    """The file of each test."""
    return {
        name: path
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_each_report_of_the_page_is_named_beside_its_test() -> None:
    on_page: dict[Path, set[str]] = defaultdict(set)
    for kind in KINDS:
        on_page[files()[kind["test"]]] |= reports(kind["reports"])
    in_tests = {path: named for path in set(files().values()) if (named := reports(path.read_text(encoding="utf-8")))}
    assert dict(on_page) == in_tests


def test_each_kind_has_a_report_and_three_variants() -> None:
    assert len(KINDS) == len({kind["kind"] for kind in KINDS}) >= 24
    assert [kind["kind"] for kind in KINDS if not reports(kind["reports"]) or int(kind["variants"]) < 3] == []
