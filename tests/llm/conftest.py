"""What the tests of the model rooms share: a faulty server, and the small local model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_rlm.llm.local import weights
from tests.support.faulty_server import FaultyServer


@pytest.fixture(scope="session")
def small_weights() -> Path:
    """The weights of SmolLM2, fetched once into the cache of this machine; a test fails when they cannot be had."""
    return weights.fetch("smollm2-135m")


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer() as running:
        yield running
