"""The account of what a folder has and an input has not.

Owns `LeftOut`. Promises that nothing is left out without being counted, in memory that does not grow with the folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.reading import plain

_SHOWN: Final = 3


@dataclass(slots=True)
class LeftOut:
    """Counts by reason, with the first names of each."""

    counts: dict[str, int] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1
        first = self.names.setdefault(reason, [])
        if len(first) < _SHOWN:
            first.append(plain(name))

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def notes(self, where: str) -> Iterator[str]:
        """A line for each reason."""
        for reason, count in self.counts.items():
            names = ", ".join(self.names[reason]) + (", …" if count > _SHOWN else "")
            yield f"{plain(where)}: skipped {count:,} ({reason}): {names}"
