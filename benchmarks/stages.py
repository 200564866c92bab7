"""Where the processor time of a question goes: routing, plan, parser, types, values, staging, bound, run.

`python benchmarks/stages.py [--against FOLDER] [--rows N]` asks each question twice of a scripted model, in a process of its
own, and prints for each stage the calls and milliseconds of processor time, those of the stages within it taken off. The
garbage collector rests meanwhile, as it comes where it wants. With `--against` the package in that folder is measured in the
same way, and the rows have both, that one first. The questions: a plan over rows that is not proved to fit and begins as
likely, a written program over rows (after one that is sent back), a plan and a written program over 1 MB of text.
"""

from __future__ import annotations

import argparse
import gc
import inspect
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

STAGES = {
    "route": ("answering.question", "case_of"),
    "plan": ("plan.plan", "plan"),
    "parse": ("syntax.parse", "parse"),
    "types": ("types.infer", "infer"),
    "values": ("eval.plain", "to_value"),
    "stage": ("eval.staging.stage", "Stage.compute"),
    "measure": ("eval.staging.measure", "measured"),
    "bound": ("bounds.analyse", "analyse"),
    "run": ("eval.evaluate", "evaluate"),
    "findings": ("answering.rounds.findings", "findings"),
}
"""Where each stage is: what was asked of it is counted, and timed without the others."""

LOADED = (
    "answering.ask",
    "execution.check",
    "execution.prospect",
    "execution.likely.expect",
    "api.rlm",
    "answering.synthesize",
)
"""Modules whose names for these functions are looked up before they are replaced."""

COUNT = """{"labels": [], "meaning": "", "where": [], "first": [], "second": [], "ask": "most", "by": "user",
"test": "at least", "number": 1, "form": "[X]", "words": [], "dates": null}"""
BY_ROWS = """```
let by_user = group_by(rows, fn(row) => row.user) |> map(fn(g) => { user: g.key, n: sum(map(g.items, fn(row) => row.n)) });
let most = take(sort_desc(by_user, fn(one) => one.n), 3) |> map(fn(one) => one.user) |> join(", ");
llm_call(f"Say who wrote most: {most}", out=20)
```"""
BY_LINES = """```
let found = lines(context) |> filter(fn(line) => contains(line, "User: 7 "));
let some_lines = join(take(found, 20), "; ");
llm_call(f"Say who wrote most: {some_lines}", out=20)
```"""


class Clock:
    """Processor time by stage, and how often each was asked."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        self._within: list[float] = []

    def begin(self) -> float:
        self._within.append(0.0)
        return time.thread_time()

    def end(self, stage: str, started: float) -> None:
        whole = time.thread_time() - started
        self.calls[stage] += 1
        self.spent[stage] += whole - self._within.pop()  # type: ignore[assignment]
        if self._within:
            self._within[-1] += whole

    def timed(self, stage: str, job: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, watched."""
        if inspect.iscoroutinefunction(job):

            async def waited(*arguments: Any, **named: Any) -> Any:
                started = self.begin()
                try:
                    return await job(*arguments, **named)
                finally:
                    self.end(stage, started)

            return waited

        def done(*arguments: Any, **named: Any) -> Any:
            started = self.begin()
            try:
                return job(*arguments, **named)
            finally:
                self.end(stage, started)

        return done


def watched(clock: Clock) -> None:
    """All stages of the package, watched wherever a module has them by name."""
    for name in LOADED:
        import_module(f"lambda_rlm.{name}")
    for stage, (module, path) in STAGES.items():
        owner, name = import_module(f"lambda_rlm.{module}"), path
        if "." in path:
            kind, name = path.split(".")
            setattr(getattr(owner, kind), name, clock.timed(stage, getattr(getattr(owner, kind), name)))
            continue
        whole = getattr(owner, name)
        timed = clock.timed(stage, whole)
        for one in [one for key, one in sys.modules.items() if key.startswith("lambda_rlm")]:
            for known in [key for key, value in vars(one).items() if value is whole]:
                setattr(one, known, timed)


def questions(rows: int) -> dict[str, Callable[[], Any]]:
    """What is asked, by name; each gives the run."""
    from lambda_rlm import RLM, Budget, ScriptedModel

    table = [{"user": f"u{number % 17}", "n": number, "note": f"some words {number}"} for number in range(rows)]
    text = "\n".join(f"Date: 2024-0{1 + n % 9}-1{n % 9} | User: {n % 17} | Note: some words {n}" for n in range(20_000))

    def rlm(program: str, **settings: Any) -> RLM:
        rules = [
            ("(?s)has to be counted", COUNT),
            ("Say who wrote most", "u7"),
            ("(?s)missing_function", program),
            ("(?s)query:\n.*Write the program", "```\nmissing_function(1)\n```"),
            (".", "said"),
        ]
        return RLM(ScriptedModel.from_rules(rules), journal=False, **settings)

    likely = rlm("", strategy="plan", task="aggregate", budget=Budget(calls=rows // 15, tokens=10**9))
    searched = rlm("", strategy="plan", task="search")
    by_rows, by_lines = rlm(BY_ROWS, strategy="synth"), rlm(BY_LINES, strategy="synth")
    return {
        f"plan aggregate, {rows:,} rows, as likely": lambda: likely.ask("Which user wrote most?", rows=table),
        f"written program, {rows:,} rows": lambda: by_rows.ask("Which user wrote most?", rows=table),
        "plan search, 1 MB": lambda: searched.ask("Who is User 7?", context=text),
        "written program, 1 MB": lambda: by_lines.ask("Who is User 7?", context=text),
    }


def measure(rows: int) -> None:
    """Asks everything twice, and prints a line of JSON for each."""
    clock = Clock()
    watched(clock)
    for name, job in questions(rows).items():
        for time_asked in ("first", "again"):
            clock.calls.clear(), clock.spent.clear()
            gc.collect()
            gc.disable()
            started = time.process_time()
            run = job()
            whole = time.process_time() - started
            gc.enable()
            started = time.process_time()
            _ = run.evidence
            clock.calls["evidence"], clock.spent["evidence"] = 1, time.process_time() - started  # type: ignore[assignment]
            clock.calls["whole"], clock.spent["whole"] = 1, whole + clock.spent["evidence"]  # type: ignore[assignment]
            print(json.dumps({"question": f"{name}, {time_asked}", "calls": clock.calls, "spent": clock.spent}), flush=True)


def measured(folder: Path, rows: int) -> list[dict[str, Any]]:
    """What the package in a folder takes, in a process of its own."""
    command = [sys.executable, __file__, "--measure", "--rows", str(rows)]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> int:
    """Measure one or two packages; print a table for each question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="a folder with another version of the package")
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        measure(chosen.rows)
        return 0
    folders = [ROOT] if chosen.against is None else [chosen.against.resolve(), ROOT]
    for versions in zip(*(measured(folder, chosen.rows) for folder in folders), strict=True):
        print(versions[0]["question"])
        for stage in (*STAGES, "evidence", "whole"):
            cells = [f"{v['calls'].get(stage, 0):5} × {1_000 * v['spent'].get(stage, 0):9.1f} ms" for v in versions]
            print(f"  {stage:10}" + "".join(cells))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
