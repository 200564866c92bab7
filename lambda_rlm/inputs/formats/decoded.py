"""Formats that are text inside: the encoding is found before the text is parsed.

Promises that what a parser makes is counted against the memory that the file may take, together with its text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.decode import decode
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.reading import Reading


def decoded(parse: Callable[[str, FileAllowance], Rows]) -> Callable[[bytes, str, Reading], Rows]:
    """What parses a text, as the reader of a format: the encoding is found first."""

    def read(data: bytes, name: str, reading: Reading) -> Rows:
        decoded = decode(data, name, reading)
        allowance = FileAllowance.of(name, len(decoded.text), reading)
        allowance.add(sys.getsizeof(decoded.text))
        rows = replace(parse(decoded.text, allowance), made=allowance.made)
        return rows if decoded.note is None else replace(rows, notes=(decoded.note, *rows.notes))

    return read


def without_inner_marks(text: str, name: str) -> tuple[str, list[str]]:
    """A text without byte order marks at the beginning of lines, which files have that were joined; and notes."""
    marks = text.count("\n\ufeff")
    if not marks:
        return text, []
    return text.replace("\n\ufeff", "\n"), [f"{name}: {marks:,} byte order marks within the file are passed over"]
