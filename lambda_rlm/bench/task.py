"""One task of a benchmark: a question about an input, and what its answer is worth.

Owns `Task`. Promises that what may reach the system under test is `question` and what `inputs()` gives; `gold` is for the
scorer alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Final

from lambda_rlm.data_class import dataclass

_K: Final = 1024


@dataclass(frozen=True, slots=True)
class Task:
    """`size` is the nominal length, counted in `unit`s; `inputs` reads or makes the input when it is needed, under the name
    `context`."""

    id: str
    benchmark: str
    question: str
    gold: Mapping[str, Any] = field(repr=False)
    """What the scorer needs: `scorer`, `answer`, and where it has them `answer_type` and `aliases`."""
    size: int
    inputs: Callable[[], Mapping[str, Any]] = field(repr=False)
    unit: str = "tokens"

    @property
    def length(self) -> str:
        """The nominal length as tables show it and `--sizes` names it."""
        return length(self.size) if self.unit == "tokens" else f"{self.size} {self.unit}"


def length(tokens: int) -> str:
    """A number of tokens as lengths are named: 8192 is 8K."""
    return f"{tokens // _K}K" if tokens >= _K else str(tokens)


def tokens_of(name: str) -> int:
    """A length that a name says; raises `ValueError`."""
    plain = name.strip().upper()
    number = plain.removesuffix("K").removesuffix("M")
    if not number.isdecimal() or not 0 < int(number) <= 10_000_000:
        raise ValueError(f"{name!r} is not a valid length: write 8K, 128K, 1M or a number of tokens")
    return int(number) * (_K if plain.endswith("K") else _K * _K if plain.endswith("M") else 1)
