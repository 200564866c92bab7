"""`bench`: from arguments to a table of scores.

Owns how a benchmark is chosen, followed and shown. Every task has the whole budget of the options.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from lambda_rlm.bench.benchmarks import BENCHMARKS, Benchmark
from lambda_rlm.bench.folder import read_tasks
from lambda_rlm.bench.measure import NAIVE_PIECE, Summary, TaskResult, Way, macro_average, measure, measured_json, summaries
from lambda_rlm.bench.task import Task, length, tokens_of
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import Settings, announced, settings, usable_account
from lambda_rlm.cli.suggestions import unknown
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.execution.blocking import blocking, closing
from lambda_rlm.execution.options import Options
from lambda_rlm.llm.connect import connect, default_model
from lambda_rlm.plan.router import CHOICES, Choice
from lambda_rlm.plan.strategy_file import task_name
from lambda_rlm.plan.tasks import TASKS
from lambda_rlm.policy.gates import allow_uncounted, require

_SIZES: Final = (8_192, 32_768)
_LIMIT: Final = 10
_COLUMNS: Final = ("length", "tasks", "score", "calls", "bound", "naive", "tokens", "usd", "seconds", "faults")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRequest:
    """What the command line asks for."""

    name: str
    strategy: str
    task: str | None
    sizes: str | None
    limit: int | None
    data: str | None
    json: bool


def listing(json: bool) -> int:
    """The exit code of `bench --list`."""
    if json:
        rows = [{"name": row.name, "about": row.about, "task": row.strategy} for row in BENCHMARKS.values()]
        screen.answer(json_text.dumps({"ok": True, "benchmarks": rows}))
        return exits.ANSWERED
    width = max(map(len, BENCHMARKS)) + 2
    screen.report(*(f"{row.name:<{width}}{row.about}" for row in BENCHMARKS.values()))
    return exits.ANSWERED


def unnamed() -> int:
    """No benchmark was named: raises `UsageProblem`."""
    raise UsageProblem("missing argument NAME", "list the benchmarks: lambda-rlm bench --list")


def run(chosen: BenchRequest, options: Mapping[str, Any]) -> int:
    """The exit code of `bench NAME`: 2 when a task ended in a fault."""
    row = BENCHMARKS.get(chosen.name)
    if row is None:
        raise unknown("benchmark", chosen.name, BENCHMARKS)
    if chosen.strategy not in CHOICES:
        raise unknown("strategy", chosen.strategy, CHOICES)
    task = task_name(chosen.task) or row.strategy
    if task not in TASKS:
        raise unknown("task", task, TASKS)
    if chosen.limit is not None and chosen.limit < 1:
        raise UsageProblem(f"--limit must be at least 1, not {chosen.limit}")
    set_to = settings(options)
    require("journal", False, "a benchmark is not recorded")
    require("approval", False, "a benchmark asks nobody")
    require("blind", set_to.peek == 0, "see peek")
    allow_uncounted("a benchmark")
    if not chosen.json:
        announced(set_to, is_new=True)
    tasks = _tasks(chosen, row, set_to.seed)
    asked = blocking(lambda: _measured(chosen, task, tasks, set_to))
    rows = summaries(asked)
    if chosen.json:
        about = {
            "benchmark": chosen.name,
            "model": set_to.model or default_model(),
            "strategy": chosen.strategy,
            "task": task,
            "naive_piece": NAIVE_PIECE,
        }
        screen.answer(json_text.dumps({"ok": not _faults(asked), **about, **measured_json(asked, rows)}, ensure_ascii=False))
    else:
        _show(asked, rows)
    return exits.FAULTED if _faults(asked) else exits.ANSWERED


def _tasks(chosen: BenchRequest, row: Benchmark, seed: int) -> list[Task]:
    wanted = [part.strip() for part in chosen.sizes.split(",")] if chosen.sizes else None
    if chosen.data is None:
        try:
            sizes = [tokens_of(name) for name in wanted] if wanted else list(_SIZES)
        except ValueError as error:
            raise UsageProblem(str(error)) from None
        return [task for tokens in sizes for task in row.make(tokens, chosen.limit or _LIMIT, seed)]
    tasks, notes = read_tasks(Path(chosen.data))
    if not chosen.json:
        for note in notes:
            screen.say(f"note: {note}", "dim")
    if wanted is not None:
        names = {_named(name) for name in wanted}
        tasks = [task for task in tasks if task.length in names]
    by_length: dict[str, list[Task]] = {}
    for task in tasks:
        by_length.setdefault(task.length, []).append(task)
    kept = [task for group in by_length.values() for task in group[: chosen.limit]]
    if not kept:
        raise UsageProblem(f"{chosen.data} has no tasks of these lengths", "omit --sizes to use all lengths")
    return kept


def _named(name: str) -> str:
    """A length as tables show it; any other text is a number of documents."""
    try:
        return length(tokens_of(name))
    except ValueError:
        return name


async def _measured(chosen: BenchRequest, task: str, tasks: Sequence[Task], set_to: Settings) -> list[TaskResult]:
    cache, limiters, described, account = _cache(set_to), set_to.limiters(), set_to.described(), usable_account(set_to)

    def connected(name: str | None) -> Model:
        return connect(
            name,
            base_url=set_to.base_url,
            cache=cache,
            limiters=limiters,
            hedge=set_to.hedge,
            constrain=set_to.constrain,
            described=described,
            account=account,
        )

    model = connected(set_to.model)
    root = connected(set_to.root_model) if set_to.root_model else None
    way = Way(
        strategy=cast("Choice", chosen.strategy),
        task=task,
        budget=set_to.budget(),
        options=Options(seed=set_to.seed, out=set_to.out, pool=set_to.extra_attempts(), accuracy=set_to.accuracy()),
        routing=set_to.routing(),
        writing=set_to.writing(),
        root=root,
        is_task_said=chosen.task is not None,
    )
    asked: list[TaskResult] = []
    try:
        async for one in measure(tasks, model, way):
            asked.append(one)
            if not chosen.json:
                _follow(one, len(asked), len(tasks))
    finally:
        for one_model in (model, root):
            if one_model is not None:
                await closing(one_model)
    return asked


def _cache(set_to: Settings) -> Any:
    if not set_to.cache:
        return None
    from lambda_rlm.llm.wrappers.cache import ReplyStore

    return ReplyStore(on_trouble=lambda why: screen.say(f"warning: {why}", "warning"))


def _follow(one: TaskResult, done: int, all_of_them: int) -> None:
    said = f"{100 * one.score:.0f}" if one.fault is None else one.fault
    if one.fallback is not None:
        said += f" (fallback to the strategy: {one.fallback})"
    screen.say(f"{done}/{all_of_them} {one.task.id}: {said}", "dim")


def _faults(asked: Sequence[TaskResult]) -> int:
    return sum(one.fault is not None for one in asked)


def _show(asked: Sequence[TaskResult], rows: Sequence[Summary]) -> None:
    table = [list(_COLUMNS), *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    if len(rows) > 1:
        lines.append(f"macro-average over lengths: {macro_average(rows):.1f}")
    screen.report(*lines)
    planned = sum(one.fallback is not None for one in asked)
    if planned:
        screen.say(f"warning: no program was accepted for {planned} of {len(asked)} tasks, so the strategy answered", "warning")
    screen.say(f"mean per task; naive: one call per {NAIVE_PIECE:,} characters, and one to merge", "dim")


def _cells(row: Summary) -> list[str]:
    bound = "-" if row.bound is None else f"{row.bound:,.1f}"
    return [
        row.length,
        str(row.tasks),
        f"{row.score:.1f}",
        f"{row.calls:,.1f}",
        bound,
        f"{row.naive:,.1f}",
        f"{row.tokens:,.0f}",
        dollars(row.usd),
        f"{row.seconds:.2f}",
        str(row.faults),
    ]
