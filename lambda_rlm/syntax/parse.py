"""Text to program.

Owns `parse`, the one door for programs, and `parsed`, which remembers the last ones. Promises a `Program` or `Rejected` for
any text, in time and memory bounded by the limits in `caps`; what it returns can be walked by plain recursion. Does not know
names or types.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax.build import Builder
from lambda_rlm.syntax.caps import MAX_CHARACTERS, over_caps
from lambda_rlm.syntax.grammar.lalr import Unexpected, run
from lambda_rlm.syntax.grammar.table import table
from lambda_rlm.syntax.mistakes.codes import PROGRAM_TOO_LARGE, UNKNOWN_CHARACTER
from lambda_rlm.syntax.mistakes.hidden import hidden_characters
from lambda_rlm.syntax.mistakes.slips import SlipPlace, code_fence
from lambda_rlm.syntax.mistakes.unexpected import explain
from lambda_rlm.syntax.term import Program
from lambda_rlm.syntax.tokens import scan

PROGRAMS_KEPT: Final = 32
"""Programs that are remembered, each no larger than the limits in `caps`."""


def parse(source: SourceFile) -> Program:
    """The program that a text means; raises `Rejected`."""
    size = len(source.text)
    if size > MAX_CHARACTERS:
        message = f"the program has {size:,} characters, more than {MAX_CHARACTERS:,}"
        raise Rejected(source, [Diagnostic(PROGRAM_TOO_LARGE, message, Span(0, 0))])
    if mistakes := _unencodable(source.text):
        raise Rejected(source, mistakes)
    if mistakes := hidden_characters(source):
        raise Rejected(source, mistakes)
    grammar = table()
    scanned = scan(grammar, source, 0, size)
    if scanned.is_fenced:
        raise Rejected(source, [code_fence(source)])
    if scanned.mistakes:
        raise Rejected(source, scanned.mistakes)
    builder = Builder(grammar, source, scanned.tokens[0].start)
    try:
        program: Program = run(grammar, "program", scanned.tokens, builder.methods)
    except Unexpected as error:
        mistake = explain(SlipPlace(grammar, source, scanned.tokens, error))
        raise Rejected(source, [*builder.finish(), mistake]) from None
    mistakes = builder.finish() or over_caps(program)
    if mistakes:
        raise Rejected(source, mistakes)
    return replace(program, comments=tuple(scanned.comments))


@lru_cache(maxsize=PROGRAMS_KEPT)
def parsed(source: SourceFile) -> Program:
    """The same, parsed once while it is among the last texts that were asked for: the same nodes again, so that what was found
    out about them still holds. Raises `Rejected`, and remembers nothing of that."""
    return parse(source)


def _unencodable(text: str) -> list[Diagnostic]:
    """Halves of surrogate pairs, which no file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        span = Span(error.start, error.end)
        return [Diagnostic(UNKNOWN_CHARACTER, "lone surrogate: not a valid Unicode character", span)]
    return []
