"""Where requests go, and what says so before anything is sent."""

from __future__ import annotations

import pytest

from lambda_rlm.llm.providers.servers import Recipient, recipient_of, route

REDIRECTED = {
    "openai/m": {"OPENAI_BASE_URL": "https://other.example/v1"},
    "custom_openai/m": {"OPENAI_API_BASE": "https://other.example/v1"},
    "text-completion-openai/m": {"OPENAI_BASE_URL": "https://other.example/v1"},
    "bedrock/m": {"AWS_BEDROCK_RUNTIME_ENDPOINT": "https://other.example"},
    "anthropic/m": {"USE_LITELLM_PROXY": "True", "LITELLM_PROXY_API_BASE": "https://other.example"},
}


@pytest.mark.parametrize("name", REDIRECTED)
def test_what_redirects_requests_is_approved(name: str) -> None:
    environ = REDIRECTED[name]
    assert recipient_of(name, None, environ).host == "other.example"
    assert route(name, None, environ) == environ


@pytest.mark.parametrize("name", ["local", "local/qwen2.5-coder-0.5b", "sim:0.9", "scripted:a.json", "recorded:a.jsonl"])
def test_a_model_in_this_process_sends_nothing(name: str) -> None:
    assert recipient_of(name, None, {}) == Recipient()
    assert route(name, None, {"HTTPS_PROXY": "http://p", "OPENAI_BASE_URL": "http://o"}) == {}
