"""The programs on record for the six benchmarks are accepted, answer as well as the plans, and ask no more than they were proved to."""

from __future__ import annotations

import anyio
import pytest

from benchmarks.against_plans import program, took
from lambda_rlm.bench.benchmarks import BENCHMARKS
from lambda_rlm.llm.simulated import SimulatedModel
from tests.support.computed_rows import unexplained

SIZE = 2_048
LIMIT = 8


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_program_on_record_answers_a_small_task(name: str) -> None:
    for task in BENCHMARKS[name].make(SIZE, LIMIT, 0)[: 3 if name in {"s_niah", "multidoc", "seq_niah"} else LIMIT]:
        one = anyio.run(took, task, "program", SimulatedModel.named("sim:"))
        assert one.score == 100.0, task.question
        assert one.calls <= one.bound, task.id
        assert one.tokens <= one.bound_tokens
        assert one.writing > 0


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_wording_of_a_benchmark_has_a_program(name: str) -> None:
    for task in BENCHMARKS[name].make(SIZE, 28, 0):
        text = program(name, task.question)
        assert "<<" not in text
        assert unexplained(text, "")


def test_another_question_has_no_program() -> None:
    with pytest.raises(LookupError, match="no program is on record"):
        program("oolong", "How many lines are blue?")
