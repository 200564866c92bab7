"""What a person sees before they approve a run: the program in numbered rows, its bound, and all that is hashed.

Owns the layout. Promises that each row which comes from a program, a name or a setting begins with a frame of ours, at any
width: no text of theirs begins a row, so none imitates the frame, the hash or the question. Hidden characters are shown as
pictures; what takes no room of its own stays with its letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from lambda_rlm.cli.display import cost_table, figures
from lambda_rlm.cli.display.look_alikes import look_alikes
from lambda_rlm.diagnostics.visible import escape, visible_line
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.execution.sub_models import needs_root_model
from lambda_rlm.execution.what_runs import WhatRuns

_LEAST_ROOM: Final = 8
_MOST_MARKS: Final = 4
"""Marks on one letter; more would be drawn over other rows."""

_MOST_NOTES: Final = 8
_MOST_ROWS: Final = 8
"""Rows of the cost tree."""

_BEGUN: Final = " | "
_GOES_ON: Final = " : "
_MEDIAL_JAMO: Final = ("\u1161", "\u11ff")
END: Final = "== end of program =="


def screen(prospect: Prospect, what: WhatRuns, width: int) -> str:
    """All of it, for a terminal of this many columns; ends with the hash."""
    program = what.program
    notes = list(look_alikes(program))
    if needs_root_model(prospect.bounded.typed):
        notes.insert(0, "rlm_call has a model write programs of its own, which nobody is asked about")
    parts = ["== program ==", *program_rows(program, width), END, *_notes(notes, width), ""]
    for line in figures.shown([prospect], [""]).split("\n"):
        parts += _wrapped("", line, width) if line else [""]
    if prospect.cost_tree.parts:
        parts += ["", "== cost tree =="]
        for line in cost_table.first_rows(prospect.cost_tree, _MOST_ROWS):
            parts += _wrapped("", line, width)
    parts += ["", "== what is approved =="]
    words = what.words()
    indent = max(map(len, words))
    for group, said in words.items():
        parts += _terms(
            f"{group:>{indent}}" if indent + len(_BEGUN) + _LEAST_ROOM < width else group[:_LEAST_ROOM], said, width
        )
    return "\n".join([*parts, "", *_wrapped("", f"hash {what.hash}", width), ""])


def _terms(head: str, said: Sequence[str], width: int) -> Iterator[str]:
    """What the terms of a group say, as many in a row as have room."""
    line = ""
    for words in said:
        joined = f"{line} · {words}" if line else words
        if line and len(head) + len(_BEGUN) + len(joined) >= width:
            yield from _wrapped(head, line, width)
            head, joined = " " * len(head), words
        line = joined
    yield from _wrapped(head, line, width)


def program_rows(program: str, width: int) -> Iterator[str]:
    """The lines of a program, each with its number, in rows that fit."""
    lines = program.split("\n")
    digits = len(str(len(lines)))
    for number, line in enumerate(lines, 1):
        yield from _wrapped(f"{number:>{digits}}", line, width)


def _wrapped(head: str, text: str, width: int) -> Iterator[str]:
    """A line in rows; the first begins with `head`, the others with as much room and another sign."""
    room = max(_LEAST_ROOM, width - len(head) - len(_BEGUN) - 1)  # a terminal may go on to the next row after its last column
    lead = head + _BEGUN
    row, used = "", 0
    for cell in _cells(text):
        columns = len(cell) if cell.isascii() else 2  # nothing is wider, whatever a terminal thinks of it
        if used + columns > room:
            yield lead + row
            lead, row, used = " " * len(head) + _GOES_ON, "", 0
        row, used = row + cell, used + columns
    yield lead + row


def _cells(text: str) -> Iterator[str]:
    """A text in pieces that stay together: a letter with its marks. A mark without a letter is an escape."""
    cell = ""
    for character in text:
        if _is_mark(character):
            if cell and 0 < len(cell) <= _MOST_MARKS and cell[0].isalpha():
                cell += character
                continue
            character = escape(character)
        yield from _pieces(cell)
        cell = character
    yield from _pieces(cell)


def _pieces(cell: str) -> Iterator[str]:
    """A picture of a hidden character; an escape may be parted."""
    if len(cell) > 1 and cell.startswith("\\"):
        yield from cell
    elif cell:
        yield from visible_line(cell) if len(cell) == 1 else (cell,)


def _is_mark(character: str) -> bool:
    """It takes no room of its own."""
    if character.isascii():
        return False
    return unicodedata.category(character) in ("Mn", "Me") or _MEDIAL_JAMO[0] <= character <= _MEDIAL_JAMO[1]


def _notes(found: Sequence[str], width: int) -> Iterator[str]:
    """What a person might not see; the first few, and how many more."""
    for note in islice(found, _MOST_NOTES):
        yield from _wrapped("note", note, width)
    if len(found) > _MOST_NOTES:
        yield from _wrapped("note", f"and {len(found) - _MOST_NOTES:,} more", width)
