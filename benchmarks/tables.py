"""Reading and typing of CSV and JSON Lines against pyarrow alone, within one run.

`python benchmarks/tables.py` writes tables of `--rows` rows (10^4, 10^5 and 10^6 by default) with an id, a day, a name of few, an
amount and a state, and takes the processor time, all threads together, best of five in turn: pyarrow reading one into its own
columns; the rows of an input with their type, with pyarrow and by the standard library (up to 10^5 rows); and the digest of the
rows. Then the memory of a process that reads the largest: its peak, and what is held afterwards, beside the size of the same rows as
a table of pyarrow with plain columns. Exits with 1 where reading and typing 10^6 rows takes more than five times as long as pyarrow
alone, or where rows of CSV take more than three times their size, at the peak or held. JSON Lines are longer than their rows: of
their peak, the file and its text are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pyarrow as pa  # noqa: E402
from pyarrow import csv as arrow_csv  # noqa: E402
from pyarrow import json as arrow_json  # noqa: E402

from lambda_rlm.inputs import from_arguments  # noqa: E402
from lambda_rlm.inputs.formats import arrow  # noqa: E402

MOST: Final = 5.0
"""Reading and typing, against pyarrow alone."""
MOST_MEMORY: Final = 3.0
"""What rows take, against their size as a table of pyarrow."""
_LEAST: Final = 1_000_000
"""Rows from which on the limits hold: smaller files are mostly the start of pyarrow."""
_NAMES: Final = ("id", "day", "name", "amount", "state")

_MEMORY: Final = """
import gc, sys, tempfile
from pathlib import Path
def now(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key))
import pyarrow, pyarrow.csv, pyarrow.json, pyarrow.compute
from lambda_rlm.inputs import from_arguments
with tempfile.TemporaryDirectory() as folder:  # libraries and threads are there before anything is measured
    for name, text in (("a.csv", "a,b\\n" + "1,x\\n" * 300_000), ("a.jsonl", '{"a": 1, "b": "x"}\\n' * 60_000)):
        (Path(folder) / name).write_text(text)
        from_arguments([str(Path(folder) / name)])
pyarrow.default_memory_pool().release_unused()
peak, held = now("VmHWM"), now("VmRSS")
rows = from_arguments([sys.argv[1]]).values["context"]
after = now("VmHWM") - peak
gc.collect()
pyarrow.default_memory_pool().release_unused()
print(after, now("VmRSS") - held)
"""


def rows(count: int) -> list[tuple[Any, ...]]:
    """Rows from a seed."""
    chance = Random(1)
    people = [f"name {number}" for number in range(5_000)]
    first = date(2020, 1, 1)
    return [
        (
            number + 1,
            (first + timedelta(days=chance.randrange(1_500))).isoformat(),
            chance.choice(people),
            chance.randrange(100, 90_000) / 100,
            chance.choice(("open", "closed", "late")),
        )
        for number in range(count)
    ]


def write(folder: Path, count: int) -> None:
    """The same rows in both formats."""
    made = rows(count)
    lines = [",".join(_NAMES), *(",".join(map(str, row)) for row in made)]
    (folder / f"{count}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    texts = (json.dumps(dict(zip(_NAMES, row, strict=True))) for row in made)
    (folder / f"{count}.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")


def best(jobs: list[Callable[[], object]], times: int = 5) -> list[float]:
    """Processor seconds of the fastest of several, of each job; one after the other, so that other work meets all."""
    seconds = [float("inf")] * len(jobs)
    for _ in range(times):
        for number, job in enumerate(jobs):
            began = process_time()
            made = job()
            seconds[number] = min(seconds[number], process_time() - began)
            del made
    return seconds


def measure(path: Path, count: int) -> bool:
    """Whether reading and typing is within the limit; prints a row."""
    data = path.read_bytes()
    read = arrow_csv.read_csv if path.suffix == ".csv" else arrow_json.read_json

    def by_standard_library() -> object:
        before, arrow.WORTH = arrow.WORTH, sys.maxsize
        try:
            return from_arguments([str(path)])
        finally:
            arrow.WORTH = before

    jobs: list[Callable[[], object]] = [lambda: read(pa.BufferReader(data)), lambda: from_arguments([str(path)])]
    alone, ours, *standard = best([*jobs, by_standard_library] if count <= 100_000 else jobs)
    inputs = from_arguments([str(path)])
    began = process_time()
    inputs.digest("context")
    digest = process_time() - began
    other = f"{standard[0] / alone:9.1f}" if standard else "        –"
    print(
        f"{path.name:16} {len(data) / 1e6:6.1f} MB {alone:8.3f} s {ours / alone:9.1f} {other} {digest:8.3f} s",
        flush=True,
    )
    return ours <= MOST * alone or count < _LEAST


def memory(path: Path, count: int) -> bool:
    """Whether the rows take no more memory than they may; prints what they take."""
    plain = {"id": pa.int64(), "day": pa.string(), "name": pa.string(), "amount": pa.float64(), "state": pa.string()}
    types = arrow_csv.ConvertOptions(column_types=plain)
    size = arrow_csv.read_csv(path.with_suffix(".csv"), convert_options=types).nbytes / 1e6
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{_MEMORY}", str(path)]
    peak, held = (int(one) / 1e3 for one in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    file = path.stat().st_size / 1e6
    counted = peak if path.suffix == ".csv" else peak - 2 * file
    print(
        f"memory of {path.name}: {size:,.0f} MB as plain columns; {held:,.0f} MB held ({held / size:.1f} ×), {peak:,.0f} MB at the peak "
        f"({peak / size:.1f} ×), without the file and its text {peak - 2 * file:,.0f} MB",
        flush=True,
    )
    return max(counted, held) <= MOST_MEMORY * size or count < _LEAST


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    chosen = parser.parse_args()
    is_within = True
    print(f"{'':16} {'size':>9} {'pyarrow':>10} {'typed':>9} {'standard':>9} {'digest':>10}   (× pyarrow)")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for count in chosen.rows:
            write(folder, count)
            for suffix in ("csv", "jsonl"):
                is_within = measure(folder / f"{count}.{suffix}", count) and is_within
        if sys.platform == "linux":
            for suffix in ("csv", "jsonl"):
                count = max(chosen.rows)
                is_within = memory(folder / f"{count}.{suffix}", count) and is_within
    return 0 if is_within else 1


if __name__ == "__main__":
    raise SystemExit(main())
