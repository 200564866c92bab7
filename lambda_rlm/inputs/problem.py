"""An input that cannot be used, and what to do about it."""

from __future__ import annotations

from lambda_rlm.diagnostics.error import LambdaRLMError


class InputProblem(LambdaRLMError, ValueError):
    """An input cannot be used; `hint` says what to do, `kind` in few words why a file of a folder is left out."""

    def __init__(self, message: str, hint: str | None = None, kind: str = "cannot be read") -> None:
        super().__init__(message if hint is None else f"{message} ({hint})")
        self.message = message
        self.hint = hint
        self.kind = kind
