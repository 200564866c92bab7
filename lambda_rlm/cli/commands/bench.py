"""`bench`: benchmarks against any model, or the simulated one."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import RATES, Chosen, Json, takes
from lambda_rlm.cli.commands.table import command


@command(epilog='Example: lambda-rlm bench s_niah --model "sim:?a0=1&rho=0.9&k=8000" --sizes 8K,32K,128K')
@takes(
    "model",
    "root_model",
    "base_url",
    "direct_share",
    "max_calls",
    "max_cost",
    *RATES,
    "hedge",
    "pool",
    "constrain",
    "seed",
    "cache",
)
def bench(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The name of a benchmark (see --list).", show_default=False)
    ] = None,
    lists: Annotated[bool, typer.Option("--list", help="List the benchmarks and exit.")] = False,
    strategy: Annotated[str, typer.Option("--strategy", metavar="auto|direct|plan|synth", help="The route.")] = "plan",
    task: Annotated[
        str | None, typer.Option("--task", metavar="NAME", help="The strategy to use (default: the one for this benchmark).")
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(
            "--sizes", metavar="8K,32K", help="Input lengths in tokens (default: 8K,32K, or all lengths in a folder)."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", help="Maximum number of tasks for each length.")] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="FOLDER", help="Read tasks from tasks.jsonl in this folder, instead of generating them."
        ),
    ] = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Score a model or a strategy on a benchmark."""
    from lambda_rlm.cli.actions import bench as commands

    if lists or name is None:
        raise typer.Exit(commands.listing(json) if lists else commands.unnamed())
    chosen = commands.BenchRequest(name=name, strategy=strategy, task=task, sizes=sizes, limit=limit, data=data, json=json)
    raise typer.Exit(commands.run(chosen, options))
