"""Faults within a token: text where no terminal of the grammar fits.

Owns the reading of faulty literals and stray characters. Promises to tell what is wrong, with a fix where that is
mechanical, and where to read on; always further than before.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.syntax.literals import ESCAPE
from lambda_rlm.syntax.mistakes.codes import UNCLOSED_TEXT, UNKNOWN_CHARACTER
from lambda_rlm.syntax.mistakes.fixes import bad_escape, instead
from lambda_rlm.syntax.templates import MAX_FAULTS, Hoist, faults_of_template

_TEXT = late_pattern(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ESCAPE = late_pattern(rf"\\(?:({ESCAPE})|.)", re.DOTALL)
_SINGLE = late_pattern(r"'([^'\\\n]*(?:\\.[^'\\\n]*)*)'")
_CURLY = late_pattern('[“”]([^“”"\n]*)[“”]|‘([^‘’"\n]*)’')
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "⇒": "=>", "→": "->",
    "∧": " and ", "∨": " or ", "¬": "not ", "“": '"', "”": '"', "„": '"', "‘": '"', "’": '"',
}  # fmt: skip
_WORDS = {"&&": " and ", "&": " and ", "||": " or ", "!": "not "}


def misspelled(source: SourceFile, at: int, end: int, hoist: Hoist) -> tuple[list[Diagnostic], int]:
    """What is wrong at a place, and where to read on."""
    text = source.text
    if text.startswith('f"', at):
        return faults_of_template(source, at, end, hoist)
    if text[at] == '"':
        return _faulty_text(text, at, end)
    if text[at] == "'" and (hit := _SINGLE.match(text, at, end)) is not None:
        return [_single_quotes(Span(at, hit.end()), hit.group(1), hoist)], hit.end()
    if (hit := _CURLY.match(text, at, end)) is not None:
        inner = hit.group(1) if hit.group(1) is not None else hit.group(2)
        return [instead('use straight quotes, `"`, around a text', Span(at, hit.end()), f'"{inner}"')], hit.end()
    for sign in ("&&", "&", "!"):
        if text.startswith(sign, at):
            span = Span(at, at + len(sign))
            return [instead(f"`{sign}` is written `{_WORDS[sign].strip()}`", span, _spaced(text, span, _WORDS[sign]))], span.end
    return [_stray(text, at)], at + 1


def doubled_bar(text: str, span: Span) -> Diagnostic:
    """`||`."""
    return instead("`||` is written `or`", span, _spaced(text, span, _WORDS["||"]))


def _spaced(text: str, span: Span, word: str) -> str:
    """A word with no more spaces around it than it needs."""
    before = text[span.start - 1 : span.start]
    after = text[span.end : span.end + 1]
    if before.isspace():
        word = word.lstrip()
    return word.rstrip() if after.isspace() else word


def _stray(text: str, at: int) -> Diagnostic:
    character = text[at]
    span = Span(at, at + 1)
    if character in _SIGNS:
        return instead(f"unexpected character `{character}`", span, _spaced(text, span, _SIGNS[character]))
    if character.isspace():
        return instead("unusual space character", span, " ")
    if unicodedata.category(character) == "Cf":
        return instead("invisible character", span, "")
    shown = f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
    return Diagnostic(UNKNOWN_CHARACTER, f"{shown} is not allowed outside of a text", span)


def _faulty_text(text: str, at: int, end: int) -> tuple[list[Diagnostic], int]:
    """A text literal that is not closed, or holds unknown escapes."""
    hit = _TEXT.match(text, at, end)
    if hit is None:
        hint = 'add `"` where the text ends; write `\\"` for a quote inside it'
        return [Diagnostic(UNCLOSED_TEXT, "this text is not closed", Span(at, at + 1), hint=hint)], end
    faults = (
        bad_escape(escape.group(), at + 1 + escape.start())
        for escape in _ESCAPE.finditer(text[at + 1 : hit.end() - 1])
        if escape.group(1) is None
    )
    return list(islice(faults, MAX_FAULTS)), hit.end()


def _single_quotes(span: Span, inner: str, hoist: Hoist) -> Diagnostic:
    written = '"' + re.sub(r'(?<!\\)((?:\\\\)*)"', r'\1\\"', inner).replace("\\'", "'") + '"'
    if hoist.is_in_hole:
        return hoist.moved(span, written)
    return instead('use double quotes, `"`, around a text', span, written)
