"""Names of runs: they sort by time, two never meet, and a few characters at the end tell them apart."""

from __future__ import annotations

import secrets
import time
from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def run_id() -> str:
    """A ULID: 48 bits of milliseconds, 80 of chance, in Crockford's base 32 (github.com/ulid/spec)."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
