"""Messages between this process and the worker: a JSON header and bytes, each behind its length.

Owns the form. Promises that nothing received is more than data: no object is made of it.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO, Final

_LENGTHS: Final = struct.Struct(">IQ")
LENGTHS: Final = _LENGTHS.size
"""Bytes of the lengths of header and body, which come first."""


def head_of(header: dict[str, Any], size: int) -> bytes:
    """What precedes a body of `size` bytes."""
    written = json.dumps(header).encode("ascii")
    return _LENGTHS.pack(len(written), size) + written


def lengths_of(start: bytes | bytearray) -> tuple[int, int]:
    """The lengths of header and body, by the first bytes of a message."""
    header, body = _LENGTHS.unpack_from(start)
    return int(header), int(body)


def received(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next message of a stream that blocks; None at its end."""
    start = stream.read(LENGTHS)
    if len(start) < LENGTHS:
        return None
    header, body = lengths_of(start)
    found = json.loads(stream.read(header)), stream.read(body)
    return found if len(found[1]) == body else None
