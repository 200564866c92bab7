"""A part of a text of an input that was read: a passage.

Owns `SourcePart`. Below all that looks into passages.
"""

from __future__ import annotations

from typing import NamedTuple


class SourcePart(NamedTuple):
    """A part of a text of an input: the name of the text, all its characters, and where the part begins and ends. `call` is
    the call that read it, None for the program."""

    name: str
    text: str
    start: int
    end: int
    call: int | None = None
