"""Kernels of the library against the same job in plain Python.

Run with `python benchmarks/library.py`. Figures are the least processor time of five rounds; memory is the peak traced in one more.
"""

from __future__ import annotations

import random
import re
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.library import IMPLEMENTATIONS
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.value import Document, Text, Value, span_of
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import INT, TEXT, Type

SIZE = 40_000_000
SHORT = 100_000
PATTERN = r"level=(ERROR|WARN) user \d+"
ROUNDS = 5


def function(primitive: Primitive, *parameters: Type, literals: tuple[object, ...] = ()) -> Callable[..., Value]:
    """The library's function, charged to an account that does not run out."""
    meter = Meter(Budget(fuel=10**15, memory=10**15))
    return IMPLEMENTATIONS[primitive](Site(primitive, parameters, TEXT, Span(0, 0), meter, literals))


def least(job: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        job()
        best = min(best, time.process_time() - start)
    return best * 1e3


def peak(job: Callable[[], object]) -> float:
    """Megabytes allocated at most."""
    tracemalloc.start()
    kept = job()
    size = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    del kept
    return size


def report(name: str, ours: Callable[[], object], plain: Callable[[], object]) -> None:
    a, b = least(ours), least(plain)
    print(f"{name:34} {a:9.2f} ms {peak(ours):8.1f} MB | Python {b:9.2f} ms {peak(plain):8.1f} MB | {a / b:6.2f}")


def corpus(size: int) -> str:
    draw = random.Random(1)
    row = "".join(
        f"2024-01-{draw.randint(1, 28):02} level={draw.choice(['ERROR', 'INFO', 'INFO'])} user {draw.randint(1, 9999)} did something\n"
        + ("\n" if draw.random() < 0.05 else "")
        for _ in range(20_000)
    )
    return (row * (size // len(row) + 1))[:size]


def main() -> None:
    s = corpus(SIZE)
    text = span_of(Document("context", s), 0, len(s))
    chunk = function(Primitive.CHUNK, TEXT, INT)
    report("chunk 40 MB into 20,000", lambda: chunk(text, 20_000), lambda: [s[i : i + 20_000] for i in range(0, SIZE, 20_000)])
    lines = function(Primitive.LINES, TEXT)
    report("lines of 40 MB", lambda: lines(text), lambda: s.split("\n"))
    short = lines(text.cut(0, SIZE // 4))[:SHORT]
    plain = [piece.s for piece in short]
    flat = [Text(line) for line in plain]
    for title, pattern in [("pattern", PATTERN), ("literal", "ERROR")]:
        matches = function(Primitive.MATCHES, TEXT, TEXT, literals=(None, pattern))
        found, given = re.compile(pattern).search, Text(pattern)
        for shape, rows in [("spans", short), ("flat", flat)]:
            report(
                f"matches a {title}, 10^5 {shape}",
                lambda rows=rows, matches=matches, given=given: [row for row in rows if matches(row, given)],
                lambda found=found: [row for row in plain if found(row)],
            )
    search = function(Primitive.SEARCH, TEXT, TEXT, literals=(None, PATTERN))
    part, ours = s[: SIZE // 10], text.cut(0, SIZE // 10)
    given = Text(PATTERN)
    report("search 4 MB", lambda: search(ours, given), lambda: list(re.finditer(PATTERN, part)))


if __name__ == "__main__":
    main()
