"""The files of a folder, found without reading one.

Owns the order (by name, the files of a folder before its folders), what is passed over, and that it is counted: hidden names,
folders of tools, what ignore files and patterns leave out, links, and what is no regular file. Links are not followed: one that
leads out of the folder would put a stranger's choice of file before a model, one that stays inside names a file twice.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.folder.ignore import Ignored, above, patterns
from lambda_rlm.inputs.folder.left_out import LeftOut
from lambda_rlm.inputs.reading import Reading

_TOOLS: Final = frozenset({"CVS", "node_modules", "__pycache__", "venv", "env", "site-packages"})
_HIDDEN: Final = "hidden"
_OF_TOOLS: Final = "tool folder"
_BY_FILE: Final = "by an ignore file"
IGNORED: Final = frozenset({_HIDDEN, _OF_TOOLS, _BY_FILE})
"""Reasons that do not hold without `ignore`."""
_MAGIC: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file, its name relative to the folder, and its size by the file system."""

    path: Path
    name: str
    size: int


@dataclass(slots=True)
class Walk:
    files: list[Found] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    notes: list[str] = field(default_factory=list)


def walk(folder: Path, reading: Reading, wanted: Callable[[str], bool] | None = None) -> Walk:
    """The files below a folder, of those `wanted` by their name in it; raises `OSError` when the folder itself cannot be
    listed."""
    found = Walk()
    filters = _Filters(reading)
    root = os.path.realpath(folder)
    ignored = above(root, found.notes, reading.glance) if reading.ignore else Ignored()
    # Folders still to be listed, the next one last: real path, name in the folder, the rules that hold in it.
    todo = [(root, "", ignored)]
    while todo:
        reading.glance()
        real, name, ignored = todo.pop()
        try:
            with os.scandir(real) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            if not name:
                raise
            found.left_out.add(_why(error), f"{name}/")
            continue
        if reading.ignore:
            ignored = ignored.entering(real, found.notes, reading.glance)
        inner = []
        for entry in entries:
            reading.glance()
            own = f"{name}/{entry.name}" if name else entry.name
            if _is_folder(entry):
                reason = filters.folder(entry, own, ignored)
                if reason is None:
                    inner.append((entry.path, own, ignored))
                elif wanted is None:
                    found.left_out.add(reason, f"{own}/")
            elif wanted is None or wanted(own):
                _add(found, entry, folder, own, filters.file(entry, own, ignored))
        todo += reversed(inner)
    return found


def _add(found: Walk, entry: os.DirEntry[str], folder: Path, name: str, reason: str | None) -> None:
    if reason is not None:
        found.left_out.add(reason, name)
        return
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        found.left_out.add(_why(error), name)
        return
    if stat.S_ISREG(status.st_mode):
        found.files.append(Found(folder / name, name, status.st_size))
    else:
        found.left_out.add("not a regular file", name)


class _Filters:
    """Why an entry of a folder is left out, None when it is not."""

    def __init__(self, reading: Reading) -> None:
        self.ignore = reading.ignore
        self.include = patterns(reading.include, "--include") if reading.include else None
        self.exclude = patterns(reading.exclude, "--exclude") if reading.exclude else None

    def folder(self, entry: os.DirEntry[str], name: str, ignored: Ignored) -> str | None:
        if self.ignore and entry.name.startswith("."):
            return _HIDDEN
        if self.ignore and (entry.name in _TOOLS or os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))):
            return _OF_TOOLS
        if self.exclude is not None and self.exclude.match_file(f"{name}/"):
            return "by --exclude"
        return _BY_FILE if ignored(entry.path, True) else None

    def file(self, entry: os.DirEntry[str], name: str, ignored: Ignored) -> str | None:
        if self.ignore and entry.name.startswith("."):
            return _HIDDEN
        if self.exclude is not None and self.exclude.match_file(name):
            return "by --exclude"
        if ignored(entry.path, False):
            return _BY_FILE
        if entry.is_symlink():
            return "symbolic link"
        if self.include is not None and not self.include.match_file(name):
            return "not in --include"
        return None


def is_pattern(argument: str) -> bool:
    """It names files by `*`, `?` or `[…]`."""
    return not _MAGIC.isdisjoint(argument)


def matching(pattern: str, reading: Reading) -> tuple[str, Walk]:
    """The files that a pattern means, as the shell reads one, and the folder that their names are relative to."""
    parts = pattern.split("/")
    fixed = next(i for i, part in enumerate(parts) if is_pattern(part))
    start = "/".join(parts[:fixed]) + ("/" if fixed else "")
    wanted = tuple(part for part in parts[fixed:] if part)
    folder = Path(start or ".")
    if not folder.is_dir():
        return start, Walk()
    return start, walk(folder, reading, lambda name: _matches(tuple(name.split("/")), wanted))


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """`*` stands for a part of a name, `**` for any number of folders."""
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = {i for start in reached for i in range(start, len(parts) + 1)}
        else:
            reached = {i + 1 for i in reached if i < len(parts) and fnmatchcase(parts[i], part)}
    return len(parts) in reached


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _why(error: OSError) -> str:
    return "permission denied" if isinstance(error, PermissionError) else error.strerror or "cannot be read"
