"""How much of the evidence for answers is right: 60 facts planted in 40 files of nine formats, in sixteen languages, and 81 that are
hard to find: in other words, another language, several passages, other units, among the same and nearly the same values.

`python benchmarks/evidence.py` makes the files, asks each question through `RLM.ask` (directly, by search, extract and aggregate) with a
reader that answers only from what it is shown, often in other words than the file, and prints precision (of all places cited, those with
the planted value) and recall (of all facts, those with such a place), and what is wrong. 28 answers that no passage supports, though
their names and values are there, count too. Exits with 1 below 0.9.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.planted import Asked, asked, figures, invented, posed, write  # noqa: E402
from tests.support.planted_hard import HARD, UNSUPPORTED  # noqa: E402

LEAST = 0.9


def main() -> int:
    """The exit code."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        started = perf_counter()
        runs = [*asked(folder), *invented(folder)]
        hard = [*posed(HARD), *posed(UNSUPPORTED)]
        asking = perf_counter() - started
        started = perf_counter()
        for one in (*runs, *hard):
            _tell_what_is_wrong(one)
        looking = perf_counter() - started
        by_format: dict[str, list[Asked]] = defaultdict(list)
        for one in runs:
            by_format[Path(one.file).suffix].append(one)
        print(f"{'format':8} {'facts':>5} {'cited':>5} {'precision':>9} {'recall':>6}")
        for suffix, some in sorted(by_format.items()):
            _print(suffix, some)
        _print("all", runs)
        _print("hard", hard)
        print(f"asked in {asking:.1f} s, evidence found in {looking:.1f} s")
    return 0 if min(*figures(runs), *figures(hard)) >= LEAST else 1


def _print(name: str, runs: list[Asked]) -> None:
    precision, recall = figures(runs)
    facts, cited = sum(len(one.facts) for one in runs), sum(len(one.run.evidence) for one in runs)
    print(f"{name:8} {facts:>5} {cited:>5} {precision:>9.3f} {recall:>6.3f}")


def _tell_what_is_wrong(one: Asked) -> None:
    right = one.right
    if one.supported == len(one.facts) and len(right) == len(one.run.evidence):
        return
    print(f"{one.file or 'hard'}: {one.facts[0].query if one.facts else '(no support)'} -> {one.run.answer!r:.120}")
    for cited in one.run.evidence:
        print(f"    {'right' if cited in right else 'WRONG'} {cited.file} {cited.line} {cited.match}: {cited.words!r:.160}")
    for note in one.run.evidence_notes:
        print(f"    {note}")


if __name__ == "__main__":
    sys.exit(main())
