"""What came of a run, as JSON data: for the command line, the journal and servers.

Owns the keys. Promises that they stay: keys are added and never renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.diagnostics.render import as_json, fault_json
from lambda_rlm.execution.run import Run
from lambda_rlm.release import VERSION
from lambda_rlm.trace.jsonl import usage_json
from lambda_rlm.types.show import show

if TYPE_CHECKING:
    from lambda_rlm.synth.report import Synthesis
    from lambda_rlm.synth.turn import Turn

_USAGE: Final = (
    "calls", "attempts", "cached_calls", "failed_calls", "span", "input_tokens", "output_tokens", "usd", "steps", "bytes",
    "live", "extra_attempts",
)  # fmt: skip
_DROPPED: Final = ("characters_before_prompts", "quotes", "items", "or_else", "replies_cut")


def run_json(done: Run, warnings: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """A run as the JSON object of `ask` and `run`; `warnings` are those of the program."""
    spent = done.usage
    usage = {name: getattr(spent, name) for name in _USAGE}
    return {
        "ok": done.ok,
        "answer": done.answer if done.ok else None,
        "value": done.value,
        "type": show(done.type),
        "route": done.route,
        "task": done.task,
        "reason": done.reason,
        "split": done.split,
        "run": done.id,
        "version": VERSION,
        "program": done.program,
        "likely": None if done.likely is None else done.likely.numbers(),
        "bound": None if done.bound is None else done.bound.numbers(),
        "counted_by": None if done.bound is None else done.bound.counted_by,
        "admitted": done.admitted,
        "usage": {**usage, "seconds": round(spent.seconds, 3), "max_in_flight": spent.max_in_flight},
        **({} if done.synthesis is None else {"synthesis": synthesis_json(done.synthesis)}),
        "degraded": done.degraded,
        "dropped": {name: getattr(done.dropped, name) for name in _DROPPED},
        "coverage": {name: round(share, 6) for name, share in done.coverage.items()},
        "citations": [{"input": c.input, "start": c.start, "end": c.end} for c in done.citations],
        "coercions": done.coercions,
        "notes": list(done.notes),
        "diagnostics": [as_json(d, done.source) for d in warnings],
        "fault": fault_json(done.fault, done.source) if done.fault is not None else None,
    }


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


def synthesis_json(synthesis: Synthesis) -> dict[str, Any]:
    """A synthesis as JSON data; `usage` is what the root model's calls used."""
    return {
        "attempts": len(synthesis.attempts),
        "rounds": synthesis.rounds,
        "usage": {"calls": synthesis.calls, **usage_json(synthesis.usage)},
        "fallback": synthesis.fallback,
        "written": [
            {"program": a.program, "codes": list(a.codes), "fixes": list(a.fixes), "round": a.round} for a in synthesis.attempts
        ],
        "candidates": [
            {
                "program": tried.program,
                "samples": tried.samples,
                "confidence": tried.confidence,
                "calls": tried.calls,
                "answer": tried.answer,
                "fault": tried.fault,
                "is_run": tried.was_run,
                "is_chosen": tried.is_chosen,
            }
            for tried in synthesis.candidates
        ],
        "agreement": synthesis.agreement,
        "notes": list(synthesis.notes),
    }
