"""The bound of a program on the inputs that `check` was given: before anything is paid, as the run would find it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

import lambda_rlm
from lambda_rlm import Budget, LimitExceeded, Rejected, Run, Size, check
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution import prospect as prospects
from lambda_rlm.execution.check import ANY_MODEL
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.types.parse_type import parse_type

PROFILE = ModelProfile(name="openai/gpt-4o", window=50_000, max_output=4_000, input_price=1e-6, output_price=2e-6)
PIECES = "chunk(context, 1000) |> map(fn(p) => llm_call(p, out=50)) |> join(query)"
LATE = 'rows |> filter(fn(r) => r.days > 30) |> map(fn(r) => llm_call(f"Why is {r.name} late?", out=20)) |> join("; ")'
ROWS: list[dict[str, Any]] = [{"name": f"order {n}", "days": n % 40} for n in range(400)]
DOCUMENTS = 'docs |> map(fn(d) => llm_call(f"{d.name}: {d.text}", out=20)) |> join("; ")'


def ran(admitted: Any, inputs: dict[str, Any]) -> Run:
    model = ScriptedModel.from_rules([("", "r")], PROFILE)
    query = inputs.get("query", "")
    return anyio.run(lambda: lambda_rlm.run(admitted, {k: v for k, v in inputs.items() if k != "query"}, model, query=query))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    for n in range(3):
        (tmp_path / "docs" / f"{n}.txt").write_text(f"Ann keeps bees. {n} " * (n + 1))
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    (tmp_path / "rows.csv").write_text("name,days\n" + "\n".join(f"{row['name']},{row['days']}" for row in ROWS))
    (tmp_path / "text.txt").write_text("On evening 7 the keeper wrote. " * 300)
    return tmp_path


CASES: dict[str, tuple[str, dict[str, Any], int]] = {
    "text": (PIECES, {"context": "Ann keeps bees. " * 500, "query": "; "}, 9),
    "wide text": (PIECES, {"context": "漢字かな" * 500, "query": "; "}, 2),
    "list of texts": ('docs |> map(fn(d) => llm_call(d, out=9)) |> join("")', {"docs": ["a", "ä" * 80, "c"]}, 3),
    "rows": (LATE, {"rows": ROWS}, 90),
    "tuple of rows": (LATE, {"rows": tuple(ROWS)}, 90),
    "documents": (DOCUMENTS, {"docs": [{"name": "a", "text": "x" * 90}, {"name": "b", "text": ""}]}, 2),
    "record": ('llm_call(f"{one.title}")', {"one": {"title": "t", "tags": ["a"]}}, 1),
    "nothing": ('docs |> map(fn(d) => llm_call(d, out=9)) |> join("")', {"docs": []}, 0),
    "files": (DOCUMENTS, {"docs": Path("docs")}, 3),
    "JSON Lines": (LATE, {"rows": Path("rows.jsonl")}, 90),
    "CSV": (LATE, {"rows": Path("rows.csv")}, 90),
    "file": (
        "chunk(text, 1000) |> map(fn(p) => llm_call(p, out=9)) |> join(query)",
        {"text": Path("text.txt"), "query": ""},
        10,
    ),
    "two": ("llm_call(f'{query} {head}') ++ llm_call(tail)".replace("'", '"'), {"head": "a", "tail": "b", "query": "q"}, 2),
    "no model": ("length(context)", {"context": "abc"}, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_that_of_the_run_for_every_kind_of_input(case: str, folder: Path) -> None:
    program, given, calls = CASES[case]
    inputs = {name: folder / value if isinstance(value, Path) else value for name, value in given.items()}
    checked = check(program, inputs)
    bound, admitted = checked.bound, checked.admit(None, PROFILE)
    assert bound is not None and admitted.bound is not None
    run = ran(admitted, inputs)
    assert run.bound is not None
    assert bound.calls == admitted.bound.calls == run.bound.calls == calls
    for name in ("attempts", "span", "prompt_chars", "input_tokens", "output_tokens", "usd", "depth"):
        mine, its = getattr(admitted.bound, name), getattr(run.bound, name)
        assert mine == its or (mine is not None and its is not None and mine >= its), name
    assert bound.usd is None or calls == 0, "with no model named there is no price"


def test_check_computes_nothing_that_nobody_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = prospects.foresee

    def watched(*given: Any, **options: Any) -> Any:
        asked.append(given)
        return real(*given, **options)

    monkeypatch.setattr(prospects, "foresee", watched)
    checked = check(PIECES, {"context": "a" * 5_000, "query": ""})
    assert asked == []
    assert checked.bound is checked.bound and len(asked) == 1


def test_without_a_profile_it_is_for_a_small_model() -> None:
    text = "one line of a book\n" * 5_000
    program = 'chunk(context, auto) |> map(fn(p) => llm_call(p, out=50)) |> join("")'
    checked = check(program, {"context": text})
    small = checked.prospect(None, ANY_MODEL)
    assert small is not None and checked.bound == small.bound and checked.bound.usd is None
    wide = checked.admit(None, ModelProfile(name="wide", window=1_000_000, max_output=4_000))
    assert wide.bound is not None and wide.bound.calls is not None and checked.bound.calls is not None
    assert wide.bound.calls == 1 < checked.bound.calls


@pytest.mark.parametrize(
    ("program", "budget", "profile", "said", "place"),
    [
        (PIECES, Budget(calls=10), PROFILE, "100 model calls, but the budget is 10", "llm_call(p"),
        (PIECES, Budget(tokens=10_000), PROFILE, "tokens, but the budget is 10,000", "llm_call(p"),
        (PIECES, Budget(usd=0.000_1), PROFILE, "but the budget is $0.00010", "llm_call(p"),
        ("llm_call(context)", Budget(), PROFILE, "guaranteed to fit the context window", "llm_call(context"),
        (PIECES, Budget(calls=10), None, "100 model calls, but the budget is 10", "llm_call(p"),
    ],
)
def test_what_does_not_fit_is_rejected_with_its_place(
    program: str, budget: Budget, profile: ModelProfile | None, said: str, place: str
) -> None:
    checked = check(program, {"context": "a" * (100_000 if program == PIECES else 400_000), "query": ""})
    with pytest.raises(Rejected) as caught:
        checked.admit(budget, *([] if profile is None else [profile]))
    (found,) = caught.value.diagnostics
    assert said in found.message
    assert checked.source.text[found.primary.start :].startswith(place)


def test_without_a_profile_only_calls_are_refused() -> None:
    text = "one line of a book\n" * 5_000
    tight = Budget(calls=5, tokens=90_000, usd=0.0)
    for program in ("llm_call(context)", 'chunk(context, auto) |> map(fn(p) => llm_call(p, out=50)) |> join("")'):
        admitted = check(program, {"context": text}).admit(tight)
        assert admitted.bound is not None and admitted.bound.tokens is not None and admitted.bound.tokens > tight.tokens
    wide = ModelProfile(name="wide", window=1_000_000, max_output=4_000, input_price=0.0, output_price=0.0)
    model = ScriptedModel.from_rules([("", "r")], wide)
    admitted = check("llm_call(context)", {"context": text}).admit(Budget(calls=1))
    run = anyio.run(lambda: lambda_rlm.run(admitted, {"context": text}, model))
    assert run.ok and run.usage.calls == 1


def test_what_needs_no_reply_is_computed_first() -> None:
    checked = check(LATE, {"rows": ROWS})
    assert checked.bound is not None and checked.bound.calls == sum(row["days"] > 30 for row in ROWS) == 90
    by_type = check(LATE, {"rows": checked.inputs["rows"]})
    assert by_type.bound is None


def test_a_question_that_is_not_given_counts_where_it_is_used() -> None:
    text = "a" * 3_000
    used, unused = 'llm_call(f"{query} {context}")', 'llm_call(f"Sum up {context}")'
    known = check(used, {"context": text, "query": "Who?"}).bound
    assumed = check(used, {"context": text}).bound
    assert known is not None and assumed is not None
    assert assumed.prompt_chars == 2_000 + 1 + 3_000 and known.prompt_chars == 4 + 1 + 3_000
    without, with_one = check(unused, {"context": text}), check(unused, {"context": text, "query": "Who?"})
    assert without.bound == with_one.bound
    shadowed = check('let query = "x"; llm_call(f"{query} {context}")', {"context": text})
    assert shadowed.bound is not None and shadowed.bound.prompt_chars == 1 + 1 + 3_000


def test_without_its_question_nothing_on_data_is_refused() -> None:
    program = "lines(context) |> filter(fn(l) => contains(l, query)) |> map(fn(l) => llm_call(l, out=9)) |> length"
    text = "\n".join(f"line {n}" for n in range(100))
    admitted = check(program, {"context": text}).admit(Budget(calls=5), PROFILE)
    assert admitted.bound is not None and admitted.bound.calls == 100
    run = ran(admitted, {"context": text, "query": "e 77"})
    assert run.ok and run.usage.calls == 1
    known = check(program, {"context": text, "query": "line"})
    with pytest.raises(Rejected, match="100 model calls"):
        known.admit(Budget(calls=5), PROFILE)


def test_data_and_sizes_may_be_mixed() -> None:
    program = (
        'let late = filter(rows, fn(r) => r.days > 30); late |> map(fn(r) => llm_call(f"{r.name} {notes}", out=9)) |> join("")'
    )
    checked = check(program, {"rows": ROWS, "notes": Size(1_000)})
    assert checked.bound is not None and checked.bound.calls == 90, "the rows are gone through, whatever the notes are"
    assert checked.bound.prompt_chars == len("order 399 ") + 1_000
    admitted = checked.admit(Budget(calls=90), PROFILE)
    assert set(admitted.sizes) == {"notes"}
    run = ran(admitted, {"rows": ROWS, "notes": "n" * 1_000})
    assert run.ok and run.bound is not None and run.bound.calls == 90


def test_there_is_none_where_nothing_can_be_said() -> None:
    assert check(PIECES).bound is None
    assert check(PIECES, {"context": parse_type("Text")}).bound is None
    assert check("let x = ;", {"context": "text"}).bound is None
    assert check(PIECES, {"context": parse_type("Text")}).admit(Budget(calls=1)).bound is None


def test_a_limit_met_before_the_first_call_is_left_to_the_run() -> None:
    inputs = {"context": "ä漢" * 100_000, "query": ""}
    checked = check("llm_call(join([context, context], query) |> take(9))", inputs)
    tight = Budget(memory=1_000, memory_per_character=0)
    assert checked.bound is not None and checked.bound.calls == 1
    checked = check("llm_call(join([context, context], query))", inputs)
    admitted = checked.admit(tight, replace(PROFILE, window=10_000_000))
    assert admitted.bound is None
    with pytest.raises(LimitExceeded, match="bytes held in memory"):
        ran(admitted, inputs)


def test_data_that_changes_after_the_check_changes_nothing() -> None:
    rows = [dict(row) for row in ROWS]
    checked = check(LATE, {"rows": rows})
    rows.clear()
    assert checked.bound is not None and checked.bound.calls == 90
