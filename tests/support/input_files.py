"""Files and standard input for tests of inputs, and the problem that arguments lead to."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

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


class _Interrupted(io.RawIOBase):
    """Gives one part at each reading; after the last, somebody presses Ctrl-C."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = next(self._parts, None)
        if part is None:
            raise KeyboardInterrupt
        buffer[: len(part)] = part
        return len(part)


def interrupted(parts: Iterable[bytes]) -> SimpleNamespace:
    """A standard input that comes in parts, and is interrupted behind the last."""
    return SimpleNamespace(buffer=io.BufferedReader(_Interrupted(parts)))
