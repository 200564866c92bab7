"""The pool: how many attempts of a run, beyond one for each call, may be billed.

Owns `Pool`, how one is written, and which one a model has. Repairs of bad replies, and requests that are sent again after an
attempt that may have been billed, are taken from one pool for the whole run: `n + pool` attempts bound its cost, where a cap on
each call would multiply it."""

from __future__ import annotations

from typing import Final

from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern

_WHOLE: Final = 100
_WRITTEN: Final = late_pattern(r"([0-9]{1,9})( ?%)?")


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

    def __str__(self) -> str:
        if not self.percent:
            return f"{self.least:,}"
        return f"{self.percent:,}%" + (f", at least {self.least:,}" if self.least else "")

    @classmethod
    def written(cls, text: str) -> Pool:
        """The pool that a person writes as a number of attempts, or as a share of the calls: `3`, `10%`. Raises
        `ValueError`."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"a pool is a whole number or a share of the calls such as 10%, not {text!r:.80}")
        number = int(found[1])
        return cls(number, 0) if found[2] is None else cls(min(1, number), number)

    def of(self, calls: int) -> int:
        """The attempts in the pool of a run of at most N calls."""
        return max(self.least, -(-calls * self.percent // _WHOLE)) if calls else 0


TENTH: Final = Pool()

ALL: Final = Pool(percent=_WHOLE)
"""As many as there are calls: where nobody pays by the token."""


def pool_of(profile: ModelProfile, chosen: Pool | None = None) -> Pool:
    """The pool of a run that asks this model, where nobody chose another: a tenth where an attempt costs money."""
    if chosen is not None:
        return chosen
    return TENTH if profile.input_price or profile.output_price else ALL


def used_up(pool: int) -> str:
    """Words for a pool in which nothing is left."""
    what = "repairs of invalid replies and repeated requests"
    if not pool:
        return f"the run may make no extra attempts ({what})"
    return f"the run used its pool of {pool:,} extra {'attempt' if pool == 1 else 'attempts'} ({what})"
