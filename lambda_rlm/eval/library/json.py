"""JSON: reading a text as a value of a type, and writing a value as text.

Promises: reading is strict about the values and gives none for anything else, however deep or long; fields that the type does
not name are passed over, missing fields of Option type are none. What is read or written covers the texts it was made from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from typing import Any, Final, NoReturn

from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval import wording
from lambda_rlm.eval.document import memory_of
from lambda_rlm.eval.library.structure import element_of, is_scalar, is_text, shown, weight
from lambda_rlm.eval.provenance.told import NumberText, told_origin
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import SLOT, TARIFF
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Derived, Origin, Text, Value, flat, origin_of
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.types.called import written_names
from lambda_rlm.types.type import Con, Enum, Record, Type
from lambda_rlm.written_numbers import settled_number

Decode = Callable[[Any, Origin | None], Value]
Write = Callable[[Value, list[str], "_Sources"], None]

_INT: Final = late_pattern(r"[+-]?[0-9]{1,30}")
_FLOAT: Final = late_pattern(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SURROGATE: Final = late_pattern("[\ud800-\udfff]")
_LONGEST_NUMBER: Final = 400
_SURELY_INT: Final = 18
"""Digits of which every row is an Int."""
_VALUE: Final = 120
"""Bytes of a value in data and in what is made of it."""

MOST_PARSED: Final = 8_000_000
"""Characters of a text that is read as JSON: reading it is one call, during which nobody looks at the clock."""


NAMED: Final = Derived(())
"""The origin of names that the data has for fields: they were written by whoever wrote the data, and are as little an instruction
as its values."""


class JsonMismatch(Exception):
    """Data is not of the type asked for."""


def _no_number(name: str) -> NoReturn:
    raise JsonMismatch(name)


def parse(site: Site) -> Callable[..., Value]:
    """`parse[T]`: JSON of T; for a scalar, a label or a text the bare word does too, and a number may have decimal and grouping
    signs where the text itself settles which is which."""
    meter, price = site.meter, TARIFF[site.primitive]
    type_ = element_of(site.result)
    bare = _bare(type_)
    decode = decoder(type_, site.called)
    is_number = is_scalar(type_)
    if is_number and bare is not None:
        return _number_parser(site, bare)
    # The shortest record of optional fields only is `{}`, and has a place for each, which takes a tenth of a step to fill.
    places = _optional_fields(type_)
    width = SLOT * places // 2

    def parsed(text: Text) -> Value:
        meter.spend(price.steps(characters=text.n) + places * text.n // 20)
        if text.n > MOST_PARSED:
            raise wording.too_long_to_parse(site.span, text.n, MOST_PARSED)
        s, origin = text.s, origin_of(text)
        meter.allocate(price.storage(written=text.n) + width * text.n, _read_size(s))
        word = bare(s, text) if bare is not None else None
        if word is not None:
            return word
        try:
            return (decode(json.loads(s, parse_constant=_no_number), origin),)
        except (JsonMismatch, ValueError, RecursionError):
            return (text,) if type_ == Con("Text") else None

    return parsed


def _number_parser(site: Site, bare: Callable[[str, Text], Value]) -> Callable[..., Value]:
    """`parse` of a number or a truth value, of which a log has one in every line."""
    meter, price = site.meter, TARIFF[site.primitive]
    call, kilo, storage = price.call, price.kilo, price.storage()

    def parsed(text: Text) -> Value:
        n = text.n
        meter.fuel -= call + (kilo * n + 1023 >> 10)
        if meter.fuel < 0:
            meter.out_of_fuel()
        if n > _LONGEST_NUMBER:
            return None
        s = text.s
        meter.memory -= storage
        if meter.memory < 0:
            meter.out_of_memory()
        return bare(s, text)

    return parsed


def _read_size(s: str) -> int:
    """About the bytes that data takes which is read from JSON: a value for each sign that divides values, and the texts."""
    return memory_of(s) + _VALUE * (s.count(",") + s.count("[") + s.count("{"))


def _optional_fields(type_: Type) -> int:
    """The most optional fields that a record in a type has."""
    match type_:
        case Con(_, parts):
            return max(map(_optional_fields, parts), default=0)
        case Record(fields):
            inner = max((_optional_fields(t) for _, t in fields), default=0)
            return max(inner, sum(isinstance(t, Con) and t.name == "Option" for _, t in fields))
        case _:
            return 0


def _bare(type_: Type) -> Callable[[str, Text], Value] | None:
    """Reads a word that stands for a value of the type by itself."""
    match type_:
        case Con("Int"):
            return _bare_int
        case Con("Float"):
            return _bare_float
        case Con("Bool"):
            return lambda s, text: {"true": (True,), "false": (False,)}.get(s.strip().lower())
        case Enum(labels):
            known = {label: (Text(label),) for label in labels}
            return lambda s, text: (Text(s.strip(), origin_of(text)),) if s.strip() in known else None
        case _:
            return None


def _bare_int(s: str, text: Text) -> Value:
    if len(s) <= _SURELY_INT and s.isdigit() and s.isascii():
        return (int(s),)
    s = s.strip()
    if _INT.fullmatch(s) is None:
        s = settled_number(s) or ""
        if _INT.fullmatch(s) is None:
            return None
    value = int(s)
    return (value,) if INT_LOW <= value <= INT_HIGH else None


def _bare_float(s: str, text: Text) -> Value:
    s = s.strip()
    if _FLOAT.fullmatch(s) is None:
        s = settled_number(s) or ""
        if not s:
            return None
    value = float(s)
    return (value,) if math.isfinite(value) else None


def decoder(type_: Type, called: Mapping[str, str]) -> Decode:
    """From JSON data to a value of the type whose texts have the given origin; raises `JsonMismatch`. A field is found under
    its name, or under the one that the data of the inputs has for it."""
    match type_:
        case Con("Int" | "Float" | "Bool"):
            return {"Int": _decode_int, "Float": _decode_float, "Bool": _decode_bool}[type_.name]
        case Con("Text" | "Quote"):
            return _decode_text
        case Enum(labels):
            return _label_decoder(frozenset(labels))
        case Con("Option", (inner,)):
            decode = decoder(inner, called)
            return lambda data, origin: None if data is None else (decode(data, origin),)
        case Con("List", (inner,)):
            return _list_decoder(decoder(inner, called))
        case Record(fields):
            written = written_names([name for name, _ in fields], called)
            return _record_decoder(
                tuple(
                    (name, other, decoder(t, called), isinstance(t, Con) and t.name == "Option")
                    for (name, t), other in zip(fields, written, strict=True)
                )
            )
        case _:
            raise InternalError("choosing a library function", f"no JSON for values of {type_}")


def _decode_int(data: Any, origin: Origin | None) -> int:
    if type(data) is int and INT_LOW <= data <= INT_HIGH:
        return data
    raise JsonMismatch


def _decode_float(data: Any, origin: Origin | None) -> float:
    if type(data) is int or type(data) is float:
        try:
            value = float(data)
        except OverflowError:
            raise JsonMismatch from None
        if math.isfinite(value):
            return value
    raise JsonMismatch


def _decode_bool(data: Any, origin: Origin | None) -> bool:
    if type(data) is bool:
        return data
    raise JsonMismatch


def _decode_text(data: Any, origin: Origin | None) -> Text:
    if type(data) is not str:
        raise JsonMismatch
    if not data.isascii():
        data = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", data)
    return Text(data, origin)


def _label_decoder(labels: frozenset[str]) -> Decode:
    def decode_label(data: Any, origin: Origin | None) -> Text:
        if type(data) is str and data in labels:
            return Text(data, origin)
        raise JsonMismatch

    return decode_label


def _list_decoder(decode: Decode) -> Decode:
    def decode_list(data: Any, origin: Origin | None) -> list[Value]:
        if type(data) is not list:
            raise JsonMismatch
        return [decode(item, origin) for item in data]

    return decode_list


def _record_decoder(fields: tuple[tuple[str, str, Decode, bool], ...]) -> Decode:
    def decode_record(data: Any, origin: Origin | None) -> tuple[Value, ...]:
        if type(data) is not dict:
            raise JsonMismatch
        values = []
        for name, other, decode, may_lack in fields:
            if name in data:
                values.append(decode(data[name], origin))
            elif other in data:
                values.append(decode(data[other], origin))
            elif may_lack:
                values.append(None)
            else:
                raise JsonMismatch
        return tuple(values)

    return decode_record


def to_json(site: Site) -> Callable[..., Value]:
    """Compact JSON, fields in the order of their names, each under the name that the data has for it, Unicode unescaped."""
    meter, price = site.meter, TARIFF[site.primitive]
    type_ = site.parameters[0]
    weigh = weight(type_)
    write = _writer(type_, meter, price.storage_written, site.called)

    def written(value: Value) -> Text:
        meter.spend(price.steps(weight=weigh(value)))
        meter.allocate(price.storage())
        parts: list[str] = []
        sources = _Sources()
        write(value, parts, sources)
        return sources.text("".join(parts), meter)

    return written


class _Sources:
    """Where what is written came from: data, and numbers of replies, which alone leave the whole trusted."""

    __slots__ = ("origins", "told")

    def __init__(self) -> None:
        self.origins: list[Origin] = []
        self.told: list[Origin] = []

    def text(self, s: str, meter: Meter) -> Text:
        origins = [*self.origins, *self.told]
        if not origins:
            return flat(s, None, meter.storage)
        origin = origins[0] if len(origins) == 1 else Derived(tuple(origins))
        return flat(s, origin, meter.storage) if self.origins else NumberText(s, origin)


def _add(origins: list[Origin], origin: Origin | None) -> None:
    if origin is not None and (not origins or origins[-1] is not origin):
        origins.append(origin)


def _writer(type_: Type, meter: Meter, rate: int, called: Mapping[str, str]) -> Write:
    """Appends the parts of a value's JSON; charges each before going on, so that what is shared pays each time it is
    written."""
    if is_text(type_):
        return _text_writer(meter, rate)
    match type_:
        case Con("Int" | "Float" | "Bool"):
            return _scalar_writer(type_, meter, rate)
        case Con("Option", (inner,)):
            return _option_writer(_writer(inner, meter, rate, called))
        case Con("List", (inner,)):
            return _list_writer(_writer(inner, meter, rate, called), meter, rate)
        case Record(fields):
            own = [name for name, _ in fields]
            written = written_names(own, called)
            names = [("," if i else "{") + encode_basestring(name) + ":" for i, name in enumerate(written)]
            writers = [_writer(t, meter, rate, called) for _, t in fields]
            origin = None if list(written) == own else NAMED
            return _record_writer(list(zip(names, writers, strict=True)), meter, rate, origin)
        case _:
            # A left-over variable: only the empty list has such elements.
            return lambda value, parts, sources: None


def _text_writer(meter: Meter, rate: int) -> Write:
    def write_text(text: Text, parts: list[str], sources: _Sources) -> None:
        escaped = encode_basestring(text.s)
        meter.allocate(rate * len(escaped), memory_of(escaped))
        parts.append(escaped)
        _add(sources.origins, origin_of(text))
        _add(sources.told, told_origin(text))

    return write_text


def _scalar_writer(type_: Type, meter: Meter, rate: int) -> Write:
    show = shown(type_)

    def write_scalar(value: Value, parts: list[str], sources: _Sources) -> None:
        part = show(value).s
        _add(sources.told, told_origin(value))
        meter.allocate(rate * len(part))
        parts.append(part)

    return write_scalar


def _option_writer(write: Write) -> Write:
    def write_option(option: Value, parts: list[str], sources: _Sources) -> None:
        if option is None:
            parts.append("null")
        else:
            write(option[0], parts, sources)

    return write_option


def _list_writer(write: Write, meter: Meter, rate: int) -> Write:
    def write_list(items: list[Value], parts: list[str], sources: _Sources) -> None:
        meter.allocate(rate * (len(items) + 2))
        between = "["
        for stretch in meter.stretches(items):
            for item in stretch:
                parts.append(between)
                write(item, parts, sources)
                between = ","
        parts.append("]" if items else "[]")

    return write_list


def _record_writer(fields: list[tuple[str, Write]], meter: Meter, rate: int, origin: Origin | None) -> Write:
    size = rate * (sum([len(name) for name, _ in fields]) + 1)

    def write_record(record: tuple[Value, ...], parts: list[str], sources: _Sources) -> None:
        meter.allocate(size)
        _add(sources.origins, origin)
        for (name, write), field in zip(fields, record, strict=True):
            parts.append(name)
            write(field, parts, sources)
        parts.append("}" if fields else "{}")

    return write_record
