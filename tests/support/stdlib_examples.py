"""The examples in the comments of strategies, as data.

A group of comment lines ends with what is expected: `answer: JSON` for the whole program, `EXPRESSION is EXPRESSION` for the `def`
below it. Before it stand `input NAME: TYPE = JSON` and `model: REGEX => REPLY`, tried in order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.term import Def, Program

_INPUT = re.compile(r"input (\w+): (.+?) = (.+)")
_MODEL = re.compile(r"model: (.+?) => (.*)")
_ANSWER = re.compile(r"answer: (.+)")
_IS = re.compile(r"(.+) is (.+)")


@dataclass
class Example:
    """What is given, what the model replies, and what must come out. `call` is None for the whole program."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    replies: list[tuple[str, str]] = field(default_factory=list)
    call: str | None = None
    expected: str = ""


def header(text: str) -> list[str]:
    """The comment lines at the top."""
    lines = []
    for line in text.split("\n"):
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    return lines


def above(text: str, definition: Def) -> list[str]:
    """The comment lines directly above a `def`."""
    lines: list[str] = []
    for line in reversed(text[: definition.span.start].rstrip("\n").split("\n")):
        if not line.startswith("#"):
            break
        lines.insert(0, line[1:].strip())
    return lines


def definitions(text: str) -> tuple[Program, list[Def]]:
    program = parse(SourceFile("strategy", text))
    return program, [item for item in program.items if isinstance(item, Def)]


def program_examples(name: str, text: str) -> Iterator[Example]:
    yield from _examples(name, header(text)[1:], _ANSWER)


def def_examples(name: str, text: str) -> Iterator[Example]:
    for definition in definitions(text)[1]:
        yield from _examples(f"{name}:{definition.name}", above(text, definition), _IS)


def _examples(name: str, lines: list[str], end: re.Pattern[str]) -> Iterator[Example]:
    example = Example(name)
    if end is _IS:
        # Above the line of costs stands prose.
        lines = lines[next((i for i, line in enumerate(lines) if line.startswith("cost:")), len(lines)) :]
    for line in lines:
        if hit := _INPUT.fullmatch(line):
            example.types[hit[1]] = hit[2]
            example.values[hit[1]] = json.loads(hit[3])
        elif hit := _MODEL.fullmatch(line):
            example.replies.append((hit[1], hit[2]))
        elif not line.startswith(("cost:", "(")) and (hit := end.fullmatch(line)):
            example.expected = hit[hit.re.groups]
            example.call = hit[1] if end is _IS else None
            yield example
            example = Example(name)
