"""One file or standard input as a text: decoded, or taken out of a document.

Owns which files are documents. Promises that a note says whatever a person should know of how the text came to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_rlm.inputs.decode import decode, kind_of
from lambda_rlm.inputs.files import contents, standard_input
from lambda_rlm.inputs.formats import documents
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading, plain
from lambda_rlm.inputs.shape import sound


@dataclass(frozen=True, slots=True)
class FileText:
    text: str
    notes: tuple[str, ...]
    size: int


def text_of(path: Path | None, reading: Reading, most: int) -> FileText:
    """The text of a file, or of standard input where there is no path; raises `InputProblem`."""
    name = "standard input" if path is None else plain(str(path))

    def look(first: bytes) -> InputProblem | None:
        return speaks_against(first, name, reading)

    read = standard_input(most, look) if path is None else contents(path, most, look)
    kind = None if reading.raw else documents.kind_of(read.data[:1024], name)
    if kind is not None:
        taken = documents.text_in(kind, read.data, name, reading)
        return FileText(sound(taken.text), _notes(read.note, *taken.notes), len(read.data))
    decoded = decode(read.data, name, reading)
    text = decoded.text if reading.encoding is None else sound(decoded.text)  # some encodings give lone surrogates
    return FileText(text, _notes(read.note, decoded.note), len(read.data))


def speaks_against(first: bytes, name: str, reading: Reading) -> InputProblem | None:
    """What speaks against a file by its first bytes, so that the rest need not be read."""
    kind = None if reading.raw else documents.kind_of(first, name)
    if kind is not None:
        return documents.missing(kind, name)
    if first.startswith(b"%PDF"):
        return InputProblem(f"{name} is a PDF, not text", "without --raw its text is taken out", "a PDF")
    return None if reading.encoding is not None else kind_of(first, name)


def _notes(*notes: str | None) -> tuple[str, ...]:
    return tuple(note for note in notes if note)
