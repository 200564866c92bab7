"""Whatever a server refuses, one thing after another, no more requests come than the bound has told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from lambda_rlm import RLM, Fault, Run
from lambda_rlm.events import RunFinished
from tests.support.refusing_server import RefusingServer

pytestmark = pytest.mark.usefixtures("alone")

TEXT = 'llm_call("Who?", out=20)'
TYPED = 'llm_call[{name: Text}]("Who?", out=20)'


def has(*names: str) -> list[Callable[[dict[str, Any]], str]]:
    """A server that refuses these, one at a time."""

    def refuses(name: str) -> Callable[[dict[str, Any]], str]:
        return lambda body: f"Unsupported parameter: '{name}' is not supported with this model." if name in body else ""

    return [refuses(name) for name in names]


@pytest.mark.parametrize(
    ("source", "refused"),
    [
        (TEXT, has("max_tokens", "temperature")),
        (TYPED, has("response_format", "temperature", "max_tokens")),
        (TYPED, has("temperature", "response_format", "max_tokens")),
        (TYPED, has("temperature", "max_tokens", "response_format")),
    ],
)
def test_requests_stay_within_the_bound(source: str, refused: list[Any]) -> None:
    text = "Bob" if source is TEXT else '{"name": "Bob"}'
    with RefusingServer(refused, text) as server:
        rlm = RLM("openai/m", base_url=server.url)
        done = rlm.run(source)
        assert done.ok and len(server.requests) == len(refused) + 1 == done.usage.attempts
        assert done.bound is not None and done.bound.attempts is not None
        assert len(server.requests) <= done.bound.attempts, "all of it is told before"
        server.requests.clear()
        assert rlm.run(source).ok and len(server.requests) == 1, "what was refused is not sent again"


@pytest.mark.parametrize(
    "names", [["stream"], ["stream", "temperature", "max_tokens"], ["temperature", "max_tokens", "stream"]]
)
def test_a_refused_stream_is_within_the_bound_too(names: list[str]) -> None:
    async def asked(rlm: RLM) -> Run:
        events = [event async for event in rlm.stream("Who?", context="Bob rang.", strategy="direct")]
        assert isinstance(events[-1], RunFinished)
        found: Run = events[-1].run
        return found

    with RefusingServer(has(*names), "Bob") as server:
        done = asyncio.run(asked(RLM("openai/m", base_url=server.url)))
        assert done.answer == "Bob" and len(server.requests) == len(names) + 1 == done.usage.attempts
        assert done.bound is not None and done.bound.attempts is not None
        assert len(server.requests) <= done.bound.attempts


@pytest.mark.parametrize(
    "told", ["Unsupported parameter: 'temperature'", "max_tokens is not supported", "", "json_schema is not supported"]
)
@pytest.mark.parametrize("source", [TEXT, TYPED])
def test_a_server_that_refuses_everything_is_not_asked_for_ever(source: str, told: str) -> None:
    """Whether or not what it names was sent."""
    with RefusingServer([lambda body: told or "bad request"], "") as server:
        with pytest.raises(Fault) as raised:
            RLM("openai/m", base_url=server.url).run(source)
        assert raised.value.code == "E0508"
        assert 1 <= len(server.requests) <= 3
