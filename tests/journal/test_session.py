"""One session of a run, whoever opens it: what is begun is ended, in the right order, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from lambda_rlm.answering.ask import ask
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.events import Event, RunFinished
from lambda_rlm.execution.connections import Connections
from lambda_rlm.execution.execute import NOBODY
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.request import RunRequest
from lambda_rlm.journal.session import Keeping, RunSession
from lambda_rlm.llm.wrappers.limiter import Limiters
from tests.support.asking import FakeModel

QUESTION = Question(query="Who?", inputs=from_values({"context": "Ann keeps bees."}))


class Closing(FakeModel):
    """Notes when it is closed; `trouble` is raised then."""

    def __init__(self, order: list[str], trouble: BaseException | None = None) -> None:
        super().__init__("Ann")
        self.order = order
        self.trouble = trouble

    async def aclose(self) -> None:
        self.order.append("closed")
        if self.trouble is not None:
            raise self.trouble


def session(path: Path | None, order: list[str], listeners: tuple[Callable[[Event], None], ...] = ()) -> RunSession:
    return RunSession(
        request=RunRequest(question=QUESTION, settings={"model": "fake"}),
        setup=Setup(leaf=NOBODY),
        connections=Connections(limiters=Limiters(4)),
        keeping=None if path is None else Keeping(path),
        listeners=listeners,
        on_end=lambda: order.append("ended"),
    )


async def gone_through(one: RunSession) -> Run:
    async with one.opened("fake") as setup:
        run = await ask(QUESTION, setup)
        one.finish(run)
    return run


def state(path: Path) -> str:
    with Journal(path) as journal:
        return journal.run("last").state


@pytest.mark.parametrize("is_kept", [True, False])
def test_models_are_closed_before_the_end_is_written_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    order: list[str] = []
    monkeypatch.setattr("lambda_rlm.execution.connections.connect", lambda _, **__: Closing(order))
    path = tmp_path / "j.sqlite3" if is_kept else None

    def listen(event: Event) -> None:
        if isinstance(event, RunFinished):
            order.append(f"told while {state(path)}" if path is not None else "told")

    one = session(path, order, (listen,))
    run = anyio.run(gone_through, one)
    assert run.answer == "Ann" and run.id == one.run
    assert order == ["closed", "ended", "told while answered" if is_kept else "told"]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), asyncio.CancelledError()])
def test_an_answer_is_kept_however_the_session_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    """Also an interruption that comes while the models are closed."""
    order: list[str] = []
    monkeypatch.setattr("lambda_rlm.execution.connections.connect", lambda _, **__: Closing(order, trouble))

    async def main() -> None:
        with pytest.raises(type(trouble)):
            await gone_through(session(tmp_path / "j.sqlite3", order))

    asyncio.run(main())
    assert state(tmp_path / "j.sqlite3") == "answered" and order == ["closed", "ended"]


@pytest.mark.parametrize(
    ("trouble", "written"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (BaseExceptionGroup("many", [KeyboardInterrupt(), ValueError()]), "interrupted"),
        (asyncio.CancelledError(), "interrupted"),
        (RuntimeError("a bug"), "failed"),
    ],
)
def test_a_session_without_an_answer_is_written_as_it_ended(tmp_path: Path, trouble: BaseException, written: str) -> None:
    order: list[str] = []

    async def main() -> None:
        with pytest.raises(type(trouble)):
            async with session(tmp_path / "j.sqlite3", order).opened(FakeModel("x")):
                raise trouble

    asyncio.run(main())
    assert state(tmp_path / "j.sqlite3") == written and order == ["ended"]
