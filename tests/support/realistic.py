"""A model whose replies are as long as those of strong models: by the type that is asked for and by what the prompt wants.

The lengths are those of `recorded/reply_lengths.json`. What a reply says is taken from the data in its prompt, so that it has the
script and the density of the text that it is about. Equal seeds give equal replies, in whatever order they are asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.llm.providers.forms.openai_form import schema_of
from lambda_rlm.llm.vocabulary.byte_pair import encoder
from tests.support.places import ROOT

VOCABULARY: Final = "o200k_base"
LENGTHS: Final = ROOT / "tests" / "support" / "recorded" / "reply_lengths.json"

_PER_MESSAGE, _PER_PROMPT = 4, 3
"""Tokens that the template of a chat adds: to each message, and once."""

_MARKER: Final = re.compile(r"\n?</?data [0-9a-f]+>\n?")
_DATA: Final = re.compile(r"<data ([0-9a-f]+)>(.*?)</data \1>", re.DOTALL)
_NUMBERED: Final = re.compile(r"^[\[({]*(\d{1,9})[\])}:.|,]", re.MULTILINE)
_WORDS: Final = re.compile(r"at most (\d+) words|of (\d+) words")
_LABELS: Final = re.compile(r"^labels?: (.+)$", re.MULTILINE)
_ELEMENTS: Final = (0, 1, 1, 2, 2, 3, 3, 4, 5, 8)
"""Elements of a list that a reply gives, where no numbers in the prompt say how many are wanted."""

_ANSWERED: Final = 0.6
"""How often there is something where there may be nothing."""

KINDS: Final = (
    (r"glossary", "page"),
    (r"translat|correct the|rewrite|word for word.{0,40}whole|completely and in order", "as long"),
    (r"one page|300 words", "page"),
    (r"summar|\bnote(s|d)? in\b|review of|report of", "summary"),
    (r"number (and|alone|itself)|how many|with the number", "number"),
    (r"short answer|a few words|short phrase|the name|name only|which ", "short answer"),
    (r"sentence|one line|briefly", "sentence"),
)
"""What a prompt says of a reply in plain text, and the kind of reply that it gets; the first that is met."""


@cache
def lengths() -> Mapping[str, tuple[int, ...]]:
    """Tokens of replies by kind."""
    kinds = json.loads(LENGTHS.read_text(encoding="utf-8"))["kinds"]
    return {kind: tuple(row["tokens"]) for kind, row in kinds.items()}


@dataclass
class Realistic:
    """`told` may reply to a prompt without its markers; what it returns None for is made up. `plans` are replies by the first
    words of the prompt. Counts what a provider bills that enforces schemas: the prompt with its template, the schema, and the
    reply in the form that the schema gives it."""

    profile: ModelProfile
    seed: int = 1
    told: Callable[[str], str | None] | None = None
    plans: Mapping[str, Any] = field(default_factory=dict)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(tokens(message.content) + _PER_MESSAGE for message in messages) + _PER_PROMPT

    async def complete(self, request: CompletionRequest) -> Completion:
        schema, _ = schema_of(request)
        sent = self.count_tokens(request.messages)
        sent += tokens(json.dumps(schema, ensure_ascii=False)) if schema is not None else 0
        text = cut(self._reply(request), request.max_tokens)
        written = text if request.choices is None else json.dumps({"reply": text}, ensure_ascii=False)
        received = max(1, min(request.max_tokens, tokens(written)))
        return Completion(text, Usage(sent, received, cost=self._cost(sent, received)))

    async def aclose(self) -> None:
        """Nothing to close."""

    def _cost(self, sent: int, received: int) -> float | None:
        prices = self.profile.input_price, self.profile.output_price
        return None if prices[0] is None or prices[1] is None else sent * prices[0] + received * prices[1]

    def _reply(self, request: CompletionRequest) -> str:
        prompt = request.messages[-1].content
        for start, plan in self.plans.items():
            if prompt.startswith(start):
                return json.dumps(plan)
        told = self.told(_MARKER.sub("\n", prompt)) if self.told is not None else None
        if told is not None:
            return told
        writer = _Writer(Random(f"{self.seed} {request.digest}"), prompt)
        if request.choices is not None:
            return writer.draw.choice(request.choices)
        return writer.text(request.max_tokens) if request.schema is None else writer.json(request.schema, request.max_tokens)


def tokens(text: str) -> int:
    """The tokens of a text in `VOCABULARY`, as tiktoken counts them: the whole text at once, by no rule of our own."""
    return encoder(VOCABULARY)(text)


def cut(text: str, limit: int) -> str:
    """The beginning of a text, with about N tokens and no more."""
    found = tokens(text)
    while found > limit:
        text = text[: max(0, min(len(text) - 1, len(text) * limit // found))]
        found = tokens(text)
    return text


class _Writer:
    """One reply: what is drawn for it, and the prompt that it answers."""

    def __init__(self, draw: Random, prompt: str) -> None:
        self.draw = draw
        self.asked = _DATA.sub("", prompt)[-2_000:].lower() + _DATA.sub("", prompt)[:2_000].lower()
        found = [hit[2].strip("\n") for hit in _DATA.finditer(prompt)]
        self.data = max(found, key=len, default="") or prompt
        self.named: Mapping[str, Any] = {}

    def text(self, most: int) -> str:
        """A reply in plain text."""
        kind = next((kind for pattern, kind in KINDS if re.search(pattern, self.asked)), "paragraph")
        if kind == "as long":
            return self._piece(min(most, tokens(self.data)), start=0)
        wanted = _WORDS.search(self.asked)
        if wanted is not None and kind != "short answer":
            words = int(wanted[1] or wanted[2])
            return self._piece(min(most, round(words * self.draw.uniform(0.8, 1.3))))
        return self._piece(min(most, self.draw.choice(lengths()[kind])))

    def json(self, schema: Mapping[str, Any], most: int) -> str:
        """A reply of a type, with fewer elements where it would be too long."""
        self.named = schema.get("$defs", {})
        elements = None
        while True:
            written = json.dumps(self._value("", schema, elements), ensure_ascii=False)
            if tokens(written) <= most or elements == 0:
                return written
            elements = 8 if elements is None else elements // 2

    def _piece(self, wanted: int, start: int | None = None) -> str:
        """About N tokens of the data: from the start of a word, where it has such. What is shorter is said more than once."""
        if start is None and len(self.data) < 4 * wanted:
            return cut(" ".join([self.data] * (1 + 8 * wanted // (len(self.data) + 1))), max(1, wanted)).strip() or "none"
        room = len(self.data) - 4 * wanted
        at = self.draw.randrange(room) if start is None and room > 0 else 0
        at = self.data.find(" ", at, at + 80) + 1 or at
        return cut(self.data[at : at + 8 * wanted + 8], max(1, wanted)).strip() or "none"

    def _value(self, name: str, schema: Mapping[str, Any], elements: int | None) -> Any:
        if "$ref" in schema:
            schema = self.named[schema["$ref"].removeprefix("#/$defs/")]
        if "anyOf" in schema:
            return self._value(name, schema["anyOf"][0], elements) if self.draw.random() < _ANSWERED else None
        if "enum" in schema:
            return self.draw.choice(schema["enum"])
        match schema["type"]:
            case "object":
                return self._record(schema["properties"], elements)
            case "array":
                return self._list(name, schema["items"], elements)
            case "integer":
                return self.draw.choice(_numbers(self.data) or range(100))
            case "number":
                return round(self.draw.uniform(0, 100), 1)
            case "boolean":
                return self.draw.random() < _ANSWERED
            case _:
                return self._string(name, schema)

    def _record(self, properties: Mapping[str, Any], elements: int | None) -> dict[str, Any]:
        made = {name: self._value(name, part, elements) for name, part in properties.items()}
        if "answer" in made and len(made) > 1 and isinstance(made["answer"], str) and self.draw.random() > 0.4:
            made["answer"] = ""  # one of several steps: most do not end the search
        return made

    def _list(self, name: str, items: Mapping[str, Any], elements: int | None) -> list[Any]:
        properties = items.get("properties", {})
        key = next((name for name, part in properties.items() if part.get("type") == "integer"), None)
        numbers = _numbers(self.data) if key is not None else []
        count = len(numbers) or self.draw.choice(_ELEMENTS)
        made = [self._value(name, items, elements) for _ in range(count if elements is None else min(count, elements))]
        if numbers and key is not None:
            for one, number in zip(made, numbers, strict=False):
                one[key] = number
        return made

    def _string(self, name: str, schema: Mapping[str, Any]) -> str:
        if "word for word" in schema.get("description", ""):
            return self._quote()
        labels = _LABELS.search(self.asked)
        if labels is not None and name.isdigit():
            return self.draw.choice(str(labels[1]).split(", "))
        is_long = re.search(r"reason|why|explan|summar|note|what|reply|point|says|position|evening|morning|cause", name)
        return self._piece(self.draw.choice(lengths()["sentence" if is_long else "short answer"]))

    def _quote(self) -> str:
        """A sentence or a line of the data, word for word."""
        parts = [part.strip() for part in re.split(r"(?<=[.!?]) |\n", self.data) if 8 <= len(part.strip()) <= 300]
        return self.draw.choice(parts) if parts else self._piece(self.draw.choice(lengths()["quote"]))


def _numbers(text: str) -> list[int]:
    """The numbers that lines of a text begin with, each once."""
    return list(dict.fromkeys(int(hit[1]) for hit in _NUMBERED.finditer(text)))
