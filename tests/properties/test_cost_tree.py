"""The cost tree of drawn programs: its JSON alone gives the bound, on inputs of every kind and size."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from lambda_rlm.bounds.tree.cost_record import as_record
from lambda_rlm.budget.amount import dollars
from lambda_rlm.execution.check import check
from tests.properties.test_bounds import BUDGET, adversaries
from tests.support.bounding import WAYS, Trial
from tests.support.cost_records import nodes, recomputed
from tests.support.drawn_runs import plain
from tests.support.examples import examples
from tests.support.json_schema import problems
from tests.support.places import ROOT
from tests.support.strategies import Drawn, programs
from tests.support.strategies_bounds import INPUTS, Source, sources

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]
SCHEMA = json.loads((ROOT / "docs" / "cost-tree.schema.json").read_text(encoding="utf-8"))


def holds(text: str, types: dict[str, Any], values: dict[str, Any], adversary: Any) -> None:
    found = check(text, types)
    assert found.typed is not None
    model, asking = adversary
    trial = Trial(found.typed, values, model, asking, BUDGET)
    for way in WAYS:
        program = trial.bound(way)
        if program is None:
            continue
        record = as_record(program.cost_tree)
        bound = program.bound
        calls, sent, received, money = recomputed(record)
        assert (calls, sent, received) == (bound.calls, bound.input_tokens, bound.output_tokens)
        assert bound.usd == (None if money is None else dollars(money))
        for node in nodes(record):
            assert all(number is None or number >= 0 for number in node.get("mixed", {}).values()), node
        assert list(problems(json.loads(json.dumps(record)), SCHEMA, SCHEMA)) == []


@settings(max_examples=examples(300))
@given(sources(), adversaries())
def test_the_json_gives_the_bound_of_every_way_to_ask(source: Source, adversary: Any) -> None:
    holds(source.text, INPUTS, source.values, adversary)


@settings(max_examples=examples(200))
@given(programs(), adversaries())
def test_the_json_gives_the_bound_in_all_of_the_language(drawn: Drawn, adversary: Any) -> None:
    values = {name: plain(value) for name, value in drawn.values.items()}
    holds(repr(drawn).split("\n", 1)[1], drawn.inputs, values, adversary)
