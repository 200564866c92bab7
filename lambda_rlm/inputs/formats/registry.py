"""The registry of input formats: one row for each.

Owns `FORMATS` and which format a file has. Promises that the formats of a host are tried before these, in their order, that
rows of data are recognized by the extension alone, that no library is loaded before a file needs it, and that documents are
parsed in the worker process. To add a format, write
a module that defines its `Format` and add it to the row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from lambda_rlm.inputs.formats import csv, docx, html, json, parquet, pdf
from lambda_rlm.inputs.formats.extracted import MOST_CHARACTERS, ExtractedText, Rows, unsound
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Format, Reading
from lambda_rlm.inputs.worker.process import MOST_MEMORY, MOST_OF_ROWS, WORKER

FORMATS: Final[tuple[Format, ...]] = (
    pdf.FORMAT,
    docx.FORMAT,
    html.FORMAT,
    json.JSON,
    json.JSON_LINES,
    csv.CSV,
    csv.TSV,
    parquet.FORMAT,
)


_OF_STANDARD_INPUT: Final[Mapping[str, Format]] = {"csv": csv.CSV, "jsonl": json.JSON_LINES, "json": json.JSON}

_APART: Final[Mapping[Format, float]] = {
    pdf.FORMAT: pdf.MOST_SECONDS,
    docx.FORMAT: 60.0,
    html.FORMAT: 60.0,
    parquet.FORMAT: 120.0,
}
"""Formats whose parsers are large, slow or native, with the most seconds for a file: the worker process reads them."""


def reader_of(kind: str) -> Callable[[bytes, str, Reading], ExtractedText | Rows]:
    """What reads a document of a kind, in the worker process."""
    return next(one.read for one in _APART if one.kind == kind)


def text_format(first: bytes, name: str, reading: Reading) -> Format | None:
    """The format of a document whose text is extracted, by its first bytes and its name; None for a plain text."""
    return next((one for one in _tried(reading) if not one.has_rows and one.recognizes(first, name)), None)


def row_format(name: str, reading: Reading) -> Format | None:
    """The format of a file that is data with types when it is given alone; None for anything else."""
    found = next((one for one in _tried(reading) if one.has_extension(name) and not one.magic), None)
    return found if found is not None and found.has_rows else None


def rows_at(path: Path | None, reading: Reading) -> Format | None:
    """The format of a file, or of standard input where there is no path, that is data with types; None for anything else."""
    if path is not None:
        return row_format(path.name, reading)
    return None if reading.raw or reading.stdin_format == "text" else _OF_STANDARD_INPUT[reading.stdin_format]


def is_packed(name: str, reading: Reading) -> bool:
    """The text of a file may be longer than the file."""
    return any(one.is_packed and one.has_extension(name) for one in _tried(reading))


def known_by_magic(first: bytes) -> Format | None:
    """The format that the first bytes alone show, whatever the name is."""
    return next((one for one in FORMATS if one.magic and not one.needs_extension and first.startswith(one.magic)), None)


def rows_without_text(name: str) -> Format | None:
    """The format of a file, by its name, that has rows and cannot be read as a text."""
    return next((one for one in FORMATS if one.has_rows and one.is_packed and one.has_extension(name)), None)


def text_in(format_: Format, data: bytes, name: str, reading: Reading) -> ExtractedText:
    """The text of a document; raises `InputProblem`."""
    found = _read(format_, data, name, reading)
    if not isinstance(found, ExtractedText) or not isinstance(found.text, str) or not _are_notes(found.notes):
        raise TypeError(f"the reader of format {format_.kind!r} must return an ExtractedText, not {found!r:.100}")
    if len(found.text) > MOST_CHARACTERS:
        raise unsound(format_.kind, name, f"its text exceeds {MOST_CHARACTERS:,} characters")
    return found


def rows_in(format_: Format, data: bytes, name: str, reading: Reading) -> Rows:
    """The data of a file of rows; raises `InputProblem`."""
    found = _read(format_, data, name, reading)
    if not isinstance(found, Rows) or not _are_notes(found.notes):
        raise TypeError(f"the format {format_.kind!r} has rows, so its reader must return Rows, not {found!r:.100}")
    return found


def _read(format_: Format, data: bytes, name: str, reading: Reading) -> ExtractedText | Rows:
    if (problem := format_.missing(name)) is not None:
        raise problem
    try:
        if format_ in _APART:
            most = MOST_OF_ROWS if format_.has_rows else MOST_MEMORY
            return WORKER.read(format_.kind, data, name, reading, _APART[format_], most)
        return format_.read(data, name, reading)
    except InputProblem:
        raise
    except (RecursionError, MemoryError) as error:
        raise unsound(format_.kind, name, type(error).__name__) from None


def _are_notes(notes: object) -> bool:
    return isinstance(notes, tuple) and all(isinstance(note, str) for note in notes)


def _tried(reading: Reading) -> tuple[Format, ...]:
    """The formats in the order in which they are tried; none where every file is read as plain text."""
    return () if reading.raw else (*reading.formats, *FORMATS)
