"""Lines of a file of any size, in memory that has a limit.

Owns the cutting. A line longer than `LONGEST` is not kept: of it the length is given, and stretches from which to judge it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from lambda_rlm.data_class import dataclass

LONGEST: Final = 8_000_000
"""Bytes of a line that is read whole."""

PIECE: Final = 1_000_000
_STRETCH: Final = 4_000
_MOST_STRETCHES: Final = 20


@dataclass(frozen=True, slots=True)
class LogLine:
    """`data` is the line without its end. Of one that is too long it is empty, and `stretches` are parts of it, few of them
    however long it is."""

    number: int
    data: bytes
    size: int
    stretches: tuple[bytes, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.stretches


def lines(file: BinaryIO) -> Iterator[LogLine]:
    """The lines that are not blank, numbered from 1."""
    number = 0
    while first := file.readline(LONGEST + 1):
        number += 1
        if len(first) > LONGEST and not first.endswith(b"\n"):
            yield _long(number, first, lambda: file.readline(PIECE), is_line=True)
        elif data := first.strip():
            yield LogLine(number, data, len(first))


def whole(file: BinaryIO) -> LogLine:
    """All of a file as one line."""
    first = file.read(LONGEST + 1)
    if len(first) <= LONGEST:
        return LogLine(1, first, len(first))
    return _long(1, first, lambda: file.read(PIECE), is_line=False)


def _long(number: int, first: bytes, more: Callable[[], bytes], is_line: bool) -> LogLine:
    size, due = len(first), len(first)
    stretches = [first[start : start + _STRETCH] for start in range(0, len(first) - _STRETCH, len(first) // 8)]
    while piece := more():
        size += len(piece)
        if size >= due:
            stretches.append(piece[:_STRETCH])
            due = size + size // 4
        if len(stretches) > _MOST_STRETCHES:
            del stretches[1::2]
        if is_line and piece.endswith(b"\n"):
            break
    return LogLine(number, b"", size, tuple(stretches))
