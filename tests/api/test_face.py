"""The library as people first use it: what they pass, what they read back, and what they are told of a slip."""

from __future__ import annotations

import asyncio
import inspect
import json
import pickle
import re
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import lambda_rlm
from lambda_rlm import RLM, Budget, Fault, Rejected, Run, ScriptedModel, Size
from lambda_rlm.api.asked import OF_AN_RLM, PARAMETERS
from lambda_rlm.diagnostics.diagnostic import Diagnostics
from lambda_rlm.execution.as_json import run_json

WRONG = 'let n = length(context);\nn + "one"'


def scripted(reply: str = "Acme", **how: Any) -> RLM:
    return RLM(ScriptedModel.from_rules([("", reply)]), **how)


def parameters_of(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters)


# ── inputs ──


def test_inputs_have_any_names_in_a_mapping() -> None:
    run = scripted().ask(
        "Who?", inputs={"my data": "Acme was late.", "query": "x", "task": "y"}, context="c", strategy="direct"
    )
    assert run.ok and run.origin is not None and run.origin.inputs is not None
    assert set(run.origin.inputs.types) == {"my_data", "query_2", "task", "context"}
    assert "renamed inputs: 'my data' is my_data, 'query' is query_2" in run.notes


def test_a_name_is_given_once_in_a_mapping_or_as_a_keyword() -> None:
    rlm = scripted()
    assert rlm.ask("Who?", inputs={"a": "x"}, b="y", strategy="direct").ok
    with pytest.raises(ValueError, match="the input 'a' is given twice"):
        rlm.ask("Who?", inputs={"a": "x"}, a="y")
    with pytest.raises(TypeError, match=r"inputs must be a mapping of names to values, not \['x'\]; for one input: context=…"):
        rlm.ask("Who?", inputs=["x"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the name of an input must be a str, not 3"):
        rlm.ask("Who?", inputs={3: "x"})  # type: ignore[dict-item]


def test_every_way_to_ask_takes_inputs_as_a_mapping(tmp_path: Path) -> None:
    rlm = scripted(journal=tmp_path / "runs.sqlite3")
    inputs = {"my data": "Acme was late."}
    run = rlm.ask("Who?", inputs=inputs)
    assert rlm.route("Who?", inputs=inputs).way == "direct"
    assert rlm.follow_up(run, "And then?", inputs=inputs).ok
    assert rlm.replay(run.id, inputs=inputs).differences == ()
    assert asyncio.run(rlm.aask("Who?", inputs=inputs)).ok
    assert rlm.run("length(my_data)", inputs).value == 14

    async def last() -> Any:
        return [event async for event in rlm.stream("Who?", inputs=inputs)][-1]

    assert asyncio.run(last()).run.ok


def test_a_run_goes_on_with_inputs_as_a_mapping(tmp_path: Path) -> None:
    rlm, inputs = scripted(journal=tmp_path / "runs.sqlite3", budget=Budget(calls=0)), {"my data": "Acme was late."}
    with pytest.raises((Fault, Rejected)):
        rlm.run("llm_call(my_data)", inputs)
    richer = scripted(journal=tmp_path / "runs.sqlite3", budget=Budget(calls=1))
    assert richer.resume("last", inputs=inputs).value == "Acme"


@dataclass
class Delivery:
    who: str
    due: date


def test_values_of_python_reach_the_program() -> None:
    rlm = scripted()
    rows = [Delivery("Acme", date(2024, 3, 1)), Delivery("Bolt", date(2024, 2, 1))]
    assert rlm.run("map(rows, fn(r) => r.due)", rows=rows).value == ["2024-03-01", "2024-02-01"]
    assert rlm.run("length(context)", context="größer".encode()).value == 6
    assert lambda_rlm.check("map(rows, fn(r) => r.due)", {"rows": rows}).ok


# ── slips ──


def test_the_path_of_a_file_as_text_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "contract.txt"
    file.write_text("Acme was late.")
    rlm = scripted()
    with pytest.warns(UserWarning, match=r"the input `context` is the path of a file as text.*context=Path\(") as seen:
        rlm.ask("Who?", context=str(file))
    assert [Path(one.filename) for one in seen] == [Path(__file__)]

    async def inside() -> None:
        await rlm.aask("Who?", texts=[str(file)])

    with pytest.warns(UserWarning, match=r"texts=\[Path\(.*\), …\]") as seen:
        asyncio.run(inside())
    assert [Path(one.filename) for one in seen] == [Path(__file__)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rlm.ask("Who?", context=file, other="no such file.txt", more="", line=f"{file}\n", number=3, zero="a\0b")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"stategy": "direct"}, "did you mean strategy=…"),
        ({"tasks": "search"}, "did you mean task=…"),
        ({"retruns": "Int"}, "did you mean returns=…"),
        ({"model": "openai/gpt-5"}, r"to set it: RLM\(model=…\), else inputs=\{\"model\": …\}"),
        ({"seed": 3}, r"RLM\(seed=…\)"),
    ],
)
def test_a_keyword_that_is_a_slip_is_reported(more: dict[str, Any], said: str) -> None:
    with pytest.warns(UserWarning, match=said):
        scripted().route("Who?", context="c", **more)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scripted().route("Who?", context="c", inputs=more)
        scripted().route(
            "Who?", tasks="A long text about tasks. " * 10, contract="Acme", model=[{"name": "M3"}], account=date(2024, 3, 1)
        )


def test_slips_are_compared_with_the_names_of_parameters() -> None:
    assert parameters_of(RLM.__init__) - {"self", "strategy", "task", "unknown"} == OF_AN_RLM
    methods = (RLM.ask, RLM.follow_up, RLM.stream, RLM.route)
    assert set().union(*map(parameters_of, methods)) - {"self", "run", "more"} == set(PARAMETERS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"budget": {"usd": 1, "calls": 5}}, r"not \{'usd': 1, 'calls': 5\}; write Budget\(usd=1, calls=5\)"),
        ({"budget": 5}, r"not 5; write Budget\(usd=5\) or Budget\(calls=5\)"),
        ({"writing": {"rounds": 2}}, r"write Writing\(rounds=2\)"),
        ({"model": object()}, "which has no profile, count_tokens, complete, aclose"),
        ({"model": ScriptedModel}, r"which is a class: make one, ScriptedModel\(…\)"),
    ],
)
def test_a_wrong_argument_is_refused_with_what_to_write(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        RLM(**wrong)


# ── programs ──


def test_a_program_runs_without_a_loop_from_each_form(tmp_path: Path) -> None:
    rlm = scripted("late", budget=Budget(calls=1))
    source = "llm_call(context)"
    file = tmp_path / "ask.lam"
    file.write_text(source)
    checked = lambda_rlm.check(source, {"context": Size(100)})
    for program in (source, file, checked, checked.admit(Budget(calls=3))):
        run = rlm.run(program, {"context": "Acme"})
        assert (run.value, run.usage.calls) == ("late", 1)
    assert asyncio.run(rlm.arun(source, context="Acme")).value == "late"
    assert rlm.run("query", query="Who?").value == "Who?"

    async def inside() -> Run:
        return rlm.run(source, context="Acme")

    assert asyncio.run(inside()).value == "late"


def test_a_program_that_asks_no_model_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_rlm.execution.connections.connect", None)
    assert RLM().run("1 + 1").value == 2
    assert RLM().run(lambda_rlm.check("1 + 1", {})).value == 2


def test_a_program_is_held_to_the_budget_and_keeps_one_it_has() -> None:
    rlm = scripted(budget=Budget(calls=0))
    with pytest.raises(Rejected, match=r"or raise Budget\(calls=…\)"):
        rlm.run("llm_call(context)", context="c")
    admitted = lambda_rlm.check("llm_call(context)").admit(Budget(calls=1))
    assert rlm.run(admitted, context="c").usage.calls == 1


def test_notes_about_inputs_reach_the_run_of_a_program() -> None:
    run = scripted().run("length(rows)", rows=[{"first name": "Ann"}])
    assert "rows[]: renamed fields: 'first name' is first_name" in run.notes
    checked = lambda_rlm.check("length(rows)", {"rows": [{"first name": "Ann"}]})
    assert scripted().run(checked, rows=[{"first name": "Ann"}]).notes == run.notes


@pytest.mark.parametrize("program", ["1+1", 3, lambda_rlm.check("1 + 1", {})])
def test_run_refuses_what_is_not_admitted_at_once(program: Any) -> None:
    """Not only when somebody awaits it."""
    with pytest.raises(TypeError, match=r"RLM\(…\)\.run\(source, inputs\) checks, admits and runs a text"):
        _ = lambda_rlm.run(program, {})


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(TypeError, match="a program must be a text, a Path, what `check` found or what was admitted, not 3"):
        scripted().run(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"is the path of a program, not its text; write Path\('mine\.lam'\)"):
        scripted().run("mine.lam")


# ── what is read back ──


class Verdict(BaseModel):
    supplier: str
    due: date | None = None


def test_a_run_as_a_dict_is_the_json_of_the_command_line() -> None:
    run = scripted('{"supplier": "Acme", "due": null}').ask(
        "Who?", returns="{ supplier: Text, due: Option[Text] }", context="c"
    )
    made = run.to_dict()
    assert made == run_json(run) and json.loads(json.dumps(made)) == made
    assert made["value"] == {"supplier": "Acme", "due": None} and made["usage"]["calls"] == 1 and made["run"] == run.id
    assert list(made)[-2:] == ["diagnostics", "fault"]


class Odd:
    def __repr__(self) -> str:
        return "odd"

    __str__ = __repr__


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Verdict(supplier="Acme", due=date(2024, 3, 1)), {"supplier": "Acme", "due": "2024-03-01"}),
        ({date(2024, 3, 1): {1}}, {"2024-03-01": [1]}),
        ([float("inf"), b"\xff", Odd()], ["Infinity", "_w==", "odd"]),
        ((1, None, True), [1, None, True]),
    ],
)
def test_a_dict_of_a_run_is_json_whatever_its_value_is(value: Any, shown: Any) -> None:
    base = RLM().run("1")
    run = Run(source=base.source, type=base.type, id=base.id, usage=base.usage, value=value)
    assert json.loads(json.dumps(run.to_dict(), allow_nan=False))["value"] == shown
    assert json.loads(run.answer) == shown


def test_a_faulted_run_as_a_dict_has_its_fault() -> None:
    events: list[Any] = []
    with pytest.raises(Fault):
        RLM().run("1 / 0", on_event=events.append)
    made = json.loads(json.dumps(events[-1].run.to_dict()))
    assert (made["ok"], made["answer"], made["fault"]["code"]) == (False, None, "E0413")


def test_a_repr_is_one_short_line_without_inputs_or_keys() -> None:
    text = "Acme was late. " * 1_000
    rlm = RLM(
        ScriptedModel.from_rules([("", "Acme\n" * 500)]), base_url="http://user:secret@host/v1", budget=Budget(calls=5, usd=0.5)
    )
    run = rlm.ask("Who?", context=text, strategy="direct")
    checked = lambda_rlm.check("llm_call(context)", {"context": text})
    shown = {
        "rlm": repr(rlm),
        "run": repr(run),
        "usage": repr(run.usage),
        "bound": repr(run.bound),
        "budget": repr(Budget(calls=5, usd=0.5)),
        "checked": repr(checked),
        "wrong": repr(lambda_rlm.check(WRONG)),
        "admitted": repr(checked.admit()),
    }
    for line in shown.values():
        assert len(line) < 250 and "\n" not in line and "secret" not in line and "Acme was late" not in line
    assert shown["rlm"] == "<RLM: ScriptedModel, Budget(calls=5, usd=0.5)>"
    assert shown["budget"] == "Budget(calls=5, usd=0.5)" and repr(Budget()) == "Budget()"
    assert shown["checked"] == "<Checked program: (query: Text, context: Text) -> Text>"
    assert shown["wrong"].startswith("<Checked program: E0")
    assert re.fullmatch(r"<Bound: 1 calls?, [\d,]+ tokens, \$0>", shown["bound"])
    assert eval(repr(Budget(calls=5, usd=0.5))) == Budget(calls=5, usd=0.5)  # noqa: S307 - text of our own


# ── diagnostics ──


def test_diagnostics_are_shown_with_place_carets_and_hint() -> None:
    checked = lambda_rlm.check(WRONG)
    text = checked.render()
    assert text == str(checked.diagnostics) and text.startswith("error[E0")
    assert " --> program:2:" in text and '2 | n + "one"' in text and "^" in text
    with pytest.raises(Rejected) as raised:
        checked.admit()
    assert str(raised.value) == f"program: 1 error\n{text}"
    copied = pickle.loads(pickle.dumps(raised.value))
    assert str(copied) == str(raised.value) and isinstance(copied.diagnostics, Diagnostics)
    assert lambda_rlm.check("1").render() == "" and "\n" not in str(checked.diagnostics[0])
    assert checked.diagnostics == tuple(checked.diagnostics) and checked.errors == tuple(checked.diagnostics)
