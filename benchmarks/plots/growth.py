"""A picture of how processor time and storage grow, and its table, from what `benchmarks/growth.py --save` wrote.

`python benchmarks/plots/growth.py FIGURES.json --plot docs/growth.svg` prints the table and draws two panels with logarithmic
axes, in which what is linear rises as the dotted line does. It needs no package; the colors are readable on light and on dark
pages.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from typing import Any, Final

COLORS: Final = ("#2f7ed8", "#d9822b", "#2a9d5c", "#b25fc4")
GRAY: Final = "#808890"
WIDTH: Final = 330
HEIGHT: Final = 240
LEFT: Final = 60
TOP: Final = 40
APART: Final = 430

Row = dict[str, Any]


def by_job(figures: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each job, by size."""
    jobs: dict[str, list[Row]] = {}
    for row in sorted(figures, key=lambda row: int(row["size"])):
        jobs.setdefault(row["job"], []).append(row)
    return {job: jobs[job] for job in dict.fromkeys(row["job"] for row in figures)}


def table(jobs: dict[str, list[Row]]) -> str:
    """Processor time and peak of each job as a table of Markdown."""
    lines = ["| job | size | processor time | peak (PSS) |", "|---|---:|---:|---:|"]
    for job, rows in jobs.items():
        for row in rows:
            size = f"{row['size']} MB" if job.startswith("text") else f"{row['size']:,} rows"
            lines.append(f"| {job} | {size} | {row['cpu']:.1f} s | {row['peak']:.0f} MB |")
    return "\n".join(lines)


def panel(jobs: dict[str, list[Row]], key: str, title: str, unit: str, x: int) -> list[str]:
    """One plot: a line for each job, over the size as a multiple of its smallest."""
    values = [row[key] for rows in jobs.values() for row in rows]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    most = max(log10(rows[-1]["size"] / rows[0]["size"]) for rows in jobs.values())

    def place(times: float, value: float) -> tuple[float, float]:
        across = WIDTH * log10(times) / most
        return x + LEFT + across, TOP + HEIGHT * (high - log10(value)) / (high - low)

    parts = [f'<text x="{x + LEFT}" y="{TOP - 14}" font-weight="bold">{escape(title)}</text>']
    for power in range(low, high + 1):
        _, y = place(1, 10**power)
        parts.append(f'<path d="M{x + LEFT} {y:.1f}h{WIDTH}" stroke="{GRAY}" stroke-opacity=".35"/>')
        parts.append(f'<text x="{x + LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} {unit}</text>')
    for power in range(int(most) + 1):
        at, _ = place(10**power, 1)
        parts.append(f'<text x="{at:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{10**power} ×</text>')
    steep = min(most, float(high - low))
    (x1, y1), (x2, y2) = place(1, 10**low), place(10**steep, 10 ** (low + steep))
    parts.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{GRAY}" stroke-dasharray="2 4"/>')
    for color, rows in zip(COLORS, jobs.values(), strict=False):
        points = [place(row["size"] / rows[0]["size"], row[key]) for row in rows]
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{color}"/>' for px, py in points]
    return parts


def drawn(jobs: dict[str, list[Row]]) -> str:
    """The picture as SVG."""
    parts = [*panel(jobs, "cpu", "processor time", "s", 0), *panel(jobs, "peak", "peak of storage", "MB", APART)]
    for number, (color, (job, rows)) in enumerate(zip(COLORS, jobs.items(), strict=False)):
        x, y = LEFT + 410 * (number % 2), TOP + HEIGHT + 48 + 20 * (number // 2)
        first = f"{rows[0]['size']} MB" if job.startswith("text") else f"{rows[0]['size']:,} rows"
        parts.append(f'<path d="M{x} {y - 4}h22" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{x + 30}" y="{y}">{escape(job)} (1 × is {first})</text>')
    parts.append(f'<path d="M{LEFT} {TOP + HEIGHT + 84}h22" stroke="{GRAY}" stroke-dasharray="2 4"/>')
    parts.append(f'<text x="{LEFT + 30}" y="{TOP + HEIGHT + 88}">linear growth</text>')
    width, height = APART + LEFT + WIDTH + 20, TOP + HEIGHT + 100
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    )
    style = f'<g font-family="system-ui, sans-serif" font-size="12" fill="{GRAY}">'
    return "\n".join(
        [head, "<title>Processor time and storage by the size of the input</title>", style, *parts, "</g>", "</svg>", ""]
    )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="How processor time and storage grow with the input.")
    parser.add_argument("figures", type=Path, help="what benchmarks/growth.py --save wrote")
    parser.add_argument("--plot", metavar="FILE", type=Path, help="draw it too")
    given = parser.parse_args(arguments)
    jobs = by_job(json.loads(given.figures.read_text(encoding="utf-8")))
    print(table(jobs))
    if given.plot:
        given.plot.write_text(drawn(jobs), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
