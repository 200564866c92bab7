"""The text of a Word document, opened by python-docx.

Owns what of the document is text: paragraphs and tables in their order, then footnotes and endnotes; of tracked changes what
was inserted, not what was deleted. Promises that an archive is refused by what it declares it will unpack to, before it is
unpacked (what unpacks to more than it declares is an error of the archive). Headers, footers and comments are left out, and
said.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, Final

from lambda_rlm.graphemes import begun
from lambda_rlm.inputs.formats.extracted import (
    LONGEST_HEADING,
    MOST_HEADINGS,
    ExtractedText,
    is_out_of_memory,
    unsound,
)
from lambda_rlm.inputs.reading import Format, Reading, amount

_KIND: Final = "a Word document"
MOST_UNPACKED: Final = 200_000_000
_MOST_XML: Final = 50_000_000
"""A tree in memory is many times as large as its text."""
MOST_PARTS: Final = 10_000
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PASSED_OVER: Final = frozenset({f"{_WORD}del", f"{_WORD}moveFrom", f"{_WORD}instrText", _FALLBACK})
_SIGNS: Final = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "-"}
_UNREAD: Final = {"header": "headers", "footer": "footers", "comments": "comments"}


def docx_text(data: bytes, name: str, reading: Reading) -> ExtractedText:
    """Paragraphs with an empty line between them, a line for each row of a table; raises `InputProblem`."""
    _refuse_bombs(data, name)
    try:
        return _read(data, name)
    except Exception as error:  # noqa: BLE001 - a damaged package makes python-docx raise whatever its damage leads to
        if is_out_of_memory(error):
            raise MemoryError from None
        raise unsound(_KIND, name, f"{type(error).__name__}: {error}"[:300]) from None


def _refuse_bombs(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise unsound(_KIND, name, f"damaged or incomplete archive ({error})") from None
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED:
        raise unsound(_KIND, name, f"its unpacked size is {amount(unpacked)}; the limit is {amount(MOST_UNPACKED)}")
    xml = sum(part.file_size for part in parts if part.filename.lower().endswith((".xml", ".rels")))
    if xml > _MOST_XML:
        raise unsound(_KIND, name, f"its unpacked text is {amount(xml)}; the limit is {amount(_MOST_XML)}")
    if len(parts) > MOST_PARTS:
        raise unsound(_KIND, name, f"it has {len(parts):,} parts; the limit is {MOST_PARTS:,}")


def _read(data: bytes, name: str) -> ExtractedText:
    from docx import Document

    package = Document(BytesIO(data))
    blocks = list(_blocks(package.element.body))
    unread: set[str] = set()
    for part in package.part.package.iter_parts():
        part_name = str(part.partname).rpartition("/")[2].removesuffix(".xml")
        if part_name in ("footnotes", "endnotes"):
            blocks += _notes(part.blob, part_name)
        kind = part_name.rstrip("0123456789")
        if kind in _UNREAD and b"</w:t>" in part.blob:
            unread.add(_UNREAD[kind])
    notes = (f"{name}: skipped {' and '.join(sorted(unread))}",) if unread else ()
    text = "\n\n".join(blocks)
    return ExtractedText(text, notes, headings=tuple(_headings(package, text))[:MOST_HEADINGS])


def _headings(package: Any, text: str) -> Iterator[tuple[int, str]]:
    """The paragraphs whose style is a heading, with their offsets. The names of these styles are English in every language."""
    styles = {style.style_id for style in package.styles if (style.name or "").lower().startswith(("heading ", "title"))}
    at = 0
    for style in package.element.body.iter(f"{_WORD}pStyle"):
        if style.get(f"{_WORD}val") not in styles:
            continue
        paragraph = style.getparent().getparent()
        words = _paragraph(paragraph).strip() if paragraph is not None and paragraph.tag == f"{_WORD}p" else ""
        found = text.find(words, at) if words else -1
        if found >= 0:
            yield found, begun(" ".join(words.split()), LONGEST_HEADING)
            at = found + len(words)


def _notes(blob: bytes, kind: str) -> Iterator[str]:
    """Footnotes or endnotes, each with its number."""
    from lxml import etree

    root = etree.fromstring(blob, etree.XMLParser(resolve_entities=False, no_network=True))
    for note in root.iterchildren(f"{_WORD}footnote", f"{_WORD}endnote"):
        text = " ".join(_blocks(note))
        if text:
            yield f"[{kind.removesuffix('s')} {note.get(f'{_WORD}id')}] {text}"


def _blocks(parent: Iterable[Any]) -> Iterator[str]:
    """The texts of paragraphs and tables, whatever they are wrapped in."""
    for child in parent:
        if child.tag == f"{_WORD}p":
            text = _paragraph(child).strip()
            if text:
                yield text
        elif child.tag == f"{_WORD}tbl":
            yield "\n".join("\t".join(map(_cell, _own(row, "tc"))) for row in _own(child, "tr"))
        elif child.tag not in _PASSED_OVER:
            yield from _blocks(child)


def _own(element: Any, name: str) -> Iterator[Any]:
    """Parts of a table in their order, whatever they are wrapped in, without those of tables inside it."""
    for child in element:
        if child.tag == f"{_WORD}{name}":
            yield child
        elif child.tag not in _PASSED_OVER and child.tag != f"{_WORD}tc":
            yield from _own(child, name)


def _cell(cell: Any) -> str:
    return " ".join(" ".join(_blocks(cell)).split())


def _paragraph(element: Any) -> str:
    """All text of a paragraph: runs, links, fields' results, insertions."""
    parts: list[str] = []
    todo = [element]
    while todo:
        node = todo.pop()
        if node.tag == f"{_WORD}t":
            parts += [node.text or "", *(inner.tail or "" for inner in node)]  # a comment may be within
        elif node.tag in _SIGNS:
            parts.append(_SIGNS[node.tag])
        elif node.tag not in _PASSED_OVER:
            todo += reversed(node)
    return "".join(parts)


FORMAT: Final = Format(
    _KIND,
    docx_text,
    extensions=(".docx", ".docm"),
    magic=b"PK\x03\x04",
    library="docx",
    extra="lambda-rlm[documents]",
    is_packed=True,
)
