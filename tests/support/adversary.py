"""A model that does its worst: longest or shortest replies, none of the type until the last repair, refusals, failing transport,
and as many billed attempts as it is given leave for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.limits import MOST_REPLY_ENDS, reply_tokens
from lambda_rlm.types.reply_tokens import element_tokens, reply_room, texts_of
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Enum, Type, list_of, option_of, record_of

MANNERS = ("longest", "many", "shortest", "malformed", "refusing", "failing", "mixed", "words")
RESENDING = ("never", "always", "while allowed", "in turns")
"""Whether each request is sent again as often as may be: also beyond the pool, up to its end, or every other one."""

_WORD, _WORDS = 9, 60
"""Letters of a short text, and of an element of a list that has some."""

_AGAIN = "An earlier reply"


@dataclass
class Adversary:
    """Answers in one manner. Counts tokens as no tokenizer can exceed: one for each byte, and the template; with `is_thrifty`
    one for four characters, so that long prompts pass the window."""

    profile: ModelProfile
    manner: str
    letter: str = "x"
    is_thrifty: bool = False
    asked: int = 0
    resending: str = "never"

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        thrifty = sum(len(m.content) for m in messages) // 4
        if self.profile.vocabulary is not None:
            exact = sum(self.profile.vocabulary.exact(m.content) for m in messages) + 4 * len(messages) + 3
            return min(exact, thrifty) if self.is_thrifty else exact
        if self.is_thrifty:
            return thrifty
        return self.profile.template_tokens + sum(len(m.content.encode("utf-8", "surrogatepass")) for m in messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked += 1
        manner = MANNERS[self.asked % 6] if self.manner == "mixed" else self.manner
        attempts = (1 + self._resent(request)) * (1 + self.profile.retries)
        sent = self.count_tokens(request.messages)
        if not self.is_thrifty:
            schema = "" if request.schema is None else json.dumps(request.schema, ensure_ascii=False)
            sent += len(schema) if self.profile.vocabulary is None else self.profile.vocabulary.exact(schema)
        received = request.max_tokens + self.profile.thought(request.max_tokens)
        tokens = (sent * attempts, received * attempts)
        prices = (self.profile.input_price, self.profile.output_price)
        cost = None if prices[0] is None or prices[1] is None else tokens[0] * prices[0] + tokens[1] * prices[1]
        usage = Usage(*tokens, cost=cost, attempts=attempts)
        if manner == "failing":
            failed = ModelFailure("E0502", "no answer")
            failed.usage = usage
            raise failed
        if manner == "refusing":
            return Completion("I would rather not.", usage, StopReason.REFUSAL, self.profile.name)
        is_first = _AGAIN not in request.messages[-1].content
        if manner == "malformed" and is_first and request.schema is not None:
            return Completion("%%% no JSON at all", usage, StopReason.STOP, self.profile.name)
        return Completion(self.reply(request, manner), usage, StopReason.STOP, self.profile.name)

    def _resent(self, request: CompletionRequest) -> int:
        """How often a request is sent again. Raises `LimitExceeded` where that is not affordable, with what was used."""
        if self.resending == "never" or request.again is None or (self.resending == "in turns" and self.asked % 2):
            return 0
        for count in range(self.profile.resends):
            try:
                request.again()
            except LimitExceeded:
                if self.resending == "while allowed":
                    return count
                raise
        return self.profile.resends

    def reply(self, request: CompletionRequest, manner: str) -> str:
        room = self.room(request.max_tokens)
        if manner == "words" and request.schema is not None:  # many short texts, as many as their bytes surely allow
            room = 8 * request.max_tokens // len(self.letter.encode())
        if request.choices is not None:
            return max(request.choices, key=len) if manner != "shortest" else min(request.choices, key=len)
        if request.schema is None:
            return (self.letter * room)[:room] if manner != "shortest" else ""
        filling = _Filling(manner, self.letter, request.schema.get("$defs", {}), request.max_tokens)
        written = _json(filling.value(request.schema, room))
        if len(written) <= room:
            return written
        return _json(_Filling("shortest", self.letter, filling.named, request.max_tokens).value(request.schema, 0))

    def room(self, tokens: int) -> int:
        """The most characters of a reply: those that it may have, or, counted by a vocabulary, that it may surely have."""
        if self.profile.vocabulary is None or " " in self.letter:
            return 8 * tokens
        return reply_tokens(tokens) // len(self.letter.encode())

    async def aclose(self) -> None:
        """Nothing to close."""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass
class _Filling:
    """Values that satisfy a JSON Schema, in a reply of `out` tokens: as large as one that keeps to them may be."""

    manner: str
    letter: str
    named: Mapping[str, Any]
    out: int
    letters: int = _WORD
    """Those of a short text."""

    def value(self, schema: Mapping[str, Any], room: int) -> Any:
        """One that, written down, has about `room` characters."""
        manner = self.manner
        if "$ref" in schema:
            schema = self.named[schema["$ref"].removeprefix("#/$defs/")]
        if "anyOf" in schema:
            return None if manner == "shortest" else self.value(schema["anyOf"][0], room)
        if "enum" in schema:
            return max(schema["enum"], key=len) if manner != "shortest" else min(schema["enum"], key=len)
        match schema["type"]:
            case "object":
                return self._object(schema["properties"], room)
            case "array":
                return self._array(schema["items"], room - 2)
            case "integer":
                return 9 if manner != "shortest" else -1
            case "number":
                return 9.5 if manner != "shortest" else 0.0
            case "boolean":
                return manner != "shortest"
            case _:
                return self._text(max(0, room - 2))

    def _object(self, properties: Mapping[str, Any], room: int) -> dict[str, Any]:
        if properties and all(map(str.isdecimal, properties)):  # an entry for each item, which has its own tokens
            self.out = max(1, self.out // len(properties))
        room -= sum(len(name) + 4 for name in properties) + 2
        return {name: self.value(part, room // max(1, len(properties))) for name, part in properties.items()}

    def _text(self, room: int) -> str:
        if self.manner == "words":
            return self.letter * min(self.letters, room)
        return "" if self.manner in ("shortest", "many") else (self.letter * room)[:room]

    def _array(self, items: Mapping[str, Any], room: int) -> list[Any]:
        """As many elements as the reply may have, each of whose texts has as many letters as all of them may have."""
        if self.manner == "shortest":
            return []
        if self.manner not in ("many", "words"):
            return [self.value(items, room)]
        type_ = _type_of(items, self.named)
        most = min(-(-self.out // element_tokens(type_)), room)
        if self.manner == "many":
            one = _Filling("shortest", self.letter, self.named, self.out).value(items, 0)
        else:
            texts, share = texts_of(type_), reply_room(self.out, texts_of(list_of(type_)), MOST_REPLY_ENDS).together
            letters = min(_WORD, share // max(1, most * max(1, texts.single)) // len(self.letter.encode()))
            one = _Filling("words", self.letter, self.named, self.out, letters).value(items, _WORDS)
        return [one] * max(0, min(most, (room + 1) // (len(_json(one)) + 1)))


def _type_of(schema: Mapping[str, Any], named: Mapping[str, Any]) -> Type:
    """The type that a schema is of; it does not tell a Quote from a Text."""
    if "$ref" in schema:
        return _type_of(named[schema["$ref"].removeprefix("#/$defs/")], named)
    if "anyOf" in schema:
        return option_of(_type_of(schema["anyOf"][0], named))
    if "enum" in schema:
        return Enum(tuple(schema["enum"]))
    match schema["type"]:
        case "object":
            return record_of(**{name: _type_of(part, named) for name, part in schema["properties"].items()})
        case "array":
            return list_of(_type_of(schema["items"], named))
        case kind:
            return {"integer": INT, "number": FLOAT, "boolean": BOOL}.get(kind, TEXT)
