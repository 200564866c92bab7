"""How a model call can fail: the codes of this room, and what may be done about each.

Owns the one table from code to fate. Promises that every failure of a model in this package is made by `failure`, so that
a code always means the same: a fatal failure is not covered by `or_else`, a retryable one may be asked again as it stands.
Refuses codes that are not in the table.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.completion import UNCOUNTED
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import MODEL_BROKEN, ModelFailure

SERVER_FAILED: Final = "E0501"
RATE_LIMITED: Final = "E0502"
TIMED_OUT: Final = "E0503"
CONNECTION_LOST: Final = "E0504"
UNREACHABLE: Final = "E0505"
KEY_REFUSED: Final = "E0506"
UNKNOWN_MODEL: Final = "E0507"
BAD_REQUEST: Final = "E0508"
PROMPT_TOO_LONG: Final = "E0509"
REFUSED: Final = "E0510"
EMPTY_REPLY: Final = "E0511"
MALFORMED_BODY: Final = "E0512"
BAD_REPLY: Final = "E0513"
QUOTE_NOT_FOUND: Final = "E0514"
UNSOLVED: Final = "E0519"
NO_RULE: Final = "E0520"
NOT_RECORDED: Final = "E0521"
BAD_SCRIPT: Final = "E0522"
NOT_SIMULATED: Final = "E0523"
BAD_SIMULATION: Final = "E0524"
NO_WEIGHTS: Final = "E0530"
NO_ENGINE: Final = "E0531"
ENGINE_FAILED: Final = "E0532"
BAD_CONSTRAINT: Final = "E0533"


@dataclass(frozen=True, slots=True)
class Fate:
    """What may be done about a failure: nothing at all (`is_fatal`), or ask again (`is_retryable`)."""

    is_fatal: bool = False
    is_retryable: bool = False


_LOST = Fate()
_AGAIN = Fate(is_retryable=True)
_FATAL = Fate(is_fatal=True)

FATES: Final[dict[str, Fate]] = {
    SERVER_FAILED: _AGAIN,
    RATE_LIMITED: _AGAIN,
    TIMED_OUT: _AGAIN,
    CONNECTION_LOST: _AGAIN,
    UNREACHABLE: Fate(is_fatal=True, is_retryable=True),
    KEY_REFUSED: _FATAL,
    UNKNOWN_MODEL: _FATAL,
    BAD_REQUEST: _LOST,
    PROMPT_TOO_LONG: _FATAL,
    REFUSED: _LOST,
    EMPTY_REPLY: _AGAIN,
    MALFORMED_BODY: _AGAIN,
    BAD_REPLY: _LOST,
    QUOTE_NOT_FOUND: _LOST,
    MODEL_BROKEN: _FATAL,
    UNSOLVED: _LOST,
    NO_RULE: _FATAL,
    NOT_RECORDED: _FATAL,
    BAD_SCRIPT: _FATAL,
    NOT_SIMULATED: _FATAL,
    BAD_SIMULATION: _FATAL,
    NO_WEIGHTS: _FATAL,
    NO_ENGINE: _FATAL,
    ENGINE_FAILED: _LOST,
    BAD_CONSTRAINT: _LOST,
}


OF_THE_SERVER: Final = frozenset(
    [
        SERVER_FAILED,
        RATE_LIMITED,
        TIMED_OUT,
        CONNECTION_LOST,
        UNREACHABLE,
        KEY_REFUSED,
        UNKNOWN_MODEL,
        BAD_REQUEST,
        REFUSED,
        EMPTY_REPLY,
        MALFORMED_BODY,
    ]
)
"""How a call fails by what its server does: to whoever asked without a program, no place in one tells anything."""

_NOT_WORKED_ON: Final = (501, 503, 529)
"""What a server replies, beside 3xx and 4xx, to a request on which it does no work."""


def failure(
    code: str,
    message: str,
    *,
    retry_after: float | None = None,
    is_final: bool = False,
    is_billable: bool | None = None,
) -> ModelFailure:
    """The `ModelFailure` of a code; raises `ValueError` for a code that is not one of a model's. `is_final`: it is known that
    asking again as it stands would fail again. `is_billable` is as the code says (`NOT_BILLED`), unless more is known; what a
    provider may bill is booked at its worst."""
    fate = FATES.get(code)
    if fate is None:
        raise ValueError(f"unknown code of a model failure: {code!r}")
    again = fate.is_retryable and not is_final
    failed = ModelFailure(
        code, message, is_fatal=fate.is_fatal, is_retryable=again, retry_after=retry_after, is_billable=is_billable
    )
    failed.usage = UNCOUNTED if failed.is_billable else None
    return failed


def may_be_billed(status: int) -> bool:
    """Whether a server that replied with this status may have worked on the request, and so may bill it."""
    return not (300 <= status < 500 or status in _NOT_WORKED_ON)
