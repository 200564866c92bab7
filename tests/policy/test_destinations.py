"""Where requests go, as a policy sees it: every variable that may lead them, patterns, and wrapped model objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm import RLM, ScriptedModel
from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.servers import recipients_of
from lambda_rlm.llm.wrappers.cache import Cached, ReplyStore
from lambda_rlm.llm.wrappers.retry import RetryingModel
from lambda_rlm.policy.gates import allow_model
from lambda_rlm.policy.rules import PolicyViolation
from tests.support.faulty_server import FaultyServer

_ALLOWED, _OTHER = "https://llm.example/v1", "https://stranger.example/v1"


def hold(alone: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    path = alone / "policy.toml"
    path.write_text(text + "\n", encoding="utf-8")
    monkeypatch.setenv("LAMBDA_RLM_POLICY", str(path))


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("mistral/mistral-small-latest", "MISTRAL_AZURE_API_BASE"), ("watsonx/ibm/granite", "WATSONX_URL"),
        ("vertex_ai/gemini-2.5-flash", "VERTEXAI_API_BASE"), ("fireworks_ai/llama", "FIREWORKS_API_BASE"),
        ("huggingface/any/model", "HF_API_BASE"), ("lambda_ai/llama", "LAMBDA_API_BASE"), ("friendliai/llama", "FRIENDLI_API_BASE"),
        ("volcengine/model", "ARK_API_BASE"), ("datarobot/model", "DATAROBOT_ENDPOINT"), ("meta_llama/llama", "LLAMA_API_BASE"),
        ("featherless_ai/llama", "FEATHERLESS_API_BASE"), ("gradient_ai/llama", "GRADIENT_AI_AGENT_ENDPOINT"),
    ],
)  # fmt: skip
def test_a_variable_by_another_name_leads_elsewhere(model: str, variable: str) -> None:
    assert [where.host for where in recipients_of(model, None, {variable: _OTHER})] == ["stranger.example"]


def test_of_two_variables_each_must_be_allowed(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(alone, monkeypatch, "servers = ['llm.example']")
    monkeypatch.setenv("OPENAI_API_BASE", _ALLOWED)
    connect("openai/gpt-5-mini")
    monkeypatch.setenv("OPENAI_BASE_URL", _OTHER)
    with pytest.raises(PolicyViolation, match="rule servers"):
        connect("openai/gpt-5-mini")


def test_only_a_star_stands_for_other_characters(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(alone, monkeypatch, "servers = ['[::1]:8000', 'llm?.example', '*.eu.example']\nmodels = ['ok', 'openai/gpt-[45]']")
    for host in ("[::1]:8000", "a.eu.example"):
        allow_model("ok", host, "openai")
    for host in ("1:8000", ":8000", "llm1.example", "eu.example"):
        with pytest.raises(PolicyViolation, match="rule servers"):
            allow_model("ok", host, "openai")
    with pytest.raises(PolicyViolation, match="rule models"):
        allow_model("openai/gpt-4", "[::1]:8000", "openai")


class Named:
    """A model of a host, under the name of one in this process."""

    def __init__(self, name: str) -> None:
        self.profile = ModelProfile(name=name, window=8_192, max_output=1_024)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        raise AssertionError("asked")

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize("name", ["sim:x", "local/x", "scripted:x"])
def test_a_wrapper_and_a_name_hide_no_server(alone: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    hold(alone, monkeypatch, "offline = true")
    own = Named(name)
    wrapped: tuple[Model, ...] = (own, RetryingModel(own), Cached(RetryingModel(own), ReplyStore(alone / "cache.sqlite3")))
    for model in wrapped:
        with pytest.raises(PolicyViolation, match="rule offline"):
            RLM(model).ask("Who?", context="Bees.")
    script = ScriptedModel.from_rules([("", "Bees.")])
    assert RLM(RetryingModel(script), strategy="direct").ask("Who?", context="Bees.").ok


def test_a_client_of_a_server_is_not_in_this_process(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyServer() as server:
        client = connect("local/ok", base_url=server.url)
        hold(alone, monkeypatch, "offline = true")
        with pytest.raises(PolicyViolation, match="rule offline"):
            RLM(client).ask("Who?", context="Bees.")
        assert server.requests == []
