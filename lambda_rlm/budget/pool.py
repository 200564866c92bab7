"""The pool: how many attempts of a run, beyond one for each call, may be billed.

Owns `Pool`. Repairs of bad replies, and requests that are sent again after an attempt that may have been billed, are taken from
one pool for the whole run: `n + pool` attempts bound its cost, where a cap on each call would multiply it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class Pool:
    """At least `least` attempts, and `percent` of the calls of a run. Raises `ValueError` for what is no such number."""

    least: int = 1
    percent: int = 10

    def __post_init__(self) -> None:
        for name in ("least", "percent"):
            number = getattr(self, name)
            if type(number) is not int or number < 0:
                raise ValueError(f"the {name} of a pool must be an integer of at least 0, not {number!r:.80}")

    def of(self, calls: int) -> int:
        """The attempts in the pool of a run of at most so many calls."""
        return max(self.least, -(-calls * self.percent // _WHOLE)) if calls else 0


TENTH: Final = Pool()

ALL: Final = Pool(percent=_WHOLE)
"""As many as there are calls: where nobody pays by the token."""
