r"""Programs on record with inputs that people ask about, and the model that answers them at realistic length.

Three sources: the fourteen programs that a strong model wrote in its first minutes with the language (`tests/conformance/programs`, in
small worlds that it answers truthfully), programs that one wrote at first sight of the page (`benchmarks/first_sight`), and those of
`recorded`, whose header comments say what they are run on:

    # query: TEXT
    # made NAME: KIND SIZE          an input of `recorded_inputs.INPUTS`
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.check import check
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import TEXT, Type
from tests.support.bounding import Trial
from tests.support.faithful import plans
from tests.support.places import ROOT
from tests.support.realistic import Realistic
from tests.support.recorded_inputs import INPUTS, made
from tests.support.sample_inputs import OTHERS, inputs_of, title
from tests.support.worlds.all_tasks import TASKS, recorded
from tests.support.worlds.full_size import STATED

FOLDER: Final = ROOT / "tests" / "support" / "recorded"
FIRST_SIGHT: Final = ROOT / "benchmarks" / "first_sight"
RESENDS: Final = 2
"""How often a hosted model's request is sent again, by default."""

AT_FIRST_SIGHT: Final[Mapping[str, Mapping[str, tuple[str, int]]]] = {
    "003": {"context": ("prose", 30_000)},
    "007": {"log": ("log", 80_000)},
    "012": {"book": ("chapters", 90_000)},
    "016": {"context": ("prose", 150_000)},
    "018": {"context": ("transcript", 30_000)},
    "024": {"minutes": ("transcript", 60_000)},
    "027": {"transcript": ("transcript", 50_000)},
    "029": {"docs": ("documents", 40)},
    "033": {"reports": ("documents", 30)},
    "044": {"files": ("modules", 12)},
    "050": {"reviews": ("reviews", 300)},
    "054": {"reviews": ("reviews", 500)},
    "065": {"contract": ("contract", 90_000)},
    "069": {"morning": ("prose", 40_000), "evening": ("prose", 44_000)},
    "083": {"handbook": ("prose", 60_000), "questions": ("questions", 25)},
    "092": {"sightings": ("sightings", 200)},
}
"""Of the programs at first sight, those that are run here, with their inputs."""

_HEADER: Final = re.compile(r"^# (?:query: (?P<query>.*)|made (?P<name>\w+): (?P<kind>\w+) (?P<size>\d+))$", re.MULTILINE)
_REWRITTEN: Final = re.compile(r"(?i)summar|translat|glossary")
_SHARE: Final = 10
"""Of the sizes that the first tasks state, one part in ten is run, ..."""
_MOST: Final = 120_000
"""... and at most these characters."""
_LABELS: Final = ("bees", "goats", "none")


@dataclass(frozen=True, eq=False)
class Program:
    """A program with its inputs. `group` says where it is from; `told` and `plans` are for `Realistic`."""

    name: str
    group: str
    source: str
    types: Mapping[str, Type]
    given: Mapping[str, Any]
    told: Callable[[str], str | None] | None = None
    plans: Mapping[str, Any] | None = None

    def trial(self, profile: ModelProfile | None = None, seed: int = 1) -> Trial:
        """The program as it is run: on a model with realistic replies, of this profile or of gpt-5-mini's."""
        found = check(SourceFile(self.name, self.source), dict(self.types))
        assert found.typed is not None, [self.name, *(d.message for d in found.diagnostics)]
        given = {name: self.given[name] for name in found.typed.inputs}
        model = Realistic(profile or mini(), seed, self.told, self.plans or {})
        return Trial(found.typed, given, model, AskSettings(key=b"recorded"), Budget(calls=5_000, tokens=10**10))


@cache
def thinking() -> ModelProfile:
    """gpt-5-mini as a hosted model whose requests may be sent again."""
    return replace(provider_profile("openai/gpt-5-mini"), resends=RESENDS)


@cache
def mini() -> ModelProfile:
    """The same, without what it thinks."""
    return replace(thinking(), reasoning_tokens=0)


def written_here() -> list[Program]:
    """The programs of `recorded`."""
    return [from_text(path.stem, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.lam"))]


def from_text(name: str, source: str, group: str = "recorded") -> Program:
    """A program with such header comments."""
    types: dict[str, Type] = {"query": TEXT}
    given: dict[str, Any] = {"query": ""}
    for hit in _HEADER.finditer(source):
        if hit["query"] is not None:
            given["query"] = hit["query"]
        else:
            types[hit["name"]] = parse_type(INPUTS[hit["kind"]][0])
            given[hit["name"]] = made(hit["kind"], int(hit["size"]))
    return Program(name, group, source, types, given)


def at_first_sight() -> list[Program]:
    """Those of `AT_FIRST_SIGHT`."""
    queries = {row["id"]: row["query"] for row in _rows(FIRST_SIGHT / "tasks.jsonl")}
    programs = {row["id"]: row["replies"][-1] for row in _rows(FIRST_SIGHT / "replies.jsonl")}
    found = []
    for number, inputs in AT_FIRST_SIGHT.items():
        types = {"query": TEXT, **{name: parse_type(INPUTS[kind][0]) for name, (kind, _) in inputs.items()}}
        given = {"query": queries[number], **{name: made(kind, size) for name, (kind, size) in inputs.items()}}
        found.append(Program(f"first sight {number}", "first sight", programs[number], types, given))
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def first_programs() -> list[Program]:
    """The fourteen of the conformance suite, on a tenth of the inputs that their tasks state; summaries and translations, which
    their worlds keep short, are as long as a strong model's."""
    found = []
    for name, make in TASKS.items():
        world, inputs = make(1), _stated(name)

        def told(prompt: str, reply: Callable[[str], str] = world.reply) -> str | None:
            return None if _REWRITTEN.search(prompt[:600]) else reply(prompt)

        types = {"query": TEXT, **{key: _type_of(value) for key, value in inputs.items()}}
        given = {"query": world.query, **inputs}
        found.append(Program(name, "first programs", recorded(name), types, given, told))
    return found


def _stated(task: str) -> dict[str, Any]:
    """The inputs of a task at a part of the stated size, from as many of its worlds as it takes, so that nothing is repeated."""
    count, chars = STATED[task]
    most = min(_MOST, count * chars // _SHARE)
    inputs: dict[str, Any] = dict(TASKS[task](1).inputs)
    seed = 2
    while min(_characters(value) for value in inputs.values()) < most:
        more = TASKS[task](seed).inputs
        inputs = {name: _longer(value, more[name], seed) for name, value in inputs.items()}
        seed += 1
    return {name: _shortened(value, most) for name, value in inputs.items()}


def _characters(value: Any) -> int:
    return (
        len(value)
        if isinstance(value, str)
        else sum(len(part) for row in value for part in row.values() if isinstance(part, str))
    )


def _longer(value: Any, more: Any, seed: int) -> Any:
    """A text or a list with another behind it; what tells elements apart goes on telling them apart."""
    if isinstance(value, str):
        return f"{value}\n\n{more}"
    renamed = [{**row, "name": f"{seed}/{row['name']}"} if "name" in row else row for row in more]
    return value + [{**row, "id": len(value) + n} if "id" in row else row for n, row in enumerate(renamed)]


def _shortened(value: Any, most: int) -> Any:
    """Its beginning, with about N characters."""
    if isinstance(value, str):
        return value[:most]
    kept: list[Any] = []
    for row in value:
        if kept and _characters(kept) >= most:
            break
        kept.append(row)
    return kept


def _type_of(value: Any) -> Type:
    """The type of a plain input: a text, or a list of records of texts and whole numbers."""
    if isinstance(value, str):
        return TEXT
    fields = ", ".join(f"{name}: {'Int' if isinstance(part, int) else 'Text'}" for name, part in value[0].items())
    return parse_type(f"List[{{ {fields} }}]")


def strategies_and_examples() -> list[Program]:
    """The strategies of the standard library and the programs of the examples."""
    found = []
    for path in OTHERS:
        name = title(path)
        given = {
            **inputs_of(name),
            "query": "Which of the animals of the islands are larger than their relatives on the mainland?",
        }
        if isinstance(given["context"], str) and name != "translate":
            given["context"] = made("prose", 20_000 if name == "direct" else 100_000)
        rows = "List[{ question: Text }]" if name == "count-labels" else "Text"
        types = {"query": TEXT, "context": parse_type(rows)}
        group = "strategy" if path.parent.name == "stdlib" else "example"
        found.append(Program(name, group, path.read_text(encoding="utf-8"), types, given, plans=plans(_LABELS)))
    return found


def everything() -> list[Program]:
    """All of them."""
    return [*first_programs(), *at_first_sight(), *written_here(), *strategies_and_examples()]
