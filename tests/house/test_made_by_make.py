"""What the targets of `make` run: no test is lost between `check` and `integration`, and what a test took belongs to a test."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import product

import pytest
from _pytest.mark.expression import Expression

from tests.support.examples import examples
from tests.support.extras import WITHOUT_LITELLM, absent
from tests.support.places import ROOT
from tests.support.seconds import STEPS, recorded, rounded

MARKS = ("slow", "integration", "hypothesis", "quality")


def expression(target: str) -> Expression:
    """The marks that a target chooses its tests by."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(rf"^{target}: [^\n]*##[^\n]*\n((?:\t[^\n]*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    chosen = re.search(r'-m "([^"]*)"', recipe[1])
    assert chosen is not None
    return Expression.compile(chosen[1])


@cache
def functions_in(path: str) -> frozenset[str]:
    """The tests of a file, those of a class after its name."""
    found = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {before + each.name for each in inner if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(found)


@pytest.mark.parametrize("has", list(product([False, True], repeat=len(MARKS))))
def test_every_test_is_one_of_check_or_integration(has: tuple[bool, ...]) -> None:
    """A property is one of both, but in full only of the second."""
    carried = {mark for mark, is_there in zip(MARKS, has, strict=True) if is_there}

    def runs(target: str) -> bool:
        return expression(target).evaluate(lambda mark, /, **_: mark in carried)

    assert (runs("check") or runs("integration")) == ("quality" not in carried)
    assert not runs("quick") or runs("check")
    assert "quality" in carried or runs("integration") >= ("hypothesis" in carried)


def test_continuous_integration_runs_both() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^make .* check integration$", script, re.MULTILINE) and "COMPLETE=true" in script


def test_what_was_measured_is_a_test() -> None:
    """A renamed or removed test may leave its line behind; where one line in twenty has no test, run `make seconds`."""
    split = [name.partition("::") for name in recorded()]
    gone = [path for path, _, name in split if not (ROOT / path).exists() or name not in functions_in(path)]
    assert len(gone) * 20 <= len(split), gone
    assert len(split) > 100 and set(recorded().values()) <= set(STEPS)


def test_times_are_rounded_down_and_short_ones_left_out() -> None:
    assert rounded({"b": 0.3, "a": 0.049, "c": 0.05, "d": 700.0, "e": 1.0}) == {"b": 0.2, "c": 0.05, "d": 50, "e": 1}


def test_an_absent_extra_skips_with_a_word_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMPLETE", raising=False)
    with pytest.raises(pytest.skip.Exception, match=WITHOUT_LITELLM):
        absent(WITHOUT_LITELLM)
    monkeypatch.setenv("COMPLETE", "true")
    with pytest.raises(pytest.fail.Exception, match=r"the extra `litellm` is not installed, and `\.ci/run` installs it"):
        absent(WITHOUT_LITELLM)


@pytest.mark.parametrize(("profile", "expected"), [("check", 280), ("ci", 1_400), ("deep", 35_000)])
def test_a_property_draws_all_of_its_examples_but_in_check(
    profile: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.examples.PROFILE", profile)
    assert examples(1_400, deep=35_000) == expected
    assert examples(3) == (1 if profile == "check" else 3)
