"""A strategy that is given by path: checked, bounded and run like those of the standard library, in the library and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_rlm import RLM, Budget, InputProblem, Rejected, ScriptedModel
from lambda_rlm.answering.own_strategy import own_strategy
from lambda_rlm.plan.plan import plan, strategy_text
from lambda_rlm.plan.router import Route
from lambda_rlm.plan.strategy_file import is_path, task_name
from lambda_rlm.plan.tasks import TASKS
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import TEXT
from tests.support.shell import Shell, leave_alone, wrote

FIRST = """# takes the first piece alone
let piece = 40;
let part = take(context, piece);
llm_call(f"{query}\\n\\n{part}")
"""
LONG = "Acme was late. " * 400
TYPED = 'llm_call[Int](f"Count for {query}: {context}")'
PER_DOCUMENT = """let documents = [{ name: "text", text: context }];
documents |> map(fn(document) => llm_call(f"Sum up {document.name}: {take(document.text, 50)}")) |> join("; ")
"""


def model() -> ScriptedModel:
    rules = [
        ("Count for", "3"),
        (r"Sum up <data \w+>(\w+)", r"sum of \1"),
        ("in the form asked for", "Acme"),
        ("Acme was late", "Acme"),
    ]
    return ScriptedModel.from_rules(rules)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    leave_alone(tmp_path, monkeypatch)
    wrote("first.lam", FIRST)
    wrote("typed.lam", TYPED)
    wrote("documents.lam", PER_DOCUMENT)
    wrote("bad.lam", "let x = 1;\nllm_call(context) + x")
    wrote("unclosed.lam", "llm_call(")
    wrote("other.lam", "llm_call(contract)")
    wrote("endless.lam", "def again(n: Int) -> Text = again(n);\nagain(1)")
    return Path.cwd()


@pytest.mark.parametrize("task", ["mine.lam", "./mine", "a/b", "/tmp/x", "./mine.lam", ".lam"])
def test_a_task_with_a_separator_or_the_ending_is_a_path(task: str) -> None:
    assert is_path(task)
    assert task_name(task) == str(Path(task).absolute())


@pytest.mark.parametrize("task", ["search", "mine", "lam", "mine.lam.txt", ""])
def test_any_other_task_is_a_name(task: str) -> None:
    assert not is_path(task)
    assert task_name(task) == task


@pytest.mark.parametrize("task", ["first.lam", "./first.lam", Path("first.lam")])
def test_the_library_runs_a_strategy_by_its_path(here: Path, task: str | Path) -> None:
    run = RLM(model(), task=task).ask("Who was late?", contract=LONG)
    assert run.answer == "Acme"
    assert (run.route, run.task, run.reason) == ("first.lam", "first.lam", "a strategy file was given")
    assert "let context = contract;" in run.program and "take(context, piece)" in run.program
    assert run.bound is not None and run.bound.calls == run.usage.calls == 1
    assert RLM(model()).ask("Who was late?", task=task, contract=LONG).program == run.program


def test_it_is_given_the_sizes_that_fit_the_model(here: Path) -> None:
    """The numbers of its first `let`s are set as those of a strategy of the library."""
    run = RLM(model(), task="first.lam").ask("Who was late?", context=LONG)
    assert "let piece = 40;" not in run.program and "let piece = " in run.program


def test_a_folder_stands_in_for_documents(here: Path) -> None:
    rows = [{"name": "a.txt", "text": "A"}, {"name": "b", "text": "B"}]
    assert RLM(model(), task="documents.lam").ask("Sum up.", context=rows).answer == "sum of a; sum of b"


def test_a_let_of_the_same_name_and_another_type_is_left_alone(here: Path) -> None:
    """The inputs stand in for `items` only where the program's own have the form of the library's."""
    wrote("mine.lam", 'let items = split_on(context, "late");\nllm_call(f"{length(items)} times: {take(context, 90)}")')
    run = RLM(model(), task="mine.lam").ask("Who?", rows=[{"who": "Acme was late"}, {"who": "Bolt"}])
    assert run.answer == "Acme" and 'split_on(context, "late")' in run.program


def test_an_answer_may_have_a_type(here: Path) -> None:
    run = RLM(model(), task="typed.lam").ask("bolts", context="three bolts")
    assert run.value == 3 and repr(run.type) == "Int"
    assert RLM(model(), task="typed.lam").ask("bolts", returns="Int", context="three bolts").usage.calls == 1
    assert RLM(model(), task="first.lam").ask("Who?", returns='"Acme" | "Bolt"', context=LONG).value == "Acme"


@pytest.mark.parametrize(
    ("name", "code", "line"), [("bad.lam", "E0201", 2), ("unclosed.lam", "E0101", 1), ("other.lam", "E0211", 1)]
)
def test_a_mistake_is_reported_at_its_place_in_the_file(here: Path, name: str, code: str, line: int) -> None:
    asked = model()
    with pytest.raises(Rejected) as raised:
        RLM(asked, task=name).ask("Who?", context=LONG)
    first = raised.value.diagnostics[0]
    assert raised.value.source.name == name
    assert raised.value.source.line_column(first.primary.start)[0] == line
    assert first.code[:3] == code[:3] and not asked.prompts


def test_a_program_without_a_bound_is_rejected(here: Path) -> None:
    with pytest.raises(Rejected):
        RLM(model(), task="endless.lam").ask("Who?", context=LONG)


def test_a_bound_over_budget_is_rejected_without_another_route(here: Path) -> None:
    asked = model()
    with pytest.raises(Rejected):
        RLM(asked, task="documents.lam", budget=Budget(calls=1)).ask("Sum.", context=[{"name": n, "text": n} for n in "abc"])
    assert not asked.prompts


def test_a_file_that_is_not_there_is_an_input_problem(here: Path) -> None:
    with pytest.raises(InputProblem, match=r"no such file or folder: .*absent\.lam"):
        RLM(model(), task="absent.lam").ask("Who?", context=LONG)
    with pytest.raises(ValueError, match=r"unknown task 'mine' \(choose from .* or the path of a program"):
        RLM(model(), task="mine").ask("Who?", context=LONG)


def test_the_decision_is_told_with_its_bound(here: Path) -> None:
    decision = RLM(model(), task="first.lam").route("Who?", context=LONG)
    assert (decision.way, decision.strategy) == ("plan", "first.lam")
    assert {cost.way: cost.strategy for cost in decision.ways}["plan"] == "first.lam"


def test_another_way_may_still_be_asked_for(here: Path) -> None:
    run = RLM(model(), task="first.lam", strategy="direct").ask("Who?", context="Acme was late.")
    assert run.route == "direct"
    assert '`first.lam` had no effect: strategy="direct" asks the model without a program' in run.notes


def test_a_run_is_resumed_from_another_folder_without_the_file(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The program that ran is on record."""
    rlm = RLM(ScriptedModel.from_rules([("Acme", "x")]), task="first.lam", journal=here / "j.sqlite3")
    run = rlm.ask("Who?", context=LONG)
    Path("first.lam").unlink()
    again = RLM(model(), journal=here / "j.sqlite3").replay(run.id, context=LONG)
    assert again.run.answer == run.answer and not again.differences
    assert again.run.route == "first.lam"


@pytest.fixture
def shell(here: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    wrote("text.txt", LONG)
    wrote("s.jsonl", '{"match": "Acme was late", "reply": "Acme"}\n')
    return Shell(capsys)


ASK = ("ask", "Who was late?", "text.txt", "--model", "scripted:s.jsonl")


def test_the_command_line_runs_a_strategy_by_its_path(shell: Shell) -> None:
    assert shell(*ASK, "--task", "./first.lam", "--json") == 0
    found = json.loads(shell.out)
    assert (found["answer"], found["route"], found["task"]) == ("Acme", "first.lam", "first.lam")
    assert shell("resume", "last") == 64 and shell("replay", "last") == 0


def test_the_command_line_says_where_a_program_is_wrong(shell: Shell) -> None:
    assert shell(*ASK, "--task", "./bad.lam") == 1
    assert "bad.lam:2" in shell.err and not shell.out
    assert shell(*ASK, "--task", "./bad.lam", "--json") == 1
    found = json.loads(shell.out)
    assert not found["ok"] and found["diagnostics"][0]["code"].startswith("E02")
    assert shell("route", "Who?", "text.txt", "--model", "scripted:s.jsonl", "--task", "bad.lam") == 1
    assert "bad.lam:2" in shell.err
    assert shell("show", "last") == 64, "nothing was begun"


def test_the_command_line_says_that_a_file_is_not_there(shell: Shell) -> None:
    assert shell(*ASK, "--task", "./absent.lam") == 64
    assert "absent.lam" in shell.err
    assert shell(*ASK, "--task", "mine") == 64
    assert "or the path of a program (./mine.lam)" in shell.err


def test_an_audit_compares_tasks_of_the_library(shell: Shell) -> None:
    wrote("log.jsonl", json.dumps({"messages": [{"role": "user", "content": "Hello"}]}) + "\n")
    assert shell("audit", "log.jsonl", "--task", "./first.lam") == 64
    assert "./first.lam" not in shell.out and "audit compares" in shell.err


INPUTS = {
    "a text": {"context": "Text"},
    "documents": {"context": "List[{ name: Text, text: Text }]"},
    "rows": {"rows": "List[{ who: Text, count: Int }]"},
    "two texts": {"left": "Text", "right": "Text"},
}


@pytest.mark.slow
@pytest.mark.parametrize("inputs", INPUTS.values(), ids=INPUTS.keys())
@pytest.mark.parametrize("task", TASKS)
def test_a_copy_of_a_library_strategy_is_the_same_program(tmp_path: Path, task: str, inputs: dict[str, str]) -> None:
    copy = tmp_path / f"{task}.lam"
    copy.write_text(strategy_text(task), encoding="utf-8")
    own = own_strategy(str(copy))
    types = {"query": TEXT, **{name: parse_type(text) for name, text in inputs.items()}}
    numbers = {"reading": 700, "piece": 800}
    for returns in (None, parse_type("Option[Int]")):
        ours = plan(Route(task, "", numbers), types, returns)
        assert plan(Route(copy.name, "", numbers, own), types, returns) == ours
