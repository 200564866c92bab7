"""Asking a person before money is spent.

Owns `Approval`, which receives the worst-case cost of a run before its first call. Promises that no model is asked unless a
person said yes at a terminal that showed all of it, or named the hash of exactly this (`execution.what_runs`). What was typed
before it was shown, and what comes from anywhere but the terminal, is no yes.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from lambda_rlm.cli.display import approval_screen, screen
from lambda_rlm.cli.display.yes_or_no import agrees
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.execution.options import Declined
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.execution.what_runs import WhatRuns

_LEAST_COLUMNS = 24
"""Where the frame of a row and some of what it frames have room."""

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
        if self.hash is None and not (self.is_asked and prospect.bound.calls != 0):
            return  # what runs goes through all inputs
        what = prospect.what_runs
        assert what is not None
        if self.hash is not None:
            if what.hash != self.hash:
                raise UsageProblem(
                    f"the program was not run: its hash is {what.hash}, but {self.hash} was approved",
                    "the program, an input, a model, a server, a setting or the version has changed since `check` printed the hash",
                )
            self.record(what.hash, "--approved")
        else:
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
    if not agrees("Run it?"):
        raise Declined


def _columns() -> int:
    """The width of the terminal that is written to; no variable of the environment says otherwise."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _WITHOUT_WINDOW[0]
    except (OSError, ValueError):
        return shutil.get_terminal_size(_WITHOUT_WINDOW).columns
