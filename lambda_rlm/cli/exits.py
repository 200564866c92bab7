"""Exit codes, and the end of a command by an exception.

Owns the codes, `UsageProblem`, what is wrong with how a command was called, and how an interruption is
reported before a run begins. Loads nothing: an interruption may come while a module is half loaded.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

Handler = Callable[[int, Any], Any] | int | None

ANSWERED: Final = 0
REJECTED: Final = 1
FAULTED: Final = 2
USAGE: Final = 64
BUG: Final = 70
INTERRUPTED: Final = 130


class UsageProblem(Exception):
    """The command was called in a way that is invalid; `hint` says what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class OutputLost(UsageProblem):
    """Standard output is closed or full: what should be there is written nowhere."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the answer cannot be written to standard output: {why}")


def heed_interruptions() -> Handler:
    """From now on a Ctrl-C raises `KeyboardInterrupt`; what it did before."""
    return _on_interruption(signal.default_int_handler)


def no_more_interruptions() -> None:
    """From now on a Ctrl-C changes nothing: what is left is to tell of the first, once."""
    _on_interruption(signal.SIG_IGN)


def _on_interruption(handler: Handler) -> Handler:
    with suppress(ValueError):  # only the main thread may say so
        return signal.signal(signal.SIGINT, handler)
    return None


@contextmanager
def heeding_interruptions() -> Iterator[None]:
    """Meanwhile a Ctrl-C raises at once: an event loop would only take a note of it, and nothing comes back to the loop while
    somebody is asked."""
    before = heed_interruptions()
    try:
        yield
    finally:
        if before is not None:
            _on_interruption(before)


def interrupted(wants_json: bool) -> int:
    """Tell of an interruption that came before there was anything to tell of a run."""
    no_more_interruptions()
    with suppress(Exception):
        if wants_json:
            fault = '{"code": null, "message": "interrupted", "span": null}'
            sys.stdout.write(f'{{"ok": false, "answer": null, "fault": {fault}, "diagnostics": []}}\n')
        else:
            sys.stderr.write("interrupted\n")
    return INTERRUPTED
