"""Declared ways in which an admitted run can stop.

A fault is never turned into text that looks like an answer: it travels as an exception with a code of the code table, the
place in the program, and the usage so far. `InternalError` is a bug of λ-RLM and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.diagnostics.visible import visible

if TYPE_CHECKING:
    from lambda_rlm.completion import Usage
    from lambda_rlm.diagnostics.source import Span

OUT_OF_TIME: Final = "E0407"
MODEL_BROKEN: Final = "E0525"

NOT_BILLED: Final = frozenset(f"E05{n:02}" for n in (2, *range(5, 11), *range(19, 25), *range(30, 34)))
"""The codes of failures that nobody bills: no connection, a request that was turned down, a model that is free."""


class Fault(LambdaRLMError):
    """An admitted run stopped. `usage` and `run` are filled in by the runtime before the fault reaches the host.

    `reply` is the beginning of the model's reply where that was at fault, ready to be shown. It is for people alone: a model
    that is told of a fault sees its code or its message.
    """

    def __init__(self, code: str, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.call_stack: tuple[Span, ...] = ()
        self.usage: Usage | None = None
        self.run: str | None = None
        self.reply = ""

    def __str__(self) -> str:
        return visible(f"{self.code} {self.message}")


class LimitExceeded(Fault):
    """A budget or a cap was reached: fuel, memory, depth, calls, tokens, usd or seconds. Carries no position; cannot be
    caught."""


class AccountUsedUp(LimitExceeded):
    """An account over many runs has no more for a request, or cannot be used; the request was not sent."""


class OutOfTime(LimitExceeded):
    """The deadline has passed: work ahead of the run, which leaves every other fault to it, ends too."""

    def of(self, seconds: float) -> OutOfTime:
        """The same, of a whole that had so many seconds."""
        whole = OutOfTime.after(seconds)
        whole.usage, whole.run = self.usage, self.run
        return whole

    @classmethod
    def after(cls, seconds: float) -> OutOfTime:
        """The fault of a run that had so many seconds; less by a hair where some went into choosing its way."""
        return cls(OUT_OF_TIME, f"the run exceeded its time limit of {round(seconds, 2) or seconds:g} seconds")


class PrimitiveFault(Fault):
    """A library function met a value it is not defined for (division by zero, overflow, a bad computed pattern)."""


class ModelFailure(Fault):
    """A model call failed: for good where it leaves `complete` of a retrying model, perhaps not yet below it."""

    def __init__(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        is_fatal: bool = False,
        is_retryable: bool = False,
        retry_after: float | None = None,
        is_billable: bool | None = None,
    ) -> None:
        super().__init__(code, message, span)
        self.is_fatal = is_fatal
        """True when no `or_else` covers it: bad key, unknown model, unreachable for good by configuration."""
        self.is_retryable = is_retryable
        """True when the same request may succeed a little later (a busy or broken provider, a dropped connection)."""
        self.retry_after = retry_after
        """Seconds the provider asked to wait, when it did."""
        self.is_billable = code not in NOT_BILLED if is_billable is None else is_billable
        """True when the provider may bill the request all the same; None: as the code says."""
        self.value: Any = None
        """The answer in plain data, where the run has one and only the host's own type refuses it."""


class InternalError(LambdaRLMError):
    """A bug in λ-RLM: names the stage and how to report it."""

    def __init__(self, stage: str, message: str) -> None:
        super().__init__(f"internal error while {stage}: {message}. Please report it with the program that caused it.")
        self.stage = stage
