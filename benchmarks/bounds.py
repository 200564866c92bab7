"""How close the bounds are, why they are no closer, and how long they take.

`python benchmarks/bounds.py` prints the tables of docs/bounds.md; with names, only these:

    calls      calls, spans and the time of the analysis, with replies as long as they may be
    numbers    bound / used by cause, for 1, 2, 3, 10 and 100 calls
    scripts    the same for ten calls, per script
    programs   the same for programs on record, the strategies and the examples, and `likely` / paid
    book       what `lambda-rlm ask` says of a book of 1 MB, and what it then pays, against a server of its own

Replies have realistic lengths in all but the first. Fails when a run exceeds its bound, or when a target is missed (`targets.py`,
`book.py` in `closeness`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.closeness import book, by_cause, calls  # noqa: E402

TABLES: Final[Mapping[str, Callable[[], list[str]]]] = {
    "calls": calls.table,
    "numbers": by_cause.numbers,
    "scripts": by_cause.scripts,
    "programs": by_cause.programs,
    "book": book.table,
}
"""Each prints itself, and returns what is wrong."""


def main(names: list[str]) -> int:
    """The exit code."""
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; tables: {', '.join(TABLES)}", file=sys.stderr)
        return 2
    failures = [line for name in names or TABLES for line in TABLES[name]()]
    print("\n".join(failures), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
