"""What code of others raised, in words: a host's functions, models and validators, and packages.

Owns `raised`. Promises a text whatever the exception is: its class may refuse to say anything, or say too much.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.graphemes import begun

_LONGEST: Final = 1_000


def raised(error: BaseException) -> str:
    """The class of an exception and what it says: `ValueError: not a number`."""
    try:
        words = str.__str__(str(error))
    except Exception as another:  # noqa: BLE001 - whatever the class of an exception does when it is asked
        words = f"without words ({type(another).__name__})"
    said = words if len(words) <= _LONGEST else f"{begun(words, _LONGEST)}…"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
