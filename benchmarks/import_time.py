"""How long `import lambda_rlm` and the first `check` take in a fresh interpreter, and which modules they load."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 7
STATEMENTS = {
    "an empty program": "pass",
    "import lambda_rlm": "import lambda_rlm",
    "its public names": "from lambda_rlm import RLM, Budget, check, run",
    "a first check": "from lambda_rlm import check; check('chunk(context, 100) |> length')",
}


def seconds(statement: str) -> float:
    """Wall time of a fresh interpreter that runs a statement."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


def modules(statement: str) -> int:
    program = f"{statement}\nimport sys; print(len(sys.modules))"
    return int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


def main() -> None:
    empty = statistics.median(seconds("pass") for _ in range(ROUNDS))
    for name, statement in STATEMENTS.items():
        median = statistics.median(seconds(statement) for _ in range(ROUNDS))
        print(f"{name:20} {1000 * (median - empty):7.0f} ms over an empty program, {modules(statement):5} modules loaded")


if __name__ == "__main__":
    main()
