"""An account over many questions, threads and processes: nothing beyond it is spent, nothing that was paid is lost."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambda_rlm import RLM, Account, AccountUsedUp, Budget, LimitExceeded, ScriptedModel, check, run
from tests.support.accounted import COST, Priced, lent_in
from tests.support.counting_server import CountingServer
from tests.support.places import ROOT

QUESTIONS = 64
WORST = 0.001
"""More than each question here may cost."""

MAPPED = 'join(map(texts, fn(t) => llm_call(f"Count: {t}", out=50)), " ")'
TEXTS = [f"text number {number}" for number in range(8)]


def outcome(rlm: RLM, number: int) -> str:
    try:
        return str(rlm.ask(f"Question {number}?", context="some text").value)
    except AccountUsedUp as refused:
        return refused.code


async def outcomes(rlm: RLM) -> list[str]:
    async def one(number: int) -> str:
        try:
            return str((await rlm.aask(f"Question {number}?", context="some text")).value)
        except AccountUsedUp as refused:
            return refused.code

    return await asyncio.gather(*map(one, range(QUESTIONS)))


def settled(account: Account, model: Priced, answers: list[str], limit: float) -> None:
    """Nothing was overspent or lost, nothing is lent any more, and what is left would not pay one more request at its worst."""
    spent = account.spent.usd
    assert spent is not None and spent <= limit
    assert spent == pytest.approx(model.answered * COST)
    assert answers.count("42") == model.answered == model.asked
    assert answers.count("E0406") == len(answers) - model.answered
    assert lent_in(account.path) == []
    assert limit - spent < WORST
    assert model.answered >= 10


def test_concurrent_questions_on_money_for_ten(tmp_path: Path) -> None:
    """Their worst cases together are a hundred times what the account has."""
    limit, model = WORST + 10 * COST, Priced()
    account = Account(path=tmp_path / "a", usd=limit)
    answers = asyncio.run(outcomes(RLM(model, account=account, strategy="direct")))
    settled(account, model, answers, limit)


@pytest.mark.slow
def test_questions_of_many_threads_on_money_for_ten(tmp_path: Path) -> None:
    limit, model = WORST + 10 * COST, Priced()
    account = Account(path=tmp_path / "a", usd=limit)
    rlm = RLM(model, account=account, strategy="direct")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: outcome(rlm, number), range(QUESTIONS)))
    settled(account, model, answers, limit)


def test_several_rlms_and_accounts_share_one_file(tmp_path: Path) -> None:
    limit = WORST + 10 * COST
    models = [Priced() for _ in range(4)]
    owners = [RLM(model, account=Account(path=tmp_path / "a", usd=limit), strategy="direct") for model in models]
    answers = [outcome(rlm, number) for number in range(16) for rlm in owners]
    assert answers.count("42") == sum(model.answered for model in models)
    spent = Account(path=tmp_path / "a", usd=limit).spent.usd
    assert spent is not None and limit - WORST < spent <= limit


PROCESS = """
import asyncio, json, sys
from lambda_rlm import RLM, Account, AccountUsedUp
from tests.support.accounted import Priced
model, limit = Priced(), float(sys.argv[2])
rlm = RLM(model, account=Account(path=sys.argv[1], usd=limit), strategy="direct")
async def one(number):
    try:
        return (await rlm.aask(f"Question {number}?", context="some text")).value
    except AccountUsedUp as refused:
        return refused.code
async def main():
    return await asyncio.gather(*map(one, range(16)))
print(json.dumps([asyncio.run(main()), model.asked, model.answered]))
"""


@pytest.mark.integration
@pytest.mark.slow
def test_questions_of_many_processes_on_money_for_ten(tmp_path: Path) -> None:
    limit = WORST + 10 * COST
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tmp_path / "a"), str(limit)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    told = [json.loads(process.communicate(timeout=100)[0]) for process in started]
    answered = sum(one[2] for one in told)
    assert sum(one[1] for one in told) == answered == sum(one[0].count("42") for one in told) >= 10
    spent = Account(path=tmp_path / "a", usd=limit).spent.usd or 0.0
    assert spent == pytest.approx(answered * COST)
    assert limit - WORST < spent <= limit


@pytest.mark.parametrize(("limit", "code"), [({"calls": 3}, "E0404"), ({"tokens": 500}, "E0405"), ({"usd": 0.0005}, "E0406")])
def test_a_run_stops_in_the_middle_and_goes_on(tmp_path: Path, limit: dict[str, float], code: str) -> None:
    """As at its own budget: what was finished is kept, and paid once."""
    model, journal = Priced(), tmp_path / "runs.sqlite3"
    budget = Budget(concurrency=1)
    program = check(MAPPED, {"texts": TEXTS}).admit(budget, model.profile)
    small = Account(path=tmp_path / "a", **limit)  # type: ignore[arg-type]
    with pytest.raises(LimitExceeded) as stopped:
        asyncio.run(run(program, {"texts": TEXTS}, model, account=small, journal=journal))
    assert (stopped.value.code, str(small.path) in stopped.value.message) == (code, True)
    before = model.answered
    assert 0 < before < len(TEXTS)
    assert stopped.value.usage is not None and stopped.value.usage.attempts == before
    large = Account(path=tmp_path / "a", usd=1.0)
    again = RLM(model, budget=budget, account=large, journal=journal).resume("last", texts=TEXTS)
    assert again.value == " ".join(["42"] * len(TEXTS))
    assert model.asked == model.answered == len(TEXTS)
    assert large.spent.calls == len(TEXTS)
    assert large.spent.usd == pytest.approx(len(TEXTS) * COST)


def test_a_fault_of_the_account_is_caught_by_no_program(tmp_path: Path) -> None:
    model = ScriptedModel.from_rules([("", "x")])
    program = check('llm_call("Say x", or_else="nothing")', {})
    with pytest.raises(AccountUsedUp):
        asyncio.run(run(program.admit(Budget()), {}, model, account=Account(path=tmp_path / "a", calls=0)))


def test_a_program_that_asks_nobody_needs_no_account(tmp_path: Path) -> None:
    done = asyncio.run(run(check("1 + 1", {}).admit(Budget()), {}, account=Account(path=tmp_path / "a", usd=0.0)))
    assert done.value == 2
    assert not (tmp_path / "a").exists()


def test_a_cached_reply_costs_the_account_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    account = Account(path=tmp_path / "a", calls=1)
    with CountingServer() as server:
        rlm = RLM("m", base_url=server.url, account=account, cache=tmp_path / "replies.sqlite3", strategy="direct")
        for _ in range(2):
            assert rlm.ask("Why?", context="text").value == "42"
        with pytest.raises(AccountUsedUp):
            rlm.ask("How?", context="text")
    assert (server.answered, account.spent.calls) == (1, 1)


def test_an_account_from_variables_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_ACCOUNT", str(tmp_path / "a"))
    monkeypatch.setenv("LAMBDA_RLM_ACCOUNT_CALLS", "0")
    with pytest.raises(AccountUsedUp):
        RLM(Priced(), strategy="direct").ask("Why?", context="text")
    other = Account(path=tmp_path / "b", calls=1)
    assert RLM(Priced(), strategy="direct", account=other).ask("Why?", context="text").value == "42"


@pytest.mark.parametrize("account", ["account.sqlite3", 5])
def test_what_is_no_account_is_a_type_error(account: object) -> None:
    with pytest.raises(TypeError, match="account must be an Account"):
        RLM("m", account=account)  # type: ignore[arg-type]
