"""Calls and spans made against their bounds, with replies as long as they may be, and the time that an analysis takes."""

from __future__ import annotations

import statistics
import time
from typing import Final

from tests.support.bounding import Trial, excess
from tests.support.sample_inputs import OTHERS, PROGRAMS, sample, title

MANNERS: Final = ("longest", "many", "malformed")
MOST_RATIO: Final = 2.0
MOST_MILLISECONDS: Final = 50.0
RUNS: Final = 5
_LONGEST_FORM: Final = 60


def milliseconds(trial: Trial) -> float:
    """Of the fastest of several analyses without staging."""
    fastest = float("inf")
    for _ in range(RUNS):
        sizes = trial.sizes("measured")
        started = time.process_time()
        trial.bounded(sizes, None)
        fastest = min(fastest, time.process_time() - started)
    return fastest * 1_000


def table() -> list[str]:
    """Printed; what is wrong."""
    print("\n| program | calls made | bound | ratio | span made | bound | analysis, ms | formula of calls |")
    print("|---|---:|---:|---:|---:|---:|---:|---|")
    ratios: list[float] = []
    failures: list[str] = []
    for path in [*PROGRAMS, *OTHERS]:
        trial = sample(path, "longest")
        bounded, from_sizes = trial.bound("staged"), trial.bound("measured")
        assert bounded is not None and from_sizes is not None
        ran = [sample(path, manner).run() for manner in MANNERS]
        failures += [f"{title(path)}: {line}" for one in ran for line in excess(bounded, one)]
        made = {name: max(one.metered[name] or 0 for one in ran) for name in ("calls", "span")}
        calls = bounded.bound.calls
        ratios.append(float("inf") if calls is None else calls / max(1, made["calls"]))
        took = milliseconds(trial)
        if took > MOST_MILLISECONDS:
            failures.append(f"{title(path)}: bounding it took {took:.0f} ms")
        form = from_sizes.bound.formula["calls"]
        print(
            f"| {title(path)} | {made['calls']:,} | {'unlimited' if calls is None else f'{calls:,}'} | {ratios[-1]:.2f} | "
            f"{made['span']} | {bounded.bound.span} | {took:.1f} | `{form if len(form) <= _LONGEST_FORM else 'long'}` |"
        )
    median = statistics.median(ratios)
    print(f"\nmedian ratio of calls: {median:.2f}")
    if median > MOST_RATIO:
        failures.append(f"the median ratio of calls is {median:.2f}, above {MOST_RATIO}")
    return failures
