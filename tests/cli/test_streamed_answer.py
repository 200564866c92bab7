"""On a terminal an answer is seen while it is written, and in all once; elsewhere nothing changes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.cli.display.streamed import StreamedAnswer
from lambda_rlm.events import Streaming
from lambda_rlm.llm.scripted import ScriptedModel
from tests.support.shell import ASKING, Shell, leave_alone, script, wrote

PIECES = ("Ann keeps", " bees,\nand", " more.")
ANSWER = "".join(PIECES)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    leave_alone(tmp_path, monkeypatch)
    return Shell(capsys)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were written one by one, before the run was over; a scripted model gives its reply in pieces."""
    pieces: list[str] = []

    def put(text: str) -> None:
        pieces.append(text)
        sys.stdout.write(text)

    monkeypatch.setattr("lambda_rlm.cli.display.screen.put", put)
    plain = ScriptedModel.complete

    async def complete(model: ScriptedModel, request: Any) -> Any:
        if request.on_text is not None:
            for piece in ("", *PIECES):
                request.on_text(piece)
        object.__setattr__(request, "on_text", None)
        return await plain(model, request)

    monkeypatch.setattr(ScriptedModel, "complete", complete)
    return pieces


class Terminal(Shell):
    """Standard output is one, standard error is not."""

    def __call__(self, *arguments: str) -> int:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("sys.stdout.isatty", lambda: True)
            return super().__call__(*arguments)


@pytest.fixture
def terminal(shell: Shell) -> Terminal:
    return Terminal(shell.capsys)


def program() -> tuple[str, str]:
    return wrote("p.lam", ASKING), wrote("c.txt", "Ann keeps bees.")


def model(reply: str = ANSWER, **rule: Any) -> str:
    return script({"match": "", "reply": reply, **rule} if "failure" not in rule else {"match": "", **rule})


def test_an_answer_is_seen_as_it_comes_and_once(terminal: Terminal, written: list[str]) -> None:
    assert terminal("run", *program(), "--model", model(), "--no-evidence") == 0
    assert written == list(PIECES)
    assert terminal.out == f"{ANSWER}\n"
    assert "does not count" not in terminal.err


def test_an_answer_of_a_question_is_seen_as_it_comes(terminal: Terminal, written: list[str]) -> None:
    assert (
        terminal("ask", "Who keeps bees?", wrote("c.txt", "Ann."), "--model", model(), "--strategy", "direct", "--no-evidence")
        == 0
    )
    assert (written, terminal.out) == (list(PIECES), f"{ANSWER}\n")


def test_another_answer_than_was_seen_is_shown_whole(terminal: Terminal, written: list[str]) -> None:
    assert terminal("run", *program(), "--model", model("Bob."), "--no-evidence") == 0
    assert terminal.out == f"{ANSWER}\nBob.\n"
    assert "note: the answer is another one; the text above does not count" in terminal.err


def test_a_fault_after_pieces_is_a_fault(terminal: Terminal, written: list[str]) -> None:
    assert terminal("run", *program(), "--model", model(failure="E0510", message="declined")) == 2
    assert terminal.out == f"{ANSWER}\n"
    assert "the text above does not count" in terminal.err and "E0510" in terminal.err


def test_json_is_one_object_on_a_terminal_too(terminal: Terminal, written: list[str]) -> None:
    assert terminal("run", *program(), "--model", model(), "--json") == 0
    assert (written, terminal.json["answer"]) == ([], ANSWER)


def test_a_file_or_a_program_gets_the_answer_at_the_end(shell: Shell, written: list[str]) -> None:
    assert shell("run", *program(), "--model", model()) == 0
    assert (written, shell.out) == ([], f"{ANSWER}\n")


def test_no_piece_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = StreamedAnswer()
    for text in ("a\x1b", "[2Jb\r", "\nc\r", "d\u202e", "\r"):
        shown(piece(text))
    assert capsys.readouterr().out == "a␛[2Jb\r\nc␍d\\u202e"
    assert shown.rest("a\x1b[2Jb\r\nc\rd\u202e\r.") == "\r."


def piece(text: str, is_restart: bool = False) -> Streaming:
    return Streaming(0, (), text, is_restart)


def test_a_reply_that_begins_anew_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    shown = StreamedAnswer()
    for event in (piece("half"), piece("", is_restart=True), piece("whole")):
        shown(event)
    assert shown.rest("whole") == ""
    out, err = capsys.readouterr()
    assert (out, err) == ("half\nwhole", "note: the reply begins anew; the text above does not count\n")


def test_the_line_of_figures_makes_room_for_an_answer() -> None:
    steps: list[str] = []

    @contextmanager
    def pause() -> Any:
        steps.append("away")
        yield
        steps.append("back")

    shown = StreamedAnswer(pause)
    assert steps == []
    for _ in range(3):
        shown(piece("x"))
    assert steps == ["away"]


def test_an_answer_that_cannot_be_shown_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str) -> None:
        raise OSError("full")

    monkeypatch.setattr("lambda_rlm.cli.display.screen.put", full)
    shown = StreamedAnswer()
    shown(piece("x"))
    shown(piece("y"))
    assert shown.rest("xy") == "xy"
