"""A model that does its worst: longest or shortest replies, none of the type until the last repair, refusals, failing transport,
and as many billed attempts as it is given leave for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.limits import reply_tokens

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
        written = json.dumps(
            _filled(request.schema, room, manner, self.letter, request.schema.get("$defs", {})),
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return (
            written
            if len(written) <= room
            else json.dumps(
                _filled(request.schema, 0, "shortest", self.letter, request.schema.get("$defs", {})), separators=(",", ":")
            )
        )

    def room(self, tokens: int) -> int:
        """The most characters of a reply: those that it may have, or, counted by a vocabulary, that it may surely have."""
        if self.profile.vocabulary is None or " " in self.letter:
            return 8 * tokens
        return reply_tokens(tokens) // len(self.letter.encode())

    async def aclose(self) -> None:
        """Nothing to close."""


def _filled(schema: Mapping[str, Any], room: int, manner: str, letter: str, named: Mapping[str, Any]) -> Any:
    """A value that satisfies a JSON Schema and, written down, has about `room` characters."""
    if "$ref" in schema:
        schema = named[schema["$ref"].removeprefix("#/$defs/")]
    if "anyOf" in schema:
        return None if manner == "shortest" else _filled(schema["anyOf"][0], room, manner, letter, named)
    if "enum" in schema:
        return max(schema["enum"], key=len) if manner != "shortest" else min(schema["enum"], key=len)
    match schema["type"]:
        case "object":
            properties = schema["properties"]
            room -= sum(len(name) + 4 for name in properties) + 2
            share = room // max(1, len(properties))
            return {name: _filled(part, share, manner, letter, named) for name, part in properties.items()}
        case "array":
            return _array(schema["items"], room - 2, manner, letter, named)
        case "integer":
            return 9 if manner != "shortest" else -1
        case "number":
            return 9.5 if manner != "shortest" else 0.0
        case "boolean":
            return manner != "shortest"
        case _:
            if manner == "words":
                return letter * min(_WORD, max(0, room - 2))
            return "" if manner == "shortest" or manner == "many" else (letter * max(0, room - 2))[: max(0, room - 2)]


def _array(items: Mapping[str, Any], room: int, manner: str, letter: str, named: Mapping[str, Any]) -> list[Any]:
    if manner == "shortest":
        return []
    if manner not in ("many", "words"):
        return [_filled(items, room, manner, letter, named)]
    one = _filled(items, 0, "shortest", letter, named) if manner == "many" else _filled(items, _WORDS, manner, letter, named)
    each = len(json.dumps(one, ensure_ascii=False, separators=(",", ":"))) + 1
    return [one] * max(0, (room + 1) // each)
