"""What the tests of the model rooms share: the ways to a server, a faulty one, and the small local model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_rlm.llm.local import weights
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from tests.support.doors import Door
from tests.support.faulty_server import FaultyServer


@pytest.fixture(scope="session")
def small_weights() -> Path:
    """The weights of SmolLM2, fetched once into the cache of this machine; a test fails when they cannot be had."""
    return weights.fetch("smollm2-135m")


@pytest.fixture(
    params=[
        pytest.param(LitellmModel, id="litellm", marks=[pytest.mark.slow, pytest.mark.litellm]),
        pytest.param(HttpModel, id="http"),
    ]
)
def door(request: pytest.FixtureRequest) -> Door:
    """Each way to a server at a URL."""
    kind: Door = request.param
    return kind


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer() as running:
        yield running
