"""One question as it is put to a model: what it is, whom it equals, and the request that it becomes.

Owns `ModelQuery` and the identity of its requests, by which journals and caches know them. Promises that a prompt's tokens are
never counted as fewer than they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lambda_rlm.completion import CompletionRequest, Message, Model, Sampling
from lambda_rlm.eval.asking.prompt import Prompt
from lambda_rlm.eval.asking.shape import ReplyShape

GREEDY: Final = Sampling()

_KEPT: Final = 256
"""Ways of asking that are kept: those of one program are few."""

Key = tuple[object, ...]
"""What equal questions have in common."""


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request as it is sent, the tokens of its prompt, and those that a provider may add for its schema."""

    request: CompletionRequest
    tokens: int
    schema_tokens: int


@dataclass(slots=True, eq=False)
class ModelQuery:
    """One logical call: a prompt, the shape of the reply and its tokens. `note` is added at the prompt's end."""

    prompt: Prompt
    shape: ReplyShape
    out: int
    sampling: Sampling = GREEDY
    repairs: int = 0
    note: str = ""
    prepared: PreparedRequest | None = None
    """The request for it, once somebody needed to know its size."""

    @property
    def key(self) -> Key:
        """Equal for questions that denote the same answer within a run."""
        return (self.prompt.digest, self.shape.key, self.out, self.sampling, self.repairs, self.note)


def prepare(question: ModelQuery, model: Model, key: bytes, error: str = "") -> PreparedRequest:
    """The request for a question; `error` says what was wrong with an earlier reply. `key` makes the codes of data markers."""
    notes = [question.note] if question.note else []
    if error:
        notes.append(f"An earlier reply was not valid: {error}")
    shape = question.shape
    messages = question.prompt.messages(key, shape.instruction, "\n\n".join(notes))
    identity = f"('{question.prompt.digest.hex()}', {_manner(shape.key, question.out, question.sampling, *notes)})"
    digest = hashlib.sha256(identity.encode()).hexdigest()
    how = (question.out, question.sampling, shape.schema, shape.choices, digest)
    request = CompletionRequest(messages, *how, is_label=shape.is_label)
    return PreparedRequest(request, prompt_tokens(model, messages), shape.schema_bytes)


@lru_cache(_KEPT)
def _manner(shape: str, out: int, sampling: Sampling, *notes: str) -> str:
    """What is asked for of a prompt and how, as it is in a request's identity."""
    return f"{shape!r}, {out!r}, {sampling!r}, {list(notes)!r}"


def prompt_tokens(model: Model, messages: tuple[Message, ...]) -> int:
    """At least the tokens of a prompt: its bytes where they fit the window beside any reply and nobody pays by the token, since
    counting costs more than the call; else as the model counts them."""
    profile = model.profile
    if not profile.input_price:
        room = profile.room - profile.max_output - profile.template_tokens
        if sum([len(message.content) for message in messages]) <= room:
            size = sum([len(message.content.encode("utf-8", "surrogatepass")) for message in messages])
            if size <= room:
                return size + profile.template_tokens
    return model.count_tokens(messages)
