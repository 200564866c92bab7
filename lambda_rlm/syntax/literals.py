"""Text literals: from what is written to what is meant, and back.

Owns escapes and the taking apart of templates. Works on what the grammar's terminals let through, so it cannot fail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from lambda_rlm.diagnostics.source import Span
from lambda_rlm.diagnostics.visible import HIDDEN_CHARACTER, escape
from lambda_rlm.late_pattern import late_pattern

# What may follow a backslash in a text, as the grammar says it; no half of a surrogate pair is alone.
ESCAPE = (
    r'["\\/bfnrt]|u(?:[0-9abcefABCEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}'
    r"|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
_PIECE = late_pattern(r"\{([^}]*)\}|\\([{}])|[^\\{}]+|\\[^{}]")
_TO_ESCAPE = late_pattern(rf'["\\\x00-\x1f]|{HIDDEN_CHARACTER.pattern}')
_TO_ESCAPE_IN_TEMPLATE = late_pattern(rf'["\\{{}}\x00-\x1f]|{HIDDEN_CHARACTER.pattern}')


def text_value(written: str) -> str:
    """The text that a literal means, from what is between its quotes."""
    if "\\" not in written:
        return written
    value: str = json.loads(f'"{written}"', strict=False)
    return value


def template_pieces(written: str, offset: int) -> Iterator[str | Span]:
    """The literal pieces of a template, escapes resolved, and the places of its holes; `offset` is where `written` stands."""
    literal: list[str] = []
    for piece in _PIECE.finditer(written):
        if piece.group(1) is not None:
            if literal:
                yield text_value("".join(literal))
                literal = []
            yield Span(offset + piece.start(1), offset + piece.end(1))
        else:
            literal.append(piece.group(2) or piece.group())
    if literal:
        yield text_value("".join(literal))


def quoted(value: str) -> str:
    """A text as a literal."""
    return '"' + _TO_ESCAPE.sub(_escape, value) + '"'


def escaped_piece(value: str) -> str:
    """A literal piece of a template."""
    return _TO_ESCAPE_IN_TEMPLATE.sub(_escape, value)


def _escape(hit: re.Match[str]) -> str:
    character = hit.group()
    return "\\" + character if character in '"\\{}' else escape(character)


def is_raw_text(value: str) -> bool:
    """Raw text may hold it: no quote, and no character that must be an escape."""
    return '"' not in value and HIDDEN_CHARACTER.search(value) is None
