"""A setting that cannot be used, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from lambda_rlm.diagnostics.error import LambdaRLMError


class SettingProblem(LambdaRLMError, ValueError):
    """A setting, or a file of settings, cannot be used; `hint` says what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message} ({hint})")
        self.message = message
        self.hint = hint


def did_you_mean(given: str, known: Collection[str]) -> str:
    """`did you mean x? `, or nothing where no known value is near."""
    near = get_close_matches(given, known, 1)
    return f"did you mean {near[0]}? " if near else ""
