"""One file or standard input, read in its format: as a text, or as rows of data.

Promises that a note reports whatever a person should know of how the text or the rows came to be.
"""

from __future__ import annotations

from pathlib import Path

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs import decode
from lambda_rlm.inputs.files import Contents, Look, contents, standard_input, too_large
from lambda_rlm.inputs.formats.extracted import FilePlaces, Rows
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import STANDARD_INPUT, Format, Reading, amount, plain
from lambda_rlm.inputs.shape import sound
from lambda_rlm.policy.gates import allow_input


@dataclass(frozen=True, slots=True)
class FileText:
    text: str
    notes: tuple[str, ...]
    size: int
    places: FilePlaces


@dataclass(frozen=True, slots=True)
class FileRows:
    rows: Rows
    notes: tuple[str, ...]
    size: int


def text_of(path: Path | None, reading: Reading, most: int, below: Path | None = None) -> FileText:
    """The text of a file, of the folder `below` if it was found there, or of standard input where there is no path; raises
    `InputProblem`."""
    name = STANDARD_INPUT if path is None else plain(str(path))

    def look(first: bytes) -> InputProblem | None:
        return speaks_against(first, name, reading)

    read = _read(path, most, look, reading, below, in_parts=True)
    return _text_in(read, name, reading)


def text_in(data: bytes, name: str, reading: Reading, most: int) -> FileText:
    """The text of bytes that a host has: as of a file with these contents and without a name; raises `InputProblem`."""
    if len(data) > most:
        raise too_large(f"{name} has {amount(len(data))}", most)
    problem = speaks_against(data[: decode.LOOKED_AT], name, reading)
    if problem is not None:
        raise problem
    return _text_in(Contents([data]), name, reading)


def _text_in(read: Contents, name: str, reading: Reading) -> FileText:
    from lambda_rlm.inputs.formats import registry

    size = sum(map(len, read.parts))
    found = registry.text_format(decode.beginning(read.parts), name, reading)
    if found is not None:
        extracted = registry.text_in(found, read.data, name, reading)
        places = FilePlaces(name, False, extracted.pages, extracted.headings)
        return FileText(sound(extracted.text), _notes(read.note, *extracted.notes), size, places)
    decoded = decode.decode_parts(read.parts, name, reading)
    return FileText(decoded.text, _notes(read.note, decoded.note), size, FilePlaces(name))


def rows_of(path: Path | None, found: Format, reading: Reading, most: int, below: Path | None = None) -> FileRows:
    """The rows of a file that has such a format, of the folder `below` if it was found there, or of standard input where there
    is no path; raises `InputProblem`."""
    from lambda_rlm.inputs.formats import registry

    name = STANDARD_INPUT if path is None else plain(str(path))

    def look(first: bytes) -> InputProblem | None:
        # A host's rows need not be a text, nor packed ones; all others are.
        is_text = found not in reading.formats and not found.is_packed
        return speaks_against(first, name, reading) if is_text else found.missing(name)

    read = _read(path, most, look, reading, below)
    rows = registry.rows_in(found, read.data, name, reading)
    return FileRows(rows, _notes(read.note, *rows.notes), len(read.data))


def _read(
    path: Path | None, most: int, look: Look, reading: Reading, below: Path | None, *, in_parts: bool = False
) -> Contents:
    allow_input(path)
    if path is None:
        return standard_input(most, look, reading.watch)
    return contents(path, most, look, reading.watch, below, in_parts=in_parts)


def speaks_against(first: bytes, name: str, reading: Reading) -> InputProblem | None:
    """What speaks against a file by its first bytes, so that the rest need not be read."""
    from lambda_rlm.inputs.formats import registry

    found = registry.text_format(first, name, reading)
    if found is not None:
        return found.missing(name)
    if (known := registry.known_by_magic(first)) is not None:
        return InputProblem(f"{name} is {known.kind}, not plain text", "omit --raw to extract its text", known.kind)
    problem = None if reading.encoding is not None else decode.kind_of(first, name)
    if problem is not None and (rows := registry.rows_without_text(name)) is not None:
        return InputProblem(
            f"{name} is {rows.kind}: it has rows but no text", "make it an input of its own, without --raw", rows.kind
        )
    return problem


def _notes(*notes: str | None) -> tuple[str, ...]:
    return tuple(note for note in notes if note)
