"""A model whose reply is a function of the question's Greek letters, its sample number and the type asked for.

The Greek letters of a prompt survive every rendering (markers, instructions and repairs have none), so the reference can ask
the same oracle with the bare prompt and must get the same answer, whatever the order of the calls was. Some questions are
refused, some typed ones answered with garbage.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from typing import Any

import anyio.lowlevel

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.types.type import BOOL, Con, Record, Type
from tests.differential.reference_library import Fault, read_json

GREEK = "αβγδ"
REFUSED, BAD_REPLY = "E0510", "E0513"
PROFILE = ModelProfile(name="oracle", window=1_000_000, max_output=1_000, input_price=1e-6, output_price=2e-6)


class OracleModel:
    """The oracle behind the `Model` protocol. `order` decides how long each call waits, in turns of the event loop.

    It also watches: `spent` and `reserved` are what a bill would say at this moment, and `worst` the most it ever said.
    """

    def __init__(self, order: int = 0, patience: int = 0) -> None:
        self.profile = PROFILE
        self._random = random.Random(order)
        self._patience = patience
        self.attempts = self.in_flight = self.most_in_flight = 0
        self.spent = self.reserved = self.worst = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) for message in messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        prompt_tokens = self.count_tokens(request.messages)
        worst = prompt_tokens + request.max_tokens
        self.attempts += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.reserved += worst
        self.worst = max(self.worst, self.spent + self.reserved)
        try:
            for _ in range(self._random.randint(0, self._patience)):
                await anyio.lowlevel.checkpoint()
        finally:
            self.in_flight -= 1
            self.reserved -= worst
            self.spent += prompt_tokens
        text, stop = reply(request.messages[-1].content, request.sampling.seed, request.schema, request.choices)
        text = text[: request.max_tokens]
        self.spent += len(text)
        return Completion(text, Usage(prompt_tokens, len(text), cost=0.0), stop, "oracle")

    async def aclose(self) -> None:
        """Nothing to close."""


def ask(prompt: str, wanted: Type, sample: int | None) -> Any:
    """What a program gets for a question, as a plain value; raises `Fault`."""
    shape = shape_of(wanted)
    text, stop = reply(prompt, sample, shape.schema, shape.choices)
    if stop is StopReason.REFUSAL:
        raise Fault(REFUSED)
    if shape.choices is not None:
        return _chosen(text, wanted)
    if shape.schema is None:
        return text
    try:
        raw = json.loads(text)
    except ValueError:
        raise Fault(BAD_REPLY) from None
    return read_json(raw if isinstance(wanted, Record) else raw["reply"], wanted)


def reply(
    prompt: str, sample: int | None, schema: Mapping[str, Any] | None, choices: tuple[str, ...] | None
) -> tuple[str, StopReason]:
    """The text of the reply."""
    letters = "".join(c for c in prompt if c in GREEK)
    seed = int.from_bytes(hashlib.sha256(f"{letters}/{sample}".encode()).digest()[:6])
    if seed % 11 == 0:
        return "I would rather not.", StopReason.REFUSAL
    if choices is not None:
        return choices[seed % len(choices)], StopReason.STOP
    if schema is None:
        return f"{letters[:6]}reply {seed % 5}", StopReason.STOP
    is_open = "reply" not in schema["properties"] or schema["properties"]["reply"].get("type") == "array"
    if seed % 7 == 0 and is_open:
        return "%%% no JSON at all", StopReason.STOP
    return json.dumps(_sample(schema, seed, schema.get("$defs", {})), ensure_ascii=False), StopReason.STOP


def _sample(schema: Mapping[str, Any], seed: int, named: Mapping[str, Any]) -> Any:
    """A value that satisfies a JSON Schema."""
    if "$ref" in schema:
        schema = named[schema["$ref"].removeprefix("#/$defs/")]
    if "anyOf" in schema:
        return None if seed % 3 == 0 else _sample(schema["anyOf"][0], seed // 3, named)
    if "enum" in schema:
        return schema["enum"][seed % len(schema["enum"])]
    match schema["type"]:
        case "object":
            return {name: _sample(part, seed // (i + 2), named) for i, (name, part) in enumerate(schema["properties"].items())}
        case "array":
            return [_sample(schema["items"], seed // (i + 2), named) for i in range(seed % 4)]
        case "integer":
            return seed % 9 - 3
        case "number":
            return seed % 9 / 4
        case "boolean":
            return seed % 2 == 0
        case _:
            return f"{GREEK[seed % 4]} word {seed % 7}"


def _chosen(label: str, wanted: Type) -> Any:
    match wanted:
        case Con("Option", (inner,)):
            return None if label == "none" else (_chosen(label, inner),)
        case _:
            return label == "yes" if wanted == BOOL else label
