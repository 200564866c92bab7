"""The key of this installation, from which the codes of data markers are made.

Owns one small file in the cache folder: made once, when a prompt first needs it, readable by its owner only. Promises a key
in any case: where the file cannot be read or written, one that lives as long as the process. Refuses a file that is damaged, a
link, or open to others: it is replaced.
"""

from __future__ import annotations

import os
import secrets
import stat
from functools import cache
from pathlib import Path
from typing import Final

from lambda_rlm.llm.cache_folder import cache_folder

FILE: Final = "markers.key"
SIZE: Final = 32


def installation_key() -> bytes:
    """The key in the cache folder, made when there is none; never an error."""
    try:
        folder = cache_folder()
    except RuntimeError:  # the user has no home
        folder = None
    return key_in(folder)


@cache
def key_in(folder: Path | None) -> bytes:
    """The key in a folder, read or made once in a process; where there is no folder, a key of this process alone."""
    fresh = secrets.token_bytes(SIZE)
    if folder is None:
        return fresh
    try:
        return _kept(folder / FILE) or _stored(folder / FILE, fresh)
    except OSError:
        return fresh


def _kept(path: Path) -> bytes | None:
    """The key in a file that is whole and nobody else's."""
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        about = os.fstat(file)
        is_private = os.name != "posix" or (about.st_mode & 0o077 == 0 and about.st_uid == os.geteuid())
        if not stat.S_ISREG(about.st_mode) or not is_private:
            return None
        key = os.read(file, SIZE + 1)
    finally:
        os.close(file)
    return key if len(key) == SIZE else None


def _stored(path: Path, key: bytes) -> bytes:
    """The key that stands in the file at the end, ours or that of a process that was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(key)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return _kept(path) or key
