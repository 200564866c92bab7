"""Questions that compute over tables and a log, by programs on record, on files that are smaller than those of `benchmarks/rows.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import anyio
import pytest

from lambda_rlm.answering.rounds.findings import findings
from lambda_rlm.inputs import from_arguments
from lambda_rlm.syntax.primitive import Primitive
from tests.support.computed_rows import MOST_CALLS, PROGRAMS, TASKS, Computed, asked, unexplained, write

pytestmark = pytest.mark.slow

SIZES: Final = {"orders": 1_500, "log": 3_000, "islands": 120}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rows")
    write(made, SIZES)
    return made


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_recorded_programs_answer_as_plain_python_does(task: Computed, folder: Path) -> None:
    run, root = anyio.run(asked, task, folder)
    assert root.lacks == []
    assert (run.route, run.fault, len(root.requests)) == ("synth", None, 1)
    assert task.is_right(run.answer, SIZES), (run.answer, task.right(SIZES))
    assert run.usage.calls <= MOST_CALLS
    assert findings(task.question, from_arguments([str(folder / task.file)]), run) == (), (
        "nothing speaks against a right answer"
    )


def test_every_program_on_record_has_its_question() -> None:
    assert {path.stem for path in PROGRAMS.glob("*.lam")} == {task.id for task in TASKS}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_no_program_is_given_where_the_page_lacks_a_name(task: Computed, folder: Path) -> None:
    """The reply depends on what was sent: without any one function or column of its own it is not there."""
    _, root = anyio.run(asked, task, folder)
    sent = "\n".join(message.content for message in root.requests[0].messages)
    used = [name for name in unexplained(task.program, "") if name in sent]
    assert set(used) & {primitive.value for primitive in Primitive}
    for name in used:
        assert unexplained(task.program, sent.replace(name, "…"))


def test_a_wrong_answer_is_not_taken_for_a_right_one() -> None:
    task = next(task for task in TASKS if task.id == "revenue")
    right = task.right(SIZES)
    assert task.is_right(" ".join(right), SIZES)
    assert not task.is_right(" ".join([*right[2:], *right[:2]]), SIZES)
    assert not task.is_right(" ".join(right).replace(right[1], right[1] + "0"), SIZES)
    assert not task.is_right(" ".join(right).replace(right[1], right[1] + ".5"), SIZES)
