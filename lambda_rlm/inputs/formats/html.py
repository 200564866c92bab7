"""The text of a web page, parsed by lxml.

Owns what of a page is text: what a reader would see, in its order, a line for each block and each row of a table. Scripts,
styles and what is marked as hidden are left out. The encoding is that of a byte order mark, or the one that the page declares,
or as for any text. Promises to fetch nothing.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from itertools import accumulate
from typing import Any, Final

from lambda_rlm.graphemes import begun
from lambda_rlm.inputs.decode import Decoded, decode
from lambda_rlm.inputs.formats.extracted import (
    LONGEST_HEADING,
    MOST_HEADINGS,
    ExtractedText,
    is_out_of_memory,
    unsound,
)
from lambda_rlm.inputs.letters.encodings import declared_codec
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Format, Reading, amount
from lambda_rlm.late_pattern import late_pattern

_KIND: Final = "a web page"
_MOST_BYTES: Final = 100_000_000
_DECLARED: Final = late_pattern(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_COMMENT: Final = late_pattern(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_LOOKED_AT: Final = 4096
_UNSEEN: Final = frozenset(
    {
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "svg",
        "math",
        "iframe",
        "object",
        "audio",
        "video",
        "canvas",
        "datalist",
    }
)
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS: Final = frozenset(
    ["blockquote", "dl", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"]
)
_CELLS: Final = ("td", "th")
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_HIDDEN: Final = late_pattern(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACE: Final = late_pattern(r"[ \t\n\r\f]+")


MOST_ATTRIBUTES: Final = 1_000
"""Of one element: the parser compares each with all before it."""
_ATTRIBUTE: Final = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
_MANY: Final = late_pattern(
    rf"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1|\Z)|(?P<many><[a-z][^\s/>]*+(?:{_ATTRIBUTE}){{{MOST_ATTRIBUTES + 1}}})",
    re.IGNORECASE | re.DOTALL,
)
"""An element with too many attributes, or what may look like one and is none."""


def html_text(data: bytes, name: str, reading: Reading) -> ExtractedText:
    """The visible text of a page; raises `InputProblem`."""
    if len(data) > _MOST_BYTES:
        raise unsound(
            _KIND,
            name,
            f"it has {amount(len(data))}; the limit for a page is {amount(_MOST_BYTES)} (or read it as plain text: --raw)",
        )
    decoded = _decoded(data, name, reading)
    notes = () if decoded.note is None else (decoded.note,)
    if not decoded.text.strip():
        return ExtractedText("", notes)
    if any(found["many"] for found in _MANY.finditer(decoded.text)):
        raise unsound(_KIND, name, f"an element has more than {MOST_ATTRIBUTES:,} attributes")
    text, headings = _text(_root(_END.sub(_NO_END, decoded.text), name))
    return ExtractedText(text, notes, headings=headings)


_END: Final = late_pattern(r"</(?:body|html)(?=[\s/>])", re.IGNORECASE)
"""The end of a page: what follows it is part of the page for a browser, but the parser would drop it."""
_NO_END: Final = "</x"


def _decoded(data: bytes, name: str, reading: Reading) -> Decoded:
    declared = _DECLARED.search(_COMMENT.sub(b"", data[:_LOOKED_AT]))
    if reading.encoding is None and declared is not None and not data.startswith((codecs.BOM_UTF8, b"\xff\xfe", b"\xfe\xff")):
        codec = declared_codec(declared[1].decode("ascii"))
        if codec is None:
            return decode(data, name, reading)
        try:
            text = decode(data, name, replace(reading, encoding=codec)).text
        except InputProblem:
            return decode(data, name, reading)
        said = codecs.lookup(codec).name
        return Decoded(text, None if said == "utf-8" or data.isascii() else f"{name}: decoded as {said} (declared by the page)")
    return decode(data, name, reading)


def _root(text: str, name: str) -> Any:
    from lxml import etree

    # Without `huge_tree` long texts are dropped; with it the depth is still bounded.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except (etree.LxmlError, ValueError) as error:
        if is_out_of_memory(error):
            raise MemoryError from None
        raise unsound(_KIND, name, str(error)[:300]) from None
    lost = parser.error_log.filter_from_level(etree.ErrorLevels.FATAL)
    if root is None or lost:  # what follows such an error is not in the tree
        raise unsound(_KIND, name, str(lost[0].message).partition(",")[0] if lost else "no HTML elements found")
    return root


def _text(root: Any) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The text of a page, and its headings with their offsets."""
    lines = _Lines()
    title = root.findtext("head/title")
    if title:
        lines.word(title)
        lines.end(is_paragraph=True)
    # Whatever the depth of a page, without recursion: elements still to be opened, and those still to be closed.
    todo: list[tuple[Any, bool]] = [(root, True)]
    while todo:
        element, is_start = todo.pop()
        if is_start and _is_seen(element):
            lines.open(element)
            todo.append((element, False))
            todo += [(child, True) for child in reversed(element)]
            continue
        if not is_start:
            lines.close(element.tag)
        if element.tail and element is not root:
            lines.word(element.tail)
    lines.end()
    text = "\n".join(lines.done)
    starts = list(accumulate((len(line) + 1 for line in lines.done), initial=0))
    before = len(text) - len(text.lstrip("\n"))
    headings = ((max(0, starts[at] - before), begun(words, LONGEST_HEADING)) for at, words in lines.headings[:MOST_HEADINGS])
    return text.strip("\n"), tuple(headings)


def _is_seen(element: Any) -> bool:
    if not isinstance(element.tag, str) or element.tag in _UNSEEN or element.get("hidden") is not None:
        return False
    style = element.get("style")
    return style is None or not _HIDDEN.search(style)


class _Lines:
    """Lines as they come about: white space is one space, but in `pre`; a tab between cells; never two empty lines."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.now: list[str] = []
        self.in_pre = 0
        self.in_cell = 0
        self.heading: int | None = None
        self.headings: list[tuple[int, str]] = []

    def word(self, text: str) -> None:
        self.now.append(text if self.in_pre else _SPACE.sub(" ", text))

    def end(self, is_paragraph: bool = False) -> None:
        """The line is whole; with `is_paragraph` an empty one follows."""
        line, self.now = "".join(self.now), []
        if self.in_pre:
            line = line.strip("\n")
        else:
            cells = [[_SPACE.sub(" ", part).strip() for part in row.split("\t")] for row in line.split("\n")]
            line = "\n".join("\t".join(row).rstrip("\t") for row in cells)
        if line.strip():
            self.done.append(line)
        if is_paragraph and self.done and self.done[-1]:
            self.done.append("")

    def open(self, element: Any) -> None:
        tag = element.tag
        self._break(tag)
        if tag == "br":
            self.now.append(" " if self.in_cell else "\n")
        elif tag == "li":
            self.now.append("- ")
        elif tag == "img" and element.get("alt"):
            self.word(f"[{element.get('alt')}]")
        if tag in _HEADINGS:
            self.heading = len(self.done)
        self.in_pre += tag == "pre"
        self.in_cell += tag in _CELLS
        if element.text:
            self.word(element.text)

    def close(self, tag: str) -> None:
        self._break(tag)
        if tag in _HEADINGS and self.heading is not None:
            words = " ".join(" ".join(self.done[self.heading :]).split())
            if words:
                self.headings.append((self.heading, words))
            self.heading = None
        self.in_pre -= tag == "pre"
        self.in_cell -= tag in _CELLS
        if tag in _CELLS:
            self.now.append("\t")

    def _break(self, tag: str) -> None:
        if self.in_cell and tag in ("p", "div"):
            self.now.append(" ")
        elif tag in _BLOCKS:
            self.end(tag in _PARAGRAPHS)


FORMAT: Final = Format(_KIND, html_text, extensions=(".html", ".htm", ".xhtml"), library="lxml", extra="lambda-rlm[documents]")
