"""The bytes of one file or of standard input, read within a limit.

Promises that no more is read than was asked for, that the first bytes are looked at before the rest is read, and that a file
which changes while it is read is refused, but for one that only grew: of that, what was there at the start is read. Refuses
folders, devices, sockets and named pipes without waiting for them; of pipes, standard input and what a shell passes by number
(`<(…)`) are read to their end.
"""

from __future__ import annotations

import errno
import os
import selectors
import stat
import sys
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.decode import LOOKED_AT, strict_utf8
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import amount, plain
from lambda_rlm.private_file import inherited, kind_of, open_below, open_regular, open_stream
from lambda_rlm.syntax.caps import MAX_CHARACTERS

_PIECE: Final = 1 << 20
_PART: Final = 34 << 20
"""Bytes of a part of a large file: above what an allocator keeps for itself when it is freed (32 MB in glibc)."""
_GLANCE: Final = 0.05

MOST_PROGRAM: Final = 4 * MAX_CHARACTERS
"""Bytes of the file of a program: no character has more than four."""

TOO_LARGE: Final = "too large"
"""The kind of problem that more than may be read is."""

STANDARD_INPUT: Final = ("-", "/dev/stdin")
"""How arguments name standard input."""

Look = Callable[[bytes], InputProblem | None]
"""What speaks against a file by its first bytes."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The bytes of a file in parts, which whoever reads them may take away one by one, so that they are not held twice."""

    parts: list[bytes]
    note: str | None = None

    @property
    def data(self) -> bytes:
        """All of them, in one part from now on."""
        self.parts[:] = [b"".join(self.parts)]
        return self.parts[0]


def contents(
    path: Path,
    most: int,
    look: Look,
    watch: Callable[[], object] | None = None,
    below: Path | None = None,
    *,
    in_parts: bool = False,
) -> Contents:
    """The bytes of a file, at most `most`; of a pipe, watched while nothing comes. A file of the folder `below` is reached
    through no link in it, whatever was put there since it was listed. `in_parts`: a large regular file is read in parts, else
    at once. Raises `InputProblem`."""
    try:
        with _opened(path, below) as file:
            before = os.fstat(file.fileno())
            size = before.st_size if stat.S_ISREG(before.st_mode) else 0
            stream = file if stat.S_ISREG(before.st_mode) or watch is None else _pipe(file, watch)
            parts = within(stream, most, plain(str(path)), look, size, _PART if in_parts else most + 1)
            after = os.fstat(file.fileno())
    except (OSError, ValueError) as error:
        if isinstance(error, InputProblem):
            raise
        raise unreadable(path, error) from None
    if not stat.S_ISREG(before.st_mode) or not before.st_size:
        return Contents(parts)
    return _unchanged(path, parts, before, after)


def _opened(path: Path, below: Path | None) -> FileIO:
    if below is not None:
        return open_below(below, path.relative_to(below))
    _readable_kind(path, path.stat())
    return open_stream(path)


def _pipe(file: FileIO, watch: Callable[[], object]) -> Any:
    selector = selectors.DefaultSelector()
    selector.register(file, selectors.EVENT_READ)
    return _Awaited(file, selector, watch)


def standard_input(most: int, look: Look, watch: Callable[[], object] | None = None) -> Contents:
    """All of standard input, watched while nothing comes; raises `InputProblem`."""
    if sys.stdin is None or sys.stdin.closed:
        raise InputProblem("standard input is closed", "use a file instead of `-`")
    buffer = getattr(sys.stdin, "buffer", None)
    if buffer is None:
        return Contents([sys.stdin.read().encode("utf-8", "surrogatepass")])
    stream = buffer if watch is None else awaited(buffer, watch)
    return Contents(within(stream, most, "standard input", look))


def awaited(buffer: Any, watch: Callable[[], object]) -> Any:
    """A stream that nobody has read from, such that somebody watches while its other end takes its time; one without a file
    behind it as it is."""
    try:
        selector = selectors.DefaultSelector()
        selector.register(buffer, selectors.EVENT_READ)
    except (OSError, ValueError):  # the last for a regular file, which never waits
        return buffer
    return _Awaited(buffer.raw, selector, watch) if hasattr(buffer, "raw") else buffer


@dataclass(frozen=True, slots=True)
class _Awaited:
    raw: Any
    selector: selectors.BaseSelector
    watch: Callable[[], object]

    def read(self, most: int) -> bytes:
        """What is there, at most `most` bytes; none at the end."""
        self.watch()
        while not self.selector.select(_GLANCE):
            self.watch()
        return bytes(self.raw.read(most) or b"")


def size_of(path: Path) -> int | None:
    """The size by the file system, None for a pipe that a shell passed; raises `InputProblem` for what cannot be read."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    _readable_kind(path, status)
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def head(path: Path) -> bytes:
    """The first bytes of a regular file; none where it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(LOOKED_AT) or b""
    except OSError:
        return b""


def program_text(path: Path, watch: Callable[[], object] | None = None) -> str:
    """The text of a program, which is UTF-8, watched while nothing comes through a pipe; raises `InputProblem`, for a file that
    can be no program by its size before it is read."""
    size = size_of(path)
    if size is not None and size > MOST_PROGRAM:
        raise _no_program(plain(str(path)))
    try:
        data = contents(path, MOST_PROGRAM, lambda first: None, watch).data
    except InputProblem as problem:
        raise _no_program(plain(str(path))) if problem.kind == TOO_LARGE else problem from None
    return strict_utf8(data, plain(str(path)))


def program_from_standard_input(watch: Callable[[], object] | None = None) -> str:
    """A program on standard input, watched while nothing comes; raises `InputProblem`."""
    try:
        data = standard_input(MOST_PROGRAM, lambda first: None, watch).data
    except InputProblem as problem:
        raise _no_program("standard input") if problem.kind == TOO_LARGE else problem from None
    return strict_utf8(data, "standard input")


def _no_program(name: str) -> InputProblem:
    hint = "check the order: the program comes before its inputs"
    return InputProblem(f"{name} is too large for a program, which may have {MAX_CHARACTERS:,} characters", hint, TOO_LARGE)


def too_large(what: str, most: int) -> InputProblem:
    """`what` says of which input how much there is."""
    hint = "use a smaller input, or raise the limit: --max-input BYTES"
    return InputProblem(f"{what}; the limit is {amount(most)}", hint, TOO_LARGE)


def unreadable(path: Path, error: Exception) -> InputProblem:
    """The error of the file system as a person can act on it."""
    name = plain(str(path))
    if isinstance(error, FileNotFoundError):
        return InputProblem(f"no such file or folder: {name}", "check the path; relative paths start at the current folder")
    if isinstance(error, PermissionError):
        return InputProblem(f"cannot read {name}: permission denied", kind="permission denied")
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return InputProblem(f"{name} is a symbolic link to itself", "repair the link, or use the path of its target")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    short = name if len(name) <= 200 else f"{name[:100]}…"
    return InputProblem(f"cannot read {short}: {reason}")


def within(file: BinaryIO, most: int, name: str, look: Look, size: int = 0, part: int = 0) -> list[bytes]:
    """All bytes of an open file; raises `InputProblem` when there are more than `most`, or the first of them speak against it.
    `size` is that of a regular file, which is then read in parts of `part` bytes; all else becomes one part."""
    first = bytearray()
    while len(first) < LOOKED_AT and (piece := file.read(LOOKED_AT - len(first))):
        first += piece
    problem = look(bytes(first))
    if problem is not None:
        raise problem
    pieces, read = [bytes(first)], len(first)
    if size:
        file.seek(0)
        pieces, read = [], 0
    while read <= most and (piece := file.read(max(_PIECE, min(size + 1 - read, most + 1 - read, part)))):
        pieces.append(piece)
        read += len(piece)
    if read > most:
        raise too_large(f"{name} is too large", most)
    return pieces if size else [b"".join(pieces)]


def _readable_kind(path: Path, status: os.stat_result) -> None:
    kind = kind_of(status.st_mode)
    if kind is None or (stat.S_ISFIFO(status.st_mode) and inherited(path) is not None):
        return
    hint = None if stat.S_ISDIR(status.st_mode) else "pass a stream as standard input: `-`"
    raise InputProblem(f"{plain(str(path))} is {kind}, not a file", hint, "not a regular file")


def _unchanged(path: Path, parts: list[bytes], before: os.stat_result, after: os.stat_result) -> Contents:
    size = sum(map(len, parts))
    same = (before.st_size, before.st_mtime_ns, before.st_ino) == (after.st_size, after.st_mtime_ns, after.st_ino)
    if same and size == before.st_size:
        return Contents(parts)
    name = plain(str(path))
    if before.st_ino == after.st_ino and before.st_size < max(size, after.st_size) and size >= before.st_size:
        there = amount(before.st_size)
        there_then = b"".join(parts)[: before.st_size]
        return Contents([there_then], f"{name} grew while it was read: only its first {there} are used")
    raise InputProblem(f"{name} changed while it was read", "try again, or copy it first", "changed while it was read")
