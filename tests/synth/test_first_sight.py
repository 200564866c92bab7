"""Programs on record that were written at first sight: those whose author saw the masked layout are the shorter ones."""

from __future__ import annotations

import json
from statistics import median

from tests.support.places import ROOT

FOLDER = ROOT / "benchmarks" / "first_sight"


def programs(name: str) -> dict[str, str]:
    """The program that ended each conversation."""
    rows = map(json.loads, (FOLDER / name).read_text(encoding="utf-8").splitlines())
    return {row["id"]: row["replies"][-1] for row in rows}


def test_programs_written_with_layout_are_two_thirds_as_long() -> None:
    without, told = programs("replies.jsonl"), programs("replies_masked.jsonl")
    assert len(told) >= 20
    assert median(len(told[name]) / len(without[name]) for name in told) <= 2 / 3
