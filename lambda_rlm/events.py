"""What happens in a run, as frozen events, and who listens.

Events carry the place in the program and the position among siblings, so that a trace can be put in the order of the data
whatever the schedule was. `program` tells the calls of one program from those of others in the same run; it is empty for those
of the root model. A tracer must be cheap: it is called on the hot path of model calls, never of pure steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from lambda_rlm.completion import Completion, CompletionRequest, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import Span

Way = Literal["direct", "plan", "synth"]
Detection = Literal["none", "answered", "failed"]


@dataclass(frozen=True, slots=True)
class Routed:
    """The router chose a route: "direct", "plan" or "synth". It is an event of its own before a program is written, else
    part of `ProgramStarted`. `task` is how the question was classified, `split` the arm of a comparison that the inputs are in;
    `detection` what came of asking a model for the task, "none" where it was not asked."""

    way: Way
    task: str | None
    split: str | None
    reason: str
    detection: Detection = "none"


@dataclass(frozen=True, slots=True)
class ProgramStarted:
    """A program was admitted on its inputs and begins. `program` is the SHA-256 of its text, `autos` what the planner chose, by
    the place of each `auto`, `bound` what it can use at most, as JSON data; `routed` is the decision it was taken by, where a
    router decided; `likely` what it is likely to use, as JSON data, where that was worked out."""

    program: str
    name: str
    text: str
    autos: Mapping[int, int]
    bound: Mapping[str, Any]
    routed: Routed | None = None
    likely: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A logical model call was reserved and begins. `path` orders calls by the data: positions from the root down."""

    call: int
    path: tuple[int, ...]
    span: Span
    request: CompletionRequest
    model: str = ""
    shown: tuple[tuple[str, int, int], ...] = ()
    """The parts of inputs that the prompt contains: name, start, end."""
    program: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """A model replied to one attempt at a call, which is paid for now, whatever the reply is worth."""

    call: int
    path: tuple[int, ...]
    digest: str
    completion: Completion
    seconds: float
    program: str = ""


@dataclass(frozen=True, slots=True)
class CallFinished:
    """A logical model call ended: with a reply, or with the code of what failed. `is_shared` marks one that was not asked again
    because an equal call had been, and `shown` are then the parts of inputs in its own prompt; `digest` is that of the last
    attempt, `value` that of the value that was read from its reply; `faulty` are the attempts whose reply could not be read, by
    digest, with what was wrong."""

    call: int
    path: tuple[int, ...]
    span: Span
    usage: Usage
    seconds: float
    reply: str | None = None
    failure: str | None = None
    is_shared: bool = False
    coercions: tuple[str, ...] = ()
    program: str = ""
    digest: str = ""
    shown: tuple[tuple[str, int, int], ...] = ()
    value: str = ""
    faulty: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Streaming:
    """A piece of the answer, while a model writes it, where the answer is the reply of one call. It is provisional until
    `RunFinished`: with `is_restart`, what came before does not count, since the call is made again."""

    call: int
    path: tuple[int, ...]
    text: str
    is_restart: bool = False
    program: str = ""


@dataclass(frozen=True, slots=True)
class Retrying:
    """A transport attempt failed and will be made again after `seconds`."""

    code: str
    message: str
    attempt: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Hedging:
    """A request had no answer after `seconds`, and a second one like it is sent."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RunFinished:
    """All is over. `run` is the `Run`, with its value or its fault; `missed` counts events that a slow reader of a stream
    lost."""

    run: Any
    missed: int = 0


Event = Routed | ProgramStarted | CallStarted | Replied | CallFinished | Streaming | Retrying | Hedging | RunFinished


class Tracer(Protocol):
    def __call__(self, event: Event, /) -> None: ...
