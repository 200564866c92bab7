"""The strategies that label items read replies by the rule of typed calls: frames of many languages, no denial, no doubt."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from tests.stdlib.test_strategies import WIDE
from tests.support.answering import ask
from tests.support.faithful import plans

pytestmark = pytest.mark.slow

LABELS = ["spam", "not spam"]
REPLIES = [
    ("**Not Spam**", "not spam"),
    ("Das Label ist: spam", "spam"),
    ("La respuesta es spam.", "spam"),
    ("标签：not_spam", "not spam"),
    ("not really spam", None),
    ("spam or not spam", None),
    ("Spam?", None),
]


def answered(task: str, start: str, plan: dict[str, Any]) -> str:
    """The answer of a strategy whose items are labelled by `REPLIES`."""
    said = json.dumps({str(n): reply for n, (reply, _) in enumerate(REPLIES, 1)})
    model = ScriptedModel.from_rules([(start, json.dumps(plan)), ("Give each item its label", said)], WIDE)
    text = "\n".join(f"user: u{n} | note: {n} of them" for n in range(1, len(REPLIES) + 1))
    run = anyio.run(lambda: ask("Which?", from_values({"context": text}), model, Budget(), choice="plan", task=task))
    assert run.fault is None, run.fault
    return str(run.value)


def test_classify_reads_labels_as_calls_do() -> None:
    told = answered("classify", "Which labels", plans(LABELS)["Which labels"])
    assert [line.partition(":")[0] for line in told.split("\n")] == [label or "no label" for _, label in REPLIES]


def test_aggregate_reads_labels_as_calls_do() -> None:
    start = "Say what has to be counted"
    is_spam = {"field": "label", "test": "is", "values": ["spam"]}
    told = answered("aggregate", start, {**plans(LABELS)[start], "first": [is_spam]})
    assert told == "3 of 7 items got no label and are not counted.\n2"


def test_pairwise_reads_labels_as_calls_do() -> None:
    start = "Say what makes a pair"
    role = {"needs": [{"labels": ["Not spam"], "test": "at least", "number": 1}], "rules": []}
    told = answered("pairwise", start, {**plans(LABELS)[start], "by": "user", "one": role, "other": role})
    assert told == "3 of 7 items got no label and are not counted.\n(u1, u4)"
