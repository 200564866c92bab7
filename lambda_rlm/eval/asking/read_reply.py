"""From the text of a typed reply to a value of its type, leniently.

Owns the search for the answer in what a model wrote: fences, prose around, thoughts, a list as lines, a label in a sentence.
Promises a value of the type or `BadReply`; every departure from what was asked for is noted. Refuses a reply that gives several
different answers, one that was cut off, and one that is too long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from lambda_rlm.eval.asking import bad_reply
from lambda_rlm.eval.asking.bad_reply import BadReply, QuoteNotFound
from lambda_rlm.eval.asking.coerce import Coercer
from lambda_rlm.eval.asking.lenient import Raw, fenced, loads, values_in
from lambda_rlm.eval.asking.quotes import QuoteFinder, finder_of
from lambda_rlm.eval.asking.shape import ReplyReading, without_thoughts
from lambda_rlm.eval.named.labels import named
from lambda_rlm.eval.value import Value
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.types.type import FLOAT, INT, Con, Enum, Record, Type

_NO_SYNONYMS: Final[Mapping[str, str]] = MappingProxyType({})
_ANSWER_KEYS: Final = frozenset(
    {"reply", "answer", "label", "choice", "category", "class", "result", "value", "output", "sentiment"}
)
_BULLET = late_pattern(r"^\s*(?:(?:[-*•・]|\d{1,4}[.)])\s+|\d{1,4}[、．）：]\s*)")

_NUMBER = late_pattern(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?", re.ASCII)


def read_choice(
    choices: tuple[str, ...],
    value_of: Callable[[str, ReplyReading], Value],
    synonyms: Mapping[str, str] = _NO_SYNONYMS,
    *,
    are_trusted: bool = True,
) -> Callable[[str, ReplyReading], Value]:
    """A reader for replies that are exactly one of a few texts, or a synonym of one.

    Its error lists the choices only when they come from the program: it stands among the instructions of the next prompt.
    """
    listed = ", ".join(json.dumps(choice, ensure_ascii=False) for choice in choices) if are_trusted else "the options"
    known = {**synonyms, **{choice: choice for choice in choices}}

    def read(reply: str, reading: ReplyReading) -> Value:
        text = without_thoughts(reply, reading).strip()
        if not reading.is_complete and not (text in choices and sum(c.startswith(text) for c in choices) == 1):
            raise bad_reply.cut_off()
        refuse_long(text, reading)
        choice = chosen_in(text, known, reading)
        if choice is None:
            raise bad_reply.no_choice(listed)
        return value_of(choice, reading)

    return read


def chosen_in(text: str, known: Mapping[str, str], reading: ReplyReading) -> str | None:
    """The choice that a reply names, as it stands or in the one JSON value that it gives; None for none and for several."""
    if known.get(text) == text:
        return text
    reading.coerce("extracted the label from a longer or differently spelled reply")
    answer = _answer_in(text)
    return named(text if answer is None else answer, known)


def _answer_in(text: str) -> str | None:
    """The label inside `{"…": "label"}` or a fence, so that a key is not taken for one: beside other keys, that under the
    name of an answer. None where a reply has neither."""
    fences = fenced(text)
    values = _distinct(_all_loaded(fences or [text])) if "{" in text else []
    if not values:
        return fences[0] if len(fences) == 1 else None
    if len(values) > 1 or not isinstance(values[0], dict):
        return "" if any(isinstance(value, dict) for value in values) else None
    answers = [value for key, value in values[0].items() if len(values[0]) == 1 or key.casefold() in _ANSWER_KEYS]
    if len(answers) != 1:
        return ""
    (answer,) = answers
    return json.dumps(answer) if isinstance(answer, bool | int) else answer if isinstance(answer, str) else ""


def read_structured(type_: Type) -> Callable[[str, ReplyReading], Value]:
    """A reader for replies that are JSON of a type."""

    def read(reply: str, reading: ReplyReading) -> Value:
        return read_as(type_, reply, reading, finder_of(reading.prompt, reading.meter))

    return read


def read_as(type_: Type, reply: str, reading: ReplyReading, finder: QuoteFinder) -> Value:
    """The value of a type that a reply stands for."""
    if not reading.is_complete:
        without_thoughts(reply, reading)
        raise bad_reply.cut_off()
    refuse_long(reply, reading)
    text = without_thoughts(reply, reading).strip()
    if not text:  # no reply is not null
        raise bad_reply.no_json()
    raw, is_plain = raw_of(type_, text, reading, finder)
    coercer = Coercer(reading, finder)
    return coercer.value(raw, type_, "the reply") if is_plain else coercer.root(raw, type_)


def refuse_long(text: str, reading: ReplyReading) -> None:
    """Raises `BadReply` for a reply of more characters than a typed one may have."""
    if len(text) > reading.most:
        raise bad_reply.too_long(reading.most)


def raw_of(type_: Type, text: str, reading: ReplyReading, finder: QuoteFinder) -> tuple[Raw, bool]:
    """The one JSON value a reply gives; or, marked by True, what its plain text stands for."""
    try:
        raw, note = loads(text)
    except ValueError:
        return _embedded(type_, text, reading, finder)
    if isinstance(raw, float) and _is_whole(type_):  # the digits of `3.000` say more than its value
        return text, True
    if raw is None and note and _has_label(type_, text):  # `None` of Python, or the label
        return text, True
    if note:
        reading.coerce(note)
    return raw, False


def _is_whole(type_: Type) -> bool:
    return type_ == INT or (isinstance(type_, Con) and type_.name == "Option" and _is_whole(type_.arguments[0]))


def _has_label(type_: Type, text: str) -> bool:
    while isinstance(type_, Con) and type_.name == "Option":
        type_ = type_.arguments[0]
    return isinstance(type_, Enum) and named(text, {label: label for label in type_.labels}) is not None


def _embedded(type_: Type, text: str, reading: ReplyReading, finder: QuoteFinder) -> tuple[Raw, bool]:
    fences = fenced(text)
    values = _all_loaded(fences) or values_in(text)
    fitting = [value for value in _distinct(values) if _fits(value, type_, finder, reading)]
    if len(fitting) == 1:
        reading.coerce("extracted JSON from a code fence" if fences else "extracted JSON from prose")
        return fitting[0], False
    if isinstance(type_, Con) and type_.name == "List" and len(values) > 1 and not any(isinstance(v, list) for v in values):
        reading.coerce("read several objects as a list")
        return values, True
    if len(fitting) > 1:
        raise bad_reply.several_values()
    plain = _plain(type_, fences[0] if len(fences) == 1 else text)
    if plain is None:
        raise bad_reply.no_json()
    reading.coerce("read a reply that is not JSON")
    return plain[0], True


def _all_loaded(texts: list[str]) -> list[Raw]:
    values: list[Raw] = []
    for text in texts:
        try:
            values.append(loads(text)[0])
        except ValueError:
            values.extend(values_in(text))
    return values


def _distinct(values: list[Raw]) -> list[Raw]:
    kept: dict[str, Raw] = {}
    for value in values:
        kept.setdefault(repr(value), value)
    return list(kept.values())


def _fits(raw: Raw, type_: Type, finder: QuoteFinder, reading: ReplyReading) -> bool:
    """A value could be read as the type; nothing is noted. A quote that is not found still fits: the reading decides."""
    limits = reading.most, reading.room, reading.vocabulary
    trial = ReplyReading(reading.origin, reading.prompt, reading.meter, *limits)
    try:
        Coercer(trial, finder).root(raw, type_)
    except QuoteNotFound:
        return True
    except BadReply:
        return False
    return True


def _on_a_line(element: Type, lines: list[str]) -> tuple[Raw] | None:
    """Numbers as JSON has them, or labels, with a comma and a space, or a line end, between them."""
    parts = [part.strip() for line in lines for part in line.strip().removesuffix(".").split(", ")]
    if isinstance(element, Enum):
        known = {label: label for label in element.labels}
        is_plain = not any("," in label for label in known) and all(named(part, known) is not None for part in parts)
    else:
        is_plain = element in (INT, FLOAT) and all(_NUMBER.fullmatch(part) for part in parts)
    return (parts,) if is_plain and len(parts) > 1 else None


def _plain(type_: Type, text: str) -> tuple[Raw] | None:
    """What text without JSON stands for, as far as that is plain for the type; None when it is not."""
    match type_:
        case Con("Option", (inner,)):
            return _plain(inner, text)
        case Con("List", (Con("Text" | "Quote" | "Int" | "Float" | "Bool") | Enum(),)):
            lines = [line for line in text.split("\n") if line.strip()]
            if len(lines) > 1 and lines[0].rstrip(" *_").endswith((":", "：")) and not _BULLET.match(lines[0]):
                del lines[0]
            if lines and all(_BULLET.match(line) for line in lines):
                return ([_BULLET.sub("", line).strip() for line in lines],)
            return _on_a_line(type_.arguments[0], lines)
        case Con("List") | Record():
            return None
        case _:
            return (text,)
