"""Which patterns are plain texts, and how a text becomes such a pattern."""

from __future__ import annotations

from typing import Final

OPERATORS: Final = frozenset("\\.+*?()|[]{}^$")
_SAFE: Final = frozenset("-/\"' :;,!@#%&=<>~`")
"""Characters that mean themselves after a backslash too."""

_ESCAPES: Final = {ord(c): "\\" + c for c in OPERATORS} | {0: "\\x00"}


def literal_of(pattern: str) -> str | None:
    """The one text that a pattern without operators matches; None for other patterns."""
    literals: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            character = next(characters, "")
            if character not in OPERATORS | _SAFE:
                return None
        elif character in OPERATORS:
            return None
        literals.append(character)
    literal = "".join(literals)
    return literal if not any("\ud800" <= c <= "\udfff" for c in literal) else None


def escaped(text: str) -> str:
    """The pattern that matches a text literally."""
    return text.translate(_ESCAPES)
