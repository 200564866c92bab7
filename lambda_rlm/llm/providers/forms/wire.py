"""The form that a server speaks, as the lean door is given it: one small object for each.

Owns `Wire`, what the door needs to know of a form: path and headers, how fields that are named as in chat completions are
written, how a reply becomes a chat completion again, and how a streamed one is gathered. `Chat` is the form of chat
completions itself, `OpenAi` and `Gemini` are the two vendors that speak it, each with what it takes. Promises that a form
adds no field that costs more than the door has set aside. Gemini is asked in this form and not in its own: it takes schemas,
efforts and streams there, so one way of reading serves both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from lambda_rlm.completion import Completion, Message, ModelProfile
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.providers.exchange import Answer
from lambda_rlm.llm.providers.forms.gathered import Gathered, GatheredChat
from lambda_rlm.llm.providers.forms.openai_form import Unwrap, completion_in
from lambda_rlm.llm.providers.thinking import asked_thought

_PAYERS: Final = {
    "OpenAI-Organization": ("OPENAI_ORGANIZATION", "OPENAI_ORG_ID"),
    "OpenAI-Project": ("OPENAI_PROJECT", "OPENAI_PROJECT_ID"),
}
_SENDABLE: Final = late_pattern(r"[\x21-\x7e]{1,200}")


class Wire(Protocol):
    """A form of requests and replies. `path` follows the base URL."""

    @property
    def path(self) -> str: ...

    def headers(self, key: str) -> dict[str, str]:
        """The headers that carry the key, and what else every request needs."""
        ...

    def messages(self, messages: Sequence[Message]) -> tuple[Sequence[Message], dict[str, Any]]:
        """The turns of a conversation, and fields for what is no turn in this form."""
        ...

    def thought(self, model: str, tokens: int, *, is_asked: bool) -> dict[str, Any] | None:
        """The fields that ask for N tokens of thought; None: the door knows better. `is_asked`: the user has set a number."""
        ...

    def fields(self, model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Fields that are named as in chat completions, as this form has them; what it lacks is left out."""
        ...

    def stream_fields(self) -> dict[str, Any]:
        """The fields that ask for a stream, with its counts."""
        ...

    def gathered(self) -> Gathered:
        """What puts a streamed reply together."""
        ...

    def completion(self, reply: Answer, limit: int, name: str, profile: ModelProfile, unwrap: Unwrap, key: str) -> Completion:
        """The completion in a reply that was allowed at most `limit` tokens, thought included; raises `ModelFailure`."""
        ...


class Chat:
    """Chat completions, as most servers speak them."""

    path = "/chat/completions"

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def messages(self, messages: Sequence[Message]) -> tuple[Sequence[Message], dict[str, Any]]:
        return messages, {}

    def thought(self, model: str, tokens: int, *, is_asked: bool) -> dict[str, Any] | None:
        return None

    def fields(self, model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        return dict(fields)

    def stream_fields(self) -> dict[str, Any]:
        return {"stream": True, "stream_options": {"include_usage": True}}

    def gathered(self) -> Gathered:
        return GatheredChat()

    def completion(self, reply: Answer, limit: int, name: str, profile: ModelProfile, unwrap: Unwrap, key: str) -> Completion:
        return completion_in(reply.body, name, profile, unwrap, key, limit=limit, headers=reply.headers)


class OpenAi(Chat):
    """OpenAI's own: who pays, an organization or a project, may be named in variables."""

    def headers(self, key: str) -> dict[str, str]:
        named = {name: next((value for one in ones if (value := os.environ.get(one))), "") for name, ones in _PAYERS.items()}
        return {**super().headers(key), **{name: value for name, value in named.items() if _SENDABLE.fullmatch(value)}}


class Gemini(Chat):
    """Google's Gemini by its endpoint for chat completions (ai.google.dev/gemini-api/docs/openai). It refuses a `seed`; a
    budget of thought has a field of its own."""

    def thought(self, model: str, tokens: int, *, is_asked: bool) -> dict[str, Any] | None:
        fields = asked_thought(f"gemini/{model}", tokens)
        budget = fields.pop("thinking", None)
        if budget is not None:
            fields["extra_body"] = {"google": {"thinking_config": {"thinking_budget": budget["budget_tokens"]}}}
        return fields

    def fields(self, model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if name != "seed"}


CHAT: Final[Wire] = Chat()
