"""How many programs of a strong model are accepted: at first try, after slips were put right without asking, after one repair.

`python benchmarks/synthesis.py` takes the fourteen recorded programs. It judges each as synthesis does, on inputs of the stated
sizes and a leaf model whose window surely holds a prompt of 32,000 characters, and beside that with the sizes alone. Then it makes in
each program every slip of a list, everywhere at once, and counts how many are put right without asking and mean what they did. It
fails when fewer are accepted or put right than are on record here.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.diagnostics.diagnostic import Rejected, Severity  # noqa: E402
from lambda_rlm.execution.check import check  # noqa: E402
from lambda_rlm.execution.prospect import Prospect, foresee, foresee_sizes  # noqa: E402
from lambda_rlm.inputs import from_values  # noqa: E402
from tests.support.worlds.all_tasks import REPAIRED, TASKS, recorded, repaired  # noqa: E402
from tests.support.worlds.full_size import declared, full_size  # noqa: E402
from tests.support.worlds.slips import SLIPS, mended  # noqa: E402
from tests.support.worlds.world import Truthful  # noqa: E402

BUDGET: Final = Budget(calls=10_000, tokens=10**10)
LEAST_ACCEPTED: Final = 13
LEAST_MENDED: Final = 0.95


@dataclass(frozen=True, slots=True)
class Judged:
    """A program on inputs of the stated sizes: the codes against it, its calls at most, the seconds it took to say so."""

    codes: tuple[str, ...]
    calls: int | None
    seconds: float


def judged(task: str, text: str) -> Judged:
    """What synthesis would say of a program at the stated size."""
    world, values = full_size(task, 1)
    inputs = from_values(values).with_query(world.query)
    began = perf_counter()
    checked = check(text, inputs.types)
    if checked.typed is None:
        return Judged(tuple(d.code for d in checked.diagnostics), None, perf_counter() - began)
    try:
        found = foresee(checked.typed, inputs.values, Truthful(world), BUDGET)
    except Rejected as rejected:
        return Judged(tuple(d.code for d in rejected.diagnostics), None, perf_counter() - began)
    return Judged(_errors(found), found.bound.calls, perf_counter() - began)


def by_size_alone(task: str, text: str) -> tuple[str, ...]:
    """The codes against a program of which only the sizes of inputs are known, warnings aside."""
    world = TASKS[task](1)
    checked = check(text, from_values(dict(world.inputs)).types)
    assert checked.typed is not None
    try:
        return _errors(foresee_sizes(checked.typed, {}, declared(task), Truthful(world).profile, BUDGET))
    except Rejected as rejected:
        return tuple(d.code for d in rejected.diagnostics)


def _errors(found: Prospect) -> tuple[str, ...]:
    return tuple(dict.fromkeys(d.code for d in found.diagnostics if d.severity is Severity.ERROR))


def main() -> int:
    """The exit code."""
    print(
        f"{'program':<24}{'at first try':>14}{'after a repair':>16}{'calls at most':>15}{'judged in':>11}{'by size alone':>16}"
    )
    first = after = alone = 0
    for task in TASKS:
        once = judged(task, recorded(task))
        again = judged(task, repaired(task)) if task in REPAIRED else once
        sizes = by_size_alone(task, recorded(task))
        first, after, alone = first + (not once.codes), after + (not again.codes), alone + (not sizes)
        told, later = " ".join(once.codes) or "accepted", " ".join(again.codes) or "accepted"
        calls, seconds = f"{again.calls:,}" if again.calls is not None else "-", f"{once.seconds:.2f} s"
        print(f"{task:<24}{told:>14}{later:>16}{calls:>15}{seconds:>11}{' '.join(sizes) or 'accepted':>16}")
    print(f"\nof {len(TASKS)}: {first} at first try, {after} after one repair, {alone} by their sizes alone\n")
    print(f"{'slip, made everywhere':<28}{'programs':>10}{'put right':>11}")
    places = right = 0
    for name, slip in SLIPS.items():
        results = [result for task in TASKS if (result := mended(task, slip)) is not None]
        places, right = places + len(results), right + sum(results)
        print(f"{name:<28}{len(results):>10}{sum(results):>11}")
    print(f"\n{right} of {places} programs with slips put right without asking ({right / places:.1%})")
    return 0 if first >= LEAST_ACCEPTED and after == len(TASKS) and right / places >= LEAST_MENDED else 1


if __name__ == "__main__":
    sys.exit(main())
