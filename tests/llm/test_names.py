"""A name leads to its model, and a wrong one to a message that helps."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import available_models, connect, default_model
from lambda_rlm.llm.profiles import DEFAULT_WINDOW, provider_profile
from lambda_rlm.llm.recorded import RecordedModel, Recording
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.tokens import count, utf8_bound, vocabulary
from lambda_rlm.llm.wrappers.retry import RetryingModel
from lambda_rlm.testing import request as asked


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "s.jsonl"
    path.write_text('{"match": "", "reply": "ok"}\n')
    return path


def test_scripts_and_recordings_are_models(script: Path, tmp_path: Path) -> None:
    model = connect(f"scripted:{script}", record=tmp_path / "r.jsonl")
    assert isinstance(model, Recording)
    assert anyio.run(model.complete, asked("x")).text == "ok"
    replay = connect(f"recorded:{tmp_path / 'r.jsonl'}")
    assert isinstance(replay, RecordedModel)
    assert anyio.run(replay.complete, asked("x")).text == "ok"
    assert isinstance(connect(f"scripted:{script}"), ScriptedModel)


def test_providers_are_asked_through_retries() -> None:
    assert isinstance(connect("openai/gpt-5-mini"), RetryingModel)
    assert connect("some-model", base_url="http://127.0.0.1:9/v1").profile.name == "openai/some-model"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("qwen2.5-coder-0.5", "E0507", "did you mean local/qwen2.5-coder-0.5b?"),
        ("zzz", "E0507", "lambda-rlm models"),
        ("local/zzz", "E0507", "choose one of qwen2.5-coder-0.5b"),
        ("local:/nowhere.gguf", "E0530", "/nowhere.gguf"),
        ("scripted:/nowhere", "E0522", "/nowhere"),
        ("recorded:/nowhere", "E0522", "/nowhere"),
    ],
)
def test_a_name_that_cannot_work_is_told_at_once(name: str, code: str, said: str) -> None:
    with pytest.raises(ModelFailure) as raised:
        connect(name)
    assert (raised.value.code, raised.value.is_fatal) == (code, True)
    assert said in raised.value.message


def test_with_nothing_named_and_no_key_the_local_model_is_asked() -> None:
    assert default_model({}) == "local/qwen2.5-coder-0.5b"
    assert default_model({"LAMBDA_RLM_GGUF": "/m.gguf"}) == "local:/m.gguf"
    assert default_model({"ANTHROPIC_API_KEY": "x"}) == "anthropic/claude-haiku-4-5"
    assert default_model({"LAMBDA_RLM_MODEL": "openai/o3", "ANTHROPIC_API_KEY": "x"}) == "openai/o3"


def test_the_list_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAMBDA_RLM_HOME", str(tmp_path))
    rows = {row.name: row for row in available_models({"OPENAI_API_KEY": "x", "LAMBDA_RLM_GGUF": "/nowhere"})}
    assert rows["local/smollm2-135m"].missing == "lambda-rlm models get smollm2-135m (98 MB)"
    assert rows["local:/nowhere"].missing == "the file"
    assert rows["openai/gpt-5-mini"].missing is None
    assert rows["anthropic/claude-haiku-4-5"].missing == "set ANTHROPIC_API_KEY"
    assert all(row.window > 0 for row in rows.values())


def test_every_default_of_a_provider_is_a_priced_model() -> None:
    for row in available_models({}):
        assert row.input_price is not None, row.name
        assert row.output_price is not None, row.name


def test_an_unknown_price_is_unknown_and_not_nothing() -> None:
    unknown = provider_profile("openai/my-own-model")
    assert (unknown.input_price, unknown.output_price, unknown.window) == (None, None, DEFAULT_WINDOW)
    behind = provider_profile("openai/gpt-5-mini", base_url="http://127.0.0.1:9/v1")
    assert (behind.input_price, behind.is_constrained) == (None, False)
    known = provider_profile("openai/gpt-5-mini", window=1000)
    assert known.input_price == pytest.approx(2.5e-7)
    assert (known.window, known.max_output) == (1000, 1000)
    assert known.reasoning_tokens > 0


@pytest.mark.parametrize("name", ["openai/gpt-5-mini", "gpt-4", "anthropic/claude-haiku-4-5", "ollama/llama3"])
@pytest.mark.parametrize("text", ["", "hello world", "世界 " * 50, "a" * 30_000, "\ud800 lone", "x y " * 9_000])
def test_token_counts_work_offline_and_never_exceed_the_bytes(name: str, text: str) -> None:
    messages = asked(text).messages
    profile = provider_profile(name)
    tokens = count(messages, profile, vocabulary(name))
    assert 0 < tokens <= utf8_bound(messages, profile)


def test_a_known_vocabulary_is_counted_exactly() -> None:
    messages = asked("hello world").messages
    assert count(messages, provider_profile("gpt-4o"), "o200k_base") == 2 + 4 + 3
    assert vocabulary("openai/gpt-5-mini") == "o200k_base"
    assert vocabulary("azure/gpt-4") == "cl100k_base"
    assert vocabulary("anthropic/claude-haiku-4-5") is None
