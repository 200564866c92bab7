"""When the runs began that a host asks its journal for."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf
from time import time


def moment_of(since: datetime | timedelta | None) -> float:
    """The moment as seconds since 1970: one that is given, or as long ago as is given; before all others for None. Raises
    `TypeError`, and `ValueError` for a moment that no clock of this system has."""
    if since is None:
        return -inf
    if isinstance(since, timedelta):
        return time() - since.total_seconds()
    if not isinstance(since, datetime):
        raise TypeError(f"since must be a datetime, or a timedelta for how long ago, not {since!r:.80}")
    try:
        return since.timestamp()
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"since is beyond what this system can tell: {since}") from None
