"""Inputs for the programs of tests/conformance/programs: large enough that each program cuts them, made up, the same every time."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, ModelProfile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.check import check
from lambda_rlm.types.parse_type import parse_type
from tests.support.adversary import Adversary
from tests.support.bounding import Trial
from tests.support.cases import read_case
from tests.support.places import ROOT

PROGRAMS = sorted((ROOT / "tests" / "conformance" / "programs").glob("*.lam"))
OTHERS = [*sorted((ROOT / "stdlib").glob("*.lam")), *sorted((ROOT / "examples").glob("*/program.lam"))]
"""The strategies, and the programs of the examples."""

_ROWS = {"count-labels": "List[{ question: Text }]"}
PROFILE = ModelProfile("large", window=200_000, max_output=8_192, min_chars_per_token=1.0, input_price=1e-6, output_price=4e-6)
_WORDS = [
    "the",
    "board",
    "approved",
    "merger",
    "audit",
    "of",
    "Oslo",
    "magic",
    "ERROR",
    "RETRY",
    "payment",
    "invoice",
    "subprocess",
    "budget",
    "on",
    "a",
    "day",
    "in",
    "May",
]


def _prose(characters: int, seed: int = 1) -> str:
    chosen = random.Random(seed)
    lines, made = [], 0
    while made < characters:
        line = " ".join(chosen.choices(_WORDS, k=chosen.randint(6, 24))) + "."
        lines.append(line if chosen.random() < 0.8 else line + "\n")
        made += len(lines[-1]) + 1
    return "\n".join(lines)[:characters]


def _labelled(count: int) -> str:
    return "\n".join(
        f"Date: May {n % 28} || User: {n % 37} || Instance: {_prose(60, n)}".replace("\n", " ") for n in range(count)
    )


def _policy(seed: int) -> str:
    return "\n".join(f"Section {n}. Title {n}\n{_prose(900 + 40 * n * (n == 7), seed * n + n)}\n" for n in range(1, 13))


def inputs_of(name: str) -> dict[str, Any]:
    """The values of a program's inputs."""
    query = {"query": "What is the question about?"}
    match name:
        case "attitudes":
            lines = [f"user{n % 9}: {line}" for n, line in enumerate(_prose(150_000).split("\n"))]
            return {**query, "context": "\n".join(lines)}
        case "billing_tickets":
            ticket = [{"id": n, "opened": f"2026-0{2 + n % 3}-11", "body": _prose(1_500, n)} for n in range(150)]
            return {**query, "tickets": ticket}
        case "calls_without_timeout":
            files = [{"name": f"src/m{n}.py", "text": _prose(9_000 * (n % 4 + 1), n)} for n in range(12)]
            return {**query, "files": [*files, {"name": "tests/test_m.py", "text": _prose(20_000)}]}
        case "commonest_label" | "pairs_of_users":
            return {**query, "context": _labelled(650)}
        case "compare_two_policies":
            return {**query, "a": _policy(1), "b": _policy(2)}
        case "deadlines":
            return {**query, "contract": "Effective Date " + _prose(190_000)}
        case "retries_in_a_log":
            return {**query, "log": _prose(60_000)}
        case "count-labels":
            return {**query, "context": [{"question": f"{n}: {_prose(70, n)}"} for n in range(200)]}
        case "direct":
            return {**query, "context": _prose(20_000)}
        case "same_questions":
            return {**query, "rows": [{"id": n, "question": _prose(70, n)} for n in range(900)]}
        case "summarize_a_book":
            return {**query, "book": _prose(400_000)}
        case "three_hops":
            return {**query, "docs": [{"name": f"d{n}", "text": "Harbour Suite 1987 " + _prose(8_000, n)} for n in range(6)]}
        case "translate":
            return {**query, "context": "".join(chr(0x4E00 + n % 900) + ("\n" if n % 97 == 0 else "") for n in range(60_000))}
        case _:
            return {**query, "context": _prose(150_000).replace("Oslo", "Bergen")}


def title(path: Path) -> str:
    """A program's name, or its folder's where all have one name."""
    return path.parent.name if path.stem == "program" else path.stem


def sample(path: Path, manner: str) -> Trial:
    """A program of the suite on its inputs, with replies as long as they may be."""
    case = read_case(path)
    values: Mapping[str, Any] = inputs_of(title(path))
    declared = {} if path in OTHERS else case.inputs
    types = {"query": parse_type("Text"), **(declared or {"context": parse_type(_ROWS.get(title(path), "Text"))})}
    found = check(case.source, types)
    assert found.typed is not None
    given = {name: values[name] for name in found.typed.inputs}
    budget = Budget(calls=5_000, tokens=10**10)
    return Trial(found.typed, given, Verbose(PROFILE, manner, is_thrifty=True), AskSettings(key=b"samples"), budget)


class Verbose(Adversary):
    """As long as may be, and different each time, so that no two prompts made of replies are the same question."""

    def reply(self, request: CompletionRequest, manner: str) -> str:
        self.letter = "abcdefghijklmnop"[self.asked % 16]
        text = super().reply(request, manner)
        if request.choices is not None:
            return text
        if request.schema is None:
            return f"{self.asked} {text}"[: len(text)]
        return self._told_apart(json.loads(text), len(text))

    def _told_apart(self, value: Any, room: int) -> str:
        marked = json.dumps(_marked(value, f"{self.asked}"), ensure_ascii=False, separators=(",", ":"))
        return marked if len(marked) <= room else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _marked(value: Any, mark: str) -> Any:
    """The same with the first characters of long texts, which are one letter again and again, changed to a mark."""
    match value:
        case str() if len(value) > len(mark) + 2 and len(set(value)) == 1:
            return mark + value[len(mark) :]
        case list():
            return [_marked(part, f"{mark}.{n}") for n, part in enumerate(value)]
        case dict():
            return {name: _marked(part, f"{mark}") for name, part in value.items()}
        case _:
            return value
