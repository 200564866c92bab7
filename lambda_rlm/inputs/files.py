"""Bytes to text.

Owns reading one file, standard input and folders. Promises strict UTF-8 (a byte order mark is dropped), one read of each
file, folders in a sorted order, and an account of every file left out. Refuses binary data, other encodings and special files.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambda_rlm.inputs.problem import InputProblem

_LOOKED_AT: Final = 8192
"""Bytes at the start of a file in which a zero byte means that it is no text."""

_SKIPPED_FOLDERS: Final = frozenset({"CVS", "node_modules", "__pycache__", "venv", "env", "site-packages"})

_KINDS: Final = (
    (b"%PDF", "a PDF", "take its text out first, for example with `pdftotext FILE`"),
    (b"PK\x03\x04", "a zip archive or an office document", "unpack it, or save it as text"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first: `gunzip -c FILE > NEW`"),
    (b"BZh", "compressed (bzip2)", "unpack it first: `bunzip2 -c FILE > NEW`"),
    (b"\xfd7zXZ", "compressed (xz)", "unpack it first: `xz -dc FILE > NEW`"),
    (b"\x89PNG", "a picture", "only text can be read"),
    (b"\xff\xd8\xff", "a picture", "only text can be read"),
    (b"\x7fELF", "a program", "only text can be read"),
)


@dataclass(frozen=True, slots=True)
class Folder:
    """The texts of a folder by their names in it, and what was left out, one line for each kind of reason."""

    texts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_file(path: Path) -> str:
    """The text of a file; raises `InputProblem`."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputProblem(f"{path} is a folder, not a file")
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
            raise InputProblem(f"{path} is not a regular file")
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise _unreadable(path, error) from None


def read_standard_input() -> str:
    """All of standard input; raises `InputProblem`."""
    if sys.stdin is None or sys.stdin.closed:
        raise InputProblem("there is no standard input to read", "give a file instead of `-`")
    buffer = getattr(sys.stdin, "buffer", None)
    return decode(buffer.read(), "standard input") if buffer is not None else sys.stdin.read()


def decode(data: bytes, name: str) -> str:
    """The text that bytes mean in UTF-8; raises `InputProblem` that says where they mean none."""
    for magic, kind, hint in _KINDS:
        if data.startswith(magic):
            raise InputProblem(f"{name} is {kind}, not text", hint)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputProblem(f"{name} is encoded in UTF-16, not UTF-8", "convert it: `iconv -f UTF-16 -t UTF-8 FILE > NEW`")
    if b"\0" in data[:_LOOKED_AT]:
        raise InputProblem(f"{name} is binary data, not text", "only text can be read; if it is text, save it in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(data, name, error) from None


def read_folder(path: Path) -> Folder:
    """Every text file below a folder. Hidden files, folders of tools, binary data and other encodings are left out and said."""
    texts: list[tuple[str, str]] = []
    refused: list[str] = []
    skipped: list[str] = []
    try:
        for file in _files_below(path, skipped):
            name = file.relative_to(path).as_posix()
            try:
                texts.append((name, read_file(file)))
            except InputProblem:
                refused.append(name)
    except OSError as error:
        raise _unreadable(path, error) from None
    if not texts:
        reason = f"all {len(refused)} are binary or not UTF-8" if refused else "it holds no files that are not hidden"
        raise InputProblem(f"the folder {path} has no text files", reason)
    notes = (*_left_out(path, refused, "binary or not UTF-8"), *_left_out(path, skipped, "hidden or a folder of tools"))
    return Folder(tuple(texts), notes)


def _files_below(path: Path, skipped: list[str]) -> Iterator[Path]:
    """Regular files below a folder in the order of their names, folders of tools and what is hidden put on `skipped`."""

    def stop(error: OSError) -> None:
        raise error

    for folder, folders, files in os.walk(path, onerror=stop):
        here = Path(folder)
        for name in sorted(folders):
            if _is_skipped(here, name):
                folders.remove(name)
                skipped.append(f"{(here / name).relative_to(path).as_posix()}/")
        folders.sort()
        for name in sorted(files):
            if name.startswith("."):
                skipped.append((here / name).relative_to(path).as_posix())
            elif (here / name).is_file():
                yield here / name


def _is_skipped(parent: Path, name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED_FOLDERS or (parent / name / "pyvenv.cfg").exists()


def _left_out(path: Path, names: list[str], reason: str) -> tuple[str, ...]:
    if not names:
        return ()
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return (f"{path}: left out {len(names)} ({reason}): {shown}",)


def _unreadable(path: Path, error: OSError) -> InputProblem:
    if isinstance(error, FileNotFoundError):
        return InputProblem(f"there is no file or folder {path}", "check the name; relative names start at the current folder")
    if isinstance(error, PermissionError):
        return InputProblem(f"{path} may not be read: permission denied")
    return InputProblem(f"{path} cannot be read: {error.strerror or error}")


def _not_utf8(data: bytes, name: str, error: UnicodeDecodeError) -> InputProblem:
    # A byte order mark is not part of what the decoder counts.
    offset = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
    line = data.count(b"\n", 0, offset) + 1
    return InputProblem(
        f"{name} is not valid UTF-8: byte 0x{data[offset]:02x} at offset {offset:,} (line {line:,})",
        "convert it, for example `iconv -f LATIN1 -t UTF-8 FILE > NEW`, or repair that place",
    )
