"""Names of the data in a program: what is written there in their script, put right to their identifiers.

Owns the correction. Promises to say nothing of the data but an identifier: the word is that of the program.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit, QuickFix
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax.mistakes.codes import UNKNOWN_CHARACTER
from lambda_rlm.types.called import is_of_a_word


def with_identifiers(source: SourceFile, found: Iterable[Diagnostic], called: Mapping[str, str]) -> list[Diagnostic]:
    """The diagnostics; those about characters that belong to a name of the data have the identifier as their fix."""
    identifiers: dict[str, str | None] = {}
    for name, original in called.items():
        word = _folded(original)
        identifiers[word] = None if word in identifiers else name
    corrected: dict[Span, Diagnostic] = {}
    others: list[Diagnostic] = []
    for one in found:
        span = _word_around(source.text, one.primary)
        word = source.text[span.start : span.end]
        meant = identifiers.get(_folded(word)) if one.code == UNKNOWN_CHARACTER else None
        if meant is None:
            others.append(one)
        else:
            fix = QuickFix(f"write `{meant}`", (Edit(span, meant),))
            message = f"names in a program are ASCII; `{word}` of the data is `{meant}` there"
            corrected[span] = replace(one, message=message, primary=span, fixes=(fix,))
    return sorted([*corrected.values(), *others], key=lambda one: (one.primary.start, one.primary.end, one.code))


def _word_around(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start > 0 and is_of_a_word(text[start - 1]):
        start -= 1
    while end < len(text) and is_of_a_word(text[end]):
        end += 1
    return Span(start, end)


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()
