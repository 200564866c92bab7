"""What a root model sees of one question: its inputs by name, type and size, what it may spend, and the question.

Owns the first turn. Promises that contents are not in it unless `peek` says so; contents, file names and names of fields are
data, and are cut: file names to `MOST_NAMES` of `LONGEST_NAME` characters, a peek to its number of characters for each input.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.synth.turn import Piece, Turn, typed
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type

MOST_NAMES: Final = 60
LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingTask:
    """A question and what stands around it. `leaf` is the model that answers a program's calls, `out` the tokens of its reply
    where the program does not say; `peek` the characters of each input that the root model is shown; `returns` the type that
    the answer must have; `functions` what the host adds to the library."""

    query: str
    inputs: Mapping[str, Any]
    types: Mapping[str, Type]
    leaf: ModelProfile
    budget: Budget
    out: int
    peek: int = 0
    returns: Type | None = None
    wants_confidence: bool = False
    functions: Sequence[HostFunction] = ()


def first_turn(task: WritingTask) -> Turn:
    """The task as the root model is given it, after the reference."""
    pieces = [Piece("# Task\nInputs, already bound:\n"), *described(task.inputs, task.types, task.peek)]
    pieces.append(Piece(f"  query: Text - {len(task.query):,} characters, below\n{_limits(task)}"))
    if task.functions:
        pieces.append(Piece("Functions of this task, beside the library; pure, each call costs no model call:\n"))
        pieces += [Piece(f"  {one.signature}{one.doc and f'  # {one.doc}'}\n") for one in task.functions]
    return Turn("user", (*pieces, Piece(f"\nquery:\n{task.query}\n\nWrite the program.")))


def described(inputs: Mapping[str, Any], types: Mapping[str, Type], peek: int) -> list[Piece]:
    """The description of the inputs: a line for each with its name, type and size, file names, and as much of its beginning as
    may be seen."""
    return [piece for name, type_ in types.items() if name != "query" for piece in _input(name, type_, inputs[name], peek)]


def _limits(task: WritingTask) -> str:
    leaf, budget = task.leaf, task.budget
    out = min(task.out, leaf.max_output, leaf.room // 4)
    free = max(0, leaf.room - out - leaf.template_tokens)
    lines = [
        f"Leaf model: a prompt has at most {int(free * leaf.min_chars_per_token):,} characters (less where out is larger); "
        f"a reply has {out:,} tokens unless out says otherwise, at most {leaf.max_output:,}.",
        f"Budget: {budget.calls:,} model calls"
        + (f", ${budget.usd:g}" if budget.usd is not None else "")
        + "; few calls are better.",
    ]
    if task.returns is not None:
        lines.append(f"The answer must have the type {show(task.returns)}.")
    if task.wants_confidence:
        lines.append("First line of the program: # confidence: N, from 0 to 1, how sure you are that it answers the query.")
    return "\n".join(lines) + "\n"


def _input(name: str, type_: Type, value: Any, peek: int) -> list[Piece]:
    pieces = [Piece(f"  {name}: "), typed(type_), Piece(f" - {_size(value)}\n")]
    names = _names(value)
    if names:
        more = len(value) - len(names)
        pieces += [Piece("    named:\n"), Piece("\n".join(names) + "\n", is_data=True)]
        pieces += [Piece(f"    and {more:,} more\n")] if more else []
    if peek:
        pieces += [Piece(f"    the first {peek:,} characters:\n"), Piece(_beginning(value, peek) + "\n", is_data=True)]
    return pieces


def _size(value: Any) -> str:
    if isinstance(value, str):
        lines = value.count("\n") + (not value.endswith("\n")) if value else 0
        return f"{len(value):,} characters, {lines:,} lines"
    if isinstance(value, list):
        what = "documents" if _is_documents(value) else "elements"
        return f"{len(value):,} {what}, {_characters(value):,} characters"
    return f"{_characters(value):,} characters as JSON"


def _characters(value: Any) -> int:
    """The texts in some data, in characters; other things as JSON writes them."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_characters, value))
    if isinstance(value, dict):
        return sum(map(_characters, value.values()))
    return len(json.dumps(value))


def _is_documents(value: list[Any]) -> bool:
    return bool(value) and isinstance(value[0], dict) and value[0].keys() == {"name", "text"}


def _names(value: Any) -> list[str]:
    """The first file names, in one line each."""
    if not isinstance(value, list) or not _is_documents(value):
        return []
    return [json.dumps(str(item["name"])[:LONGEST_NAME], ensure_ascii=False) for item in value[:MOST_NAMES]]


def _beginning(value: Any, peek: int) -> str:
    if isinstance(value, str):
        return value[:peek]
    shown: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        shown.append(json.dumps(item, ensure_ascii=False)[:peek])
        if sum(map(len, shown)) >= peek:
            break
    return "\n".join(shown)[:peek]
