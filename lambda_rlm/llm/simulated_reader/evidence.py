"""Questions over several documents, of which the key holds the quotes that bear on them.

Owns their reader: of a question's evidence it finds what is in the data, word for word but for white space. Where it has
seen them all it answers with the last, which is as much as it can do: it draws no conclusion that no quote states. Where it is
asked what to look for next, it names the words of the next quote that it has not seen, without numbers: they stand for what a
reader knows of the world.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

from lambda_rlm.llm.simulated_reader.key import AnswerKey, plain
from lambda_rlm.llm.simulated_reader.reading import NOTHING, Finding, Findings, a_sentence


class EvidenceReader:
    """Reads for the quotes that bear on one question."""

    columns: tuple[str, ...] = ("fact",)
    task: str = "multi_hop"

    def __init__(self, quotes: tuple[str, ...]) -> None:
        self.quotes = quotes
        self.patterns = [re.compile(r"\s+".join(map(re.escape, quote.split())), re.IGNORECASE) for quote in quotes]

    def read(self, data: str) -> Findings:
        hits = [pattern.search(data) for pattern in self.patterns]
        findings = [Finding(hit[0], hit[0], {"next": self._next(hits)}) for hit in hits if hit]
        answer = findings[-1].quote if len(findings) == len(hits) else None
        return Findings(tuple(findings), answer) if findings else NOTHING

    def misread(self, data: str, reading: Findings, random: Random) -> Findings:
        if reading.findings and random.random() < 0.5:
            return NOTHING
        sentence = a_sentence(data, random)
        return Findings((Finding(sentence, sentence, {"next": " ".join(sentence.split()[:6])}),), sentence)

    def told(self, name: str) -> Any:
        return _words(self.quotes[0]) if any(part in name for part in ("term", "quer", "search", "next", "look")) else None

    def _next(self, hits: list[re.Match[str] | None]) -> str:
        """Words of the first quote not seen; empty when all were."""
        return next((_words(quote) for quote, hit in zip(self.quotes, hits, strict=True) if hit is None), "")


def _words(quote: str) -> str:
    return " ".join(re.findall(r"[^\W\d]{3,}", quote))


def evidence_reader(question: str, key: AnswerKey) -> EvidenceReader | None:
    """The reader for a question that the key has evidence for; None for another question."""
    asked = plain(question)
    quotes = next((quotes for known, quotes in key.evidence.items() if known in asked), None)
    return EvidenceReader(quotes) if quotes else None
