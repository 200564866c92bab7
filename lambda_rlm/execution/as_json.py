"""What came of a run, as JSON data for the command line, the journal and servers: `Run.to_dict`, and what each adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.diagnostics.render import as_json
from lambda_rlm.execution.run import Run

if TYPE_CHECKING:
    from lambda_rlm.synth.turn import Turn


def run_json(done: Run, warnings: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """A run as the JSON object of `ask` and `run`; `warnings` are those of the program."""
    return {**done.to_dict(), "diagnostics": [as_json(d, done.source) for d in warnings]}


def kept_json(done: Run) -> dict[str, Any]:
    """A run as the journal keeps it: also what a root model was asked, without contents of inputs, and which programs ran."""
    kept = run_json(done)
    if done.synthesis is not None:
        turns_asked = [[_turn_json(turn) for turn in turns] for turns in done.synthesis.asked]
        ran = [
            {
                "program": ran.program,
                "round": ran.round,
                "fault": ran.fault,
                "degraded": ran.is_degraded,
                **({"look": True} if ran.is_look else {}),
            }
            for ran in done.synthesis.ran
        ]
        kept["synthesis"] = {**kept["synthesis"], "asked": turns_asked, "ran": ran, "is_small": done.synthesis.is_small}
    return kept


def _turn_json(turn: Turn) -> dict[str, Any]:
    """A turn before it is rendered; each piece with whether it is data."""
    return {"role": turn.role, "pieces": [[piece.text, piece.is_data] for piece in turn.pieces]}
