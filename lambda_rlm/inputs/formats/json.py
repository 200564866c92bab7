"""JSON and JSON Lines to plain data.

Promises an `InputProblem` that names the line for anything malformed, and that values are counted before they are made. A key
that an object has twice is counted and reported, and so are NaN and Infinity, which JSON does not have: they are read as null.
Texts of dates and numbers are judged place by place, as columns are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats import arrow
from lambda_rlm.inputs.formats.columns.nested import judge_texts
from lambda_rlm.inputs.formats.decoded import decoded, without_inner_marks
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.formats.stepwise import PIECE, count_values, parsed
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import STANDARD_INPUT, Format

_ENTRY: Final = 100
"""Bytes of a key's place among those that are held, at most."""


def parse_json(text: str, allowance: FileAllowance) -> Rows:
    """One JSON value; an empty text is a problem."""
    name = allowance.name
    if not text.strip():
        otherwise = "use --stdin-format text" if name == STANDARD_INPUT else "rename it (not .json)"
        raise InputProblem(f"{name} is empty, not JSON", f"{otherwise}, or write `[]` into it")
    count_values(text, allowance)
    keys = _Keys(allowance)
    try:
        data = keys.value_of(text)
        return Rows(data, (*keys.notes(), *judge_texts(data, name, allowance.reading.glance)))
    except json.JSONDecodeError as error:
        hint = f"{_as_format(name, 'jsonl')} if it has one value per line" if error.msg == "Extra data" else None
        raise InputProblem(
            f"{name} is not valid JSON: {error.msg} (line {error.lineno:,}, column {error.colno:,})", hint
        ) from None
    except (ValueError, RecursionError) as error:
        raise _unrepresentable(name, error) from None


def parse_jsonl(text: str, allowance: FileAllowance) -> Rows:
    """One JSON value a line; blank lines are passed over."""
    name = allowance.name
    text, notes = without_inner_marks(text, name)
    if len(text) >= arrow.WORTH and arrow.is_installed() and (read := arrow.table_of_lines(text, allowance)) is not None:
        return replace(read, notes=(*notes, *read.notes))
    count_values(text, allowance)
    keys = _Keys(allowance)
    rows: list[Any] = []
    for number, line in enumerate(_lines(text), start=1):
        if number % 1_000 == 0:
            allowance.reading.glance()
        if not line.strip():
            continue
        try:
            rows.append(keys.value_of(line))
        except json.JSONDecodeError as error:
            is_json = number == 1 and _is_json(text, allowance)
            hint = f"it is one JSON value over several lines: {_as_format(name, 'json')}" if is_json else None
            raise InputProblem(
                f"line {number:,} of {name} is not valid JSON: {error.msg} (column {error.colno:,})", hint
            ) from None
        except (ValueError, RecursionError) as error:
            raise _unrepresentable(f"line {number:,} of {name}", error) from None
    return Rows(rows, (*notes, *keys.notes(), *judge_texts(rows, name, allowance.reading.glance)))


def _as_format(name: str, ending: str) -> str:
    """How to have it read in another format."""
    return f"use --stdin-format {ending}" if name == STANDARD_INPUT else f"rename it to .{ending}"


def _lines(text: str) -> Iterator[str]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


class _Keys:
    """The keys of all objects of a file: each is held once; those that an object has twice are counted, of which the last one
    stands."""

    def __init__(self, allowance: FileAllowance) -> None:
        self.allowance = allowance
        self.held: dict[str, str] = {}
        self.twice: dict[str, int] = {}
        self.missing: dict[str, int] = {}
        self.is_counted = True
        """Each word was met once: what is parsed in pieces may be tried twice."""
        self.decoder = json.JSONDecoder(object_pairs_hook=self.unique, parse_constant=self.null)

    def value_of(self, text: str) -> Any:
        """The value of a JSON text."""
        if len(text) <= PIECE:
            return self.decoder.decode(text)
        self.is_counted = False
        return parsed(text, self.unique, self.null, self.allowance.reading.glance)

    def null(self, word: str) -> None:
        """What NaN and Infinity are read as."""
        self.missing[word] = self.missing.get(word, 0) + 1

    def unique(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        held = self.held
        before = len(held)
        found = {held.setdefault(key, key): value for key, value in pairs}
        if len(held) > before:
            self.allowance.add(sum(sys.getsizeof(key) + _ENTRY for key, _ in pairs[: len(held) - before]))
        if len(found) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self.twice[key] = self.twice.get(key, 0) + 1
                seen.add(key)
        return found

    def notes(self) -> tuple[str, ...]:
        """What a person should know of keys and values."""
        notes = []
        if self.twice:
            shown = ", ".join(repr(key[:60]) for key in list(self.twice)[:3])
            total = sum(self.twice.values())
            notes.append(f"{self.allowance.name}: {total:,} duplicate keys in objects ({shown}); the last value is used")
        if self.missing:
            count = f"{sum(self.missing.values()):,} values" if self.is_counted else "values"
            notes.append(f"{self.allowance.name}: {count} that JSON does not have ({', '.join(self.missing)}) are read as null")
        return tuple(notes)


def _is_json(text: str, allowance: FileAllowance) -> bool:
    try:
        _Keys(allowance).value_of(text)
    except (ValueError, RecursionError):
        return False
    return True


def _unrepresentable(where: str, error: Exception) -> InputProblem:
    if isinstance(error, InputProblem):
        return error
    # The interpreter's own words for this would send the reader to its settings.
    is_long = "integer string conversion" in str(error)
    reason = "nested too deeply" if isinstance(error, RecursionError) else "a number has too many digits" if is_long else error
    return InputProblem(f"{where} is JSON that cannot be represented: {reason}", "read it as plain text: --raw")


JSON: Final = Format("JSON", decoded(parse_json), extensions=(".json",), has_rows=True)
JSON_LINES: Final = Format("JSON Lines", decoded(parse_jsonl), extensions=(".jsonl", ".ndjson"), has_rows=True)
