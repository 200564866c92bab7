"""Every model of the package passes the suite of the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.local.model import LocalModel
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from lambda_rlm.llm.recorded import RecordedModel, Recording
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.hedge import Hedged
from lambda_rlm.llm.wrappers.limiter import Limited, Limiter
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.testing import ModelContract, ModelUnderTest
from lambda_rlm.testing import request as asked
from tests.support.faulty_server import FaultyServer
from tests.support.sleeping import at_once

RULES = (
    {"match": "capital of (\\w+)", "reply": "The capital of \\1 is a city."},
    {"match": "wait", "reply": "late", "delay": 30},
    {"match": "fail", "failure": "E0508"},
    {"match": "busy", "failure": "E0502", "times": 2},
    {"match": "busy", "reply": "at last it went through"},
)
ANSWERED = (asked("the capital of France?"), asked("the capital of Peru?"))


class TestScripted(ModelContract):
    @pytest.fixture
    def subject(self) -> ModelUnderTest:
        return ModelUnderTest(ScriptedModel.from_rules(RULES), ANSWERED, asked("wait"), asked("fail"))


class TestRecorded(ModelContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> ModelUnderTest:
        path = tmp_path / "recording.jsonl"
        recording = Recording(ScriptedModel.from_rules(RULES), path)

        async def record() -> None:
            for request in (*ANSWERED, asked("fail")):
                recording.count_tokens(request.messages)
                try:
                    await recording.complete(request)
                except ModelFailure:
                    continue

        anyio.run(record)
        return ModelUnderTest(RecordedModel(path), ANSWERED, ANSWERED[1], asked("fail"))


class TestHedged(ModelContract):
    """Each request is sent a second time at once."""

    @pytest.fixture
    def subject(self) -> ModelUnderTest:
        return ModelUnderTest(Hedged(ScriptedModel.from_rules(RULES), 1e-9), ANSWERED, asked("wait"), asked("fail"))


class TestRetrying(ModelContract):
    @pytest.fixture
    def subject(self) -> ModelUnderTest:
        answered = (*ANSWERED, asked("busy"))
        model = RetryingModel(ScriptedModel.from_rules(RULES), RetryPolicy(retries=3), sleep=at_once)
        return ModelUnderTest(model, answered, asked("wait"), asked("fail"))


class TestLimited(ModelContract):
    @pytest.fixture
    def subject(self) -> ModelUnderTest:
        return ModelUnderTest(Limited(ScriptedModel.from_rules(RULES), Limiter(2)), ANSWERED, asked("wait"), asked("fail"))


@pytest.mark.litellm
@pytest.mark.slow  # the first use of litellm takes seconds
class TestProvider(ModelContract):
    """An OpenAI-compatible server; what is asked is chosen by the model's name, so several are put behind one."""

    @pytest.fixture
    def subject(self, server: FaultyServer) -> ModelUnderTest:
        import_module("litellm")  # the first use takes seconds, which nothing can cut short
        model = _ByPrompt(lambda name: LitellmModel(f"openai/{name}", base_url=server.url, timeout=20.0))
        return ModelUnderTest(
            model, (asked("ok two words"), asked("ok three words here")), asked("slow one"), asked("broken one")
        )


class _ByPrompt:
    """Asks the model that the prompt's first word names."""

    def __init__(self, named: Callable[[str], Model]) -> None:
        self._named = cache(named)
        self.profile = named("ok").profile
        self._asked: set[str] = {"ok"}

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return self._named("ok").count_tokens(messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        name = request.messages[0].content.split()[0]
        self._asked.add(name)
        return await self._named(name).complete(request)

    async def aclose(self) -> None:
        for name in self._asked:
            await self._named(name).aclose()


class TestHttp(ModelContract):
    @pytest.fixture
    def subject(self, server: FaultyServer) -> ModelUnderTest:
        model = _ByPrompt(lambda name: HttpModel(name, server.url, timeout=20.0))
        return ModelUnderTest(
            model, (asked("ok two words"), asked("ok three words here")), asked("slow one"), asked("broken one")
        )


@pytest.mark.slow
@pytest.mark.local
class TestLocal(ModelContract):
    @pytest.fixture
    def subject(self, small_weights: Path) -> ModelUnderTest:
        model = LocalModel.named("smollm2-135m", threads=1)
        answered = (asked("Name a color."), replace(asked("Is a cat an animal?"), choices=("yes", "no")))
        slow = asked("Tell me a long story. " * 60, 500)
        return ModelUnderTest(model, answered, slow, asked("word " * 5000), is_repeatable=False)
