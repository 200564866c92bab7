"""Ctrl-C at any moment: the exit code is 130, it is told once, nothing else is on standard error, and the run can go on."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from lambda_rlm.execution.blocking import blocking
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from lambda_rlm.testing import request as asked
from tests.support.faulty_server import FaultyServer
from tests.support.places import ROOT
from tests.support.shell import journal, script, wrote

pytestmark = [pytest.mark.slow, pytest.mark.integration, pytest.mark.usefixtures("alone")]

PROGRAM = 'range(0, 12) |> map(fn(n) => llm_call(f"say {n}", out=5)) |> join("")'
TOLD = re.compile(
    r"data goes to [\d.:]+\n(note: the context window of brief is unknown: .*\n)?interrupted\nso far · .* s\n"
    r"(hint: to resume without paying again for finished calls: lambda-rlm resume \w+ --base-url \S+\n)?"
)


TRACING = """
import sys
from lambda_rlm.cli import main
from lambda_rlm.trace import jsonl
jsonl.begin = lambda path, is_own: open(int(path), "wb", buffering=0)
main()
"""
"""The command line, whose trace goes to a pipe by its number: a trace is a regular file, which nobody can wait for."""


def interrupted(*arguments: str, at: int, times: int = 1) -> tuple[int, str, str]:
    """A command that is sent Ctrl-C, `times` times, as soon as it has written the line `at` of its trace."""
    read, write = os.pipe()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "OPENAI_API_KEY": "none"}
    command = [sys.executable, "-c", TRACING, "run", wrote("p.lam", PROGRAM), *arguments, "--trace", str(write)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, pass_fds=(write,)
    ) as running, open(read, encoding="utf-8") as trace:  # fmt: skip
        os.close(write)
        ended = threading.Timer(100, running.kill)  # a command that hangs fails its test, and does not hold up the others
        ended.start()
        for _ in range(at):
            assert trace.readline(), running.communicate()
        for _ in range(times):
            running.send_signal(signal.SIGINT)
        for _ in trace:  # so that it never waits for a reader
            pass
        out, err = running.communicate(timeout=60)
        ended.cancel()
        return running.returncode, out, err


MOMENTS = [("openai/brief", at, times) for at in (1, 2, 4, 9, 14) for times in (1, 2)]
LATER = [("custom_openai/brief", at, times) for at, times in ((2, 1), (5, 2), (12, 1))]


@pytest.mark.parametrize(
    ("model", "at", "times"), [*MOMENTS, *(pytest.param(*one, marks=pytest.mark.litellm) for one in LATER)]
)
def test_ctrl_c_is_told_once_and_nothing_else_is(model: str, at: int, times: int) -> None:
    """Coroutines that were made and never begun, connections that were open, threads that still work: none of them is news."""
    with FaultyServer() as server:
        code, out, err = interrupted("--model", model, "--base-url", server.url, "--concurrency", "4", at=at, times=times)
    assert (code, out) == (130, "")
    assert TOLD.fullmatch(err), err
    with journal() as kept:
        assert kept.runs()[0].state == "interrupted"


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_with_json_is_one_object_and_nothing_else(times: int) -> None:
    with FaultyServer() as server:
        arguments = ("--model", "openai/brief", "--base-url", server.url, "--concurrency", "4", "--json")
        code, out, err = interrupted(*arguments, at=6, times=times)
    assert (code, err, out.count("\n")) == (130, "", 1)
    told = json.loads(out)
    assert told["fault"] == {"code": None, "message": "interrupted", "span": None} and told["ok"] is False
    assert told["usage"]["calls"] > 0


def test_ctrl_c_when_the_answer_is_there_takes_it_from_nobody() -> None:
    """The last line of the trace says that the run is over: what comes after is told whole, and once."""
    model = script({"match": "", "reply": "x"})
    code, out, err = interrupted("--model", model, "--json", at=1 + 3 * 12 + 1, times=2)
    assert out.count("\n") == 1 and err == ""
    assert (code, json.loads(out)["ok"]) in ((0, True), (130, False))


def at_a_terminal(*arguments: str, until: bytes, keys: bytes, **environ: str) -> bytes:
    """What a command shows that ends by an interruption: these keys are pressed once it has shown so much."""
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
    }
    pid, terminal = pty.fork()
    if not pid:
        os.execve(sys.executable, [sys.executable, "-m", "lambda_rlm", *arguments], environment | environ)
    shown = b""
    while until not in shown:
        shown += os.read(terminal, 65_536)
    os.write(terminal, keys)
    with suppress(OSError):  # what a terminal says when nobody writes to it any more
        while more := os.read(terminal, 65_536):
            shown += more
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert b"interrupted" in shown and b"Traceback" not in shown
    return shown


def test_ctrl_c_twice_at_a_terminal_leaves_the_cursor_as_it_was() -> None:
    model = script({"match": "", "reply": "x", "delay": 300})
    shown = at_a_terminal("run", wrote("p.lam", PROGRAM), "--model", model, until=b"in flight", keys=b"\x03\x03")
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l") >= 0, shown


def test_ctrl_c_once_ends_a_question_whether_to_run_it() -> None:
    model = script({"match": "", "reply": "x"})
    at_a_terminal("run", wrote("p.lam", PROGRAM), "--model", model, "--approve", until=b"[y/N]", keys=b"\x03", NO_COLOR="1")


@pytest.mark.local
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_while_the_local_model_decodes_ends_at_once(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAMBDA_RLM_HOME")
    code, out, err = interrupted("--model", "local/smollm2-135m", "--no-journal", "--json", at=2, times=times)
    assert (code, err, json.loads(out)["fault"]["message"]) == (130, "", "interrupted")


class Held(ThreadPoolExecutor):
    """Threads that begin and do not go on before they may."""

    def __init__(self) -> None:
        super().__init__(1)
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Any:
        def held() -> Any:
            self.has_begun.set()
            self.may_go_on.wait()
            return function(*arguments, **named)

        return super().submit(held)


@pytest.mark.litellm
def test_a_cancelled_litellm_call_leaves_no_coroutine() -> None:
    """litellm makes the coroutine that asks in a thread: one that nobody awaits is a warning, which is an error here."""
    threads = Held()

    async def main(url: str) -> None:
        model = LitellmModel("custom_openai/slow", base_url=url, api_key="none")
        await anyio.to_thread.run_sync(import_module, "litellm")
        asyncio.get_running_loop().set_default_executor(threads)
        async with anyio.create_task_group() as group:
            group.start_soon(model.complete, asked("x"))
            while not threads.has_begun.is_set():
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
            asyncio.get_running_loop().call_later(0.05, threads.may_go_on.set)
        await model.aclose()

    with FaultyServer() as server:
        anyio.run(main, server.url)
    gc.collect()  # which would tell of a coroutine that nobody awaited
    assert threads.has_begun.is_set()


def test_the_second_ctrl_c_changes_nothing_and_the_third_raises() -> None:
    """What the first has cancelled ends in peace: here it goes on after two, as a job does that writes its end."""
    steps: list[str] = []

    async def job() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                os.kill(os.getpid(), signal.SIGINT)
                await anyio.lowlevel.checkpoint()
                steps.append("the second passed")
                os.kill(os.getpid(), signal.SIGINT)
                await anyio.lowlevel.checkpoint()
                steps.append("the third passed")

    async def interrupting() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(job)
            await anyio.lowlevel.checkpoint()
            os.kill(os.getpid(), signal.SIGINT)
            await anyio.sleep_forever()

    with pytest.raises(KeyboardInterrupt):
        blocking(interrupting)
    assert steps == ["the second passed"]
