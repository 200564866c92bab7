"""λ-RLM: answers questions about inputs far longer than a model's window, through small checked programs.

Owns the public names: what a host program calls, passes or catches. `lambda_rlm.events` (what `on_event` and `stream` report),
`lambda_rlm.testing` and `lambda_rlm.rlms` are public too; every other module may change in any release. The names are loaded
when they are first used: importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.release import VERSION

if TYPE_CHECKING:
    from types import ModuleType

    from lambda_rlm.accounts.account import Account, Spending
    from lambda_rlm.api.checking import check
    from lambda_rlm.api.programs import run
    from lambda_rlm.api.rlm import RLM
    from lambda_rlm.bounds.admit import Admitted
    from lambda_rlm.bounds.declared import Size
    from lambda_rlm.budget.budget import Budget
    from lambda_rlm.completion import (
        Completion,
        CompletionRequest,
        Grammar,
        Message,
        Model,
        ModelProfile,
        Sampling,
        StopReason,
        Usage,
    )
    from lambda_rlm.diagnostics.diagnostic import Rejected
    from lambda_rlm.diagnostics.error import LambdaRLMError
    from lambda_rlm.diagnostics.faults import AccountUsedUp, Fault, InternalError, LimitExceeded, ModelFailure, PrimitiveFault
    from lambda_rlm.evidence.record import Evidence
    from lambda_rlm.execution.check import Checked
    from lambda_rlm.execution.host_functions import primitive
    from lambda_rlm.execution.run import Run
    from lambda_rlm.inputs.formats.extracted import ExtractedText, Rows
    from lambda_rlm.inputs.problem import InputProblem
    from lambda_rlm.inputs.reading import Format, Reading
    from lambda_rlm.journal.store import JournalProblem
    from lambda_rlm.llm.scripted import ScriptedModel
    from lambda_rlm.plan.routing_settings import Routing
    from lambda_rlm.synth.writing import Writing
    from lambda_rlm.types.hosted import HostCost, HostFunction

__all__ = [
    "RLM",
    "Account",
    "AccountUsedUp",
    "Admitted",
    "Budget",
    "Checked",
    "Completion",
    "CompletionRequest",
    "Evidence",
    "ExtractedText",
    "Fault",
    "Format",
    "Grammar",
    "HostCost",
    "HostFunction",
    "InputProblem",
    "InternalError",
    "JournalProblem",
    "LambdaRLMError",
    "LimitExceeded",
    "Message",
    "Model",
    "ModelFailure",
    "ModelProfile",
    "PrimitiveFault",
    "Reading",
    "Rejected",
    "Routing",
    "Rows",
    "Run",
    "Sampling",
    "ScriptedModel",
    "Size",
    "Spending",
    "StopReason",
    "Usage",
    "Writing",
    "__version__",
    "check",
    "primitive",
    "run",
]

__version__: Final = VERSION


def __getattr__(name: str) -> Any:
    module = _of_verbs(name) or _of_errors(name) or _of_values(name)
    if module is None:
        raise AttributeError(f"module 'lambda_rlm' has no attribute {name!r}")
    return getattr(module, name)


def _of_verbs(name: str) -> ModuleType | None:
    """The module of a name that a host calls, or of what such a call gives. One case for each module, so that each import is
    written down."""
    match name:
        case "RLM":
            from lambda_rlm.api import rlm

            return rlm
        case "run":
            from lambda_rlm.api import programs

            return programs
        case "Run":
            from lambda_rlm.execution import run

            return run
        case "Account" | "Spending":
            from lambda_rlm.accounts import account

            return account
        case "Evidence":
            from lambda_rlm.evidence import record

            return record
        case "check":
            from lambda_rlm.api import checking

            return checking
        case "Checked":
            from lambda_rlm.execution import check

            return check
        case "primitive":
            from lambda_rlm.execution import host_functions

            return host_functions
        case "Admitted":
            from lambda_rlm.bounds import admit

            return admit
    return None


def _of_errors(name: str) -> ModuleType | None:
    """The module of a name that a host catches."""
    match name:
        case "LambdaRLMError":
            from lambda_rlm.diagnostics import error

            return error
        case "Rejected":
            from lambda_rlm.diagnostics import diagnostic

            return diagnostic
        case "AccountUsedUp" | "Fault" | "InternalError" | "LimitExceeded" | "ModelFailure" | "PrimitiveFault":
            from lambda_rlm.diagnostics import faults

            return faults
        case "InputProblem":
            from lambda_rlm.inputs import problem

            return problem
        case "JournalProblem":
            from lambda_rlm.journal import store

            return store
    return None


def _of_values(name: str) -> ModuleType | None:
    """The module of a name that a host passes: limits, settings, formats, functions of its own, and models."""
    match name:
        case "Budget":
            from lambda_rlm.budget import budget

            return budget
        case "Size":
            from lambda_rlm.bounds import declared

            return declared
        case "ExtractedText" | "Rows":
            from lambda_rlm.inputs.formats import extracted

            return extracted
        case "Format" | "Reading":
            from lambda_rlm.inputs import reading

            return reading
        case "HostCost" | "HostFunction":
            from lambda_rlm.types import hosted

            return hosted
        case "Routing":
            from lambda_rlm.plan import routing_settings

            return routing_settings
        case "Writing":
            from lambda_rlm.synth import writing

            return writing
        case "ScriptedModel":
            from lambda_rlm.llm import scripted

            return scripted
        case _ if name in __all__:
            from lambda_rlm import completion

            return completion
    return None


def __dir__() -> list[str]:
    return sorted(__all__)
