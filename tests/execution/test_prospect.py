"""What a run would cost, through the library: declared sizes, admission by them, likely figures, rejections as three renderings."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

import lambda_rlm
from lambda_rlm import Budget, Rejected, Run, Size
from lambda_rlm.bounds.admit import Bounded, refusals
from lambda_rlm.bounds.declared import excess
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.diagnostics.render import as_json
from lambda_rlm.diagnostics.render import model as for_model
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.inputs import InputProblem
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.tokens import bytes_per_token
from tests.support.plain_text import human

PIECES = "chunk(context, 1000) |> map(fn(p) => llm_call(p, out=50)) |> join(query)"
PROFILE = ModelProfile(name="openai/gpt-4o", window=50_000, max_output=4_000, input_price=1e-6, output_price=2e-6)


def ran(admitted: Any, **inputs: Any) -> Run:
    model = ScriptedModel.from_rules([("", "r")], PROFILE)
    return anyio.run(lambda: lambda_rlm.run(admitted, inputs, model))


def test_a_declared_size_gives_a_bound_with_its_closed_form() -> None:
    bound = lambda_rlm.check(PIECES, {"context": Size(1_000_000)}).bound
    assert bound is not None
    assert bound.formula["calls"].startswith("ceil(context / ")
    assert bound.calls is not None and 1_000 <= bound.calls <= 1_200
    twice = lambda_rlm.check(PIECES, {"context": Size(2_000_000)}).bound
    assert twice is not None and twice.calls is not None and 2 * bound.calls - 2 <= twice.calls <= 2 * bound.calls


def test_without_sizes_or_without_a_program_there_is_no_bound() -> None:
    assert lambda_rlm.check(PIECES).bound is None
    assert lambda_rlm.check("let x = ;", {"context": Size(10)}).bound is None


def test_bytes_that_are_declared_tighten_the_tokens() -> None:
    wide = lambda_rlm.check(PIECES, {"context": Size(1_000_000)}).bound
    narrow = lambda_rlm.check(PIECES, {"context": Size(1_000_000, bytes=1_000_000)}).bound
    assert wide and narrow and wide.input_tokens and narrow.input_tokens
    assert narrow.input_tokens < wide.input_tokens / 1.25


def test_admission_by_size_is_rejected_with_the_dominating_place() -> None:
    checked = lambda_rlm.check(PIECES, {"context": Size(100_000)})
    with pytest.raises(Rejected, match="model calls, but the budget is 10") as caught:
        checked.admit(Budget(calls=10))
    (found,) = caught.value.diagnostics
    assert checked.source.text[found.primary.start :].startswith("llm_call")
    assert found.because is not None and "ceil(context / " in found.because
    with pytest.raises(Rejected, match=r"the program may cost \$0\.4393, but the budget is \$0\.00010"):
        checked.admit(Budget(usd=0.000_1), PROFILE)
    assert checked.admit(Budget(usd=0.000_1)).bound is not None, "of a model that is not known no price is needed"


def test_a_run_refuses_inputs_larger_than_it_was_admitted_for() -> None:
    admitted = lambda_rlm.check(PIECES, {"context": Size(5_000)}).admit(Budget(calls=10), PROFILE)
    run = ran(admitted, context="a" * 5_000)
    assert run.bound is not None and admitted.bound is not None
    assert run.usage.calls <= run.bound.calls <= admitted.bound.calls  # type: ignore[operator]
    with pytest.raises(InputProblem, match="'context' has 5,001 characters, but at most 5,000 were declared"):
        ran(admitted, context="a" * 5_001)


def test_a_question_longer_than_assumed_is_judged_by_the_run() -> None:
    admitted = lambda_rlm.check(PIECES, {"context": Size(5_000)}).admit(Budget(calls=10), PROFILE)
    assert "query" not in admitted.sizes


@pytest.mark.parametrize(
    ("size", "data", "said"),
    [
        (Size(3), "abcd", "4 characters"),
        (Size(3, bytes=3), "äbc", "4 bytes"),
        (Size(9, count=1), ["a", "b"], "2 elements"),
        (Size(2, count=9), ["abc"], "3 characters in one element"),
        (Size(2, bytes=2, count=9), ["äb"], "3 bytes in one element"),
        (Size(2, count=9, total=3), ["ab", "ab"], "4 characters in total"),
        (Size(7), {"a": 12}, "8 characters"),
    ],
)
def test_data_beyond_a_size_is_named(size: Size, data: Any, said: str) -> None:
    found = excess(size, data)
    assert found is not None and found.startswith(said)


def test_data_that_keeps_to_a_size_is_let_through() -> None:
    assert excess(Size(4), "äöüß") is None
    assert excess(Size(8), {"a": 12}) is None
    assert excess(Size(2, count=2, total=4), ["ab", "ab"]) is None


@pytest.mark.parametrize("arguments", [{"chars": -1}, {"chars": True}, {"chars": 5, "total": 3}, {"chars": 5, "count": 1.5}])
def test_a_size_that_means_nothing_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="size"):
        Size(**arguments)


DATA = [
    ("context", "a" * 3_000, Size(3_000)),
    ("docs", [{"name": "a", "text": "ä" * 40}] * 7, Size(80, count=7)),
    ("docs", [{"name": "a", "text": "x" * n} for n in (5, 90)], Size(130, count=2)),
]


@pytest.mark.parametrize(("name", "data", "size"), DATA)
def test_the_bound_by_size_holds_for_data_that_keeps_to_it(name: str, data: Any, size: Size) -> None:
    assert excess(size, data) is None
    program = PIECES if name == "context" else "docs |> map(fn(d) => llm_call(d.text ++ d.name, out=50))"
    checked = lambda_rlm.check(program, {name: size})
    run = ran(checked.admit(None, PROFILE), **{name: data})
    prospect = checked.prospect(None, PROFILE)
    assert prospect is not None
    spent, bound = run.usage, prospect.bound
    for component in ("calls", "span", "input_tokens", "output_tokens", "usd"):
        limit = getattr(bound, component)
        assert limit is not None and getattr(spent, component) <= limit


def test_what_would_run_is_foreseen_as_the_run_bounds_it() -> None:
    given = {"context": "Ann keeps bees. " * 500, "query": ", "}
    checked = lambda_rlm.check(PIECES, {"context": given["context"]})
    assert checked.typed is not None
    model = ScriptedModel.from_rules([("", "r")], PROFILE)
    seen: list[Any] = []
    admitted = checked.admit(None, PROFILE)
    run = anyio.run(lambda: execute(admitted, given, model, on_bound=seen.append))
    foreseen = foresee(checked.typed, given, model, Budget())
    assert run.bound == foreseen.bound == seen[0].bound
    assert seen[0].hash == foreseen.hash
    assert seen[0].estimate() == foreseen.estimate()


def test_a_listener_exception_ends_the_run_before_any_call() -> None:
    def refuse(_: object) -> None:
        raise KeyError("no")

    model = ScriptedModel.from_rules([("", "r")], PROFILE)
    admitted = lambda_rlm.check("llm_call(context)").admit(None, PROFILE)
    with pytest.raises(KeyError):
        anyio.run(lambda: execute(admitted, {"context": "a", "query": ""}, model, on_bound=refuse))
    assert model.prompts == []


def test_likely_tokens_are_near_what_a_run_takes() -> None:
    text = "".join(f"On evening {n} the keeper of the lighthouse wrote what ships had passed. " for n in range(300))
    checked = lambda_rlm.check(PIECES, {"context": text})
    assert checked.typed is not None
    model = ScriptedModel.from_rules([("", "A short reply of a few words.")], PROFILE)
    foreseen = foresee(checked.typed, {"context": text, "query": ""}, model, Budget())
    estimate, run = foreseen.estimate(), ran(checked.admit(None, PROFILE), context=text)
    assert estimate is not None and estimate.input_tokens is not None and estimate.usd is not None
    assert 0.5 < estimate.input_tokens / run.usage.input_tokens < 2
    assert estimate.calls == run.usage.calls
    assert run.bound is not None and run.bound.usd is not None
    assert estimate.usd < run.bound.usd


def test_bytes_of_a_token_depend_on_the_text_and_the_family() -> None:
    prose = "The keeper of the lighthouse wrote every evening what ships had passed. " * 20
    digits = "".join(str(n * 7919 % 10_007) for n in range(500))
    assert bytes_per_token("openai/gpt-4o", prose) > 3.5 > bytes_per_token("openai/gpt-4o", digits) >= 1
    assert bytes_per_token("anthropic/claude-haiku-4-5", prose) < bytes_per_token("openai/gpt-4o", prose)
    assert 3 < bytes_per_token("local/qwen2.5-coder-0.5b", "") < 4.5


@pytest.mark.parametrize("code", ["E0301", "E0302", "E0303", "E0304", "E0305"])
def test_a_rejection_by_cost_reads_well_for_everyone(code: str) -> None:
    row = CODES[code]
    given = {"query": "", **row.values}
    checked = lambda_rlm.check(row.bad, dict(row.values))
    assert checked.ok
    model = ScriptedModel.from_rules([("", "r")])
    with pytest.raises(Rejected) as caught:
        anyio.run(lambda: execute(checked.admit(None, model.profile), given, model))
    found = next(d for d in caught.value.diagnostics if d.code == code)
    shown = human([found], checked.source)
    assert shown.startswith(f"error[{code}]: ")
    assert " = hint: " in shown
    told = for_model([found], checked.source)
    assert told.startswith(f"{code} line ") and "\n  hint: " in told and len(told) < 800
    assert as_json(found, checked.source)["hint"]
    assert model.prompts == []


@pytest.mark.parametrize(("calls", "is_proved"), [(1, False), (100, True)])
def test_what_speaks_against_a_prospect_is_found_once(monkeypatch: pytest.MonkeyPatch, calls: int, is_proved: bool) -> None:
    """The diagnostics have the dearest call sites of a program, which are looked for among all of them."""
    typed = lambda_rlm.check(PIECES, {"context": ""}).typed
    assert typed is not None
    prospect = foresee(typed, {"context": "word " * 2_000, "query": "?"}, PROFILE, Budget(calls=calls))
    made: list[Budget] = []

    def counted(program: Bounded, budget: Budget) -> list[Diagnostic]:
        made.append(budget)
        return refusals(program, budget)

    monkeypatch.setattr("lambda_rlm.execution.prospect.refusals", counted)
    for _ in range(2):
        assert prospect.is_proved is is_proved
        assert bool(prospect.over_budget) is not is_proved
        assert bool(prospect.diagnostics) is not is_proved
    assert len(made) == 1
