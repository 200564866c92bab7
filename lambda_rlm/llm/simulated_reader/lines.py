"""Questions about labelled lines, as a reader of one prompt answers them.

Owns the readers of aggregate and of pair questions: they label each line that they are shown by the key, and compute from that
what is asked, of these lines alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

from lambda_rlm.llm.simulated_reader.aggregate import tally_of
from lambda_rlm.llm.simulated_reader.instances import LABELS, Instance, instances
from lambda_rlm.llm.simulated_reader.key import AnswerKey
from lambda_rlm.llm.simulated_reader.pairwise import pairing_of, written
from lambda_rlm.llm.simulated_reader.reading import NOTHING, Finding, Findings

Solve = Callable[[list[Instance]], tuple[str, Sequence[str]] | None]

_WRONG_SHARE: Final = 0.2


class LineReader:
    """Reads lines with one question about all of them in mind."""

    columns: tuple[str, ...] = ("user", "date", "label")

    def __init__(self, key: AnswerKey, task: str, solve: Solve) -> None:
        self.key, self.task, self.solve = key, task, solve

    def read(self, data: str) -> Findings:
        lines = instances(data, self.key)
        solved = self.solve(lines) if lines else None
        return Findings(tuple(map(_finding, lines)), solved and solved[0])

    def misread(self, data: str, reading: Findings, random: Random) -> Findings:
        lines = instances(data, self.key)
        if not lines:
            return NOTHING
        solved = self.solve(lines)
        findings = tuple(mislabeled(finding, random) for finding in map(_finding, lines))
        return Findings(findings, random.choice(list(solved[1])) if solved and solved[1] else None)

    def told(self, name: str) -> Any:
        return None


class LabelReader:
    """Reads one question and says what its label is."""

    columns: tuple[str, ...] = ("label",)
    task: str = "classify"

    def __init__(self, key: AnswerKey) -> None:
        self.key = key

    def read(self, data: str) -> Findings:
        lines = instances(data, self.key)
        if len(lines) == 1:
            return Findings((_finding(lines[0]),), lines[0].label)
        text = data.strip()
        label = self.key.label(text)
        return NOTHING if label is None else Findings((Finding(text, label, {"label": label, "text": text}),), label)

    def misread(self, data: str, reading: Findings, random: Random) -> Findings:
        findings = tuple(mislabeled(finding, random) for finding in reading.findings)
        return Findings(findings, findings[0].value) if findings else NOTHING

    def told(self, name: str) -> Any:
        return None


def line_reader(question: str, key: AnswerKey) -> LineReader | None:
    """The reader for a question about labelled lines; None for another question."""
    tally = tally_of(question)
    if tally is not None:
        return LineReader(key, "aggregate", tally.answer)
    pairing = pairing_of(question)
    if pairing is None:
        return None

    def solve(lines: list[Instance]) -> tuple[str, Sequence[str]]:
        pairs = pairing.pairs(lines)
        users, right = sorted({line.user for line in lines}), set(pairs)
        random = Random(len(pairs))
        wrong = [pair for pair in pairs if random.random() >= _WRONG_SHARE]
        wrong += [(users[0], user) for user in users[1:] if (users[0], user) not in right][: len(pairs) - len(wrong) + 1]
        return written(pairs) or "none", [written(sorted(wrong)) or "none"]

    return LineReader(key, "pairwise", solve)


def mislabeled(finding: Finding, random: Random) -> Finding:
    """The finding with another label than its own."""
    label = random.choice([label for label in LABELS if label != finding.value])
    return replace(finding, value=label, fields={**finding.fields, "label": label})


def _finding(line: Instance) -> Finding:
    fields = {"user": line.user, "date": line.day.isoformat(), "label": line.label, "text": line.text}
    return Finding(line.line, line.label or "", fields)
