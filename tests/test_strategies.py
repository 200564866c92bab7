"""The strategies give exactly the right answer when the model is right about what it is shown, whatever the text looks like.

`tests/golden/strategy_calls.txt` keeps what each took, beside its bound and beside what asking every piece would take.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import ModelProfile
from lambda_rlm.cost.budget import Budget
from lambda_rlm.inputs import from_values
from lambda_rlm.plan.measure import measure
from lambda_rlm.plan.strategy import TASKS, route
from lambda_rlm.route import ask
from lambda_rlm.runtime import Run
from tests.faithful import FACT, Faithful, facts, label, plans, translated

GOLDEN = Path(__file__).parent / "golden" / "strategy_calls.txt"
IS_REWRITING = os.environ.get("UPDATE_GOLDEN") == "1" and not os.environ.get("CI")
SHOWN = 600

NARROW = ModelProfile(name="narrow", window=4_096, max_output=1_024, input_price=0.0, output_price=0.0)
WIDE = ModelProfile(name="wide", window=32_768, max_output=8_192, input_price=0.0, output_price=0.0)

EMPTY = "The text is empty."
PLACE, THERE, OTHER = "[zora=hill]", "[hill=goats]", "[yuri=bees]"


def with_facts(filler: str, end: str, times: int) -> str:
    """A text that says three things, far apart."""
    parts = [filler * times, PLACE, filler * (2 * times), THERE, filler * times, OTHER, filler * times]
    return end.join(parts)


TEXTS = {
    "empty": "",
    "blank": " \r\n\t\n",
    "one line": f"They say {PLACE} and {THERE} and {OTHER} here.",
    "short": with_facts("Nothing of note was said. ", "\n", 2),
    "one huge line without spaces": with_facts("x", "", 6_000),
    "line ends of Windows": with_facts("Ann keeps bees.\r\n\r\nBob keeps goats.\r\n", "\r\n", 150),
    "mixed scripts": with_facts("養蜂 Ann пчёлы 🐝 λ bees مرحبا\n", "", 150),
    "no words": with_facts("!!! ??? ... --- ", "\n", 300),
    "combining marks": with_facts("e\u0301\u0308", " ", 2_000),
}


def items_of(text: str) -> list[str]:
    """The items of a text without columns: its lines that say something."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line.strip() for line in lines if line.strip()]


def table(text: str) -> str:
    rows = dict.fromkeys(hit.groups() for hit in FACT.finditer(text))
    return "\n".join(["who | what | quote", *(f'{who} | {what} | "[{who}={what}]"' for who, what in rows)])


def with_labels(text: str) -> str:
    return "\n".join(f"{label(item[:SHOWN])}: {item[:SHOWN]}" for item in items_of(text))


def count_of_bees(text: str) -> str:
    return str(sum(label(item[:SHOWN]) == "bees" for item in items_of(text)))


def all_facts(text: str) -> str:
    return " ".join(f"[{fact}]" for fact in facts(text))


RIGHT: dict[str, tuple[str, Callable[[str], str]]] = {
    "search": ("what has yuri?", lambda _: "bees"),
    "multi_hop": ("what has zora?", lambda _: "goats"),
    "classify": ("What is kept in each line?", with_labels),
    "aggregate": ("How many keep bees?", count_of_bees),
    "pairwise": ("Who both keep bees?", lambda _: "The text has no field `who`."),
    "summarise": ("Summarise.", all_facts),
    "extract": ("Who has what?", table),
    "translate": ("Translate.", translated),
    "compare": ("What changed?", lambda _: "There is one document; two are needed to compare."),
    "answer": ("What is there?", all_facts),
}
"""The question that each strategy is asked, and the right answer for a text that says anything."""


def asked(task: str, inputs: dict[str, Any], profile: ModelProfile, query: str | None = None) -> Run:
    model = Faithful(profile, plans(["bees", "goats", "hill", "none"]))
    question = RIGHT[task][0] if query is None else query
    run = anyio.run(lambda: ask(question, from_values(inputs), model, Budget(calls=2_000), choice="plan", task=task))
    assert run.fault is None, run.fault
    assert run.bound is not None
    assert run.usage.calls <= (run.bound.calls or 0)
    return run


@pytest.mark.parametrize("profile", [NARROW, WIDE], ids=lambda p: p.name)
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("task", TASKS)
def test_a_strategy_is_right_on_any_text_when_the_model_is(task: str, name: str, profile: ModelProfile) -> None:
    """And it makes no more calls than its bound, and none for a text that says nothing."""
    text = TEXTS[name]
    run = asked(task, {"context": text}, profile)
    assert run.value == (RIGHT[task][1](text) if text.strip() else EMPTY)
    if not text.strip():
        assert run.usage.calls == 0
