"""An answer taken apart into its values, each with who it comes from.

Owns `Leaf` and `Basis`, all that is kept of a run to look for evidence later: places of inputs by the calls that read them,
replies, judgments, the question. Promises that no prompt and no value of the run is kept, and at most `MOST_LEAVES` values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, Literal

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.provenance.exchanges import Exchanges, plain_number
from lambda_rlm.eval.provenance.intervals import union
from lambda_rlm.eval.provenance.lineage import Lineage, Reader, parts_in, readers_of
from lambda_rlm.eval.value import Rope, Stretch, Text, Value
from lambda_rlm.evidence.parts import SourcePart
from lambda_rlm.table import is_list
from lambda_rlm.types.type import Con, Enum, Record, Type

MOST_LEAVES: Final = 1_000
MOST_REPLIES: Final = 1_000_000
"""Characters of replies that are kept."""
_MOST_NODES: Final = 1_000

Kind = Literal["text", "cut", "label", "number", "truth"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of an answer. `entry` tells the values of one record from those of others, `field` is its name in it. `calls`
    are those whose replies it is made of, `passages` the places that the program took it from; `is_computed` says that it is
    made of neither, or was computed from replies."""

    kind: Kind
    said: str | int | float | bool
    entry: tuple[int, ...]
    field: str
    calls: frozenset[int]
    passages: tuple[SourcePart, ...]
    is_computed: bool


@dataclass(frozen=True, slots=True)
class Basis:
    """What the evidence for an answer is looked for in. `parts` are the passages by the call that read them, None for the
    program; `below` the calls whose replies a call read; `shown` the passages that every call read, where that is known;
    `tables` the inputs that are rows of numbers and texts, `documents` those that are rows of names and texts. Without
    `is_whole` some calls are left out."""

    leaves: tuple[Leaf, ...]
    parts: Mapping[Reader, tuple[SourcePart, ...]]
    below: Mapping[int, frozenset[int]]
    shown: tuple[SourcePart, ...]
    replies: Mapping[int, str]
    judgments: tuple[tuple[int, str | int | float | bool, tuple[SourcePart, ...]], ...]
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    documents: Mapping[str, Sequence[Mapping[str, Any]]]
    query: str
    is_whole: bool = True


def basis(value: Value, type_: Type, found: Lineage, exchanges: Exchanges, inputs: Mapping[str, Any]) -> Basis:
    """What is kept of a run whose answer is `value`."""
    leaves = tuple(leaf for _, leaf in zip(range(MOST_LEAVES), _leaves(value, type_, (), ""), strict=False))
    replies, room = {}, MOST_REPLIES
    for exchange in exchanges.calls:
        room -= len(exchange.reply)
        if room >= 0:
            replies[exchange.call] = exchange.reply
    in_order = sorted(exchanges.judgments, key=lambda one: one.call)  # and not as replies came
    judged = tuple((one.call, one.said, _of(one.parts, one.call)) for one in in_order)
    query = inputs.get("query")
    return Basis(
        leaves,
        {reader: tuple(_merged(parts, reader)) for reader, parts in found.parts.items()},
        {call: frozenset(below) for call, below in found.below.items()},
        tuple(passage for one in exchanges.calls for passage in _merged(one.shown, one.call)),
        replies,
        judged,
        {name: data for name, data in inputs.items() if _is_rows(data) and not _is_documents(data)},
        {name: data for name, data in inputs.items() if _is_rows(data) and _is_documents(data)},
        query if isinstance(query, str) else "",
        exchanges.is_whole,
    )


def _leaves(value: Value, type_: Type, entry: tuple[int, ...], field: str) -> Iterator[Leaf]:
    """The values inside an answer, from left to right."""
    match type_:
        case Con("Option", (inner,)):
            if value is not None:
                yield from _leaves(value[0], inner, entry, field)
        case Con("List", (inner,)):
            for number, item in enumerate(value):
                yield from _leaves(item, inner, (*entry, number), field)
        case Record(fields):
            for (name, inner), item in zip(fields, value, strict=True):
                yield from _leaves(item, inner, entry, name)
        case Enum() if isinstance(value, Text):
            yield _leaf("label", value, value.s, entry, field)
        case _ if isinstance(value, Text):
            yield from _texts(value, entry, field)
        case Con("Bool"):
            yield _leaf("truth", value, bool(value), entry, field)
        case Con("Int" | "Float"):
            yield _leaf("number", value, plain_number(value), entry, field)


def _texts(value: Text, entry: tuple[int, ...], field: str) -> Iterator[Leaf]:
    """A text; one that a program put together of others is its lines, as far as each is made of pieces of its own."""
    if not value.n:
        return
    if not isinstance(value, Rope):
        yield _leaf("cut" if value.start >= 0 else "text", value, value.s, entry, field)
        return
    pieces = value.opened()
    ends = [number for number, piece in enumerate(pieces, 1) if piece.s.endswith("\n")]
    if not ends:
        yield _leaf("text", value, value.s, entry, field)
        return
    for number, (start, end) in enumerate(pairwise(dict.fromkeys((0, *ends, len(pieces))))):
        line = Rope(pieces[start:end], sum(piece.n for piece in pieces[start:end]))
        yield _leaf("text", line, line.s, (*entry, number), field)


def _leaf(kind: Kind, value: Value, said: Any, entry: tuple[int, ...], field: str) -> Leaf:
    calls, places, is_computed = readers_of(value, _MOST_NODES)
    passages = tuple(SourcePart(one.document.name, one.document.text, one.start, one.end) for one in places)
    return Leaf(kind, said, entry, field, frozenset(calls), passages, is_computed or not (calls or places))


def _merged(parts: Iterable[Stretch], call: Reader) -> Iterator[SourcePart]:
    """Parts as passages: those of one text that touch are one."""
    for document, intervals in parts_in([list(parts)]).items():
        for start, end in union(intervals):
            yield SourcePart(document.name, document.text, start, end, call)


def _of(parts: Sequence[Stretch], call: int) -> tuple[SourcePart, ...]:
    return tuple(SourcePart(one.document.name, one.document.text, one.start, one.end, call) for one in parts)


def _is_rows(data: Any) -> bool:
    return is_list(data) and bool(data) and isinstance(data[0], dict)


def _is_documents(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Rows that are names and texts."""
    return rows[0].keys() == {"name", "text"}
