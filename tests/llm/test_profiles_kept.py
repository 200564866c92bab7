"""A profile that is written down names its vocabulary, and is read with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.execution.what_runs import WhatRuns, profile_term
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.recorded import RecordedModel, Recording
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.llm.wrappers.absent import plain_profile, profile_of
from lambda_rlm.testing import request as asked

O200K = vocabulary_named("o200k_base")


def test_a_kept_profile_has_its_vocabulary_again() -> None:
    profile = ModelProfile("m", 1000, 100, vocabulary=O200K)
    kept = json.loads(json.dumps(plain_profile(profile)))
    assert kept["vocabulary"] == "o200k_base"
    assert profile_of(kept).vocabulary is O200K
    assert profile_of({**kept, "vocabulary": None}).vocabulary is None
    assert profile_of({**kept, "vocabulary": "of_a_later_version"}).vocabulary is None
    assert profile_of({"name": "m", "window": 1, "max_output": 1}).vocabulary is None


def test_the_terms_of_a_run_name_the_vocabulary() -> None:
    """They are hashed as JSON: a model that is counted otherwise is another term."""
    terms = [profile_term("model", replace(ModelProfile("m", 1000, 100), vocabulary=known)) for known in (O200K, None)]
    hashes = {WhatRuns((term,)).hash for term in terms}
    assert len(hashes) == 2
    assert terms[0].value["vocabulary"] == "o200k_base"


def test_a_recording_names_the_vocabulary(tmp_path: Path) -> None:
    model = Recording(
        ScriptedModel.from_rules([("", "ok")], ModelProfile("m", 1000, 100, vocabulary=O200K)), tmp_path / "r.jsonl"
    )
    anyio.run(model.complete, asked("x"))
    replayed = RecordedModel(tmp_path / "r.jsonl")
    assert replayed.profile.vocabulary is O200K
    assert replayed.profile == model.profile


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("openai/gpt-5-mini", "o200k_base"),
        ("gpt-4o-2024-08-06", "o200k_base"),
        ("azure/gpt-4-turbo", "cl100k_base"),
        ("openai/o3", "o200k_base"),
        ("openrouter/openai/gpt-4.1", "o200k_base"),
        ("openai/gpt-3.5-turbo", "cl100k_base"),
        ("openai/ft:gpt-4o-mini:acme::x", "o200k_base"),
        ("openai/gpt-4all", None),
        ("openai/o3dmodel", None),
        ("openai/text-davinci-003", None),
        ("ollama/gpt-oss:20b", None),
        ("openrouter/openai/gpt-oss-20b", None),
        ("together_ai/acme/gpt-4-tuned", None),
        ("anthropic/claude-haiku-4-5", None),
    ],
)
def test_only_models_of_openai_have_a_vocabulary(name: str, vocabulary: str | None) -> None:
    """A name alone proves nothing of a model that someone else made or serves."""
    found = provider_profile(name).vocabulary
    assert (None if found is None else found.name) == vocabulary
    assert provider_profile(name, base_url="http://127.0.0.1:9/v1").vocabulary is None


def test_a_server_that_the_environment_names_has_no_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may run any model under a name of OpenAI's, as one behind a base URL may."""
    for url, known in (
        ("http://127.0.0.1:9/v1", None),
        ("https://api.openai.com.evil.test/v1", None),
        ("https://api.openai.com/v1", O200K),
    ):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        assert connect("openai/gpt-5-mini").profile.vocabulary is known
    monkeypatch.setenv("AZURE_API_BASE", "https://acme.openai.azure.com")
    assert connect("azure/gpt-4o").profile.vocabulary is O200K
    monkeypatch.setenv("USE_LITELLM_PROXY", "true")
    monkeypatch.setenv("LITELLM_PROXY_API_BASE", "http://proxy.acme.test")
    assert connect("azure/gpt-4o").profile.vocabulary is None


def test_the_simulated_model_has_the_vocabulary_it_counts_by() -> None:
    assert connect("sim:").profile.vocabulary is O200K


def test_a_script_may_name_a_vocabulary(tmp_path: Path) -> None:
    """It counts prompts and replies, and cuts what is too long."""
    path = tmp_path / "s.jsonl"
    path.write_text(
        '{"profile": {"vocabulary": "o200k_base", "max_output": 3}}\n{"match": "", "reply": "one two three four"}\n'
    )
    model = ScriptedModel.from_file(path)
    assert model.profile.vocabulary is O200K
    reply = anyio.run(model.complete, asked("hello world"))
    assert (reply.text, reply.usage.output_tokens, reply.usage.input_tokens) == ("one two three", 3, 2 + 4)


def test_a_script_with_a_wrong_vocabulary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    for wrong in ('"p50k"', "7", "[]"):
        path.write_text('{"profile": {"vocabulary": ' + wrong + "}}\n")
        with pytest.raises(ModelFailure, match="invalid rule on line 1"):
            ScriptedModel.from_file(path)
