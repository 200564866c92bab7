"""What a written program needs is loaded while its author writes it, and not where nothing comes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from threading import enumerate as threads

import pytest

from lambda_rlm.answering.rounds import ahead
from lambda_rlm.answering.rounds.ahead import loading
from tests.support.places import ROOT

ASKED = """
import sys
from threading import enumerate as threads
from lambda_rlm import RLM
from lambda_rlm.completion import Completion, ModelProfile, Usage

class Model:
    profile = ModelProfile("m", window=100_000, max_output=4_096)
    loaded = []

    def count_tokens(self, messages):
        return sum(len(message.content) for message in messages)

    async def complete(self, request):
        if not self.loaded:
            for one in threads():
                if one.name == "loading":
                    one.join()
        self.loaded.append(set(sys.modules))
        return Completion('```\\nchunk(context, 9000) |> map(fn(c) => llm_call(f"Who? {c}", out=9)) |> join("")\\n```', Usage(1, 1))

    async def aclose(self):
        pass

rlm = RLM(Model(), strategy="synth")
rlm.ask("Who?", context="Anna met Bob. " * 2_000)
first, second = Model.loaded[:2]
print("asker" in " ".join(first), *sorted(name for name in second - first if name.startswith("lambda_rlm")))
"""


@pytest.fixture
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_LOADED", Event())


def is_loading() -> bool:
    return any(thread.name == "loading" for thread in threads())


def test_nothing_is_left_to_load_when_a_program_is_written(tmp_path: Path) -> None:
    """But the first question to the leaves: a module that is imported between the two belongs in the list."""
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "LAMBDA_RLM_HOME": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "True\n"


@pytest.mark.usefixtures("nothing_loaded")
def test_nothing_is_loaded_where_a_request_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def noted() -> Iterator[None]:
        asked.append(1)
        yield

    monkeypatch.setattr(ahead, "_what_comes_next", noted)
    with pytest.raises(ConnectionError), loading(wait=60):
        assert is_loading()
        raise ConnectionError
    assert not is_loading()
    with loading(wait=60):
        pass
    assert not is_loading() and not asked


@pytest.mark.usefixtures("nothing_loaded")
def test_loading_ends_when_the_reply_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Event()

    def endless() -> Iterator[None]:
        while True:
            begun.set()
            yield

    monkeypatch.setattr(ahead, "_what_comes_next", endless)
    with loading(wait=0):
        begun.wait()
    assert not is_loading() and not ahead._LOADED.is_set()


@pytest.mark.usefixtures("nothing_loaded")
def test_one_thread_loads_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times = []

    def counted() -> Iterator[None]:
        times.append(1)
        yield

    monkeypatch.setattr(ahead, "_what_comes_next", counted)
    with loading(wait=0):
        with loading(wait=0):
            assert sum(thread.name == "loading" for thread in threads()) <= 1
        ahead._LOADED.wait()
    with loading(wait=0):
        assert not is_loading()
    assert times == [1]


@pytest.mark.usefixtures("nothing_loaded")
def test_what_cannot_be_loaded_is_missed_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[None]:
        yield
        raise ImportError("no such module")

    monkeypatch.setattr(ahead, "_what_comes_next", broken)
    with loading(wait=0):
        for thread in threads():
            if thread.name == "loading":
                thread.join()
    assert not ahead._LOADED.is_set()


@pytest.mark.usefixtures("nothing_loaded")
def test_a_question_goes_on_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", none)
    with loading(wait=0):
        assert not is_loading()
    with loading(wait=0):
        assert not ahead._ONE.acquire(blocking=False)
    assert not ahead._ONE.locked()
