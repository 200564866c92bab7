"""Which files of a folder nobody wants read.

Owns the rules of ignore files: `.gitignore` and `.lambdaignore` with the syntax and precedence that Git has (the matching is
pathspec's), in the folder, below it, and above it up to the root of the repository it stands in. The nearer file wins, of two
in one folder `.lambdaignore`. What Git keeps elsewhere (`.git/info/exclude`, a user's own excludes) is not looked at. Promises
that an unreadable rule is reported.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import plain
from lambda_rlm.private_file import read_regular

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_FILES: Final = (".gitignore", ".lambdaignore")
"""The later one wins."""

_MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Rules:
    """Rules that are relative to a folder, given by its real path."""

    folder: str
    spec: GitIgnoreSpec

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Whether what lies below the folder is ignored; None where it is not spoken of."""
        name = path[len(self.folder) :].replace(os.sep, "/").lstrip("/")
        return self.spec.check_file(f"{name}/" if is_folder else name).include


@dataclass(frozen=True, slots=True)
class Ignored:
    """What ignore files say, from the outermost to the nearest."""

    rules: tuple[_Rules, ...] = ()

    def entering(self, folder: str, notes: list[str]) -> Ignored:
        """These and those of a folder, given by its real path."""
        found = [rules for name in _FILES if (rules := _read(folder, name, notes)) is not None]
        return Ignored((*self.rules, *found)) if found else self

    def __call__(self, path: str, is_folder: bool) -> bool:
        for rules in reversed(self.rules):
            verdict = rules.verdict(path, is_folder)
            if verdict is not None:
                return verdict
        return False


def above(folder: str, notes: list[str]) -> Ignored:
    """The rules above a folder, given by its real path, in its repository."""
    path = Path(folder)
    root = next((f for f in (path, *path.parents) if (f / ".git").exists()), None)
    found = Ignored()
    if root is not None:
        for parent in reversed([f for f in path.parents if f == root or root in f.parents]):
            found = found.entering(str(parent), notes)
    return found


def patterns(lines: Sequence[str], option: str) -> GitIgnoreSpec:
    """Patterns of a command line; raises `InputProblem` for one that means nothing."""
    for line in lines:
        try:
            _spec([line])
        except _BadPattern as error:
            raise InputProblem(f"{option} {line!r} is not a valid pattern: {error}", "e.g. '*.md' or 'docs/**'") from None
    try:
        return _spec(lines)
    except _BadPattern as error:
        raise InputProblem(f"the patterns of {option} cannot be used together: {error}", "use fewer or shorter ones") from None


def _read(folder: str, name: str, notes: list[str]) -> _Rules | None:
    path = os.path.join(folder, name)
    if os.path.islink(path) or not os.path.isfile(path):  # Git does not follow such a link either
        return None
    try:
        text = read_regular(path, _MOST_BYTES).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        notes.append(f"{plain(path)} is ignored: {error}")
        return None
    return _Rules(folder, _sound(text.splitlines(), path, notes))


def _sound(lines: list[str], path: str, notes: list[str]) -> GitIgnoreSpec:
    """The rules of the lines that are rules."""
    try:
        return _spec(lines)
    except _BadPattern:
        good = []
        for number, line in enumerate(lines, start=1):
            try:
                _spec([line])
                good.append(line)
            except _BadPattern:
                notes.append(f"line {number:,} of {plain(path)} is not a valid pattern and is ignored")
    try:
        return _spec(good)
    except _BadPattern as error:
        notes.append(f"{plain(path)} is ignored: {error}")
        return _spec([])


class _BadPattern(Exception):
    """No pattern, or more than the matcher can hold."""


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    """Patterns, matched by RE2 in linear time; raises `_BadPattern`."""
    import warnings

    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the interpreter, about odd but valid patterns
            return GitIgnoreSpec.from_lines(lines, backend="re2")
    except Exception as error:  # noqa: BLE001 - pathspec lets those of two pattern compilers through
        raise _BadPattern(str(error).partition("\n")[0][:200]) from None
