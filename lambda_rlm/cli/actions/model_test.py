"""`models test`: the self-test of a model, its cost told first, its result shown and kept.

Owns the wording. Promises that nothing is asked before the bound was shown and found within the budget, and with `--approve`
before a person said yes.
"""

from __future__ import annotations

import json as json_text
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from lambda_rlm.answering.writing_bound import raised
from lambda_rlm.bench.self_test import AnsweredTest, Unreached, examine, foreseen
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.yes_or_no import agrees
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import Settings, announced, settings, usable_account
from lambda_rlm.completion import Model
from lambda_rlm.execution.blocking import blocking, closing
from lambda_rlm.execution.execute import Options
from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.llm.connect import connect
from lambda_rlm.plan.self_tests import SelfTest, keep
from lambda_rlm.policy.gates import allow_uncounted, require


def test(name: str, options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `models test`: 2 where the model could not be asked."""
    chosen = replace(settings(options), model=name)
    require("journal", False, "a self-test is not recorded")
    require("approval", chosen.approve, "see --approve")
    allow_uncounted("a self-test")
    if not json:
        announced(chosen, is_new=True)
    return blocking(lambda: _tested(chosen, json))


async def _tested(chosen: Settings, json: bool) -> int:
    model = connect(
        chosen.model,
        base_url=chosen.base_url,
        limiters=chosen.limiters(),
        hedge=chosen.hedge,
        constrain=chosen.constrain,
        described=chosen.described(chosen.model),
        account=usable_account(chosen),
    )
    try:
        return await _within_budget(model, chosen, json)
    finally:
        await closing(model)


async def _within_budget(model: Model, chosen: Settings, json: bool) -> int:
    options = Options(seed=chosen.seed, pool=chosen.extra_attempts(), accuracy=chosen.accuracy())
    bound, budget = foreseen(model, options), chosen.budget()
    if not json:
        screen.say(f"self-test of {model.profile.name}: ten questions, at most {_most(bound)}")
    _refuse(bound, budget)
    if chosen.approve and not _approved():
        screen.say("not approved: nothing was asked")
        return exits.REJECTED
    result = await examine(model, budget, options, (lambda asked: None) if json else _follow)
    if isinstance(result, Unreached):
        return _unavailable(result.why, bound, json)
    trouble = _kept(result)
    if json:
        about = {"ok": True, **_as_json(result), "bound": bound.numbers(), "kept": trouble is None}
        screen.answer(json_text.dumps(about, ensure_ascii=False))
        return exits.ANSWERED
    if trouble is not None:
        screen.say(f"warning: the result is not kept: {trouble}", "warning")
    screen.report(*shown(result))
    return exits.ANSWERED


def shown(result: SelfTest) -> tuple[str, ...]:
    """A result in two lines."""
    figures = (
        f"programs {result.programs} of {result.programs_of}, tasks {result.tasks} of {result.tasks_of}, "
        f"types {result.types} of {result.types_of}"
    )
    return f"{result.model}: {result.strength}", f"right: {figures}"


def _as_json(result: SelfTest) -> dict[str, Any]:
    return {**asdict(result), "strength": result.strength, "tells_tasks_apart": result.tells_tasks_apart}


def _most(bound: Bound) -> str:
    money = dollars(bound.usd) if bound.is_price_known else "price unknown"
    return f"{bound.calls or 0:,} model calls, {bound.tokens or 0:,} tokens, {money}"


def _refuse(bound: Bound, budget: Budget) -> None:
    """Raises `UsageProblem` for a budget that may not do."""
    for option, what, need, limit in (
        ("--max-calls", "model calls", bound.calls or 0, budget.calls),
        ("--max-tokens", "tokens", bound.tokens or 0, budget.tokens),
    ):
        if need > limit:
            message = f"the self-test may need {need:,} {what}, but the budget is {limit:,}"
            raise UsageProblem(message, raised(option, need))
    if budget.usd is None:
        return
    if bound.usd is None:
        raise UsageProblem("a dollar limit is set, but the model's price is unknown", "limit tokens instead: --max-tokens")
    if bound.usd > budget.usd:
        message = f"the self-test may cost {dollars(bound.usd)}, but the budget is {dollars(budget.usd)}"
        raise UsageProblem(message, raised("--max-cost", bound.usd))


def _approved() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageProblem("--approve needs a terminal; nothing was asked", "set a limit instead: --max-cost")
    return agrees("Run it?")


def _follow(asked: AnsweredTest) -> None:
    screen.say(f"{asked.kind}: {'right' if asked.is_right else 'wrong'}: {asked.question}", "dim")


def _unavailable(why: str, bound: Bound, json: bool) -> int:
    if json:
        error = {"message": why, "hint": None}
        screen.answer(json_text.dumps({"ok": False, "error": error, "bound": bound.numbers(), "kept": False}))
    else:
        screen.say(f"the self-test ended without a result: {why}", "error")
    return exits.FAULTED


def _kept(result: SelfTest) -> str | None:
    """Keep a result for the router; why it is not, None where it is."""
    try:
        keep(cache_folder(), result)
    except (OSError, RuntimeError) as error:
        return str(error)
    return None
