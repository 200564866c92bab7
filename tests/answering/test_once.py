"""What a question does once: a written program is read once, bounded once, and inputs are hashed once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm import RLM
from lambda_rlm.bounds import admit
from lambda_rlm.bounds.planner import choose as planner
from lambda_rlm.budget.budget import FREE_CHARACTERS, Budget
from lambda_rlm.execution import check
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values, gather
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.request import same_inputs
from lambda_rlm.synth.writing import Writing
from tests.answering.test_synthesize import ASKING, Root, leaf
from tests.support.answering import ask
from tests.support.asking import FakeModel

BIG = "Ann keeps bees. " * 5_000
WITH_A_CHOICE = 'chunk(context, auto) |> map(fn(c) => llm_call(f"Say it: {take(c, 50)}", out=9)) |> join("")'


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each pass went over a program."""
    counts: Counter[str] = Counter()

    def counted(module: Any, name: str) -> None:
        whole: Callable[..., Any] = getattr(module, name)

        def one(*arguments: Any, **named: Any) -> Any:
            counts[name] += 1
            return whole(*arguments, **named)

        monkeypatch.setattr(module, name, one)

    counted(check, "parse")
    counted(check, "infer")
    counted(admit, "analyse")
    counted(planner, "choose")
    return counts


def written(root: Root, **writing: Any) -> Run:
    setup: dict[str, Any] = {"root": root, "choice": "synth", "options": Options(key=b"key"), "writing": Writing(**writing)}
    return anyio.run(lambda: ask("What?", from_values({"context": BIG}), leaf(), Budget(), **setup))


def test_a_written_program_is_read_once_and_bounded_once(passes: Counter[str]) -> None:
    """To be accepted; the run takes over what was found then."""
    run = written(Root(ASKING))
    assert run.answer == "said" and run.synthesis is not None and run.synthesis.fallback is None
    assert passes == {"parse": 1, "infer": 1, "analyse": 1}


def test_a_slip_that_is_put_right_is_one_reading_more(passes: Counter[str]) -> None:
    run = written(Root(ASKING.replace("take(", "tak(")))
    assert run.answer == "said" and run.synthesis is not None and run.synthesis.calls == 1
    assert passes == {"parse": 2, "infer": 2, "analyse": 1}


def test_candidates_are_bounded_once_each(passes: Counter[str]) -> None:
    """Two programs are accepted, and both are run."""
    run = written(Root(ASKING, ASKING.replace("100", "90")), candidates=2)
    assert run.synthesis is not None and sum(tried.was_run for tried in run.synthesis.candidates) == 2
    assert passes == {"parse": 2, "infer": 2, "analyse": 2}


def test_the_program_of_each_round_is_bounded_once(passes: Counter[str]) -> None:
    run = written(Root(f"{ASKING} |> take(0)", ASKING.replace("100", "90")), rounds=2)
    assert run.synthesis is not None and run.synthesis.rounds == 2
    assert passes == {"parse": 2, "infer": 2, "analyse": 2}


def test_a_program_with_auto_is_read_once_and_planned_once(passes: Counter[str]) -> None:
    run = written(Root(WITH_A_CHOICE))
    assert run.ok and run.synthesis is not None and run.synthesis.fallback is None
    assert (passes["parse"], passes["infer"], passes["choose"]) == (1, 1, 1)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of what was hashed that is as long as the big input."""
    lengths: list[int] = []
    sha256 = hashlib.sha256

    def counting(data: bytes = b"", **named: Any) -> Any:
        if len(data) >= len(BIG):
            lengths.append(len(data))
        return sha256(data, **named)

    digest = gather._digest

    def digesting(value: Any, called: Any) -> gather.InputDigest:
        if len(value) >= len(BIG):
            lengths.append(len(value))
        return digest(value, called)

    monkeypatch.setattr(hashlib, "sha256", counting)
    monkeypatch.setattr(gather, "_digest", digesting)
    return lengths


@pytest.mark.parametrize("strategy", ["plan", "synth"])
@pytest.mark.parametrize("is_kept", [True, False])
def test_inputs_are_hashed_once_for_a_journal_and_not_without(
    hashed: list[int], tmp_path: Path, is_kept: bool, strategy: Any
) -> None:
    root = Root(ASKING)
    journal: Any = tmp_path / "j.sqlite3" if is_kept else False
    rlm = RLM(FakeModel("said"), root_model=root, strategy=strategy, task="search", journal=journal)
    assert rlm.ask("What?", context=BIG).answer == "said"
    assert len(hashed) == (1 if is_kept else 0)


def test_inputs_that_are_compared_and_then_kept_are_hashed_once(hashed: list[int], tmp_path: Path) -> None:
    rlm = RLM(FakeModel("said"), strategy="plan", task="search", journal=tmp_path / "j.sqlite3")
    rlm.ask("What?", context=BIG)
    hashed.clear()
    with Journal(tmp_path / "j.sqlite3") as journal:
        row = journal.run("last")
    inputs = from_values({"context": BIG})
    for one in (inputs, inputs.with_query("What?")):
        same_inputs(row, one)
    assert len(hashed) == 1


def test_a_written_program_has_the_memory_of_a_given_one() -> None:
    """Long inputs add to it, whoever wrote the program."""
    text = "word " * (2 * FREE_CHARACTERS // 5)
    program = 'let n = words(upper(context)) |> length;\nllm_call(f"Say it {n}", out=5)'
    budget = Budget(memory=4_500_000)
    written = anyio.run(
        lambda: ask("What?", from_values({"context": text}), leaf(), budget, root=Root(program), choice="synth")
    )
    assert written.ok and written.usage.live > budget.memory
