"""Likely figures of a model whose vocabulary nobody knows are measured by its own counts; bounds never are."""

from __future__ import annotations

import asyncio
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import Budget, Completion, CompletionRequest
from lambda_rlm.completion import Message, Model, ModelProfile, Usage
from lambda_rlm.execution.check import check
from lambda_rlm.execution.prospect import Prospect, foresee
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.failures import SERVER_FAILED, failure
from lambda_rlm.llm.tokens import likely_bytes_per_token, likely_counted_by
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.llm.vocabulary.token_rates import FILE, MOST_BYTES, MOST_MODELS, TokenRate, keep, measured
from lambda_rlm.llm.wrappers.measured import LEAST_BYTES, Measured
from tests.support.faulty_server import FaultyServer

PROFILE = ModelProfile("hosted/mystery", window=100_000, max_output=1_000, input_price=1e-6, output_price=2e-6)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAMBDA_RLM_HOME", str(tmp_path))
    return tmp_path


class Counting:
    """Counts a token for so many bytes of a prompt, or as the test says."""

    profile = PROFILE

    def __init__(self, bytes_per_token: float = 2.5, usage: Usage | None = None) -> None:
        self.bytes_per_token, self.usage = bytes_per_token, usage

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 1

    async def complete(self, request: CompletionRequest) -> Completion:
        sent = sum(len(message.content.encode()) for message in request.messages)
        return Completion("x", self.usage or Usage(round(sent / self.bytes_per_token), 1))

    async def aclose(self) -> None: ...


def asked(model: Model, *prompts: str) -> None:
    async def ask() -> None:
        for prompt in prompts:
            await model.complete(CompletionRequest((Message("user", prompt),), 10))
        await model.aclose()

    asyncio.run(ask())


def foreseen(profile: ModelProfile) -> Prospect:
    typed = check('llm_call(f"Sum up: {context}")', {"context": ""}).typed
    assert typed is not None
    return foresee(typed, {"context": "plain words " * 1_000, "query": ""}, profile, Budget(calls=5))


def test_what_a_model_counts_is_known_when_it_is_opened_again(home: Path) -> None:
    first = Measured(Counting(2.5), "m http://here")
    assert first.profile is PROFILE
    asked(first, "word " * 400)
    assert first.profile.bytes_per_token is None, "it does not change while a model is open"
    again = Measured(Counting(), "m http://here").profile
    assert again.bytes_per_token == pytest.approx(2.5)
    assert again == PROFILE
    assert Measured(Counting(), "m http://elsewhere").profile.bytes_per_token is None
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    kept = (home / FILE).read_text()
    assert "here" not in kept and "word" not in kept


def test_likely_figures_are_measured_and_bounds_are_not() -> None:
    before, after = foreseen(PROFILE), foreseen(replace(PROFILE, bytes_per_token=2.0))
    assert (before.likely_counted_by, after.likely_counted_by) == ("estimated", "measured")
    assert before.likely is not None and after.likely is not None
    assert after.likely.input_tokens == pytest.approx(12_000 / 2, rel=0.1)
    assert before.likely.input_tokens is not None and after.likely.input_tokens is not None
    assert after.likely.input_tokens > 1.5 * before.likely.input_tokens
    assert after.bound == before.bound and after.bound.counted_by == "bytes"
    assert after.hash == before.hash
    assert after.bounded.diagnostics == before.bounded.diagnostics


def test_a_known_vocabulary_counts_before_what_was_measured() -> None:
    by_name = replace(PROFILE, name="openai/gpt-5-mini", bytes_per_token=9.0)
    said = replace(PROFILE, vocabulary=vocabulary_named("cl100k_base"), bytes_per_token=9.0)
    assert (likely_counted_by(by_name), likely_counted_by(said)) == ("o200k_base", "cl100k_base")
    assert likely_bytes_per_token(by_name, "word " * 100) < 6 > likely_bytes_per_token(said, "word " * 100)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(0, 1),
        Usage(400, 1, is_estimated=True),
        Usage(400, 1, attempts=0, cost=0.0),
        Usage(800, 2, attempts=2),
        Usage(100_000, 1),
        Usage(1, 1),
    ],
)
def test_counts_that_say_nothing_are_not_kept(home: Path, usage: Usage) -> None:
    """A reply that was kept, one that nobody counted, a sum of several, and what no vocabulary can be."""
    asked(Measured(Counting(usage=usage), "m"), "word " * 400)
    assert measured("m") is None


def test_short_prompts_and_few_tokens_say_nothing() -> None:
    asked(Measured(Counting(), "m"), *["x" * (LEAST_BYTES - 1)] * 50)
    assert measured("m") is None
    keep("m", TokenRate(500, 199))
    assert measured("m") is None
    keep("m", TokenRate(500, 200))
    assert measured("m") == 2.5


def test_a_model_that_changes_is_followed() -> None:
    for _ in range(20):
        keep("m", TokenRate(400_000, 100_000))
    for _ in range(40):
        keep("m", TokenRate(200_000, 100_000))
    assert measured("m") == pytest.approx(2.0, rel=0.05)


def test_the_file_stays_small_and_keeps_what_was_used_last(home: Path) -> None:
    for number in range(MOST_MODELS):
        keep(f"model {number}", TokenRate(4_000.123456789, 1_234.567891))
    keep("model 0", TokenRate(4_000, 1_000))
    keep("one more", TokenRate(4_000, 1_000))
    assert len(json.loads((home / FILE).read_text())) == MOST_MODELS
    assert measured("model 1") is None and measured("model 0") is not None and measured("one more") is not None
    assert (home / FILE).stat().st_size < MOST_BYTES


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"a": 3}',
        b'{"a": [1, 2, 3]}',
        b'{"a": ["x", null]}',
        b"\xff\xfe",
        b"[" * 60_000,
        b"{" + b" " * 70_000,
    ],
)
def test_a_damaged_file_is_no_error_and_is_replaced(home: Path, data: bytes) -> None:
    (home / FILE).write_bytes(data)
    (home / FILE).chmod(0o600)
    assert measured("m") is None
    keep("m", TokenRate(4_000, 1_000))
    if data.startswith(b"{") or not data:
        assert measured("m") == 4.0


@pytest.mark.parametrize("rate", ["NaN", "Infinity", "-5", "0", "1e999"])
def test_numbers_that_are_none_are_unknown(home: Path, rate: str) -> None:
    keep("m", TokenRate(4_000, 1_000))
    [key] = json.loads((home / FILE).read_text())
    (home / FILE).write_text(f'{{"{key}": [{rate}, 1000]}}')
    (home / FILE).chmod(0o600)
    assert measured("m") is None


def test_a_link_is_neither_read_nor_written(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "precious"
    elsewhere.write_text('{"precious": 1}')
    (home / FILE).symlink_to(elsewhere)
    keep("m", TokenRate(4_000, 1_000))
    assert measured("m") is None and elsewhere.read_text() == '{"precious": 1}'


def test_no_home_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("LAMBDA_RLM_HOME")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    keep("m", TokenRate(4_000, 1_000))
    assert measured("m") is None


@pytest.mark.parametrize("wrong", [0, -1.0, True, "3", float("nan"), float("inf")])
def test_a_profile_with_an_impossible_rate_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="bytes_per_token"):
        replace(PROFILE, bytes_per_token=wrong)


def test_a_server_is_measured_through_the_whole_way(home: Path) -> None:
    """The faulty server counts words, five bytes each; a model that is known by its name is not measured."""
    with FaultyServer() as server:
        for name in ("openai/ok", "openai/gpt-5-mini"):
            asked(connect(name, base_url=server.url, api_key="k"), "four " * 500)
        reopened = connect("openai/ok", base_url=server.url, api_key="k").profile
        known = connect("openai/gpt-5-mini", base_url=server.url, api_key="k").profile
    assert reopened.bytes_per_token == pytest.approx(5.0) and reopened.vocabulary is None
    assert known.bytes_per_token is None
    assert len(json.loads((home / FILE).read_text())) == 1


def test_a_failure_is_not_measured() -> None:
    class Failing(Counting):
        async def complete(self, request: CompletionRequest) -> Completion:
            raise failure(SERVER_FAILED, "it failed")

    model = Measured(Failing(), "m")
    with pytest.raises(Exception, match="it failed"):
        asked(model, "word " * 400)
    asyncio.run(model.aclose())
    assert measured("m") is None
