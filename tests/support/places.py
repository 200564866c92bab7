"""Where the repository keeps what tests read, and whether they rewrite it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
TESTS: Final = ROOT / "tests"
CONFORMANCE: Final = TESTS / "conformance"
GOLDEN: Final = TESTS / "golden"
IS_REWRITING: Final = os.environ.get("UPDATE_GOLDEN") == "1" and not os.environ.get("CI")
"""Expectations are written anew instead of compared; never in continuous integration."""
