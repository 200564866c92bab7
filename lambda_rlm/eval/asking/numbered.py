"""Numbers of items that no item can forge, and replies for numbered items, realigned.

Owns what stands around a number, and the reading of one `llm_map` reply: an object by number, or what models write instead (a
list of entries with their numbers, a list as long as the items, lines that begin with a number). Promises: an entry counts only
for the item whose number it carries; one given twice with different values, and one that is no T, is left out, to be asked for
again. Refuses a reply in which no entry can be told from another."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from lambda_rlm.eval.asking import bad_reply
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.coerce import Coercer
from lambda_rlm.eval.asking.lenient import CONFLICT, Raw, fenced, loads, values_in, written
from lambda_rlm.eval.asking.prompt import leaves_of
from lambda_rlm.eval.asking.quotes import QuoteFinder
from lambda_rlm.eval.asking.read_reply import refuse_long
from lambda_rlm.eval.asking.shape import ReplyReading, without_thoughts
from lambda_rlm.eval.value import Text, Value
from lambda_rlm.types.reply_tokens import ReplyRoom
from lambda_rlm.types.type import Record, Type

Replies = dict[int, Value]
"""Values by number."""

_LINE = re.compile(r"(?:[-*•]\s*)?(?:item\s*)?[\[(#\"]*(\d{1,9})[\])\"]*\s*[:.)=–—-]?\s+(\S.*)", re.IGNORECASE)
_KEY = re.compile(r"\D*?(\d{1,9})\D*", re.ASCII)
_NUMBER_KEYS: Final = ("item", "number", "no", "n", "index", "id", "key")
_VALUE_KEYS: Final = ("reply", "value", "answer", "label", "result", "output", "text")

Entry = tuple[int, Raw]

_MOST_BRACKETS: Final = 4
_CODE_LENGTH: Final = 8
CODE_SIGNS: Final = _CODE_LENGTH + 1
"""Characters of a code beside the number of an item, with its dash."""

_LINE_END: Final = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""Everything that begins a new line for some reader (as `str.splitlines` has it)."""

_UNSEEN: Final = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
"""What may come before a number without being seen."""

_AT_LINE: Final = f"(?:^|[{_LINE_END}])[{_UNSEEN}]*"
_OPENING, _CLOSING = r"\[［〔【⟦〚", r"\]］〕】⟧〛"


def has_line_end(text: str) -> bool:
    """A text has more than one line, for some reader."""
    return any(sign in text for sign in _LINE_END)


def brackets(items: Sequence[str]) -> tuple[str, str]:
    """What stands around the number of an item: a few brackets, or, where items forge all of these, a code that no item
    contains."""
    for count in range(1, _MOST_BRACKETS + 1):
        pattern = re.compile(rf"{_AT_LINE}[{_OPENING}]{{{count}}}[{_UNSEEN}]*\d+[{_UNSEEN}]*[{_CLOSING}]{{{count}}}")
        if not any(pattern.search(item) for item in items):
            return "[" * count, "]" * count
    digest = hashlib.sha256("\n".join(items).encode("utf-8", "surrogatepass"))
    while any((code := _digits(digest.digest())) in item for item in items):
        digest.update(b"again")
    return f"[{code}-", "]"


def _digits(digest: bytes) -> str:
    """A code without letters: what is between items has none, so that they are one stretch of data."""
    return f"{int.from_bytes(digest) % 10**_CODE_LENGTH:0{_CODE_LENGTH}}"


def forges_a_number(text: str) -> bool:
    """A later line of a text begins like the next of a list that is numbered `1. `."""
    return _NUMBERED.search(text) is not None


_NUMBERED: Final = re.compile(rf"[{_LINE_END}][{_UNSEEN}]*\d+[{_UNSEEN}]*[.):．。]")


def read_numbered(type_: Type, items: Sequence[Text], most: int, room: ReplyRoom) -> Callable[[str, ReplyReading], Replies]:
    """A reader of replies that give a T, written in at most `most` characters and with room for so much, for each of some
    items, numbered from 1."""

    def read(reply: str, reading: ReplyReading) -> Replies:
        if not reading.is_complete:
            without_thoughts(reply, reading)
            raise bad_reply.cut_off()
        refuse_long(reply, reading)
        entries = list(_entries(without_thoughts(reply, reading).strip(), type_, len(items), reading))
        if not entries:
            raise bad_reply.no_entries()
        replies: Replies = {}
        for number, raw in _agreed(entries, len(items), reading).items():
            if written(raw) > most:
                reading.coerce(f"dropped the entry for item {number}, which is too long")
                continue
            reading.open_room(most, room)
            finder = QuoteFinder(items[number - 1].s, leaves_of(items[number - 1]), reading.meter)
            try:
                replies[number] = Coercer(reading, finder).value(raw, type_, f"item {number}")
            except BadReply:
                reading.coerce(f"dropped the entry for item {number}, which has the wrong type")
        return replies

    return read


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


def _entries(text: str, type_: Type, items: int, reading: ReplyReading) -> Iterator[Entry]:
    for raw in _values(text, reading):
        if isinstance(raw, dict):
            yield from _of_object(raw, type_, items, reading)
        elif isinstance(raw, list):
            yield from _of_list(raw, type_, items, reading)
        else:
            yield from _of_lines(text, reading)


def _values(text: str, reading: ReplyReading) -> list[Raw]:
    """The JSON values of the reply; the text itself when it holds none."""
    try:
        raw, is_lenient = loads(text)
    except ValueError:
        values = [value for part in fenced(text) or [text] for value in values_in(part)]
        reading.coerce("extracted JSON from prose" if values else "read a reply that is not JSON")
        # Lines such as `[1] yes` hold lists that are numbers only.
        return values if any(isinstance(value, dict) or len(value) > 1 for value in values) else [text]
    if is_lenient:
        reading.coerce("read malformed JSON")
    return [raw]


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
    entries = [_entry(part, type_) if isinstance(part, dict) else None for part in raw]
    if raw and all(entry is not None for entry in entries):
        reading.coerce("read entries that carry their own numbers")
        yield from (entry for entry in entries if entry is not None)
    elif len(raw) == items:
        reading.coerce("matched a list of the same length to the items in order")
        yield from enumerate(raw, 1)


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
    value_keys = [key for key in rest if len(rest) == 1 or key.casefold() in _VALUE_KEYS]
    return (number, rest[value_keys[0]]) if len(value_keys) == 1 else None


def _of_lines(text: str, reading: ReplyReading) -> Iterator[Entry]:
    for line in text.split("\n"):
        entry = _LINE.fullmatch(line.strip())
        if entry is not None:
            yield int(entry.group(1)), entry.group(2)
        elif line.strip():
            reading.coerce("dropped a line without a number")


def _number(key: str) -> int | None:
    digits = _KEY.fullmatch(key)
    return int(digits.group(1)) if digits is not None else None
