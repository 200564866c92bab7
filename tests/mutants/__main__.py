"""Both kinds of seeded bugs: `python -m tests.mutants`."""

from __future__ import annotations

import sys

from tests.mutants import seeded, transfers

if __name__ == "__main__":
    sys.exit(max(transfers.main([]), seeded.main([])))
