"""The standard streams of the process, whole even where whoever started it closed them.

Owns `whole`. Promises that no file which is opened later gets the number of a standard stream, that what is written to a closed
standard error is lost without a word, and that writing to a closed standard output is an `OSError` as it is on a full disk.
"""

from __future__ import annotations

import errno
import io
import os
import sys


def whole() -> None:
    """Put something in the place of the streams that are closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends


class _Closed(io.TextIOBase):
    """A standard output that nobody has opened."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.EBADF, "it is closed")
