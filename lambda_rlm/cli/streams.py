"""The standard streams of the process: whole even where they were closed, and what a stream can encode.

Owns `whole` and `writable`. Promises that no file which is opened later gets the number of a standard stream, that what is
written to a closed standard error is lost without a word, and that writing to a closed standard output is an `OSError` as it is
on a full disk; that a stream in another encoding than UTF-8 gets JSON with the same meaning, and a text from which every
character can still be told.
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import re
import sys
from typing import Final, TextIO

_STAND_INS: Final = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2039\u203a", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500", "-"),
    **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
    **dict.fromkeys("\u2022\u00b7", "*"),
    **dict(zip("\u2026\u2192\u2190\u21d2\u2264\u2265\u2260", ("...", "->", "<-", "=>", "<=", ">=", "!="), strict=True)),
    **dict(zip("\u00d7\u2502\u20ac\u2713\ufb01\ufb02", ("x", "|", "EUR", "ok", "fi", "fl"), strict=True)),
}
"""Signs that read as well in ASCII."""
_READABLE: Final = "lambda_rlm.readable"


def whole() -> None:
    """Put something in the place of the streams that are closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    codecs.register_error(_READABLE, _readable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # pages of help are written by others
            stream.reconfigure(errors=_READABLE)


def writable(text: str, stream: TextIO) -> tuple[str, str]:
    """A text as a stream can write it, and the characters of it, each once, that were replaced.

    Where the stream cannot encode all of it, JSON has escapes, which replace nothing: `\\u7b54`. Another text has a sign that
    reads as well, else the same escapes.
    """
    encoding = stream.encoding or "utf-8"
    if text.isascii() or _is_in(text, encoding):
        return text, ""
    unwritten = [sign for sign in dict.fromkeys(text) if not _is_in(sign, encoding)]
    if _is_json(text):
        table = {ord(sign): json.dumps(sign)[1:-1] for sign in unwritten}
        return text.translate(table), ""
    return text.translate({ord(sign): _in_ascii(sign) for sign in unwritten}), "".join(unwritten)


def _in_ascii(sign: str) -> str:
    return _STAND_INS.get(sign) or json.dumps(sign)[1:-1]


def _readable(error: UnicodeError) -> tuple[str, int]:
    """What a codec writes for what it cannot encode."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def _is_in(text: str, encoding: str) -> bool:
    """An encoding has all of a text; Shift-JIS has one byte for a yen sign and a backslash."""
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False


def _is_json(text: str) -> bool:
    """JSON, or lines of it: what is not ASCII is in its texts, where an escape means the same."""
    if not re.match(r"\s*[\[{]", text):
        return False
    for parts in ([text], [line for line in text.split("\n") if line.strip()]):
        try:
            for part in parts:
                json.loads(part)
        except (ValueError, RecursionError):
            continue
        return True
    return False


class _Closed(io.TextIOBase):
    """A standard output that nobody has opened."""

    encoding = "utf-8"

    def write(self, text: str, /) -> int:
        raise OSError(errno.EBADF, "it is closed")
