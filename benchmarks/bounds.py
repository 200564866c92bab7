"""How close the bounds are, why they are no closer, and how long they take.

`python benchmarks/bounds.py` prints the tables of docs/bounds.md, and with `--write` renews them there; with names, only these:

    calls      calls, spans and the time of the analysis, with replies as long as they may be
    numbers    bound / used by cause, for 1, 2, 3, 10 and 100 calls
    scripts    the same for ten calls, per script
    programs   the same for programs on record, the strategies and the examples, and `likely` / paid
    book       what `lambda-rlm ask` says of a book of 1 MB, and what it then pays

Replies have realistic lengths in all but the first. Fails when a run exceeds its bound, or when a target is missed (`targets.py`,
`book.py` in `closeness`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
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


PAGE: Final = ROOT / "docs" / "bounds.md"


def written(name: str, page: str) -> tuple[str, list[str]]:
    """The page with one table as it is now, between its marks, and what is wrong."""
    printed = StringIO()
    with redirect_stdout(printed):
        wrong = TABLES[name]()
    start, end = f"<!-- bounds: {name} -->\n", f"<!-- end: {name} -->"
    before, _, rest = page.partition(start)
    after = rest.partition(end)[2]
    return f"{before}{start}\n{printed.getvalue().strip()}\n\n{end}{after}", wrong


def main(arguments: list[str]) -> int:
    """The exit code."""
    names = [argument for argument in arguments if argument != "--write"]
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; tables: {', '.join(TABLES)}", file=sys.stderr)
        return 2
    failures: list[str] = []
    for name in names or TABLES:
        if "--write" in arguments:
            page, wrong = written(name, PAGE.read_text(encoding="utf-8"))
            PAGE.write_text(page, encoding="utf-8")
        else:
            wrong = TABLES[name]()
        failures += wrong
    print("\n".join(failures), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
