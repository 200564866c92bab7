"""What the pieces of a stream add up to is the reply that would have come at once."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_rlm.llm.providers.forms.gathered import GatheredChat, GatheredMessage


def chunk(delta: Any = None, finish: str | None = None) -> dict[str, Any]:
    return {"id": "c1", "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}]}


def test_content_in_parts_is_put_together() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    events = [
        chunk({"content": [thought]}),
        chunk({"content": [{"type": "text", "text": "Y"}]}),
        chunk({"content": "es"}, "stop"),
    ]
    gathered = GatheredChat()
    assert [gathered.take(event) for event in events] == ["", "Y", "es"]
    message = gathered.reply()["choices"][0]["message"]
    assert message["content"] == [thought, {"type": "text", "text": "Y"}, {"type": "text", "text": "es"}]


def test_a_call_of_a_tool_is_put_together() -> None:
    gathered = GatheredChat()
    for name, piece in (("write", "le"), (None, "t a")):
        custom = {"input": piece, **({"name": name} if name else {})}
        gathered.take(chunk({"tool_calls": [{"index": 0, "type": "custom", "custom": custom}]}))
    calls = gathered.reply()["choices"][0]["message"]["tool_calls"]
    assert calls[0]["custom"] == {"name": "write", "input": "let a"}


def test_a_message_in_place_of_a_delta_is_taken() -> None:
    gathered = GatheredChat()
    event = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "all"}, "finish_reason": "stop"}]}
    assert gathered.take(event) == "all"
    assert (gathered.is_whole, gathered.reply()["choices"][0]["message"]["content"]) == (True, "all")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "content_block_delta", "index": 4, "delta": {"type": "text_delta", "text": "x"}},
        {"type": "content_block_start", "index": 0, "content_block": 3},
        {"type": "message_start"},
        {"type": "message_delta", "delta": None},
    ],
)
def test_what_is_no_event_of_a_message_is_told_as_such(event: Any) -> None:
    with pytest.raises((KeyError, TypeError, AttributeError)):
        GatheredMessage().take(event)
