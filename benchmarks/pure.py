"""Pure programs against the same job in plain Python functions, with metering on.

`python benchmarks/pure.py` prints milliseconds of processor time, the median of five runs of each side taken in turns, and the
ratio. It fails when a ratio, or the time or storage of cutting a long text, is over its limit, or when the median is.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from kernels import KERNELS  # noqa: E402

from lambda_rlm.bounds.admit import defer  # noqa: E402
from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.budget.meter import Meter  # noqa: E402
from lambda_rlm.completion import ModelProfile  # noqa: E402
from lambda_rlm.diagnostics.source import SourceFile  # noqa: E402
from lambda_rlm.eval.compile.assembly import compile_program  # noqa: E402
from lambda_rlm.eval.compile.closures.collector import resting  # noqa: E402
from lambda_rlm.eval.compile.stack import in_one_room  # noqa: E402
from lambda_rlm.eval.plain import to_value  # noqa: E402
from lambda_rlm.syntax.parse import parse  # noqa: E402
from lambda_rlm.types.infer import infer  # noqa: E402
from lambda_rlm.types.parse_type import parse_type  # noqa: E402

RUNS = 5
BUDGET = Budget(fuel=10**10, memory=10**11)
PROFILE = ModelProfile(name="none", window=32_768, max_output=4_096)
MEDIAN = 5
"""The median of all ratios may be this; the aim is 2.5."""

Job = Callable[[], Any]


def program(text: str, types: Mapping[str, str], data: Mapping[str, Any]) -> Job:
    """A job that compiles and evaluates a checked program as a run does; its inputs are made and measured once."""
    shown = {name: parse_type(type_) for name, type_ in types.items()}
    typed = infer(parse(SourceFile("benchmark", text)), shown)
    values = {name: to_value(data[name], type_, name, Meter(BUDGET), []) for name, type_ in shown.items()}
    values["query"] = to_value("q", parse_type("Text"), "query", Meter(BUDGET), [])

    admitted = defer(typed, BUDGET, PROFILE)

    def job() -> Any:
        meter = Meter(BUDGET)
        code, frame, stack = compile_program(admitted, values, meter, None)
        stack.left -= code.need
        with resting():
            return in_one_room(code.run, frame)

    return job


def once(job: Job) -> float:
    started = time.process_time()
    job()
    return (time.process_time() - started) * 1_000


def compare(name: str, limit: float, ours: Job, plain: Job) -> float:
    """Prints one row; the ratio."""
    value = ours()
    assert getattr(value, "s", value) == plain(), name
    rows = [(once(ours), once(plain)) for _ in range(RUNS)]
    mine, theirs = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{name:44} {mine:8.1f} ms {theirs:8.1f} ms  ratio {mine / theirs:5.2f}  limit {limit:g}", flush=True)
    return mine / theirs


def kernels() -> bool:
    """All kernels of `kernels`; whether each is within its limit, and the median within `MEDIAN`."""
    ratios = []
    is_fast = True
    for kernel in KERNELS:
        ours = program(kernel.text, kernel.types, kernel.data)
        ratio = compare(kernel.name, kernel.limit, ours, partial(kernel.plain, *kernel.data.values()))
        ratios.append(ratio)
        is_fast = is_fast and ratio <= kernel.limit
    median = statistics.median(ratios)
    print(f"{'median':44} {'':27} ratio {median:5.2f}  limit {MEDIAN:g}")
    return is_fast and median <= MEDIAN


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
    is_fast = compare("chunk of 40 MB", 1.1, ours, lambda: plain_chunk(book, 20_000)) <= 1.1
    tracemalloc.start()
    ours()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    spent = once(ours)
    print(f"{'chunk of 40 MB, above the text':44} {spent:8.1f} ms, limit 100 ms {peak / 1e6:8.1f} MB, limit 20 MB")
    return is_fast and spent < 100 and peak < 20_000_000


def main() -> int:
    results = [kernels(), chunks()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
