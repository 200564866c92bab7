"""How a reply of some type is asked for and read.

Owns `ReplyShape`: what goes into the request for a type and how a model's text becomes a value of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Vocabulary
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.asking.bad_reply import (
    too_many_elements,
    too_many_long_words,
    too_many_tokens,
    too_many_tokens_in_one,
    too_much_text,
)
from lambda_rlm.eval.asking.prompt import Prompt
from lambda_rlm.eval.replies.thoughts import answer_in
from lambda_rlm.eval.tariff import CHARACTER, HEADER
from lambda_rlm.eval.value import Reply, Text, Value
from lambda_rlm.graphemes import begun, whole
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.limits import REPLY_PIECE
from lambda_rlm.types.reply_tokens import ONE_TEXT, ReplyRoom, TextsOf, element_tokens
from lambda_rlm.types.type import Type

_SURROGATE = late_pattern("[\ud800-\udfff]")

_PARTED: Final = late_pattern("(?<=[!-~])(?= )")

MOST_COERCIONS: Final = 100


@dataclass(slots=True)
class ReplyReading:
    """What reading one reply needs and what it finds out: `coercions` made and `quotes` left out."""

    origin: Reply
    prompt: Prompt
    meter: Meter
    most: int
    """The most characters of a Text reply; longer ones are cut."""
    room: ReplyRoom
    """What lists made of the reply, and its texts in the vocabulary, may have."""
    vocabulary: Vocabulary | None = None
    """What texts made of the reply are counted by, since they may be read again."""
    is_complete: bool = True
    """False when the model ran into its limit of tokens."""
    coercions: list[str] = field(default_factory=list)
    """What was read with good will, the first `MOST_COERCIONS` of it; `coerced` counts all."""
    coerced: int = 0
    quotes: int = 0
    cuts: int = 0
    characters: int = field(init=False)
    """Characters that texts made of the reply may still have: no reading makes them more than they were."""
    taken: list[str] = field(init=False, default_factory=list)
    """Texts made of the reply whose tokens nobody counted yet."""
    taken_bytes: int = field(init=False, default=0)
    taken_pieces: int = field(init=False, default=0)
    """The most bytes of the longest piece of each of these."""
    used: int = field(init=False, default=0)
    pieces: int = field(init=False, default=0)
    """Tokens of those that were counted, and the bytes of the longest piece of each."""

    def __post_init__(self) -> None:
        self.characters = self.most

    def open_room(self, most: int, room: ReplyRoom) -> None:
        """From here on, there is room for N characters of texts, and this."""
        self.characters, self.room = most, room
        self.taken.clear()
        self.taken_bytes = self.taken_pieces = self.used = self.pieces = 0

    def count(self, elements: int, element: Type, place: str) -> None:
        """Raises `BadReply` where a list at a place has more elements than the reply has tokens for."""
        most = -(-self.room.out // element_tokens(element))
        if elements > most:
            raise too_many_elements(place, most)

    def take(self, s: str) -> None:
        """Count the characters and tokens of a text that is made of the reply; raises `BadReply` when there are too many."""
        self._take_characters(s)
        if self.vocabulary is None:
            return
        size, one = len(s) if s.isascii() else len(s.encode("utf-8", "surrogatepass")), self.room.one
        if size > one and self.vocabulary.size(s).tokens > one:  # no text has more tokens than bytes
            raise too_many_tokens_in_one(one)
        self.taken.append(s)
        self.taken_bytes += size
        self.taken_pieces += _most_of_a_piece(s, size)
        if self.used + self.taken_bytes > self.room.together or self.pieces + self.taken_pieces > self.room.pieces:
            self._count_taken(self.vocabulary)

    def _count_taken(self, vocabulary: Vocabulary) -> None:
        sizes = [vocabulary.size(text) for text in self.taken]
        self.used += sum([size.tokens for size in sizes])
        self.pieces += sum([size.piece for size in sizes])
        self.taken.clear()
        self.taken_bytes = self.taken_pieces = 0
        if self.used > self.room.together:
            raise too_many_tokens(self.room.together)
        if self.pieces > self.room.pieces:
            raise too_many_long_words(self.room.pieces)

    def _take_characters(self, s: str) -> None:
        self.characters -= len(s)
        if self.characters < 0:
            raise too_much_text(self.most)

    def fitting(self, s: str) -> str:
        """A reply as it is, or its beginning where it has too many characters or tokens."""
        s = begun(s, self.most)
        if self.vocabulary is None or len(s.encode("utf-8", "surrogatepass")) <= self.room.one:
            return s
        if self.vocabulary.size(s).tokens <= self.room.one:
            return s
        counted, end, too_long = self.vocabulary.counted(s), 0, len(s)
        while too_long - end > 1:
            middle = (end + too_long) // 2
            if counted.part(0, middle).tokens <= self.room.one:
                end = middle
            else:
                too_long = middle
        end = whole(s, end, 1)
        while self.vocabulary.size(s[:end]).tokens > self.room.one:
            end = whole(s, end - 1, 1)
        return s[:end]

    def text(self, s: str) -> Text:
        """A text of the reply, charged."""
        self.take(s)
        return self._made(s)

    def label(self, s: str) -> Text:
        """A label that the reply names, charged; its tokens are known ahead."""
        self._take_characters(s)
        return self._made(s)

    def _made(self, s: str) -> Text:
        self.meter.allocate(HEADER + CHARACTER * len(s))
        if not s.isascii() and _SURROGATE.search(s) is not None:
            self.coerce("replaced invalid characters")
            s = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", s)
        return Text(s, self.origin)

    def coerce(self, what: str) -> None:
        """Note that something was read with good will."""
        self.coerced += 1
        if len(self.coercions) < MOST_COERCIONS:
            self.coercions.append(what)

    def clear(self) -> None:
        """Forget what an earlier reply to the same question came to."""
        self.coercions.clear()
        self.coerced = self.quotes = self.cuts = 0
        self.open_room(self.most, self.room)


@dataclass(frozen=True)
class ReplyShape:
    """`key` is the shape's identity among equal prompts; at most one of `schema` and `choices` is set; `has_quotes` says that
    the value depends on which parts of the prompt came from inputs; `texts` are those that are made of the reply."""

    key: str
    read: Callable[[str, ReplyReading], Value]
    instruction: str = ""
    schema: Mapping[str, Any] | None = None
    choices: tuple[str, ...] | None = None
    has_quotes: bool = False
    texts: TextsOf = ONE_TEXT

    def schema_tokens(self, vocabulary: Vocabulary | None) -> int:
        """At least the tokens of the JSON Schema, which some providers count as part of the prompt: its bytes where the
        vocabulary is not known."""
        written = self._schema_written
        if written is None:
            return 0
        return len(written.encode("utf-8", "surrogatepass")) if vocabulary is None else vocabulary.size(written).tokens

    @cached_property
    def _schema_written(self) -> str | None:
        schema = self.schema
        if self.choices is not None:  # as it is sent where choices are sent as a schema
            one = {"type": "string", "enum": list(self.choices)}
            schema = {"type": "object", "properties": {"reply": one}, "required": ["reply"], "additionalProperties": False}
        return None if schema is None else json.dumps(schema, ensure_ascii=False)


def _most_of_a_piece(s: str, size: int) -> int:
    """At least the bytes of the longest piece of a text that is charged by its tokens, without its vocabulary: each has a seam
    between a visible sign of ASCII and a space."""
    if s.isascii():
        size = max(map(len, _PARTED.split(s)))
    return min(size, REPLY_PIECE)


def read_text(reply: str, reading: ReplyReading) -> Text:
    """Any reply is a Text: without the model's thoughts and white space around, cut where it is too long."""
    text = without_thoughts(reply, reading).strip()
    fitting = reading.fitting(text)
    if len(fitting) < len(text):
        text = fitting
        reading.is_complete = False
    if not reading.is_complete:
        reading.cuts += 1
    return reading.text(text)


def without_thoughts(reply: str, reading: ReplyReading) -> str:
    """The reply after its thoughts. Raises `BadReply` where these have no end, or no answer after them."""
    answered = answer_in(reply, reading.prompt.text, is_complete=reading.is_complete)
    if answered.thought:
        reading.coerce("removed the model's reasoning")
    return answered.text


TEXT_SHAPE: Final = ReplyShape("Text", read_text)
