"""Settings of the whole suite: Hypothesis profiles, and the environment that makes every run the same."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("NO_COLOR", "1")

if threading.current_thread() is threading.main_thread():  # a process started in the background ignores Ctrl-C, which is tested
    signal.signal(signal.SIGINT, signal.default_int_handler)

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=_SLOW)
settings.register_profile("deep", max_examples=5_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def heeds_ctrl_c() -> Iterator[None]:
    """A command that has told its end ignores Ctrl-C from then on; the tests do not."""
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
