"""Prompts in the form of the package `rlms`: a text, messages or data.

Owns how a question and its context are told apart in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_UNASKED: Final = "Do what the context asks for; where it asks for nothing, say what it is about."


def question_in(prompt: Any, root_prompt: str | None) -> tuple[str, Any]:
    """The question in a prompt of `rlms`, and what it is asked about."""
    if not _is_conversation(prompt):
        return root_prompt or _UNASKED, prompt
    messages = list(prompt)
    if root_prompt is None:
        last = max((i for i, message in enumerate(messages) if message["role"] == "user"), default=None)
        root_prompt = _UNASKED if last is None else str(messages.pop(last)["content"])
    return root_prompt, "\n\n".join(f"{message['role']}: {message['content']}" for message in messages) or None


def _is_conversation(prompt: Any) -> bool:
    return (
        isinstance(prompt, Sequence)
        and not isinstance(prompt, str)
        and bool(prompt)
        and all(isinstance(message, Mapping) and {"role", "content"} <= message.keys() for message in prompt)
    )
