"""The accuracy of plans against direct calls by length, from what `lambda-rlm bench --json` printed.

`python benchmarks/plots/accuracy.py FOLDER --plot docs/accuracy.svg` reads `NAME-plan.json` and `NAME-direct.json` of a folder, prints the
table of docs/evaluation.md and draws it; drawing needs matplotlib. The commands that make those files stand in docs/evaluation.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

WAYS: Final = ("plan", "direct")
COLUMNS: Final = 3

Measured = dict[str, dict[str, dict[str, Any]]]
"""What was printed, by benchmark and way."""


def read(folder: Path) -> Measured:
    """All benchmarks of a folder that have both files."""
    found: Measured = {}
    for path in sorted(folder.glob("*-plan.json")):
        name = path.name.removesuffix("-plan.json")
        texts = [(folder / f"{name}-{way}.json").read_text(encoding="utf-8") for way in WAYS]
        found[name] = {way: json.loads(text) for way, text in zip(WAYS, texts, strict=True)}
    return found


def table(found: Measured) -> str:
    """Scores and calls as a table of Markdown, a line for each benchmark and way."""
    lengths = [row["length"] for row in next(iter(found.values()))["plan"]["lengths"]]
    lines = [f"| benchmark | way | {' | '.join(lengths)} |", "|---|---|" + "---:|" * len(lengths)]
    for name, ways in found.items():
        for way, printed in ways.items():
            cells = [f"{row['score']:.1f} ({row['calls']:.0f})" for row in printed["lengths"]]
            lines.append(f"| {name} | {way} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(found: Measured, path: str) -> None:
    """A plot for each benchmark: the mean score of both ways against the length."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "accuracy", "svg.fonttype": "none"}
    from matplotlib import pyplot

    rows = -(-len(found) // COLUMNS)
    figure, axes = pyplot.subplots(rows, COLUMNS, figsize=(11, 3 * rows), layout="constrained", sharey=True, squeeze=False)
    for axis, (name, ways) in zip(axes.flat, found.items(), strict=False):
        for way, printed in ways.items():
            axis.plot(
                [row["length"] for row in printed["lengths"]],
                [row["score"] for row in printed["lengths"]],
                "o-" if way == "plan" else "s--",
                label=f"{way}: {printed['task']}" if way == "plan" else way,
            )
        axis.set_title(name)
        axis.set_ylim(0, 104)
        axis.grid(alpha=0.3)
        axis.legend(loc="lower left")
    for axis in list(axes.flat)[len(found) :]:
        axis.set_axis_off()
    for line in axes:
        line[0].set_ylabel("score")
    figure.savefig(path, metadata={"Date": None})


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="The accuracy of plans against direct calls.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plot", metavar="FILE", help="draw it too")
    given = parser.parse_args(arguments)
    found = read(given.folder)
    if not found:
        raise SystemExit(f"{given.folder} has no NAME-plan.json")
    print(table(found))
    if given.plot:
        draw(found, given.plot)


if __name__ == "__main__":
    main(sys.argv[1:])
