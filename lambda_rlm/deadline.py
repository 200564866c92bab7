"""The time that a whole run may take, from when its inputs are looked for.

Owns `Deadline`.
"""

from __future__ import annotations

from dataclasses import field
from time import monotonic

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import OutOfTime


@dataclass(frozen=True, slots=True)
class Deadline:
    """A number of seconds from now on, or no end."""

    seconds: float | None
    started: float = field(default_factory=monotonic)

    @classmethod
    def since(cls, started: float | None, seconds: float | None) -> Deadline:
        """The deadline of a run that began then, or begins now."""
        return cls(seconds) if started is None else cls(seconds, started)

    def spent(self) -> float:
        return monotonic() - self.started

    def left(self) -> float | None:
        return None if self.seconds is None else max(0.0, self.seconds - self.spent())

    def look(self) -> None:
        """Raises `OutOfTime` when the time is over."""
        if self.left() == 0.0:
            raise self.passed()

    def passed(self) -> OutOfTime:
        """The fault of one who is late: that of the whole, whatever was left of it for a part."""
        return OutOfTime.after(self.seconds or 0.0)
