"""The planted files, a reader that answers from what it is shown, and how much of the evidence for its answers is right.

The reader knows the sentence and the answer of each question: it gives the answer only where the sentence is in its prompt.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from lambda_rlm import RLM
from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile, StopReason, Usage
from lambda_rlm.evidence.record import LONGEST, Evidence
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from tests.support.planted_facts import LISTED, ROWS, TEXTS, Fact
from tests.support.planted_hard import Posed

_ITEM = re.compile(r"^\[+(\d+)\]+ (.*?)(?=^\[+\d+\]+ |\Z)", re.MULTILINE | re.DOTALL)
_FILLER = (
    "The clerk read the letters of the week and put them aside.", "It rained on the hill, and the road stayed empty.",
    "Nobody in the office had seen the new rules before.", "The children of the village came to look at the boats.",
    "A second copy lies in the cabinet behind the door.", "Lunch was late, for the cook had gone to the market.",
    "The old bridge was painted green some years ago.", "They spoke about the weather and about the harvest.",
)  # fmt: skip
READER = ModelProfile(name="reader", window=120_000, max_output=4_000, input_price=0.0, output_price=0.0)
_MOODS = ("angry", "happy", "calm")
COUNTED = "How many reviews are angry?"
INVENTED = (
    ("annual-report.md", "What was the dividend in 2023?", "The dividend was 77.31 dollars, as Quentin Zobel said."),
    ("contract.pdf", "Which court decides?", "The court of Zwolle decides."),
    ("rapport-fr.txt", "Quel est le code ?", "XK-90210"),
    ("stock.csv", "Where are the anchors?", "warehouse Ypsilon, door 9913"),
)  # fmt: skip
"""Answers that no file supports: file, question, reply."""


def write(folder: Path) -> None:
    """Make the files."""
    for name, facts in TEXTS.items():
        _write_text(folder / name, [line for fact in facts for line in (fact.sentence, *fact.near)])
    for name, (column, facts) in ROWS.items():
        _write_rows(folder / name, column, [fact.sentence for fact in facts])
    for name, facts in LISTED.items():
        lines = [fact.sentence for fact in facts]
        if name == "reviews.txt":
            lines += [
                f"{who}: The lamp is fine, I like the {what} light."
                for who, what in zip("AFGHKLMNOP", "warmcoldbt", strict=True)
            ]
            Random(name).shuffle(lines)
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            _write_text(folder / name, lines)


def _write_text(path: Path, sentences: Sequence[str]) -> None:
    random = Random(path.name)
    paragraphs = [" ".join(random.sample(_FILLER, 3)) for _ in range(40)]
    for sentence in sentences:
        before, after = random.sample(_FILLER, 2)
        paragraphs.insert(
            random.randrange(len(paragraphs)), f"{before} {sentence} {after}" if random.random() < 0.6 else sentence
        )
    if path.suffix == ".toml":
        paragraphs = [*sentences[::-1], "verbose = true"]
    if path.suffix == ".pdf":
        from tests.support.document_files import pdf

        path.write_bytes(pdf([" ".join(paragraphs[at : at + 2]) for at in range(0, len(paragraphs), 2)]))
    elif path.suffix == ".docx":
        from tests.support.document_files import docx

        path.write_bytes(docx("".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in paragraphs)))
    elif path.suffix == ".html":
        parts = "".join(f"<h2>Part {n}</h2><p>{words}</p>" for n, words in enumerate(paragraphs, 1))
        path.write_text(f"<html><body>{parts}</body></html>", encoding="utf-8")
    else:
        heading = "## Part {}\n\n" if path.suffix == ".md" else ""
        path.write_text("".join(f"{heading.format(n)}{words}\n\n" for n, words in enumerate(paragraphs, 1)), encoding="utf-8")


def _write_rows(path: Path, column: str, cells: Sequence[str]) -> None:
    random = Random(path.name)
    is_number = cells[0].replace(".", "").isdigit()
    rows = [
        {"id": f"X-{n}", column: str(random.randrange(100, 9999)) if is_number else random.choice(_FILLER)} for n in range(40)
    ]
    for number, cell in enumerate(cells):
        name = {"orders.csv": ("A-17", "A-31")[number % 2], "readings.jsonl": "S-9"}.get(path.name, f"K-{number}")
        rows.insert(random.randrange(len(rows)), {"id": name, column: cell})
    if path.suffix == ".csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, ["id", column], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        path.write_text(out.getvalue(), encoding="utf-8")
    else:
        lines = [{**row, column: json.loads(row[column])} if is_number else row for row in rows]
        path.write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")


class Reader(ScriptedModel):
    """Answers one question from the sentences that its prompt has."""

    def __init__(self, facts: Sequence[Fact], invented: str | None = None) -> None:
        super().__init__([], READER)
        self._facts = facts
        self._invented = invented

    async def complete(self, request: CompletionRequest) -> Completion:
        """Its reply, as a strategy asks for it."""
        text = self._reply(request.messages[-1].content)
        usage = Usage(self.count_tokens(request.messages), len(text) // 4 + 1, cost=0.0)
        return Completion(text, usage, StopReason.STOP, self.profile.name)

    def _reply(self, prompt: str) -> str:
        seen = [fact for fact in self._facts if _flat(fact.sentence) in _flat(prompt)]
        if prompt.startswith("Which columns"):
            return json.dumps({"columns": ["ship", "pieces"], "order": None, "most": None})
        if prompt.startswith("List what is asked"):
            return json.dumps({"reply": [{"quote": fact.sentence, "values": fact.reply.split(" | ")} for fact in seen]})
        if prompt.startswith("Say what has to be counted"):
            is_angry = {"field": "label", "test": "is", "values": ["angry"]}
            plan = {
                "labels": list(_MOODS),
                "meaning": "the mood",
                "where": [],
                "first": [is_angry],
                "second": [],
                "ask": "count",
            }
            return json.dumps(
                {**plan, "by": None, "test": "at least", "number": 0, "form": "[X] reviews", "words": [], "dates": None}
            )
        if prompt.startswith("Give each item its label"):
            items = dict(_ITEM.findall(prompt.partition("Items:")[2]))
            angry = [fact.value for fact in LISTED["reviews.txt"]]
            return json.dumps({n: "angry" if any(one in text for one in angry) else "happy" for n, text in items.items()})
        if self._invented is not None:
            return self._invented
        found = seen[0] if seen else None
        if prompt.startswith("Copy the one sentence"):
            return json.dumps(found and found.sentence)
        return found.reply if found else "not found"


def _flat(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class Asked:
    """One question, the facts that it asks for, and the run."""

    file: str
    facts: Sequence[Fact]
    run: Run

    @property
    def right(self) -> list[Evidence]:
        """The evidence that is right: of the file, short enough, and with the value of a fact."""
        return [one for one in self.run.evidence if any(self.supports(one, fact) for fact in self.facts)]

    def supports(self, one: Evidence, fact: Fact) -> bool:
        """One place is that of a fact."""
        is_there = fact.value in one.words and len(one.words) <= LONGEST
        is_place = _flat(fact.sentence) in _flat(one.words) or _flat(one.words) in _flat(fact.sentence)
        return is_there and is_place and (one.file or "").endswith(self.file)

    @property
    def supported(self) -> int:
        """How many of the facts have evidence."""
        return sum(any(self.supports(one, fact) for one in self.run.evidence) for fact in self.facts)


def asked(folder: Path) -> Iterator[Asked]:
    """Ask all questions, each of its file and, where it is a text, two others."""
    names = list(TEXTS)
    for name, facts in TEXTS.items():
        at = names.index(name)
        files = [folder / names[(at + step) % len(names)] for step in (0, 7, 13)]
        for fact in facts:
            yield Asked(
                name,
                [fact],
                RLM(Reader([fact]), strategy=_way(fact.way)[0], task=_way(fact.way)[1]).ask(fact.query, context=files),
            )
    for name, (_, facts) in ROWS.items():
        for fact in facts:
            yield Asked(name, [fact], RLM(Reader([fact]), strategy="direct").ask(fact.query, context=folder / name))
    for name, facts in LISTED.items():
        strategy, task = _way(facts[0].way)
        yield Asked(name, facts, RLM(Reader(facts), strategy=strategy, task=task).ask(facts[0].query, context=folder / name))


def invented(folder: Path) -> Iterator[Asked]:
    """Ask what a model answers without any support."""
    for name, query, reply in INVENTED:
        yield Asked(name, [], RLM(Reader([], reply), strategy="direct").ask(query, context=folder / name))


def posed(questions: Sequence[Posed]) -> Iterator[Asked]:
    """Ask what is hard to find, each of a text of its own."""
    for one in questions:
        random = Random(one.query)
        paragraphs = [" ".join(random.sample(_FILLER, 3)) for _ in range(40)]
        for sentence in one.sentences:
            before, after = random.sample(_FILLER, 2)
            is_apart = sentence.startswith("|") or random.random() < 0.4
            paragraphs.insert(random.randrange(len(paragraphs)), sentence if is_apart else f"{before} {sentence} {after}")
        model = ScriptedModel([Rule("(?s).*", one.reply.replace("\\", r"\\"))], READER)
        yield Asked("", one.facts, RLM(model, strategy="direct").ask(one.query, context="\n\n".join(paragraphs)))


def _way(way: str) -> tuple[Literal["direct", "plan"], str | None]:
    return ("direct", None) if way == "direct" else ("plan", way)


def figures(runs: Sequence[Asked]) -> tuple[float, float]:
    """Precision over all places that are cited, and recall over all facts."""
    cited = sum(len(one.run.evidence) for one in runs)
    right = sum(len(one.right) for one in runs)
    return right / max(1, cited), sum(one.supported for one in runs) / sum(len(one.facts) for one in runs)
