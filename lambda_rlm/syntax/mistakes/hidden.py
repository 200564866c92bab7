"""Characters in a program that nobody sees: refused wherever they are, comments and literals included.

Owns their diagnostics. Promises that a person who reads a program reads what runs: no character of it moves a cursor, turns the
order of a line or takes no room. Brings a fix where one keeps the meaning: an escape in a literal, nothing in a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Final

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit, QuickFix
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.diagnostics.visible import HIDDEN_CHARACTER, escape, named
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.syntax.mistakes.codes import HIDDEN

_MOST: Final = 20
_MOST_EDITS: Final = 1_000
_STRETCH: Final = late_pattern(
    r'(?P<comment>#[^\n]*+)|(?P<template>f"(?:[^"\\]|\\.?)*+"?)|(?P<raw>r"[^"]*+"?)|(?P<literal>"(?:[^"\\]|\\.?)*+"?)',
    re.DOTALL,
)
"""Literals that are not closed go on to the end: so each character is looked at once."""

_HOLE: Final = late_pattern(r'(?<!\\)\{[^{}"\\]*\}')
_HINTS: Final = {
    "comment": "remove it: a comment means the same without it",
    "line end": "remove it, or end the line with a line feed",
    "raw": "write it by number, `\\x{{{code:X}}}`, in a pattern; elsewhere use a text in plain quotes, with `{escape}`",
    "code": "remove it; only spaces, tabs and line ends are white space",
}
_IN_LITERAL: Final = "write `{escape}`"


def hidden_characters(source: SourceFile) -> list[Diagnostic]:
    """A diagnostic for each comment, each literal and each stretch of code that has such characters; at most twenty."""
    text = source.text
    if HIDDEN_CHARACTER.search(text) is None:
        return []
    groups = groupby(_found(text), lambda found: found[0])
    return [_mistake(text, stretch, [at for _, at in group]) for stretch, group in islice(groups, _MOST)]


def _found(text: str) -> Iterator[tuple[re.Match[str] | int, int]]:
    """Each hidden character, with the comment or literal it is in, or else the number of literals and comments before it."""
    stretches = list(_STRETCH.finditer(text))
    number = 0
    for hit in HIDDEN_CHARACTER.finditer(text):
        while number < len(stretches) and stretches[number].end() <= hit.start():
            number += 1
        is_inside = number < len(stretches) and stretches[number].start() <= hit.start()
        yield stretches[number] if is_inside else number, hit.start()


def _mistake(text: str, stretch: re.Match[str] | int, places: list[int]) -> Diagnostic:
    kind = "code" if isinstance(stretch, int) else stretch.lastgroup or "code"
    first = text[places[0]]
    many = "" if len(places) == 1 else f", and {len(places) - 1:,} more like it"
    message = f"hidden character {named(first)}{many}"
    key = "line end" if kind == "comment" and first.isspace() else kind
    hint = _HINTS.get(key, _IN_LITERAL).format(escape=escape(first), code=ord(first))
    edits = [None] if len(places) > _MOST_EDITS else [_edit(text, at, kind) for at in places]
    if kind == "template" and None not in edits and not isinstance(stretch, int):
        holes = {at for hole in _HOLE.finditer(text, *stretch.span()) for at in range(*hole.span())}
        edits = [_edit(text, at, "code" if at in holes else kind) for at in places]
    title = hint.partition(":")[0].partition(";")[0]
    fixes = () if None in edits else (QuickFix(title, tuple(edit for edit in edits if edit)),)
    return Diagnostic(HIDDEN, message, Span(places[0], places[0] + 1), hint=hint, fixes=fixes)


def _edit(text: str, at: int, kind: str) -> Edit | None:
    """What keeps the meaning; None where nobody can say, as of what may be meant to end a comment."""
    character, span = text[at], Span(at, at + 1)
    match kind:
        case "literal" | "template":
            return Edit(span, escape(character))
        case "comment":
            return None if character.isspace() else Edit(span, "")
        case "raw":
            return None
    return Edit(span, " " if character.isspace() else "")
