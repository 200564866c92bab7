"""What reading one file may make in memory.

Owns `FileAllowance`. Promises that what a file leads to is counted before it is made, or while it is made in small parts: a few
bytes can mean far more values than a limit of bytes read would hold. Looks at the deadline whenever something is counted.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading, amount

TOO_MUCH: Final = "needs too much memory"
"""The kind of problem that a file would need more memory than it may."""

_BUDGET: Final = Budget()


@dataclass(slots=True)
class FileAllowance:
    """Bytes that the data of one file may take; `of` is the memory limit of a run for an input of that length, within the limit
    of what may be read."""

    name: str
    most: int
    reading: Reading
    made: int = 0

    @classmethod
    def of(cls, name: str, length: int, reading: Reading) -> FileAllowance:
        """For a file whose text has `length` characters."""
        most = min(reading.most_bytes, _BUDGET.memory + _BUDGET.memory_per_character * length)
        return cls(name, most, reading)

    def add(self, size: int) -> None:
        """Count these bytes; raises `InputProblem` where that is too much."""
        self.made += size
        self.reading.glance()
        if self.made > self.most:
            raise InputProblem(
                f"the data of {self.name} would need more than {amount(self.most)} of memory",
                "use a smaller file, read it as plain text (--raw), or raise the limit: --max-input BYTES",
                TOO_MUCH,
            )
