"""The tokens of a text of any length, in known vocabularies.

Owns what is counted and what is estimated. A text of up to `EXACT` characters is counted; of a longer one stretches are, spread
over all of it. Promises that estimates are checked: one in fifty is counted too, and how far it was off is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Final

from lambda_rlm.audit.sketch import Histogram
from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named

EXACT: Final = 32_000
_STRETCH: Final = 2_000
_STRETCHES: Final = 8
_CHECKED: Final = 50
_MOST_CHECKED: Final = 1_000_000
"""Characters of a text whose estimate is checked: a longer one would cost seconds."""
_UNIT: Final = 10_000
"""Errors are kept as hundredths of a per cent."""


@dataclass(slots=True)
class Counter:
    """Counts in several vocabularies at once. `errors` are those of estimates that were checked."""

    vocabularies: Sequence[str]
    estimated: int = 0
    errors: Histogram = field(default_factory=Histogram)
    _encoders: list[Callable[[str], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._encoders = [vocabulary_named(name).exact for name in self.vocabularies]

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text in each vocabulary."""
        if len(text) <= EXACT:
            return [encode(text) for encode in self._encoders]
        self.estimated += 1
        last = len(text) - _STRETCH
        starts = [last * i // (_STRETCHES - 1) for i in range(_STRETCHES)]
        stretches = [text[start : start + _STRETCH] for start in starts]
        counts = [_scaled(encode, stretches, len(text)) for encode in self._encoders]
        if self.estimated % _CHECKED == 1 and len(text) <= _MOST_CHECKED:
            truth = max(1, self._encoders[0](text))
            self.errors.add(round(_UNIT * abs(counts[0] - truth) / truth))
        return counts

    def of_stretches(self, stretches: Sequence[bytes], size: int) -> list[int]:
        """The tokens of a line of which only stretches are known, and how many bytes it has."""
        self.estimated += 1
        texts = [stretch.decode("utf-8", "replace") for stretch in stretches]
        ratio = size / max(1, sum(map(len, stretches)))
        return [round(ratio * sum(encode(text) for text in texts)) for encode in self._encoders]

    def error(self, share: float) -> float:
        """How far this share of the estimates that were checked were off at most, as a share of the truth."""
        return self.errors.quantile(share) / _UNIT


def _scaled(encode: Callable[[str], int], stretches: Sequence[str], length: int) -> int:
    return round(length / sum(map(len, stretches)) * sum(encode(stretch) for stretch in stretches))
