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

from lambda_rlm.simulated.dates import first_date
from lambda_rlm.simulated.reading import NOTHING, Finding, Reading, a_sentence

_ASKED: Final = re.compile(r"dated diary entries of ([^,\n]+),")
_DAY: Final = r"([A-Z][a-z]+ \d{1,2}, \d{4})"
_WRITTEN: Final = re.compile(r"\b(\d{4}-\d\d-\d\d)\W+([A-Za-z][^\n\"}]*[^\n\"}.\s])")


class DiaryReader:
    """Reads for the entries of one person."""

    def __init__(self, person: str) -> None:
        name = re.escape(person)
        self.person = person
        self.entry = re.compile(
            rf"(?:On {_DAY}, according to the diary, {name}|Diary of {name}, {_DAY}: {name}"
            rf"|The diary of {name} notes for {_DAY}: {name}) ([^.]+)\."
        )

    def read(self, data: str) -> Reading:
        found = {(f.fields["date"], f.fields["what"]): f for f in self._found(data)}
        return _listed([found[key] for key in sorted(found)])

    def misread(self, data: str, reading: Reading, random: Random) -> Reading:
        found = list(reading.findings)
        if not found:
            day = date(1990, 1, 1) + timedelta(random.randrange(8_000))
            return _listed([_finding(a_sentence(data, random), day, "wrote in the diary")])
        index = random.randrange(len(found))
        wrong = found.pop(index)
        if random.random() < 0.5:
            day = date.fromisoformat(wrong.fields["date"]) + timedelta(random.choice((-30, -7, 7, 30)))
            found.append(_finding(wrong.quote, day, wrong.fields["what"]))
        return _listed(sorted(found, key=lambda finding: str(finding.fields["date"])))

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
    return Finding(quote, f"{day.isoformat()}: {what}", {"date": day.isoformat(), "what": what})


def _listed(found: list[Finding]) -> Reading:
    return Reading(tuple(found), "\n".join(finding.value for finding in found)) if found else NOTHING


def diary_reader(question: str) -> DiaryReader | None:
    """The reader for a question after someone's diary; None for another question."""
    hit = _ASKED.search(question)
    return DiaryReader(hit[1].strip()) if hit else None
