"""Parse and type check, after warm-up: the programs of tests/conformance/programs, and programs of 30 and 300 lines.

`python benchmarks/check.py` prints for each the lines, milliseconds of parsing and of inference (the best of several runs), and
fails when a program of 30 lines takes 10 ms or one of 300 lines 100 ms.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.diagnostics.source import SourceFile  # noqa: E402
from lambda_rlm.syntax.parse import parse  # noqa: E402
from lambda_rlm.types.infer import infer  # noqa: E402
from lambda_rlm.types.parse_type import parse_type  # noqa: E402
from lambda_rlm.types.type import Type  # noqa: E402

RUNS = 15
LIMITS = {30: 10.0, 300: 100.0}
LINES = (
    "def pick{n}(t) = take(t, 80);",
    "let kept{n} = lines(context);",
    "let count{n} = length(kept{n});",
    'let shown{n} = f"{{count{n}}}: {{query}}";',
    "let first{n} = kept{n} |> first;",
)
"""Short ones: a program has at most 2,000 parts, so that one of 300 lines has six or seven to a line."""


def best(job: Callable[[], object]) -> float:
    """Milliseconds of processor time of the fastest of several runs."""
    fastest = float("inf")
    for _ in range(RUNS):
        started = time.process_time()
        job()
        fastest = min(fastest, time.process_time() - started)
    return fastest * 1_000


def sized(lines: int) -> str:
    """A program of a number of lines."""
    return "\n".join(LINES[n % len(LINES)].format(n=n // len(LINES)) for n in range(lines - 1)) + "\ncount0"


def measure(name: str, text: str, inputs: dict[str, Type]) -> float:
    """Prints one row; gives parse and inference together, in milliseconds."""
    source = SourceFile(name, text)
    program = parse(source)
    parsing = best(lambda: parse(source))
    inference = best(lambda: infer(program, inputs))
    print(f"{name:28} {text.count(chr(10)) + 1:4} lines  parse {parsing:6.2f} ms  infer {inference:6.2f} ms")
    return parsing + inference


def main() -> int:
    """Measure everything; 1 when a limit is broken."""
    for path in sorted((ROOT / "tests" / "conformance" / "programs").glob("*.lam")):
        text = path.read_text(encoding="utf-8")
        declared = re.findall(r"^# input (\w+): (.*)$", text, re.MULTILINE)
        measure(path.stem, text, {name: parse_type(shown) for name, shown in declared})
    slow = [
        lines
        for lines, most in LIMITS.items()
        if measure(f"{lines} lines", sized(lines), {"context": parse_type("Text")}) > most
    ]
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
