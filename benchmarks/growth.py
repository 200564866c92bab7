"""How processor time and storage grow with the input: 1, 10 and 100 MB of text, and 10^4, 10^5 and 10^6 rows.

`python benchmarks/growth.py` runs whole `lambda-rlm run` commands, each in a process of its own: over text a plan that asks a
local server about every piece of 20,000 characters, and a pure program that searches and counts lines; over rows a filter, a
group and a sum, and one aggregate. It prints the processor time of each command and its peak of storage (proportional set
size, sampled; resident where that is not told), and exits with 1 where ten times the input takes more than `MOST` times of
either. `--quick` leaves out the largest sizes; `--save FILE` writes the figures as JSON, which `plots/growth.py` draws.

`MOST` is ten and a fifth of it: the same command measured again differs by up to a tenth, and a text of 100 MB fits no cache
of a processor, where one of 10 MB still does. The start is not taken off: beside the larger of two neighbors it is little,
and taking it off would let noise of the smaller one decide. What grows as n log n passes, as sorting must; what grows with
the square is ten times over.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from runtime import server

ROOT: Final = Path(__file__).resolve().parent.parent
MOST: Final = 12.0
"""How many times more processor time or storage ten times the input may take."""
TEXTS: Final = (1, 10, 100)
"""Megabytes of text."""
ROWS: Final = (10_000, 100_000, 1_000_000)
_GLANCE: Final = 0.05
_WORDS: Final = (
    *("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "seventeen"),
    *("engineers", "argue", "about", "memory", "in", "quiet", "rooms", "of", "old", "houses"),
)
_PLAN: Final = 'chunk(context, 20000) |> map(fn(c) => llm_call(f"How long is it?\\n{c}", out=16)) |> join(" ") |> length'
_PURE: Final = (
    'let found = search(context, r"engineers (\\w+) about");\n'
    '{ found: length(found), lines: lines(context) |> count(fn(l) => contains(l, "memory")) }'
)
_GROUPED: Final = (
    'context |> filter(fn(r) => r.state == "open") |> group_by(fn(r) => r.name)\n'
    "  |> map(fn(g) => { name: g.key, total: sum(g.items |> map(fn(r) => r.amount)) }) |> top(5, fn(t) => t.total)"
)
_TOTAL: Final = "context |> map(fn(r) => r.amount) |> sum"


@dataclass(frozen=True)
class Figure:
    """What one command took: `size` in megabytes or rows, `cpu` in seconds, `peak` in megabytes."""

    job: str
    size: int
    cpu: float
    peak: float


def write_text(path: Path, megabytes: int) -> None:
    """English-like ASCII lines, each with its number."""
    left, number = megabytes * 1_000_000, 0
    with path.open("w", encoding="ascii") as file:
        while left > 0:
            words = [_WORDS[(number * step + step) % len(_WORDS)] for step in (1, 3, 5, 7, 11, 13, 17)]
            left -= file.write(f"{number:08d} {' '.join(words)}\n"[:left])
            number += 1


def write_rows(path: Path, count: int) -> None:
    """Rows with an id, a day, one of 5,000 names, an amount and a state."""
    states = ("open", "closed", "late")
    with path.open("w", encoding="ascii") as file:
        file.write("id,day,name,amount,state\n")
        for n in range(count):
            day = f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}"
            file.write(f"{n},{day},name {n * 7919 % 5000},{n * 31 % 90_000 / 100},{states[n * 13 % 3]}\n")


def storage_of(process: int) -> int:
    """Kilobytes that a process holds in proportion to who shares them; 0 where that is not told."""
    try:
        with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def spent_by(pid: int) -> tuple[int, resource.struct_rusage]:
    """The most storage of a child process in kilobytes, and its usage once it has ended."""
    peak = 0
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            if status:
                raise SystemExit(f"the command ended with status {os.waitstatus_to_exitcode(status)}")
            resident = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
            return peak or resident, usage
        peak = max(peak, storage_of(pid))
        time.sleep(_GLANCE)


def measured(job: str, size: int, program: str, path: Path, options: list[str]) -> Figure:
    folder = path.parent
    (folder / "program.lam").write_text(program, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(ROOT), "LAMBDA_RLM_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "lambda_rlm", "run", "program.lam", path.name, *options]
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        try:
            peak, usage = spent_by(process.pid)
        except SystemExit:
            print((folder / "said").read_text(errors="replace")[-600:], file=sys.stderr)
            raise
        finally:
            process.returncode = 0  # waited for already
    return Figure(job, size, usage.ru_utime + usage.ru_stime, peak / 1024)


def grown(
    job: str, sizes: tuple[int, ...], make: Callable[[Path, int], None], program: str, options: list[str]
) -> list[Figure]:
    """The figures of one job at all sizes. A run before them writes bytecode, and what a first run of a user writes."""
    figures = []
    name, unit = ("input.txt", "MB") if make is write_text else ("input.csv", "rows")
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        for size in (sizes[0], *sizes):
            make(path, size)
            figure = measured(job, size, program, path, options)
            figures.append(figure)
            if len(figures) > 1:
                print(f"{job:<28} {size:>9,} {unit:<4} {figure.cpu:8.2f} s {figure.peak:8.0f} MB", flush=True)
    return figures[1:]


def steepest(figures: list[Figure]) -> list[str]:
    """What grew more than in proportion, in words."""
    over = []
    for small, large in pairwise(figures):
        scale = large.size / small.size / 10
        for what, a, b in (("processor time", small.cpu, large.cpu), ("storage", small.peak, large.peak)):
            if b > MOST * scale * a:
                over.append(f"{large.job}: {b / a:.1f} times the {what} for {large.size / small.size:g} times the input")
    return over


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the largest sizes")
    parser.add_argument("--save", metavar="FILE", type=Path, help="write the figures as JSON")
    parser.add_argument("--jobs", nargs="*", help="only jobs whose names have one of these words")
    chosen = parser.parse_args()
    texts, rows = (TEXTS[:2], ROWS[:2]) if chosen.quick else (TEXTS, ROWS)
    plenty = ["--fuel", "100000000000", "--memory", "20000000000"]
    with server(0) as url:
        asked = ["--model", "m", "--base-url", url, "--window", "32768", "--max-calls", "100000", *plenty]
        jobs = (
            ("text: a plan over pieces", texts, write_text, _PLAN, asked),
            ("text: search and count", texts, write_text, _PURE, plenty),
            ("rows: filter, group, sum", rows, write_rows, _GROUPED, plenty),
            ("rows: one sum", rows, write_rows, _TOTAL, plenty),
        )
        wanted = [job for job in jobs if not chosen.jobs or any(word in job[0] for word in chosen.jobs)]
        found = [grown(*job) for job in wanted]
    if chosen.save is not None:
        chosen.save.write_text(
            json.dumps([asdict(one) for figures in found for one in figures], indent=1) + "\n", encoding="utf-8"
        )
    over = [words for figures in found for words in steepest(figures)]
    print("\n".join(over) or f"no figure grew by more than {MOST:g} for ten times the input")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main())
