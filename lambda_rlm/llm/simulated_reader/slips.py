"""When a reader errs: the accuracy model of the λ-RLM paper (arXiv 2603.20105, section 4).

Owns `Slips`. Promises that whether and how an answer is wrong depends on nothing but the seed, the prompt, the number of the
sample and the place of the answer in the reply, so neither on the schedule nor on what was asked before.
"""

from __future__ import annotations

import hashlib
from random import Random

from lambda_rlm.data_class import dataclass


@dataclass(frozen=True, slots=True)
class Slips:
    """The slips of one reply: each answer in it is wrong with probability 1 − `accuracy`."""

    accuracy: float
    identity: str
    seed: int

    def at(self, place: str) -> Random | None:
        """None where the answer at a place is right, else what to draw the wrong one from."""
        digest = hashlib.sha256(f"{self.seed}\0{place}\0{self.identity}".encode("utf-8", "surrogatepass")).digest()
        random = Random(digest)
        return random if random.random() >= self.accuracy else None


def accuracy(short: float, decay: float, tokens: int, scale: int) -> float:
    """A₀·ρ^(n/K): `short` is A₀, `decay` is ρ, `tokens` is n, and `scale` is K."""
    return float(short * decay ** (tokens / scale))
