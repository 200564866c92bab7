"""A place in a program for a person: the line, carets below what is meant, and remarks, as styled pieces.

Owns the form. Promises that it stays within the width of a screen whatever the line, and that carets are under what they mean
for wide characters and tabs too. Knows styles by name only; colors are the terminal's business.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.diagnostics.visible import visible_line

Part = tuple[str, str]
"""A piece of text and the name of its style: error, warning, place, gutter, source, caret, note, label or plain."""

_WIDTH: Final = 110
_LEAD: Final = 40
_TAB: Final = "    "


def head(style: str, kind: str, code: str, message: str) -> list[Part]:
    """The first line: what it is, its code and its message."""
    return [(f"{kind}[{code}]", style), (f": {visible_line(message)}\n", "plain")]


def place(source: SourceFile, span: Span, gutter: int) -> list[Part]:
    """The line with the file, the line and the column; `gutter` is the width of line numbers."""
    line, column = source.line_column(span.start)
    return [(" " * gutter + "--> ", "gutter"), (f"{visible_line(source.name)}:{line}:{column}\n", "place")]


def note(name: str, text: str, gutter: int) -> list[Part]:
    """A named remark below the excerpt."""
    indent = "\n" + " " * (gutter + 3 + len(name) + 2)
    return [
        (" " * gutter + " = ", "gutter"),
        (f"{name}: ", "note"),
        (indent.join(map(visible_line, text.split("\n"))) + "\n", "plain"),
    ]


def excerpt(source: SourceFile, span: Span, label: str, gutter: int, style: str) -> list[Part]:
    """The line a span begins in, with carets below; a span of several lines is marked to the end of its first."""
    line, column = source.line_column(span.start)
    text = source.line_text(line).rstrip("\r")
    start = min(column - 1, len(text))
    end = max(start, min(len(text), start + (span.end - span.start)))
    shown, left, marked = _cropped(text, start, end)
    more = "…" if source.line_column(span.end)[0] > line else ""
    return [
        (" " * gutter + " |\n", "gutter"),
        (f"{line:>{gutter}} | ", "gutter"),
        (shown + "\n", "source"),
        (" " * gutter + " | ", "gutter"),
        (" " * left + "^" * max(1, marked) + more + (f" {visible_line(label)}" if label else "") + "\n", style),
    ]


def _cropped(text: str, start: int, end: int) -> tuple[str, int, int]:
    """What of a line is shown, the columns before the marked part, and its width in columns."""
    first = 0 if len(text) <= _WIDTH else max(0, min(start - _LEAD, len(text) - _WIDTH))
    last = min(len(text), first + _WIDTH)
    before, marked, after = text[first:start], text[start : min(end, last)], text[min(end, last) : last]
    lead = "…" if first else ""
    before, marked, after = lead + _visible(before), _visible(marked), _visible(after)
    return before + marked + after + ("…" if last < len(text) else ""), _columns(before), _columns(marked)


def _visible(text: str) -> str:
    """Tabs as spaces, and hidden characters as pictures."""
    return visible_line(text.replace("\t", _TAB))


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
