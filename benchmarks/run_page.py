"""How long the page of a run takes to make, and how large it is, by the number of calls: `python benchmarks/run_page.py [CALLS …]`.

Each call has a prompt and a reply of 3,000 characters, and the answer 50 passages. Prints seconds, size, and both as ratios to the
smallest run.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

from lambda_rlm.completion import Completion, Message, StopReason, Usage
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.journal.records import CallRow, ReplyRow, RunRow
from lambda_rlm.journal.report.linked import linked
from lambda_rlm.journal.report.page import page
from lambda_rlm.journal.report.run_report import RunReport, report

PROGRAM = 'words(context) |> map(fn(w) => llm_call(f"note {w}")) |> join(" ")'
WORDS = "The tenant pays the rent <on> the first day of each month. " * 51


def a_run(calls: int) -> RunReport:
    """A run of that many calls."""
    usage: dict[str, Any] = {"input_tokens": 3, "output_tokens": 1, "cached_tokens": 0, "usd": 0.5, "attempts": 1}
    source = SourceFile("program", PROGRAM)
    rows = [
        CallRow(
            0, n, (n,), f"d{n}", "m", (31, 52), None, 9, (("context", n, n + 9),), 0.0, 0.1, "replied", usage,
            program=source.digest, last=f"d{n}",
        )
        for n in range(calls)
    ]  # fmt: skip
    replies = [
        ReplyRow((0, "p", n, f"[{n}]"), f"d{n}", Completion(WORDS, Usage(3, 1, cost=0.5), StopReason.STOP, "m"))
        for n in range(calls)
    ]
    evidence = [{"input": "context", "start": n, "end": n + 5, "words": f"rent of {n}", "call": n} for n in range(50)]
    part = {"name": "context", "type": "Text", "characters": 10_000, "sha256": "0" * 64}
    what = {"kind": "ask", "query": "What is paid?", "inputs": [part], "settings": {}}
    answer = " ".join(f"The rent is {n}." for n in range(50))
    outcome = {"ok": True, "answer": answer, "program": PROGRAM, "route": "plan", "evidence": evidence}
    return report(RunRow("01M", 0.0, 1.0, "answered", "me", 0, what, outcome), rows, [source], replies)


def main(sizes: list[int]) -> None:
    """Measure runs of these numbers of calls."""
    first: tuple[float, int] | None = None
    print(f"{'calls':>7} {'seconds':>8} {'MB':>6} {'time':>6} {'size':>6}")
    for calls in sizes:
        details = a_run(calls)
        prompts = {f"d{n}": (Message("user", WORDS),) for n in range(calls)}
        began = perf_counter()
        text = page(details, linked(details, prompts, {"context": WORDS}))
        seconds = perf_counter() - began
        first = first or (seconds, len(text))
        print(f"{calls:>7,} {seconds:>8.2f} {len(text) / 1e6:>6.1f} {seconds / first[0]:>5.1f}× {len(text) / first[1]:>5.1f}×")


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]] or [50, 500, 5_000, 50_000])
