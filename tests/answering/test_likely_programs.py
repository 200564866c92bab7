"""A written program that is not proved to complete within the budget."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from lambda_rlm.budget.budget import Admission, Budget
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from tests.answering.test_synthesize import ASKING, PLAN, PROFILE, Root, asked

EACH_WORD = 'words(context) |> map(fn(w) => llm_call(f"Say it: {take(w, 9)}", out=400)) |> join(" ") |> take(100)'
PAID = replace(PROFILE, input_price=1e-6, output_price=1e-5)


def test_a_program_that_is_not_proved_runs_where_that_is_wanted() -> None:
    """Under `proved` its author is told; otherwise the author may write one that is proved. Where it does not, the plan runs if it
    is proved, and else the likely program."""
    words = " ".join(f"word{number}" for number in range(20))
    model = ScriptedModel([Rule("Say it", "said")], PAID)
    asking = partial(asked, context=words, model=model)
    wanted: tuple[tuple[Admission | None, str, int], ...] = (("proved", ASKING, 2), ("likely", EACH_WORD, 1), (None, ASKING, 2))
    for admit, program, calls in wanted:
        root = Root(EACH_WORD, ASKING)
        run = asking(root, budget=Budget(usd=0.06, admit=admit))
        assert (run.program, len(root.requests), run.ok) == (program, calls, True), admit
        assert run.admitted == ("likely" if program == EACH_WORD else "proved")
        assert calls == 1 or "E0304" in root.requests[1].messages[-1].content
    run = asking(Root(EACH_WORD), budget=Budget(usd=0.06))
    assert (run.program, run.admitted) == (PLAN, "proved")
    run = asking(Root(EACH_WORD), budget=Budget(usd=0.06), plan=EACH_WORD.replace("9", "8"))
    assert (run.program, run.admitted, run.synthesis is not None and run.synthesis.fallback) == (EACH_WORD, "likely", None)
    run = asking(Root(EACH_WORD), budget=Budget(usd=0.06, admit="proved"))
    assert run.program == PLAN and run.admitted == "proved"
