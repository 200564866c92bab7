"""Which settings files of projects the user trusts: by path and SHA-256, so that a changed file is not trusted any more.

Owns the record: one small file for each trusted one, named by the hash of its path and contents, in a private folder of the
user. Promises that what was trusted is exactly what is read. Refuses files that somebody else owns or may write to.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from lambda_rlm.private_file import open_regular, private_folder, replace
from lambda_rlm.settings.problem import SettingProblem

MOST_BYTES: Final = 1_000_000
"""Maximum size of a settings file."""


def config_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the user's own settings: `LAMBDA_RLM_HOME`, else `lambda-rlm` in `XDG_CONFIG_HOME` or `~/.config`; not made
    here. A relative `XDG_CONFIG_HOME` counts as none: it would be in the current folder."""
    if home := environ.get("LAMBDA_RLM_HOME"):
        return Path(os.path.expanduser(home))
    chosen = Path(environ.get("XDG_CONFIG_HOME", ""))
    return (chosen if chosen.is_absolute() else Path.home() / ".config") / "lambda-rlm"


def contents(path: Path, what: str = "the settings in") -> tuple[bytes, str | None]:
    """The bytes of a regular file, and why it is not the user's own, if so. Raises `SettingProblem`, which says `what` cannot
    be read, never waits."""
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingProblem(f"cannot read {what} {path}: {error.strerror or error}") from None
    if len(data) > MOST_BYTES:
        raise SettingProblem(f"cannot read {what} {path}: larger than {MOST_BYTES:,} bytes")
    return data, _foreign(status)


def _foreign(status: os.stat_result) -> str | None:
    """Why somebody else may have written a file: it is not the user's or root's, or others may write to it."""
    if not hasattr(os, "getuid"):
        return None
    if status.st_uid not in (os.getuid(), 0):
        return "it belongs to another user"
    is_shared = status.st_mode & stat.S_IWGRP and status.st_gid != os.getgid()
    return "other users can write to it" if is_shared or status.st_mode & stat.S_IWOTH else None


def is_trusted(path: Path, data: bytes, folder: Path) -> bool:
    """Whether the user trusts these contents at this path; `folder` is that of `config_folder`."""
    try:
        return _record(path, data, folder).read_bytes() == _named(path)
    except OSError:
        return False


def trust(path: Path, data: bytes, folder: Path) -> None:
    """Trust these contents at this path, instead of earlier ones. Raises `SettingProblem`."""
    record = _record(path, data, folder)
    try:
        revoke(path, folder)
        private_folder(record.parent)
        replace(record, _named(path), lambda head: True)
    except OSError as error:
        raise SettingProblem(f"cannot write {record}: {error.strerror or error}") from None


def revoke(path: Path, folder: Path) -> bool:
    """Trust no contents at this path any more; whether some were trusted."""
    found = [record for record, trusted in _records(folder) if trusted == os.path.abspath(path)]
    for record in found:
        record.unlink(missing_ok=True)
    return bool(found)


def trusted_paths(folder: Path) -> list[str]:
    """The paths of which the user trusts some contents, sorted."""
    return sorted({path for _, path in _records(folder)})


def _records(folder: Path) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    with suppress(OSError):
        for record in (folder / "trusted").iterdir():
            with suppress(OSError):
                found.append((record, os.fsdecode(record.read_bytes())))
    return found


def _named(path: Path) -> bytes:
    """The path as the file system has it: its name may be no text, and end lines."""
    return os.fsencode(os.path.abspath(path))


def _record(path: Path, data: bytes, folder: Path) -> Path:
    name = sha256(_named(path) + b"\0" + sha256(data).digest())
    return folder / "trusted" / name.hexdigest()
