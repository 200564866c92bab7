"""PDF, DOCX and HTML: which files they are, and what is said where the libraries that read them are not installed.

Owns the choice of reader and the extra `documents`. Promises that a library's error is an `InputProblem`, never half a text, and
that no library is loaded before a document needs it.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Final, Literal

from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading

Kind = Literal["pdf", "docx", "html"]

_INSTALL: Final = "pip install 'lambda-rlm[documents]'"
_NAMES: Final[dict[Kind, str]] = {"pdf": "a PDF", "docx": "a Word document", "html": "a web page"}
_LIBRARIES: Final[dict[Kind, str]] = {"pdf": "pypdf", "docx": "docx", "html": "lxml"}
_PAGES: Final = (".html", ".htm", ".xhtml")
MOST_CHARACTERS: Final = 200_000_000
"""Of the text of one document."""


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """The text of a document, and what of it was not read."""

    text: str
    notes: tuple[str, ...] = ()


def kind_of(first: bytes, name: str) -> Kind | None:
    """The kind of document by the first bytes and the ending of the name; None for a plain text."""
    ending = name.lower()
    if first.startswith(b"%PDF") or (ending.endswith(".pdf") and b"%PDF" in first):
        return "pdf"
    if first.startswith(b"PK\x03\x04") and ending.endswith((".docx", ".docm")):
        return "docx"
    return "html" if ending.endswith(_PAGES) else None


def missing(kind: Kind, name: str) -> InputProblem | None:
    """What is said where the library for a kind is not installed."""
    if importlib.util.find_spec(_LIBRARIES[kind]) is not None:
        return None
    as_text = "; --raw reads it as the text that it is" if kind == "html" else ""
    return InputProblem(
        f"{name} is {_NAMES[kind]}, whose text an extra takes out", f"{_INSTALL}{as_text}", f"{_NAMES[kind]}: {_INSTALL}"
    )


def text_in(kind: Kind, data: bytes, name: str, reading: Reading) -> ExtractedText:
    """The text of a document; raises `InputProblem`."""
    problem = missing(kind, name)
    if problem is not None:
        raise problem
    try:
        taken = _read(kind, data, name, reading)
    except InputProblem:
        raise
    except (RecursionError, MemoryError) as error:
        raise unsound(kind, name, type(error).__name__) from None
    if len(taken.text) > MOST_CHARACTERS:
        raise unsound(kind, name, f"its text has more than {MOST_CHARACTERS:,} characters")
    return taken


def unsound(kind: Kind, name: str, reason: str) -> InputProblem:
    return InputProblem(
        f"{name} cannot be read as {_NAMES[kind]}: {reason}", "save it anew, or as text", f"unsound: {_NAMES[kind]}"
    )


def _read(kind: Kind, data: bytes, name: str, reading: Reading) -> ExtractedText:
    if kind == "pdf":
        from lambda_rlm.inputs.formats.pdf import pdf_text

        return pdf_text(data, name)
    if kind == "docx":
        from lambda_rlm.inputs.formats.docx import docx_text

        return docx_text(data, name)
    from lambda_rlm.inputs.formats.html import html_text

    return html_text(data, name, reading)
