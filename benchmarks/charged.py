"""What a step and a byte are worth: every library function on arguments that are chosen against it.

`python benchmarks/charged.py` runs each row of `tests/support/adversarial.py` at three sizes and prints microseconds of processor
time for each further step between the first and the last, and bytes of memory at its peak for each byte charged; it fails where
one is over its limit, and where a function has no row. A part of a row's name as argument selects rows.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.syntax.primitive import Primitive  # noqa: E402
from tests.support.adversarial import ROWS, Row, prepared  # noqa: E402

SIZES = (4_000, 32_000, 256_000)
STEP = 0.5
"""Microseconds that a step may take."""
BYTE = 3.0
"""Bytes that a charged byte may be."""
SLACK = 2 << 20
"""Bytes that a run may hold for what it is made of."""
SECONDS = 0.002
"""What the clock and the loop make of one run."""


def peak(row: Row, n: int) -> tuple[int, int]:
    """Bytes held at the peak of a run beyond its inputs, and bytes charged."""
    run = prepared(row, n)
    gc.collect()
    tracemalloc.start()
    came = run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most, came.bytes


def measured(row: Row) -> tuple[float, float]:
    """Microseconds for each step, bytes for each byte."""
    prepared(row, 1_000)()
    small, *_, large = [min((prepared(row, n)() for _ in range(2)), key=lambda came: came.seconds) for n in SIZES]
    seconds = large.seconds - small.seconds - SECONDS
    step = seconds * 1e6 / max(1, large.steps - small.steps)
    held, charged = peak(row, SIZES[1])
    return max(0.0, step), max(0, held - SLACK) / max(1, charged)


def main(wanted: str = "") -> int:
    missing = set(Primitive) - {row.primitive for row in ROWS}
    is_good = not missing
    print(f"{'function and arguments':44} {'µs a step':>10} {'bytes a byte':>13}")
    for row in ROWS:
        if wanted in row.name:
            step, byte = measured(row)
            mark = "" if step <= STEP and byte <= BYTE else "  over the limit"
            print(f"{row.name:44} {step:10.3f} {byte:13.2f}{mark}", flush=True)
            is_good = is_good and not mark
    for primitive in sorted(missing):
        print(f"{primitive:44} has no row")
    print(f"limits: {STEP} µs a step, {BYTE:g} bytes a byte")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
