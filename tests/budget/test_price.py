"""What costs something is nowhere shown as zero."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lambda_rlm
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.price import amount, dollars, per_million
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import LimitExceeded
from tests.support.places import ROOT

CHEAP = ModelProfile("own/cheap", window=8_192, max_output=1_024, input_price=1e-12, output_price=1e-12)
_ZERO = re.compile(r"\$0(?:\.0+)?(?!\.?\d)")


@given(st.floats(min_value=5e-324, max_value=1e12))
def test_no_positive_amount_looks_like_zero(usd: float) -> None:
    for shown in (dollars(usd), amount(usd), per_million(usd)):
        assert not _ZERO.search(shown.removeprefix("<")) and re.search(r"[1-9]", shown), shown


def test_a_limit_of_nothing_is_zero_dollars() -> None:
    assert (amount(0.0), dollars(0.0)) == ("$0", "free")


def test_a_refused_program_shows_what_it_may_cost() -> None:
    checked = lambda_rlm.check('llm_call("Say it", out=5)', {})
    with pytest.raises(Rejected) as refused:
        checked.admit(Budget(usd=1e-11), CHEAP)
    (message,) = [d.message for d in refused.value.diagnostics]
    assert re.fullmatch(r"the program may cost <?\$0\.0*[1-9]\d*, but the budget is <\$0\.000001", message), message


def test_a_refused_call_shows_what_it_may_cost() -> None:
    meter = Meter(Budget(usd=3e-5))
    with pytest.raises(LimitExceeded, match=r"may cost \$0\.000040; \$0\.000030 of \$0\.000030 remain"):
        meter.reserve(tokens=10, usd=4e-5)


def test_no_module_formats_dollars_by_itself() -> None:
    own = {
        str(path.relative_to(ROOT)): found
        for path in (ROOT / "lambda_rlm").rglob("*.py")
        if path.name != "price.py"
        and (found := re.findall(r"\$\{[^}\n]*:[^}\n]*f\}|usd\w*:[,.0-9]*f\}", path.read_text("utf-8")))
    }
    assert own == {}


@pytest.mark.parametrize("prices", [(-1e-6, 1e-5), (1e-6, -1e-5), (float("nan"), 0.0)])
def test_a_price_that_would_lower_a_bound_is_refused(prices: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="price"):
        ModelProfile("m", 8_192, 1_024, *prices)


@pytest.mark.parametrize(
    ("millions", "shown"),
    [(0.25, "$0.25"), (2.0, "$2.00"), (0.025, "$0.025"), (0.0375, "$0.0375"), (0.1234567, "$0.12346"), (1.005, "$1.005")],
)
def test_prices_for_a_million_tokens_keep_their_digits(millions: float, shown: str) -> None:
    """Cached tokens cost parts of a cent: 2.5 of them are neither 2 nor 3."""
    assert per_million(millions / 1_000_000) == shown
