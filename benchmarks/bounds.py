"""How tight the bounds are, and how long they take: the programs of tests/conformance/programs, the strategies and the examples,
on made-up inputs.

`python benchmarks/bounds.py` prints a table (that of docs/bounds.md): calls made with replies as long as they may be, the bound
after staging, their ratio, the same for spans and tokens, and milliseconds of processor time to bound the program from sizes
alone. Fails when the median ratio of calls is above 2, when a run exceeds its bound, or when an analysis takes 50 ms.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.bounding import Trial, excess  # noqa: E402
from tests.support.sample_inputs import OTHERS, PROGRAMS, sample, title  # noqa: E402

MANNERS = ("longest", "many", "malformed")
MOST_RATIO = 2.0
MOST_MILLISECONDS = 50.0
RUNS = 5


def milliseconds(trial: Trial) -> float:
    """Of the fastest of several analyses without staging."""
    fastest = float("inf")
    for _ in range(RUNS):
        sizes = trial.sizes("measured")
        started = time.process_time()
        trial.bounded(sizes, None)
        fastest = min(fastest, time.process_time() - started)
    return fastest * 1_000


def main() -> int:
    print(
        "| program | calls made | bound | ratio | span made | bound | input tokens, bound / made | analysis, ms | formula of calls |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---|")
    ratios, failures = [], []
    for path in [*PROGRAMS, *OTHERS]:
        trial = sample(path, "longest")
        bounded, from_sizes = trial.bound("staged"), trial.bound("measured")
        assert bounded is not None and from_sizes is not None
        ran = [sample(path, manner).run() for manner in MANNERS]
        failures += [f"{title(path)}: {line}" for one in ran for line in excess(bounded, one)]
        made = {name: max(one.metered[name] or 0 for one in ran) for name in ("calls", "span", "input_tokens")}
        calls, span, tokens = bounded.bound.calls, bounded.bound.span, bounded.bound.input_tokens
        ratio = float("inf") if calls is None else calls / max(1, made["calls"])
        ratios.append(ratio)
        took = milliseconds(trial)
        if took > MOST_MILLISECONDS:
            failures.append(f"{title(path)}: bounding it took {took:.0f} ms")
        slack = "–" if tokens is None else f"{tokens / max(1, made['input_tokens']):.1f}"
        formula = from_sizes.bound.formula["calls"]
        shown = formula if len(formula) <= 60 else "long"
        print(
            f"| {title(path)} | {made['calls']:,} | {'unlimited' if calls is None else f'{calls:,}'} | {ratio:.2f} | "
            f"{made['span']} | {span} | {slack} | {took:.1f} | `{shown}` |"
        )
    median = statistics.median(ratios)
    print(f"\nmedian ratio of calls: {median:.2f}")
    if median > MOST_RATIO:
        failures.append(f"the median ratio of calls is {median:.2f}, above {MOST_RATIO}")
    print("\n".join(failures), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
