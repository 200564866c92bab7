"""Questions of two hops over invented records: who built the mill of a town, and something about that person.

Owns the wording of documents and questions, which the generator of `multidoc` writes, and their reader, which needs no key: it
finds the person in one document and the fact in another, both in the data, or names the person as what to look for next.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any, Final

from lambda_rlm.llm.simulated_reader.reading import NOTHING, Finding, Findings, a_sentence

FACTS: Final = {
    "In which year was the person born who built the mill of {}?": "{} was born in {}.",
    "Which instrument did the person play who built the mill of {}?": "In the evenings {} played the {}.",
    "In which town did the person die who built the mill of {}?": "{} died in the town of {}.",
}
"""By the wording of a question about a town, the wording of a person's fact."""

BUILT: Final = "The mill of {} was built by {}."


class ChainReader:
    """Reads for the builder of one town's mill, and one fact of that person."""

    columns: tuple[str, ...] = ("fact",)
    task: str = "multi_hop"

    def __init__(self, town: str, fact: str) -> None:
        self.town = town
        self.fact = fact
        self.built = _pattern(BUILT, _escaped(town), r"([A-Z]\w+\s+[A-Z]\w+)")

    def read(self, data: str) -> Findings:
        built = self.built.search(data)
        if built is None:
            return NOTHING
        person = built[1]
        first = Finding(built[0], person, {"next": person})
        said = _pattern(self.fact, _escaped(person), r"(\w+)").search(data)
        if said is None:
            return Findings((first,))
        return Findings((first, Finding(said[0], said[1], {"next": ""})), said[1])

    def misread(self, data: str, reading: Findings, random: Random) -> Findings:
        if reading.findings and random.random() < 0.5:
            return NOTHING
        sentence = a_sentence(data, random)
        words = sentence.split() or ["nothing"]
        value = random.choice(words).strip(".,")
        return Findings((Finding(sentence, value, {"next": value}),), value)

    def told(self, name: str) -> Any:
        return f"mill of {self.town}" if any(part in name for part in ("term", "quer", "search", "next", "look")) else None


def chain_reader(question: str) -> ChainReader | None:
    """The reader for a question about who built a mill; None for another question."""
    for wording, fact in FACTS.items():
        hit = _pattern(wording, r"(\w+)").search(question)
        if hit:
            return ChainReader(hit[1], fact)
    return None


def _pattern(wording: str, *fillers: str) -> re.Pattern[str]:
    """A wording with patterns where it leaves something open; white space is any white space."""
    parts = [_escaped(part) for part in wording.split("{}")]
    return re.compile("".join(part + filler for part, filler in zip(parts, [*fillers, ""], strict=True)))


def _escaped(text: str) -> str:
    return re.escape(text).replace(r"\ ", r"\s+")
