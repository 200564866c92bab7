"""λ-RLM: answers questions about inputs far longer than a model's window, through small checked programs.

The names are loaded when they are first used: importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambda_rlm.api.rlm import RLM, Budget, Checked, Fault, HostCost, Rejected, Run, Size, check, primitive, run

__all__ = ["RLM", "Budget", "Checked", "Fault", "HostCost", "Rejected", "Run", "Size", "check", "primitive", "run"]


def __getattr__(name: str) -> Any:
    match name:
        case "check" | "Checked":
            from lambda_rlm.execution import check

            return getattr(check, name)
        case "Budget":
            from lambda_rlm.budget import budget

            return getattr(budget, name)
        case "Size":
            from lambda_rlm.bounds import declared

            return getattr(declared, name)
        case "Rejected":
            from lambda_rlm.diagnostics import diagnostic

            return getattr(diagnostic, name)
        case "Fault":
            from lambda_rlm.diagnostics import faults

            return getattr(faults, name)
        case "primitive":
            from lambda_rlm.execution import host_functions

            return getattr(host_functions, name)
        case "HostCost":
            from lambda_rlm.types import hosted

            return getattr(hosted, name)
        case "RLM" | "Run" | "run":
            from lambda_rlm.api import rlm

            return getattr(rlm, name)
        case _:
            raise AttributeError(f"module 'lambda_rlm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
