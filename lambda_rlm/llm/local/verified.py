"""Which files of weights have the pinned hash: found once for each file, then remembered.

Owns the hash of a file and a private note beside it, bound to the file's identity, size and times. Promises that a file which
was changed or replaced since is hashed again. A note that cannot be read or written costs the time of hashing (about a second
for a gigabyte) and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from lambda_rlm.private_file import open_regular, private_json, replace

_MOST_NOTED: Final = 4_096


def is_verified(file: Path, size: int, sha256: str) -> bool:
    """Whether a regular file is there with this size and hash."""
    try:
        status = file.stat()
        if status.st_size != size:
            return False
        note = file.with_name(f".{file.name}.verified")
        if private_json(note, _MOST_NOTED) == _identity(status, sha256):
            return True
        if file_sha256(file) != sha256:
            return False
    except OSError:
        return False
    with suppress(OSError):
        replace(note, json.dumps(_identity(status, sha256)).encode(), lambda head: True)
    return True


def file_sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; raises `OSError`."""
    with open_regular(file) as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _identity(status: os.stat_result, sha256: str) -> list[object]:
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, sha256]
