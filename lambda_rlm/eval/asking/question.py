"""One question as it is put to a model: what it is, whom it equals, and the request that it becomes.

Owns `ModelQuery` and the identity of its requests, by which journals and caches know them. Promises that a prompt's tokens are
never counted as fewer than they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from lambda_rlm.completion import CompletionRequest, Message, Model, Sampling, Vocabulary
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.asking.prompt import Prompt
from lambda_rlm.eval.asking.shape import ReplyShape
from lambda_rlm.eval.value import Text
from lambda_rlm.limits import CHAT_TOKENS, MESSAGE_TOKENS

GREEDY: Final = Sampling()

_KEPT: Final = 256
"""Ways of asking that are kept: those of one program are few."""

_CODES: Final = 2
"""Codes of one stretch of data: before and behind it."""

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
    """One logical call: a prompt, the shape of the reply and its tokens. `note` is added at the prompt's end. One that
    `is_extra` asks once more for what an earlier call left out, and is taken from the pool. `items` are those of a prompt that
    asks about each by its number."""

    prompt: Prompt
    shape: ReplyShape
    out: int
    sampling: Sampling = GREEDY
    repairs: int = 0
    note: str = ""
    is_extra: bool = False
    items: Sequence[Text] = ()
    prepared: PreparedRequest | None = None
    """The request for it, once somebody needed to know its size."""

    @property
    def key(self) -> Key:
        """Equal for questions that denote the same answer within a run."""
        return (self.prompt.digest, self.shape.key, self.out, self.sampling, self.repairs, self.note)


REPAIR: Final = "An earlier reply was not valid: "
"""What comes before the error of an earlier reply. Its last piece, for every vocabulary, is the space: nothing else of it merges
with the error."""


def prepare(question: ModelQuery, model: Model, key: bytes, error: str = "", *, is_counted: bool = False) -> PreparedRequest:
    """The request for a question; `error` says what was wrong with an earlier reply. `key` makes the codes of data markers.
    With `is_counted` its tokens are counted by the model's vocabulary, where that is known."""
    notes = [question.note] if question.note else []
    if error:
        notes.append(REPAIR + error)
    shape = question.shape
    messages = question.prompt.messages(key, shape.instruction, "\n\n".join(notes))
    identity = f"('{question.prompt.digest.hex()}', {_manner(shape.key, question.out, question.sampling, *notes)})"
    digest = hashlib.sha256(identity.encode()).hexdigest()
    how = (question.out, question.sampling, shape.schema, shape.choices, digest)
    request = CompletionRequest(messages, *how)
    by = model.profile.vocabulary if is_counted else None
    return PreparedRequest(request, prompt_tokens(model, messages, is_counted), shape.schema_tokens(by))


@lru_cache(_KEPT)
def _manner(shape: str, out: int, sampling: Sampling, *notes: str) -> str:
    """What is asked for of a prompt and how, as it is in a request's identity."""
    return f"{shape!r}, {out!r}, {sampling!r}, {list(notes)!r}"


def prompt_tokens(model: Model, messages: tuple[Message, ...], is_counted: bool = False) -> int:
    """At least the tokens of a prompt. Its bytes where they fit the window beside any reply, and either nobody pays by the
    token, or the vocabulary is known and the run was bounded without it (not `is_counted`): counting costs more than the call.
    Else as the model counts them."""
    profile = model.profile
    if not (is_counted if profile.vocabulary is not None else profile.input_price):
        room = profile.room - profile.max_output - profile.template_tokens
        if sum([len(message.content) for message in messages]) <= room:
            size = sum([len(message.content.encode("utf-8", "surrogatepass")) for message in messages])
            if size <= room:
                return size + profile.template_tokens
    return exact_tokens(model, messages)


def other_codes(vocabulary: Vocabulary, prompt: Prompt, key: bytes) -> int:
    """The tokens that a prompt may have more of with another key: a code is between a space and a bracket, where every known
    vocabulary parts it from the rest, and at worst each of its digits is a token."""
    blocks = sum(part.is_data for part in prompt.parts)
    if not blocks:
        return 0
    code = f" {prompt.code(key)}"
    return _CODES * blocks * (len(code) - vocabulary.exact(code))


def exact_tokens(model: Model, messages: tuple[Message, ...]) -> int:
    """The tokens of a prompt: by its vocabulary where that is known, and the form of a chat; else as the model counts them."""
    vocabulary = model.profile.vocabulary
    if vocabulary is None:
        return model.count_tokens(messages)
    return sum([vocabulary.exact(message.content) for message in messages]) + MESSAGE_TOKENS * len(messages) + CHAT_TOKENS
