"""What a program cut away from its inputs before a model saw it: told with the run, so that a short look is not taken for a long one."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm import RLM
from lambda_rlm.answering.question import Setup
from lambda_rlm.answering.sub_model import with_solver
from lambda_rlm.execution.as_json import run_json
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import ScriptedModel
from tests.support.examples import examples
from tests.support.shell import Shell, script, wrote

ANSWERS = ScriptedModel.from_rules([("", "yes")])


def ran(program: str, model: Any = ANSWERS, **inputs: Any) -> Run:
    checked = check(program, inputs)
    assert checked.ok, checked.diagnostics

    async def go() -> Run:
        return await execute(checked.admit(), {"query": "", **inputs}, model, options=Options(key=b"tests"))

    done = anyio.run(go)
    assert done.fault is None, done.fault
    return done


def dropped(program: str, **inputs: Any) -> int:
    return ran(program, **inputs).dropped.characters_before_prompts


TEXT = "".join(f"{n:02} quick brown foxes jump over the lazy dog. " for n in range(100))[:900]


@pytest.mark.parametrize(
    ("program", "count"),
    [
        ("llm_call(take(context, 100))", 800),
        ("llm_call(take_last(context, 100))", 800),
        ("llm_call(slice(context, 100, 200))", 800),
        ("llm_call(take(take(context, 500), 100))", 800),
        ("llm_call(context)", 0),
        ("llm_call(take(context, 5000))", 0),
        # a question asked about a part, and another about the rest
        ("llm_call(take(context, 100)) ++ llm_call(drop(context, 100))", 0),
        ("llm_call(take(context, 100)) ++ llm_call(take_last(context, 100))", 700),
        # what no prompt was made from is not cut away before one
        ("if contains(take(context, 100), \"fox\") then llm_call(query) else \"no\"", 0),
        ("llm_call(drop(context, 800))", 0),
        ("if contains(take(context, 100), \"zebra\") then \"no\" else llm_call(take(drop(context, 500), 100))", 300),
        # pieces, each shortened
        ("chunk(context, 300) |> map(fn(p) => take(p, 250)) |> map(llm_call) |> join(\"\")", 60),
        ("chunk(context, 300) |> map(fn(p) => llm_call(f\"{query}{take(p, 250)}\")) |> join(\"\")", 60),
        # a text joined from pieces, shortened after
        ("chunk(context, 300) |> join(\"\\n\") |> take(350) |> llm_call", 551),
        ("let j = join(chunk(context, 300), \"\"); llm_call(take(j, 200)) ++ llm_call(take_last(j, 300))", 400),
        # chosen by the program after the cut: that is not the cut's doing
        ("take(context, 600) |> chunk(300) |> take(1) |> map(llm_call) |> join(\"\")", 300),
    ],
)  # fmt: skip
def test_what_a_cut_kept_from_every_prompt_is_counted_once(program: str, count: int) -> None:
    assert dropped(program, context=TEXT) == count


def test_what_is_cut_from_replies_is_no_part_of_an_input() -> None:
    assert dropped("take(llm_call(context), 1) |> llm_call", context=TEXT) == 0


def test_cuts_that_the_planner_tried_are_not_counted() -> None:
    """It looks at many sizes of the pieces before it takes one; only those of the run were cut."""
    program = 'chunk(context, auto) |> map(fn(p) => llm_call(take(p, 50))) |> join("")'
    done = ran(program, context=TEXT)
    assert done.dropped.characters_before_prompts == len(TEXT) - 50 * done.usage.calls


@pytest.mark.slow
@settings(max_examples=examples(150))
@given(st.data())
def test_the_count_is_that_of_a_set_of_places(data: st.DataObject) -> None:
    """Against the definition itself: every text as the list of the places of its characters, every cut as two sets of places."""
    size = data.draw(st.integers(1, 60))
    text = "".join(chr(97 + i % 26) for i in range(size))
    texts: list[tuple[str, list[int]]] = [("context", list(range(size)))]
    cuts: list[tuple[set[int], set[int]]] = []
    lines: list[str] = []
    for n in range(data.draw(st.integers(1, 7))):
        name, places = data.draw(st.sampled_from(texts))
        kind = data.draw(st.sampled_from(("take", "take_last", "slice", "drop", "join")))
        a, b = data.draw(st.integers(0, len(places) + 2)), data.draw(st.integers(0, len(places) + 2))
        if kind == "join":
            other, more = data.draw(st.sampled_from(texts))
            lines.append(f"let t{n} = {name} ++ {other};")
            made = places + more
        else:
            numbers = f"{a}, {b}" if kind == "slice" else str(a)
            lines.append(f"let t{n} = {kind}({name}, {numbers});")
            cut = {
                "take": slice(0, a),
                "take_last": slice(max(0, len(places) - a), None),
                "slice": slice(a, b),
                "drop": slice(a, None),
            }
            made = places[cut[kind]]
            if kind != "drop" and len(made) < len(places):
                cuts.append((set(places), set(made)))
        texts.append((f"t{n}", made))
    asked = [t for t in texts[1:] if data.draw(st.booleans())]
    program = "\n".join([*lines, "[" + ", ".join(f'llm_call("Q" ++ {name})' for name, _ in asked) + "]" if asked else "query"])
    shown = {place for _, places in asked for place in places}
    lost = {place for whole, kept in cuts if kept & shown for place in whole - kept}
    assert dropped(program, context=text) == len(lost - shown)


def test_a_sub_model_that_cuts_its_text_counts_for_its_caller() -> None:
    root = ScriptedModel.from_rules([("", "llm_call(take(context, 10))")])
    program = 'rlm_call("Who?", context, 4)'
    checked = check(program, {"context": TEXT})

    async def go() -> Run:
        options = with_solver(Setup(leaf=ANSWERS, root=root, options=Options(key=b"tests")))
        return await execute(checked.admit(), {"query": "", "context": TEXT}, ANSWERS, options=options)

    done = anyio.run(go)
    assert done.fault is None, done.fault
    assert done.dropped.characters_before_prompts == len(TEXT) - 10


def test_the_figure_stands_in_the_json_and_in_the_library() -> None:
    done = ran("llm_call(take(context, 100))", context=TEXT)
    assert run_json(done)["dropped"]["characters_before_prompts"] == 800
    assert json.dumps(run_json(done))
    assert RLM(ANSWERS).ask("Who?", context="short").dropped.characters_before_prompts == 0


def test_a_person_is_told_beside_the_answer(shell: Shell) -> None:
    program = (
        "run",
        wrote("p.lam", "llm_call(take(context, 100))"),
        wrote("a.txt", TEXT),
        "--model",
        script({"match": "", "reply": "x"}),
    )
    assert shell(*program) == 0
    assert shell.out == "x\n"
    assert "the program cut off 800 characters of the input; no model saw them" in shell.err
    assert shell(*program, "--json") == 0
    assert shell.json["dropped"]["characters_before_prompts"] == 800
