"""JSON and JSON Lines to plain data.

Promises an `InputProblem` that names the line for anything malformed, and that values are counted before they are made. A key
that an object has twice is counted and reported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats.decoded import decoded
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.formats.stepwise import PIECE, count_values, parsed
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Format

_ENTRY: Final = 100
"""Bytes of a key's place among those that are held, at most."""


def parse_json(text: str, allowance: FileAllowance) -> Rows:
    """One JSON value; an empty text is a problem."""
    name = allowance.name
    if not text.strip():
        raise InputProblem(f"{name} is empty, not JSON", "rename it (not .json), or write `[]` into it")
    count_values(text, allowance)
    keys = _Keys(allowance)
    try:
        return Rows(keys.value_of(text), keys.notes())
    except json.JSONDecodeError as error:
        hint = "rename it to .jsonl if it has one value per line" if error.msg == "Extra data" else None
        raise InputProblem(
            f"{name} is not valid JSON: {error.msg} (line {error.lineno:,}, column {error.colno:,})", hint
        ) from None
    except (ValueError, RecursionError) as error:
        raise _unrepresentable(name, error) from None


def parse_jsonl(text: str, allowance: FileAllowance) -> Rows:
    """One JSON value a line; blank lines are passed over."""
    name = allowance.name
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
            hint = "the file is one JSON value over several lines: rename it to .json" if is_json else None
            raise InputProblem(
                f"line {number:,} of {name} is not valid JSON: {error.msg} (column {error.colno:,})", hint
            ) from None
        except (ValueError, RecursionError) as error:
            raise _unrepresentable(f"line {number:,} of {name}", error) from None
    return Rows(rows, keys.notes())


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
        self.decoder = json.JSONDecoder(object_pairs_hook=self.unique, parse_constant=_not_finite)

    def value_of(self, text: str) -> Any:
        """The value of a JSON text."""
        if len(text) <= PIECE:
            return self.decoder.decode(text)
        return parsed(text, self.unique, _not_finite, self.allowance.reading.glance)

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
        if not self.twice:
            return ()
        shown = ", ".join(repr(key[:60]) for key in list(self.twice)[:3])
        total = sum(self.twice.values())
        return (f"{self.allowance.name}: {total:,} duplicate keys in objects ({shown}); the last value is used",)


def _is_json(text: str, allowance: FileAllowance) -> bool:
    try:
        _Keys(allowance).value_of(text)
    except (ValueError, RecursionError):
        return False
    return True


def _not_finite(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _unrepresentable(where: str, error: Exception) -> InputProblem:
    if isinstance(error, InputProblem):
        return error
    # The interpreter's own words for this would send the reader to its settings.
    is_long = "integer string conversion" in str(error)
    reason = "nested too deeply" if isinstance(error, RecursionError) else "a number has too many digits" if is_long else error
    return InputProblem(f"{where} is JSON that cannot be represented: {reason}", "read it as plain text: --raw")


JSON: Final = Format("JSON", decoded(parse_json), extensions=(".json",), has_rows=True)
JSON_LINES: Final = Format("JSON Lines", decoded(parse_jsonl), extensions=(".jsonl", ".ndjson"), has_rows=True)
