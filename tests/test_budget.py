"""A budget holds: refused before the first call where it can be known, by the meter where it cannot."""

from __future__ import annotations

from tests.running import run


def test_what_is_not_analysed_is_unlimited_and_never_zero() -> None:
    done = run("llm_call(query)", rules=[(".*", "yes")])
    assert done.bound is not None
    assert done.bound.steps is None and done.bound.bytes is None
    assert done.bound.formula["steps"] == done.bound.formula["bytes"] == "unlimited"
    assert done.usage.steps > 0 and done.usage.bytes > 0
