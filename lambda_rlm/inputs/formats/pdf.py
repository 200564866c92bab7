"""The text of a PDF, by pypdf.

Owns its limits: bytes, pages, characters, seconds. Promises that pages without text are counted and said. Refuses what is
encrypted with a password, and what holds pictures of pages only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from time import monotonic
from typing import Final

from lambda_rlm.inputs.formats.extracted import MOST_CHARACTERS, ExtractedText, is_out_of_memory, unsound
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Format, Reading, amount

_KIND: Final = "a PDF"
_MOST_BYTES: Final = 500_000_000
MOST_PAGES: Final = 20_000
MOST_SECONDS: Final = 300.0
"""Looked at after each page; a page itself is held by pypdf's own limits."""


def pdf_text(data: bytes, name: str, reading: Reading) -> ExtractedText:
    """The pages in their order, an empty line between them; raises `InputProblem`."""
    if len(data) > _MOST_BYTES:
        raise unsound(_KIND, name, f"it has {amount(len(data))}; the limit is {amount(_MOST_BYTES)}")
    try:
        with _quiet():
            pages = _pages(data, name)
    except InputProblem:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file makes pypdf raise whatever its damage leads to
        if is_out_of_memory(error):
            raise MemoryError from None
        raise unsound(_KIND, name, f"{type(error).__name__}: {error}"[:300]) from None
    empty = sum(not page for page in pages)
    if pages and empty == len(pages):
        raise InputProblem(
            f"none of the {len(pages):,} pages of {name} contains text", "run OCR first if it is a scan", "a PDF without text"
        )
    notes = (f"{name}: {empty:,} of {len(pages):,} pages have no text (images or blank)",) if empty else ()
    return ExtractedText("\n\n".join(page for page in pages if page), notes, tuple(_starts(pages)))


def _starts(pages: list[str]) -> Iterator[tuple[int, int]]:
    """Where each page with text begins, and its number."""
    at = 0
    for number, page in enumerate(pages, 1):
        if page:
            yield at, number
            at += len(page) + 2


def _pages(data: bytes, name: str) -> list[str]:
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise InputProblem(f"{name} is protected by a password", "save it without a password", "an encrypted PDF")
    if len(reader.pages) > MOST_PAGES:
        raise unsound(_KIND, name, f"it has {len(reader.pages):,} pages; the limit is {MOST_PAGES:,}")
    pages, characters, began = [], 0, monotonic()
    for page in reader.pages:
        pages.append(page.extract_text().strip())
        characters += len(pages[-1])
        if characters > MOST_CHARACTERS:
            raise unsound(_KIND, name, f"its text exceeds {MOST_CHARACTERS:,} characters")
        if monotonic() - began > MOST_SECONDS:
            raise unsound(
                _KIND,
                name,
                f"time limit of {MOST_SECONDS:,.0f} seconds reached after {len(pages):,} of {len(reader.pages):,} pages",
            )
    return pages


@contextmanager
def _quiet() -> Iterator[None]:
    """pypdf logs each oddity that it reads past."""
    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


FORMAT: Final = Format(
    _KIND,
    pdf_text,
    extensions=(".pdf",),
    magic=b"%PDF",
    magic_within=1_024,  # ISO 32000-1, annex H: what readers accept
    needs_extension=False,
    library="pypdf",
    extra="lambda-rlm[documents]",
    is_packed=True,
)
