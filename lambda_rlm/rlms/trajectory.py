"""What happened in one completion, in the words of `rlms`: a program that ran is an iteration, a model call a sub-call.

Owns the listener that gathers it, and calls the callbacks of a host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import field
from datetime import datetime
from time import monotonic
from typing import Any, Final

from lambda_rlm.completion import Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.events import CallFinished, CallStarted, Event, ProgramStarted, RunFinished
from lambda_rlm.rlms.completion_record import UsageSummary

_PREVIEW: Final = 80
"""Characters of a prompt that a callback is shown."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What a host wants to hear, as in `rlms`; an exception that one raises is its own and stops nothing."""

    on_subcall_start: Callable[[int, str, str], object] | None = None
    on_subcall_complete: Callable[[int, str, float, str | None], object] | None = None
    on_iteration_start: Callable[[int, int], object] | None = None
    on_iteration_complete: Callable[[int, int, float], object] | None = None


@dataclass(slots=True)
class CompletionTrajectory:
    """A `Tracer` that gathers the programs and calls of one completion."""

    callbacks: Callbacks = Callbacks()
    iterations: list[dict[str, Any]] = field(default_factory=list)
    _asked: dict[tuple[str, int, tuple[int, ...]], CallStarted] = field(default_factory=dict)
    _calls: list[tuple[str, Usage]] = field(default_factory=list)
    _blocks: dict[str, dict[str, Any]] = field(default_factory=dict)
    _prompt: list[dict[str, str]] = field(default_factory=list)
    _reply: str = ""
    _since: float = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case ProgramStarted():
                self._end_iteration()
                self._begin_iteration(event)
            case CallStarted():
                self._start_call(event)
            case CallFinished():
                self._finish_call(event)
            case RunFinished():
                self._end_iteration()
                if self.iterations and event.run.fault is None:
                    self.iterations[-1]["final_answer"] = event.run.answer

    def usage(self) -> UsageSummary:
        """What each model was asked."""
        return UsageSummary.of(self._calls)

    def _begin_iteration(self, event: ProgramStarted) -> None:
        result: dict[str, Any] = {"stdout": "", "stderr": "", "locals": {}, "execution_time": 0.0, "rlm_calls": []}
        self._blocks[event.program] = result
        self._since = monotonic()
        self.iterations.append(
            {
                "type": "iteration",
                "iteration": len(self.iterations) + 1,
                "timestamp": datetime.now().isoformat(),
                "prompt": self._prompt,
                "response": self._reply or event.text,
                "code_blocks": [{"code": event.text, "result": result}],
                "final_answer": None,
                "iteration_time": None,
            }
        )
        self._prompt, self._reply = [], ""
        _tell(self.callbacks.on_iteration_start, 0, len(self.iterations))

    def _end_iteration(self) -> None:
        if self.iterations and self.iterations[-1]["iteration_time"] is None:
            seconds = monotonic() - self._since
            last = self.iterations[-1]
            last["iteration_time"] = last["code_blocks"][0]["result"]["execution_time"] = seconds
            _tell(self.callbacks.on_iteration_complete, 0, len(self.iterations), seconds)

    def _start_call(self, event: CallStarted) -> None:
        self._asked[event.program, event.call, event.path] = event
        if event.program:
            _tell(self.callbacks.on_subcall_start, 1, event.model, _text(event)[:_PREVIEW])
        else:
            self._prompt = [{"role": m.role, "content": m.content} for m in event.request.messages]

    def _finish_call(self, event: CallFinished) -> None:
        asked = self._asked.pop((event.program, event.call, event.path), None)
        if asked is None or event.is_shared:
            return
        self._calls.append((asked.model, event.usage))
        if not event.program:
            self._reply = event.reply or ""
            return
        _tell(self.callbacks.on_subcall_complete, 1, asked.model, event.seconds, event.failure)
        if (block := self._blocks.get(event.program)) is not None:
            block["rlm_calls"].append(dict(_call_record(asked, event)))


def _call_record(asked: CallStarted, event: CallFinished) -> Iterator[tuple[str, Any]]:
    """A call as `rlms` has it."""
    yield "root_model", asked.model
    yield "prompt", _text(asked)
    yield "response", event.reply or ""
    yield "usage_summary", UsageSummary.of([(asked.model, event.usage)]).to_dict()
    yield "execution_time", event.seconds
    if event.failure is not None:
        yield "error", event.failure


def _text(event: CallStarted) -> str:
    return event.request.messages[-1].content


def _tell(callback: Callable[..., object] | None, *told: object) -> None:
    if callback is not None:
        with suppress(Exception):
            callback(*told)
