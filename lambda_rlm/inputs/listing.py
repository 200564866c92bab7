"""What arguments mean: files, folders, patterns and standard input, found and measured before anything is read.

Owns how an argument is understood, the names that inputs get, and the limit of what may be read at once. Promises that sizes
are those of the file system, so that a folder of any size is listed without opening its files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.field_names import field_names
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading, amount, plain
from lambda_rlm.late_pattern import late_pattern

if TYPE_CHECKING:
    from lambda_rlm.inputs.folder.left_out import LeftOut

DEFAULT_NAME: Final = "context"
QUERY: Final = "query"
MOST_INPUTS: Final = 256
"""Inputs with names of their own: a program that mentions each of them has room for no more."""

_NAME: Final = late_pattern(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_NAMED: Final = late_pattern(r"([^\W\d]\w{0,63})=(.+)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file, or standard input where there is no path. `name` is that of its document; `size` in bytes, None where only
    reading tells it. `is_asked_for` says that it was named by itself, so that it is not left out but refused; `below` is the
    folder that it was found in, None where it was named."""

    path: Path | None
    name: str
    size: int | None
    is_asked_for: bool = True
    below: Path | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one input: of `is_list` a list of documents, else the one file. Nothing of them has been read. `called` is
    the name that the user gave it, where that is no identifier."""

    entries: tuple[ListedFile, ...]
    is_list: bool
    notes: tuple[str, ...]
    where: str
    called: str | None = None

    @property
    def size(self) -> int:
        """Bytes, as far as the file system knows them."""
        return sum(entry.size or 0 for entry in self.entries)


def listings(arguments: Sequence[str], reading: Reading) -> dict[str, Listing]:
    """The inputs that command-line arguments name; raises `InputProblem`.

    Arguments without a name are `context` together: one file is that file, more are documents.
    """
    from lambda_rlm.inputs.files import STANDARD_INPUT

    named: dict[str, str] = {}
    unnamed: list[str] = []
    for argument in arguments:
        hit = _NAMED.match(argument)
        if hit is not None and os.path.lexists(argument) and os.path.lexists(hit[2]):
            raise InputProblem(
                f"{plain(argument)} is a path, and may also mean {plain(hit[2])} under the name {hit[1]}",
                f"write ./{plain(argument)} for that path, or rename it",
            )
        if hit is None or os.path.exists(argument):
            unnamed.append(argument)
        elif hit[1] in named:
            raise InputProblem(f"duplicate input name {hit[1]!r}")
        else:
            named[checked_name(hit[1]) if hit[1].isascii() else hit[1]] = hit[2]
    few_enough(named)
    if sum(argument in STANDARD_INPUT for argument in (*unnamed, *named.values())) > 1:
        raise InputProblem("standard input (`-`) can be read only once")
    if unnamed and DEFAULT_NAME in named:
        raise InputProblem(f"{unnamed[0]} needs a name, because {DEFAULT_NAME!r} is already used", "write NAME=PATH")
    found = {DEFAULT_NAME: listed(unnamed, reading)} if unnamed else {}
    names = input_names([*found, *named])
    return found | {names[key]: _called(listed([argument], reading), key, names[key]) for key, argument in named.items()}


def _called(listing: Listing, key: str, name: str) -> Listing:
    if key == name:
        return listing
    return replace(listing, called=key, notes=(f"renamed inputs: {key!r} is {name}", *listing.notes))


def few_enough(names: Collection[str]) -> None:
    """Raises `InputProblem` for more names than a program has room for."""
    if len(names) > MOST_INPUTS:
        hint = "give many files as a folder or without names, many texts as one list"
        raise InputProblem(f"there are {len(names):,} named inputs; at most {MOST_INPUTS} are possible", hint)


def checked_name(name: str) -> str:
    """The name, when a program can use it; raises `InputProblem`."""
    from lambda_rlm.syntax.keywords import KEYWORDS

    if not _NAME.match(name) or name in KEYWORDS or name == "_":
        usable = input_names([name])[name]
        raise InputProblem(f"an input cannot be named {name!r} in a program", f"name it {usable!r}: letters, digits and `_`")
    if name == QUERY:
        raise InputProblem("`query` is the name of the question; choose another name for the input")
    return name


def input_names(keys: Iterable[str]) -> dict[str, str]:
    """A name for each input that a host names by any text: itself where a program can use it, else by the rule for fields of
    rows; a reserved word, and the name of the question, get a number. No two are alike."""
    from lambda_rlm.syntax.keywords import KEYWORDS

    names = field_names(list(keys), otherwise="input")
    taken = {*names.values(), *KEYWORDS, QUERY}
    for key, name in names.items():
        if name in KEYWORDS or name == QUERY:
            number = 2
            while f"{name}_{number}" in taken:
                number += 1
            names[key] = f"{name}_{number}"
            taken.add(names[key])
    return names


def listed(arguments: Sequence[str], reading: Reading) -> Listing:
    """The files that the arguments for one input mean; raises `InputProblem`."""
    entries: list[ListedFile] = []
    notes: list[str] = []
    is_list = len(arguments) > 1
    for argument in arguments:
        one = _listed(argument, reading, is_alone=len(arguments) == 1)
        entries += one.entries
        notes += one.notes
        is_list = is_list or one.is_list
    once = _once(entries, notes)
    return Listing(once, is_list, tuple(notes), plain(arguments[0]) if len(arguments) == 1 else "the inputs")


def within_limit(found: Mapping[str, Listing], reading: Reading) -> None:
    """Raises `InputProblem` where the files together are larger than may be read. What is no text by its first bytes will not
    be read whole and does not count; only when the sizes alone are too large are these bytes looked at."""
    from lambda_rlm.inputs.files import head, too_large
    from lambda_rlm.inputs.text import speaks_against

    known = [entry for listing in found.values() for entry in listing.entries if entry.size]
    if sum(entry.size or 0 for entry in known) <= reading.most_bytes:
        return
    text = [e for e in known if e.is_asked_for or e.path is None or speaks_against(head(e.path), e.name, reading) is None]
    total = sum(entry.size or 0 for entry in text)
    if total > reading.most_bytes:
        largest = max(text, key=lambda entry: entry.size or 0)
        one = f"{plain(largest.name)} has {amount(largest.size or 0)}"
        raise too_large(
            one if len(text) == 1 else f"{len(text):,} files have {amount(total)} in total ({one})", reading.most_bytes
        )


def _listed(argument: str, reading: Reading, is_alone: bool) -> Listing:
    from lambda_rlm.inputs.files import STANDARD_INPUT, size_of
    from lambda_rlm.inputs.folder.walk import is_pattern

    if argument in STANDARD_INPUT:
        return Listing((ListedFile(None, "standard input", None),), False, (), "standard input")
    path = Path(argument)
    if os.path.isdir(argument):
        return _folder(path, reading, "" if is_alone else f"{path.as_posix().rstrip('/')}/")
    if is_pattern(argument) and not os.path.lexists(argument):
        return _pattern(argument, reading)
    return Listing((ListedFile(path, path.as_posix(), size_of(path)),), False, (), plain(argument))


def _folder(path: Path, reading: Reading, prefix: str) -> Listing:
    from lambda_rlm.inputs.files import unreadable
    from lambda_rlm.inputs.folder.walk import walk

    try:
        found = walk(path, reading)
    except OSError as error:
        raise unreadable(path, error) from None
    if not found.files:
        raise InputProblem(f"no text files found in the folder {plain(str(path))}", _reasons(found.left_out))
    entries = tuple(
        ListedFile(file.path, prefix + file.name, file.size, is_asked_for=False, below=path) for file in found.files
    )
    return Listing(entries, True, (*found.left_out.notes(str(path)), *found.notes), plain(str(path)))


def _pattern(argument: str, reading: Reading) -> Listing:
    from lambda_rlm.inputs.files import unreadable
    from lambda_rlm.inputs.folder.walk import matching

    try:
        start, found = matching(argument, reading)
    except OSError as error:
        raise unreadable(Path(argument), error) from None
    if not found.files:
        is_question = " " in argument.strip()
        hint = "the pattern is matched against paths below the current folder"
        hint = 'put the question first: lambda-rlm ask "Who did it?" book.txt' if is_question else hint
        raise InputProblem(f"no file matches {plain(argument)}", _reasons(found.left_out) if found.left_out.total else hint)
    is_one = len(found.files) == 1
    entries = tuple(ListedFile(file.path, start + file.name, file.size, is_one, Path(start or ".")) for file in found.files)
    return Listing(entries, not is_one, (*found.left_out.notes(argument), *found.notes), plain(argument))


def _reasons(left_out: LeftOut) -> str:
    from lambda_rlm.inputs.folder.walk import IGNORED

    if not left_out.total:
        return "the folder is empty"
    counts = ", ".join(f"{count:,} {reason}" for reason, count in left_out.counts.items())
    is_by_rule = not IGNORED.isdisjoint(left_out.counts)
    return f"skipped: {counts}" + ("; --no-ignore includes hidden and ignored files" if is_by_rule else "")


def _once(entries: Sequence[ListedFile], notes: list[str]) -> tuple[ListedFile, ...]:
    """Each file one time, under the first name that it was given by."""
    from lambda_rlm.inputs.folder.left_out import LeftOut

    seen: dict[str, ListedFile] = {}
    twice = LeftOut()
    for entry in entries:
        key = "-" if entry.path is None else os.path.realpath(entry.path)
        if key in seen:
            twice.add("duplicate, read once", entry.name)
        else:
            seen[key] = entry
    notes += twice.notes("the inputs")
    return tuple(seen.values())
