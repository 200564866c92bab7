"""The benchmarks against a perfect reader: the plans of the standard library answer exactly, within their bounds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm.bench.benchmarks import BENCHMARKS
from lambda_rlm.bench.folder import read_tasks
from lambda_rlm.bench.measure import TaskResult, Way, macro_average, measure, naive_calls, summaries
from lambda_rlm.bench.score import score
from lambda_rlm.bench.task import Task, length, tokens_of
from lambda_rlm.budget.budget import Budget
from lambda_rlm.execution.execute import Options
from lambda_rlm.inputs import InputProblem
from lambda_rlm.llm.simulated import Parameters, SimulatedModel
from lambda_rlm.llm.simulated_reader.key import key_of
from lambda_rlm.plan.router import Choice

SIZE = 8_192


def ask_all(tasks: Sequence[Task], model: SimulatedModel, task: str, strategy: Choice = "plan") -> list[TaskResult]:
    way = Way(strategy=strategy, task=task, budget=Budget(calls=500), options=Options(key=b"tests"))

    async def run() -> list[TaskResult]:
        return [one async for one in measure(tasks, model, way)]

    return anyio.run(run)


@pytest.mark.slow
@pytest.mark.parametrize("window", [8_192, 32_768])
@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_plan_over_a_perfect_reader_answers_exactly(name: str, window: int) -> None:
    """Where every leaf is right the answer is: what a plan gets wrong itself would show here. In the smaller window no text fits."""
    row = BENCHMARKS[name]
    asked = ask_all(row.make(SIZE, 4, 0), SimulatedModel(Parameters(window=window)), row.strategy)
    assert [(one.task.id, one.fault, one.score) for one in asked] == [(one.task.id, None, 1.0) for one in asked]
    for one in asked:
        assert one.bound is not None
        assert one.calls <= one.bound


@pytest.mark.parametrize("name", sorted(set(BENCHMARKS) - {"oolong_pairs"}))
def test_a_perfect_reader_answers_directly_too(name: str) -> None:
    """It is the measure that plans are held against. Pairs are left out: their list is longer than the reply may be."""
    row = BENCHMARKS[name]
    asked = ask_all(row.make(SIZE, 4, 1), SimulatedModel(Parameters()), row.strategy, "direct")
    assert [one.score for one in asked] == [1.0] * 4
    assert {one.calls for one in asked} == {1}


@pytest.mark.slow
def test_longer_prompts_hurt_a_direct_call_more_than_a_plan() -> None:
    row = BENCHMARKS["oolong"]
    model = SimulatedModel(Parameters(rho=0.6, k=1_000))
    tasks = row.make(SIZE, 8, 0)
    plan, direct = (sum(one.score for one in ask_all(tasks, model, row.strategy, way)) for way in ("plan", "direct"))
    assert plan > direct + 1


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_equal_seeds_make_equal_tasks_of_about_the_length_named(name: str) -> None:
    make = BENCHMARKS[name].make
    first, again, other = make(SIZE, 3, 0), make(SIZE, 3, 0), make(SIZE, 3, 1)
    assert [(t.question, t.gold, t.inputs()) for t in first] == [(t.question, t.gold, t.inputs()) for t in again]
    assert [(t.question, t.inputs()) for t in first] != [(t.question, t.inputs()) for t in other]
    context = first[0].inputs()["context"]
    text = context if isinstance(context, str) else "\n".join(row["text"] for row in context)
    assert 0.4 * SIZE < len(text) / 4.2 < 1.3 * SIZE


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_wrong_answer_does_not_score(name: str) -> None:
    """A scorer that gave points for anything would make every test here pass."""
    for task in BENCHMARKS[name].make(SIZE, 4, 0):
        assert score(task.gold, "not found") < 0.5


def test_needles_stand_all_over_the_text() -> None:
    tasks = BENCHMARKS["s_niah"].make(SIZE, 5, 0)
    places = [t.inputs()["context"].index(str(t.gold["answer"])) / len(t.inputs()["context"]) for t in tasks]
    assert places == sorted(places)
    assert places[0] < 0.25
    assert places[-1] > 0.75


def test_a_summary_is_a_mean_and_the_average_is_over_lengths() -> None:
    row = BENCHMARKS["s_niah"]
    tasks = [*row.make(2_048, 3, 0), *row.make(4_096, 1, 0)]
    asked = ask_all(tasks, SimulatedModel(Parameters(a0=0.0, price_in=1.0)), row.strategy)
    asked += ask_all(row.make(4_096, 1, 0), SimulatedModel(Parameters(price_in=1.0)), row.strategy)
    rows = summaries(asked)
    assert [(r.length, r.tasks, r.score) for r in rows] == [("2K", 3, 0.0), ("4K", 2, 50.0)]
    assert macro_average(rows) == 25.0
    assert all(r.usd is not None and r.usd > 0 for r in rows)


def test_naive_calls_are_one_for_each_piece_and_one_to_merge() -> None:
    assert [naive_calls("x" * n) for n in (0, 20_000, 20_001, 60_000)] == [1, 1, 3, 4]
    assert naive_calls([{"name": "", "text": "x" * 30_000}]) == 3


def test_lengths_have_names() -> None:
    assert [tokens_of(name) for name in ("8K", "1m", "500")] == [8192, 1_048_576, 500]
    assert length(131_072) == "128K"
    for wrong in ("", "K", "-8K", "8 KB", "0"):
        with pytest.raises(ValueError, match="is not a valid length"):
            tokens_of(wrong)


def folder(path: Path, rows: list[dict[str, Any]]) -> Path:
    (path / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


ROW = {"id": "a", "task": "t", "context_file": "a.txt", "question": "Who rang?", "answer": "clerk", "scorer": "contains"}


def test_tasks_of_a_folder_are_read_with_their_contexts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The clerk rang.", encoding="utf-8")
    documents = [{"doc_id": d, "title": d.upper(), "text": f"text {d}"} for d in "xyz"]
    (tmp_path / "docs.jsonl").write_text("".join(json.dumps(d) + "\n" for d in documents), encoding="utf-8")
    rows: list[dict[str, Any]] = [
        {**ROW, "nominal_length": 8192},
        {**ROW, "id": "b", "context_file": "docs.jsonl", "doc_subsets": {"2": ["z", "x"]}},
        {**ROW, "id": "c", "context_file": "recipe:later"},
    ]
    tasks, notes = read_tasks(folder(tmp_path, rows))
    assert [(t.id, t.length) for t in tasks] == [("a", "8K"), ("b", "2 documents"), ("b", "3 documents")]
    assert tasks[0].inputs() == {"context": "The clerk rang."}
    assert tasks[1].inputs() == {"context": [{"name": "Z", "text": "text z"}, {"name": "X", "text": "text x"}]}
    assert notes == ["task c skipped: later.txt not found"]
    key = key_of([{"question": ROW["question"], "evidence": [{"quote": "The clerk rang."}]}])
    assert ask_all(tasks[:1], SimulatedModel(Parameters(), key), "search", "direct")[0].score == 1


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match=r"no such file or folder: .*tasks.jsonl"):
        read_tasks(tmp_path)
    with pytest.raises(InputProblem, match="has no key 'scorer'"):
        read_tasks(folder(tmp_path, [{name: value for name, value in ROW.items() if name != "scorer"}]))
    (tmp_path / "tasks.jsonl").write_text("[]\n")
    with pytest.raises(InputProblem, match=r"line 1 of .* is not a JSON object"):
        read_tasks(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["search", "multi_hop", "answer", "extract"])
@pytest.mark.parametrize("window", [16_500, 32_768])
def test_a_piece_leaves_room_for_the_prompt_and_reply_of_a_plan(task: str, window: int) -> None:
    """A text longer than the window is cut as large as is sure to fit: a plan that asks for a longer reply than was left is refused."""
    tasks = BENCHMARKS["s_niah"].make(40_960, 1, 0)
    (asked,) = ask_all(tasks, SimulatedModel(Parameters(window=window)), task)
    assert (asked.fault, asked.score) == (None, 1.0)


WRONG: dict[str, dict[str, Any]] = {
    "a scorer that there is not": {"scorer": "vibes"},
    "a scorer that is no name": {"scorer": ["contains"]},
    "a gold that its scorer cannot read": {"scorer": "numeric_exact", "answer": "many"},
    "a length that is none": {"nominal_length": "long"},
    "a length without end": {"nominal_length": 1e999},
    "subsets that are none": {"context_file": "docs.jsonl", "doc_subsets": [1]},
    "a subset of documents that there are not": {"context_file": "docs.jsonl", "doc_subsets": {"1": ["z"]}},
    "documents without a name": {"context_file": "nameless.jsonl"},
    "a context elsewhere": {"context_file": "../secret.txt"},
    "a context further away": {"context_file": "../../secret.txt"},
    "a link to elsewhere": {"context_file": "link.txt"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_an_unusable_row_is_refused_before_the_first_task(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """Or a benchmark would end in the middle, paid for; and a folder from elsewhere would have any file sent to a model."""
    place = tmp_path / "outer" / "tasks"
    place.mkdir(parents=True)
    for path in (tmp_path / "secret.txt", tmp_path / "outer" / "secret.txt", place / "a.txt"):
        path.write_text("x")
    (place / "link.txt").symlink_to(tmp_path / "secret.txt")
    (place / "docs.jsonl").write_text('{"doc_id": "a", "text": "x"}\n')
    (place / "nameless.jsonl").write_text('{"text": "x"}\n')
    with pytest.raises(InputProblem):
        read_tasks(folder(place, [{**ROW, **wrong}]))


def test_a_context_may_be_in_a_folder_beside_the_tasks(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name)
    folder(tmp_path / "first", [ROW])
    tasks, _ = read_tasks(folder(tmp_path / "second", [{**ROW, "context_file": "../first/a.txt"}]))
    assert tasks[0].inputs() == {"context": "first"}


def test_ids_of_documents_may_be_numbers(tmp_path: Path) -> None:
    (tmp_path / "docs.jsonl").write_text('{"doc_id": 1, "text": "x"}\n{"doc_id": 2, "text": "y"}\n')
    tasks, _ = read_tasks(folder(tmp_path, [{**ROW, "context_file": "docs.jsonl", "doc_subsets": {"1": [2]}}]))
    assert tasks[0].inputs() == {"context": [{"name": "2", "text": "y"}]}
