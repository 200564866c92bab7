"""Vendors' replies by a server of ours, asked by a model's own name."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.llm.wrappers.retry import RetryPolicy
from tests.support.raw_server import RawServer, raw_server, said

ONCE = RetryPolicy(retries=0)
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 3}},
    "required": ["n"],
}


def whole(payload: Any, status: str = "200 OK", *lines: str) -> bytes:
    """An answer with a JSON body."""
    return said(json.dumps(payload).encode(), "Content-Type: application/json", *lines, status=status)


def exchanged(
    monkeypatch: pytest.MonkeyPatch, vendor: str, payload: Any, request: CompletionRequest, name: str, **options: Any
) -> tuple[Completion, RawServer]:
    """The completion of a model of a vendor, whose server replies so, and that server."""

    async def ask() -> tuple[Completion, RawServer]:
        async with raw_server(payload if isinstance(payload, bytes) else whole(payload)) as server:
            monkeypatch.setenv(f"{vendor}_BASE_URL", server.url)
            monkeypatch.setenv(f"{vendor}_API_KEY", "sk-secret-1234567")
            model = connect(name, policy=ONCE, described={name: ModelOptions(**options)})
            try:
                return await model.complete(request), server
            finally:
                await model.aclose()

    return anyio.run(ask)
