"""What a question does once: a program is read once, bounded once, its pure part computed once, and inputs are hashed once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm import RLM, Size
from lambda_rlm.bounds import admit
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.planner import choose as planner
from lambda_rlm.budget.budget import FREE_CHARACTERS, Budget
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.eval.staging import stage as staging
from lambda_rlm.execution.check import ANY_MODEL, check
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values, gather
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.request import same_inputs
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.syntax import parse as parsing
from lambda_rlm.syntax.parse import PROGRAMS_KEPT, parsed
from lambda_rlm.synth import task as task_shown
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types import infer as inference
from lambda_rlm.types.type import INT, TEXT, as_written, list_of, record_of
from tests.answering.test_synthesize import ASKING, Root, leaf
from tests.support.answering import ask
from tests.support.asking import FakeModel

BIG = "Ann keeps bees. " * 5_000
WITH_A_CHOICE = 'chunk(context, auto) |> map(fn(c) => llm_call(f"Say it: {take(c, 50)}", out=9)) |> join("")'


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each pass went over a program, from when none is remembered."""
    parsed.cache_clear()
    counts: Counter[str] = Counter()

    def counted(module: Any, name: str) -> None:
        whole: Callable[..., Any] = getattr(module, name)

        def one(*arguments: Any, **named: Any) -> Any:
            counts[name] += 1
            return whole(*arguments, **named)

        monkeypatch.setattr(module, name, one)

    counted(parsing, "parse")
    counted(inference, "infer")
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


def test_a_second_question_reads_no_plan_again(passes: Counter[str]) -> None:
    """The plan with the same numbers is the same over any text: what it costs depends on the text."""
    rlm = RLM(FakeModel("said"), strategy="plan", task="search", journal=False)
    assert rlm.ask("What?", context=BIG).answer == "said"
    first = Counter(passes)
    passes.clear()
    assert rlm.ask("Whom?", context=BIG.replace("Ann", "Bob")).answer == "said"
    assert first["infer"] == 1 and passes == {"analyse": 1}


def test_a_program_that_is_run_again_is_not_read_again(passes: Counter[str]) -> None:
    rlm = RLM(FakeModel("said"), journal=False)
    program = 'llm_call(f"Say it: {take(context, 50)}", out=9)'
    for number in range(3):
        assert rlm.run(program, context=f"text {number}").answer == "said"
    assert (passes["parse"], passes["infer"], passes["analyse"]) == (1, 1, 3)


def test_other_types_of_inputs_are_typed_anew(passes: Counter[str]) -> None:
    """Records that are equal as types may still be asked for and written in other ways."""
    orders = [record_of(name=TEXT, age=INT), record_of(age=INT, name=TEXT)]
    programs = [check("map(people, fn(one) => one.name)", {"people": list_of(one)}).typed for one in orders]
    shown = [None if one is None else as_written(one.inputs["people"]) for one in programs]
    assert shown == ["List[{ name: Text, age: Int }]", "List[{ age: Int, name: Text }]"]
    assert (passes["parse"], passes["infer"]) == (1, 2)


def test_a_bound_at_the_same_sizes_is_worked_out_once(passes: Counter[str]) -> None:
    """For the same budget and model: with a window, a budget or a size that is another, it is another bound."""
    program = 'chunk(context, auto) |> map(fn(c) => llm_call(f"Say it: {c}", out=9)) |> join("")'

    def bound(characters: int, window: int = 8_192, calls: int = 50) -> Bound:
        profile = replace(ANY_MODEL, window=window)
        prospect = check(program, {"context": Size(characters)}).prospect(Budget(calls=calls), profile)
        assert prospect is not None
        return prospect.bound

    once = bound(30_000)
    worked_out = passes["analyse"]
    assert bound(30_000) == once and passes["analyse"] == worked_out > 0
    others = [bound(60_000), bound(30_000, window=16_384), bound(30_000, calls=5)]
    assert passes["choose"] == 1 + len(others) and once not in others[:2]


def test_only_so_many_programs_are_remembered(passes: Counter[str]) -> None:
    for number in range(2 * PROGRAMS_KEPT):
        assert check(f"{number}", {}).ok
    assert parsed.cache_info().currsize == PROGRAMS_KEPT


def test_what_begins_as_likely_was_bounded_once(passes: Counter[str]) -> None:
    """Each size of the plan was refused as not proved before: its bound is not worked out again."""
    texts = "\n".join(f"line {number} of the text" for number in range(3_000))
    rlm = RLM(FakeModel("said"), strategy="plan", task="answer", journal=False, budget=Budget(calls=6))
    with pytest.raises(Rejected):
        rlm.ask("Why?", context=texts)
    assert passes["analyse"] == passes["infer"] > 1


def test_a_plan_that_stands_in_is_bounded_once(passes: Counter[str]) -> None:
    """To know that it fits, before it runs."""
    rlm = RLM(FakeModel("said"), root_model=Root("nonsense("), strategy="synth", task="search", journal=False)
    run = rlm.ask("What?", context=BIG)
    assert run.answer == "said" and run.synthesis is not None and run.synthesis.fallback is not None
    assert passes["analyse"] == 1


def test_what_a_vocabulary_counts_too_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other numbers are proved of the same values."""
    computed: Counter[bool] = Counter()
    compiler_of, in_tokens = vars(staging)["compiler_of"], provider_profile("openai/gpt-5-mini")
    program = """let words_of = words(context) |> filter(fn(word) => word != "and");
let shown = join(words_of, ", ");
llm_call(f"Say it: {shown}", out=9)"""
    checked = check(program, {"context": "some and other words", "query": "?"})
    for profile in (replace(in_tokens, vocabulary=None), in_tokens):
        is_in_tokens = profile.vocabulary is not None

        def counting(*arguments: Any, is_in_tokens: bool = is_in_tokens, **named: Any) -> Any:
            computed[is_in_tokens] += 1
            return compiler_of(*arguments, **named)

        monkeypatch.setattr(staging, "compiler_of", counting)
        prospect = checked.prospect(profile=profile)
        assert prospect is not None and (prospect.bound.counted_by != "bytes") == is_in_tokens
    assert computed[True] == computed[False] > 1


def test_what_an_author_sees_of_inputs_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: Counter[str] = Counter()
    shape = vars(task_shown)["shape"]

    def counting(name: str, *arguments: Any, **named: Any) -> Any:
        measured[name] += 1
        return shape(name, *arguments, **named)

    monkeypatch.setattr(task_shown, "shape", counting)
    run = written(Root(f"{ASKING} |> take(0)", ASKING), rounds=2)
    assert run.ok and measured["context"] == 1


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
