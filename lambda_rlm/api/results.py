"""Runs, decisions and events as they leave the library: what they say names arguments of Python.

Promises that nothing but texts for people changes; the journal keeps them as they were.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambda_rlm.api.own_terms import in_own_terms, reworded

if TYPE_CHECKING:
    from lambda_rlm.answering.preview import Decision
    from lambda_rlm.events import Event
    from lambda_rlm.execution.run import Run


def run_in_own_terms(run: Run) -> Run:
    """The run with its notes and its fault in terms of the library."""
    notes = tuple(map(in_own_terms, run.notes))
    fault = None if run.fault is None else reworded(run.fault)
    if notes == run.notes and fault is run.fault:
        return run
    return replace(run, notes=notes, fault=fault)


def decision_in_own_terms(decision: Decision) -> Decision:
    """The decision with its notes, and what keeps a way from being taken, in terms of the library."""
    ways = tuple(way if way.why_not is None else replace(way, why_not=in_own_terms(way.why_not)) for way in decision.ways)
    return replace(decision, notes=tuple(map(in_own_terms, decision.notes)), ways=ways)


def event_in_own_terms(event: Event) -> Event:
    """The event; a run that it carries is in terms of the library."""
    from lambda_rlm.events import RunFinished
    from lambda_rlm.execution.run import Run

    return (
        replace(event, run=run_in_own_terms(event.run))
        if isinstance(event, RunFinished) and isinstance(event.run, Run)
        else event
    )
