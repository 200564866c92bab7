"""Files for tests of inputs, and the problem that arguments lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm.inputs import InputProblem, Reading, from_arguments


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def problem(*arguments: str, reading: Reading | None = None) -> InputProblem:
    with pytest.raises(InputProblem) as caught:
        from_arguments(arguments, reading)
    return caught.value


def names_of(folder: Path, reading: Reading | None = None) -> list[str]:
    """The documents of a folder."""
    return [row["name"] for row in from_arguments([str(folder)], reading).values["context"]]
