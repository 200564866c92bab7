"""Input tokens that a provider reports as cached are booked at their own price, and set aside at the full one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.budget.paying import booked, priced, worst_case
from lambda_rlm.completion import Completion, ModelProfile, Usage
from lambda_rlm.llm.providers.forms.openai_form import completion_in, usage_of
from tests.support.asking import FakeModel
from tests.support.running import run

PRICED = ModelProfile("own", 4_000, 1_000, 0.001, 0.002)
CACHING = replace(PRICED, cached_input_price=0.0001)
COUNTS = st.integers(0, 10_000)


def test_cached_tokens_cost_less_where_their_price_is_known() -> None:
    assert priced(PRICED, Usage(10, 3, 6)).cost == pytest.approx(0.016)
    assert priced(CACHING, Usage(10, 3, 6)).cost == pytest.approx(0.016 - 6 * 0.0009)
    assert priced(CACHING, Usage(10, 3, 0)).cost == pytest.approx(0.016)
    assert priced(CACHING, Usage(10, 3, 6, cost=0.5)).cost == 0.5


@given(sent=COUNTS, received=COUNTS, cached=COUNTS, price=st.floats(0, 0.01))
def test_cached_tokens_never_cost_more_or_less_than_nothing(sent: int, received: int, cached: int, price: float) -> None:
    """More cached tokens than were sent, or a dearer price for them, lower nothing below it and raise nothing."""
    cost = priced(replace(PRICED, cached_input_price=price), Usage(sent, received, cached)).cost
    full = priced(PRICED, Usage(sent, received, cached)).cost
    assert cost is not None and full is not None
    assert 0.002 * received - 1e-9 <= cost <= full + 1e-9


def test_no_reservation_counts_on_cached_tokens() -> None:
    assert worst_case(CACHING, 100, 10) == worst_case(PRICED, 100, 10)
    uncounted = Usage(100, 10, 100, is_estimated=True)
    assert booked(CACHING, uncounted, 100, 10).cost == booked(PRICED, uncounted, 100, 10).cost


def test_a_reply_of_a_server_is_priced_with_its_cached_tokens() -> None:
    body = {
        "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 800}},
    }
    found = completion_in(json.dumps(body).encode(), "own", CACHING, str).usage
    assert found.cached_tokens == 800
    assert found.cost == pytest.approx(200 * 0.001 + 800 * 0.0001 + 10 * 0.002)
    assert usage_of(CACHING, 10, 1, 10**6, "yes").cost == pytest.approx(10 * 0.0001 + 0.002)


def test_a_run_books_what_was_cached_at_its_price() -> None:
    done = run("llm_call(query)", model=FakeModel(lambda _: Completion("yes", Usage(10, 3, 10)), CACHING))
    assert done.ok and done.usage.tokens.cost == pytest.approx(10 * 0.0001 + 3 * 0.002)


def test_a_cached_price_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="cached_input_price"):
        replace(PRICED, cached_input_price=-1.0)
