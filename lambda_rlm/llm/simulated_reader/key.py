"""The answer key: what a reader knows that the prompt does not show.

Owns `AnswerKey`, which holds facts about leaves only: the label of a single question, and which quotes of a document bear on
a question that asks about several. Promises that of a file's rows only `text` with `label` and `question` with `evidence` are
looked at; an answer that is beside them is never read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lambda_rlm.data_class import dataclass
from lambda_rlm.private_file import MOST_BYTES, read_regular


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """`labels` by question in plain form; `evidence` by question in plain form, in the order in which it leads on."""

    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def label(self, text: str) -> str | None:
        """The label of a single question."""
        return self.labels.get(plain(text))

    def __or__(self, other: AnswerKey) -> AnswerKey:
        return AnswerKey({**self.labels, **other.labels}, {**self.evidence, **other.evidence})


def plain(text: str) -> str:
    """A text without differences of case and white space."""
    return " ".join(text.casefold().split())


def key_of(rows: Iterable[Mapping[str, Any]]) -> AnswerKey:
    """The key that rows make; other fields and other rows are passed over."""
    labels: dict[str, str] = {}
    evidence: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if isinstance(row.get("text"), str) and isinstance(row.get("label"), str):
            labels[plain(row["text"])] = row["label"]
        if isinstance(row.get("question"), str) and isinstance(row.get("evidence"), list):
            evidence[plain(row["question"])] = tuple(quote["quote"] for quote in row["evidence"])
    return AnswerKey(labels, evidence)


def read_key(path: str | Path) -> AnswerKey:
    """The key in a file, one JSON object a line; raises `OSError` or `ValueError`."""
    return key_of(_rows(read_regular(path, MOST_BYTES).decode("utf-8")))


def shipped_questions() -> list[tuple[str, str]]:
    """The questions that are shipped, with their labels: made from patterns, in the categories of TREC question
    classification."""
    text = (files("lambda_rlm.llm.simulated_reader") / "pool" / "questions.jsonl").read_text(encoding="utf-8")
    return [(row["text"], row["label"]) for row in _rows(text)]


@cache
def shipped_key() -> AnswerKey:
    """The key of what is shipped with the package."""
    return key_of({"text": text, "label": label} for text, label in shipped_questions())


def _rows(text: str) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is not a JSON object")
            yield row
