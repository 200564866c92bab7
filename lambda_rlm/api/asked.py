"""What the methods of `RLM` are given: a question, and inputs as a mapping and as keywords.

Owns the names of inputs in a call. Promises that none is given twice, and that a warning names the caller's line where a value
is likely to mean something else: the path of a file given as text, a keyword that is a slip of a parameter's name. Reads
nothing.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from time import time
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.field_names import kept_key
from lambda_rlm.inputs.listing import input_names
from lambda_rlm.plan.router import Choice
from lambda_rlm.types.nearest import nearest

PARAMETERS: Final = ("follows", "inputs", "on_event", "query", "returns", "strategy", "task")
"""What methods that ask have parameters for; any other keyword is an input."""

OF_AN_RLM: Final = frozenset({
    "account", "admit", "base_url", "budget", "cache", "constrain", "env_file", "formats", "hedge", "journal", "layout", "model",
    "model_options", "pool", "primitives", "root_model", "routing", "rpm", "seed", "strict", "tpm", "writing",
})  # fmt: skip
"""What is set when an `RLM` is made, and is an input anywhere else."""

_SHORT: Final = 60
_LONGEST_PATH: Final = 1_024
_LOOKED_AT: Final = 3
"""Texts of a list that are looked at."""
_CALLER: Final = 4
"""Frames from a warning to the line that called the method of `RLM`."""


@dataclass(frozen=True, slots=True)
class Given:
    """Inputs by the names that programs know them by; `notes` say which were renamed, and `called` has their own names."""

    values: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the methods of `RLM` are given: a question, its inputs, the type wanted, and what the question says of its task and
    route; None where it says nothing."""

    query: str
    given: Given
    returns: Any = None
    task: str | Path | None = None
    strategy: Choice | None = None


def given(inputs: Mapping[str, Any] | None, more: Mapping[str, Any]) -> Given:
    """The inputs of a mapping, whose keys may be any texts, and of keywords. Raises `TypeError` for no mapping, `ValueError`
    for a name that is given twice. Called by the methods themselves: warnings name the line that called them."""
    if inputs is not None and not isinstance(inputs, Mapping):
        raise TypeError(
            f"inputs must be a mapping of names to values, not {inputs!r:.80}; for one input: context=…, or "
            'inputs={"inputs": …} for one with this name'
        )
    inputs = inputs or {}
    if wrong := next((key for key in inputs if not isinstance(key, str)), None):
        raise TypeError(f"inputs: the name of an input must be a str, not {wrong!r:.80}")
    if twice := sorted(inputs.keys() & more.keys()):
        raise ValueError(f"the input {twice[0]!r} is given twice: in inputs and as a keyword")
    names = input_names([*more, *inputs])
    renamed = ", ".join(f"{key[:_SHORT]!r} is {names[key]}" for key in inputs if names[key] != key)
    values = {**{names[key]: value for key, value in inputs.items()}, **more}
    for said in (*_slips(more), *_paths({**inputs, **more})):
        warnings.warn(said, UserWarning, stacklevel=_CALLER - 1)
    called = {names[key]: kept_key(key) for key in inputs if names[key] != key}
    return Given(values, (f"renamed inputs: {renamed}",) if renamed else (), called)


def _slips(keywords: Mapping[str, Any]) -> list[str]:
    """Keywords that may be meant as a parameter: near its name, or one of an `RLM`, with a value that it may have."""
    said = []
    for name, value in keywords.items():
        if isinstance(value, str) and (len(value) > _SHORT or "\n" in value):
            continue
        meant = nearest(name, PARAMETERS)
        if meant is not None and (isinstance(value, str) or callable(value)):
            said.append(f"`{name}` is an input of this question; did you mean {meant}=…?")
        elif name in OF_AN_RLM and (isinstance(value, str | int | float) or type(value).__module__.startswith("lambda_rlm.")):
            said.append(f'`{name}` is an input of this question; to set it: RLM({name}=…), else inputs={{"{name}": …}}')
    return said


def _paths(values: Mapping[str, Any]) -> list[str]:
    """Texts that are the path of an existing file: the file is not read."""
    said = []
    for name, value in values.items():
        texts = value[:_LOOKED_AT] if isinstance(value, list | tuple) else [value]
        if texts and all(_is_file(text) for text in texts):
            path = f"Path({texts[0]!r})"
            form = path if texts[0] is value else f"[{path}, …]"
            said.append(f"the input `{name}` is the path of a file as text, which is not read; to read it: {name}={form}")
    return said


def _is_file(text: Any) -> bool:
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_PATH or "\n" in text or "\0" in text:
        return False
    return os.path.isfile(text)


def moment_of(since: datetime | timedelta | None) -> float:
    """The moment as seconds since 1970: one that is given, or as long ago as is given; before all others for None. Raises
    `TypeError`, and `ValueError` for a moment that no clock of this system has."""
    if since is None:
        return -inf
    if isinstance(since, timedelta):
        return time() - since.total_seconds()
    if not isinstance(since, datetime):
        raise TypeError(f"since must be a datetime, or a timedelta for how long ago, not {since!r:.80}")
    try:
        return since.timestamp()
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"since is beyond what this system can tell: {since}") from None
