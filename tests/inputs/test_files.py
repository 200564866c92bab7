"""Finding files: nothing is read by it, what is left out is said, and nothing that lies in a folder can lead out of it."""

from __future__ import annotations

import os
import random
import shutil
import socket
import stat
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from lambda_rlm.inputs import InputProblem, Reading, from_arguments, gather, listings
from lambda_rlm.inputs import files as opened_files
from lambda_rlm.inputs.folder.walk import walk
from tests.support.input_files import names_of, problem, written


def notes_of(*arguments: str, reading: Reading | None = None) -> str:
    return "\n".join(from_arguments(arguments, reading).notes)


# ── sizes ──


def test_a_folder_of_ten_gigabytes_is_listed_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        with open(tmp_path / f"{number}.txt", "wb") as file:
            file.truncate(1_000_000_000)
    monkeypatch.setattr(os, "open", lambda *_, **__: pytest.fail("a file was opened"))
    found = listings([str(tmp_path)], Reading())["context"]
    assert (len(found.entries), found.size) == (10, 10_000_000_000)


def test_what_is_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(tmp_path / "sparse.txt", "wb") as file:
        file.truncate(10_000_000_000)
    monkeypatch.setattr(os, "open", lambda *_, **__: pytest.fail("a file was opened"))
    found = problem(str(tmp_path / "sparse.txt"))
    assert "10.0 GB; the limit is 1.0 GB" in found.message
    assert "--max-input" in (found.hint or "")


def test_a_large_file_that_is_no_text_does_not_count(tmp_path: Path) -> None:
    """Of a film in a folder of notes only the first bytes are looked at."""
    written(tmp_path, "notes.txt", "note")
    with open(tmp_path / "film.bin", "wb") as file:
        file.truncate(10_000_000_000)
    assert names_of(tmp_path) == ["notes.txt"]
    assert "skipped 1 (binary data): film.bin" in notes_of(str(tmp_path))


def test_all_inputs_together_stay_below_the_limit(tmp_path: Path) -> None:
    a, b = written(tmp_path, "a.txt", "x" * 600), written(tmp_path, "b.txt", "y" * 600)
    assert "2 files have 1.2 KB" in problem(f"one={a}", f"two={b}", reading=Reading(most_bytes=1000)).message
    assert from_arguments([a], Reading(most_bytes=600)).values["context"] == "x" * 600


def test_a_pipe_of_a_shell_is_read_to_its_end_or_the_limit() -> None:
    """`<(command)` is the number of a pipe that is open already."""
    for content, limit, expected in ((b"hello", 100, "hello"), (b"x" * 100_000, 20_000, None)):
        read, write = os.pipe()

        def send(content: bytes = content, write: int = write) -> None:
            with suppress(BrokenPipeError), os.fdopen(write, "wb") as out:
                out.write(content)

        writer = threading.Thread(target=send)
        writer.start()
        path = f"/dev/fd/{read}"
        if expected is None:
            assert "too large; the limit is 20.0 KB" in problem(path, reading=Reading(most_bytes=limit)).message
        else:
            assert from_arguments([path], Reading(most_bytes=limit)).values == {"context": expected}
        os.close(read)
        writer.join()


# ── what lies in folders ──


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    """Whoever made the folder could put any file of the reader's before a model."""
    secret = written(tmp_path, "outside/key.txt", "secret")
    folder = tmp_path / "given"
    written(folder, "a.txt", "A")
    (folder / "out.txt").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to("loop")
    assert names_of(folder) == ["a.txt"]
    assert "skipped 3 (symbolic link): loop, out.txt, up" in notes_of(str(folder))
    assert names_of(folder, Reading(ignore=False)) == ["a.txt"]


@pytest.mark.parametrize("swapped", ["sub/b.txt", "sub"])
@pytest.mark.parametrize("argument", ["folder", "folder/**/*.txt"])
def test_what_becomes_a_link_after_it_was_listed_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str, argument: str
) -> None:
    """Nothing that is put into a folder between its listing and its reading leads out of it either."""
    written(tmp_path, "folder/a.txt", "plain")
    written(tmp_path, "folder/sub/b.txt", "plain")
    written(tmp_path, "outside/b.txt", "secret")
    target = tmp_path / "folder" / swapped

    def swap(*_: object) -> None:
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        target.symlink_to(tmp_path / ("outside" if swapped == "sub" else "outside/b.txt"))

    monkeypatch.setattr(gather, "within_limit", swap)
    found = from_arguments([str(tmp_path / argument)])
    assert found.values["context"] == [{"name": found.values["context"][0]["name"], "text": "plain"}]
    assert "skipped 1" in "\n".join(found.notes)


def test_a_named_link_is_followed_and_a_loop_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "a.txt", "A")
    (tmp_path / "link").symlink_to("a.txt")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    assert from_arguments(["link"]).values == {"context": "A"}
    assert "symbolic link to itself" in problem("loop").message


def test_pipes_and_sockets_in_a_folder_are_left_out(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", "A")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        assert names_of(tmp_path) == ["a.txt"]
        assert "skipped 2 (not a regular file): pipe, s" in notes_of(str(tmp_path))
        assert "is a socket, not a file" in problem(str(tmp_path / "s")).message


def test_names_that_are_no_text_stay_apart_and_steer_nothing(tmp_path: Path) -> None:
    for name in (b"caf\xe9", b"caf\xe8", b"bell\x07\x1b[2J", "naïve".encode()):
        (tmp_path / os.fsdecode(name)).write_text("x")
    assert names_of(tmp_path) == ["bell\\x07\\x1b[2J", "caf\\xe8", "caf\\xe9", "naïve"]


def test_no_two_names_are_written_alike_and_none_turns_a_line(tmp_path: Path) -> None:
    names = ["a\x1b.txt", "a\\x1b.txt", "a\\\\x1b.txt", "a\\\x1b.txt", "b\u200ftxt.exe", "b\u061ctxt.exe", "c\\d.txt"]
    for name in names:
        written(tmp_path, name, "x")
    shown = names_of(tmp_path)
    assert len(set(shown)) == len(names)
    assert all(name.isascii() and name.isprintable() for name in shown)
    assert "c\\d.txt" in shown


def test_a_name_that_may_also_be_a_path_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's file is not read in the place of the one that was meant."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "doc=real.txt", "planted")
    assert from_arguments(["doc=real.txt"]).values == {"context": "planted"}
    written(tmp_path, "real.txt", "real")
    assert "may also mean real.txt under the name doc" in problem("doc=real.txt").message
    assert from_arguments(["./doc=real.txt"]).values == {"context": "planted"}


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = written(tmp_path, "d/a.txt", "A")
    other = written(tmp_path, "b.txt", "B")
    inputs = from_arguments([path, other, str(tmp_path / "d" / ".." / "d" / "a.txt"), str(tmp_path / "d")])
    assert [row["text"] for row in inputs.values["context"]] == ["A", "B"]
    assert "duplicate, read once" in "\n".join(inputs.notes)
    assert from_arguments([f"left={path}", f"right={path}"]).values == {"left": "A", "right": "A"}


def test_a_folder_that_may_not_be_listed_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a refusal of the operating system, also where the tests run as somebody who may read everything."""
    written(tmp_path, "a.txt", "A")
    closed = tmp_path / "closed"
    written(closed, "b.txt", "B")
    original = os.scandir

    def refusing(path: str) -> object:
        if str(path) == os.path.realpath(closed):
            raise PermissionError(13, "Permission denied", path)
        return original(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert "skipped 1 (permission denied): closed/" in notes_of(str(tmp_path))
    assert "permission denied" in problem(str(closed)).message


def test_a_name_too_long_for_the_file_system_is_told() -> None:
    assert "too long" in problem("x" * 5000).message
    assert len(problem("x" * 5000).message) < 300


# ── files that change ──


@pytest.mark.parametrize(("changes", "outcome"), [(b"+more", "first"), (None, "changed while it was read")])
def test_a_file_that_changes_while_it_is_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: bytes | None, outcome: str
) -> None:
    """A log that only grows is given as it was; what is cut or rewritten meanwhile would be a mixture that never was."""
    path = Path(written(tmp_path, "a.log", "first"))
    original = opened_files.within

    def meanwhile(*arguments: object) -> list[bytes]:
        if changes is None:
            path.write_bytes(b"fi")
        else:
            with open(path, "ab") as file:
                file.write(changes)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(opened_files, "within", meanwhile)
    if changes is None:
        assert outcome in problem(str(path)).message
    else:
        inputs = from_arguments([str(path)])
        assert inputs.values == {"context": outcome}
        assert "grew while it was read" in inputs.notes[0]


# ── ignore rules ──


def test_ignore_files_have_the_precedence_that_git_gives_them(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    written(tmp_path, ".gitignore", "*.log\n/build/\n!keep.log\ndocs/*.tmp\n# comment\n")
    written(tmp_path, "src/.gitignore", "!special.log\ngen/\n")
    kept = ("a.txt", "keep.log", "src/special.log", "src/build/x.txt", "docs/deep/b.tmp")
    gone = ("a.log", "build/x.txt", "build/keep.log", "src/gen/y.txt", "src/other.log", "docs/b.tmp")
    for name in (*kept, *gone):
        written(tmp_path, name, name)
    assert sorted(names_of(tmp_path)) == sorted(kept)
    assert sorted(names_of(tmp_path / "src")) == ["build/x.txt", "special.log"], "rules above the folder hold in it"


PARTS = ("a", "b", "foo", "bar.txt", "x.log", "build", "doc s", "é.md", "#h", "!n")
RULES = (
    *(
        "*.log",
        "build/",
        "/build",
        "!x.log",
        "foo/",
        "**/bar.txt",
        "foo/**",
        "!foo/bar.txt",
        "*",
        "!*/",
        "!*.txt",
        "/a/*",
        "a/**/b",
    ),
    *(
        "b",
        "# c",
        "\\#h",
        "\\!n",
        "doc\\ s",
        "doc s ",
        "[ab]",
        "é*",
        "*.t?t",
        "foo/*.txt",
        "",
        "/",
        "a//b",
        "**",
        "**/",
        "/**/b",
    ),
)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("seed", range(25))
def test_git_would_leave_the_same_files(tmp_path: Path, seed: int) -> None:
    """Random trees with ignore files at two places: what is read is what Git lists as not ignored."""
    draw = random.Random(seed)
    for _ in range(14):
        folder = tmp_path.joinpath(*(draw.choice(PARTS) for _ in range(draw.randrange(3))))
        if (
            not any(parent.is_file() for parent in (folder, *folder.parents))
            and not (file := folder / draw.choice(PARTS)).is_dir()
        ):
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text("x")
    folders = sorted(p for p in (tmp_path, *tmp_path.rglob("*")) if p.is_dir())
    for folder in draw.sample(folders, min(len(folders), 2)):
        written(folder, ".gitignore", "\n".join(draw.choice(RULES) for _ in range(draw.randrange(1, 6))))
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    command = ["git", "-c", "core.excludesFile=", "ls-files", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout.decode().split("\0")
    expected = {name for name in listed if name and not name.endswith(".gitignore")}
    assert {file.name for file in walk(tmp_path, Reading()).files} == expected


def test_lambdaignore_says_more_than_gitignore(tmp_path: Path) -> None:
    written(tmp_path, ".gitignore", "*.log\n")
    written(tmp_path, ".lambdaignore", "!wanted.log\nfixtures/\n")
    for name in ("wanted.log", "other.log", "fixtures/x.txt", "a.txt"):
        written(tmp_path, name, name)
    assert names_of(tmp_path) == ["a.txt", "wanted.log"]
    assert len(names_of(tmp_path, Reading(ignore=False))) == 6


def test_rules_above_hold_only_up_to_the_repository(tmp_path: Path) -> None:
    written(tmp_path, ".gitignore", "*\n")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    written(tmp_path / "repo", "a.txt", "A")
    assert names_of(tmp_path / "repo") == ["a.txt"]


def test_an_ignore_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", "A")
    written(tmp_path, "b.log", "B")
    written(tmp_path, ".gitignore", b"\xff\xfe\xe9")
    written(tmp_path, ".lambdaignore", "!\n*.log\n")
    found = notes_of(str(tmp_path))
    assert ".gitignore is ignored" in found
    assert names_of(tmp_path) == ["a.txt"]


def test_include_and_exclude_choose_among_the_files_of_a_folder(tmp_path: Path) -> None:
    for name in ("a.md", "b.txt", "deep/c.md", "deep/old/d.md", "e.py"):
        written(tmp_path, name, name)
    assert names_of(tmp_path, Reading(include=("*.md", "*.py"), exclude=("old/",))) == ["a.md", "e.py", "deep/c.md"]
    assert names_of(tmp_path, Reading(include=("/*.md",))) == ["a.md"]
    assert from_arguments([str(tmp_path / "b.txt")], Reading(include=("*.md",))).values == {"context": "b.txt"}
    assert "--exclude '!' is not a valid pattern" in problem(str(tmp_path), reading=Reading(exclude=("!",))).message


def test_a_pattern_respects_ignore_rules_unlike_a_named_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("src/a.js", "node_modules/b.js", ".hidden.js", "out.js"):
        written(tmp_path, name, name)
    written(tmp_path, ".gitignore", "out.js\n")
    monkeypatch.chdir(tmp_path)
    assert from_arguments(["**/*.js"]).values == {"context": "src/a.js"}
    assert from_arguments(["out.js"]).values == {"context": "out.js"}
    assert "1 by an ignore file" in (problem("o*.js").hint or "")
    assert len(from_arguments(["**/*.js"], Reading(ignore=False)).values["context"]) == 4


def test_every_file_is_read_or_accounted_for(tmp_path: Path) -> None:
    for name in ("a.txt", ".b", "c.bin", "d/e.txt", "d/.f", "g.log"):
        written(tmp_path, name, b"\0" * 20 if name.endswith("bin") else name)
    written(tmp_path, ".gitignore", "*.log")
    inputs = from_arguments([str(tmp_path)])
    left_out = sum(int(note.split("skipped ")[1].split()[0]) for note in inputs.notes)
    every = [p for p in tmp_path.rglob("*") if stat.S_ISREG(p.stat().st_mode)]
    assert len(inputs.values["context"]) + left_out == len(every)


def test_an_unknown_encoding_or_bad_limit_is_an_input_problem() -> None:
    with pytest.raises(InputProblem, match="unknown encoding 'klingon'"):
        Reading(encoding="klingon")
    with pytest.raises(InputProblem, match="unknown encoding 'base64'"):
        Reading(encoding="base64")
