"""How long the journal remembers, unless somebody says otherwise."""

from __future__ import annotations

from typing import Final

KEEP_DAYS: Final = 30
MOST_BYTES: Final = 2 * 1024**3
