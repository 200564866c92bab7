"""Asking a person before money is spent.

Owns `Approval`, which receives the worst-case cost of a run before its first call. Promises that no model is asked unless a
person said yes at a terminal that showed all of it, or named the hash of exactly this (`execution.what_runs`). What was typed
before it was shown, and what comes from anywhere but the terminal, is no yes.
"""

from __future__ import annotations

import os
import select
import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from lambda_rlm.cli import exits
from lambda_rlm.cli.display import approval_screen, screen
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.execution.execute import Declined
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.execution.what_runs import WhatRuns

_TURN = 0.1
"""Seconds."""

_LEAST_COLUMNS = 24
"""Where the frame of a row and some of what it frames have room."""

_MOST_TYPED = 1_024
_WITHOUT_WINDOW = (80, 24)
Pause = Callable[[], AbstractContextManager[None]]


class Approval:
    """Lets a run go on, or ends it. `hash` is what was approved before; `is_asked` says to ask where it was not. `record`
    receives each approval: the hash, and the option by which it was given."""

    def __init__(self, *, is_asked: bool, hash: str | None, json: bool, record: Callable[[str, str], None]) -> None:
        self.is_asked = is_asked
        self.hash = hash
        self.json = json
        self.record = record
        self.pause: Pause | None = None

    def __call__(self, prospect: Prospect) -> None:
        what = prospect.what_runs
        assert what is not None
        if self.hash is not None:
            if what.hash != self.hash:
                raise UsageProblem(
                    f"the program was not run: its hash is {what.hash}, but {self.hash} was approved",
                    "the program, an input, a model, a server, a setting or the version has changed since `check` printed the hash",
                )
            self.record(what.hash, "--approved")
        elif self.is_asked and prospect.bound.calls != 0:
            assert self.pause is not None
            with self.pause():
                _ask(prospect, what, self.json)
            self.record(what.hash, "--approve")


def _ask(prospect: Prospect, what: WhatRuns, json: bool) -> None:
    is_seen = sys.stdin.isatty() and sys.stderr.isatty()
    columns = _columns()
    if is_seen and columns < _LEAST_COLUMNS:
        raise UsageProblem(
            f"the terminal is too narrow to show what would run: {columns} columns", f"at least {_LEAST_COLUMNS}"
        )
    if is_seen or not json:
        screen.write([(approval_screen.screen(prospect, what, columns) + "\n", "source")])
    if not is_seen:
        stream = "standard error" if sys.stdin.isatty() else "standard input"
        raise UsageProblem(
            f"--approve needs a terminal, and {stream} is not one; the program was not run",
            f"to run exactly this: --approved {what.hash}",
        )
    if not agreed("Run it?"):
        raise Declined


def agreed(question: str) -> bool:
    """Whether a person says yes at the terminal, now that it was shown what the question is about."""
    with exits.heeding_interruptions():
        _forget_what_was_typed()
        screen.write([(f"{question} [y/N] ", "note")])
        return _line().lower() in ("y\n", "yes\n")


def _columns() -> int:
    """The width of the terminal that is written to; no variable of the environment says otherwise."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _WITHOUT_WINDOW[0]
    except (OSError, ValueError):
        return shutil.get_terminal_size(_WITHOUT_WINDOW).columns


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
