"""A model that replies as models typically do: of the type asked for, about as long as replies are, at no cost.

Owns what is assumed of replies where a likely cost is worked out: their lengths by type and by what the prompt asks for, the
tokens of thought, and the usual answers to the planning questions of the standard strategies. Promises that a reply depends on
the request alone. Texts are taken from the prompt, so that a program which searches or quotes finds them. Sends nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.tokens import vocabulary

TEXT_SHARE: Final = 0.3
"""The part of its limit that a text takes whose length the prompt does not tell; at most `PARAGRAPHS`."""

PARAGRAPHS: Final = 140
"""Tokens of an answer that may be as long as it likes."""

LABEL_THOUGHT: Final = 192
TEXT_THOUGHT: Final = 448
"""Tokens of thought before a label, and before anything else, of a model that thinks."""

FIELD_TOKENS: Final = 5
PASSAGE_TOKENS: Final = 15
"""Tokens of a text inside a reply: of a field, and of one whose name says that it has a sentence or more."""

LIST_ITEMS: Final = 3
_ITEM_TOKENS: Final = 8
"""Elements of a list, where the prompt has no lines with numbers that they may be about; tokens that one of these has at least."""

_JSON_BYTES: Final = 3.2
"""Bytes of a token of JSON, at most: punctuation and numbers make short ones."""

_MARGIN: Final = 1.1
"""A prompt may have this factor more tokens than a sample says; where a vocabulary is not known, twice as many are set aside."""

_FRAMING: Final = 8
_MARKER: Final = late_pattern(r"\n?</?data [0-9a-f]+>\n?")
_EACH: Final = late_pattern(r"\b(?:each|every|all)\b", re.IGNORECASE)
_NUMBERED: Final = late_pattern(r"^[\[(]?\d{1,7}[\]).:] ", re.MULTILINE)
_WORDS: Final = late_pattern(r"(\d[\d,]*)(?: or fewer)? words", re.IGNORECASE)
_SENTENCES: Final = late_pattern(
    r"(one|two|three|four|five|\d+)(?: or (?:two|three))?(?: short| full)? sentences?", re.IGNORECASE
)
_SHORT: Final = late_pattern(
    r"short answer|one word|single word|few words|nothing else|only the (?:name|number|answer)", re.IGNORECASE
)
_AS_LONG: Final = late_pattern(r"translat|rewrite|rephrase|correct the|convert", re.IGNORECASE)
_NUMBERS: Final = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_PASSAGES: Final = late_pattern(
    r"summary|description|explanation|reason|evidence|quote|text|sentence|learned|note|why|claim", re.IGNORECASE
)
_TOKENS_A_WORD: Final = 1.2
_TOKENS_A_SENTENCE: Final = 18
_SHORT_ANSWER: Final = 6
_OF_THE_PROMPT: Final = 0.9

_ROLE: Final = {"needs": [{"labels": ["yes"], "test": "at least", "number": 1}], "rules": []}
_CHOICE: Final = {"labels": ["yes", "no"], "meaning": "what is asked"}
_COUNTED: Final[Mapping[str, Any]] = {
    "second": [],
    "measure": "number",
    **dict.fromkeys(("of", "times", "percent", "decimals", "language")),
    "ask": "count",
    "by": None,
    "test": "at least",
    "number": 0,
    "form": "",
    "words": [],
    "dates": None,
}
_USUAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "Say what has to be counted": {
        **_CHOICE, "where": [], "first": [{"field": "label", "test": "is", "values": ["yes"]}], **_COUNTED,
    },
    "Say what makes a pair": {**_CHOICE, "one": _ROLE, "other": _ROLE},
    "Which labels": _CHOICE,
    "Which columns": {"columns": ["name", "value"], "order": None, "most": None, "repeats": None},
}  # fmt: skip
"""Fields of replies to the questions by which strategies plan, by the first words of the prompt: most plans have this form."""


class TypicalModel:
    """A `Model` for one profile, whose tokens have about `bytes_per_token` bytes. `on_request` is called with each request
    while it is under way."""

    def __init__(self, profile: ModelProfile, bytes_per_token: float, on_request: Callable[[], object] = lambda: None) -> None:
        self._bytes = bytes_per_token
        self._margin = _MARGIN if vocabulary(profile.name) else 2 * _MARGIN
        # A sample may tell too much: the run itself refuses a prompt that is too long.
        self._profile = replace(profile, window=round(_MARGIN * self._margin * profile.window))
        self._on_request = on_request

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """As much as is set aside for a prompt, which is more than it is likely to have."""
        return round(self._margin * self._tokens(messages))

    def _tokens(self, messages: tuple[Message, ...]) -> int:
        return _FRAMING + round(sum(len(m.content.encode("utf-8", "surrogatepass")) for m in messages) / self._bytes)

    async def complete(self, request: CompletionRequest) -> Completion:
        self._on_request()
        text = self.reply(request)
        is_plain = request.schema is None and not request.choices
        size = self._bytes if is_plain else min(self._bytes, _JSON_BYTES)
        replied = min(request.max_tokens, max(1, round(len(text.encode("utf-8", "surrogatepass")) / size)))
        usage = Usage(self._tokens(request.messages), replied + self._thought(request))
        return Completion(text, usage, model=self._profile.name)

    async def aclose(self) -> None:
        """Nothing to close."""

    def reply(self, request: CompletionRequest) -> str:
        """The text of a reply."""
        prompt = request.messages[-1].content
        draw = int.from_bytes(hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()[:8])
        if request.choices:
            return request.choices[draw % len(request.choices)]
        shown = _MARKER.sub("\n", prompt)
        if request.schema is None:
            return self._excerpt(shown, draw, text_tokens(shown, request.max_tokens, len(shown) / self._bytes))
        return json.dumps(self._planned(request, shown, draw), ensure_ascii=False)

    def _planned(self, request: CompletionRequest, shown: str, draw: int) -> Any:
        schema = request.schema or {}
        made = self._value(schema, schema.get("$defs", {}), shown, draw, "", request.max_tokens)
        if not isinstance(made, dict):
            return made
        usual = next((fields for start, fields in _USUAL.items() if shown.startswith(start)), {})
        if {"learned", "search", "answer"} <= made.keys():  # a search ends after a second look, as a rule
            usual = {"answer": None} if "Known so far:\nNothing." in shown else {"search": None}
        return {**made, **{name: value for name, value in usual.items() if name in made}}

    def _value(self, schema: Mapping[str, Any], named: Mapping[str, Any], shown: str, draw: int, name: str, room: int) -> Any:
        """A value of a schema; strings of at most `room` tokens together."""
        if "$ref" in schema:
            schema = named[schema["$ref"].rpartition("/")[2]]
        draw = draw * 6364136223846793005 + 1442695040888963407 & (1 << 63) - 1
        if "anyOf" in schema:
            return None if draw >> 40 & 1 else self._value(schema["anyOf"][0], named, shown, draw, name, room)
        match schema.get("type"):
            case "object":
                fields = schema["properties"]
                part = room // max(1, len(fields))
                return {
                    key: self._value(one, named, shown, draw + 97 * i, key, part) for i, (key, one) in enumerate(fields.items())
                }
            case "array":
                count = _elements(schema["items"], shown, room)
                items = [(draw >> 8) + 89 * i for i in range(count)]
                return [self._value(schema["items"], named, shown, item, name, room // count) for item in items]
            case "string" if "enum" in schema:
                return schema["enum"][(draw >> 33) % len(schema["enum"])]
            case "string":
                is_passage = "description" in schema or _PASSAGES.search(name) is not None
                most = max(2, int(room * (2 * TEXT_SHARE)))
                return self._excerpt(shown, draw, min(PASSAGE_TOKENS if is_passage else FIELD_TOKENS, most))
            case "boolean":
                return bool(draw >> 41 & 1)
            case "integer":
                return 1 + (draw >> 33) % 9
        return (draw >> 33) % 100 / 100

    def _excerpt(self, shown: str, draw: int, tokens: int) -> str:
        """Words of the prompt, of its middle, where most of its data is."""
        size = max(1, round(tokens * self._bytes))
        middle = len(shown) // 4
        start = middle + (draw >> 21) % max(1, len(shown) // 2 - size)
        found = " ".join(shown[start : start + size].split())
        return (found or "nothing") + " and so on" * max(0, (size - len(found) - len(found) // 8) // 10)

    def _thought(self, request: CompletionRequest) -> int:
        usual = LABEL_THOUGHT if request.choices else TEXT_THOUGHT
        return min(self._profile.thought(request.max_tokens) // 2, usual)


def _elements(items: Mapping[str, Any], shown: str, room: int) -> int:
    """Elements of a list: one for each line with a number, where each names one number and something is wanted of each line."""
    numbers = [field for field in items.get("properties", {}).values() if field.get("type") == "integer"]
    lines = len(_NUMBERED.findall(shown)) if len(numbers) == 1 and _EACH.search(shown[:4_000]) else 0
    return min(lines or LIST_ITEMS, max(LIST_ITEMS, room // _ITEM_TOKENS))


def text_tokens(prompt: str, most: int, shown: float) -> int:
    """Tokens of a text that answers a prompt of `shown` tokens: by the number of words or sentences that it asks for, as
    many as what is to be translated has, else a part of `most`."""
    asked = prompt[:4_000] + prompt[-1_000:]
    if words := _WORDS.search(asked):
        likely = int(words[1].replace(",", "")[:6]) * _TOKENS_A_WORD
    elif _SHORT.search(asked):
        likely = _SHORT_ANSWER
    elif sentences := _SENTENCES.search(asked):
        said = sentences[1].lower()
        likely = (_NUMBERS.get(said) or int(said[:3])) * _TOKENS_A_SENTENCE
    elif _AS_LONG.search(asked):
        likely = shown * _OF_THE_PROMPT
    else:
        likely = min(most * TEXT_SHARE, PARAGRAPHS)
    return max(1, min(round(likely), most))
