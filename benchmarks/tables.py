"""Reading and typing of CSV and JSON Lines against pyarrow alone, within one run.

`python benchmarks/tables.py` writes tables of `--rows` rows (10^4, 10^5 and 10^6 by default) with an id, a day, a name of few, an amount and a
state, and takes the processor time, all threads together, best of five in turn: pyarrow reading one into its own columns; the same and nothing but a dict for each row, of values that are
there already, by a loop that is written for these five columns, which is the least that rows of Python cost; rows made by pyarrow's own
`to_pylist`; and the rows of an input with their type, with pyarrow and by the standard library (up to 10^5 rows). Exits with 1 where reading and
typing 10^6 rows takes more than 3.5 times as long as the least, or longer than `to_pylist`; that of JSON Lines may take five times as long as
pyarrow into its own columns. Then the peak of memory of a process
that reads the largest, against that of one that only holds the same rows.
"""

from __future__ import annotations

import argparse
import gc
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

MOST: Final = 3.5
"""Reading and typing, against the least that rows cost."""
MOST_OF_LINES: Final = 5.0
"""Reading and typing JSON Lines, against pyarrow alone."""
_LEAST: Final = 1_000_000
"""Rows from which on the limit holds: smaller files are mostly the start of pyarrow."""
_NAMES: Final = ("id", "day", "name", "amount", "state")

_PEAK: Final = """
import sys
from pathlib import Path
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
import pyarrow, pyarrow.csv, pyarrow.json, pyarrow.compute, lambda_rlm.inputs.formats.registry
from lambda_rlm.inputs import from_arguments
before = peak()
if sys.argv[2] == "read":
    rows = from_arguments([sys.argv[1]]).values["context"]
else:
    import csv
    with open(sys.argv[1]) as file:
        rows = [{"id": int(r["id"]), "day": r["day"], "name": sys.intern(r["name"]), "amount": float(r["amount"]), "state": sys.intern(r["state"])}
                for r in csv.DictReader(file)]
print(peak() - before)
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
    """Whether reading and typing is within the limits; prints a row."""
    data = path.read_bytes()
    read = arrow_csv.read_csv if path.suffix == ".csv" else arrow_json.read_json

    def by_standard_library() -> object:
        before, arrow.WORTH = arrow.WORTH, sys.maxsize
        try:
            return from_arguments([str(path)])
        finally:
            arrow.WORTH = before

    cells = [column.to_pylist() for column in read(pa.BufferReader(data)).columns]

    def dicts() -> object:
        gc.disable()
        try:
            return [{"id": a, "day": b, "name": c, "amount": d, "state": e} for a, b, c, d, e in zip(*cells, strict=True)]
        finally:
            gc.enable()

    jobs: list[Callable[[], object]] = [
        lambda: read(pa.BufferReader(data)),
        dicts,
        lambda: read(pa.BufferReader(data)).to_pylist(),
        lambda: from_arguments([str(path)]),
    ]
    alone, made, listed, ours, *standard = best([*jobs, by_standard_library] if count <= 100_000 else jobs)
    other = f"{standard[0] / alone:9.1f}" if standard else "        –"
    print(
        f"{path.name:16} {len(data) / 1e6:6.1f} MB {alone:8.3f} s {1 + made / alone:9.1f} {listed / alone:9.1f} {ours / alone:9.1f} {other}",
        flush=True,
    )
    is_within = ours <= min(MOST * (alone + made), listed) and (path.suffix == ".csv" or ours <= MOST_OF_LINES * alone)
    return is_within or count < _LEAST


def memory(path: Path) -> None:
    """The peak of reading a table, against that of holding its rows."""
    peaks = []
    for how in ("read", "hold"):
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{_PEAK}", str(path), how]
        peaks.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1e3)
    print(f"memory of {path.name}: {peaks[0]:,.0f} MB, {peaks[0] / peaks[1]:.2f} × that of a loop over csv.DictReader")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    chosen = parser.parse_args()
    is_within = True
    print(f"{'':16} {'size':>9} {'pyarrow':>10} {'least':>9} {'as rows':>9} {'typed':>9} {'standard':>9}   (× pyarrow)")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for count in chosen.rows:
            write(folder, count)
            for suffix in ("csv", "jsonl"):
                is_within = measure(folder / f"{count}.{suffix}", count) and is_within
        if sys.platform == "linux":
            memory(folder / f"{max(chosen.rows)}.csv")
    return 0 if is_within else 1


if __name__ == "__main__":
    raise SystemExit(main())
