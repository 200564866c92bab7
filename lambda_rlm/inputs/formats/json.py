"""JSON and JSON Lines to plain data.

Promises an `InputProblem` that names the line for anything malformed. A key that an object has twice is counted and reported.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from lambda_rlm.inputs.formats.decoded import decoded
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Format


def parse_json(text: str, name: str) -> Rows:
    """One JSON value; an empty text is a problem."""
    if not text.strip():
        raise InputProblem(f"{name} is empty, not JSON", "rename it (not .json), or write `[]` into it")
    twice: dict[str, int] = {}
    try:
        return Rows(_loads(text, twice), _twice(twice, name))
    except json.JSONDecodeError as error:
        hint = "rename it to .jsonl if it has one value per line" if error.msg == "Extra data" else None
        raise InputProblem(
            f"{name} is not valid JSON: {error.msg} (line {error.lineno:,}, column {error.colno:,})", hint
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputProblem(f"{name} is JSON that cannot be represented: {_reason(error)}") from None


def parse_jsonl(text: str, name: str) -> Rows:
    """One JSON value a line; blank lines are passed over."""
    rows: list[Any] = []
    twice: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(_loads(line, twice))
        except json.JSONDecodeError as error:
            hint = (
                "the file is one JSON value over several lines: rename it to .json" if number == 1 and _is_json(text) else None
            )
            raise InputProblem(
                f"line {number:,} of {name} is not valid JSON: {error.msg} (column {error.colno:,})", hint
            ) from None
        except (ValueError, RecursionError) as error:
            raise InputProblem(f"line {number:,} of {name} is JSON that cannot be represented: {_reason(error)}") from None
    return Rows(rows, _twice(twice, name))


def _loads(text: str, twice: dict[str, int]) -> Any:
    """The value of a JSON text; keys that an object has twice are counted, of which the last one stands."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    twice[key] = twice.get(key, 0) + 1
                seen.add(key)
        return found

    return json.loads(text, parse_constant=_not_finite, object_pairs_hook=unique)


def _twice(keys: dict[str, int], name: str) -> tuple[str, ...]:
    if not keys:
        return ()
    shown = ", ".join(repr(key) for key in list(keys)[:3])
    return (f"{name}: {sum(keys.values()):,} duplicate keys in objects ({shown}); the last value is used",)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _not_finite(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    # The interpreter's own words for this would send the reader to its settings.
    return "a number has too many digits" if "integer string conversion" in str(error) else str(error)


JSON: Final = Format("JSON", decoded(parse_json), extensions=(".json",), has_rows=True)
JSON_LINES: Final = Format("JSON Lines", decoded(parse_jsonl), extensions=(".jsonl", ".ndjson"), has_rows=True)
