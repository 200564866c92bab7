"""How far a long reading or fetching is, on standard error.

Owns the line: rewritten on a terminal, elsewhere printed once for each step, nothing where standard output is for a program.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from lambda_rlm.cli.display import screen
from lambda_rlm.diagnostics.visible import visible_line

_CLEARED = "\r\x1b[K"

Show = Callable[[str, object], None]
"""A line, and the step that it belongs to."""


@contextmanager
def bar(is_silent: bool) -> Iterator[Show]:
    """What shows a line; on a terminal the last one disappears."""
    is_lively = screen.is_lively(sys.stderr)
    told: list[object] = []

    def show(line: str, step: object) -> None:
        this = line if is_lively else step
        if is_silent or told == [this]:
            return
        told[:] = [this]
        line = visible_line(line)
        _write(f"{_CLEARED}{line}" if is_lively else f"{line}\n")

    try:
        yield show
    finally:
        if is_lively and told:
            _write(_CLEARED)


def _write(text: str) -> None:
    with suppress(OSError):  # nobody reads it, or it is full
        sys.stderr.write(text)
        sys.stderr.flush()
