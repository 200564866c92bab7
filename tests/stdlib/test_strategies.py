"""The strategies give exactly the right answer when the model is right about what it is shown, whatever the text looks like.

`tests/golden/strategy_calls.txt` keeps what each took, beside its bound and beside what asking every piece would take.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from math import ceil
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.plan.measure import measure
from lambda_rlm.plan.router import route
from lambda_rlm.plan.tasks import TASKS
from tests.support.answering import ask
from tests.support.faithful import FACT, Faithful, facts, label, plans, translated
from tests.support.places import GOLDEN, IS_REWRITING

CALLS = GOLDEN / "strategy_calls.txt"
SHOWN = 600

TINY = ModelProfile(name="tiny", window=1_024, max_output=512, input_price=0.0, output_price=0.0)
NARROW = ModelProfile(name="narrow", window=2_048, max_output=512, input_price=0.0, output_price=0.0)
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


@cache
def asked_of(task: str, name: str, profile: str) -> Run:
    return asked(task, {"context": TEXTS[name]}, NARROW if profile == "narrow" else WIDE)


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["narrow", "wide"])
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("task", TASKS)
def test_a_strategy_is_right_on_any_text_when_the_model_is(task: str, name: str, profile: str) -> None:
    """And it makes no more calls than its bound, and none for a text that says nothing."""
    text = TEXTS[name]
    run = asked_of(task, name, profile)
    assert run.value == (RIGHT[task][1](text) if text.strip() else EMPTY)
    if not text.strip():
        assert run.usage.calls == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if text.strip()])
@pytest.mark.parametrize("task", ["search", "multi_hop", "summarise", "answer"])
def test_some_strategies_are_right_with_one_passage_at_a_time(task: str, name: str) -> None:
    """A look-up for words that stand in a passage already read must come to the next one, not to the same."""
    assert asked(task, {"context": TEXTS[name]}, TINY).value == RIGHT[task][1](TEXTS[name])


def naive_calls(task: str, name: str, profile: ModelProfile) -> int:
    """What asking every piece, and once more for all replies, would take."""
    given = measure({"context": TEXTS[name]}, Faithful(profile))
    return ceil(len(TEXTS[name]) / route(given, 10, profile, "plan", task).sizes["piece"]) + 1


@pytest.mark.slow
def test_strategy_calls_are_recorded_beside_their_bound() -> None:
    lines = ["calls made, calls at most, calls of asking every piece and once for all replies", ""]
    for name in ("line ends of Windows", "mixed scripts", "one huge line without spaces"):
        lines.append(f"{name}, {len(TEXTS[name]):,} characters, a window of {NARROW.window:,} tokens")
        for task in TASKS:
            run = asked_of(task, name, "narrow")
            assert run.bound is not None
            lines.append(f"  {task:<10} {run.usage.calls:>4} {run.bound.calls:>5} {naive_calls(task, name, NARROW):>4}")
    shown = "\n".join(lines) + "\n"
    if IS_REWRITING:
        CALLS.write_text(shown, encoding="utf-8")
        return
    assert shown == CALLS.read_text(encoding="utf-8"), "`make golden` rewrites it"


# ── columns, documents, rows ──


COLUMNS = {
    "lines": "who: zora | note: {a}\nwho: yuri | note: {b}\nwho: xenia | note: {a}\nwho: yuri | note: nothing",
    "a heading": "Four notes:\n\nwho: zora | note: {a}\nwho: yuri | note: {b}\nwho: xenia | note: {a}\nwho: yuri | note: nothing\n",
    "line ends of Windows": "who: zora | note: {a}\r\nwho: yuri | note: {b}\r\nwho: xenia | note: {a}\r\nwho: yuri | note: -\r\n",
    "tabs": "who: zora\tnote: {a}\nwho: yuri\tnote: {b}\nwho: xenia\tnote: {a}\nwho: yuri\tnote: nothing",
    "separators in the last column": "who: zora | note: x | {a}\nwho: yuri | note: {b}\nwho: xenia | note: {a}\nwho: yuri | note: -",
    "mixed scripts": "who: zora | note: 養蜂 {a}\nwho: yuri | note: пчёлы {b} 🐝\nwho: xenia | note: مرحبا {a}\nwho: yuri | note: λ",
    "one huge column": "who: zora | note: {a}"
    + "x" * 30_000
    + "\nwho: yuri | note: {b}\nwho: xenia | note: {a}\nwho: yuri | note: -",
}
FILLED = {name: text.replace("{a}", "[k=bees]").replace("{b}", "[k=goats]") for name, text in COLUMNS.items()}
ROWS = [{"who": "zora", "note": "[k=bees]"}, {"who": "yuri", "note": "[k=goats]"}, {"who": "xenia", "note": "[k=bees]"}]


@pytest.mark.slow
@pytest.mark.parametrize("profile", [NARROW, WIDE], ids=lambda p: p.name)
@pytest.mark.parametrize("name", FILLED)
def test_columns_are_found_however_they_are_written(name: str, profile: ModelProfile) -> None:
    """A heading is no item, and of an item with separators in its text nothing is lost."""
    given = {"context": FILLED[name]}
    assert asked("pairwise", given, profile).value == "(xenia, zora)"
    assert asked("aggregate", given, profile).value == "2"
    said = str(asked("classify", given, profile).value)
    assert [line.partition(":")[0] for line in said.split("\n")] == ["bees", "goats", "bees", "none"]


@pytest.mark.slow
def test_typed_rows_keep_their_columns() -> None:
    given = {"rows": [*ROWS, {"who": "yuri", "note": "a | b\nc"}]}
    assert asked("pairwise", given, WIDE).value == "(xenia, zora)"
    assert asked("aggregate", given, WIDE).value == "2"
    assert str(asked("classify", given, WIDE).value).split("\n")[-1] == "none: note: a | b c | who: yuri"


def test_wide_rows_and_rows_in_a_text_are_items_too() -> None:
    wide = [{**row, **{f"c{n}": n for n in range(30)}} for row in ROWS]
    assert asked("aggregate", {"rows": wide}, WIDE).value == "2"


def documents(*texts: str) -> dict[str, Any]:
    return {"docs": [{"name": f"{n}.txt", "text": text} for n, text in enumerate(texts, 1)]}


def test_folder_documents_are_items_unless_they_have_columns() -> None:
    prose = documents("A letter.\nWith [k=bees].", "Another letter.\nWith nothing.")
    assert asked("classify", prose, WIDE).value == "bees: A letter. With [k=bees].\nnone: Another letter. With nothing."
    logs = documents(FILLED["lines"], FILLED["lines"])
    assert asked("aggregate", logs, WIDE).value == "4"


@pytest.mark.parametrize("profile", [NARROW, WIDE], ids=lambda p: p.name)
def test_passages_and_rows_say_which_document_they_are_from(profile: ModelProfile) -> None:
    given = documents(TEXTS["mixed scripts"], TEXTS["no words"].replace("yuri", "xenia").replace("zora", "olga"))
    assert asked("search", given, profile, "what has xenia?").value == "bees"
    assert asked("multi_hop", given, profile, "what has olga?").value == "goats"
    rows = str(asked("extract", given, profile).value).split("\n")
    assert rows[0] == "file | who | what | quote"
    assert [row.split(" | ")[:3] for row in rows[1:]] == [
        ["1.txt", "zora", "hill"],
        ["1.txt", "hill", "goats"],
        ["1.txt", "yuri", "bees"],
        ["2.txt", "olga", "hill"],
        ["2.txt", "hill", "goats"],
        ["2.txt", "xenia", "bees"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize("profile", [NARROW, WIDE], ids=lambda p: p.name)
@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if text.strip()])
def test_compare_finds_what_differs_and_nothing_else(name: str, profile: ModelProfile) -> None:
    text = TEXTS[name]
    changed = text.replace("[yuri=bees]", "[yuri=wasp]")
    assert asked("compare", {"old": text, "new": changed}, profile).value == "[yuri=bees] [yuri=wasp]"
    same = asked("compare", documents(text, text), profile)
    assert (same.value, same.usage.calls) == ("The documents say the same.", 0)


@pytest.mark.slow
def test_line_ends_are_no_difference() -> None:
    text = TEXTS["line ends of Windows"]
    run = asked("compare", documents(text, text.replace("\r\n", "\n")), WIDE)
    assert (run.value, run.usage.calls) == ("The documents say the same.", 0)


def test_compare_takes_two_documents_and_says_so_otherwise() -> None:
    assert asked("compare", documents("a"), WIDE).value == "There is one document; two are needed to compare."
    assert asked("compare", documents("", " "), WIDE).value == EMPTY
    three = documents("[a=x]", "[a=y]", "[a=z]")
    assert asked("compare", three, WIDE).value == "[a=x] [a=y] [a=z]"


# ── what is not so ──


@pytest.mark.slow
def test_an_item_whose_label_is_no_label_is_told_and_not_counted() -> None:
    model = Faithful(WIDE, plans(["bees", "goats"]))
    given = from_values({"context": FILLED["lines"]})
    for task, expected in (("aggregate", "2"), ("pairwise", "(xenia, zora)")):
        run = anyio.run(partial(ask, "How many?", given, model, Budget(), choice="plan", task=task))
        assert run.value == f"1 of 4 items got no label and are not counted.\n{expected}"


@pytest.mark.slow
def test_labels_are_asked_for_once_and_only_where_needed() -> None:
    text = "\n".join(f"who: p{n % 7} | note: [k={'bees' if n % 3 else 'goats'}]" for n in range(300))
    by_who = {**plans([])["Say what has to be counted"], "first": [], "ask": "most", "by": "who", "number": 1}
    model = Faithful(WIDE, {"Say what has to be counted": by_who})
    run = anyio.run(lambda: ask("Who?", from_values({"context": text}), model, Budget(), choice="plan", task="aggregate"))
    assert (run.value, run.usage.calls) == ("p0, p1, p2, p3, p4, p5", 1)
    assert asked("aggregate", {"context": text}, WIDE).value == "200"
    assert asked("aggregate", {"context": text}, WIDE).usage.calls == 2
