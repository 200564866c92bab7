"""Whatever the keys of some data are, it comes back under them: from `to_json`, from `parse`, and as an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.evaluate import evaluate_pure
from lambda_rlm.eval.plain import to_plain, to_value
from lambda_rlm.execution.check import check
from lambda_rlm.inputs import from_values
from lambda_rlm.types.called import renamed, with_fields
from lambda_rlm.types.show import show

keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["field", "field_2", "a b", "a_b", "a-b", "Näme", "Name", "город", "城市", "№", '"', "\\1", "\n", "query", "let", "_"]
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    heads = draw(st.lists(keys, min_size=1, max_size=7, unique=True))
    inner = draw(st.none() | st.lists(keys, min_size=1, max_size=3, unique=True))
    kinds = [draw(st.booleans()) for _ in heads]
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        row: dict[str, Any] = {
            key: draw(st.integers(-99, 99) if is_number else st.text("ab", max_size=3))
            for key, is_number in zip(heads, kinds, strict=True)
        }
        if inner is not None:
            row[heads[0]] = {key: draw(st.integers(-99, 99)) for key in inner}
        rows.append(row)
    return rows


def ran(program: str, inputs: Any) -> tuple[Any, Any]:
    """The answer of a pure program, and what it was checked to be."""
    typed = check(program, inputs.types).typed
    assert typed is not None
    meter = Meter(Budget())
    found = {name: to_value(value, inputs.types[name], name, meter, []) for name, value in inputs.values.items()}
    query = to_value("", typed.inputs["query"], "query", meter, [])
    admitted = Admitted(typed, Budget(), None)  # type: ignore[arg-type]
    return to_plain(evaluate_pure(admitted, {**found, "query": query}, meter), typed.type), typed


@pytest.mark.slow
@given(tables(), tables())
def test_data_comes_back_under_its_keys(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    inputs = from_values({"one": one, "other": other})
    for name, rows in (("one", one), ("other", other)):
        written, _ = ran(f"to_json({name})", inputs)
        assert json.loads(written) == rows
        again, _ = ran(f"parse[{show(inputs.types[name])}](to_json({name})) == some({name})", inputs)
        assert again is True
        fields, typed = ran(name, inputs)
        answered = renamed(fields, typed.type, typed.called)
        assert answered == rows
        assert with_fields(answered, typed.type, typed.called) == fields == inputs.values[name]
