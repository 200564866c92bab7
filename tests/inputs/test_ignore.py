"""Ignore files: a bad line is a note, and no pattern takes time that nobody foresaw."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm.inputs import InputProblem, Reading, from_arguments
from lambda_rlm.inputs.allowance import FileAllowance
from tests.support.input_files import written

ENOUGH = FileAllowance("it", 10**12, Reading())


@pytest.mark.parametrize("line", ["[z-a]", "a/[z-a]/b", "[[:foo:]]", "!", "\\", "[9-0]*"])
def test_a_pattern_that_is_none_is_noted_and_the_others_hold(tmp_path: Path, line: str) -> None:
    written(tmp_path, ".gitignore", f"*.log\n{line}\nsecret.txt\n")
    for name in ("a.txt", "b.log", "secret.txt"):
        written(tmp_path, name, "x")
    inputs = from_arguments([str(tmp_path)])
    assert [row["name"] for row in inputs.values["context"]] == ["a.txt"]
    assert any("line 2 of" in note and ".gitignore is not a valid pattern" in note for note in inputs.notes)


def test_an_ignore_file_of_bad_patterns_ignores_nothing(tmp_path: Path) -> None:
    written(tmp_path, ".lambdaignore", "[z-a]\n" * 50)
    written(tmp_path, "a.txt", "x")
    assert [row["name"] for row in from_arguments([str(tmp_path)]).values["context"]] == ["a.txt"]


def test_a_pattern_with_many_stars_takes_no_time(tmp_path: Path) -> None:
    """Another matcher would try every way to share the letters among the stars."""
    written(tmp_path, ".gitignore", "*a" * 40 + "b\n")
    written(tmp_path, "a" * 200, "x")
    assert len(from_arguments([str(tmp_path)]).values["context"]) == 1


@pytest.mark.parametrize("option", ["include", "exclude"])
def test_a_pattern_of_an_option_that_is_none_is_refused(tmp_path: Path, option: str) -> None:
    written(tmp_path, "a.txt", "x")
    reading = Reading(include=("[z-a]",)) if option == "include" else Reading(exclude=("[z-a]",))
    with pytest.raises(InputProblem, match=rf"--{option} '\[z-a\]' is not a valid pattern"):
        from_arguments([str(tmp_path)], reading)
