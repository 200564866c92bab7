"""The benchmarks by name.

Owns the table: what each asks, how its tasks are made, and which strategy of the standard library its questions are for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lambda_rlm.bench.documents import multidoc
from lambda_rlm.bench.labelled import oolong, oolong_pairs
from lambda_rlm.bench.needles import s_niah, seq_niah
from lambda_rlm.bench.packages import codeqa
from lambda_rlm.bench.task import Task
from lambda_rlm.data_class import dataclass


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`make` creates a number of tasks of a length in tokens from a seed; `strategy` is the task name of the plan for them."""

    name: str
    about: str
    strategy: str
    make: Callable[[int, int, int], list[Task]]


BENCHMARKS: Final = {
    row.name: row
    for row in (
        Benchmark("s_niah", "find one sentence in a long text (after RULER)", "search", s_niah),
        Benchmark("oolong", "count and compare lines by labels that the model must infer (after OOLONG)", "aggregate", oolong),
        Benchmark(
            "oolong_pairs",
            "list all pairs of users whose lines meet a condition (after OOLONG-Pairs)",
            "pairwise",
            oolong_pairs,
        ),
        Benchmark("multidoc", "two-hop questions over a collection of documents", "multi_hop", multidoc),
        Benchmark("codeqa", "questions on classes, imports and functions of a package (after LongBench v2)", "answer", codeqa),
        Benchmark("seq_niah", "put scattered dated entries in order (after Sequential-NIAH)", "answer", seq_niah),
    )
}
