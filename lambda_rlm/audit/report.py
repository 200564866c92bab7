"""What a tally means for models: where prompts lie in their windows, which way each would go, and what that would likely cost.

Owns the figures of one model. Promises that the ways are those of the router itself, asked for every length, and that a cost is
what the analysis of costs finds likely for the program of that way; where a price is unknown the cost is, too. A prompt of a
log holds its question and its text together, so it is measured as a text with no question beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Final

from lambda_rlm.audit.sketch import Histogram
from lambda_rlm.audit.tally import LogTally
from lambda_rlm.audit.ways import Ways
from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.events import Way
from lambda_rlm.llm.tokens import density, nearest_vocabulary, vocabulary
from lambda_rlm.plan.routing_settings import WAYS, Routing

SHARES: Final = (0.5, 0.9, 0.95, 0.99)
SHORT: Final = 2**14
"""Tokens below which reading in pieces answers worse than reading at once (2603.20105), whatever it would save."""
_WORTH: Final = 0.1
"""A threshold is recommended for its savings only where they are so large a share of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """Figures of one model.

    `percentiles` in its tokens, `over_window` the share of prompts that do not fit its window with a reply, `ways` the share
    that goes each way, `threshold` the longest prompt in tokens that goes straight to it and `limit` the longest that could.
    `reply_tokens` is the mean of the log, None where it does not tell. `usd` is the likely cost of all prompts: as the router
    sends them (`routed`), and each way for all that can go it; `unfit` counts those that cannot be asked directly. `cheaper` is
    the length from which a plan is likely cheaper than the direct call, None where it never is; `saved` what sending all from
    there on, but none below `SHORT`, through a plan would save, None where that is little.
    """

    profile: ModelProfile
    is_counted: bool
    percentiles: Mapping[str, int]
    over_window: float
    unfit: int
    ways: Mapping[Way, float]
    threshold: int
    limit: int
    reply_tokens: int | None
    usd: Mapping[str, float | None] = field(default_factory=dict)
    cheaper: int | None = None
    saved: float | None = None

    def as_json(self) -> dict[str, Any]:
        """As JSON data; keys are added and never renamed."""
        return {
            "model": self.profile.name,
            "window": self.profile.window,
            "tokens": dict(self.percentiles),
            "tokens_are": "counted" if self.is_counted else "estimated",
            "over_window": self.over_window,
            "ways": dict(self.ways),
            "threshold": self.threshold,
            "reply_tokens": self.reply_tokens,
            "likely_usd": dict(self.usd),
            "not_direct": self.unfit,
            "plan_is_cheaper_from": self.cheaper,
            "recommendation": {"direct_up_to": self.advised, "direct_share": self.share, "saves_usd": self.saved},
        }

    @property
    def advised(self) -> int:
        """The longest prompt that should go straight to the model."""
        return self.threshold if self.saved is None or self.cheaper is None else min(self.threshold, max(SHORT, self.cheaper))

    @property
    def share(self) -> float:
        """The advice as the share of the window that a direct call may take."""
        return min(1.0, round(1 - (self.limit - self.advised) / self.profile.room, 3))


def report(
    counted: LogTally, profile: ModelProfile, root: ModelProfile, routing: Routing, task: str | None = None
) -> AuditReport:
    """The figures of a model; `root` writes programs for it."""
    factor = density(profile.name)
    histogram = counted.tokens[nearest_vocabulary(profile.name)]
    ratio = max(1.0, counted.characters / max(1, histogram.total) / factor)
    ways = Ways(profile, root, routing, task, ratio, counted)
    numbers = [(round(number * factor), count) for number, count in histogram.numbers()]
    total = max(1, histogram.count)
    sent: dict[Way, int] = dict.fromkeys(WAYS, 0)
    for tokens, count in numbers:
        sent[ways.way(tokens)] += count
    unfit = sum(count for tokens, count in numbers if not ways.fits(tokens))
    cheaper, saved = _cheaper(numbers, ways)
    return AuditReport(
        profile=profile,
        is_counted=vocabulary(profile.name) is not None,
        percentiles=_percentiles(histogram, factor),
        over_window=unfit / total,
        unfit=unfit,
        ways={way: count / total for way, count in sent.items()},
        threshold=_last(lambda tokens: ways.way(tokens) == "direct", profile.window),
        limit=_last(ways.fits, profile.window),
        reply_tokens=ways.reply,
        usd=_costs(numbers, ways),
        cheaper=cheaper,
        saved=saved,
    )


def _percentiles(histogram: Histogram, factor: float) -> dict[str, int]:
    percentiles = {f"p{round(share * 100)}": round(histogram.quantile(share) * factor) for share in SHARES}
    return {**percentiles, "max": round(histogram.most * factor)}


def _last(holds: Callable[[int], bool], high: int) -> int:
    """The largest number that something holds for which, on the way up, ends once; 0 where it holds for none."""
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _costs(numbers: list[tuple[int, int]], ways: Ways) -> dict[str, float | None]:
    def total(cost: Callable[[int], float | None], fits: Callable[[int], bool] = lambda tokens: True) -> float | None:
        costs = [(cost(tokens), count) for tokens, count in numbers if fits(tokens)]
        if not costs or any(usd is None for usd, _ in costs):
            return None
        return sum((usd or 0.0) * count for usd, count in costs)

    return {
        "routed": total(lambda tokens: ways.usd(ways.way(tokens), tokens)),
        "direct": total(lambda tokens: ways.usd("direct", tokens), ways.fits),
        "plan": total(lambda tokens: ways.usd("plan", tokens)),
        "synth": total(lambda tokens: ways.usd("synth", tokens)),
    }


def _cheaper(numbers: list[tuple[int, int]], ways: Ways) -> tuple[int | None, float | None]:
    """From which length on a plan is likely cheaper than the direct call, and what that would save; nothing where it is
    little."""
    start, saved, spent = None, 0.0, 0.0
    for tokens, count in numbers:
        routed = ways.usd(ways.way(tokens), tokens)
        plan, direct = ways.usd("plan", tokens), ways.usd("direct", tokens)
        if routed is None or plan is None or direct is None:
            return None, None
        spent += routed * count
        if ways.fits(tokens) and plan < direct:
            start = tokens if start is None else start
            if tokens > SHORT and ways.way(tokens) == "direct":
                saved += (direct - plan) * count
        elif ways.fits(tokens):
            start, saved = None, 0.0
    return start, saved if start is not None and saved > _WORTH * spent else None
