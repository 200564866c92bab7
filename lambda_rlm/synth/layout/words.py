"""A masked layout in the words that a root model reads.

Owns the words, the legend that explains them, and how many lines they take. Promises lines that are functions of the layout
alone; a shape is written as a JSON string, so that spaces at its ends and tabs are seen and no sign of it ends it early.
"""

from __future__ import annotations

import json
from typing import Final

from lambda_rlm.synth.layout.forms import MaskedForm
from lambda_rlm.synth.layout.layout import MOST_DISTINCT, ColumnLayout, Layout

MOST_LINES: Final = 80
"""Lines about the layouts of all inputs of a question together."""

LEGEND: Final = (
    "Shapes are masked: a or A is a letter of any script, 9 a digit, ? a sign beyond ASCII; runs of one sign are cut to 3 (aaa: 3 or "
    "more letters). A shape stands for all lines or values with the same signs between words and numbers, which vary in length, "
    "number and kind; … follows where it goes on.\n"
)

_LONGEST_PATH: Final = 100


def layout_lines(layout: Layout, room: int) -> list[str]:
    """The lines about one layout, at most `room`."""
    if layout.is_varied:
        return ["    lines have no common shape\n"][:room]
    lines = [f"{_form(form)} {form.percent} %" for form in layout.lines]
    lines += [f"first line: {_form(layout.first)}"] if layout.first is not None else []
    title = "shapes of lines, with their share:"
    if layout.columns:
        title, lines = "columns:", list(map(_column, layout.columns))
    more = layout.more + max(0, len(lines) + 2 - room)
    lines = lines[: max(0, room - 2)]
    if not lines:
        return []
    return [f"    {title}\n", *(f"      {line}\n" for line in lines), *([f"    and {more:,} more\n"] if more else [])]


def _column(column: ColumnLayout) -> str:
    facts = [f"over {MOST_DISTINCT:,} distinct" if column.distinct is None else f"{column.distinct:,} distinct"]
    facts += [f"{column.empty_percent or 'less than 1'} % empty"] if column.has_empty else []
    if column.longest:
        length = f"{column.longest:,}" if column.shortest == column.longest else f"{column.shortest:,} to {column.longest:,}"
        facts.append(f"{length} characters")
    facts += [f"{_form(form)} {form.percent} %" for form in column.forms]
    return f"{column.path[:_LONGEST_PATH]}: {', '.join(facts)}"


def _form(form: MaskedForm) -> str:
    return json.dumps(form.mask) + "…" * form.is_cut
