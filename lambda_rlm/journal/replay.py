"""A run that is made again, compared with the one on record, call for call.

Owns `Comparison`, a `Tracer`. Promises a line for each place in the data where another question, or none, was asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lambda_rlm.events import CallStarted, Event
from lambda_rlm.journal.journal import CallRow

Path = tuple[int, ...]


@dataclass(slots=True)
class Comparison:
    """Keeps what is asked, by place."""

    _asked: dict[Path, set[str]] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        if isinstance(event, CallStarted):
            self._asked.setdefault(event.path, set()).add(event.request.digest)

    @property
    def calls(self) -> int:
        return sum(map(len, self._asked.values()))

    def differences(self, calls: Iterable[CallRow]) -> list[str]:
        """What was asked otherwise than these calls."""
        recorded: dict[Path, set[str]] = {}
        for call in calls:
            if call.state != "shared":
                recorded.setdefault(call.path, set()).add(call.digest)
        lines = []
        for path in sorted(recorded.keys() | self._asked.keys()):
            name = ".".join(map(str, path)) or "·"
            mine, theirs = self._asked.get(path, set()), recorded.get(path, set())
            if not mine:
                lines.append(f"call {name}: in the original run only")
            elif not theirs:
                lines.append(f"call {name}: in the replay only")
            elif mine != theirs:
                lines.append(f"call {name}: the request differs")
        return lines
