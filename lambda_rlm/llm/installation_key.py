"""The key of this installation, from which the codes of data markers are made.

Owns one small file in the cache folder: made once, when a prompt first needs it, readable by its owner only. Promises a key
in any case: where the file cannot be read or written, one that lives as long as the process. Refuses a file that is damaged, a
link, or open to others: it is replaced.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.private_file import open_regular, private_folder, refuse_foreign, replace

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
        if refuse_foreign(path) is None:
            return None
        with open_regular(path, follows_link=False) as file:
            key = file.read(SIZE + 1)
    except OSError:
        return None
    return key if len(key) == SIZE else None


def _stored(path: Path, key: bytes) -> bytes:
    """The key that is in the file at the end, ours or that of a process that was faster."""
    private_folder(path.parent)
    if path.is_symlink():
        path.unlink()
    with suppress(FileExistsError):
        replace(path, key, lambda head: True)
    return _kept(path) or key
