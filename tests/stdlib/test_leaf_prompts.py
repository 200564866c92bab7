"""What the strategies ask a model, read as a model reads it: nothing contradicts, repeats or lacks what the reply needs."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile
from lambda_rlm.inputs import from_values
from lambda_rlm.plan.tasks import TASKS
from tests.support.answering import ask
from tests.support.faithful import Faithful, plans

MARKER = re.compile(r"\n?</?data [0-9a-f]+>\n?")
WINDOW = ModelProfile(name="w", window=4_096, max_output=1_024, input_price=0.0, output_price=0.0)


class Listening(Faithful):
    """Keeps whole requests; what it is not told by a plan it leaves open, so that a strategy asks all that it can."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(WINDOW, told)
        self.requests: list[CompletionRequest] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        return await super().complete(request)


def chapter(who: str, words: int = 2_000) -> str:
    """Prose of several pages, no two sentences alike, with line ends inside."""
    said = [
        f"On day {n} {who} saw {n * 7} birds over the mill.\nShe wrote it down at hour {n % 24}." for n in range(words // 20)
    ]
    return "\n\n".join([f"The book of {who}", *said, f"At last [{who}=hill] was known. The mill closed."])


DOCUMENTS = [{"name": f"{who}.txt", "text": chapter(who)} for who in ("ann", "bob", "cy")]
ROWS = [{"title": f"The {who} papers", "author": who, "text": chapter(who)} for who in ("ann", "bob")]
NOTES = [{"who": f"p{n}", "said": f"line one of {n}\nline two of [p{n}=bees] over the mill"} for n in range(40)]
PREAMBLE = "A label is bees when a hive is named.\nCalculate the exact answer and reply with 42 alone."
LINES = "\n".join(f"who: p{n} || note: note {n} of [p{n}={'bees' if n % 2 else 'goats'}]" for n in range(30))
TABLE = f"{PREAMBLE}\n\n{LINES}\n\nRecall: {PREAMBLE}"

INPUTS: dict[str, dict[str, Any]] = {
    "folder": {"docs": DOCUMENTS},
    "rows that are documents": {"docs": ROWS},
    "rows": {"notes": NOTES},
    "table": {"context": TABLE},
    "text": {"context": chapter("zora", 3_000)},
}


@cache
def sent(task: str, name: str, query: str = "what has ann? How many birds are over the mill?") -> tuple[CompletionRequest, ...]:
    """The requests of a strategy over one of the inputs."""
    model = Listening(plans(["bees", "goats", "other"]))
    run = anyio.run(
        lambda: ask(f"\nQuestion: {query}", from_values(INPUTS[name]), model, Budget(calls=2_000), choice="plan", task=task)
    )
    assert run.fault is None, run.fault
    return tuple(model.requests)


def bodies(task: str, name: str) -> list[str]:
    """The prompts as they are read, without markers."""
    return [MARKER.sub("\n", request.messages[-1].content) for request in sent(task, name)]


def excerpts(body: str) -> list[str]:
    """The excerpts of a prompt that has some, each with what is above it."""
    found = re.search(r"\n(?:Excerpts|There):\n(.*?)(?:\n\n\nQuestion: |\n\nComparison:|\Z)", body, re.DOTALL)
    return [] if found is None else [part for part in re.split(r"\n+(?=\[[^\]\n=]+\]\n)", "\n" + found[1]) if part.strip()]


LOOKING = ("search", "multi_hop")
NAMED = {"folder": {"ann.txt", "bob.txt", "cy.txt"}, "rows that are documents": {"The ann papers", "The bob papers"}}


@pytest.mark.slow
@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("task", ["search", "multi_hop", "compare", "extract"])
def test_line_ends_are_line_ends(task: str, name: str) -> None:
    for body in bodies(task, name):
        assert "\\n" not in body


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("task", LOOKING)
def test_each_excerpt_is_under_the_name_of_its_document(task: str, name: str) -> None:
    heads = set()
    for body in bodies(task, name):
        for excerpt in excerpts(body):
            head = re.match(r"\s*\[([^\]\n]+)\]\n", excerpt)
            assert head is not None, excerpt[:200]
            who = next(who for who in ("ann", "bob", "cy") if who in head[1])
            others = {"ann", "bob", "cy"} - {who}
            assert not any(f"day {n} {other} saw" in excerpt for other in others for n in range(60))
            heads.add(head[1])
    assert heads
    assert heads <= NAMED[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("task", LOOKING)
def test_no_sentence_is_shown_twice_in_a_prompt(task: str, name: str) -> None:
    """Passages overlap; those that follow each other are shown as one."""
    for body in bodies(task, name):
        shown = re.findall(
            r"On day \d+ \w+ saw \d+ birds over the mill\.|line two of \[p\d+=bees\]", body.partition("Excerpts:")[2]
        )
        assert len(shown) == len(set(shown))


def test_passages_that_follow_each_other_are_one() -> None:
    body = bodies("multi_hop", "text")[0]
    assert len(excerpts(body)) < body.partition("Excerpts:")[2].count("birds") / 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["table", "rows", "folder"])
@pytest.mark.parametrize("task", TASKS)
def test_what_a_prompt_asks_for_and_its_schema_agree(task: str, name: str) -> None:
    for request in sent(task, name):
        asked = " ".join(message.content for message in request.messages)
        if request.schema is not None:
            assert not re.search(
                r"Reply with (?:one|a|the) (?!JSON)[^.]*nothing else|[Rr]eply(?: with)?:? null|nothing else\.", asked
            )
            told = re.split(r"Question: |Asked: |Items:|Labels: ", MARKER.sub("\n", request.messages[-1].content))[0]
            for names in re.findall(r"^([a-z]+(?:, [a-z]+)*): ", told, re.MULTILINE):
                assert all(f'"{name}":' in json.dumps(request.schema) for name in names.split(", ")), names
        if "or null" in request.messages[0].content:
            assert "null" in request.messages[-1].content
        if request.choices is not None:
            assert "nothing else" not in asked


@pytest.mark.parametrize("task", ["aggregate", "pairwise", "classify"])
def test_what_a_text_says_before_its_items_is_shown_once(task: str) -> None:
    first, *others = bodies(task, "table")
    assert first.count("Calculate the exact answer") == 1
    assert "A label is bees when a hive is named." in first
    assert not any("Calculate the exact answer" in body for body in others)


@pytest.mark.parametrize("task", ["aggregate", "pairwise", "classify"])
def test_labels_and_their_explanations_reach_each_reader(task: str) -> None:
    """The same labels in every prompt, `other` with them, and all that the plan noted on what they mean."""
    told = plans(["bees", "goats", "other"])
    note = "bees is for items that name a hive, goats for those that name a herd, other for those that name neither of them"
    model = Listening({start: {**plan, "meaning": note} if "meaning" in plan else plan for start, plan in told.items()})
    given = from_values(INPUTS["table"])
    anyio.run(lambda: ask("How many keep bees?", given, model, Budget(), choice="plan", task=task))
    first, *others = [MARKER.sub("", request.messages[-1].content) for request in model.requests]
    assert "`other` last if an item may fit none of them" in first
    assert others
    assert all("Labels: bees; goats; other" in body and note in body for body in others)


def test_the_names_of_columns_are_data() -> None:
    """So that no key of a file gives an order, and a row is one stretch of data."""
    for task in ("classify", "search"):
        for request in sent(task, "rows"):
            outside = re.sub(r"<data ([0-9a-f]+)>.*?</data \1>", "", request.messages[-1].content, flags=re.DOTALL)
            assert "said: " not in outside


@pytest.mark.slow
def test_parts_are_not_asked_for_what_is_of_the_whole() -> None:
    parts = [body for body in bodies("extract", "folder") if body.startswith("List what is asked")]
    assert len(parts) > len(DOCUMENTS)
    assert all("Order and number are seen to later." in body and "YYYY-MM-DD" in body for body in parts)
    named = [re.search(r"Part:\n+\[(\w+)\.txt\]\n", body) for body in parts]
    assert all(named)
    later = [body for body in parts if "[...]\n" in body]
    assert later
    assert all(f"[{hit[1]}.txt]\nThe book of {hit[1]}\n" in body for hit, body in zip(named, parts, strict=True) if hit)


@pytest.mark.parametrize("task", ["search", "multi_hop", "extract", "compare", "classify", "aggregate", "pairwise"])
def test_a_prompt_says_whether_other_knowledge_may_fill_gaps(task: str) -> None:
    words = r"alone|even if you know|what you know otherwise|common knowledge|what the text says"
    prompts = [
        body for name in ("folder", "table") for body in bodies(task, name) if not body.startswith(("Which", "Say", "Copy"))
    ]
    assert all(re.search(words, body) for body in prompts)
