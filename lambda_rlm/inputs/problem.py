"""An input that cannot be used, and what to do about it."""

from __future__ import annotations


class InputProblem(ValueError):
    """An input cannot be used; `hint` says what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message} ({hint})")
        self.message = message
        self.hint = hint
