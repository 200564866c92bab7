"""What is wrong with a reply, in words that the model reads when it is asked again.

Owns `BadReply` and the wording of each complaint. Promises that a message names places, types and texts of the program only,
never what the model wrote, since it is among the instructions of the next prompt; and that it is short.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from lambda_rlm.eval.wording import BAD_REPLY, QUOTE_NOT_FOUND
from lambda_rlm.limits import MOST_ERROR
from lambda_rlm.types.reply_tokens import texts_of
from lambda_rlm.types.type import Con, Enum, Record, Type


class BadReply(Exception):
    """A reply is not of the type asked for. The message says what is wrong in words of the program's author only."""

    def __init__(self, message: str, code: str = BAD_REPLY) -> None:
        super().__init__(message)
        self.message = _short(message)
        self.code = code


def _short(message: str) -> str:
    """At most `MOST_ERROR` bytes of a message."""
    encoded = message.encode("utf-8", "surrogatepass")
    if len(encoded) <= MOST_ERROR:
        return message
    return encoded[: MOST_ERROR - len(_MORE.encode())].decode("utf-8", "ignore") + _MORE


_MORE: Final = "…"


def is_cut(message: str) -> bool:
    """It is the beginning of a longer one."""
    return message.endswith(_MORE)


class QuoteNotFound(BadReply):
    """A Quote is not in what the model was shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message, QUOTE_NOT_FOUND)


def cut_off() -> BadReply:
    """The model ran into its limit of tokens."""
    return BadReply("the reply was cut off at its token limit; give a shorter one")


def cut_in_thought() -> BadReply:
    """The model ran into its limit of tokens before it began to answer."""
    return BadReply("the token limit was reached in the reasoning, before any answer; reason less (--thinking allows more)")


def all_thought() -> BadReply:
    """Thoughts, and no answer after them."""
    return BadReply("the reply holds reasoning and no answer; give the answer after the reasoning")


def doubtful_thought() -> BadReply:
    """A mark of thoughts that could be a quote of the prompt."""
    return BadReply("the reply has an end of reasoning that may be a quote; give the answer alone")


def too_long(most: int) -> BadReply:
    """A typed reply of more characters than it may have."""
    return BadReply(f"the reply is longer than {most:,} characters; give a shorter one")


def too_much_text(most: int) -> BadReply:
    """The texts made of one reply have too many characters together."""
    return BadReply(f"the texts of the reply have more than {most:,} characters in total; give shorter ones")


def too_many_tokens(most: int) -> BadReply:
    """The texts made of one reply have too many tokens together."""
    return BadReply(f"the texts of the reply have more than {most:,} tokens in total; give shorter ones")


def too_many_tokens_in_one(most: int) -> BadReply:
    """One text made of the reply has too many tokens."""
    return BadReply(f"a text of the reply has more than {most:,} tokens; give a shorter one")


def too_many_long_words(most: int) -> BadReply:
    """The longest pieces of all texts have too many bytes together."""
    return BadReply(f"the longest words of the texts of the reply have more than {most:,} bytes in total; give fewer texts")


def too_many_elements(place: str, most: int) -> BadReply:
    """A list of more elements than the reply has tokens for."""
    return BadReply(f"{place} has more than {most:,} elements; give fewer")


def no_choice(listed: str) -> BadReply:
    """None of the choices, or several; `listed` shows them, or names them where they come from an input."""
    return BadReply(f"the reply must be exactly one of {listed}")


def several_values() -> BadReply:
    """Several different answers."""
    return BadReply("the reply must give one JSON value, not several different ones")


def no_json() -> BadReply:
    """No JSON, nor anything plain enough to be read as the type."""
    return BadReply("the reply must be JSON of the requested shape and nothing else")


def no_entries() -> BadReply:
    """No entry for any item of `llm_map`."""
    return BadReply("the reply must be a JSON object with one entry for each numbered item")


def conflicting(place: str) -> BadReply:
    """One key twice."""
    return BadReply(f"{place} is given twice with different values")


def missing(place: str) -> BadReply:
    """A field that is no Option."""
    return BadReply(f"{place} is missing")


def no_object(place: str, keys: Iterable[str]) -> BadReply:
    """No record."""
    return BadReply(f"{place} must be an object with the keys {', '.join(keys)}")


def must_be(place: str, expected: str) -> BadReply:
    """Not of the expected kind, which is named."""
    return BadReply(f"{place} must be {expected}")


def no_label(place: str, labels: Iterable[str]) -> BadReply:
    """None of the labels of an enumeration, or several."""
    listed = ", ".join(json.dumps(label, ensure_ascii=False) for label in labels)
    return BadReply(f"{place} must be exactly one of {listed}")


def no_quote(place: str) -> QuoteNotFound:
    """A text that is nowhere in what was shown."""
    return QuoteNotFound(f"{place} must be copied word for word from the text, but is not found there")


_MANY: Final = 999_999_999
"""More than any limit or position that a complaint names."""

_EXPECTED: Final = (
    "a whole number, with all its digits and no point or exponent",
    "a whole number of at most 64 bits",
    "a number without a percent sign",
    "a whole number, exactly one",
    "a text copied word for word",
)
"""The longest names of what is expected."""


def complaints(type_: Type) -> Iterator[str]:
    """The longest complaints of each kind about a reply of a type, with the largest numbers."""
    general = (too_long, too_much_text, too_many_tokens, too_many_tokens_in_one)
    yield from (complaint(_MANY).message for complaint in general)
    if texts_of(type_).listed:
        yield too_many_long_words(_MANY).message
    for complaint in (cut_off(), several_values(), no_json(), no_entries(), no_choice("the options")):
        yield complaint.message
    yield from (complaint.message for complaint in (cut_in_thought(), all_thought(), doubtful_thought()))
    if isinstance(type_, Con) and type_.name == "Option":
        yield from _of_choices(type_.arguments[0], ("none",))
    yield from _of_choices(type_)
    yield from _complaints_at("the reply", type_)


def _of_choices(type_: Type, others: tuple[str, ...] = ()) -> Iterator[str]:
    labels = type_.labels if isinstance(type_, Enum) else ("yes", "no")
    yield no_choice(", ".join(json.dumps(label, ensure_ascii=False) for label in (*labels, *others))).message


def _complaints_at(place: str, type_: Type) -> Iterator[str]:
    yield from (must_be(place, expected).message for expected in _EXPECTED)
    yield from (conflicting(place).message, missing(place).message, no_quote(place).message)
    match type_:
        case Enum(labels):
            yield no_label(place, labels).message
        case Con("List", (inner,)):
            yield too_many_elements(place, _MANY).message
            yield from _complaints_at(f"element {_MANY} of {place}", inner)
        case Con("Option", (inner,)):
            yield from _complaints_at(place, inner)
        case Record(fields):
            yield no_object(place, [name for name, _ in type_.in_order]).message
            for name, field in fields:
                yield from _complaints_at(field_place(name, place), field)


def field_place(name: str, place: str) -> str:
    """What a field of a record at a place is called."""
    return f"{name} of {place}" if place != "the reply" else f"`{name}`"
