"""Seven questions that compute over a table of 40,000 rows, a log of 120,000 lines and a table of messy cells, at default limits.

`python benchmarks/rows.py [ID…]` makes the files from a seed, asks each question as `ask` does, with the programs in `rows/` as the replies of
the root model, and compares the answers with those computed in plain Python. A reply is given only where the page and the task that
the root model was sent name every function and column that its program uses. Exits with 1 unless all are right with at most two calls
of the leaf model each.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import anyio

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.computed_rows import MOST_CALLS, TASKS, asked, write  # noqa: E402

SIZES: Final = {"orders": 40_000, "log": 120_000, "islands": 261}


def main(names: list[str]) -> int:
    """The exit code."""
    right = 0
    tasks = [task for task in TASKS if not names or task.id in names]
    with TemporaryDirectory() as folder:
        write(Path(folder), SIZES)
        print(f"{'question':10} {'file':14} {'right':6} {'calls':>5} {'seconds':>8}  answer or fault")
        for task in tasks:
            started = perf_counter()
            run, root = anyio.run(asked, task, Path(folder))
            is_right = run.ok and task.is_right(run.answer, SIZES)
            right += is_right and run.usage.calls <= MOST_CALLS and run.route == "synth"
            told = "; ".join(run.answer.splitlines()) if run.ok else f"{run.fault}"
            told = f"{told} (not in the page: {', '.join(root.lacks)})" if root.lacks else told
            seconds = perf_counter() - started
            print(f"{task.id:10} {task.file:14} {is_right!s:6} {run.usage.calls:>5} {seconds:>8.1f}  {told[:120]}", flush=True)
    print(f"{right} of {len(tasks)} right, with at most {MOST_CALLS} calls each")
    return 0 if right == len(tasks) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
