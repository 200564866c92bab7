"""Programs written by the local model: how many parse, are typed, are admitted, free and under the grammar.

`python benchmarks/programs.py --programs 100 --to programs.jsonl` has a local model write that many programs for the fourteen tasks
of `tests/support/worlds`, in turn, each once free and once under the grammar, with one repair (`--repairs`); it goes on where the file ends.
`python benchmarks/programs.py --table programs.jsonl` prints what came of them. Without arguments it writes one program each way.
A reply that was cut is not a program, whatever it looks like.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.answering.question import Question, Setup  # noqa: E402
from lambda_rlm.answering.synthesize import synthesize  # noqa: E402
from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Sampling, StopReason  # noqa: E402
from lambda_rlm.diagnostics.diagnostic import Rejected  # noqa: E402
from lambda_rlm.diagnostics.source import SourceFile  # noqa: E402
from lambda_rlm.execution.execute import Options  # noqa: E402
from lambda_rlm.inputs import from_values  # noqa: E402
from lambda_rlm.llm.local.model import LocalModel  # noqa: E402
from lambda_rlm.llm.local.weights import installed  # noqa: E402
from lambda_rlm.syntax.parse import parse  # noqa: E402
from lambda_rlm.synth.proposing.extract import programs  # noqa: E402
from lambda_rlm.synth.writing import Writing  # noqa: E402
from tests.support.worlds.all_tasks import TASKS  # noqa: E402
from tests.support.worlds.world import Truthful  # noqa: E402

MODES = ("grammar", "free")
STAGES = ("parsed", "typed", "admitted")
BUDGET = Budget(calls=600)
TEMPERATURE = 0.3


@dataclass
class Drawn:
    """A model whose replies are drawn with a seed, with or without the grammar; keeps what it said."""

    model: LocalModel
    is_free: bool
    seed: int
    said: list[Completion] = field(default_factory=list)

    @property
    def profile(self) -> ModelProfile:
        return replace(self.model.profile, takes_grammar=not self.is_free)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return self.model.count_tokens(messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        found = await self.model.complete(replace(request, sampling=Sampling(TEMPERATURE, seed=self.seed)))
        self.said.append(found)
        return found

    async def aclose(self) -> None: ...


async def written(model: LocalModel, task: str, sample: int, mode: str, out: int, repairs: int) -> dict[str, Any]:
    """What came of one question: for each attempt the reply, whether it parses as it stands, and the codes of what is wrong."""
    world = TASKS[task](sample + 1)
    root = Drawn(model, mode == "free", sample)
    question = Question(query=world.query, inputs=from_values(dict(world.inputs)))
    setup = Setup(
        leaf=Truthful(world),
        root=root,
        budget=BUDGET,
        writing=Writing(out=out, repairs=repairs),
        options=Options(key=b"key", out=world.out),
    )
    started = time.monotonic()
    trouble = None
    attempts: list[list[str]] = []
    try:
        run = await synthesize(question, setup, lambda: SourceFile("plan.lam", '"the plan answered"'))
        assert run.synthesis is not None
        attempts = [list(attempt.codes) for attempt in run.synthesis.attempts]
    except Exception as error:  # noqa: BLE001 - a truthful leaf knows the prompts of good programs only
        trouble = f"{type(error).__name__}: {error}"[:300]
    return {
        "mode": mode,
        "task": task,
        "sample": sample,
        "replies": [{"text": c.text, "stop": c.stop_reason, "tokens": c.usage.output_tokens} for c in root.said],
        "parsed": [parses(c) for c in root.said],
        "codes": attempts,
        "trouble": trouble,
        "seconds": round(time.monotonic() - started, 1),
    }


def parses(reply: Completion) -> bool:
    """Whether a reply that came to its end holds a program that needs no mending."""
    if reply.stop_reason is not StopReason.STOP:
        return False
    for text in programs(reply.text):
        try:
            parse(SourceFile("reply", text))
        except Rejected:
            continue
        return True
    return False


def stages(row: dict[str, Any], tries: int | None) -> Iterator[str]:
    """How far the best of the first attempts came, of all where `tries` is None."""
    codes = row["codes"][:tries] or ([[]] if row["trouble"] else [])
    if any(row["parsed"][:tries]):
        yield "parsed"
    if any(not any(code[:3] in ("E01", "E02", "no ") for code in found) for found in codes):
        yield "typed"
    if any(not found for found in codes):
        yield "admitted"


def table(rows: list[dict[str, Any]]) -> str:
    """Counts by task and way, at first try and after repairs."""
    head = "| task | way | programs | " + " | ".join(f"{stage} at first" for stage in STAGES)
    lines = [head + " | " + " | ".join(f"{stage} after repairs" for stage in STAGES) + " |", "|---|---|" + "---|" * 7]
    for task in [*TASKS, "all"]:
        for mode in MODES:
            chosen = [row for row in rows if row["mode"] == mode and task in (row["task"], "all")]
            counts = [Counter(stage for row in chosen for stage in stages(row, tries)) for tries in (1, None)]
            numbers = " | ".join(str(count[stage]) for count in counts for stage in STAGES)
            lines.append(f"| {task} | {mode} | {len(chosen)} | {numbers} |")
    return "\n".join(lines)


def write(count: int, to: Path | None, name: str, out: int, repairs: int, modes: list[str]) -> list[dict[str, Any]]:
    model = LocalModel.named(name, window=8192, slots=1, threads=1)
    rows = [json.loads(line) for line in to.read_text().splitlines()] if to and to.exists() else []
    done = {(row["mode"], row["task"], row["sample"]) for row in rows}
    for number in range(count):
        task, sample = list(TASKS)[number % len(TASKS)], number // len(TASKS)
        for mode in modes:
            if (mode, task, sample) not in done:
                rows.append(anyio.run(written, model, task, sample, mode, out, repairs))
                if to:
                    with to.open("a") as file:
                        file.write(json.dumps(rows[-1]) + "\n")
                print(
                    f"{mode:8} {task:24} {sample} {rows[-1]['parsed']} {rows[-1]['codes']} {rows[-1]['seconds']} s",
                    file=sys.stderr,
                )
    return rows


def main() -> int:
    reader = argparse.ArgumentParser(description="Programs written by the local model")
    reader.add_argument("--programs", type=int, default=1)
    reader.add_argument("--to", type=Path)
    reader.add_argument("--table", type=Path)
    reader.add_argument("--model", default="qwen2.5-coder-0.5b")
    reader.add_argument("--out", type=int, default=1024, help="tokens of a reply")
    reader.add_argument("--repairs", type=int, default=1)
    reader.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    given = reader.parse_args()
    if given.table:
        print(table([json.loads(line) for line in given.table.read_text().splitlines()]))
    elif not installed(given.model):
        print(f"no weights here: lambda-rlm models get {given.model}")
    else:
        print(table(write(given.programs, given.to, given.model, given.out, given.repairs, given.modes)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
