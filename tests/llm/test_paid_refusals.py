"""A request that a server refuses for its form, and the one that is sent instead, are two: each is paid and waits by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import Account, AccountUsedUp, Completion, CompletionRequest, LimitExceeded
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import pay
from lambda_rlm.completion import Grammar, Message, Model, ModelProfile, Usage
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.failures import BAD_REQUEST, SERVER_FAILED, failure
from lambda_rlm.llm.providers.constraints import REFUSALS, Constraints, ReplyForm
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from lambda_rlm.llm.wrappers.fallback import ConstraintFallback
from lambda_rlm.llm.wrappers.hedge import Hedged
from lambda_rlm.llm.wrappers.lent import Lent
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.llm.wrappers.retry import RetryPolicy
from tests.support.accounted import lent_in
from tests.support.faulty_server import FaultyServer
from tests.support.raw_server import raw_server
from tests.support.sleeping import Clock, at_once

MANY = 64
SCHEMA = CompletionRequest((Message("user", "say yes"),), 20, choices=("yes", "no"))
GRAMMAR = replace(SCHEMA, choices=None, grammar=Grammar("g", "a language", 'start: "x"', 'root ::= "x"', 'start: "x"'))
FORMS = [("no-schema", SCHEMA), ("no-grammar", GRAMMAR), ("bad-grammar", GRAMMAR)]
"""Servers, each with the form of a request that it refuses; the last one breaks with 500, which may be billed."""


class TimedServer(FaultyServer):
    """`times` are when its requests came, by a clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock, self.times = clock, list[float]()

    def enter(self, body: dict[str, Any], key: str) -> int:
        self.times.append(self.clock())
        return super().enter(body, key)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[TimedServer]:
    running = TimedServer(clock)
    with running:
        yield running


def reached(server: FaultyServer, name: str, **more: Any) -> Model:
    described = {f"openai/{name}": ModelOptions(window=1_000, max_output=20, price_in=1.0, price_out=2.0)}
    policy = RetryPolicy(retries=0)
    return connect(
        f"openai/{name}", base_url=server.url, api_key="k", constrain="vllm", described=described, policy=policy, **more
    )


async def asked(model: Model, request: CompletionRequest, times: int) -> list[Completion | BaseException]:
    try:
        return await asyncio.gather(*(model.complete(request) for _ in range(times)), return_exceptions=True)
    finally:
        await model.aclose()


def has_form(body: dict[str, Any]) -> bool:
    return bool(body.keys() & {"response_format", "structured_outputs"})


@pytest.mark.parametrize(("name", "request_"), FORMS)
def test_every_request_that_is_sent_has_a_loan_of_its_own(
    server: TimedServer, tmp_path: Path, name: str, request_: CompletionRequest
) -> None:
    """64 at once, on an account with 40 requests: each that came to the server is one of these."""
    account = Account(path=tmp_path / "a", calls=40)
    done = asyncio.run(asked(reached(server, name, account=account), request_, MANY))
    answered = [one for one in done if isinstance(one, Completion)]
    assert all(isinstance(one, Completion | AccountUsedUp) for one in done), done
    assert account.spent.calls == len(server.requests) == 40
    assert answered == [] or sum(one.usage.attempts for one in answered) <= 40


@pytest.mark.parametrize("enough_for", [1, 5])
def test_money_for_n_requests_is_not_exceeded(server: TimedServer, tmp_path: Path, enough_for: int) -> None:
    """A server that breaks on a grammar may bill that: refused requests are paid at their worst, beside those that answer."""
    model = reached(server, "bad-grammar", account=Account(path=tmp_path / "a", usd=1.0))
    sent, replied = model.count_tokens(GRAMMAR.messages), GRAMMAR.max_tokens
    worst = sent * 1e-6 + replied * 2e-6
    account = Account(path=tmp_path / "b", usd=enough_for * worst + 1e-9)
    asyncio.run(asked(reached(server, "bad-grammar", account=account), GRAMMAR, MANY))
    assert account.spent.usd is not None and account.spent.usd <= enough_for * worst + 1e-9
    assert account.spent.calls == len(server.requests) and len(server.requests) >= enough_for
    assert lent_in(account.path) == []


@pytest.mark.parametrize(("name", "request_"), FORMS)
def test_a_rate_holds_for_what_is_sent_instead_too(
    server: TimedServer, clock: Clock, name: str, request_: CompletionRequest
) -> None:
    limiters = Limiters(1, rpm=6, clock=clock, sleep=clock.sleep)
    done = asyncio.run(asked(reached(server, name, limiters=limiters), request_, MANY))
    assert all(isinstance(one, Completion) for one in done), done
    assert len(server.times) == MANY + 1
    in_a_minute = [sum(begin <= at < begin + 60.0 for at in server.times) for begin in server.times]
    assert max(in_a_minute) <= 6


@pytest.mark.parametrize(("name", "request_"), FORMS)
def test_tokens_a_minute_hold_for_what_is_sent_instead_too(
    server: TimedServer, clock: Clock, name: str, request_: CompletionRequest
) -> None:
    limiters = Limiters(1, tpm=120, clock=clock, sleep=clock.sleep)
    asyncio.run(asked(reached(server, name, limiters=limiters), request_, 12))
    tokens = len("say yes") / 4 + 20
    assert max(sum(tokens for at in server.times if begin <= at < begin + 60.0) for begin in server.times) <= 120


@pytest.mark.parametrize(("name", "request_"), FORMS)
def test_a_model_that_is_known_to_refuse_is_asked_once(server: TimedServer, name: str, request_: CompletionRequest) -> None:
    """Those that wait for their place while it becomes known are not sent in that form any more."""
    model = reached(server, name, limiters=Limiters(8))

    async def twice() -> None:
        await asyncio.gather(*(model.complete(request_) for _ in range(MANY)))
        first = len(server.requests)
        assert MANY < first <= MANY + 8
        await asked(model, request_, MANY)
        assert len(server.requests) == first + MANY

    asyncio.run(twice())
    assert sum(map(has_form, server.requests)) <= 8
    assert not any(map(has_form, server.requests[-MANY:]))


class Refusing:
    """Refuses a schema with this failure, then answers; `limit` is raised instead of an answer."""

    profile = ModelProfile("m", window=1_000, max_output=100, input_price=1e-6, output_price=2e-6)

    def __init__(self, code: str = BAD_REQUEST, limit: LimitExceeded | None = None) -> None:
        self.constraints = Constraints(None)
        self.code, self.limit, self.asked = code, limit, 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked += 1
        form = self.constraints.form(request)
        if form.kind == "schema":
            raise self.constraints.refused(form, failure(self.code, "no schemas here"))
        if self.limit is not None:
            raise self.limit
        return Completion("yes", Usage(10, 1))

    async def aclose(self) -> None: ...


def test_a_refused_second_request_leaves_the_first_booked(tmp_path: Path) -> None:
    """The first one may be billed: both the account and the run know."""
    account, meter = Account(path=tmp_path / "a", usd=1.5 * (10 * 1e-6 + 20 * 2e-6)), Meter(Budget())
    model = Refusing(SERVER_FAILED)
    with pytest.raises(AccountUsedUp):
        asyncio.run(pay(ConstraintFallback(Lent(model, account)), SCHEMA, meter, prompt_tokens=10))
    assert model.asked == account.spent.calls == meter.usage.attempts == 1
    assert account.spent.usd == meter.usage.cost == pytest.approx(10 * 1e-6 + 20 * 2e-6)


def test_both_requests_of_a_hedge_may_be_refused(tmp_path: Path) -> None:
    """What is sent instead begins anew, with a second one where it is slow."""
    account = Account(path=tmp_path / "a", calls=10)
    model = ConstraintFallback(Hedged(Refusing(), 1.0, through=lambda inner: Lent(inner, account), sleep=at_once))
    done = asyncio.run(model.complete(SCHEMA))
    assert (done.text, model.profile.refusals) == ("yes", REFUSALS)
    assert account.spent.calls == done.usage.attempts


@pytest.mark.litellm
@pytest.mark.slow  # the first use of litellm takes seconds
def test_litellm_sends_nothing_twice_by_itself() -> None:
    """It would send a request again that is rejected with status 422, and nobody would have paid for that."""
    body = b'{"error": {"message": "{\\"detail\\": [{\\"loc\\": [\\"body\\", \\"temperature\\"]}]}"}}'
    head = f"HTTP/1.1 422 Unprocessable\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def ask(request: CompletionRequest) -> tuple[object, int]:
        async with raw_server(head + body) as server:
            model = LitellmModel("openai/m", base_url=server.url, api_key="k")
            [failed] = await asked(model, request, 1)
            return failed, len(server.requests)

    for request in (SCHEMA, replace(SCHEMA, choices=None)):
        failed, sent = asyncio.run(ask(request))
        assert (getattr(failed, "code", failed), sent) == (BAD_REQUEST, 1)


def test_a_form_is_free_where_none_is_known() -> None:
    assert Constraints(None).form(GRAMMAR) == ReplyForm()
    refused = Constraints("vllm", refused_grammar="it takes none")
    assert refused.form(GRAMMAR).unconstrained == "it takes none"
    assert refused.form(SCHEMA).kind == "schema"
