"""Files that commands read: regular ones, found so without waiting, and no more of them than their limit."""

from __future__ import annotations

import gzip
import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambda_rlm import private_file
from lambda_rlm.inputs.files import MOST_PROGRAM
from tests.support.places import ROOT
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")


def a_pipe(name: str) -> str:
    os.mkfifo(name)
    return name


def a_socket(name: str) -> str:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(name)
    return name


def a_link_to_a_pipe(name: str) -> str:
    os.mkfifo("behind")
    Path(name).symlink_to("behind")
    return name


def an_endless_device(name: str) -> str:
    return "/dev/zero"


def a_terminal(name: str) -> str:
    return "/dev/tty"


READERS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "input": lambda path: ("ask", "Who?", path, "--model", "scripted:r.jsonl"),
    "named input": lambda path: ("ask", "Who?", f"a={path}", "--model", "scripted:r.jsonl"),
    "one of several": lambda path: ("ask", "Who?", "r.jsonl", path, "--model", "scripted:r.jsonl"),
    "input of check": lambda path: ("check", "p.lam", path),
    "sizes alone": lambda path: ("check", "p.lam", path, "--unread"),
    "program": lambda path: ("run", path),
    "program to check": lambda path: ("check", path),
    "program to format": lambda path: ("fmt", path),
    "strategy": lambda path: ("ask", "Who?", "r.jsonl", "--task", f"./{path}" if "/" not in path else path),
    "log": lambda path: ("audit", path),
    "script": lambda path: ("run", "p.lam", "--model", f"scripted:{path}"),
    "recording": lambda path: ("run", "p.lam", "--model", f"recorded:{path}"),
    "weights": lambda path: ("run", "p.lam", "--model", f"local:{path}"),
}


@pytest.mark.parametrize("made", [a_pipe, a_socket, a_link_to_a_pipe, an_endless_device, a_terminal])
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_at_once(reader: str, made: Callable[[str], str], shell: Shell) -> None:
    """Nobody writes to the pipe: opening it as files are opened would wait for ever."""
    if reader == "weights":
        pytest.importorskip("xllamacpp", reason="the local engine opens the weights")
    wrote("p.lam", 'llm_call("x")')
    wrote("r.jsonl", '{"match": "", "reply": "x"}\n')
    assert shell(*READERS[reader](made("odd"))) in (2, 64), shell.err
    assert shell.out == "" and "Errno" not in shell.err


def test_the_kind_is_named_and_the_way_to_pass_a_stream(shell: Shell) -> None:
    assert shell("ask", "Who?", a_pipe("odd")) == 64
    assert shell.err == "error: odd is a named pipe, not a file\nhint: pass a stream as standard input: `-`\n"


def test_a_folder_with_pipes_and_a_pattern_over_them_do_not_wait(shell: Shell) -> None:
    os.mkdir("d")
    wrote("d/a.txt", "bees")
    a_pipe("d/b.txt")
    for argument in ("d", "d/*.txt"):
        assert shell("inputs", argument) == 0
        assert "a.txt" in shell.out + shell.err
    assert shell("inputs", "d/b*") == 64


def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "lambda_rlm", *arguments], input=data, capture_output=True, env=environment)


@pytest.mark.slow
def test_standard_input_by_its_path_is_standard_input() -> None:
    wrote("p.lam", "context")
    for name in ("-", "/dev/stdin"):
        assert piped(b"bees", "run", "p.lam", name).stdout == b"bees\n"
        assert piped(b"1 + 1", "run", name).stdout == b"2\n"
    assert b"only once" in piped(b"", "run", "p.lam", "a=-", "b=/dev/stdin").stderr


@pytest.mark.slow
def test_what_a_shell_passes_by_number_is_read() -> None:
    wrote("p.lam", "context")
    command = f"{sys.executable} -m lambda_rlm run p.lam <(printf bees)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run(["bash", "-c", command], capture_output=True, env=environment).stdout == b"bees\n"


@pytest.mark.parametrize("command", ["run", "check", "fmt"])
def test_a_program_that_can_be_none_by_its_size_is_not_read(
    command: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("p.lam", "wb") as file:
        file.truncate(300_000_000)
    monkeypatch.setattr(os, "open", lambda *_, **__: pytest.fail("the program was opened"))
    assert shell(command, "p.lam") == 64
    assert "p.lam is too large for a program, which may have 200,000 characters" in shell.err


def test_a_program_without_an_end_is_read_to_its_limit(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            into = memoryview(buffer)  # type: ignore[arg-type]
            into[:] = b"1" * len(into)
            self.given += len(into)
            return len(into)

    endless = Endless()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(closed=False, buffer=endless))
    assert shell("run", "-") == 64
    assert "standard input is too large for a program" in shell.err
    assert endless.given < MOST_PROGRAM + 2_000_000


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="there is no /proc")
def test_a_file_of_the_system_has_no_size_and_a_limit(shell: Shell) -> None:
    wrote("p.lam", "length(context) > 0")
    assert shell("run", "p.lam", "/proc/self/maps", "--raw") == 0
    assert shell("run", "p.lam", "/proc/self/maps", "--raw", "--max-input", "1000") == 64
    with pytest.raises(OSError, match="more than 1,000 bytes"):
        private_file.read_regular("/proc/self/maps", 1_000)


def test_a_file_that_is_swapped_for_a_pipe_is_seen_after_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    wrote("a.txt", "bees")
    a_pipe("odd")
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, flags, *rest: opened("odd", flags, *rest))
    with pytest.raises(private_file.FileRefused, match="named pipe"):
        private_file.open_regular("a.txt")


def test_a_packed_log_that_swells_is_read_to_a_limit(shell: Shell) -> None:
    """A megabyte that unpacks to a gigabyte is no log; one that is packed as logs are is read whole."""
    bomb = gzip.compress((b"x" * 20_000 + b"\n") * 2_000, 9)
    with gzip.open("log.jsonl.gz", "wb") as log:
        log.write(b'{"prompt": "who keeps bees?"}\n' * 1_000)
    wrote("bomb.gz", bomb)
    assert shell("audit", "log.jsonl.gz") == 0
    assert "cannot read the rest" not in shell.err + shell.out
    for name in ("lines", "one"):
        if name == "one":
            wrote("bomb.gz", gzip.compress(b"x" * 40_000_000, 9))
        assert shell("audit", "bomb.gz") in (0, 64), shell.err
        assert "unpacks to more than" in shell.err + shell.out


def test_a_script_that_is_too_large_is_refused(shell: Shell) -> None:
    wrote("p.lam", 'llm_call("x")')
    model = script({"match": "", "reply": "x"})
    with open("replies.jsonl", "r+b") as file:
        file.truncate(2_000_000_000)
    assert shell("run", "p.lam", "--model", model) == 2
    assert "more than 1,000,000,000 bytes" in shell.err


def test_reading_is_exact(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    (tmp_path / "a").write_bytes(data)
    assert private_file.read_regular(tmp_path / "a", len(data)) == data
    with pytest.raises(OSError, match="more than"):
        private_file.read_regular(tmp_path / "a", len(data) - 1)
