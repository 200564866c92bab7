"""The pool of a run as a host program sets it, and a run that goes on with another one."""

from __future__ import annotations

import anyio
import pytest

import lambda_rlm
from lambda_rlm import RLM, Budget, LimitExceeded, Run, check
from lambda_rlm.completion import ModelProfile
from lambda_rlm.llm.scripted import ScriptedModel

pytestmark = pytest.mark.usefixtures("alone")

PRICED = ModelProfile("m", 32_768, 2_048, input_price=1e-6, output_price=1e-6)
COUNT = 'words(context) |> map(fn(w) => llm_call[Int](f"count {w}", out=9))'


def model() -> ScriptedModel:
    return ScriptedModel.from_rules([("An earlier reply", "7"), ("", "none")], PRICED)


@pytest.mark.parametrize(("pool", "is_enough"), [(None, False), (0, False), ("2", False), (3, True), ("100%", True)])
def test_a_host_chooses_the_pool_of_a_run(pool: int | str | None, is_enough: bool) -> None:
    admitted = check(COUNT, {"context": ""}).admit(Budget(), PRICED)

    async def ran() -> Run:
        return await lambda_rlm.run(admitted, {"context": "a b c"}, model(), pool=pool)

    if is_enough:
        done = anyio.run(ran)
        assert done.bound is not None
        assert (done.value, done.bound.pool, done.usage.extra_attempts) == ([7, 7, 7], 3, 3)
    else:
        with pytest.raises(LimitExceeded, match="E0408"):
            anyio.run(ran)


def test_what_is_no_pool_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="a pool is a whole number or a share"):
        RLM(model(), pool=-1)


def test_a_run_goes_on_with_the_pool_it_had_or_another() -> None:
    """The first reply is kept; the repair that the pool did not allow is asked for once there is one."""
    asked = model()
    with pytest.raises(LimitExceeded, match="E0408") as first:
        RLM(asked, strategy="direct", pool=0, journal=True).ask("How many?", returns=int, context="Ann keeps bees.")
    run = first.value.run
    assert run is not None
    with pytest.raises(LimitExceeded, match="E0408"):
        RLM(asked, journal=True).resume(run, context="Ann keeps bees.", returns=int)
    assert len(asked.prompts) == 1
    done = RLM(asked, pool=1, journal=True).resume(run, context="Ann keeps bees.", returns=int)
    assert (done.value, done.usage.extra_attempts, len(asked.prompts)) == (7, 1, 2)
