"""Events as JSON Lines, one object a line, written while the run goes on.

Owns the file form of a trace. Promises that every line is a whole JSON object and is flushed at once, so that a run that is
killed leaves all that had happened; times are seconds since the trace was opened. The file is private; it replaces an earlier
trace and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from lambda_rlm.completion import Usage
from lambda_rlm.diagnostics.visible import visible
from lambda_rlm.events import (
    CallFinished,
    CallStarted,
    Event,
    Hedging,
    ProgramStarted,
    Replied,
    Retrying,
    Routed,
    RunFinished,
    Streaming,
)
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.private_file import begin

_FIRST: Final = late_pattern(rb'\{"at": [0-9.e-]{1,30}, "event": "[a-z_]{1,40}"')
"""How a trace begins."""


class JsonLines:
    """A `Tracer` that writes to a file. Use it as a context manager; opening raises `OSError`. Where the file cannot be written
    any more, `trouble` says why, and the run goes on without it."""

    def __init__(self, path: str | Path) -> None:
        self._file = begin(path, is_trace)
        self._start = monotonic()
        self.trouble: str | None = None

    def __call__(self, event: Event) -> None:
        row = {"at": round(monotonic() - self._start, 6), **event_json(event)}
        if self.trouble is None:
            with self._noting():
                self._file.write((visible(json.dumps(row, ensure_ascii=False)) + "\n").encode("utf-8", "backslashreplace"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._noting():
            self._file.close()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.trouble = self.trouble or error.strerror or str(error)


def is_trace(head: bytes) -> bool:
    """Whether a file that begins so is a trace."""
    return _FIRST.match(head) is not None


def event_json(event: Event) -> dict[str, Any]:
    """An event as JSON data; `event` names its kind."""
    match event:
        case Routed():
            return {"event": "routed", **routed_json(event)}
        case ProgramStarted():
            return {"event": "program_started", **_program_json(event)}
        case CallStarted():
            return {"event": "call_started", **_call_json(event)}
        case Replied():
            return {"event": "replied", **_reply_json(event)}
        case CallFinished():
            return {"event": "call_finished", **_finished_json(event)}
        case RunFinished():
            fault = event.run.fault
            shown = {"reply": fault.reply} if fault is not None and fault.reply else {}
            return {"event": "run_finished", "ok": fault is None, "fault": None if fault is None else fault.code, **shown}
        case Streaming():
            return {"event": "streaming", **_piece_json(event)}
        case Hedging():
            return {"event": "hedging", "seconds": event.seconds}
        case Retrying():
            return {
                "event": "retrying",
                "code": event.code,
                "message": event.message,
                "attempt": event.attempt,
                "seconds": event.seconds,
            }


def _program_json(event: ProgramStarted) -> dict[str, Any]:
    return {
        "program": event.program,
        "name": event.name,
        "text": event.text,
        "autos": {str(place): number for place, number in event.autos.items()},
        "bound": event.bound,
        "likely": event.likely,
        "routed": None if event.routed is None else routed_json(event.routed),
    }


def _call_json(event: CallStarted) -> dict[str, Any]:
    request = event.request
    return {
        "program": event.program,
        "call": event.call,
        "path": list(event.path),
        "span": [event.span.start, event.span.end],
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "max_tokens": request.max_tokens,
        "schema": request.schema,
        "choices": request.choices,
        "grammar": None if request.grammar is None else request.grammar.name,
        "model": event.model,
        "shown": [list(part) for part in event.shown],
        "digest": request.digest,
    }


def _reply_json(event: Replied) -> dict[str, Any]:
    return {
        "program": event.program,
        "call": event.call,
        "path": list(event.path),
        "digest": event.digest,
        "reply": event.completion.text,
        "is_remembered": event.completion.is_remembered,
        "stop_reason": event.completion.stop_reason.value,
        "usage": usage_json(event.completion.usage),
        "seconds": round(event.seconds, 6),
    }


def _piece_json(event: Streaming) -> dict[str, Any]:
    return {
        "program": event.program,
        "call": event.call,
        "path": list(event.path),
        "text": event.text,
        "is_restart": event.is_restart,
    }


def _finished_json(event: CallFinished) -> dict[str, Any]:
    return {
        "program": event.program,
        "call": event.call,
        "path": list(event.path),
        "span": [event.span.start, event.span.end],
        "usage": usage_json(event.usage),
        "seconds": round(event.seconds, 6),
        "reply": event.reply,
        "failure": event.failure,
        "is_shared": event.is_shared,
        "coercions": list(event.coercions),
        "faulty": [{"digest": digest, "message": message} for digest, message in event.faulty],
    }


def routed_json(event: Routed) -> dict[str, Any]:
    """A decision of the router as JSON data."""
    return {
        "way": event.way,
        "task": event.task,
        "split": event.split,
        "reason": event.reason,
        "detection": event.detection,
    }


def usage_json(usage: Usage) -> dict[str, Any]:
    """A provider's count as JSON data; `usd` is null when the price is not known."""
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "usd": usage.cost,
        "attempts": usage.attempts,
        **({"extra": usage.extra} if usage.extra else {}),
        **({"estimated": True} if usage.is_estimated else {}),
    }
