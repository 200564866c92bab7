"""The theorem of the cost analysis, once for each library function: what a run is metered is at most its bound.

Each function is applied to drawn arguments. Its transfer must allow for what it gives, and a model is asked about what comes
out. A function that nothing can draw fails, and so does one whose transfer is missing or too small.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.syntax.primitive import Primitive
from tests.support.examples import examples
from tests.support.transfer_cases import case
from tests.support.transfer_trials import adversary, broken, exceeded, trial

pytestmark = [pytest.mark.slow, pytest.mark.hypothesis, pytest.mark.timeout(3_600)]


@pytest.mark.parametrize("primitive", Primitive, ids=str)
def test_no_application_costs_more_than_its_bound(primitive: Primitive) -> None:
    @settings(max_examples=examples(16, deep=600))
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        drawn = case(primitive, lambda options: data.draw(st.sampled_from(list(options))))
        asked = adversary(drawn, lambda options: data.draw(st.sampled_from(list(options))))
        assert not exceeded(drawn, *asked), drawn
        made = trial(drawn, *asked)
        ran = made.run()
        assert not broken(drawn, made, ran), (drawn, ran.fault)

    holds()
