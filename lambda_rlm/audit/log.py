"""Reading a log: a file of rows or of lines, packed or not, a folder of such, or standard input.

Owns which form a file has: JSON Lines by its ending or by how it begins, else a prompt a line; in a folder every other file is
one prompt. Promises to go on after what cannot be read, and, when interrupted, to keep what was read so far.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

from lambda_rlm.audit.lines import LogLine, lines, whole
from lambda_rlm.audit.tally import LogTally, tally
from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs import InputProblem, Reading
from lambda_rlm.inputs.decode import LOOKED_AT, kind_of
from lambda_rlm.inputs.files import STANDARD_INPUT, size_of, unreadable
from lambda_rlm.inputs.folder.left_out import LeftOut
from lambda_rlm.inputs.folder.walk import walk
from lambda_rlm.inputs.reading import amount, plain
from lambda_rlm.private_file import open_stream

Form = Literal["rows", "lines", "text"]
OnProgress = Callable[[int, int | None], None]
"""Bytes read so far, as they lie on disk, and how many there are; None where nobody knows."""

_ROWS: Final = (".jsonl", ".ndjson", ".json")
_GZIP: Final = b"\x1f\x8b"
_SWELLS: Final = 200
"""How many times its size a packed log may have: logs have ten to fifty, a bomb a thousand."""
_SWELLS_FREELY: Final = 10_000_000
"""Bytes that a packed log may have in any case."""
_SWELLS_UNSEEN: Final = 10_000_000_000
"""Bytes that a packed log may have on standard input, where its size is unknown."""
BUFFER: Final = 1 << 17
_REPORTED: Final = 1 << 22
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_BEGINS_A_ROW: Final = re.compile(rb'\{\s*"|\[\s*[\[{"]')


@dataclass(frozen=True, slots=True)
class Log:
    """A file of a log, or standard input where there is no path. `form` is None where its beginning tells."""

    path: Path | None
    size: int | None
    form: Form | None = None

    @property
    def name(self) -> str:
        return "standard input" if self.path is None else plain(str(self.path))


def logs(arguments: Sequence[str], reading: Reading, notes: list[str]) -> list[Log]:
    """The files that arguments mean, without opening one; what is left out is put on `notes`. Raises `InputProblem`."""
    files: list[Log] = []
    for argument in arguments:
        path = Path(argument)
        if argument in STANDARD_INPUT:
            files.append(Log(None, None))
        elif os.path.isdir(argument):
            try:
                walked = walk(path, reading)
            except OSError as error:
                raise unreadable(path, error) from None
            notes += [*walked.left_out.notes(argument), *walked.notes]
            files += [Log(file.path, file.size, _by_ending(file.path) or "text") for file in walked.files]
        else:
            files.append(Log(path, size_of(path), _by_ending(path)))
    if not files:
        raise InputProblem("no file to read", "; ".join(notes) or None)
    return files


def read(
    arguments: Sequence[str],
    vocabularies: Iterable[str],
    reading: Reading | None = None,
    name: str | None = None,
    on_progress: OnProgress | None = None,
) -> LogTally:
    """The tally of logs; `name` says where the text of a row is. Raises `InputProblem`. An interruption ends the reading, and
    what was read until then is given."""
    counted, left_out = tally(vocabularies), LeftOut()
    files = logs(arguments, reading or Reading(), counted.notes)
    total = None if any(file.size is None for file in files) else sum(file.size or 0 for file in files)
    progress = _Progress(on_progress, total)
    try:
        for file in files:
            _read(file, counted, name, progress, left_out, is_alone=len(files) == 1)
    except KeyboardInterrupt:
        counted.is_whole = False
    counted.notes += left_out.notes("the logs")
    return counted


def _by_ending(path: Path) -> Form | None:
    return "rows" if path.name.lower().removesuffix(".gz").endswith(_ROWS) else None


def _read(file: Log, counted: LogTally, name: str | None, progress: _Progress, left_out: LeftOut, is_alone: bool) -> None:
    try:
        with _opened(file) as raw:
            _take(file, raw, counted, name, progress)
    except InputProblem as problem:
        if is_alone:
            raise
        left_out.add(problem.kind, file.name)
    except (OSError, EOFError, zlib.error) as error:
        if is_alone and not counted.prompts and file.path is not None and not isinstance(error, (EOFError, gzip.BadGzipFile)):
            raise unreadable(file.path, error) from None
        counted.notes.append(f"{file.name}: cannot read the rest: {error}")


def _take(file: Log, raw: BufferedReader, counted: LogTally, name: str | None, progress: _Progress) -> None:
    """All prompts of a file that is open, packed or not."""
    is_packed = raw.peek(2)[:2] == _GZIP
    unpacked = _Unpacked(raw, file) if is_packed else raw
    first = unpacked.peek(LOOKED_AT)[:LOOKED_AT]
    if first.startswith(_WIDE):
        raise InputProblem(f"{file.name} is UTF-16", "convert it: `iconv -f UTF-16 -t UTF-8 FILE > NEW`", "UTF-16")
    problem = kind_of(first, file.name)
    if problem is not None:
        raise problem
    form = file.form or ("rows" if name or _begins_a_row(first) else "lines")
    bytes_ = cast("BinaryIO", unpacked)
    position = raw.tell if raw.seekable() else lambda: counted.bytes
    for line in [whole(bytes_)] if form == "text" else _without_mark(lines(bytes_)):
        counted.bytes += line.size
        if form == "rows":
            _add_row(line, file, counted, name)
        else:
            counted.add_text(line)
        progress.at(position(), counted.bytes)
    progress.done += file.size or 0


class _Unpacked(gzip.GzipFile):
    """What a packed file holds, up to `_SWELLS` times its size: a bomb of ten megabytes would take minutes."""

    def __init__(self, raw: BufferedReader, file: Log) -> None:
        super().__init__(fileobj=raw)
        self._most = max(_SWELLS_FREELY, _SWELLS * file.size) if file.size is not None else _SWELLS_UNSEEN
        self._made = 0

    def readline(self, size: int | None = -1) -> bytes:
        return self._counted(super().readline(size))

    def read(self, size: int | None = -1) -> bytes:
        return self._counted(super().read(size))

    def _counted(self, data: bytes) -> bytes:
        self._made += len(data)
        if self._made > self._most:
            raise EOFError(f"it unpacks to more than {amount(self._most)}, which no log does")
        return data


def _begins_a_row(first: bytes) -> bool:
    """A file begins like JSON Lines: with an object or a list, or with a line that is a text in JSON."""
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b'"'):
        return _BEGINS_A_ROW.match(start) is not None
    try:
        return isinstance(json.loads(start.split(b"\n", 1)[0]), str)
    except ValueError:
        return False


def _add_row(line: LogLine, file: Log, counted: LogTally, name: str | None) -> None:
    if line.number == 1 and line.data in (b"[", b"{"):
        hint = (
            "convert it to one value per line: `jq -c '.[]' FILE > NEW.jsonl`"
            if line.data == b"["
            else "convert it to one value per line: `jq -c . FILE > NEW.jsonl`"
        )
        raise InputProblem(f"{file.name} is one JSON value over several lines", hint, "JSON over several lines")
    counted.add_row(line, file.name, name)


def _without_mark(lines: Iterator[LogLine]) -> Iterator[LogLine]:
    for line in lines:
        if line.number == 1 and line.data.startswith(b"\xef\xbb\xbf"):
            line = LogLine(1, line.data[3:], line.size, line.stretches)
        yield line


@contextmanager
def _opened(file: Log) -> Iterator[BufferedReader]:
    if file.path is not None:
        with BufferedReader(open_stream(file.path), BUFFER) as raw:
            yield cast("BufferedReader", raw)
        return
    buffer = getattr(sys.stdin, "buffer", None)
    if buffer is None:
        raise InputProblem("standard input is closed", "use a file instead of `-`")
    yield cast("BufferedReader", buffer)


class _Progress:
    """How far the reading is, told every few megabytes. `done` counts the bytes of files that are read."""

    def __init__(self, tell: OnProgress | None, total: int | None) -> None:
        self.tell = tell
        self.total = total
        self.done = 0
        self._due = 0

    def at(self, position: int, read: int) -> None:
        """The place in a file on disk, and how much was read in all, unpacked."""
        if self.tell is not None and read >= self._due:
            self._due = read + _REPORTED
            self.tell(self.done + position, self.total)
