"""Pure programs against the same job in plain Python functions, with metering on.

`python benchmarks/pure.py` prints milliseconds of processor time, the median of five runs of each side taken in turns, and the
ratio; it fails when a ratio, or the time or storage of cutting a long text, is over its limit.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.bounds.admit import defer  # noqa: E402
from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.budget.meter import Meter  # noqa: E402
from lambda_rlm.completion import ModelProfile  # noqa: E402
from lambda_rlm.diagnostics.source import SourceFile  # noqa: E402
from lambda_rlm.eval.evaluate import evaluate_pure  # noqa: E402
from lambda_rlm.eval.plain import to_value  # noqa: E402
from lambda_rlm.syntax.parse import parse  # noqa: E402
from lambda_rlm.types.infer import infer  # noqa: E402
from lambda_rlm.types.parse_type import parse_type  # noqa: E402

RUNS = 5
BUDGET = Budget(fuel=10**10, memory=10**11)
PROFILE = ModelProfile(name="none", window=32_768, max_output=4_096)
RANDOM = Random(1)
WORDS = ["alpha", "beta", "gamma", "delta", "2024-01-02", "ERROR", "warn", "user:", "123", "foo", "bar", "Oslo"]
PATTERN = r"\d{4}-\d{2}-\d{2} ERROR"

Job = Callable[[], Any]


def program(text: str, types: Mapping[str, str], data: Mapping[str, Any]) -> Job:
    """A job that admits and evaluates a checked program; its inputs are made once."""
    shown = {name: parse_type(type_) for name, type_ in types.items()}
    typed = infer(parse(SourceFile("benchmark", text)), shown)
    values = {name: to_value(data[name], type_, name, Meter(BUDGET), []) for name, type_ in shown.items()}
    values["query"] = to_value("q", parse_type("Text"), "query", Meter(BUDGET), [])

    def job() -> Any:
        return evaluate_pure(defer(typed, BUDGET, PROFILE), values, Meter(BUDGET))

    return job


def once(job: Job) -> float:
    started = time.process_time()
    job()
    return (time.process_time() - started) * 1_000


def compare(name: str, limit: float, ours: Job, plain: Job) -> bool:
    """Prints one row; whether the ratio is within its limit."""
    assert ours() == plain(), name
    rows = [(once(ours), once(plain)) for _ in range(RUNS)]
    mine, theirs = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{name:44} {mine:8.1f} ms {theirs:8.1f} ms  ratio {mine / theirs:5.2f}  limit {limit:g}", flush=True)
    return mine / theirs <= limit


def folds() -> bool:
    numbers = list(range(10**6))

    def plain(step: Callable[[int, int], int]) -> Job:
        def job() -> int:
            total = 0
            for number in numbers:
                total = step(total, number)
            return total

        return job

    def ours(text: str) -> Job:
        return program(text, {"xs": "List[Int]"}, {"xs": numbers})

    return all([
        compare("fold, a + x", 4, ours("fold(xs, 0, fn(a, x) => a + x)"), plain(lambda a, x: a + x)),
        compare("fold, (a + x) % 1000", 4, ours("fold(xs, 0, fn(a, x) => (a + x) % 1000)"), plain(lambda a, x: (a + x) % 1000)),
        compare(
            "fold with a choice", 4,
            ours("fold(xs, 0, fn(a, x) => if x % 2 == 0 then a + x else a - 1)"),
            plain(lambda a, x: a + x if x % 2 == 0 else a - 1),
        ),
    ])  # fmt: skip


def texts() -> bool:
    lines = [" ".join(RANDOM.choices(WORDS, k=12)) for _ in range(10**5)]

    def plain() -> int:
        engine = re.compile(PATTERN)
        return len(list(filter(lambda t: engine.search(t) is not None, map(lambda t: t[:60], lines))))  # noqa: C417

    ours = program(
        f'map(ts, fn(t) => take(t, 60)) |> filter(fn(t) => matches(t, r"{PATTERN}")) |> length',
        {"ts": "List[Text]"},
        {"ts": lines},
    )
    return compare("map and regex filter, 100,000 texts", 1.5, ours, plain)


def crosses() -> bool:
    left, right = list(range(2_000)), list(range(2_000))
    ours = program(
        "filter(cross(a, b), fn(p) => p.first + p.second == 1999) |> length",
        {"a": "List[Int]", "b": "List[Int]"},
        {"a": left, "b": right},
    )
    return compare(
        "filter over a cross product of 2,000 x 2,000",
        10,
        ours,
        lambda: len([(x, y) for x in left for y in right if x + y == 1999]),
    )


def plain_chunk(text: str, most: int) -> int:
    """Cut after the last paragraph, line, sentence or word in the last eighth, as a person would write it."""
    pieces, at = [], 0
    while at < len(text):
        end = min(at + most, len(text))
        if end < len(text):
            for mark in ("\n\n", "\n", ". ", " "):
                found = text.rfind(mark, end - most // 8, end)
                if found >= 0:
                    end = found + len(mark)
                    break
        pieces.append(text[at:end])
        at = end
    return len(pieces)


def chunks() -> bool:
    paragraph = "The quick brown fox jumps over the lazy dog. It was late.\n" * 10 + "\n"
    book = paragraph * (40_000_000 // len(paragraph))
    ours = program("chunk(context, 20000) |> length", {"context": "Text"}, {"context": book})
    is_fast = compare("chunk of 40 MB", 1.1, ours, lambda: plain_chunk(book, 20_000))
    tracemalloc.start()
    ours()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    spent = once(ours)
    print(f"{'chunk of 40 MB, above the text':44} {spent:8.1f} ms, limit 100 ms {peak / 1e6:8.1f} MB, limit 20 MB")
    return is_fast and spent < 100 and peak < 20_000_000


def main() -> int:
    results = [folds(), texts(), crosses(), chunks()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
