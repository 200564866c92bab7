"""From decoded JSON to a value of a ground type.

Owns the closed list of things that are read with good will: a label in other casing, a number in a text, a field name in other
spelling, one element where a list was asked for, and the like. Promises: the value inhabits the type, every coercion is noted,
nothing is dropped without a note; an element of a list whose Quote is not found is left out and counted. Refuses what is
ambiguous. Messages name places and types, never what the model wrote.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeVar

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.asking import bad_reply
from lambda_rlm.eval.asking.bad_reply import QuoteNotFound, must_be
from lambda_rlm.eval.asking.lenient import CONFLICT, Raw
from lambda_rlm.eval.asking.quotes import QuoteFinder
from lambda_rlm.eval.asking.shape import ReplyReading
from lambda_rlm.eval.named.labels import marked_answer, named
from lambda_rlm.eval.named.numerals import Numeral, UnclearNumber, number_in
from lambda_rlm.eval.named.truth import TRUTHS, YES
from lambda_rlm.eval.provenance.told import told
from lambda_rlm.eval.tariff import HEADER, SLOT, TOLD_NUMBER, TOLD_STEPS
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Text, Value
from lambda_rlm.types.type import TEXT, Con, Enum, Record, Type

_EXACT: Final = 2.0**53
"""Below, each whole number is a Float of its own."""
_NULLS: Final = frozenset({"null", "none", "nil"})
_AROUND_NULL: Final = " \t\r\n\"'`“”‘’«»„「」*_.,;:!。()[]<>"
"""Signs around a word for null."""
_KEPT_LABELS: Final = 256
"""Enumerations that are kept: those of one program are few."""
REPLY: Final = "reply"
"""The key under which a reply that is no record is wrapped, since many providers want an object at the top."""

Number = TypeVar("Number", int, float)


class Coercer:
    """Reads one reply: notes go to `reading`, quotes are looked for by `finder`."""

    def __init__(self, reading: ReplyReading, finder: QuoteFinder) -> None:
        self.reading = reading
        self.finder = finder

    def root(self, raw: Raw, type_: Type) -> Value:
        """The value of a whole reply, wrappers around it opened."""
        return self.value(self._unwrapped(raw, type_), type_, "the reply")

    def value(self, raw: Raw, type_: Type, place: str) -> Value:
        """The value of `type_` that `raw` stands for; `place` names it in messages. Raises `BadReply`."""
        if raw is CONFLICT:
            raise bad_reply.conflicting(place)
        match type_:
            case Record():
                return self._record(raw, type_, place)
            case Enum(labels):
                return self._label(raw, labels, place)
            case Con("List", (element,)):
                return self._list(raw, element, place)
            case Con("Option", (inner,)):
                return self._option(raw, inner, place)
            case Con("Int"):
                return self._int(raw, place)
            case Con("Float"):
                return self._float(raw, place)
            case Con("Bool"):
                return self._bool(raw, place)
            case Con("Text"):
                return self._text(raw, place)
            case Con("Quote"):
                return self._quote(raw, place)
            case _:
                raise InternalError("reading a reply", f"a reply of the type {type_!r} was asked for")

    def _unwrapped(self, raw: Raw, type_: Type) -> Raw:
        if isinstance(type_, Record):
            return self._unwrapped_record(raw, type_)
        if isinstance(raw, list) and len(raw) == 1 and not is_compound(type_):
            self.reading.coerce("used the only element of a list")
            raw = raw[0]
        if not isinstance(raw, dict):
            return raw
        if REPLY in raw:
            if len(raw) > 1:
                self.reading.coerce("dropped keys beside `reply`")
            return raw[REPLY]
        if len(raw) == 1:
            self.reading.coerce("unwrapped an object around the reply")
            return next(iter(raw.values()))
        return raw

    def _unwrapped_record(self, raw: Raw, type_: Record) -> Raw:
        if isinstance(raw, list) and len(raw) == 1 and isinstance(raw[0], dict):
            self.reading.coerce("used the only element of a list")
            raw = raw[0]
        if isinstance(raw, dict) and len(raw) == 1:
            key, inner = next(iter(raw.items()))
            names = {_plain(name) for name, _ in type_.fields}
            if _plain(key) not in names and isinstance(inner, dict):
                self.reading.coerce("unwrapped an object around the reply")
                return inner
        return raw

    def _record(self, raw: Raw, type_: Record, place: str) -> Value:
        if not isinstance(raw, dict):
            raise bad_reply.no_object(place, [name for name, _ in type_.in_order])
        raw_fields = self._by_field(raw, type_, place)
        values = []
        for name, field_type in type_.fields:
            inner = bad_reply.field_place(name, place)
            if name in raw_fields:
                values.append(self.value(raw_fields[name], field_type, inner))
            elif isinstance(field_type, Con) and field_type.name == "Option":
                self.reading.coerce(f"read the missing {inner} as null")
                values.append(None)
            else:
                raise bad_reply.missing(inner)
        self._charge(len(values))
        return tuple(values)

    def _by_field(self, raw: dict[str, Raw], type_: Record, place: str) -> dict[str, Raw]:
        """What is given for each field: by its name, else by a name that differs only in casing and signs."""
        names = [name for name, _ in type_.fields]
        raw_fields = {name: raw[name] for name in names if name in raw}
        others = [key for key in raw if key not in raw_fields]
        for name in names:
            if name not in raw_fields:
                alike = [key for key in others if _plain(key) == _plain(name)]
                if len(alike) == 1:
                    self.reading.coerce(f"read a key spelled differently as `{name}`")
                    raw_fields[name] = raw[alike[0]]
                    others.remove(alike[0])
        if others:
            self.reading.coerce(f"dropped {len(others)} unknown keys of {place}")
        return raw_fields

    def _list(self, raw: Raw, element: Type, place: str) -> Value:
        if raw is None:
            self.reading.coerce(f"read null for {place} as an empty list")
            raw = []
        elif not isinstance(raw, list):
            self.reading.coerce(f"read one element for {place} as a list")
            raw = [raw]
        self.reading.count(len(raw), element, place)
        values: list[Value] = []
        index = 0
        for stretch in self.reading.meter.stretches(raw):
            for item in stretch:
                index += 1
                try:
                    values.append(self.value(item, element, f"element {index} of {place}"))
                except QuoteNotFound:
                    self.reading.quotes += 1
        self._charge(len(values))
        return values

    def _option(self, raw: Raw, inner: Type, place: str) -> Value:
        if raw is None:
            return None
        if isinstance(raw, str):
            word = raw.strip()
            innermost = _innermost(inner)
            is_label = isinstance(innermost, Enum) and named(raw, _of_themselves(innermost.labels)) is not None
            if word.strip(_AROUND_NULL).casefold() in _NULLS and not is_label:
                self.reading.coerce(f"read a word for {place} as null")
                return None
            if not word and innermost != TEXT:
                self.reading.coerce(f"read an empty text for {place} as null")
                return None
        return (self.value(raw, inner, place),)

    def _int(self, raw: Raw, place: str) -> int:
        number = self._number(raw, place, "a whole number", is_whole=True)
        if isinstance(number, float):
            if not number.is_integer():
                raise must_be(place, "a whole number")
            if abs(number) >= _EXACT:  # which number was written is not known any more
                raise must_be(place, "a whole number, with all its digits and no point or exponent")
            self.reading.coerce(f"read a decimal number for {place} as a whole number")
            number = int(number)
        if not INT_LOW <= number <= INT_HIGH:
            raise must_be(place, "a whole number of at most 64 bits")
        return self._told(number)

    def _float(self, raw: Raw, place: str) -> float:
        try:
            number = float(self._number(raw, place, "a number", is_whole=False))
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise must_be(place, "a finite number")
        return self._told(number)

    def _told(self, number: Number) -> Number:
        meter = self.reading.meter
        meter.spend(TOLD_STEPS)
        meter.allocate(TOLD_NUMBER)
        return told(number, self.reading.origin)

    def _number(self, raw: Raw, place: str, expected: str, *, is_whole: bool) -> int | float:
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            if isinstance(raw, float) and not math.isfinite(raw):
                raise must_be(place, expected)
            return raw
        if not isinstance(raw, str):
            raise must_be(place, expected)
        try:
            numeral = _numeral_in(raw, is_whole=is_whole)
        except UnclearNumber as unclear:
            raise must_be(place, expected + ", exactly one") from unclear
        if numeral is None:
            raise must_be(place, expected)
        if numeral.is_percent and not is_whole:
            raise must_be(place, "a number without a percent sign")
        self.reading.coerce(f"extracted the number from a text for {place}")
        return numeral.value

    def _bool(self, raw: Raw, place: str) -> bool:
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, str):
            truth = named(raw, TRUTHS)
            if truth is not None:
                self.reading.coerce(f"read a word for {place} as true or false")
                return truth == YES
        raise must_be(place, "true or false")

    def _label(self, raw: Raw, labels: tuple[str, ...], place: str) -> Text:
        if isinstance(raw, bool | int | float) and json.dumps(raw) in labels:
            self.reading.coerce(f"read a number or boolean for {place} as its label")
            return self.reading.label(json.dumps(raw))
        if isinstance(raw, str) and raw in labels:
            return self.reading.label(raw)
        if isinstance(raw, str) or (isinstance(raw, int) and not isinstance(raw, bool)):
            label = named(str(raw), _of_themselves(labels))
            if label is not None:
                self.reading.coerce(f"extracted the label from a text for {place}")
                return self.reading.label(label)
        raise bad_reply.no_label(place, labels)

    def _text(self, raw: Raw, place: str) -> Text:
        if isinstance(raw, str):
            return self.reading.text(raw)
        if isinstance(raw, bool | int | float):
            self.reading.coerce(f"read a number or boolean for {place} as text")
            return self.reading.text(json.dumps(raw))
        raise must_be(place, "a text")

    def _quote(self, raw: Raw, place: str) -> Text:
        if not isinstance(raw, str):
            raise must_be(place, "a text copied word for word")
        quote = self.finder.find(raw)
        if quote is None:
            bare = raw.strip().strip("\"'“”„«»`")
            quote = self.finder.find(bare) if bare and bare != raw.strip() else None
            if quote is None:
                raise bad_reply.no_quote(place)
            self.reading.coerce(f"removed the quotation marks of {place}")
        self.reading.take(quote.s)
        return quote

    def _charge(self, fields: int) -> None:
        self.reading.meter.allocate(HEADER + SLOT * fields)


def _numeral_in(raw: str, *, is_whole: bool) -> Numeral | None:
    """The one number of a text, else of its line that is marked as the answer."""
    try:
        return number_in(raw, is_whole=is_whole)
    except UnclearNumber:
        answer = marked_answer(raw)
        if answer is None:
            raise
        return number_in(answer, is_whole=is_whole)


@lru_cache(maxsize=_KEPT_LABELS)
def _of_themselves(labels: tuple[str, ...]) -> Mapping[str, str]:
    return MappingProxyType({label: label for label in labels})


def is_compound(type_: Type) -> bool:
    """It is a record or a list, or an Option of one."""
    inner = _innermost(type_)
    return isinstance(inner, Record) or (isinstance(inner, Con) and inner.name == "List")


def _innermost(type_: Type) -> Type:
    """The type under all Options."""
    while isinstance(type_, Con) and type_.name == "Option":
        type_ = type_.arguments[0]
    return type_


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
