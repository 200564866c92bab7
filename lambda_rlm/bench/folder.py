"""Tasks from a folder: a `tasks.jsonl` and the contexts that it names.

Owns the reading of the common schema: `id`, `task`, `context_file`, `question`, `answer`, `scorer`, and where there are any
`answer_type`, `aliases`, `nominal_length`, `tokens_approx`. A context is a text file beside it; `docs.jsonl` means a collection
of documents (`doc_id`, `title`, `text`), which a task may have in smaller subsets (`doc_subsets`, ids by size); `recipe:NAME`
means `contexts/NAME.txt`, once somebody made it. Promises that a row's gold goes to the scorer only, and that nothing is read
but what is in the folder, or in another folder of tasks beside it. Refuses, before any task is asked, a row that could not
be asked or scored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from lambda_rlm.bench.score import score
from lambda_rlm.bench.task import Task
from lambda_rlm.inputs import InputProblem
from lambda_rlm.inputs.reading import MOST_BYTES, Reading
from lambda_rlm.inputs.text import text_of

TASKS: Final = "tasks.jsonl"
_RECIPE: Final = "recipe:"
_GOLD: Final = ("scorer", "answer", "answer_type", "aliases")
_NEEDED: Final = ("id", "context_file", "question", "answer", "scorer")


def read_tasks(folder: Path) -> tuple[list[Task], list[str]]:
    """The tasks of a folder, and notes on those left out; raises `InputProblem`."""
    tasks: list[Task] = []
    notes: list[str] = []
    for row in _rows(folder / TASKS):
        missing = [name for name in _NEEDED if name not in row]
        if missing:
            raise InputProblem(f"a task in {folder / TASKS} has no key {missing[0]!r}")
        name = str(row["context_file"])
        path = folder / (f"contexts/{name.removeprefix(_RECIPE)}.txt" if name.startswith(_RECIPE) else name)
        if not path.is_file():
            notes.append(f"task {row['id']} skipped: {path.name} not found")
            continue
        if not _is_of(folder, path):
            raise InputProblem(f"task {row['id']} of {folder / TASKS} refers to a context outside the folder: {name}")
        try:
            if path.suffix == ".jsonl":
                tasks.extend(_over_documents(row, path))
            else:
                size = int(row.get("nominal_length") or row.get("tokens_approx") or path.stat().st_size // 4)
                tasks.append(_task(row, size, partial(_text, path)))
        except InputProblem:
            raise
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise InputProblem(f"invalid task {row['id']} in {folder / TASKS}: {error}") from None
    return tasks, notes


def _is_of(folder: Path, path: Path) -> bool:
    """The file is in the folder, or in another folder of tasks beside it: a folder from elsewhere names no other file to be
    sent."""
    home, target = folder.resolve(), path.resolve()
    if target.is_relative_to(home):
        return True
    beside = target.relative_to(home.parent).parts if target.is_relative_to(home.parent) else ()
    return len(beside) > 1 and (home.parent / beside[0] / TASKS).is_file()


def _task(row: Mapping[str, Any], size: int, inputs: Any, unit: str = "tokens") -> Task:
    gold = {name: row[name] for name in _GOLD if name in row}
    score(gold, "0")  # what cannot be scored is known before it is paid for
    return Task(str(row["id"]), str(row.get("task", "")), str(row["question"]), gold, size, inputs, unit)


def _read(path: Path) -> str:
    return text_of(path, Reading(raw=True), MOST_BYTES).text


def _text(path: Path) -> Mapping[str, Any]:
    return {"context": _read(path)}


def _over_documents(row: Mapping[str, Any], path: Path) -> Iterator[Task]:
    every = tuple(_documents(path))
    subsets = row.get("doc_subsets") or {}
    unknown = sorted({str(name) for ids in subsets.values() for name in ids} - set(every))
    if unknown:
        raise ValueError(f"document not found: {unknown[0]!r}")
    for ids in sorted([*subsets.values(), every], key=len):
        yield _task(row, len(ids), partial(_chosen, path, tuple(map(str, ids))), "documents")


@cache
def _documents(path: Path) -> dict[str, dict[str, str]]:
    documents: dict[str, dict[str, str]] = {}
    for number, row in enumerate(_rows(path), 1):
        if not row.keys() >= {"doc_id", "text"}:
            raise InputProblem(f"document {number} of {path} lacks the key 'doc_id' or 'text'")
        documents[str(row["doc_id"])] = {"name": str(row.get("title") or row["doc_id"]), "text": str(row["text"])}
    return documents


def _chosen(path: Path, ids: tuple[str, ...]) -> Mapping[str, Any]:
    documents = _documents(path)
    return {"context": [documents[name] for name in ids]}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_read(path).splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise InputProblem(f"line {number} of {path} is not a JSON object")
            yield row
