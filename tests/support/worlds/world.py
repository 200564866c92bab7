"""Small worlds in which questions over long inputs have known answers, and a leaf model that tells the truth about them.

A world is made from a seed: what holds in it is drawn first, the inputs are written from that, and the right answer is worked out
from what holds, never from the inputs. The leaf model sees its prompt alone and reads the answer out of the data in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage

MARKER = re.compile(r"^</?data [0-9a-f]+>\n|</?data [0-9a-f]+>", re.MULTILINE)
CHARACTERS_PER_TOKEN = 4

PROMPT = 32_000
"""Characters of a prompt that surely fit beside a reply."""

LEAF = ModelProfile(name="truthful", window=0, max_output=8_192, input_price=1e-7, output_price=4e-7)


@dataclass(frozen=True)
class World:
    """Inputs, a question, what a truthful model replies to a prompt without its markers, how an answer is read and what it must be.
    `out` is how long a reply may be where the program does not say: the programs were written with no such number in view."""

    inputs: Mapping[str, Any]
    query: str
    reply: Callable[[str], str]
    read: Callable[[str], Any]
    expected: Any
    out: int = 1_024


class Truthful:
    """Answers by a world's `reply`, from the prompt alone; a reply that is too long is cut, as a real model's would be."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests: list[CompletionRequest] = []

    @property
    def profile(self) -> ModelProfile:
        room = int(PROMPT / LEAF.min_chars_per_token) + LEAF.template_tokens
        return replace(LEAF, window=room + self.world.out)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) for message in messages) // CHARACTERS_PER_TOKEN + 4

    async def complete(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        text = self.world.reply(MARKER.sub("", request.messages[-1].content))
        most = request.max_tokens * CHARACTERS_PER_TOKEN
        stop = StopReason.STOP if len(text) <= most else StopReason.LENGTH
        sent, got = self.count_tokens(request.messages), -(-len(text[:most]) // CHARACTERS_PER_TOKEN)
        cost = sent * 1e-7 + got * 4e-7
        return Completion(text[:most], Usage(sent, got, cost=cost), stop, LEAF.name)

    async def aclose(self) -> None: ...


def between(text: str, start: str, end: str = "") -> str:
    """What stands between two marks, the first of each; to the end where the second is not there."""
    after = text.partition(start)[2]
    return after.partition(end)[0] if end else after
