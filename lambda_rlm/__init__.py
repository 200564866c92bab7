"""λ-RLM: answers questions about inputs far longer than a model's window, through small checked programs.

The names are loaded when they are first used: importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambda_rlm.api import RLM, Budget, Checked, Fault, Rejected, Run, check, run

__all__ = ["RLM", "Budget", "Checked", "Fault", "Rejected", "Run", "check", "run"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from lambda_rlm import api

        return getattr(api, name)
    raise AttributeError(f"module 'lambda_rlm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
