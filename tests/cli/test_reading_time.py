"""Reading is part of a run: the deadline counts from its start, and Ctrl-C is heard meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm import RLM, Budget, ScriptedModel, check, run
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.run_program import run_program
from lambda_rlm.cli.app import run_command
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.faults import OutOfTime
from lambda_rlm.execution.execute import Options
from lambda_rlm.inputs import Reading, from_arguments, from_values
from lambda_rlm.inputs.reading import Format
from lambda_rlm.inputs.worker.process import WORKER
from lambda_rlm.llm.scripted import Rule
from tests.support.input_files import written
from tests.support.places import ROOT

ROWS = json.dumps([{"id": i, "text": "word " * 10} for i in range(40_000)])
CONTENTS: dict[str, str] = {
    "a.json": ROWS,
    "flat.json": "[" + "1,2," * 300_000 + "1]",
    "a.jsonl": "\n".join(json.dumps({"id": i}) for i in range(20_000)),
    "a.csv": "id,text\n" + "\n".join(f"{i},word word" for i in range(40_000)),
    "a.html": "<p>a" * 200_000,
}
MODEL = ScriptedModel([Rule("", "said")])


class Late(Exception):
    """What a watch raises in these tests."""


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("after", [1, 4])
def test_whatever_is_read_is_watched(tmp_path: Path, name: str, after: int) -> None:
    """What the watch raises leaves as it is, whichever part of the reading it is raised in."""
    looks = 0

    def watch() -> None:
        nonlocal looks
        looks += 1
        if looks >= after:
            raise Late

    with pytest.raises(Late):
        from_arguments([written(tmp_path, name, CONTENTS[name])], Reading(watch=watch))


def test_a_folder_is_watched_while_it_is_listed_and_read(tmp_path: Path) -> None:
    for number in range(50):
        written(tmp_path, f"d{number}/a.txt", "x")
    looks = 0

    def watch() -> None:
        nonlocal looks
        looks += 1

    from_arguments([str(tmp_path)], Reading(watch=watch))
    assert looks >= 100


def test_large_values_of_a_host_are_watched() -> None:
    def watch() -> None:
        raise Late

    with pytest.raises(Late):
        from_values({"context": list(range(10))}, Reading(watch=watch))


@pytest.mark.parametrize("command", ["ask", "run"])
@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.html", "folder"])
def test_the_time_of_a_run_is_over_while_its_inputs_are_read(
    tmp_path: Path, command: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    argument = written(tmp_path, "folder/x.txt" if name == "folder" else name, CONTENTS.get(name, "x"))
    first = "Who?" if command == "ask" else written(tmp_path, "p.lam", "1")
    arguments = [command, first, str(tmp_path / "folder") if name == "folder" else argument]
    code = run_command([*arguments, "--max-seconds", "1e-9", "--model", "sim:", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == 2 and said["fault"]["code"] == "E0407"
    assert "time limit" in said["error"]["message"]


def test_the_time_of_a_run_is_over_while_its_program_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """`run <(command)`, whose command takes longer than the run may."""
    read_end, write_end = os.pipe()
    end = threading.Timer(3.0, os.close, (write_end,))
    end.start()
    began = time.monotonic()
    arguments = ["run", f"/dev/fd/{read_end}", "--max-seconds", "0.3", "--model", "sim:", "--json"]
    code = run_command(arguments)
    assert code == 2 and json.loads(capsys.readouterr().out)["fault"]["code"] == "E0407"
    assert time.monotonic() - began < 2.5
    os.close(read_end)
    end.join()


def test_the_time_of_a_run_is_over_while_the_library_reads(tmp_path: Path) -> None:
    rlm = RLM(MODEL, budget=Budget(seconds=1e-9))
    with pytest.raises(OutOfTime):
        rlm.ask("Who?", context=Path(written(tmp_path, "a.json", ROWS)))
    with pytest.raises(OutOfTime):
        rlm.ask("Who?", context=[1, 2, 3])
    admitted = check("1", {"context": [1]}).admit(Budget(seconds=1e-9))
    with pytest.raises(OutOfTime):
        anyio.run(lambda: run(admitted, {"context": [1]}, MODEL))


@pytest.mark.parametrize("started", [0.0, 5.0])
def test_a_run_has_the_time_that_reading_left(started: float) -> None:
    """By its own clock: what began ten seconds ago has none of five left, and its seconds are counted from there."""
    options = Options(key=b"key", clock=lambda: 10.0, started=started)
    setup = Setup(leaf=MODEL, options=options)
    admitted = check("length(context)", {"context": "x"}).admit(Budget(seconds=5.5))
    inputs = from_values({"context": "x"})
    done = anyio.run(lambda: run_program(admitted, Question(query="", inputs=inputs), setup))
    assert done.ok == (started == 5.0)
    assert done.usage.seconds == 10.0 - started


def test_a_question_has_the_time_that_reading_left() -> None:
    assert Deadline.since(None, 10.0).left() == pytest.approx(10.0, abs=5.0)
    late = Deadline.since(0.0, 1e-9)
    with pytest.raises(OutOfTime):
        late.look()
    Deadline.since(0.0, None).look()


def test_a_pipe_of_a_shell_that_nothing_comes_through_is_watched() -> None:
    """`<(command)`, whose command takes longer than the run may."""

    def late() -> None:
        raise Late

    read_end, write_end = os.pipe()
    end = threading.Timer(2.0, os.close, (write_end,))
    end.start()
    looks = iter([lambda: None] * 5 + [late] * 1_000)
    with pytest.raises(Late):
        from_arguments([f"/dev/fd/{read_end}"], Reading(watch=lambda: next(looks)()))
    os.close(read_end)
    end.join()


def test_a_pipe_that_nothing_comes_through_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before is not lost when something comes at last."""
    read_end, write_end = os.pipe()
    os.write(write_end, b"first ")
    looks = 0

    def watch() -> None:
        nonlocal looks
        looks += 1
        if looks == 4:
            os.write(write_end, b"last")
            os.close(write_end)

    with open(read_end, encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert from_arguments(["-"], Reading(watch=watch)).values == {"context": "first last"}
    assert looks >= 4

    def late() -> None:
        raise Late

    read_end, write_end = os.pipe()
    with open(read_end, encoding="utf-8") as stream, open(write_end, "wb"):
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(Late):
            from_arguments(["-"], Reading(watch=late))


# ── Ctrl-C ──

_ASK: str = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
_COMMAND = _ASK + "from lambda_rlm.cli import main\nprint('ready', flush=True)\nmain(sys.argv[1:])\n"
_LIBRARY = _ASK + (
    "from pathlib import Path\n"
    "from lambda_rlm import RLM, ScriptedModel\n"
    "print('ready', flush=True)\n"
    "try: RLM(ScriptedModel.from_rules([('', 'said')])).ask('Who?', context=Path(sys.argv[3]))\n"
    "except KeyboardInterrupt: print('interrupted', file=sys.stderr); sys.exit(130)\n"
)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs /proc to see how far a process has read")
@pytest.mark.parametrize("program", [_COMMAND, _LIBRARY], ids=["command", "library"])
@pytest.mark.parametrize("name", ["endless.html", "endless.csv"])
def test_ctrl_c_ends_reading(tmp_path: Path, program: str, name: str) -> None:
    """The worker, too: it is gone when the command has ended."""
    content = "<p>a" * 1_500_000 if name == "endless.html" else "a,b\n" + "1,2\n" * 8_000_000
    path = written(tmp_path, name, content)
    command = [sys.executable, "-c", program, "ask", "Who?", path, "--model", "sim:", "--no-journal"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        enough = read_by(running.pid) + os.path.getsize(path)
        while running.poll() is None and read_by(running.pid) < enough:
            os.sched_yield()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "interrupted" in said


def read_by(pid: int) -> int:
    """Bytes that a process has read so far."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return int(file.readline().split()[1])


async def _cancelled_while_reading(read: Format, begun: threading.Event, path: Path) -> float:
    rlm = RLM(MODEL, formats=[read])
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: rlm.aask("Who?", context=path))
        await anyio.to_thread.run_sync(begun.wait)
        before = time.monotonic()
        group.cancel_scope.cancel()
    return time.monotonic() - before


def test_cancelling_a_question_ends_its_reading(tmp_path: Path) -> None:
    """The event loop goes on meanwhile, and the thread that reads is not left behind."""
    begun, ended = threading.Event(), threading.Event()

    def reads(data: bytes, name: str, reading: Reading) -> Any:
        begun.set()
        try:
            while True:
                reading.glance()
        finally:
            ended.set()

    path = Path(written(tmp_path, "a.slow", "x"))
    anyio.run(_cancelled_while_reading, Format("slow", reads, extensions=(".slow",)), begun, path)
    assert ended.wait(10.0)


def test_a_cancelled_document_leaves_the_next_one_readable(tmp_path: Path) -> None:
    page = written(tmp_path, "a.html", CONTENTS["a.html"])
    looks = 0

    def watch() -> None:
        nonlocal looks
        looks += 1
        if looks > 3:
            raise Late

    with pytest.raises(Late):
        from_arguments([page], Reading(watch=watch))
    assert WORKER._process is None
    assert from_arguments([written(tmp_path, "b.html", "<p>b")]).values == {"context": "b"}
