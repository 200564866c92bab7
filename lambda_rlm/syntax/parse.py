"""Text to program.

Owns `parse`, the one door for programs. Promises a `Program` or `Rejected` for any text, in time and memory bounded by the
limits in `caps`; what it returns can be walked by plain recursion. Does not know names or types.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.diagnostics import Diagnostic, Rejected
from lambda_rlm.source import SourceFile, Span
from lambda_rlm.syntax.build import Builder
from lambda_rlm.syntax.caps import MAX_CHARACTERS, over_caps
from lambda_rlm.syntax.lalr import Unexpected, run
from lambda_rlm.syntax.table import table
from lambda_rlm.syntax.term import Program
from lambda_rlm.syntax.tokens import scan


def parse(source: SourceFile) -> Program:
    """The program that a text means; raises `Rejected`."""
    size = len(source.text)
    if size > MAX_CHARACTERS:
        message = f"the program has {size:,} characters, more than {MAX_CHARACTERS:,}"
        raise Rejected(source, [Diagnostic("E0118", message, Span(0, 0))])
    grammar = table()
    found = scan(grammar, source, 0, size)
    if found.mistakes:
        raise Rejected(source, found.mistakes)
    builder = Builder(grammar, source)
    try:
        program: Program = run(grammar, "program", found.tokens, builder)
    except Unexpected as error:
        mistake = Diagnostic("E0101", f"unexpected {error.token.text!r}", error.token.span)
        raise Rejected(source, [mistake]) from None
    builder.finish()
    if builder.mistakes:
        raise Rejected(source, builder.mistakes)
    mistake_of_size = over_caps(program)
    if mistake_of_size is not None:
        raise Rejected(source, [mistake_of_size])
    return replace(program, comments=tuple(found.comments))
