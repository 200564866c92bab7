"""Keys by which values are told apart in a table.

Owns `keys_of`. Promises: two values have equal keys exactly when they are equal; whoever writes the data cannot make many keys
with one hash, nor ones that are in each other's way in a table, so a table takes time linear in its keys. Python hashes texts
and bytes with a secret of the process, but numbers, and records of them, as everybody can compute: these become bytes. Numbers
that all lie in a small range may stay: there are too few of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable
from itertools import starmap
from struct import Struct
from typing import Final

from lambda_rlm.eval.library.structure import is_text
from lambda_rlm.eval.value import Text, Value
from lambda_rlm.types.type import Con, Record, Type

Key = Callable[[Value], Hashable]
Keys = Callable[..., list[list[Hashable]]]
"""From some lists of elements to a list of keys for each."""

_SMALL: Final = 1 << 31
"""Whole numbers nearer to 0 are too few to be chosen well."""

_CODES: Final = {"Int": "q", "Float": "d", "Bool": "?"}
_WHOLE: Final = Struct("q").pack
_REAL: Final = Struct("d").pack


def keys_of(type_: Type) -> Keys:
    """The keys of lists whose elements are of a type. Lists that are compared with each other are given together."""
    if type_ == Con("Int"):
        return _whole_keys
    packed = _packer(type_)
    if packed is not None:
        return lambda *lists: [list(starmap(packed, items)) for items in lists]
    key = key_of(type_)
    return lambda *lists: [list(map(key, items)) for items in lists]


def _whole_keys(*lists: list[int]) -> list[list[Hashable]]:
    if all(not items or (min(items) > -_SMALL and max(items) < _SMALL) for items in lists):
        return list(lists)  # type: ignore[arg-type]
    return [list(map(_WHOLE, items)) for items in lists]


def key_of(type_: Type) -> Key:
    """The key of one value."""
    if is_text(type_):
        return _text_key
    match type_:
        case Con("Bool"):
            return bool
        case Con("Int"):
            return _WHOLE
        case Con("Float"):
            return _real_key
        case Con("Option", (inner,)):
            key = key_of(inner)
            return lambda option: None if option is None else (key(option[0]),)
        case Con(_, (element,)):
            return _list_key(element)
        case Record(fields):
            return _record_key(type_, tuple(key_of(t) for _, t in fields))
        case _:
            return id


def _text_key(text: Text) -> str:
    return text.s


def _real_key(number: float) -> bytes:
    # Zero equals negative zero, whose bytes are others.
    return _REAL(number + 0.0)


def _list_key(element: Type) -> Key:
    if isinstance(element, Con) and element.name in _CODES:
        code = "b" if element.name == "Bool" else _CODES[element.name]
        if code == "d":
            return lambda items: array(code, [item + 0.0 for item in items]).tobytes()
        return lambda items: array(code, items).tobytes()
    key = key_of(element)
    # A text in front: the hash of a row of others could be computed.
    return lambda items: ("", *map(key, items))


def _record_key(type_: Record, keys: tuple[Key, ...]) -> Key:
    packed = _packer(type_)
    if packed is not None:
        return lambda record: packed(*record)
    if len(keys) == 2:
        first, second = keys
        return lambda record: (first(record[0]), second(record[1]))
    return lambda record: tuple([key(field) for key, field in zip(keys, record, strict=True)])


def _packer(type_: Type) -> Callable[..., bytes] | None:
    """From the fields of a record of numbers and truth values to their bytes; None for any other type."""
    if not isinstance(type_, Record):
        return None
    names = [t.name if isinstance(t, Con) else "" for _, t in type_.fields]
    if any(name not in _CODES for name in names):
        return None
    pack = Struct("=" + "".join([_CODES[name] for name in names])).pack
    if "Float" not in names:
        return pack
    return lambda *fields: pack(*[field + 0.0 if isinstance(field, float) else field for field in fields])
