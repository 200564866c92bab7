"""A run that begins as likely: never above its budget, and nothing that was paid for is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run

PROFILE = ModelProfile(name="m", window=8_000, max_output=1_000, input_price=1e-6, output_price=1e-5)
EACH = 'lines(context) |> map(fn(line) => llm_call(f"Say one word about this: {line}", out=400)) |> join(" ")'
LINES = "\n".join(f"line {number}" for number in range(20))


class Slow:
    """Replies after a few turns of the loop, each with this many tokens; keeps what it was asked and what was cancelled."""

    def __init__(self, tokens: tuple[int, ...], turns: int = 3) -> None:
        self.profile = PROFILE
        self.tokens, self.turns = tokens, turns
        self.answered = self.asked = self.in_flight = self.most_in_flight = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) for message in messages) // 4

    async def complete(self, request: CompletionRequest) -> Completion:
        number, self.asked = self.asked, self.asked + 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            for _ in range(self.turns * (1 + number % 3)):
                await anyio.lowlevel.checkpoint()
        finally:
            self.in_flight -= 1
        self.answered += 1
        used = min(self.tokens[number % len(self.tokens)], request.max_tokens)
        return Completion("word", Usage(self.count_tokens(request.messages), used))

    async def aclose(self) -> None: ...


def ran(model: Slow, budget: Budget, **options: Any) -> Run:
    checked = check(EACH, {"context": LINES})
    inputs = {"context": LINES, "query": ""}
    admitted = checked.admit(budget, model.profile)
    return anyio.run(lambda: execute(admitted, inputs, model, options=Options(key=b"key", **options)))


def test_what_fits_only_one_by_one_completes() -> None:
    model = Slow((2,))
    run = ran(model, Budget(usd=0.008, admit="likely"))
    assert run.ok and run.admitted == "likely" and model.answered == 20
    assert run.bound is not None and run.bound.usd is not None and run.bound.usd > 0.08
    assert run.usage.usd is not None and run.usage.usd <= 0.008


def test_proved_is_what_a_program_needs_otherwise() -> None:
    for admit in (None, "proved"):
        with pytest.raises(Rejected, match="the program may cost"):
            ran(Slow((2,)), Budget(usd=0.008, admit=admit))


def test_the_whole_bound_is_set_aside_unless_a_run_is_likely() -> None:
    """With its bound within the budget nothing waits."""
    model = Slow((2,))
    run = ran(model, Budget(usd=1.0, concurrency=16, admit="likely"))
    assert run.admitted == "proved" and model.most_in_flight == 16
    model = Slow((2,))
    assert ran(model, Budget(usd=0.012, concurrency=16, admit="likely")).ok
    assert 1 <= model.most_in_flight <= 2, "as many at a time as can be set aside"


def test_nothing_is_in_flight_when_a_run_stops() -> None:
    """What is paid for is answered, so that it is kept."""
    model = Slow((400,))
    run = ran(model, Budget(usd=0.02, admit="likely"))
    assert run.fault is not None and run.fault.code == "E0406"
    assert model.asked == model.answered < 20 and model.in_flight == 0
    assert run.usage.attempts == model.answered


def test_the_last_allowed_call_is_answered_before_the_run_stops() -> None:
    """The replies are all like those that were expected, and more of them are needed."""
    asks_on = """
      let more = llm_call[List[Text]](f"Name things:\\n{take(context, 50)}", out=200);
      map(take(more, 30), fn(name) => llm_call(f"Say a word about {take(name, 20)}", out=9)) |> join(" ")
    """
    reply = '{"reply": [' + ", ".join(f'"n{number}"' for number in range(30)) + "]}"

    class Naming(Slow):
        async def complete(self, request: CompletionRequest) -> Completion:
            done = await super().complete(request)
            return replace(done, text=reply) if request.schema is not None else done

    model = Naming((2,))
    checked = check(asks_on, {"context": LINES})
    admitted = checked.admit(Budget(calls=9, admit="likely"), model.profile)
    run = anyio.run(lambda: execute(admitted, {"context": LINES, "query": ""}, model, options=Options(key=b"key")))
    assert run.fault is not None and run.fault.code == "E0404"
    assert model.asked == model.answered == 9


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=6),
    st.floats(0.0, 0.1),
    st.integers(1, 30),
    st.integers(0, 12_000),
    st.integers(1, 8),
)
def test_no_likely_run_exceeds_its_budget(used: list[int], usd: float, calls: int, tokens: int, concurrency: int) -> None:
    model = Slow(tuple(used), turns=1)
    budget = Budget(usd=usd, calls=calls, tokens=tokens, concurrency=concurrency, admit="likely")
    try:
        run = ran(model, budget)
    except Rejected:
        assert model.asked == 0
        return
    spent = run.usage
    assert spent.usd is not None and spent.usd <= usd
    assert spent.calls <= calls and spent.input_tokens + spent.output_tokens <= tokens
    assert model.asked == model.answered, "nothing that was paid for is lost"
    assert run.ok or (run.fault is not None and run.fault.code in {"E0404", "E0405", "E0406"})


def test_the_likely_cost_is_told_where_it_is_wanted_alone() -> None:
    assert ran(Slow((2,)), Budget()).likely is None, "it is worked out when somebody shows it"
    told = ran(Slow((2,)), Budget(), is_estimated=True)
    assert told.likely is not None and told.likely.calls == 20 and told.likely.usd is not None
    assert told.usage.usd is not None and 0.5 <= told.likely.usd / told.usage.usd <= 2


def test_a_size_that_is_declared_may_be_likely_too() -> None:
    from lambda_rlm.bounds.declared import Size

    checked = check(EACH, {"context": Size(300)})
    prospect = checked.prospect(Budget(), PROFILE)
    assert prospect is not None and prospect.likely is not None and prospect.bound.usd is not None
    between = (prospect.likely.needs_usd or 0) * 1.01
    assert between < prospect.bound.usd
    with pytest.raises(Rejected):
        checked.admit(Budget(usd=between), PROFILE)
    admitted = checked.admit(Budget(usd=between, admit="likely"), PROFILE)
    assert not admitted.is_proved
    with pytest.raises(Rejected):
        checked.admit(Budget(usd=(prospect.likely.usd or 0) / 2, admit="likely"), PROFILE)


def test_only_a_known_way_to_admit_is_taken() -> None:
    with pytest.raises(ValueError, match="admit must be 'proved', 'likely' or None"):
        Budget(admit="maybe")  # type: ignore[arg-type]
