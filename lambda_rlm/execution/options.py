"""How a run goes that is neither program nor budget: its options, and its name.

Names of runs sort by time, two never meet, and a few characters at the end tell them apart. Imports little: options are made
long before a run begins.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING, Final, TypeAlias

from lambda_rlm.bounds.planner.accuracy import Accuracy
from lambda_rlm.completion import Model, ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.scripted import ScriptedModel

if TYPE_CHECKING:
    import anyio

    from lambda_rlm.budget.pool import Pool
    from lambda_rlm.eval.asking.asker import SubSolver
    from lambda_rlm.eval.asking.patience import Patience
    from lambda_rlm.execution.prospect import Prospect
    from lambda_rlm.execution.what_runs import Term

OnBound: TypeAlias = "Callable[[Prospect], None]"
"""Told what a run can cost before its first call; an exception ends the run there."""

NOBODY: Final[Model] = ScriptedModel((), ModelProfile(name="nobody", window=8_192, max_output=2_048))
"""Stands in for the model of a program that asks none."""

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Declined(Exception):
    """An `OnBound` wants no such run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run goes that is neither program nor budget: `is_strict` makes a degraded answer a fault, `seed` is the number of
    the first independent sample, `out` is the reply's tokens where a program does not say, `accuracy` what the planner assumes
    of the model, `is_estimated` has the likely cost worked out and told beside the bound, `key` makes the codes of data markers
    (None: the installation's). `run` is the run's id (None: a new one). `pool` is what may be billed beyond one attempt for
    each call (None: by the model's price). `solver` answers `rlm_call`; `limiter` counts calls in flight together with those of
    another run, whose `patience` is shared where that began as likely. `clock` gives the seconds
    of which the deadline is made; `started` is when the run began by it, its inputs not read yet (None: now). `terms` are what
    else decides what the run does, as its door knows it, for who approves. With `is_streamed`, an answer that is the reply of
    one call is told while it comes (`events.Streaming`)."""

    is_strict: bool = False
    is_streamed: bool = False
    seed: int = 0
    out: int = 1_024
    pool: Pool | None = None
    accuracy: Accuracy = field(default_factory=Accuracy)
    is_estimated: bool = False
    key: bytes | None = field(default=None, repr=False)
    run: str | None = None
    solver: SubSolver | None = None
    limiter: anyio.Semaphore | None = None
    patience: Patience | None = None
    clock: Callable[[], float] = time.monotonic
    started: float | None = None
    terms: tuple[Term, ...] = field(default=(), repr=False)


def run_id() -> str:
    """A ULID: 48 bits of milliseconds, 80 of chance, in Crockford's base 32 (github.com/ulid/spec)."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
