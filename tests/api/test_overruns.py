"""The eight kinds of budget overruns that agents are known for (docs/overruns.md): one test for each, of what happens here."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import (
    RLM,
    Account,
    AccountUsedUp,
    Budget,
    Completion,
    CompletionRequest,
    Fault,
    InputProblem,
    Rejected,
    Run,
    Usage,
    check,
    run,
)
from lambda_rlm.settings.problem import SettingProblem
from tests.support.accounted import Priced


class Counted(Priced):
    """Counts as a vocabulary of bytes would, and replies with what it is made for."""

    def __init__(self, text: str = "42", tokens: int | None = None) -> None:
        super().__init__(turns=1)
        self.text, self.tokens = text, tokens
        self.prompts: list[str] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        await super().complete(request)
        self.prompts.append("\n".join(message.content for message in request.messages))
        sent = sum(len(message.content) for message in request.messages)
        return Completion(self.text, Usage(sent, self.tokens or min(len(self.text), request.max_tokens)))


def ran(source: str, model: Priced, inputs: dict[str, Any] | None = None, **limits: Any) -> Any:
    budget = Budget(**limits)
    return asyncio.run(run(check(source, inputs or {}).admit(budget, model.profile), inputs or {}, model))


def test_a_retry_loop_ends_within_its_bound() -> None:
    """Every reply is garbage, and would be asked for again by who does not count."""
    model = Counted("no number at all")
    program = check('map(range(0, 10), fn(n) => llm_call[Int](f"{n}?", out=20))', {}).admit(Budget(), model.profile)
    assert program.bound is not None and program.bound.attempts is not None and program.bound.usd is not None
    with pytest.raises(Fault) as ended:
        asyncio.run(run(program, {}, model))
    assert ended.value.usage is not None and ended.value.usage.cost is not None
    assert 0 < model.asked <= program.bound.attempts
    assert ended.value.usage.cost <= program.bound.usd


def test_a_program_that_would_go_on_for_ever_is_none() -> None:
    """Recursion takes parts of its text only, and is bounded before its first call."""
    with pytest.raises(Rejected):
        ran("fix(fn(again, t) => again(llm_call(t)))(context)", Counted(), {"context": "a text"})
    model = Counted()
    with pytest.raises(Rejected):
        ran('map(range(0, 100000), fn(n) => llm_call(f"{n}"))', model, calls=1_000)
    assert model.asked == 0


def test_delegated_work_draws_on_one_account(tmp_path: Path) -> None:
    """Ten workers beside each other, each with a budget that alone would be enough."""
    account = Account(path=tmp_path / "a", usd=0.005)
    workers = [RLM(Counted("7"), budget=Budget(usd=0.05), account=account, strategy="direct") for _ in range(10)]

    async def work() -> list[object]:
        jobs = (worker.aask(f"Part {n}?", context="text " * 200) for n, worker in enumerate(workers))
        return await asyncio.gather(*jobs, return_exceptions=True)

    outcomes = asyncio.run(work())
    refused = [outcome for outcome in outcomes if isinstance(outcome, AccountUsedUp)]
    assert 0 < len(refused) < len(outcomes)
    assert len(outcomes) - len(refused) == sum(isinstance(outcome, Run) for outcome in outcomes)
    assert 0.0 < (account.spent.usd or 1.0) <= 0.005


def test_prompts_do_not_grow_from_call_to_call() -> None:
    """A fold hands its reply on, of which no more is kept than `out` allows; there is no conversation that grows."""
    model = Counted("z" * 5_000)
    texts = [f"part {number:03}" for number in range(40)]
    source = 'fold(texts, "", fn(so_far, t) => llm_call(f"{so_far} {t}", out=10))'
    ran(source, model, {"texts": texts})
    lengths = [len(prompt) for prompt in model.prompts]
    assert len(lengths) == 40
    assert max(lengths[1:]) - min(lengths[1:]) <= 1


@pytest.mark.slow
def test_what_is_stored_is_not_sent_again(tmp_path: Path) -> None:
    """The twentieth question costs what the first did, with a journal that has grown meanwhile."""
    model = Counted()
    rlm = RLM(model, journal=tmp_path / "runs.sqlite3", strategy="direct")
    costs = [rlm.ask(f"Question {number:02}?", context="the same text").usage.usd for number in range(20)]
    assert len(set(costs)) == 1
    assert len({len(prompt) for prompt in model.prompts}) == 1


def test_an_image_is_no_input_and_as_text_it_is_counted(tmp_path: Path) -> None:
    image = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
    (tmp_path / "image.png").write_bytes(image)
    model = Counted()
    with pytest.raises(InputProblem, match="image"):
        RLM(model, strategy="direct").ask("What is shown?", context=tmp_path / "image.png")
    with pytest.raises((Fault, Rejected)):
        RLM(model, strategy="direct").ask("What is shown?", context=base64.b64encode(image).decode())
    assert model.asked == 0


def test_an_ignored_reply_limit_is_booked_and_ends_the_run() -> None:
    """A vendor that drops `max_tokens` bills more for one request than was reserved: the next one is refused."""
    model = Counted("z" * 100, tokens=60_000)
    with pytest.raises(Fault) as ended:
        ran(_ONE_AFTER_THE_OTHER, model, usd=0.1, concurrency=1)
    assert (ended.value.code, model.asked) == ("E0406", 1)
    assert ended.value.usage is not None and ended.value.usage.output_tokens == 60_000


_ONE_AFTER_THE_OTHER = 'fold([1, 2, 3], "", fn(so_far, n) => llm_call(f"{so_far} {n}", out=20))'


@pytest.mark.parametrize("name", ["LAMBDA_RLM_MAXCOST", "LAMBDA_RLM_MAX_COSTS"])
def test_a_limit_with_a_slip_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "0.01")
    with pytest.raises(SettingProblem, match=name):
        RLM(Counted())


def test_a_cost_that_nobody_knows_is_never_nothing() -> None:
    class Unpriced(Counted):
        profile = replace(Priced.profile, input_price=None, output_price=None)

    class Silent(Counted):
        async def complete(self, request: CompletionRequest) -> Completion:
            return replace(await super().complete(request), usage=Usage())

    model = Unpriced()
    with pytest.raises((Fault, Rejected)):
        ran('llm_call("Why?", out=20)', model, usd=1.0)
    assert model.asked == 0
    assert ran('llm_call("Why?", out=20)', Unpriced()).usage.usd is None
    silent = ran('llm_call("Why?", out=20)', Silent())
    assert silent.usage.usd >= 20 * 2e-6
    assert silent.usage.estimated_calls == 1


def test_limits_are_there_before_anybody_sets_one() -> None:
    limits = Budget()
    assert (limits.calls, limits.tokens, limits.depth) == (1_000, 1_000_000_000, 32)
    model = Counted()
    with pytest.raises(Rejected):
        ran('map(range(0, 1001), fn(n) => llm_call(f"{n}"))', model)
    assert model.asked == 0
