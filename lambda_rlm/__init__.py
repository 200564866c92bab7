"""λ-RLM: answers questions about inputs far longer than a model's window, through small checked programs.

Owns the public names: what a host program calls, passes or catches. `lambda_rlm.events` (what `on_event` and `stream` report)
and `lambda_rlm.testing` are public too; every other module may change in any release. The names are loaded when they are first
used: importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from lambda_rlm.api.rlm import RLM, Budget, Checked, Fault, HostCost, Rejected, Run, Size, check, primitive, run
    from lambda_rlm.bounds.admit import Admitted
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
    from lambda_rlm.diagnostics.error import LambdaRLMError
    from lambda_rlm.diagnostics.faults import InternalError, LimitExceeded, ModelFailure, PrimitiveFault
    from lambda_rlm.inputs.formats.extracted import ExtractedText, Rows
    from lambda_rlm.inputs.problem import InputProblem
    from lambda_rlm.inputs.reading import Format, Reading
    from lambda_rlm.journal.store import JournalProblem
    from lambda_rlm.llm.scripted import ScriptedModel
    from lambda_rlm.plan.routing_settings import Routing
    from lambda_rlm.synth.writing import Writing
    from lambda_rlm.types.hosted import HostFunction

__all__ = [
    "RLM",
    "Admitted",
    "Budget",
    "Checked",
    "Completion",
    "CompletionRequest",
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
    "StopReason",
    "Usage",
    "Writing",
    "__version__",
    "check",
    "primitive",
    "run",
]

__version__: Final = "0.1.0"


def __getattr__(name: str) -> Any:
    match name:
        case "check" | "Checked":
            from lambda_rlm.execution import check

            return getattr(check, name)
        case "Admitted":
            from lambda_rlm.bounds import admit

            return getattr(admit, name)
        case "Budget":
            from lambda_rlm.budget import budget

            return getattr(budget, name)
        case "Size":
            from lambda_rlm.bounds import declared

            return getattr(declared, name)
        case "LambdaRLMError":
            from lambda_rlm.diagnostics import error

            return getattr(error, name)
        case "Rejected":
            from lambda_rlm.diagnostics import diagnostic

            return getattr(diagnostic, name)
        case "Fault" | "InternalError" | "LimitExceeded" | "ModelFailure" | "PrimitiveFault":
            from lambda_rlm.diagnostics import faults

            return getattr(faults, name)
        case "InputProblem":
            from lambda_rlm.inputs import problem

            return getattr(problem, name)
        case "ExtractedText" | "Rows":
            from lambda_rlm.inputs.formats import extracted

            return getattr(extracted, name)
        case "Format" | "Reading":
            from lambda_rlm.inputs import reading

            return getattr(reading, name)
        case "JournalProblem":
            from lambda_rlm.journal import store

            return getattr(store, name)
        case "primitive":
            from lambda_rlm.execution import host_functions

            return getattr(host_functions, name)
        case "HostCost" | "HostFunction":
            from lambda_rlm.types import hosted

            return getattr(hosted, name)
        case "Routing":
            from lambda_rlm.plan import routing_settings as routing

            return getattr(routing, name)
        case "Writing":
            from lambda_rlm.synth import writing

            return getattr(writing, name)
        case "ScriptedModel":
            from lambda_rlm.llm import scripted

            return getattr(scripted, name)
        case "RLM" | "Run" | "run":
            from lambda_rlm.api import rlm

            return getattr(rlm, name)
        case _ if name in __all__:
            from lambda_rlm import completion

            return getattr(completion, name)
        case _:
            raise AttributeError(f"module 'lambda_rlm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
