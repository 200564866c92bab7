"""`bench`: benchmarks against any model, or the simulated one."""

from __future__ import annotations

from typing import Annotated

import typer

from lambda_rlm.cli.commands.options import RATES, Chosen, Json, takes
from lambda_rlm.cli.commands.table import app


@app.command(epilog='Example: lambda-rlm bench s_niah --model "sim:?a0=1&rho=0.9&k=8000" --sizes 8K,32K,128K')
@takes(
    "model", "root_model", "base_url", "direct_share", "max_calls", "max_cost", *RATES, "hedge", "constrain", "seed", "cache"
)
def bench(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The benchmark.", show_default=False)] = None,
    lists: Annotated[bool, typer.Option("--list", help="Name the benchmarks, and stop.")] = False,
    strategy: Annotated[str, typer.Option("--strategy", metavar="auto|direct|plan|synth", help="Which way to go.")] = "plan",
    task: Annotated[
        str | None, typer.Option("--task", metavar="NAME", help="The plan; without it, the one for this benchmark.")
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option("--sizes", metavar="8K,32K", help="Lengths of the inputs; without it 8K and 32K, or all of a folder."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", help="At most so many tasks of each length.")] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="FOLDER", help="Tasks from a folder with a tasks.jsonl, not made ones.")
    ] = None,
    *,
    options: Chosen,
    json: Json = False,
) -> None:
    """Score a model, or a plan, on a benchmark."""
    from lambda_rlm.cli.actions import bench as commands

    if lists or name is None:
        raise typer.Exit(commands.listing(json) if lists else commands.unnamed())
    chosen = commands.BenchRequest(name=name, strategy=strategy, task=task, sizes=sizes, limit=limit, data=data, json=json)
    raise typer.Exit(commands.run(chosen, options))
