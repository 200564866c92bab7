"""Text to tokens.

Owns `Token` and the scanning of a text, or of a template's hole, by the grammar's terminals. Promises to read on after a
mistake, so that all lexical ones are told at once; keeps the comments apart. Refuses texts with too many tokens or brackets
too deep before anything else works on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from lambda_rlm.diagnostics import Diagnostic
from lambda_rlm.source import SourceFile, Span
from lambda_rlm.syntax.caps import MAX_NESTING, MAX_TOKENS
from lambda_rlm.syntax.table import Table

END = "$END"
_STEPS = {"LPAR": 1, "LSQB": 1, "LBRACE": 1, "RPAR": -1, "RSQB": -1, "RBRACE": -1}


class Token(NamedTuple):
    """A terminal's name, its text, and its place."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(slots=True)
class Tokens:
    """What scanning found; `tokens` ends with the end mark."""

    tokens: list[Token] = field(default_factory=list)
    comments: list[tuple[Span, str]] = field(default_factory=list)
    mistakes: list[Diagnostic] = field(default_factory=list)


def scan(table: Table, source: SourceFile, start: int, end: int) -> Tokens:
    """The tokens of a stretch of a source text."""
    found = Tokens()
    text, tokens, keywords, depth = source.text, found.tokens, table.keywords, 0
    at = start
    match = table.tokens.scanner(text, at, end).match  # type: ignore[attr-defined]
    while at < end:
        hit = match()
        if hit is None:
            found.mistakes.append(Diagnostic("E0103", f"unexpected character {text[at]!r}", Span(at, at + 1)))
            at += 1
            match = table.tokens.scanner(text, at, end).match  # type: ignore[attr-defined]
            continue
        kind = hit.lastgroup
        begin, at = at, hit.end()
        if kind == "WHITE_SPACE":
            continue
        if kind == "COMMENT":
            found.comments.append((Span(begin, at), text[begin:at]))
            continue
        word = text[begin:at]
        if kind == "NAME":
            kind = keywords.get(word, kind)
        elif kind in _STEPS:
            depth += _STEPS[kind]
            if depth > MAX_NESTING:
                found.mistakes.append(_too_nested(Span(begin, at)))
                break
        tokens.append(Token(kind, word, begin, at))
        if len(tokens) > MAX_TOKENS:
            found.mistakes.append(Diagnostic("E0118", f"the program has more than {MAX_TOKENS:,} tokens", Span(begin, at)))
            break
    tokens.append(Token(END, "", end, end))
    return found


def _too_nested(span: Span) -> Diagnostic:
    message = f"brackets are nested deeper than {MAX_NESTING} levels here"
    return Diagnostic("E0117", message, span, hint="name an inner part with `let` or `def`")
