"""How questions are routed: what a person may set of it.

Owns `Routing`, and the notation of shares, `plan=0.2,synth=0.1`. Refuses shares outside 0 to 1, and of a split those that come
to more than 1 together.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Final, Literal

from lambda_rlm.data_class import dataclass
from lambda_rlm.events import Way
from lambda_rlm.plan.tasks import TASKS

WAYS: Final[tuple[Way, ...]] = ("direct", "plan", "synth")
Strength = Literal["auto", "strong", "medium", "weak"]
STRENGTHS: Final[tuple[Strength, ...]] = ("auto", "strong", "medium", "weak")


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """How the router decides.

    `direct_share`: an input goes straight to the model while prompt and reply take at most this share of the window,
    `direct_shares` the same by task; `strength`: how well the root model writes programs ("strong", "medium", "weak"), "auto"
    for what a self-test found, what was measured, or else a guess by its name, price and window; `split`: the shares of
    inputs that go another way than the router's own, so that ways can be compared; `escalates`: a direct call may answer that
    the text does not say, and then a plan is tried; `takes_over`: so it is where a written program stopped at a fault of its
    own; `detects`: a model may be asked which task a question is."""

    direct_share: float = 1.0
    direct_shares: Mapping[str, float] = field(default_factory=dict)
    strength: Strength = "auto"
    split: Mapping[str, float] = field(default_factory=dict)
    escalates: bool = False
    takes_over: bool = True
    detects: bool = True

    def __post_init__(self) -> None:
        named = {"direct_share": self.direct_share}
        named |= {f"direct_shares of {task}": share for task, share in self.direct_shares.items()}
        named |= {f"split of {way}": share for way, share in self.split.items()}
        for name, share in named.items():
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be a share from 0 to 1, not {share!r}")
        _known(self.direct_shares, TASKS, "task")
        _known(self.split, WAYS, "route")
        if math.fsum(self.split.values()) > 1:
            raise ValueError(f"the shares of a split must add up to 1, not {math.fsum(self.split.values()):g}")
        if self.strength not in STRENGTHS:
            raise ValueError(f"unknown strength {self.strength!r}; choose from {', '.join(STRENGTHS)}")

    def share(self, task: str | None) -> float:
        """The share of the window up to which a question of this task goes straight to the model."""
        return self.direct_share if task is None else self.direct_shares.get(task, self.direct_share)


def shares(text: str) -> dict[str, float]:
    """The shares that `plan=0.2,synth=0.1` names; raises `ValueError`."""
    shares_by_arm: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        try:
            share = float(number)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise ValueError(f"{part!r} is not NAME=SHARE")
        if name in shares_by_arm:
            raise ValueError(f"duplicate share for {name!r}")
        shares_by_arm[name] = share
    return shares_by_arm


def _known(names: Collection[str], known: Collection[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"unknown {what} {name!r}; choose from {', '.join(known)}")
