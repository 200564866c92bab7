"""What happens in a run, as records of `logging`.

Owns the loggers `lambda_rlm.answering` (runs), `lambda_rlm.execution` (programs) and `lambda_rlm.llm` (calls), which say
nothing unless a host configures them. Promises that no record has anything of inputs, questions, programs, prompts, replies or
messages of errors, and no key: names, codes, numbers and hosts alone. Each record has the attribute `run_id`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from lambda_rlm.budget.price import dollars
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.blot import blotted
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.events import CallFinished, CallStarted, Event, Hedging, ProgramStarted, Retrying, Routed

if TYPE_CHECKING:
    from lambda_rlm.completion import Usage

RUNS: Final = logging.getLogger("lambda_rlm.answering")
PROGRAMS: Final = logging.getLogger("lambda_rlm.execution")
CALLS: Final = logging.getLogger("lambda_rlm.llm")

logging.getLogger("lambda_rlm").addHandler(logging.NullHandler())


@dataclass(slots=True)
class RunLog:
    """A `Tracer` that logs one session of a run, and what it begins and ends with."""

    run: str
    _asked: dict[tuple[str, int, tuple[int, ...]], str] = field(default_factory=dict)

    @staticmethod
    def is_heard() -> bool:
        """Whether anybody listens to more than warnings."""
        return any(logger.isEnabledFor(logging.INFO) for logger in (RUNS, PROGRAMS, CALLS))

    def begun(self, model: str, root: str, url: str | None, notes: Sequence[str] = ()) -> None:
        """The run begins, with these models, by way of the server of a base URL; `notes` are what was assumed of them."""
        more = "" if root == model else f", root model {_name(root)}"
        more += "" if url is None else f", server {_host(url)}"
        self._log(RUNS, logging.INFO, "begun: model %s%s", _name(model), more)
        for note in notes:
            self._log(CALLS, logging.WARNING, "%s", _name(note))

    def finished(self, run: Any) -> None:
        """The `Run` that came of it."""
        used, wrote = run.usage, run.synthesis
        usage = used.tokens if wrote is None else used.tokens + wrote.usage
        calls = used.calls + (0 if wrote is None else wrote.calls)
        figures = f"route {run.route}, {_counted(calls, 'call')}, {_tokens(usage)}, {dollars(usage.cost)}, {used.seconds:.2f} s"
        if run.fault is not None:
            self._log(RUNS, logging.WARNING, "failed with %s: %s", _reason(run.fault.code), figures)
        elif run.degraded:
            lost = [f"{name} {number:,}" for name, number in asdict(run.dropped).items() if number]
            self._log(RUNS, logging.WARNING, "finished with a degraded answer (%s): %s", ", ".join(lost) or "-", figures)
        else:
            self._log(RUNS, logging.INFO, "finished: %s", figures)
        for note in used.notes:
            self._log(CALLS, logging.WARNING, "%s", note)

    def stopped(self, error: BaseException) -> None:
        """The session ended without a run."""
        if isinstance(error, Rejected):
            codes = ", ".join(dict.fromkeys(one.code for one in error.diagnostics))
            self._log(RUNS, logging.WARNING, "rejected: %s", codes)
        elif isinstance(error, Fault):
            self._log(RUNS, logging.WARNING, "failed with %s", _reason(error.code))
        else:
            self._log(RUNS, logging.WARNING, "ended by %s", type(error).__name__)

    def __call__(self, event: Event) -> None:
        match event:
            case Routed():
                self._routed(event)
            case ProgramStarted():
                if event.routed is not None:
                    self._routed(event.routed)
                self._program(event)
            case CallStarted() if CALLS.isEnabledFor(logging.DEBUG):
                self._asked[event.program, event.call, event.path] = event.model
            case CallFinished() if CALLS.isEnabledFor(logging.DEBUG):
                self._call(event)
            case Retrying():
                reason = _reason(event.code)
                self._log(CALLS, logging.DEBUG, "attempt %d failed (%s), again in %.1f s", event.attempt, reason, event.seconds)
            case Hedging():
                self._log(CALLS, logging.DEBUG, "no reply after %.1f s, a second request is sent", event.seconds)

    def _routed(self, event: Routed) -> None:
        more = "" if event.task is None else f", task {_name(event.task)}"
        more += "" if event.split is None else f", split {_name(event.split)}"
        self._log(RUNS, logging.INFO, "route %s%s", event.way, more)

    def _program(self, event: ProgramStarted) -> None:
        most, likely = event.bound, event.likely or {}
        figures = [
            f"{name} at most {_number(most.get(key))}" + ("" if likely.get(key) is None else f", likely {_number(likely[key])}")
            for name, key in (
                ("calls", "calls"),
                ("input tokens", "input_tokens"),
                ("output tokens", "output_tokens"),
                ("USD", "usd"),
            )
        ]
        self._log(PROGRAMS, logging.INFO, "program %s begins: %s", event.program[:12], "; ".join(figures))

    def _call(self, event: CallFinished) -> None:
        model = self._asked.pop((event.program, event.call, event.path), "")
        replied = "replied" if event.usage.attempts else "cached"
        came = "shared" if event.is_shared else replied if event.failure is None else _reason(event.failure)
        figures = f"{_tokens(event.usage)}, {_counted(event.usage.attempts, 'attempt')}, {event.seconds:.2f} s"
        self._log(CALLS, logging.DEBUG, "call %d to %s %s: %s", event.call, _name(model), came, figures)

    def _log(self, logger: logging.Logger, level: int, message: str, *arguments: object) -> None:
        with suppress(Exception):  # a handler of the host that fails takes no answer away
            logger.log(level, f"run %s {message}", self.run, *arguments, extra={"run_id": self.run})


def _name(name: str) -> str:
    return blotted(visible_line(name))[:200]


def _host(url: str) -> str:
    """The host and port of a URL, without a user, a path or a query."""
    try:
        parts = urlsplit(url)
        return _name(parts.netloc.rpartition("@")[2])
    except ValueError:
        return "an address that is no URL"


def _reason(code: str) -> str:
    """The code of a fault and what it stands for."""
    from lambda_rlm.diagnostics.codes import CODES  # a table of some size, which few runs need

    known = CODES.get(code)
    return code if known is None else f"{code} {known.title}"


def _tokens(usage: Usage) -> str:
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    return f"{usage.input_tokens:,}{cached} + {usage.output_tokens:,} tokens"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _number(number: float | None) -> str:
    return "unknown" if number is None else f"{number:,.6g}" if isinstance(number, float) else f"{number:,}"
