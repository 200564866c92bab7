"""Where comments go when a program is printed.

Owns the queue of a program's comments. The printer visits the program in the order of the text and asks, before and behind
each element that can have a line of its own, which comments are there. Promises that each comment is printed once, and
where it stands after printing it stays when the result is printed again.
"""

from __future__ import annotations

from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.printing.layout import FORCE, HARD, Doc, DocumentRow, row


class Comments:
    """The comments not yet printed."""

    def __init__(self, comments: tuple[tuple[Span, str], ...] = (), text: str = "") -> None:
        self._queue = [(span, comment.rstrip()) for span, comment in reversed(comments)]
        self._text = text
        self._done = 0

    def is_pending_before(self, offset: int) -> bool:
        """Whether a comment starts before an offset."""
        return bool(self._queue) and self._queue[-1][0].start < offset

    def before(self, start: int, keeps_blank: bool = False) -> DocumentRow:
        """The comments that start before an element, each on its own line."""
        out: list[Doc] = []
        while self.is_pending_before(start):
            span, text = self._queue.pop()
            self._done = max(self._done, span.end)
            out += [text, HARD]
            if keeps_blank and self._is_blank_until(self._next_start(start)):
                out.append(HARD)
        return row(*out)

    def behind(self, end: int) -> Doc:
        """The comment on the same line behind an element, which ends the line."""
        self._done = max(self._done, end)
        if not self._queue:
            return ""
        span, text = self._queue[-1]
        if span.start < end or self._text[end : span.start].strip(" \t\r,;"):
            return ""
        self._queue.pop()
        self._done = span.end
        return row("  ", text, FORCE)

    def rest(self, end: int) -> DocumentRow:
        """The comments before the end of a bracket or of the program, each on a line of its own."""
        out: list[Doc] = []
        while self.is_pending_before(end):
            span, text = self._queue.pop()
            self._done = max(self._done, span.end)
            out += [HARD, text]
        return row(*out)

    def line_before(self, start: int, line: Doc) -> Doc:
        """The line between two elements, with the blank line that stood there."""
        return row(HARD, HARD) if self._is_blank_until(self._next_start(start)) else line

    def _next_start(self, start: int) -> int:
        return min(start, self._queue[-1][0].start) if self._queue else start

    def _is_blank_until(self, offset: int) -> bool:
        return self._text.count("\n", self._done, offset) > 1
