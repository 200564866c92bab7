"""How long each test takes, as it was last measured: which tests `make quick` leaves out, and which begin first.

Owns `tests/seconds.json`, which `make seconds` writes: the processor seconds of the longest case of each test function, with
its child processes, rounded down to one of `STEPS`: a run on another machine changes few lines. Shorter tests are not in
it.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from tests.support.places import ROOT

FILE: Final = ROOT / "tests" / "seconds.json"
STEPS: Final = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
IS_MEASURING: Final = "MEASURE_SECONDS" in os.environ


@cache
def recorded() -> dict[str, float]:
    """Each function that takes long, by its file and name, with seconds."""
    found: dict[str, float] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def function_of(item: pytest.Item) -> str:
    """A test without the parameters of its case."""
    return item.nodeid.partition("[")[0]


def rounded(measured: dict[str, float]) -> dict[str, float]:
    """What is written of measured times."""
    return {name: STEPS[bisect_right(STEPS, took) - 1] for name, took in sorted(measured.items()) if took >= STEPS[0]}


def _spent() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Measuring:
    """A plugin that measures every test of a run in one process, and writes the file where no test failed."""

    def __init__(self) -> None:
        self.longest: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        begun = _spent()
        result = yield
        name = function_of(item)
        self.longest[name] = max(self.longest.get(name, 0.0), _spent() - begun)
        return result

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.OK:
            FILE.write_text(json.dumps(rounded(self.longest), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
