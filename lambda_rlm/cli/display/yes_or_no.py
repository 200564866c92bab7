"""A question to the person at the terminal, of which the answer is no unless they say yes.

Owns `agrees`. Promises that only what is typed after the question was shown counts.
"""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from typing import Final

from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen

_TURN: Final = 0.1
"""Seconds."""

_MOST_TYPED: Final = 1_024


def agrees(question: str) -> bool:
    """Whether the person says yes."""
    with exits.heeding_interruptions():
        _forget_what_was_typed()
        screen.write([(f"{question} [y/N] ", "note")])
        return _line().lower() in ("y\n", "yes\n")


def _forget_what_was_typed() -> None:
    """Nobody has approved what they had not seen yet."""
    with suppress(ImportError, OSError, ValueError):
        import termios

        with suppress(termios.error):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _line() -> str:
    """A line from the terminal, waited for in turns: a Ctrl-C just before reading would be noted, and reading would go on. Read
    past the buffer of Python, which may hold lines that came before."""
    try:
        place = sys.stdin.fileno()
    except (OSError, ValueError):
        return sys.stdin.readline()
    while not select.select([place], [], [], _TURN)[0]:
        pass
    return os.read(place, _MOST_TYPED).decode("utf-8", "replace")
