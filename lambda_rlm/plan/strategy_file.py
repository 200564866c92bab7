"""Strategies that somebody gives by path instead of naming a task of the standard library.

Owns the one rule that tells a path from a task's name, and `StrategyFile`. Reads no file.
"""

from __future__ import annotations

import os
from pathlib import Path

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.plan.tasks import ALIASES
from lambda_rlm.types.type import Type

_SEPARATORS = {"/", os.sep}


@dataclass(frozen=True, slots=True)
class StrategyFile:
    """A checked program over `context` and `query`, both of the type Text, and the type of its answer. `forms` are those of its
    outermost `let`s (`documents`, `items`) that have the type they have in the standard library, so that inputs can be in
    for them."""

    source: SourceFile
    type: Type
    forms: frozenset[str] = frozenset()


def is_path(task: str) -> bool:
    """A task is given by path when it ends in `.lam` or contains a path separator; anything else is a name."""
    return task.endswith(".lam") or not _SEPARATORS.isdisjoint(task)


def task_name(task: str | Path | None) -> str | None:
    """A task in the form that means the same from any folder: a path becomes absolute, another spelling of a name the name."""
    if task is None:
        return None
    if isinstance(task, str) and not is_path(task):
        return ALIASES.get(task, task)
    return str(Path(task).absolute())
