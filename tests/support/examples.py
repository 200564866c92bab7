"""How many examples a property draws that has a number of its own."""

from __future__ import annotations

import os
from typing import Final

PROFILE: Final = os.environ.get("HYPOTHESIS_PROFILE", "ci")
"""`check` (a fifth of the examples), `ci` (all, and the default) or `deep`."""

_SHARE: Final = 5


def examples(number: int, deep: int | None = None) -> int:
    """The number itself, a fifth of it in `make check`, and `deep` in `make deep`."""
    if PROFILE == "check":
        return max(1, number // _SHARE)
    return number if PROFILE != "deep" or deep is None else deep
