"""What a reader makes of the data of one prompt, before it is put in the form that the prompt asks for.

Owns `Finding`, `Findings` and the protocol `Reader`: one for each family of questions, made from the question alone. Promises
that a reading holds nothing but what is in the data and what the reader's key says of single facts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from random import Random
from typing import Any, Final, Protocol, runtime_checkable

from lambda_rlm.data_class import dataclass

_SENTENCE: Final = re.compile(r"[^.!?\n]{12,400}[.!?]")
_LONGEST_LINE: Final = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact: the words it is in, what it says in short, and more of it by name: `next` is what it makes worth looking
    for, `note` how it is noted down where not by the words it is in."""

    quote: str
    value: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Findings:
    """The facts that were found, and the whole answer where they suffice for one (None: they do not)."""

    findings: tuple[Finding, ...] = ()
    answer: str | None = None


NOTHING: Final = Findings()


class Reader(Protocol):
    """Reads data with one question in mind. `columns` are what a table of its findings has, names of fields or of
    what they say; `task` is which task of the standard library its question is."""

    columns: tuple[str, ...]
    task: str

    def read(self, data: str) -> Findings:
        """What the data says about the question, without a mistake."""
        ...

    def misread(self, data: str, reading: Findings, random: Random) -> Findings:
        """A plausible wrong reading of the same data: of the same form, and another one than `reading`."""
        ...

    def told(self, name: str) -> Any:
        """What the question itself says under a field's name; None where it says nothing of that name."""
        ...


@runtime_checkable
class ListReader(Reader, Protocol):
    """A reader whose answer is the list of its findings: it errs in each of them by itself."""

    def altered(self, finding: Finding, data: str, random: Random) -> Finding | None:
        """A plausible wrong finding in the place of a right one; None where it is passed over."""
        ...

    def listed(self, findings: list[Finding]) -> Findings:
        """The reading of a number of findings."""
        ...


def a_sentence(data: str, random: Random) -> str:
    """Some sentence or line of the data; empty when it has none."""
    sentences = _SENTENCE.findall(data) or [line for line in data.splitlines() if line.strip()]
    return random.choice(sentences).strip()[:_LONGEST_LINE] if sentences else ""
