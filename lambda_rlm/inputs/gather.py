"""From what was given, on a command line or by a host program, to named inputs.

Owns the reading of arguments (`path`, `name=path`, a folder, a pattern, `-`) and of Python values, and the names they get.
Promises that names are identifiers of the language, none twice, none `query`.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from lambda_rlm.inputs.files import read_file, read_folder, read_standard_input
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.rows import parse_csv, parse_json, parse_jsonl
from lambda_rlm.inputs.shape import Shaped, shaped, sound
from lambda_rlm.syntax.keywords import KEYWORDS
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.type import TEXT, Type, list_of, record_of

DEFAULT_NAME: Final = "context"
QUERY: Final = "query"
DOCUMENTS: Final = list_of(record_of(name=TEXT, text=TEXT))
"""The type of a folder, or of several files."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_NAMED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,63})=(.+)\Z", re.DOTALL)
_PATTERN: Final = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Named inputs as plain Python data, their types, what a person should know about how they were read, and functions that the
    host adds to the library."""

    values: Mapping[str, Any] = field(repr=False)
    types: Mapping[str, Type]
    notes: tuple[str, ...] = ()
    functions: tuple[HostFunction, ...] = ()

    def with_query(self, query: str) -> Inputs:
        """These and the question."""
        return replace(self, values={**self.values, QUERY: sound(query)}, types={**self.types, QUERY: TEXT})


def from_arguments(arguments: Sequence[str]) -> Inputs:
    """The inputs that command-line arguments name; raises `InputProblem`.

    Arguments without a name are `context` together: one file is a Text (or rows, by its ending), more are documents.
    """
    named: dict[str, str] = {}
    unnamed: list[str] = []
    for argument in arguments:
        hit = _NAMED.match(argument)
        if hit is None or Path(argument).exists():
            unnamed.append(argument)
        elif hit[1] in named:
            raise InputProblem(f"two inputs are named {hit[1]!r}")
        else:
            named[_checked_name(hit[1])] = hit[2]
    if [*unnamed, *named.values()].count("-") > 1:
        raise InputProblem("standard input (`-`) can be read only once")
    if unnamed and DEFAULT_NAME in named:
        raise InputProblem(f"{unnamed[0]} has no name, and {DEFAULT_NAME!r} is taken", "give it one: name=PATH")
    read: dict[str, Shaped] = {}
    if unnamed:
        read[DEFAULT_NAME] = _one(unnamed[0], DEFAULT_NAME) if len(unnamed) == 1 else _several(unnamed)
    for name, path in named.items():
        read[name] = _one(path, name)
    return _inputs(read)


def from_values(values: Mapping[str, Any]) -> Inputs:
    """The inputs that a host gives: text, plain data, or a `Path` that is read as on the command line.

    Raises `InputProblem` for a file that cannot be read, `TypeError` and `ValueError` for data that is not plain.
    """
    read: dict[str, Shaped] = {}
    for name, value in values.items():
        _checked_name(name)
        if isinstance(value, str):
            read[name] = Shaped(sound(value), TEXT, ())
        elif isinstance(value, Path):
            read[name] = _one(str(value), name)
        else:
            read[name] = shaped(value, name)
    return _inputs(read)


def _inputs(read: Mapping[str, Shaped]) -> Inputs:
    return Inputs(
        {name: one.value for name, one in read.items()},
        {name: one.type for name, one in read.items()},
        tuple(note for one in read.values() for note in one.notes),
    )


def _checked_name(name: str) -> str:
    if not _NAME.match(name) or name in KEYWORDS or name == "_":
        raise InputProblem(f"an input cannot be named {name!r}", "a name is letters, digits and `_`, and no keyword")
    if name == QUERY:
        raise InputProblem("`query` is the question and no name for an input")
    return name


def _one(path: str, name: str) -> Shaped:
    """A single argument: what it names decides what it becomes."""
    if path == "-":
        return Shaped(read_standard_input(), TEXT, ())
    files = _expanded(path)
    if len(files) > 1:
        return _several(files)
    file = Path(files[0])
    if file.is_dir():
        folder = read_folder(file)
        return Shaped(_documents(folder.texts), DOCUMENTS, folder.notes)
    return _of_text(read_file(file), file, name)


def _of_text(text: str, file: Path, name: str) -> Shaped:
    match file.suffix.lower():
        case ".json":
            return shaped(parse_json(text, str(file)), name)
        case ".jsonl" | ".ndjson":
            return shaped(parse_jsonl(text, str(file)), name)
        case ".csv":
            return shaped(parse_csv(text, str(file)), name)
        case ".tsv":
            return shaped(parse_csv(text, str(file), "\t"), name)
        case _:
            return Shaped(text, TEXT, ())


def _several(arguments: Sequence[str]) -> Shaped:
    """Several files, folders and patterns as documents, each under the name it was given by."""
    texts: list[tuple[str, str]] = []
    notes: list[str] = []
    for argument in arguments:
        if argument == "-":
            texts.append(("standard input", read_standard_input()))
            continue
        for path in _expanded(argument):
            if Path(path).is_dir():
                folder = read_folder(Path(path))
                texts += [((Path(path) / name).as_posix(), text) for name, text in folder.texts]
                notes += folder.notes
            else:
                texts.append((Path(path).as_posix(), read_file(Path(path))))
    return Shaped(_documents(texts), DOCUMENTS, tuple(notes))


def _expanded(argument: str) -> list[str]:
    """The files that a pattern matches, sorted; the argument itself when it is none or a file has that very name."""
    if not _PATTERN.search(argument) or Path(argument).exists():
        return [argument]
    found = sorted(path for path in glob.glob(argument, recursive=True) if Path(path).is_file())
    if not found:
        raise InputProblem(f"no file matches {argument}", "the pattern is matched against names below the current folder")
    return found


def _documents(texts: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": sound(name), "text": text} for name, text in texts]
