"""The table of failures and the table of explanations are in step."""

from __future__ import annotations

import pytest

from lambda_rlm.diagnostics.codes.model import TABLE
from lambda_rlm.llm.failures import FATES, failure

DEGRADED = "E0516"
"""The one code of a model that a run raises and no model does."""


def test_every_way_to_fail_is_explained() -> None:
    assert sorted(FATES) == sorted({row.code for row in TABLE} - {DEGRADED})


def test_no_failure_is_made_with_a_code_of_another_room() -> None:
    with pytest.raises(ValueError, match="E0101"):
        failure("E0101", "a syntax error is no failure of a model")


def test_what_or_else_may_cover_is_said_in_the_explanation() -> None:
    """A reader of `explain` must learn that `or_else` is no way out of a wrong set-up."""
    for row in TABLE:
        if row.code in ("E0505", "E0506", "E0507", "E0509"):
            assert FATES[row.code].is_fatal
            assert "`or_else` does not cover this" in row.text
