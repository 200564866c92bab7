"""How likely an answer is right, by the model of the λ-RLM paper (arXiv 2603.20105, section 4).

Owns `Accuracy`. It ranks plans; it promises nothing about a run, since its numbers are assumptions that nobody measured on the
model at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambda_rlm.data_class import dataclass

if TYPE_CHECKING:
    from lambda_rlm.bounds.bound import Bound
    from lambda_rlm.bounds.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """A call on n tokens in a window of K is right with A₀·ρ^(n/K): `short` is A₀ and `decay` is ρ. Each level that puts
    replies together keeps what is right with A⊕, `compose`. A plan should be right with at least `floor`.

    The defaults are those of the paper's published code where it has them: A⊕ = 0.9, a floor of 0.8, and 0.95 for a call on a
    full window. It gives a call on next to nothing no number; here it is 1, so that ρ = 0.95. With these a plan of one level
    may fill the window, one of two may read about a quarter of it at once, and one of three is below the floor whatever it
    does.
    """

    short: float = 1.0
    decay: float = 0.95
    compose: float = 0.9
    floor: float = 0.8

    def __post_init__(self) -> None:
        for name in ("short", "decay", "compose", "floor"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"accuracy {name} must be between 0 and 1, not {getattr(self, name)!r}")

    def likely(self, share: float, levels: int) -> float:
        """Of a plan whose longest prompt takes this share of the window and that has so many levels above its first calls."""
        return float(self.short * self.decay**share * self.compose**levels)

    def of(self, bound: Bound, rates: Rates) -> float:
        """Of a program with this bound: what waits for a reply puts replies together."""
        if bound.span is None or bound.prompt_chars is None:
            return 0.0
        if bound.span == 0:
            return 1.0
        share = bound.prompt_chars / rates.min_chars_per_token / rates.window
        return self.likely(min(1.0, share), bound.span - 1)
