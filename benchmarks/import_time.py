"""How long `import lambda_rlm` and the first `check` take in a fresh interpreter, and which modules they load."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

ROUNDS = 7
LIMIT_MS = 150
"""What `import lambda_rlm` may cost at most."""
STATEMENTS = {
    "import lambda_rlm": "import lambda_rlm",
    "a first check": "from lambda_rlm import check; check('chunk(context, 100) |> length')",
    "all public names": "from lambda_rlm import RLM, Budget, check, run",
}


def milliseconds(statement: str) -> float:
    """Processor time of a fresh interpreter that runs a statement."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def modules(statement: str) -> int:
    program = f"{statement}\nimport sys; print(len(sys.modules))"
    return int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


def main() -> None:
    empty = statistics.median(milliseconds("pass") for _ in range(ROUNDS))
    figures = {name: statistics.median(milliseconds(s) for _ in range(ROUNDS)) - empty for name, s in STATEMENTS.items()}
    for name, figure in figures.items():
        print(f"{name:20} {figure:7.0f} ms over an empty program, {modules(STATEMENTS[name]):5} modules loaded")
    if figures["import lambda_rlm"] > LIMIT_MS:
        sys.exit(f"import lambda_rlm takes more than {LIMIT_MS} ms")


if __name__ == "__main__":
    main()
