"""Python's cycle collector while pure code runs.

Values of the language hold no cycles, so reference counts free them all, and the collector would only walk every list, record
and text that was made since its last turn: more than half the time of a loop over many texts.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 4_096
"""Elements of a list from which on a loop inside a run that awaits keeps the collector off."""


@contextmanager
def resting() -> Iterator[None]:
    """Keep the collector off, when it is on."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
