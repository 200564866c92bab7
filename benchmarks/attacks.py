"""Programs that try to use up time and storage, with the default budget.

`python benchmarks/attacks.py` runs every attack of the conformance suite, prints its seconds of processor time, the growth of the
process's largest size and how it ended; it fails when one takes more than a second or the process grows by more than 200 MB.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.cases import read_case  # noqa: E402

SECONDS = 1.0
MEGABYTES = 200


def size() -> int:
    """The largest size that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main() -> int:
    paths = sorted((ROOT / "tests" / "conformance" / "faults" / "reject").glob("attack_*.lam"))
    read_case(paths[0]).run()
    before = size()
    is_good = True
    for path in paths:
        case = read_case(path)
        started = time.process_time()
        fault = case.run().fault
        seconds = time.process_time() - started
        print(f"{path.stem:36} {seconds:5.2f} s  +{size() - before:4} MB  {fault.code if fault else 'no fault'}")
        is_good = is_good and fault is not None and seconds < SECONDS
    return 0 if is_good and size() - before < MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
