"""What earlier sessions of a run leave to the one that continues it.

Owns `Resumed` and `PastRoute`. Promises that a new run and one that continues take the same path through the code: for a new
run all of this is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Routed
from lambda_rlm.plan.tasks import TASKS


@dataclass(frozen=True, slots=True)
class PastRoute:
    """A decision of an earlier session of the run. `program` is the one that ran, where it is known: it runs again unchanged.
    `asks_again` repeats the call that asked for the task, so that it is counted: its reply is remembered."""

    decision: Routed
    program: SourceFile | None = None
    asks_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The past of a run. `autos` are the planner's earlier choices, by the program's hash and the place of each `auto`; `spent`
    is the usage of calls that are asked again; `raised` is by how many calls and US dollars the budget exceeds the first one
    (the root model is shown the first budget, so that its prompt stays the same); `route` is the earlier decision. `extra` is
    how many attempts the replies that are given again took from the pool: the run has these beside a new pool."""

    autos: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    spent: Usage = NO_USAGE
    raised: tuple[int, float | None] = (0, 0.0)
    route: PastRoute | None = None
    extra: int = 0

    def booked(self) -> Resumed:
        """The same, once `spent` is in an account."""
        return replace(self, spent=NO_USAGE)


def past_route(routed: Mapping[str, Any] | None, program: SourceFile | None, *, is_replay: bool = False) -> PastRoute | None:
    """The decision in a journal, or else what the name of the run's only program says of it; None where there is neither."""
    if routed is not None:
        before = Routed(**routed)
        return PastRoute(before, program, before.detection == "answered" or (is_replay and before.detection == "failed"))
    if program is None:
        return None
    name = program.name.removesuffix(".lam")
    return PastRoute(
        Routed("direct" if name == "direct" else "plan", name if name in TASKS else None, None, "as before"), program
    )
