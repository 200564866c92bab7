"""How inputs are read: which files of a folder, in which encoding and formats, and how much at most.

Owns `Format`, `Reading` and the words for amounts and names in messages. Knows no file and no particular format.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.letters.encodings import codec_of, suggestion
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.late_pattern import late_pattern

MOST_BYTES: Final = 1_000_000_000
"""Of all inputs together, as they lie on disk."""

STRUCTURED: Final = 8
"""Structured data needs about this many times the memory of its text."""

if TYPE_CHECKING:
    from lambda_rlm.inputs.formats.extracted import ExtractedText, Rows

STANDARD_INPUT_FORMATS: Final = ("text", "csv", "jsonl", "json")
"""What standard input may hold: as it has no name, nothing else says it."""

STANDARD_INPUT: Final = "standard input"
"""Its name in messages."""

_REPLACING: Final = ":replace"
_CONTROL: Final = late_pattern(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_AS_ESCAPED: Final = late_pattern(r"\\[nrtuUx]")
"""What a name may have that is no escape of ours, and looks like one."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files: how a file of it is recognized, and what reads one.

    `kind` names it in messages, with its article ("a PDF"). `read(data, name, reading)` gets the bytes of a file, its name for
    messages and how inputs are read; it returns an `ExtractedText`, or `Rows` where `has_rows`, and raises `InputProblem` for a
    damaged file. A file has the format when its name has one of the `extensions` (lower case, with the dot) and, where there is
    a `magic`, the file starts with that, or has it within the first `magic_within` bytes. Without `needs_extension` a magic at
    the start is enough.

    `library` is the module that must be importable, `extra` what `pip install` is given to bring it. `has_rows`: data with
    types where the file is given alone, among several files its text; recognized by the extension alone. `is_packed`: the text
    may be longer than the file. Raises `ValueError` for a format that no file can have.
    """

    kind: str
    read: Callable[[bytes, str, Reading], ExtractedText | Rows]
    extensions: tuple[str, ...] = ()
    magic: bytes = b""
    extra: str = ""
    library: str = ""
    magic_within: int = 0
    needs_extension: bool = True
    has_rows: bool = False
    is_packed: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "extensions", tuple(self.extensions))
        if any(not e.startswith(".") or e != e.lower() for e in self.extensions):
            raise ValueError(f"the extensions of {self.kind!r} must have the form ('.pdf',), not {self.extensions!r}")
        if not self.extensions and (self.needs_extension or not self.magic):
            raise ValueError(f"the format {self.kind!r} needs at least one extension")
        if self.has_rows and self.magic:
            raise ValueError(f"a format with rows is recognized by its extension only; remove the magic of {self.kind!r}")

    def has_extension(self, name: str) -> bool:
        """The name has one of the extensions, in upper or lower case."""
        return name.lower().endswith(self.extensions)

    def recognizes(self, first: bytes, name: str) -> bool:
        """A file with these first bytes and this name has the format."""
        if not self.magic:
            return self.has_extension(name)
        if first.startswith(self.magic):
            return not self.needs_extension or self.has_extension(name)
        return self.magic in first[: self.magic_within] and self.has_extension(name)

    def missing(self, name: str) -> InputProblem | None:
        """The problem where the library that reads the format is not installed; None where it is."""
        if not self.library or _is_installed(self.library):
            return None
        install = f"pip install '{self.extra or self.library}'"
        as_text = "" if self.magic or self.is_packed else ", or read it as plain text: --raw"
        return InputProblem(
            f"reading {self.kind} requires an optional dependency: {name}", f"{install}{as_text}", f"{self.kind}: {install}"
        )


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package that a dotted name is in
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`include` and `exclude` are patterns in the syntax of .gitignore, relative to the folder that is read. `encoding` is that
    of all files and of standard input, with `:replace` after it to replace undecodable bytes by U+FFFD; None: found for each.
    `stdin_format` is what standard input holds, one of `STANDARD_INPUT_FORMATS`. With `raw` every file is the text that it is.
    Without `ignore` hidden files, folders of tools and what ignore files name are read too. `formats` are those that a host
    adds, which are tried before ours. `watch` is called every few milliseconds while inputs are found and read; what it raises
    ends the reading. Raises `InputProblem` for an encoding that there is not."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    encoding: str | None = None
    stdin_format: str = "text"
    raw: bool = False
    ignore: bool = True
    most_bytes: int = MOST_BYTES
    formats: tuple[Format, ...] = ()
    watch: Callable[[], object] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.encoding is not None and self.codec is None:
            label = self.encoding.removesuffix(_REPLACING)
            raise InputProblem(f"unknown encoding {label[:60]!r}", suggestion(label))
        if self.stdin_format not in STANDARD_INPUT_FORMATS:
            known = ", ".join(STANDARD_INPUT_FORMATS)
            raise InputProblem(f"unknown format of standard input {self.stdin_format[:60]!r}", f"it may be {known}")

    @property
    def codec(self) -> str | None:
        """Python's name of the encoding, without what is done about errors."""
        return None if self.encoding is None else codec_of(self.encoding.removesuffix(_REPLACING))

    def glance(self) -> None:
        """Let `watch` look; raises what it raises."""
        if self.watch is not None:
            self.watch()

    @property
    def replaces(self) -> bool:
        """Undecodable bytes become U+FFFD."""
        return self.encoding is not None and self.encoding.endswith(_REPLACING)


def amount(size: int) -> str:
    """Bytes as a person says them: `10.0 GB`."""
    for unit, bytes_ in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= bytes_:
            return f"{size / bytes_:,.1f} {unit}"
    return "1 byte" if size == 1 else f"{size:,} bytes"


def plain(name: str) -> str:
    """A name of a file on one line: bytes that are no text, and what would steer a terminal, as `\\x1b`. In such a name, and in
    one that looks like it, a backslash is two: no two names are written alike."""
    if "\\" not in name and name.isascii() and name.isprintable():
        return name
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if os.sep != "\\" and (text != name or _CONTROL.search(name) or _AS_ESCAPED.search(name)):
        text = name.replace("\\", "\\\\").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda hit: hit[0].encode("unicode_escape").decode(), text)
