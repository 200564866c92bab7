"""How inputs are read: which files of a folder, in which encoding, and how much at most.

Owns `Reading` and the words for amounts and names in what a person is told. Knows no file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lambda_rlm.inputs.problem import InputProblem

MOST_BYTES: Final = 1_000_000_000
"""Of all inputs together, as they lie on disk."""

STRUCTURED: Final = 8
"""Data with types takes about so many times the memory of its text."""

_REPLACING: Final = ":replace"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`include` and `exclude` are patterns in the syntax of .gitignore, relative to the folder that is read. `encoding` is that of
    all files and of standard input, with `:replace` after it where what is wrong becomes U+FFFD; None: found for each. With
    `raw` every file is the text that it is. Without `ignore` hidden files, folders of tools and what ignore files name are read
    too. Raises `InputProblem` for an encoding that there is not."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    encoding: str | None = None
    raw: bool = False
    ignore: bool = True
    most_bytes: int = MOST_BYTES

    def __post_init__(self) -> None:
        if self.encoding is not None:
            try:
                "".encode(self.codec or "")
            except (LookupError, ValueError):
                example = "for example utf-8, utf-16, cp1252, shift_jis, gb18030"
                raise InputProblem(f"there is no encoding {self.encoding!r}", example) from None

    @property
    def codec(self) -> str | None:
        """The encoding without what is done about errors."""
        return None if self.encoding is None else self.encoding.removesuffix(_REPLACING)

    @property
    def replaces(self) -> bool:
        """What is wrong in the encoding becomes U+FFFD."""
        return self.encoding is not None and self.encoding.endswith(_REPLACING)


def amount(size: int) -> str:
    """Bytes as a person says them: `10.0 GB`."""
    for unit, bytes_ in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= bytes_:
            return f"{size / bytes_:,.1f} {unit}"
    return "1 byte" if size == 1 else f"{size:,} bytes"


def plain(name: str) -> str:
    """A name of a file on one line: bytes that are no text, and what would steer a terminal, as `\\x1b`."""
    if name.isascii() and name.isprintable():
        return name
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda hit: hit[0].encode("unicode_escape").decode(), text)
