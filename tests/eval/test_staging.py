"""Before a run, what needs no reply is computed on the real inputs: bounds become exact where code decides."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from tests.support.ungated import execute_ungated


def ran(program: str, gate: Any = execute, reply: str = "r", **inputs: Any) -> Run:
    given = from_values({"context": "", **inputs}).with_query("?")
    checked = check(program, given.types)
    assert checked.ok, checked.diagnostics
    model = ScriptedModel.from_rules([("", reply)])
    run: Run = anyio.run(gate, checked.admit(None, model.profile), given.values, model)
    return run


def calls(run: Run) -> tuple[int | None, int]:
    assert run.fault is None, run.fault
    assert run.bound is not None
    return run.bound.calls, run.usage.calls


def test_each_element_takes_its_real_branch() -> None:
    words = ["a", "long word", "b", "longer word"]
    assert calls(ran("map(ws, fn(w) => if length(w) > 3 then llm_call(w) else w)", ws=words)) == (2, 2)


def test_a_pack_made_by_hand_has_its_real_number_of_pieces() -> None:
    program = """
    def pack(texts: List[Text], size: Int) -> List[Text] = {
      let p = fold(texts, { done: [], current: "" }, fn(acc, x) =>
        if acc.current != "" and length(acc.current) + length(x) > size
        then { done: acc.done ++ [acc.current], current: x }
        else { done: acc.done, current: acc.current ++ x });
      if p.current == "" then p.done else p.done ++ [p.current]
    };
    pack(lines(context), 100) |> map(fn(p) => llm_call(p, out=5)) |> join("")
    """
    assert calls(ran(program, context="\n".join(f"{i:030}" for i in range(90)))) == (30, 30)


def test_a_size_that_code_works_out_counts() -> None:
    program = 'split(context, length(context) / 100.0 |> ceil) |> map(fn(p) => llm_call(p)) |> join("")'
    assert calls(ran(program, context="".join(f"{i:05}" for i in range(190)))) == (10, 10)


def test_what_depends_on_a_reply_is_bounded_and_not_guessed() -> None:
    program = (
        'let n = llm_call[1_or_2]("how many?"); match n { "one" => llm_call("a"), "two" => llm_call("b") ++ llm_call("c") }'
    )
    program = 'type N = "one" | "two";\n' + program.replace("1_or_2", "N")
    assert calls(ran(program, reply="one")) == (3, 2)


def test_functions_are_left_to_the_analysis() -> None:
    program = "let f = if length(context) > 3 then fn(x: Text) => llm_call(take(x, 2)) else fn(x: Text) => x; f(context)"
    assert calls(ran(program, context="hello")) == (1, 1)


def test_a_fault_in_work_that_is_not_needed_never_shows() -> None:
    program = 'if llm_call("?") == "yes" then to_text(div(1, length(context))) else "no"'
    assert ran(program).value == "no"


def test_a_fault_in_work_that_is_needed_is_the_runs() -> None:
    run = ran('let n = div(1, length(context)); f"{n}" ++ llm_call("?")')
    assert run.fault is not None
    assert run.fault.code == "E0413"


@pytest.mark.parametrize("program", ['lines(context) |> filter(fn(l) => l != "") |> map(fn(l) => llm_call(l)) |> join(",")'])
def test_work_done_before_the_run_is_not_done_again(program: str) -> None:
    text = "\n".join(f"line {i % 7}" for i in range(400))
    staged, plain = ran(program, context=text), ran(program, execute_ungated, context=text)
    assert staged.value == plain.value
    assert staged.usage.steps <= plain.usage.steps * 1.01 + 50


def test_a_prompt_without_replies_is_counted_exactly() -> None:
    """The characters would not fit at two to a token; the scripted model counts four."""
    assert calls(ran('llm_call(f"Read: {context}", out=100)', context="word " * 20_000)) == (1, 1)
    with pytest.raises(Rejected):
        ran('let r = llm_call("x"); llm_call(f"Read: {r} {context}", out=100)', context="word " * 20_000)


def test_what_uses_a_named_literal_is_computed() -> None:
    program = 'let size = 100; chunk(context, size) |> map(fn(p) => if length(p) > 99 then llm_call(p) else p) |> join("")'
    assert calls(ran(program, context="".join(f"{i:05}" for i in range(50)))) == (2, 2)


def test_every_branch_of_a_chain_is_decided_on_real_inputs() -> None:
    program = 'if length(context) > 9 then "long" else if length(context) > 4 then llm_call(context) else llm_call("a") ++ llm_call("b")'
    assert [calls(ran(program, context="x" * n)) for n in (12, 6, 2)] == [(0, 0), (1, 1), (2, 2)]


def test_a_long_chain_of_choices_is_looked_at_without_recursion() -> None:
    branches = " else ".join(f'if n == {i} then llm_call("{i}")' for i in range(230))
    assert calls(ran(f'let n = llm_call[Int]("n");\n{branches} else "none"', reply="7")) == (2, 2)


def test_a_long_text_is_not_copied_to_be_known() -> None:
    text = "".join(f"{i:07} " for i in range(125_000))
    run = ran('chunk(context, 400000) |> map(fn(p) => llm_call(take(p, 10), out=5)) |> join("")', context=text)
    assert calls(run)[1] == 3
    assert run.usage.bytes < len(text) // 10
