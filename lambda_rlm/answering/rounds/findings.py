"""What a person would notice at an answer at first sight.

Owns `findings`: an empty answer, rows of none, labels that are all alike, a pattern that matched nothing, a unit that is
missing, and little read for a question about all. Promises words in which nothing of the contents of inputs is but sizes, names
of inputs and fields, and what the program itself says. Refuses to judge whether an answer is right, and asks no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lambda_rlm.answering.rounds.patterns import texts_in, unmatched
from lambda_rlm.answering.rounds.phrases import ABOUT_ALL, NOTHING, UNITS
from lambda_rlm.answering.rounds.written import Written, written
from lambda_rlm.execution.run import Run
from lambda_rlm.graphemes import begun
from lambda_rlm.inputs import Inputs
from lambda_rlm.late_pattern import late_pattern

LITTLE: Final = 0.05
"""The share of an input that is little for a question about all of it."""

MUCH: Final = 0.5
"""The share of the inputs that is much to be cut off before such a question is asked."""

MANY: Final = 0.1
"""The share of items or calls without a reply from which on they are noticed."""

LONG: Final = 20_000
"""Characters of an input from which on reading little of it counts."""

_LONGEST_NOTHING: Final = 200
_FEWEST_ROWS: Final = 2
_NUMBER: Final = late_pattern(r"\d")
_EDGES: Final = " \t\r\n.!?…:;,\"'`*()[]{}<>。！？"
_EMPTY_CELLS: Final = frozenset(("", "none", "null", "n/a", "nan", "-", "–", "—", "?"))
_CELLS: Final = late_pattern(r"\t|\s*\|\s*|: |：")


def findings(query: str, inputs: Inputs, run: Run) -> tuple[str, ...]:
    """What speaks against the answer of a run that has one, each in a sentence without its full stop."""
    said = written(run.source)
    nothing = _nothing(query, run.value, said)
    found = [nothing] if nothing else [*_rows(run.value)]
    if nothing or _is_zero(run.value):
        found += [f"{_quoted(literal)} matches nothing in the inputs" for literal in unmatched(said, inputs.values)]
    found += [*_missing(run), *_alike(run), *_unread(query, inputs, run), *_unit(query, run.value)]
    return tuple(found)


def _nothing(query: str, value: Any, said: Written) -> str | None:
    """An answer that holds none. A word that the question itself names is a label."""
    if value is None or value in ([], {}) or (isinstance(value, str) and not value.strip()):
        return "the answer is none" if value is None else "the answer is empty"
    if isinstance(value, dict) and all(_is_none(part) for part in value.values()):
        return "every field of the answer is none or empty"
    if not isinstance(value, str) or len(value) > _LONGEST_NOTHING:
        return None
    if value.strip() in said.fallbacks:
        return "the answer is what the program says where it finds nothing"
    words = value.strip(_EDGES).casefold()
    return "the answer says that nothing was found" if words in NOTHING and words not in query.casefold() else None


def _rows(value: Any) -> Iterator[str]:
    """Rows of none, and fields that are none in every row."""
    rows: Any = _cells(value) if isinstance(value, str) else value
    if not isinstance(rows, list) or len(rows) < _FEWEST_ROWS:
        return
    empty = sum(map(_is_none, rows))
    if empty == len(rows) or (len(rows) > _FEWEST_ROWS and 2 * empty >= len(rows)):
        yield f"{empty:,} of {len(rows):,} rows are none or empty"
    elif isinstance(rows[0], dict) and len(rows) > _FEWEST_ROWS:
        for name in rows[0]:
            if all(_is_none(row.get(name) if isinstance(row, dict) else row) for row in rows):
                yield f"the field `{name}` is none or empty in all {len(rows):,} rows"


def _cells(text: str) -> list[str | None]:
    """The lines of a text that name something and give a value for it: the value, None where it says that there is none."""
    parts = [_CELLS.split(line.strip().strip("|"), maxsplit=1) for line in text.splitlines() if line.strip()]
    if not all(len(part) == 2 or part[0].endswith(":") for part in parts):
        return []
    return [None if len(part) < 2 or part[-1].strip().casefold() in _EMPTY_CELLS else part[-1] for part in parts]


def _is_none(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_none, value.values()))
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _is_zero(value: Any) -> bool:
    """A count of nothing, in whatever form."""
    if isinstance(value, str):
        return value.strip(_EDGES) == "0"
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _alike(run: Run) -> Iterator[str]:
    if run.signs.alike:
        yield f"the model gave all {run.signs.alike:,} items the same label"


def _missing(run: Run) -> Iterator[str]:
    """More than a few items or calls without the reply that the program asked for."""
    for missing, asked, what in (
        (run.dropped.items, run.signs.mapped, "items got no valid reply"),
        (run.dropped.or_else, run.usage.calls, "calls failed and gave `or_else`"),
    ):
        if missing and missing >= MANY * asked:
            yield f"{missing:,} of {max(asked, missing):,} {what}"


def _unread(query: str, inputs: Inputs, run: Run) -> Iterator[str]:
    """Words of a model that saw little, or what was left of much, for a question about all."""
    if not (run.signs.is_replied and ABOUT_ALL.search(query)):
        return
    sizes = {name: sum(map(len, texts_in(value))) for name, value in inputs.values.items() if name in run.coverage}
    total, cut = sum(sizes.values()), run.dropped.characters_before_prompts
    little = [name for name, size in sizes.items() if size > LONG and run.coverage[name] < LITTLE]
    for name in little:
        yield f"the question is about all of `{name}`, and the model read {_percent(run.coverage[name])} of it"
    if not little and total > LONG and cut >= MUCH * total:
        yield f"the question is about all there is, and the program cut off {cut / total:.0%} of it before a prompt"


def _percent(share: float) -> str:
    return f"{share:.2%}" if share < 0.001 else f"{share:.1%}"


def _unit(query: str, value: Any) -> Iterator[str]:
    """A text with numbers that has no name of the unit that the question asks for."""
    if not isinstance(value, str) or not _NUMBER.search(value):
        return
    for names in UNITS:
        asked = next((name for name in names if _asks_in(query, name)), None)
        if asked is not None and not any(_occurs(name, value) for name in names):
            yield f"the question asks for {asked}, and no number of the answer has that unit"
            return


_IN: Final = r"(?:\b(?:in|en|em|в)\s+|以)"


def _asks_in(query: str, unit: str) -> bool:
    """Whether a question wants its numbers in a unit: `in km`, `en kilomètres`, `以公里`, `キロで`; a letter alone may be a name."""
    if len(unit) == 1 and unit.isascii() and unit.isalpha():
        return False
    name = re.escape(unit)
    return bool(
        re.search(rf"{_IN}{name}(?![\w²^])(?!\s+(?:squared?|carr|cuadr|quadr))|{name}(?:で|为单位|단위)", query, re.IGNORECASE)
    )


def _occurs(unit: str, text: str) -> bool:
    """Whether a unit is named in a text, after a number or as a word."""
    name = re.escape(unit)
    return bool(re.search(rf"(?<![^\W\d_]){name}(?![^\W\d_])" if unit.isascii() else name, text, re.IGNORECASE))


def _quoted(literal: str) -> str:
    return f"`{literal if len(literal) <= 80 else begun(literal, 80) + '…'}`"
