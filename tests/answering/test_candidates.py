"""Rounds and candidates: several programs for one question, within one budget."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from lambda_rlm.answering.candidates import Accepted, affordable, each
from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.bounds.declared import Size
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, Usage
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Declined, Options
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.synth.select import Candidate
from lambda_rlm.synth.writing import Writing
from lambda_rlm.trace.progress import Progress
from tests.answering.test_synthesize import PLAN, Root, asked, leaf
from tests.support.answering import posed
from tests.support.shell import Shell, wrote


def calls(count: int, word: str) -> str:
    return f'split(context, {count}) |> map(fn(p) => llm_call(f"Say it: {word} {{take(p, 9)}}", out=9)) |> join("{word}")'


# ── rounds ──


def test_exploring_by_code_costs_only_the_calls_of_writing() -> None:
    counts = ("# look\nlength(context)", '# look\nsearch(context, "e") |> length', "result_1 + result_2")
    root, model = Root(*counts), leaf()
    run = asked(root, context="the text we see", rounds=3, model=model, peek=5)
    assert run.value == 15 + 5
    assert run.usage.calls == 0 and not model.prompts
    assert run.synthesis is not None and (run.synthesis.rounds, run.synthesis.calls) == (3, 3)


def test_results_are_typed_inputs_of_the_next_round() -> None:
    first, second = '# look\n[{ word: "a", times: 2 }]', "# look\nresult_1 |> map(fn(r) => r.times + 1) |> sum"
    root = Root(first, second, "result_1 ++ [result_2]", "result_2")
    run = asked(root, rounds=4)
    assert run.value == 3 and run.synthesis is not None
    assert [attempt.codes for attempt in run.synthesis.attempts] == [(), (), ("E0201",), ()], "a record is no number"
    assert "result_1: " in root.requests[1].messages[1].content
    assert "List[{ times: Int, word: Text }]" in root.requests[1].messages[1].content


def test_rounds_end_with_the_writing_budget_and_keep_the_answer() -> None:
    root = Root(*[f'repeat(" ", {n})' for n in range(1, 20)])
    run = asked(root, rounds=10, budget=Budget(calls=6))
    assert run.value == "   "
    assert run.synthesis is not None
    assert (run.synthesis.calls, run.synthesis.rounds, run.synthesis.fallback) == (3, 3, None)


def test_what_was_read_is_told_as_a_share_of_each_input() -> None:
    root = Root('llm_call(f"Say it: {take(context, 50)}", out=20)', "done")
    asked(root, context="x" * 200, rounds=2, model=leaf(("Say it", "not found")))
    assert "It made 1 model calls and read 20% of context." in root.requests[1].messages[-1].content


def test_a_value_is_shown_no_further_than_the_peek_goes() -> None:
    root = Root("# look\ncontext", "1")
    asked(root, context="0123456789" * 10, rounds=2, peek=12)
    told = root.requests[1].messages[-1].content
    assert "012345678901" in told and "0123456789012" not in told


# ── candidates ──


def test_candidates_that_do_not_fit_together_are_not_all_run() -> None:
    """None is refused because another one began before it: what is run is decided before any of them begins."""
    root = Root(calls(7, "a"), calls(7, "b"), calls(7, "c"))
    run = asked(root, context="words " * 40, candidates=3, budget=Budget(calls=20))
    assert run.ok and run.synthesis is not None
    assert [t.was_run for t in run.synthesis.candidates] == [True, True, False]
    assert run.usage.calls + run.synthesis.calls <= 20
    assert not any(t.fault for t in run.synthesis.candidates)


def test_budget_left_by_a_costly_candidate_goes_to_a_cheap_one() -> None:
    dear, next_one, cheap = calls(12, "a"), "# confidence: 0.9\n" + calls(7, "b"), "# confidence: 0.1\n" + calls(2, "c")
    run = asked(Root(dear, dear, next_one, cheap), context="words " * 40, candidates=4, budget=Budget(calls=18))
    assert run.synthesis is not None
    assert [(t.calls, t.was_run) for t in run.synthesis.candidates] == [(12, True), (7, False), (2, True)]


@pytest.mark.parametrize(
    ("needs", "left", "chosen"),
    [
        ([7, 7, 7], 17, [0, 1]),
        ([12, 7, 2], 14, [0, 2]),
        ([7, 7, 7], 100, [0, 1, 2]),
        ([7, 7, 7], 3, [0]),
        ([None, 2], 10, [0, 1]),
        ([2, None], 10, [0]),
    ],
)
def test_what_is_run_side_by_side_can_all_be_set_aside_at_once(needs: list[int | None], left: int, chosen: list[int]) -> None:
    """The first is run in any case: where it does not fit it is refused by itself."""
    checked = check("1")
    bounded = check('llm_call("Who?")', {"context": Size(10)}).bound
    assert bounded is not None
    accepted = [Accepted(checked=checked, bound=replace(bounded, calls=calls), confidence=None) for calls in needs]
    ranked = [Candidate(number=number, normal=f"{number}") for number in range(len(needs))]
    assert [c.number for c in affordable(ranked, accepted, Budget(calls=left))] == chosen


def test_failed_candidates_are_reported_and_cost_no_run() -> None:
    root = Root("unknown(1)", "fn(x) => x", "2 + 2", "2 + 2")
    run = asked(root, candidates=4)
    assert run.value == 4 and run.usage.calls == 0 and run.synthesis is not None
    assert [a.codes for a in run.synthesis.attempts] == [("E0202",), ("E0214",), (), ()]
    assert [t.samples for t in run.synthesis.candidates] == [2]
    assert run.synthesis.agreement == 1.0


def test_attempts_are_reported_in_the_order_of_the_samples() -> None:
    class Dawdling(Root):
        async def complete(self, request: CompletionRequest) -> Completion:
            assert request.sampling.seed is not None
            for _ in range(3 * (4 - request.sampling.seed)):
                await anyio.lowlevel.checkpoint()
            return Completion(f"{request.sampling.seed}", Usage(1, 1, cost=0.0))

    run = asked(Dawdling(""), candidates=4)
    assert run.synthesis is not None
    assert [a.program for a in run.synthesis.attempts] == ["0", "1", "2", "3"]
    assert run.value == 0


def test_without_an_accepted_candidate_one_more_is_written() -> None:
    root = Root("unknown(1)", "unknown(2)", "unknown(3)", "5")
    run = asked(root, candidates=2)
    assert run.value == 5
    assert len(root.requests) == 4


def test_a_candidate_beyond_its_share_of_the_work_is_skipped() -> None:
    """Side by side each has a part of the steps: what only a whole budget could work out is not known any more."""
    slow = 'let n = range(0, 40000) |> filter(fn(x) => x % 20000 == {r}) |> length;\nrange(0, n) |> map(fn(i) => llm_call(f"Say it: {{i}}", out=9)) |> join("")'
    alone = asked(Root(slow.format(r=1)), budget=Budget(calls=40))
    assert alone.value == "saidsaid"
    budget = Budget(calls=40, fuel=alone.usage.steps * 3 // 2)
    assert asked(Root(slow.format(r=1)), budget=budget).value == "saidsaid"
    run = asked(Root(slow.format(r=1), slow.format(r=2)), budget=budget, candidates=2)
    assert run.synthesis is not None and run.synthesis.fallback is not None and "not admitted" in run.synthesis.fallback
    assert run.answer == f"plan: {len('some text')}"


def test_declining_a_program_ends_the_question() -> None:
    class Unwilling(Exception):
        pass

    def decline(prospect: Prospect) -> None:
        raise Unwilling

    question = posed(
        inputs=from_values({"context": "some text"}).with_query("What?"),
        leaf=leaf(),
        root=Root('llm_call(f"Say it: {take(context, 9)}", out=9)', '"b"'),
        budget=Budget(),
        writing=Writing(candidates=2),
        options=Options(key=b"key"),
        on_bound=decline,
    )
    with pytest.raises(Unwilling):
        anyio.run(lambda: synthesize(*question, lambda: SourceFile("plan.lam", PLAN)))


@pytest.mark.parametrize(("wanted", "answer"), [("1", "said"), ("13", "said"), ("", None)])
def test_a_candidate_that_is_declined_is_left_out_and_no_other(wanted: str, answer: str | None) -> None:
    """What was approved is run and paid; only where nothing was, the question ends."""
    programs = [f'let n = {n}; llm_call(f"Say it: {{take(context, 9)}}", out=9)' for n in "123"]

    def ask(prospect: Prospect) -> None:
        if prospect.bounded.typed.program.source.text[8] not in wanted:
            raise Declined

    question = posed(
        inputs=from_values({"context": "some text"}).with_query("What?"),
        leaf=leaf(),
        root=Root(*programs),
        budget=Budget(),
        writing=Writing(candidates=3),
        options=Options(key=b"key"),
        on_bound=ask,
    )

    def run() -> Run:
        return anyio.run(lambda: synthesize(*question, lambda: SourceFile("plan.lam", PLAN)))

    if answer is None:
        with pytest.raises(Declined):
            run()
        return
    made = run()
    assert made.answer == answer and made.synthesis is not None
    assert made.synthesis.notes == (
        f"round 1: {'a program' if len(wanted) == 2 else '2 programs'} not approved, therefore not run",
    )
    assert [c.was_run for c in made.synthesis.candidates] == [n in wanted for n in "123"]


@pytest.mark.parametrize("writing", [Writing(rounds=3), Writing(rounds=1, candidates=3)])
def test_no_more_calls_are_shown_than_at_most_may_be(writing: Writing) -> None:
    """Those that write programs, and those of all programs that have begun."""
    shown: list[tuple[int, int | None]] = []
    programs = [f'let n = {n}; llm_call(f"Say it: {{take(context, 9)}}", out=9)' for n in "123"]
    question = posed(
        inputs=from_values({"context": "some text"}).with_query("What?"),
        leaf=leaf(("Say it", "nothing found")),
        root=Root(*programs),
        budget=Budget(),
        writing=writing,
        options=Options(key=b"key"),
        tracer=Progress(lambda now: shown.append((now.started, now.most_calls))),
    )
    run = anyio.run(lambda: synthesize(*question, lambda: SourceFile("plan.lam", PLAN)))
    assert run.answer == "nothing found" and shown[-1] == (6, 6)
    assert all(most is None or started <= most for started, most in shown)


def test_a_program_is_not_run_again_in_a_later_round() -> None:
    """It would be paid again and tell nothing new: written again it ends the rounds, as `done` does."""
    one = 'llm_call(f"Say it: {take(context, 9)}", out=9)'
    run = asked(Root(one, f"# once more\n{one}", one), rounds=3, model=leaf(("Say it", "Not found.")))
    assert run.answer == "Not found." and run.usage.calls == 1
    assert run.synthesis is not None and (run.synthesis.rounds, run.synthesis.calls) == (1, 2)


def test_jobs_side_by_side_end_with_the_first_that_fails() -> None:
    ended: list[int] = []

    async def job(number: int) -> None:
        if number == 1:
            raise LookupError("one")
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(number)

    with pytest.raises(LookupError, match="one"):
        anyio.run(lambda: each(job, range(3)))
    assert sorted(ended) == [0, 2]


# ── on the command line ──


def told(shell: Shell, replies: list[str], *options: str, code: int = 0) -> None:
    rules = [{"match": "# Task", "reply": reply, "times": 1} for reply in replies]
    Path("root.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules), encoding="utf-8")
    Path("leaf.jsonl").write_text(json.dumps({"match": "Say it", "reply": "said"}), encoding="utf-8")
    models = ["--model", "scripted:leaf.jsonl", "--root-model", "scripted:root.jsonl"]
    assert shell("ask", "Who?", wrote("a.txt", "some text"), "--strategy", "synth", *models, *options) == code


def test_candidates_are_told_in_figures_and_as_json(shell: Shell) -> None:
    replies = ["1 + 1", "# confidence: 0.9\nlet a = 1; a + 1", "let b = 1; b + 1", "7", "oops(context)"]
    told(shell, replies, "--candidates", "5")
    assert shell.out == "2\n"
    assert "candidates · 3 programs from 4 samples, 3 run, 75% of their samples agree" in shell.err
    told(shell, replies, "--candidates", "5", "--json")
    found = shell.json["synthesis"]
    assert found["agreement"] == 0.75 and found["attempts"] == 5
    assert [(c["samples"], c["is_run"], c["answer"]) for c in found["candidates"]] == [
        (2, True, "2"), (1, True, "2"), (1, True, "7"),
    ]  # fmt: skip
    assert sum(c["is_chosen"] for c in found["candidates"]) == 1


def test_rounds_are_told_as_json(shell: Shell) -> None:
    told(shell, ["# look\nlength(context)", "result_1 * 2", "done"], "--rounds", "5", "--json")
    assert shell.json["answer"] == "18"
    found = shell.json["synthesis"]
    assert found["rounds"] == 2 and [a["round"] for a in found["written"]] == [1, 2]
    assert shell.json["usage"]["calls"] == 0 and found["usage"]["calls"] == 2


def test_a_program_that_was_not_approved_is_not_run(shell: Shell) -> None:
    told(shell, ['llm_call(f"Say it: {take(context, 9)}", out=9)'], "--approved", "0123456789abcdef", code=64)
    assert "said" not in shell.out and "0123456789abcdef" in shell.err


@pytest.mark.parametrize("option", ["--rounds", "--candidates"])
def test_a_hash_allows_one_program_and_no_other(shell: Shell, option: str) -> None:
    """The first program would be paid for, and its answer lost when another one turns up that nobody approved."""
    told(shell, ["length(context)", "result_1 * 2", "done"], option, "3", "--approved", "0123456789abcdef", code=64)
    assert f"{option} 3" in shell.err and f"{option} 1" in shell.err


def test_a_written_program_may_ask_sub_models_on_the_cli(shell: Shell) -> None:
    sub = 'llm_call(f"Say it: {take(context, 9)}", out=9)'
    told(shell, ["rlm_call(query, context, 4)", sub], "--json")
    assert shell.json["answer"] == "said"
    assert shell.json["usage"]["calls"] == 2, "the writing of the sub-model is among its calls"
    assert shell.json["usage"]["calls"] <= shell.json["bound"]["calls"] == 4
    assert shell.json["synthesis"]["usage"]["calls"] == 1


def test_each_candidate_request_has_its_own_seed() -> None:
    root = Root('"a"', '"b"', '"c"')
    asked(root, candidates=3)
    requests: list[CompletionRequest] = root.requests
    assert all("# confidence: N" in r.messages[-1].content for r in requests)
    assert len({(r.sampling.seed, r.sampling.temperature) for r in requests}) == 3
    assert {r.sampling.temperature for r in requests} == {Writing().temperature}


def test_every_candidate_is_asked_the_same_and_that_is_on_record() -> None:
    """A budget that shrank by the calls of those before it would make each prompt another one, and the record that of none."""
    root = Root("nothing_is_called_so", "nothing_is_called_so", "nothing_is_called_so", "1")
    run = asked(root, candidates=3, budget=Budget(calls=20))
    first = [request.messages[1].content for request in root.requests]
    assert len(first) == 4 and len(set(first)) == 1
    assert run.synthesis is not None
    assert [turn.text for (turn,) in run.synthesis.asked] == first[:1]


def test_hidden_characters_of_a_root_model_are_mended(shell: Shell) -> None:
    """An escape takes their place in a text at once; what only its author can mend goes back with the hint."""
    told(shell, ['"a\u200bb" # \u202enote'], "--json")
    attempt = shell.json["synthesis"]
    assert shell.json["answer"] == "a\u200bb" and attempt["attempts"] == 1
    rules = [
        {"match": "E0121 line 1: hidden character U[+]202E [(]right-to-left override[)]", "reply": "7"},
        {"match": "# Task", "reply": 'length(r"\u202e")'},
    ]
    Path("root.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules), encoding="utf-8")
    models = ["--model", "scripted:leaf.jsonl", "--root-model", "scripted:root.jsonl"]
    assert shell("ask", "Who?", "a.txt", "--strategy", "synth", *models, "--json") == 0, shell.err
    assert (shell.json["answer"], shell.json["synthesis"]["attempts"]) == ("7", 2)
