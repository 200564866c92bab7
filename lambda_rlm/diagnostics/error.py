"""The one base class of everything that λ-RLM raises on purpose.

Owns `LambdaRLMError`. Promises that every error with this base can be pickled and copied with all its attributes, so that it
reaches the host from a worker process as it was raised, and that its text, which may end in a terminal or a log, has pictures
for hidden characters. Misuse of the library is a plain `TypeError` or `ValueError`.
"""

from __future__ import annotations

from typing import Any

from lambda_rlm.diagnostics.visible import visible


class LambdaRLMError(Exception):
    """Base class of the errors that λ-RLM raises: a rejected program, a fault of a run, an unusable input or journal, a bug."""

    def __str__(self) -> str:
        return visible(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        # Constructors of subclasses take other arguments than the message that `Exception` keeps, so none is called again.
        return _unbuilt, (type(self), self.args), self.__dict__ or None


def _unbuilt(kind: type[LambdaRLMError], arguments: tuple[Any, ...]) -> LambdaRLMError:
    return kind.__new__(kind, *arguments)
