"""A book of 1 MB, asked about through the command line: likely cost and bound before the run, and what it paid.

The model is gpt-5-mini by name, so that window, vocabulary and prices are its own; its requests are answered in the process, at
realistic length, where they would be sent. No reasoning is billed: what a bound holds for that is in the bound alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest.mock import patch

from lambda_rlm.bench.words import prose
from lambda_rlm.cli.app import run_command
from lambda_rlm.completion import Completion, CompletionRequest
from lambda_rlm.execution import first_contact
from lambda_rlm.llm.providers.via_http import HttpModel
from tests.support.places import ROOT
from tests.support.realistic import Realistic
from tests.support.recorded_programs import mini

CHARACTERS: Final = 1_000_000
MODEL: Final = "openai/gpt-5-mini"
FARTHEST: Final = 2.0
"""Between `likely` and what is paid."""


@dataclass(frozen=True)
class Asked:
    """A question of the book: the options of its route, and what must suffice for it."""

    name: str
    query: str
    options: tuple[str, ...]
    most: str


QUESTIONS: Final = (
    Asked("search", "What does the author say of the beetles of Madeira?", ("--task", "search"), "0.10"),
    Asked(
        "search, 256 tokens of thought",
        "What does the author say of the beetles of Madeira?",
        ("--task", "search", "--thinking", "256"),
        "0.04",
    ),
    Asked("direct", "What does the author say of the beetles of Madeira?", ("--strategy", "direct"), "0.16"),
    Asked("summarise", "Summarise the book on one page.", ("--task", "summarise"), "10"),
    Asked("summarise, by pieces", "Summarise the book on one page.", ("--task", "summarise", "--strategy", "plan"), "10"),
)


def book() -> str:
    """1 MB of running text: paragraphs from all over the pool, so that no piece comes twice."""
    draw = Random("book")
    paragraphs: list[str] = []
    size = 0
    while size < CHARACTERS:
        paragraphs.append(" ".join(prose(draw.randrange(300, 1_500), draw)))
        size += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs)[:CHARACTERS]


def table() -> list[str]:
    """Printed; what is wrong."""
    print("\n| `lambda-rlm ask … book.txt` | `--max-cost` | likely | at most | paid | calls | likely / paid |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.txt")
        path.write_text(book(), encoding="utf-8")
        for asked in QUESTIONS:
            failures += _row(asked, path)
    return failures


def _row(asked: Asked, path: Path) -> list[str]:
    code, found = _ask(asked, path)
    if code:
        print(f"| {asked.name} | ${asked.most} | refused: {_refusal(found)} | | | | |")
        return [f"{asked.name} does not fit --max-cost {asked.most}"]
    likely, most, paid = _figures(found)
    ratio = likely / paid if likely is not None and paid else None
    print(
        f"| {asked.name} | ${asked.most} | {_dollars(likely)} | {_dollars(most)} | {_dollars(paid)} | "
        f"{found['usage']['calls']} | {'–' if ratio is None else f'{ratio:.2f}'} |"
    )
    if found.get("admitted") != "proved" or most is None or most > float(asked.most):
        return [f"{asked.name} is not proved to fit --max-cost {asked.most}"]
    if asked.name.startswith("summarise") and not (ratio is not None and 1 / FARTHEST <= ratio <= FARTHEST):
        return [f"{asked.name}: likely / paid is {ratio}, not from 0.5 to 2"]
    return []


def _refusal(printed: str) -> str:
    """Why a command refused, of the JSON that it printed."""
    try:
        found = json.loads(printed)
    except ValueError:
        return printed.strip()[:200]
    told = (found.get("diagnostics") or [found.get("error") or {}])[0]
    return str(told.get("message", "?"))


def _figures(found: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Likely, at most and paid, in US dollars."""
    bound = found.get("bound") or {}
    likely = found.get("likely") or bound.get("likely") or {}
    return likely.get("usd"), bound.get("usd"), found["usage"].get("cost", found["usage"].get("usd"))


def _dollars(usd: float | None) -> str:
    return "–" if usd is None else f"${usd:.4f}"


def _ask(asked: Asked, path: Path) -> tuple[int, Any]:
    """The exit code, and the JSON or the message of the command."""
    command = ["ask", asked.query, str(path), "--model", MODEL, "--max-cost", asked.most, "--json", "--no-journal"]
    homes = {
        name: str(path.parent) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    }
    environment = {**os.environ, **homes, "OPENAI_API_KEY": "none", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.closeness.book", *command, *asked.options],
        env=environment,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if not done.returncode else done.stdout or done.stderr


def run(arguments: list[str]) -> int:
    """A command, whose requests are answered here instead of by the provider, which is not asked what it serves either."""
    provider = Realistic(mini())

    async def complete(model: HttpModel, request: CompletionRequest) -> Completion:
        return await provider.complete(request)

    async def inquired(*arguments: object) -> None:
        pass

    with patch.object(HttpModel, "complete", complete), patch.object(first_contact, "inquire_model", inquired):
        return run_command(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
