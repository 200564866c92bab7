"""Where the repository keeps what tests read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
TESTS: Final = ROOT / "tests"
CONFORMANCE: Final = TESTS / "conformance"
GOLDEN: Final = TESTS / "golden"
