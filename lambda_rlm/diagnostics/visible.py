"""Signs that nobody sees, and texts with pictures in their place.

Owns the list of hidden characters: those that steer a terminal, turn the direction of a line, end a line in some programs and
not in others, or take no room at all. Promises that a text made `visible` moves no cursor and reads in the order of its
characters. No program may hold these characters (`syntax`), and no text reaches a terminal with them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final

from lambda_rlm.late_pattern import late_pattern

HIDDEN: Final = (
    (0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160),
    (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x13430, 0x1345F), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
"""Ranges of code points: control characters but tab, line feed and carriage return; marks of direction; separators of lines;
and what Unicode says is ignored by default, variation selectors and tags among it. A carriage return without a line feed is
hidden too."""

_CLASS: Final = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in HIDDEN)
HIDDEN_CHARACTER: Final = late_pattern(rf"[{_CLASS}]|\r(?!\n)")
"""One hidden character. Halves of surrogate pairs are not among them: no text that is encoded holds them."""

_TO_SHOW: Final = late_pattern(rf"[{_CLASS}\ud800-\udfff]|\r(?!\n)")
_TO_SHOW_ON_A_LINE: Final = late_pattern(rf"[{_CLASS}\ud800-\udfff\t\r\n]")
_DELETE: Final = "\x7f"
_CONTROLS: Final = {
    0x00: "NULL", 0x07: "BELL", 0x08: "BACKSPACE", 0x0B: "LINE TABULATION", 0x0C: "FORM FEED", 0x0D: "CARRIAGE RETURN",
    0x1B: "ESCAPE", 0x7F: "DELETE", 0x85: "NEXT LINE", 0x9B: "CONTROL SEQUENCE INTRODUCER",
}  # fmt: skip


def visible(text: str) -> str:
    """A text with a picture or an escape for each hidden character (`␛`, `\\u202e`); line ends and tabs stay.

    JSON stays JSON and means the same: what has a picture is escaped in it already.
    """
    return text if _is_plain(text) else _TO_SHOW.sub(_picture, text)


def visible_line(text: str) -> str:
    """The same for what must stay on one line, such as a name: line ends and tabs have pictures too."""
    return text if _is_plain(text) else _TO_SHOW_ON_A_LINE.sub(_picture, text)


def escape(character: str) -> str:
    """How a text literal of the language, and of JSON, writes a character: `\\u202e`; two escapes beyond U+FFFF."""
    return "\\u007f" if character == _DELETE else json.dumps(character)[1:-1]


def named(character: str) -> str:
    """A character by number and name: `U+202E (right-to-left override)`."""
    code = ord(character)
    name = _CONTROLS.get(code) or unicodedata.name(character, "control character" if code < 0xA0 else "")
    return f"U+{code:04X}" + (f" ({name.lower()})" if name else "")


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _picture(hit: re.Match[str]) -> str:
    character = hit.group()
    return chr(0x2400 + ord(character)) if character < " " else escape(character)
