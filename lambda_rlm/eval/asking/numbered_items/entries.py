"""Replies for numbered items, realigned.

Owns the reading of one `llm_map` reply: an object by number, or what models write instead (a list of entries with numbers, a
list as long as the items, or what `lines` reads). Promises: an entry counts only for the item whose number it carries, or for
the one after where the numbers are exactly those from 0 to n - 1; one given twice with different values, one that is no T, and
all of a reply whose 0 leaves open which items are meant, are left out, to be asked for again. Refuses a reply in which no entry
can be told from another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from lambda_rlm.eval.asking import bad_reply
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.coerce import Coercer, is_compound
from lambda_rlm.eval.asking.lenient import CONFLICT, Raw, fenced, loads, values_in, written
from lambda_rlm.eval.asking.numbered_items.lines import (
    Entry,
    has_numbers,
    has_texts,
    in_order,
    numbered_lines,
    numbered_texts,
    value_key,
)
from lambda_rlm.eval.asking.prompt import leaves_of
from lambda_rlm.eval.asking.quotes import QuoteFinder
from lambda_rlm.eval.asking.read_reply import refuse_long
from lambda_rlm.eval.asking.shape import ReplyReading, without_thoughts
from lambda_rlm.eval.value import Text, Value
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.types.reply_tokens import ReplyRoom
from lambda_rlm.types.type import Con, Record, Type

Replies = dict[int, Value]
"""Values by number."""

_KEY = late_pattern(r"(?!\W*[-−–]\d)\D*?(\d{1,9})\D*")
_NUMBER_KEYS: Final = ("item", "number", "no", "nr", "n", "index", "idx", "id", "key")


def read_numbered(type_: Type, items: Sequence[Text], most: int, room: ReplyRoom) -> Callable[[str, ReplyReading], Replies]:
    """A reader of replies that give a T, written in at most `most` characters and with room for so much, for each of some
    items, numbered from 1."""

    def read(reply: str, reading: ReplyReading) -> Replies:
        if not reading.is_complete:
            without_thoughts(reply, reading)
            raise bad_reply.cut_off()
        refuse_long(reply, reading)
        text = without_thoughts(reply, reading).strip()
        entries, is_by_place = _entries(text, type_, items, reading)
        if not entries:
            raise bad_reply.no_entries()
        replies: Replies = {}
        for number, raw in _agreed(_from_one(entries, len(items), reading), len(items), reading).items():
            if written(raw) > most:
                reading.coerce(f"dropped the entry for item {number}, which is too long")
                continue
            reading.open_room(most, room)
            finder = QuoteFinder(items[number - 1].s, leaves_of(items[number - 1]), reading.meter)
            try:
                replies[number] = Coercer(reading, finder).value(_opened(raw, type_, reading), type_, f"item {number}")
            except BadReply:
                reading.coerce(f"dropped the entry for item {number}, which has the wrong type")
        if is_by_place and len(replies) < len(items):  # one of the lines was none of the entries
            raise bad_reply.no_entries()
        return replies

    return read


def _from_one(entries: list[Entry], items: int, reading: ReplyReading) -> list[Entry]:
    """The entries with the numbers of their items: as they are, or shifted where they are exactly 0 to n - 1. None of them
    where there is a 0 and this is not so: whose neighbors they are cannot be told."""
    numbers = {number for number, _ in entries}
    if 0 not in numbers:
        return entries
    if numbers == set(range(items)):
        reading.coerce("read numbers that begin with 0")
        return [(number + 1, raw) for number, raw in entries]
    reading.coerce("dropped all entries, since one has the number 0 and the others do not tell what it stands for")
    return []


def _opened(raw: Raw, type_: Type, reading: ReplyReading) -> Raw:
    """What is inside a list of one, or an object with one key, or with one that names a value, where no record is asked
    for."""
    if isinstance(raw, list) and len(raw) == 1 and not is_compound(type_):
        reading.coerce("used the only element of a list")
        return raw[0]
    if isinstance(_innermost(type_), Record) or not isinstance(raw, dict):
        return raw
    key = next(iter(raw)) if len(raw) == 1 else value_key(list(raw), type_)
    if key is None:
        return raw
    reading.coerce("unwrapped an object around an entry" if len(raw) == 1 else f"dropped keys beside `{key.casefold()}`")
    return raw[key]


def _innermost(type_: Type) -> Type:
    while isinstance(type_, Con) and type_.name == "Option":
        type_ = type_.arguments[0]
    return type_


def _agreed(entries: list[Entry], items: int, reading: ReplyReading) -> dict[int, Raw]:
    """The entries by number, without numbers that no item has and those given twice with different values."""
    agreed: dict[int, Raw] = {}
    for number, raw in entries:
        if not 1 <= number <= items:
            reading.coerce("dropped an entry whose number matches no item")
        elif number not in agreed:
            agreed[number] = raw
        elif repr(agreed[number]) != repr(raw):
            reading.coerce(f"dropped item {number}, given twice with different values")
            agreed[number] = CONFLICT
    return {number: raw for number, raw in agreed.items() if raw is not CONFLICT}


def _entries(text: str, type_: Type, items: Sequence[Text], reading: ReplyReading) -> tuple[list[Entry], bool]:
    """The entries of a reply, and whether their places alone tell which items they are for."""
    try:
        raw, note = loads(text)
    except ValueError:
        fences = fenced(text)
        if len(fences) == 1 and not has_numbers(text.replace(fences[0], ""), len(items)):
            reading.coerce("read what is in a code fence")
            return _entries(fences[0], type_, items, reading)
        return _of_prose(text, type_, items, reading)
    if note:
        reading.coerce(note)
    if isinstance(raw, dict | list):
        return list(_of_value(raw, type_, len(items), reading)), False
    return _of_text(text, type_, items, reading)


def _of_prose(text: str, type_: Type, items: Sequence[Text], reading: ReplyReading) -> tuple[list[Entry], bool]:
    """Entries of a text that is not JSON as a whole: those of JSON in it, else of its lines; none where texts are asked for and
    both have some, since one may be a text's own."""
    is_numbered = has_numbers(text, len(items))
    values = [value for value in values_in(text) if not is_numbered or isinstance(value, dict) or _has_objects(value)]
    entries = [entry for value in values for entry in _of_value(value, type_, len(items), reading)]
    if not entries and not is_numbered and len(values) == len(items) > 1 and all(isinstance(one, dict) for one in values):
        entries = list(_of_list(values, type_, len(items), reading))
    if entries:
        reading.coerce("extracted JSON from prose")
        return ([] if is_numbered and has_texts(type_) else entries), False
    return _of_text(text, type_, items, reading)


def _has_objects(raw: Raw) -> bool:
    """It is a list of entries, and not the value of one line, or a number in brackets as in `[1] yes`."""
    return isinstance(raw, list) and any(isinstance(part, dict) for part in raw)


def _of_text(text: str, type_: Type, items: Sequence[Text], reading: ReplyReading) -> tuple[list[Entry], bool]:
    reading.coerce("read a reply that is not JSON")
    entries = numbered_lines(text, type_, len(items), reading)
    if entries is not None:
        return entries, False
    return in_order(text, type_, [item.s for item in items], reading), True


def _of_value(raw: Raw, type_: Type, items: int, reading: ReplyReading) -> Iterator[Entry]:
    return _of_object(raw, type_, items, reading) if isinstance(raw, dict) else _of_list(raw, type_, items, reading)


def _of_object(raw: dict[str, Raw], type_: Type, items: int, reading: ReplyReading) -> Iterator[Entry]:
    entry = _entry(raw, type_)
    if entry is not None:
        reading.coerce("read entries that carry their own numbers")
        yield entry
        return
    numbers = {key: _number(key) for key in raw}
    if len(raw) == 1 and None in numbers.values():
        inner = next(iter(raw.values()))
        reading.coerce("unwrapped an object around the entries")
        if isinstance(inner, dict):
            yield from _of_object(inner, type_, items, reading)
        elif isinstance(inner, list):
            yield from _of_list(inner, type_, items, reading)
        return
    for key, number in numbers.items():
        if number is None:
            reading.coerce("dropped a key without a number")
        else:
            if key != str(number):
                reading.coerce("extracted the number from a key")
            yield number, raw[key]


def _of_list(raw: list[Raw], type_: Type, items: int, reading: ReplyReading) -> Iterator[Entry]:
    entries = [_entry(part, type_) if isinstance(part, dict) else _pair(part, type_) for part in raw]
    if raw and all(entry is not None for entry in entries):
        reading.coerce("read entries that carry their own numbers")
        yield from (entry for entry in entries if entry is not None)
        return
    written = None if is_compound(type_) else numbered_texts(raw, type_)
    if written is not None:
        reading.coerce("read entries that carry their own numbers")
        yield from written
    elif len(raw) == items:
        reading.coerce("matched a list of the same length to the items in order")
        yield from enumerate(raw, 1)


def _pair(raw: Raw, type_: Type) -> Entry | None:
    """An entry as a number and a value: `[1, "yes"]`, where the value itself is no list."""
    if not isinstance(raw, list) or len(raw) != 2 or _is_list(type_):
        return None
    number = raw[0]
    return (number, raw[1]) if isinstance(number, int) and not isinstance(number, bool) else None


def _is_list(type_: Type) -> bool:
    """It is a list, or an Option of one."""
    inner = _innermost(type_)
    return isinstance(inner, Con) and inner.name == "List"


def _entry(raw: dict[str, Raw], type_: Type) -> Entry | None:
    """An entry that carries its number: `{"item": 1, "reply": …}`, or a record's fields beside the number."""
    fields = {name for name, _ in type_.fields} if isinstance(type_, Record) else set()
    number_key = next((key for key in raw if key.casefold() in _NUMBER_KEYS and key not in fields), None)
    if number_key is None:
        return None
    number = raw[number_key]
    if isinstance(number, str):
        number = _number(number)
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    rest = {key: value for key, value in raw.items() if key != number_key}
    if fields & rest.keys():
        return number, rest
    key = next(iter(rest)) if len(rest) == 1 else value_key(list(rest), type_)
    return None if key is None else (number, rest[key])


def _number(key: str) -> int | None:
    digits = _KEY.fullmatch(key)
    return int(digits.group(1)) if digits is not None else None
