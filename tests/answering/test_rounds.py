"""One program or two: when another one is asked for, what its author learns, and what a look is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.answering.writing_bound import likely_writing, writing_cost
from lambda_rlm.api.rlm import RLM
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.execute import Options
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.synth.rounds import is_look
from lambda_rlm.synth.writing import ROUNDS, Writing
from lambda_rlm.types.parse_type import parse_type
from tests.answering.test_synthesize import ASKING, Root, asked, leaf
from tests.support.answering import posed
from tests.support.shell import Shell, wrote


def told(root: Root, number: int) -> str:
    """The last message of a request."""
    return root.requests[number].messages[-1].content


# ── when ──


@pytest.mark.parametrize("program", [ASKING, "length(context)", '"no"', "false", "0"])
@pytest.mark.parametrize("rounds", [ROUNDS, 5])
def test_nobody_is_asked_again_about_an_answer_that_is_fine(program: str, rounds: int) -> None:
    root = Root(program, "done")
    run = asked(root, rounds=rounds)
    assert len(root.requests) == 1 and run.ok
    assert run.synthesis is not None and run.synthesis.rounds == 1


@pytest.mark.parametrize(
    ("program", "fact"),
    [
        (
            'first(search(context, "zebra")) |> map_option(fn(m) => m.text)',
            "- the answer is none\n- `zebra` matches nothing in the inputs\n",
        ),
        ("take(context, 0)", "- the answer is empty\n"),
        ('match first(lines("")) { some(l) => l, none => "there is no line" }', "what the program says where it finds nothing"),
        ("[{ a: none, b: 1 }, { a: first([1]) |> and_then(fn(n) => none), b: 2 }, { a: none, b: 3 }]", "the field `a` is none"),
    ],
)
def test_a_program_that_falls_short_is_followed_by_another(program: str, fact: str) -> None:
    root = Root(program, "length(context)")
    run = asked(root)
    assert run.value == 9
    assert run.synthesis is not None and (run.synthesis.rounds, run.synthesis.calls) == (2, 2)
    assert fact in told(root, 1) and "What speaks against it:" in told(root, 1) and "done" in told(root, 1)


def test_a_fault_of_its_own_is_followed_by_another_program() -> None:
    root = Root("let n = length(context);\n1 / (n - 9)", "length(context)")
    run = asked(root)
    assert run.value == 9 and run.synthesis is not None and run.synthesis.fallback is None
    assert [ran.fault for ran in run.synthesis.ran] == ["E0413", None]
    assert "the fault E0413 (Division by zero) at line 2, column 1." in told(root, 1)


def test_a_limit_and_a_model_that_is_down_are_followed_by_none() -> None:
    root = Root("range(0, 100000) |> map(fn(n) => n * n) |> sum", "1")
    run = asked(root, budget=Budget(fuel=50_000))
    assert run.fault is not None and run.fault.code == "E0401" and len(root.requests) == 1


def test_an_author_may_keep_a_doubtful_answer() -> None:
    root = Root('"not found"', "done")
    run = asked(root)
    assert run.value == "not found" and run.synthesis is not None and run.synthesis.rounds == 1
    assert len(root.requests) == 2


@pytest.mark.parametrize(
    ("replies", "answer"),
    [
        (['"not found"', '"Ann"'], "Ann"),
        (['"not found"', '""'], ""),
        (['"not found"', "1 / (length(context) - 9)"], "not found"),
        (['"not found"', "no program"] + ["no program"] * 9, "not found"),
        (['first(search(context, "zebra")) |> map_option(fn(m) => m.text)', '"unknown"'], "unknown"),
        (['"unknown"', 'first(search(context, "zebra")) |> map_option(fn(m) => m.text)'], "unknown"),
    ],
)
def test_the_answer_is_the_one_that_the_least_speaks_against(replies: list[str], answer: str) -> None:
    run = asked(Root(*replies))
    assert run.ok and run.value == answer


def test_with_one_round_there_is_no_other_program() -> None:
    root = Root("1 / (length(context) - 9)", "1")
    assert asked(root, rounds=1).answer == "plan: 9" and len(root.requests) == 1
    root = Root('"not found"', "1")
    assert asked(root, rounds=1).value == "not found" and len(root.requests) == 1


def test_candidates_have_another_round_too() -> None:
    root = Root('""', '"not found"', '"Ann"', '"Ann"')
    run = asked(root, candidates=2)
    assert run.value == "Ann" and run.synthesis is not None and run.synthesis.rounds == 2


# ── looking ──


@pytest.mark.parametrize(
    ("program", "is_one"),
    [
        ("# look\nlength(context)", True),
        ("  #look: how long\nlength(context)", True),
        ("# sizes first\n\n# LOOK\nlength(context)", True),
        ("# looking for Ann\nlength(context)", False),
        ("# outlook\nlength(context)", False),
        ('let a = "# look";\na', False),
        ('"a\n# look\nb"', False),
        ("length(context) # look", False),
        ("", False),
    ],
)
def test_a_look_says_so_before_its_first_line(program: str, is_one: bool) -> None:
    assert is_look(program) is is_one


@pytest.mark.parametrize(
    "reply",
    [
        "# look\nlength(context)",
        "look: length(context)",
        "Look:\n```\nlength(context)\n```",
        "```\n# look\nlength(context)\n```",
        " look :\nlength(context)",
    ],
)
def test_a_look_is_followed_by_the_program_that_answers(reply: str) -> None:
    root = Root(reply, 'f"{result_1 * 2}"')
    run = asked(root)
    assert run.value == "18" and run.usage.calls == 0
    assert run.synthesis is not None and (run.synthesis.rounds, run.synthesis.calls) == (2, 2)
    assert [ran.is_look for ran in run.synthesis.ran] == [True, False]
    assert "Round 1 looked. Its result, Int" in told(root, 1) and "it is:\n9\nWrite the program" in told(root, 1)
    assert "comment # look" in root.requests[0].messages[1].content
    assert "comment # look" not in root.requests[1].messages[1].content, "the last program answers"


def test_a_look_shows_no_text() -> None:
    root = Root("# look\n{ first: context, names: words(context), n: length(context) }", "1")
    asked(root, context="Ann met Bob, 42 times")
    assert '{ first: "Aaa aaa Aaa, 99 aaa", n: 21, names: ["Aaa", "aaa", "Aaa,", "99", "aaa"] }' in told(root, 1)


def test_a_look_may_have_any_type() -> None:
    root = Root("# look\nlength(context)", '"Ann"')
    run = asked(root, returns=parse_type("Text"))
    assert run.value == "Ann" and run.synthesis is not None and len(run.synthesis.attempts) == 2


def test_what_asks_a_model_is_no_look() -> None:
    """It is paid for: its answer is the answer, of the type that is wanted."""
    root = Root(f"# look\n{ASKING}", "done")
    run = asked(root)
    assert run.value == "said" and len(root.requests) == 1
    root = Root(f"# look\n{ASKING}", '"Ann" |> length')
    run = asked(root, returns=parse_type("Int"))
    assert run.value == 3 and "E0201" in told(root, 1)


def test_a_look_that_stops_is_told_and_costs_no_answer() -> None:
    root = Root("# look\n1 / (length(context) - 9)", "length(context)")
    run = asked(root)
    assert run.value == 9 and "the fault E0413" in told(root, 1)


def test_after_a_look_without_an_answer_the_plan_answers() -> None:
    run = asked(Root("# look\nlength(context)", *["no program"] * 9))
    assert run.answer == "plan: 9" and run.synthesis is not None
    assert run.synthesis.fallback is not None and run.synthesis.fallback.startswith("no program was accepted")


@pytest.mark.parametrize(
    ("again", "value"), [("length(context)", 9), ("# look\nlength(context)", 9), ("let n = length(context); n", 9)]
)
def test_what_looked_may_be_written_again_to_answer(again: str, value: int) -> None:
    """The author who sees that the look was the answer already is not sent to the plan."""
    run = asked(Root("# look\nlength(context)", again))
    assert run.value == value and run.synthesis is not None and run.synthesis.fallback is None


@pytest.mark.parametrize(("calls", "is_offered"), [(2, False), (3, False), (4, True)])
def test_a_look_is_offered_where_another_program_can_be_paid(calls: int, is_offered: bool) -> None:
    root = Root("# look\nlength(context)", "length(context) + 1")
    run = asked(root, budget=Budget(calls=calls))
    assert ("# look" in root.requests[0].messages[1].content) is is_offered
    assert run.value == (10 if is_offered else 9), "what may not look answers"


def test_in_the_last_round_a_look_is_an_answer() -> None:
    run = asked(Root("# look\nlength(context)", "# look\nresult_1 + 1"))
    assert run.value == 10


@pytest.mark.parametrize("writing", [{"rounds": 1}, {"candidates": 2}])
def test_a_look_is_offered_where_it_can_be_taken_alone(writing: dict[str, Any]) -> None:
    root = Root("# look\nlength(context)")
    run = asked(root, **writing)
    assert "# look" not in root.requests[0].messages[1].content and run.value == 9


def test_a_small_root_model_is_offered_no_look() -> None:
    class Small(Root):
        @property
        def profile(self) -> ModelProfile:
            return ModelProfile(name="small", window=32_768, max_output=8_192, is_small=True)

    root = Small("length(context)")
    assert asked(root).value == 9 and "# look" not in str(root.requests[0].messages)


def test_a_look_with_a_peek_shows_what_a_peek_shows() -> None:
    root = Root("# look\ncontext", "1")
    asked(root, context="Ann met Bob", peek=3)
    assert "Ann" in told(root, 1) and "Ann met" not in told(root, 1)


# ── what it costs ──


def test_the_second_round_is_in_the_figures_before_the_first() -> None:
    question, setup = posed(
        inputs=from_values({"context": "some text"}).with_query("What?"),
        leaf=leaf(),
        root=Root("1"),
        budget=Budget(),
        options=Options(key=b"key"),
    )
    bound, _ = writing_cost(question, setup)
    likely = likely_writing(question, setup, bound)
    assert bound.calls == 2 * (1 + Writing().repairs) and likely.calls == 1
    root = Root(*[f"unknown_{n}(context)" for n in range(3)], '""', *[f"unknown_{n}(context)" for n in range(3, 7)])
    run = asked(root)
    assert run.value == "" and run.synthesis is not None and run.synthesis.calls == bound.calls


def test_the_program_of_each_round_has_the_steps_of_a_run() -> None:
    """Not what an earlier one has left of them."""
    work = "range(0, 1000) |> map(fn(n) => n * n) |> sum"
    steps = asked(Root(work)).usage.steps
    run = asked(Root(f"# look\n{work}", f"let n = {work}; n + 1"), budget=Budget(fuel=steps * 3 // 2))
    assert run.value == 332_833_501 and run.usage.steps > steps * 3 // 2


def test_the_program_of_each_round_has_the_memory_of_a_run() -> None:
    work = "range(0, 100000) |> map(fn(n) => n * 1000) |> length"
    live = asked(Root(work)).usage.live
    run = asked(Root(f"# look\n{work}", f"let n = {work}; n + 1"), budget=Budget(memory=live * 9 // 8))
    assert run.value == 100_001


def test_what_a_look_used_counts() -> None:
    one, two = asked(Root("1")), asked(Root("# look\nrange(0, 1000) |> sum", "1"))
    assert two.usage.steps > one.usage.steps + 1_000


# ── from outside ──


def test_rounds_and_findings_are_in_the_json_and_on_the_screen(shell: Shell) -> None:
    rules = [{"match": "# Task", "reply": reply, "times": 1} for reply in ("# look\nlength(context)", '"not found"')]
    Path("root.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules), encoding="utf-8")
    Path("leaf.jsonl").write_text(json.dumps({"match": "", "reply": "said"}), encoding="utf-8")
    models = ["--model", "scripted:leaf.jsonl", "--root-model", "scripted:root.jsonl"]
    given = ["ask", "Who?", wrote("a.txt", "some text"), "--strategy", "synth", *models]
    assert shell(*given, "--json") == 0
    assert shell.json["synthesis"]["rounds"] == 2
    assert "the answer says that nothing was found" in shell.json["notes"]
    assert shell(*given) == 0
    assert shell.out == "not found\n" and "note: the answer says that nothing was found" in shell.err


def test_a_hash_allows_one_program_with_the_usual_rounds(shell: Shell) -> None:
    """With `--approved` the second round is not begun, and nobody has to say so."""
    Path("root.jsonl").write_text(json.dumps({"match": "# Task", "reply": "length(context)"}), encoding="utf-8")
    Path("leaf.jsonl").write_text(json.dumps({"match": "", "reply": "said"}), encoding="utf-8")
    models = ["--model", "scripted:leaf.jsonl", "--root-model", "scripted:root.jsonl"]
    given = ["ask", "Who?", wrote("a.txt", "some text"), "--strategy", "synth", *models]
    assert shell(*given, "--approved", "0123456789abcdef") == 64
    assert "not run" in shell.err and "--rounds" not in shell.err


def test_a_run_is_replayed_with_its_rounds(tmp_path: Path) -> None:
    """Blind forms are the same every time, so a run that is played again asks what it asked."""

    def rlm(root: Any) -> RLM:
        return RLM(
            ScriptedModel([Rule("", "said")]),
            root_model=root,
            strategy="synth",
            journal=tmp_path / "j.sqlite3",
            writing=Writing(),
        )

    first = Root("# look\nwords(context)", 'join(result_1, "-")')
    run = rlm(first).ask("What?", context="some text")
    assert run.value == "some-text"
    again = rlm(Root()).replay(run.id, context="some text")
    assert again.run.value == "some-text" and not again.differences


@pytest.mark.parametrize("layout", ["masked", "none"])
def test_without_a_layout_no_text_is_masked_for_anybody(layout: str) -> None:
    """The mask of what a look saw is a layout of the inputs."""
    root = Root('# look\n{ first: context, all: words(context), n: length(context), no: "" }', '"none"', "done")
    asked(root, layout=layout, rounds=3)
    sent = "\n".join(message.content for request in root.requests for message in request.messages[1:])
    assert ("aaa" in sent) is (layout == "masked")
    if layout == "none":
        assert (
            'all: ["…", "…"], first: "…", n: 9, no: ""' in told(root, 1) and "texts hidden" in sent and '"…"' in told(root, 2)
        )
