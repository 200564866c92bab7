"""The masked layout on its way to a root model: when it is looked at, what it costs, and how it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.answering import question as room
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.writing_bound import likely_writing, opening_messages, task_of, writing_cost
from lambda_rlm.api.rlm import RLM
from lambda_rlm.completion import ModelProfile
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.synth.layout.layout import Layout, layout_of
from lambda_rlm.synth.layout.words import LEGEND, MOST_LINES
from lambda_rlm.synth.writing import Writing
from tests.answering.test_sub_models import ran
from tests.answering.test_synthesize import Root
from tests.support.shell import Shell, script, wrote

LOG = "2026-03-01 12:00:07 ERROR [auth] user=ann took 12ms\n" * 40
ROWS = [{"city": "Bonn", "since": f"2026-01-{n:02}"} for n in range(1, 21)]
SHAPE = '"999-99-99 99:99:99 AAA [aaa] aaa=aaa aaa 99aa" 100 %'
COLUMN = 'since: 20 distinct, 10 characters, "999-99-99" 100 %'
ROOT = ModelProfile(name="root", window=32_768, max_output=8_192, input_price=1e-6, output_price=2e-6)


def posed(root: ModelProfile = ROOT, inputs: Mapping[str, Any] | None = None, **writing: Any) -> tuple[Question, Setup]:
    question = Question(query="Who?", inputs=from_values(inputs or {"log": LOG, "rows": ROWS}))
    setup = Setup(leaf=ScriptedModel([Rule("", "said")]), root=ScriptedModel((), root), writing=Writing(**writing))
    return question, setup


def opening(question: Question, setup: Setup) -> str:
    return opening_messages(task_of(question, setup), setup.writer.profile, b"key")[-1].content


def test_without_layout_its_lines_alone_are_left_out() -> None:
    masked, plain = (opening(*posed(inputs={"log": LOG}, layout=layout, rounds=1)) for layout in ("masked", "none"))
    lines = f"    shapes of lines, with their share:\n      {SHAPE}\n"
    assert masked.count(lines) == masked.count(LEGEND) == 1
    assert masked.replace(lines, "").replace(LEGEND, "") == plain
    assert "distinct" in opening(*posed()) and "distinct" not in opening(*posed(layout="none"))


def test_names_of_columns_are_data_and_shapes_of_lines_are_not() -> None:
    rows, log = (opening(*posed(inputs=inputs)) for inputs in ({"rows": ROWS}, {"log": LOG}))
    before, _, after = rows.partition(COLUMN)
    assert before.count("<data ") == before.count("</data ") + 1 and "</data " in after
    assert SHAPE in log and "<data " not in log


def test_layout_and_peek_are_shown_together() -> None:
    both = opening(*posed(peek=30))
    assert SHAPE in both and LOG[:30] in both


# ── when inputs are looked at ──


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The values whose layout is looked at."""
    seen: list[Any] = []

    def noticed(type_: Any, value: Any, **more: Any) -> Layout:
        seen.append(value)
        return layout_of(type_, value, **more)

    monkeypatch.setattr(room, "layout_of", noticed)
    return seen


@pytest.mark.parametrize("strategy", ["direct", "plan"])
def test_no_input_is_looked_at_where_no_program_is_written(looked_at: list[Any], strategy: Any) -> None:
    RLM(ScriptedModel([Rule("", "said")]), strategy=strategy, task="search").ask("Who?", log=LOG)
    assert looked_at == []


def test_each_input_is_looked_at_once_in_all_rounds(looked_at: list[Any]) -> None:
    root = Root("unknown(log)", "# look\nlength(log)", "# look\nlength(rows)", "1")
    rlm = RLM(ScriptedModel([Rule("", "said")]), root_model=root, strategy="synth", writing=Writing(rounds=3))
    rlm.ask("Who?", log=LOG, rows=ROWS)
    assert len(root.requests) > 2 and looked_at == [LOG, ROWS]
    assert all(SHAPE in str(request.messages) for request in root.requests)


def test_answers_of_earlier_rounds_have_no_layout() -> None:
    root = Root('# look\n"key-word 7"', "1")
    rlm = RLM(ScriptedModel([Rule("", "said")]), root_model=root, strategy="synth", writing=Writing(rounds=2))
    rlm.ask("Who?", log="ab")
    assert "  result_1: Text - at most 16 characters, 1 lines\n  query: Text - " in root.requests[-1].messages[1].content


def test_a_sub_model_sees_the_layout_of_its_text() -> None:
    root = Root('"done"')
    ran("rlm_call(query, context, 3)", root, given={"context": "x1-y2 [zz]"})
    assert '"a9-a9 [aa]" 100 %' in str(root.requests[0].messages)


# ── what it costs ──


def test_bound_and_likely_cost_of_writing_have_the_layout() -> None:
    figures: list[tuple[float, int]] = []
    for layout in ("masked", "none"):
        question, setup = posed(layout=layout)
        bound, why_not = writing_cost(question, setup)
        likely = likely_writing(question, setup, bound)
        assert why_not is None and bound.usd is not None and likely.input_tokens is not None
        figures.append((bound.usd, likely.input_tokens))
    assert figures[0][0] > figures[1][0] and figures[0][1] > figures[1][1]


def test_a_layout_leaves_room_for_two_programs() -> None:
    small = ModelProfile(name="root", window=5_000, max_output=1_024, input_price=0.0, output_price=0.0)
    wide = {f"column {n}": "x-1" for n in range(90)}
    assert LEGEND in opening(*posed(small, {"log": LOG}))
    assert LEGEND not in opening(*posed(small, {"log": LOG, "rows": [wide] * 9}))
    question, setup = posed(small, {"log": LOG, "rows": [wide] * 9}, rounds=1)
    assert writing_cost(question, setup) == writing_cost(question, posed(small, layout="none", rounds=1)[1])


def test_the_layouts_of_many_inputs_have_an_end() -> None:
    many = opening(*posed(inputs={f"text_{n}": LOG for n in range(100)}))
    assert 20 < many.count("shapes of lines") <= MOST_LINES // 2


# ── who says that none is shown ──


def test_a_host_says_whether_a_layout_is_shown() -> None:
    model = ScriptedModel([Rule("", "said")])

    def shown(**said: Any) -> str:
        root = Root("length(log)")
        RLM(model, root_model=root, strategy="synth", **said).ask("Who?", log=LOG)
        return str(root.requests[0].messages)

    assert SHAPE in shown()
    assert SHAPE in shown(layout="masked", writing=Writing(layout="none"))
    assert SHAPE not in shown(layout="none")
    assert SHAPE not in shown(writing=Writing(layout="none"))
    with pytest.raises(ValueError, match="layout must be one of masked, none, not 'plain'"):
        RLM(model, layout="plain")  # type: ignore[arg-type]


def prompt(shell: Shell, *options: str) -> str:
    wrote("a.log", LOG)
    assert shell("prompt", "--query", "Who?", "a.log", "--model", script({"match": "", "reply": "r"}), *options) == 0, shell.err
    return shell.out


@pytest.mark.usefixtures("alone")
def test_an_option_a_file_and_a_policy_switch_it_off(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SHAPE in prompt(shell)
    assert SHAPE not in prompt(shell, "--layout", "none")
    wrote("lambda-rlm.toml", 'layout = "none"\n')
    assert SHAPE not in prompt(shell) and SHAPE in prompt(shell, "--layout", "masked")
    wrote("policy.toml", 'require = ["no-layout"]\n')
    monkeypatch.setenv("LAMBDA_RLM_POLICY", str(Path.cwd() / "policy.toml"))
    assert SHAPE not in prompt(shell, "--layout", "masked")
    assert shell("config", "show") == 0
    assert any(line.startswith("layout ") and '; at most "none" by the policy' in line for line in shell.out.splitlines())


@pytest.mark.usefixtures("alone")
def test_a_policy_that_demands_no_layout_lets_runs_go_on(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote("policy.toml", 'require = ["no-layout"]\n')
    monkeypatch.setenv("LAMBDA_RLM_POLICY", str(Path.cwd() / "policy.toml"))
    model, log = script({"match": "", "reply": "length(context)"}), wrote("a.log", LOG)
    assert shell("ask", "How long?", log, "--model", model, "--strategy", "synth") == 0, shell.err
    assert shell("show", "last", "--sent") == 0 and "masked layout" not in shell.out
    assert shell("run", wrote("p.lam", "length(context)"), log) == 0, shell.err
    root = Root("length(log)")
    RLM(ScriptedModel([Rule("", "said")]), root_model=root, strategy="synth", layout="masked").ask("Who?", log=LOG)
    assert SHAPE not in str(root.requests[0].messages)


@pytest.mark.usefixtures("alone")
def test_what_was_sent_names_the_layout(shell: Shell) -> None:
    model = script({"match": "", "reply": "length(context)"})
    assert shell("ask", "How long?", wrote("a.log", LOG), "--model", model, "--strategy", "synth") == 0, shell.err
    assert shell("show", "last", "--sent") == 0 and "the masked layout of the inputs" in shell.out
    assert shell("ask", "How long?", "a.log", "--model", model, "--strategy", "synth", "--layout", "none") == 0, shell.err
    assert shell("show", "last", "--sent") == 0 and "masked layout" not in shell.out
