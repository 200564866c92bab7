"""How a program was written, as JSON data.

Owns the keys. Promises that they stay: keys are added and never renamed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_rlm.trace.jsonl import usage_json

if TYPE_CHECKING:
    from lambda_rlm.synth.report import Synthesis


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
