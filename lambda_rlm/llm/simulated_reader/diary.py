"""Dated diary entries of one person, scattered over a text.

Owns their reader. Entries that were already written down as "YYYY-MM-DD: what was done" are read too: so lists are merged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from lambda_rlm.llm.simulated_reader.dates import first_date
from lambda_rlm.llm.simulated_reader.reading import NOTHING, Finding, Findings, a_sentence

_ASKED: Final = re.compile(r"dated diary entries of ([^,\n]+),")
_DAY: Final = r"([A-Z][a-z]+ \d{1,2}, \d{4})"
_WRITTEN: Final = re.compile(r"\b(\d{4}-\d\d-\d\d)\W+([A-Za-z][^\n\"}]*[^\n\"}.\s])")


class DiaryReader:
    """Reads for the entries of one person."""

    columns: tuple[str, ...] = ("date", "what")
    task: str = "answer"

    def __init__(self, person: str) -> None:
        name = re.escape(person)
        self.person = person
        self.entry = re.compile(
            rf"(?:On {_DAY}, according to the diary, {name}|Diary of {name}, {_DAY}: {name}"
            rf"|The diary of {name} notes for {_DAY}: {name}) ([^.]+)\."
        )

    def read(self, data: str) -> Findings:
        return self.listed(list({finding.value: finding for finding in self._found(data)}.values()))

    def misread(self, data: str, reading: Findings, random: Random) -> Findings:
        day = date(1990, 1, 1) + timedelta(random.randrange(8_000))
        return self.listed([_finding(a_sentence(data, random), day, "wrote in the diary")])

    def altered(self, finding: Finding, data: str, random: Random) -> Finding | None:
        if random.random() < 0.5:
            return None
        day = date.fromisoformat(finding.fields["date"]) + timedelta(random.choice((-30, -7, 7, 30)))
        return _finding(finding.quote, day, finding.fields["what"])

    def listed(self, findings: list[Finding]) -> Findings:
        in_order = sorted(findings, key=lambda finding: finding.value)
        return Findings(tuple(in_order), "\n".join(finding.value for finding in in_order)) if findings else NOTHING

    def told(self, name: str) -> Any:
        return self.person if any(part in name for part in ("person", "key", "term", "quer", "search", "subject")) else None

    def _found(self, data: str) -> Iterator[Finding]:
        for hit in self.entry.finditer(data):
            day = first_date(hit[1] or hit[2] or hit[3])
            if day is not None:
                yield _finding(hit[0], day, hit[4])
        for hit in _WRITTEN.finditer(data):
            day = first_date(hit[1])
            if day is not None:
                yield replace(_finding(hit[0], day, hit[2]), quote=hit[0])


def _finding(quote: str, day: date, what: str) -> Finding:
    value = f"{day.isoformat()}: {what}"
    return Finding(quote, value, {"date": day.isoformat(), "what": what, "note": value})


def diary_reader(question: str) -> DiaryReader | None:
    """The reader for a question after someone's diary; None for another question."""
    hit = _ASKED.search(question)
    return DiaryReader(hit[1].strip()) if hit else None
