"""One hidden sentence: "One of the special magic numbers for KEY is: VALUE."

Owns its reader. A sentence that was already copied out, or a value alone on a line, counts as found too: so answers are merged.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any, Final

from lambda_rlm.llm.simulated_reader.reading import NOTHING, Finding, Findings, a_sentence

ADJECTIVES: Final = (
    "amber",
    "brittle",
    "crooked",
    "dusty",
    "earnest",
    "feeble",
    "gilded",
    "humble",
    "idle",
    "jagged",
    "keen",
    "limber",
)
NOUNS: Final = (
    "anvil",
    "barrel",
    "candle",
    "dagger",
    "easel",
    "funnel",
    "goblet",
    "hammer",
    "inkwell",
    "jigsaw",
    "kettle",
    "ladder",
)
_ASKED: Final = re.compile(r"special magic (number|uuid|phrase) for (\S+) mentioned")
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_VALUES: Final = {"number": r"\d+", "uuid": _UUID, "phrase": r"[a-z]+ [a-z]+"}
_ALONE: Final = {"number": r"\d{7}", "uuid": _UUID, "phrase": r"(?!not found|no answer)[a-z]+ [a-z]+"}


class NeedleReader:
    """Reads for the value of one key."""

    columns: tuple[str, ...] = ("value",)
    task: str = "search"

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        self.sentence = re.compile(rf"One of the special magic {kind}s? for {re.escape(key)} is: ({_VALUES[kind]})\.?")
        self.alone = re.compile(rf"^\W*({_ALONE[kind]})\W*$", re.MULTILINE)

    def read(self, data: str) -> Findings:
        findings = [Finding(hit[0], hit[1]) for hit in self.sentence.finditer(data)]
        findings = findings or [Finding(hit[0].strip(), hit[1]) for hit in self.alone.finditer(data)]
        return Findings(tuple(findings), findings[0].value) if findings else NOTHING

    def misread(self, data: str, reading: Findings, random: Random) -> Findings:
        if reading.findings and random.random() < 0.5:
            return NOTHING
        value = next(value for value in iter(lambda: some_value(self.kind, random), "") if value != reading.answer)
        return Findings((Finding(a_sentence(data, random), value),), value)

    def told(self, name: str) -> Any:
        return self.key if any(part in name for part in ("key", "word", "term", "quer", "search", "subject")) else None


def some_value(kind: str, random: Random) -> str:
    """A value of a kind, as needles have them."""
    digits = f"{random.getrandbits(128):032x}"
    match kind:
        case "number":
            return str(random.randrange(1_000_000, 10_000_000))
        case "uuid":
            return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        case _:
            return f"{random.choice(ADJECTIVES)} {random.choice(NOUNS)}"


def needle_reader(question: str) -> NeedleReader | None:
    """The reader for a question after a needle; None for another question."""
    hit = _ASKED.search(question)
    return NeedleReader(hit[1], hit[2]) if hit else None
