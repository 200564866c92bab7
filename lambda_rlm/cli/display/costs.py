"""What `check` reports of costs: for real inputs, or for each column of declared sizes.

Owns `Costs`. Promises that a program is checked against the budget and the model that `run` would use with the same settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lambda_rlm.cli.display import figures
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import Settings
from lambda_rlm.cli.sizes import Column
from lambda_rlm.cli.terms import terms
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.blocking import closing
from lambda_rlm.execution.check import ANY_MODEL
from lambda_rlm.execution.options import NOBODY
from lambda_rlm.execution.prospect import Prospect, foresee, foresee_sizes
from lambda_rlm.inputs import Inputs
from lambda_rlm.llm.connect import connect, default_model
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.model_options import UNSAID, as_described
from lambda_rlm.types.type import Effect
from lambda_rlm.types.typed import Typed


@dataclass(frozen=True, slots=True)
class Costs:
    """A prospect for each column, or what keeps one from being made."""

    prospects: tuple[Prospect, ...] = ()
    titles: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()


def costs_of(typed: Typed, inputs: Inputs, wanted: Sequence[Column], chosen: Settings) -> Costs:
    """The costs of a program; nothing where neither data nor sizes say how large an input is."""
    sized = wanted[0].sizes.keys() if wanted else set[str]()
    unknown = sorted(typed.inputs.keys() - inputs.values.keys() - sized - {"query"})
    budget, likely = chosen.budget(), chosen.accuracy()
    if unknown or not (wanted or inputs.values):
        return Costs()
    extra = sorted(sized - typed.inputs.keys())
    if extra:
        raise UsageProblem(f"--size names {extra[0]!r}, which is not an input of the program")
    model, notes = _model(typed, chosen)
    asking = AskSettings(key=b"", out=chosen.out, pool=chosen.extra_attempts())
    prospects: tuple[Prospect, ...]
    try:
        if not wanted and "query" in inputs.values:
            root = None if not chosen.root_model else writer_of(chosen, model).profile
            decided = terms(chosen, model.profile, root)
            prospects = (foresee(typed, inputs.values, model, budget, likely, asking, decided),)
        else:
            each = [column.sizes for column in wanted] or [{}]
            profile = model.profile
            prospects = tuple(foresee_sizes(typed, inputs.values, sizes, profile, budget, likely, asking) for sizes in each)
    except Rejected as refused:
        return Costs(diagnostics=refused.diagnostics, notes=notes)
    titles = tuple(column.title for column in wanted) or ("",)
    found = dict.fromkeys(d for p, title in zip(prospects, titles, strict=True) for d in _told(p, title, len(titles)))
    return Costs(prospects, titles, tuple(found), notes)


def _told(prospect: Prospect, title: str, columns: int) -> list[Diagnostic]:
    """What speaks against the run, and in which column where there are several."""
    if columns == 1:
        return list(prospect.diagnostics)
    return [replace(d, message=f"at {title} {d.message}") for d in prospect.diagnostics]


def costs_json(costs: Costs) -> dict[str, Any]:
    """The keys of the first column, and all columns under `sizes`."""
    if not costs.prospects:
        return {}
    columns = [figures.as_json(p) for p in costs.prospects]
    own = ("likely", "bound", "counted_by", "admitted", "formula", "rounds")
    sizes = [{"size": title, **{key: column[key] for key in own}} for title, column in zip(costs.titles, columns, strict=True)]
    return {**columns[0], "sizes": sizes} if costs.titles != ("",) else columns[0]


def _model(typed: Typed, chosen: Settings) -> tuple[Model, tuple[str, ...]]:
    """The model that `run` would ask."""
    return (NOBODY, ()) if typed.effect is Effect.PURE and chosen.model is None else reachable(chosen)


def reachable(chosen: Settings) -> tuple[Model, tuple[str, ...]]:
    """The model that answers; where none is named and the default one is not installed, an assumed one, and a note."""
    try:
        return _connected(chosen, chosen.model), ()
    except ModelFailure:
        if chosen.model is not None:
            raise
    note = f"no model is set up (see --model): assuming a context window of {ANY_MODEL.window:,} tokens and an unknown price"
    said = chosen.described().get(default_model(), UNSAID)
    return as_described(ScriptedModel((), ANY_MODEL), said, allows_thought=False), (note,)


def writer_of(chosen: Settings, model: Model) -> Model:
    """The model that writes programs: the one that answers, unless another is named."""
    return _connected(chosen, chosen.root_model) if chosen.root_model else model


def _connected(chosen: Settings, name: str | None) -> Model:
    described = chosen.described()
    return connect(name, base_url=chosen.base_url, hedge=chosen.hedge, constrain=chosen.constrain, described=described)


async def closed(*models: Model) -> None:
    """Close models; one may be named twice."""
    for model in models:
        await closing(model)
