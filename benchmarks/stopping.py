"""Attacks on the meter, each with a deadline of two seconds: what is charged, what it takes, and when it has ended.

`python benchmarks/stopping.py` prints for each program seconds until its end, steps and bytes charged and growth of the process; it
fails where one ends more than a second after its deadline. Each runs in a process of its own.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import anyio  # noqa: E402

from lambda_rlm.bounds.admit import defer  # noqa: E402
from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.diagnostics.source import SourceFile  # noqa: E402
from lambda_rlm.execution.execute import Options, execute  # noqa: E402
from lambda_rlm.syntax.parse import parse  # noqa: E402
from lambda_rlm.types.infer import infer  # noqa: E402
from lambda_rlm.types.parse_type import parse_type  # noqa: E402
from tests.support.adversarial import PROFILE, colliding  # noqa: E402
from tests.support.asking import FakeModel  # noqa: E402

SECONDS = 2.0
LATE = 1.0
BUDGET = Budget(seconds=SECONDS, fuel=10**12, memory=10**12, tokens=10**12)
"""Steps and bytes without a limit worth the name: the deadline alone ends a program."""

LONG = 20_000_000

ATTACKS: dict[str, tuple[str, dict[str, str], Any, str]] = {
    "matches, nine options": (
        'count(range(0, 1000000), fn(i) => matches(t, "' + "[ab]?" * 9 + '[cd]"))', {"t": "Text"}, lambda: {"t": "ab" * 268}, "",
    ),
    "matches, a text of 20 MB": ('matches(t, r"(?:a|b)*a(?:a|b){40}c")', {"t": "Text"}, lambda: {"t": "ab\n" * (LONG // 3)}, ""),
    "matches, one line of 20 MB": ('matches(t, r"(?:a|b)*a(?:a|b){40}c")', {"t": "Text"}, lambda: {"t": "ab" * (LONG // 2)}, ""),
    "compiling many patterns": (
        'count(range(0, 100000), fn(i) => matches("ab", to_text(i) ++ r"\\pL{40}"))', {}, dict, "",
    ),
    "a pattern of a huge program": (r'matches("ab", r"(?i)\pL{200}\pN{200}")', {}, dict, ""),
    "contains, short texts": (
        "count(range(0, 1000000), fn(i) => contains(t, p))", {"t": "Text", "p": "Text"},
        lambda: {"t": "a" * 2_600, "p": "a" * 1_297 + "ba"}, "",
    ),
    "contains, long texts": (
        "contains(t, p)", {"t": "Text", "p": "Text"}, lambda: {"t": "a" * LONG, "p": "a" * (LONG - 3_000) + "ba"}, "",
    ),
    "replace, 20 MB": ('length(replace(t, "ab", "abc")) > 0', {"t": "Text"}, lambda: {"t": "ab" * (LONG // 2)}, ""),
    "unique, equal hashes": (
        "length(unique(rs)) > 0", {"rs": "List[{ a: Int, b: Int }]"}, lambda: {"rs": colliding(20_000)}, "",
    ),
    "group_by, equal hashes": (
        "length(group_by(rs, fn(r) => r)) > 0", {"rs": "List[{ a: Int, b: Int }]"}, lambda: {"rs": colliding(20_000)}, "",
    ),
    "rank, 10 M characters": ('length(rank([t], "中文", 9)) > 0', {"t": "Text"}, lambda: {"t": "中文" * 5_000_000}, ""),
    "similarity": ("similarity(t, t ++ t) > 0.0", {"t": "Text"}, lambda: {"t": "ab" * 100_000}, ""),
    "sort, long texts": (
        "length(sort_by(ts, fn(t) => t)) > 0", {"ts": "List[Text]"},
        lambda: {"ts": ["a" * 2_000 + str(i) for i in range(10_000)]}, "",
    ),
    "a loop over pairs": ("count(cross(range(0, 30000), range(0, 30000)), fn(p) => p.first == p.second) > 0", {}, dict, ""),
    "a reply of 720 quotes": (
        "length(llm_call[List[Quote]](t, out=100000)) > 0", {"t": "Text"},
        lambda: {"t": " ".join(f"word{i % 1009}" for i in range(22_000))},
        json.dumps([" ".join(f"word{(i * 7 + j) % 1009}" for j in range(12)) + (" x" if i % 2 else "") for i in range(720)]),
    ),
    "a reply of nested lists": ("length(llm_call[List[Int]](t, out=100000)) > 0", {"t": "Text"}, lambda: {"t": "x"}, "['" * 49_000),
}  # fmt: skip


def attack(name: str, told: Any) -> None:
    program, types, inputs, reply = ATTACKS[name]
    shown = {"query": parse_type("Text"), **{name: parse_type(type_) for name, type_ in types.items()}}
    admitted = defer(infer(parse(SourceFile("attack", program)), shown), BUDGET, PROFILE)
    values = {"query": "", **inputs()}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    ran = anyio.run(partial(execute, admitted, values, FakeModel(reply, PROFILE), options=Options(key=b"key")))
    seconds = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    told.send((seconds, ran.usage.steps, ran.usage.bytes, grown, ran.fault.code if ran.fault is not None else "a value"))


def main() -> int:
    print("| program | ends after | steps | bytes | memory | with |\n|---|---|---|---|---|---|")
    context, is_good = multiprocessing.get_context("spawn"), True
    for name in ATTACKS:
        ours, theirs = context.Pipe()
        process = context.Process(target=attack, args=(name, theirs))
        process.start()
        seconds, steps, size, grown, end = ours.recv()
        process.join()
        print(f"| {name} | {seconds:.1f} s | {steps:,} | {size:,} | +{grown} MB | {end} |", flush=True)
        is_good = is_good and seconds < SECONDS + LATE
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
