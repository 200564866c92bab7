"""Bytes beyond one for each character: what a function makes of a text has those of all that it takes from it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bounds.test_bounds import holds, trial

WIDE = {"t: Text": "ab" + "𝄞" * 2_000, "xs: List[Text]": ["é" * 400, "plain"]}

VARIED = "".join(chr(0x20000 + number % 997) for number in range(20_000))
"""No part of it is like another, so that none is asked about once for two."""


@pytest.mark.parametrize(
    ("program", "inputs"),
    [
        ('windows(t, 1000, 500) |> map(fn(w) => llm_call(w)) |> join("")', {"t: Text": VARIED}),
        ("llm_call(upper(t))", {"t: Text": "ΐ" * 500}),
        ("llm_call(upper(take(t, 300)))", {"t: Text": "ΐ" * 500}),
        ('llm_call(f"{t}{query}")', WIDE),
        ('xs |> map(fn(x) => llm_call(f"{x}, {length(x)}")) |> join("")', WIDE),
        ('llm_call(replace_regex(t, "(𝄞)", "\\\\1\\\\1\\\\1"))', WIDE),
    ],
)
def test_no_bound_is_narrower_than_what_is_sent(program: str, inputs: dict[str, Any]) -> None:
    """Over texts of which nearly every character has more than one byte."""
    holds(trial(program, inputs))
