"""Which files of a folder nobody wants read.

Owns the rules of ignore files: `.gitignore` and `.lambdaignore` with the syntax and precedence that Git has (the matching is
pathspec's), in the folder, below it, and above it up to the root of the repository it is in. The nearer file wins, of two
in one folder `.lambdaignore`. What Git keeps elsewhere (`.git/info/exclude`, a user's own excludes) is not looked at. Promises
that an unreadable rule is reported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import plain
from lambda_rlm.private_file import read_regular

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_FILES: Final = (".gitignore", ".lambdaignore")
"""The later one wins."""

_MOST_BYTES: Final = 1_000_000
_AT_ONCE: Final = 1_000
"""Lines that are compiled together: the matcher holds no more than some thousands, and takes long to say so."""
_NOTED: Final = 10
"""Bad lines of a file that are noted one by one."""

Watch = Callable[[], object]
"""Called between two pieces of work; what it raises ends it."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """Rules that are relative to a folder, given by its real path; of several specs the last one wins."""

    folder: str
    specs: tuple[GitIgnoreSpec, ...]

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Whether what lies below the folder is ignored; None where it is not spoken of."""
        name = path[len(self.folder) :].replace(os.sep, "/").lstrip("/")
        name = f"{name}/" if is_folder else name
        verdicts = (spec.check_file(name).include for spec in reversed(self.specs))
        return next((verdict for verdict in verdicts if verdict is not None), None)


@dataclass(frozen=True, slots=True)
class Ignored:
    """What ignore files say, from the outermost to the nearest."""

    rules: tuple[_Rules, ...] = ()

    def entering(self, folder: str, notes: list[str], watch: Watch) -> Ignored:
        """These and those of a folder, given by its real path."""
        found = [rules for name in _FILES if (rules := _read(folder, name, notes, watch)) is not None]
        return Ignored((*self.rules, *found)) if found else self

    def __call__(self, path: str, is_folder: bool) -> bool:
        for rules in reversed(self.rules):
            verdict = rules.verdict(path, is_folder)
            if verdict is not None:
                return verdict
        return False


def above(folder: str, notes: list[str], watch: Watch) -> Ignored:
    """The rules above a folder, given by its real path, in its repository."""
    path = Path(folder)
    root = next((f for f in (path, *path.parents) if (f / ".git").exists()), None)
    found = Ignored()
    if root is not None:
        for parent in reversed([f for f in path.parents if f == root or root in f.parents]):
            found = found.entering(str(parent), notes, watch)
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


def _read(folder: str, name: str, notes: list[str], watch: Watch) -> _Rules | None:
    path = os.path.join(folder, name)
    if os.path.islink(path) or not os.path.isfile(path):  # Git does not follow such a link either
        return None
    try:
        text = read_regular(path, _MOST_BYTES).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        notes.append(f"{plain(path)} is ignored: {error}")
        return None
    lines, bad = text.splitlines(), list[int]()
    starts = range(0, len(lines), _AT_ONCE)
    specs = [spec for start in starts for spec in _sound(lines[start : start + _AT_ONCE], start + 1, bad, watch)]
    for number in bad[:_NOTED]:
        notes.append(f"line {number:,} of {plain(path)} is not a valid pattern and is ignored")
    if len(bad) > _NOTED:
        notes.append(f"{len(bad) - _NOTED:,} more lines of {plain(path)} are not valid patterns and are ignored")
    return _Rules(folder, tuple(specs))


def _sound(lines: list[str], first: int, bad: list[int], watch: Watch) -> list[GitIgnoreSpec]:
    """The rules of the lines that are rules, in as few specs as hold them; the numbers of others are added to `bad`."""
    watch()
    try:
        return [_spec(lines)]
    except _BadPattern:
        if len(lines) == 1:
            bad.append(first)
            return []
    half = len(lines) // 2
    return [*_sound(lines[:half], first, bad, watch), *_sound(lines[half:], first + half, bad, watch)]


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
