"""Settings of the whole suite: Hypothesis profiles, the environment that makes every run the same, and the fixtures of several rooms."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from lambda_rlm.llm.providers.contact.keys import has_litellm
from tests.support.examples import PROFILE, examples
from tests.support.extras import WITHOUT_LITELLM, WITHOUT_LOCAL, absent
from tests.support.seconds import IS_MEASURING, Measuring, function_of, recorded
from tests.support.shell import Shell, leave_alone

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("NO_COLOR", "1")

if threading.current_thread() is threading.main_thread():  # a process started in the background ignores Ctrl-C, which is tested
    signal.signal(signal.SIGINT, signal.default_int_handler)

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

for _name in ("check", "ci"):
    settings.register_profile(
        _name, max_examples=examples(60), deadline=None, derandomize=True, database=None, suppress_health_check=_SLOW
    )
settings.register_profile("deep", max_examples=5_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(PROFILE)


def pytest_configure(config: pytest.Config) -> None:
    if IS_MEASURING:
        config.pluginmanager.register(Measuring())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of real clients are integration tests. Long tests are slow tests, and begin first, so that no worker is alone with one at
    the end."""
    taken = recorded()
    for item in items:
        if item.get_closest_marker("local") or item.get_closest_marker("litellm"):
            item.add_marker("integration")
        if function_of(item) in taken:
            item.add_marker("slow")
    items.sort(key=lambda item: -taken.get(function_of(item), 0.0) if taken.get(function_of(item), 0.0) >= 2 else 0.0)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the cycle collector, a tenth of the suite's time, need not look at it again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test of the model in the process needs its engine, and a test that goes through litellm needs litellm. Where one is missing
    the test is skipped, but fails in `.ci/run`."""
    if item.get_closest_marker("local") and find_spec("xllamacpp") is None:
        absent(WITHOUT_LOCAL)
    if item.get_closest_marker("litellm") and not has_litellm():
        absent(WITHOUT_LITELLM)


@pytest.fixture(autouse=True)
def heeds_ctrl_c() -> Iterator[None]:
    """A command that has told its end ignores Ctrl-C from then on; the tests do not."""
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def nothing_is_known_of_servers() -> None:
    """What a process has learned of a server stays: another test's server may have its port."""
    if (module := sys.modules.get("lambda_rlm.llm.providers.constraints")) is not None:
        module.known_of.cache_clear()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one, without settings and keys."""
    leave_alone(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def shell(alone: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Commands run in the process, in an empty folder."""
    return Shell(capsys)
