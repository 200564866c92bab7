"""Exit codes, and the end of a command by an exception.

Owns the codes and `Usage`, what is wrong with how a command was called.
"""

from __future__ import annotations

from typing import Final

ANSWERED: Final = 0
REJECTED: Final = 1
FAULTED: Final = 2
USAGE: Final = 64
BUG: Final = 70
INTERRUPTED: Final = 130


class Usage(Exception):
    """The command was called in a way that means nothing; `hint` says what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
