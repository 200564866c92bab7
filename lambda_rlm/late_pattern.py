"""Patterns that are compiled when they are first used.

Owns `late_pattern`, which stands for `re.compile`. A start meets hundreds of patterns and uses a few, and compiling them was a
seventh of it. Promises what a compiled pattern has, from the first use on at its speed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    late_pattern = re.compile
else:

    class late_pattern:
        """A pattern, not compiled yet; a wrong one raises `re.error` when it is first used."""

        def __init__(self, text, flags=0):
            self._said = text, flags

        def __getattr__(self, name):
            found = getattr(re.compile(*self._said), name)
            self.__dict__[name] = found
            return found
