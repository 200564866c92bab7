"""Values that a command does not know, and the nearest that it does.

Owns the wording of the refusal and of its hint.
"""

from __future__ import annotations

from collections.abc import Collection

from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.settings.problem import did_you_mean as did_you_mean


def unknown(what: str, given: str, known: Collection[str], more: str = "") -> UsageProblem:
    """The refusal of a value: `what` names its kind, `more` is what else may be written in its place."""
    near = did_you_mean(given, known)
    return UsageProblem(f"unknown {what} {given!r}", f"{near}{'C' if near else 'c'}hoose from {', '.join(known)}{more}")
