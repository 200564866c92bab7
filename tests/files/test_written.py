"""Files that commands write: regular, private, whole, and never in place of a file that is not ours."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import private_file
from lambda_rlm.journal.chain import committed
from lambda_rlm.journal.journal import Journal
from lambda_rlm.llm.wrappers.cache import ReplyStore
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

is_superuser = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link(path: Path) -> None:
    Path("target").write_text("mine")
    path.symlink_to("target")


def a_dangling_link(path: Path) -> None:
    path.symlink_to("target")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def a_text(path: Path) -> None:
    path.write_text("my thesis")


def a_read_only_file(path: Path) -> None:
    path.write_text("my thesis")
    path.chmod(0o444)


OBSTACLES = [a_folder, a_link, a_dangling_link, a_pipe, a_socket, a_text, a_read_only_file]

WRITERS: dict[str, tuple[str, ...]] = {
    "trace": ("run", "p.lam", "--no-journal", "--trace", "out"),
    "page": ("show", "last", "--html", "out"),
    "export": ("export", "all", "-o", "out"),
    "journal": ("run", "p.lam", "--journal", "out"),
}


def identity(path: Path) -> object:
    status = os.lstat(path)
    content = path.read_bytes() if stat.S_ISREG(status.st_mode) else os.readlink(path) if path.is_symlink() else None
    return status.st_ino, status.st_mode, content


@pytest.fixture
def ran(shell: Shell) -> Shell:
    """A folder with a program and one run of it in the default journal."""
    wrote("p.lam", "1 + 1")
    assert shell("run", "p.lam") == 0
    return shell


@pytest.mark.parametrize("put", OBSTACLES)
@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_not_ours_is_refused_and_left_alone(writer: str, put: Callable[[Path], None], ran: Shell) -> None:
    """As the superuser too, who could write anything; and nothing waits for the other end of a pipe."""
    out = Path("out")
    put(out)
    before = identity(out), sorted(os.listdir())
    assert ran(*WRITERS[writer]) == 64, ran.err
    assert "error: " in ran.err and "out" in ran.err
    assert (identity(out), sorted(os.listdir())) == before


@pytest.mark.parametrize("device", ["/dev/null", "/dev/full", "/dev/stderr", "/"])
@pytest.mark.parametrize("writer", WRITERS)
def test_devices_and_the_root_folder_are_refused(writer: str, device: str, ran: Shell) -> None:
    before = os.lstat(device)
    assert ran(*WRITERS[writer][:-1], device) == 64
    after = os.lstat(device)
    assert (after.st_ino, after.st_mode, after.st_rdev) == (before.st_ino, before.st_mode, before.st_rdev)


@pytest.mark.parametrize("writer", ["trace", "page", "export"])
def test_the_same_name_twice_replaces_ours(writer: str, ran: Shell) -> None:
    assert ran(*WRITERS[writer]) == 0
    out = Path("out")
    first = out.read_bytes()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    if first:
        out.chmod(0o644)  # as earlier versions wrote it
    if writer == "trace":
        wrote("p.lam", "2 + 2")
    assert ran(*WRITERS[writer]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert (out.read_bytes() == first) is (writer != "trace")


def test_an_export_replaces_an_export_and_no_other_chats(ran: Shell) -> None:
    model = script({"match": "", "reply": "```\n1 + 1\n```"})
    assert ran("ask", "What is it?", "p.lam", "--strategy", "synth", "--model", model) == 0, ran.err
    for form in ("sft", "verifiers"):
        for _ in range(2):
            assert ran("export", "all", "--format", form, "-o", f"{form}.jsonl") == 0, ran.err
        assert Path(f"{form}.jsonl").read_text(encoding="utf-8").count("\n") == 1
    chats = '{"messages": [{"role": "user", "content": "hello"}]}\n'
    wrote("chats.jsonl", chats)
    assert ran("export", "all", "-o", "chats.jsonl") == 64
    assert "remove it, or use another name" in ran.err
    assert Path("chats.jsonl").read_text() == chats


def test_an_empty_private_file_may_take_a_trace_and_no_journal(ran: Shell) -> None:
    """`mktemp` makes one; an empty file of a package is another thing."""
    for name, mode, code in (("made", 0o600, 0), ("__init__.py", 0o644, 64)):
        Path(name).touch(mode)
        Path(name).chmod(mode)
        assert ran("run", "p.lam", "--trace", name) == code
        Path(name).write_bytes(b"")
        assert ran("run", "p.lam", "--journal", name) == 64
        assert Path(name).read_bytes() == b""
    assert "is an empty file, not a journal" in ran.err


def test_an_interrupted_trace_leaves_what_had_happened(ran: Shell) -> None:
    wrote("p.lam", 'llm_call("x")')
    assert ran("run", "p.lam", "--model", script({"match": "", "failure": "E0501"}), "--trace", "out") == 2
    rows = [json.loads(line) for line in Path("out").read_text(encoding="utf-8").splitlines()]
    assert rows[0]["event"] == "program_started" and rows[-1]["event"] == "run_finished"
    assert not [name for name in os.listdir() if name.startswith(".")]


def test_new_folders_are_private_with_all_above_them() -> None:
    with Journal("a/b/c/journal.sqlite3"):
        pass
    assert [stat.S_IMODE(Path(folder).stat().st_mode) for folder in ("a", "a/b", "a/b/c")] == [0o700] * 3


# ── databases that are there already ──


def a_cache(path: str) -> tuple[ReplyStore, list[str]]:
    said: list[str] = []
    return ReplyStore(path, on_trouble=said.append), said


def made_cache(path: str) -> None:
    store, said = a_cache(path)
    store.put("k", "text", "m")
    store.close()
    assert not said


def open_to_others(path: Path) -> None:
    path.chmod(0o644)


def with_a_second_name(path: Path) -> None:
    os.link(path, "second")


def behind_a_link(path: Path) -> None:
    path.rename("elsewhere")
    path.symlink_to("elsewhere")


def with_a_pipe_as_its_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    os.mkfifo(f"{path}-wal")


def read_only(path: Path) -> None:
    path.chmod(0o400)


def given_away(path: Path) -> None:
    os.chown(path, 12_345, 12_345)


CHANGES = [open_to_others, with_a_second_name, behind_a_link, with_a_pipe_as_its_log, read_only]
CHANGES_AND_REASONS = [
    (open_to_others, "chmod 600"),
    (with_a_second_name, "hard link"),
    (behind_a_link, "a symbolic link"),
    (with_a_pipe_as_its_log, "a named pipe"),
    (read_only, "read-only"),
    pytest.param(given_away, "another user", marks=is_superuser),
]


@pytest.mark.parametrize(("change", "reason"), CHANGES_AND_REASONS)
def test_a_cache_that_is_not_private_is_not_taken_over(change: Callable[[Path], None], reason: str) -> None:
    made_cache("cache")
    change(Path("cache"))
    before = identity(Path("cache"))
    store, said = a_cache("cache")
    assert store.get("k") is None
    store.put("l", "more", "m")
    store.close()
    assert len(said) == 1 and reason in said[0]
    assert identity(Path("cache")) == before


@pytest.mark.parametrize(("change", "reason"), CHANGES_AND_REASONS)
def test_a_journal_that_is_not_private_is_not_written(change: Callable[[Path], None], reason: str, ran: Shell) -> None:
    assert ran("run", "p.lam", "--journal", "j") == 0
    change(Path("j"))
    before = identity(Path("j"))
    assert ran("run", "p.lam", "--journal", "j") == 64
    assert reason in ran.err
    assert identity(Path("j")) == before


def test_a_journal_of_a_colleague_may_be_read(ran: Shell) -> None:
    assert ran("run", "p.lam", "--journal", "j") == 0
    Path("j").chmod(0o644)
    assert ran("runs", "--journal", "j") == 0
    assert "answered" in ran.out


def test_one_more_process_that_makes_the_journal_is_no_hard_link() -> None:
    """A journal has two names for the moment in which it gets its own, and for good where that process was killed then."""
    with Journal("j") as made:
        made.begin({}).end("answered", None)
    os.link("j", ".j.0123456789abcdef")
    with Journal("j") as again:
        assert len(again.runs()) == 1


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_a_journal_that_is_lost_while_a_run_writes_is_told(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    has_written = threading.Event()

    def noticed(*arguments: Any) -> Any:
        done = committed(*arguments)
        has_written.set()
        return done

    with Journal("j") as kept:
        entry = kept.begin({})
    monkeypatch.setattr("lambda_rlm.journal.entry.committed", noticed)
    entry.models({})
    assert has_written.wait(30)
    if how == "moved":
        Path("j").rename("k")
    else:
        for file in Path().glob("j*"):
            file.unlink()
        if how == "replaced":
            with Journal("j"):
                pass
    entry.models({})
    entry.end("answered", None)
    assert entry.trouble is not None
    assert "j" in entry.trouble.message


def test_a_lost_journal_is_a_warning_beside_the_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from lambda_rlm.llm.scripted import ScriptedModel

    complete = ScriptedModel.complete

    def lose() -> None:
        for file in Path("home").glob("journal.sqlite3*"):
            file.unlink()

    async def and_lose(self: ScriptedModel, request: object) -> object:
        lose()
        return await complete(self, request)  # type: ignore[arg-type]

    monkeypatch.setattr(ScriptedModel, "complete", and_lose)
    wrote("p.lam", 'llm_call("x")')
    assert shell("run", "p.lam", "--model", script({"match": "", "reply": "bees"})) == 0
    assert shell.out == "bees\n"
    assert "warning: " in shell.err and "journal" in shell.err and "you cannot resume this run" in shell.err


# ── the module itself ──


def test_writers_at_once_leave_one_whole_file() -> None:
    barrier, wrong = threading.Barrier(8), list[Exception]()

    def write(number: int) -> None:
        barrier.wait()
        try:
            private_file.replace("out", b"mine" + bytes([65 + number]) * 100_000, lambda head: head.startswith(b"mine"))
        except OSError as refused:  # another one was first
            wrong.append(refused)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data = Path("out").read_bytes()
    assert len(data) == 100_004 and len(set(data[4:])) == 1
    assert os.listdir() == ["out"] and len(wrong) < 8


def test_a_file_that_appears_meanwhile_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def appears(source: Path, target: Path) -> None:
        Path(target).write_text("a stranger's")
        link(source, target)

    monkeypatch.setattr(os, "link", appears)
    with pytest.raises(OSError):
        private_file.replace("out", b"mine", lambda head: False)
    assert Path("out").read_text() == "a stranger's"
    assert os.listdir() == ["out"]


def test_without_hard_links_files_are_whole_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", cannot)
    private_file.replace("out", b"mine", lambda head: False)
    with Journal("j") as made:
        made.begin({}).end("answered", None)
    assert Path("out").read_bytes() == b"mine"
    assert sorted(name for name in os.listdir() if name.startswith(".")) == []


def test_a_rewritten_program_keeps_its_mode_and_its_link() -> None:
    Path("real.lam").write_text("1")
    Path("real.lam").chmod(0o751)
    Path("link.lam").symlink_to("real.lam")
    private_file.rewrite(Path("link.lam"), b"2")
    assert Path("link.lam").is_symlink() and Path("real.lam").read_bytes() == b"2"
    assert stat.S_IMODE(Path("real.lam").stat().st_mode) == 0o751
