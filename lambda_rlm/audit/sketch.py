"""A histogram of whole numbers from 0 up, of bounded size whatever it is given.

Owns the buckets. Promises that a quantile is off by at most half a per cent of its value, that numbers up to 200 are exact, and
that count, sum and largest number are exact. (The relative-error sketch of Masson, Rim and Lee, VLDB 2019, with one fixed
error.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from lambda_rlm.data_class import dataclass

ERROR: Final = 0.005
_EXACT: Final = 200
_GROWTH: Final = math.log((1 + ERROR) / (1 - ERROR))


@dataclass(slots=True)
class Histogram:
    counts: dict[int, int] = field(default_factory=dict)
    count: int = 0
    total: int = 0
    most: int = 0

    def add(self, number: int) -> None:
        """One more number."""
        bucket = number if number <= _EXACT else _EXACT + math.ceil(math.log(number / _EXACT) / _GROWTH)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.count += 1
        self.total += number
        self.most = max(self.most, number)

    def quantile(self, share: float) -> int:
        """The number that this share of all numbers do not exceed; 0 where there are none."""
        rank = max(1, math.ceil(share * self.count))
        for number, count in self.numbers():
            rank -= count
            if rank <= 0:
                return number
        return 0

    def numbers(self) -> Iterator[tuple[int, int]]:
        """What stands for each bucket, from the smallest, and how many numbers it holds."""
        for bucket in sorted(self.counts):
            yield min(self.most, _middle(bucket)), self.counts[bucket]


def _middle(bucket: int) -> int:
    """The number that is no more than `ERROR` away from any in a bucket."""
    if bucket <= _EXACT:
        return bucket
    upper = _EXACT * math.exp((bucket - _EXACT) * _GROWTH)
    return round(upper * (1 - ERROR))
