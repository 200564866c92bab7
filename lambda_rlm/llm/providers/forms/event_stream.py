"""Server-sent events, read while they come (the "event stream interpretation" of the HTML standard).

Owns the parsing of `text/event-stream`. Promises that it does not matter where the bytes were parted: in a line end, in a
character, in a name; comments, which keep a connection alive, are no events. Good-willed where servers are careless: an event
whose data is whole JSON is one without the empty line after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

_KIND: Final = "text/event-stream"
_OVER: Final = "[DONE]"
_FEW: Final = 16
"""Lines of data up to which each is looked at for the end of an event that nothing marks."""

_BEGINNINGS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")


class ServerEvent(NamedTuple):
    """An event: its name, and its data, which is JSON or the mark of the end."""

    name: str
    data: Any


class NotAnEvent(ValueError):
    """The data of an event is no JSON."""


def is_event_stream(headers: Mapping[str, str], body: bytes = b"") -> bool:
    """Whether an answer is one: it says so, or, where it says something else, begins like one."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() == _KIND:
        return True
    return body[:4096].lstrip(b"\xef\xbb\xbf \r\n").startswith(_BEGINNINGS)


class EventLines:
    """The events in bytes that are given piece by piece."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._name = ""
        self._data: list[str] = []
        self._is_first = True

    def feed(self, data: bytes) -> Iterator[ServerEvent]:
        """The events that end in this piece; raises `NotAnEvent`."""
        self._rest.append(data)
        if b"\n" not in data and b"\r" not in data:  # joined once, since a long line may come in many pieces
            return
        lines = b"".join(self._rest).splitlines(keepends=True)
        # A carriage return at the end may be half of a line end.
        self._rest = [] if lines[-1].endswith(b"\n") else [lines.pop()]
        for line in lines:
            yield from self._line(line)

    def end(self) -> Iterator[ServerEvent]:
        """The event that nothing follows, where it is whole."""
        rest, self._rest = b"".join(self._rest), []
        if rest:
            yield from self._line(rest)
        if self._data and (event := self._event(is_final=False)) is not None:
            yield event

    def _line(self, raw: bytes) -> Iterator[ServerEvent]:
        if self._is_first:
            raw, self._is_first = raw.removeprefix(b"\xef\xbb\xbf"), False
        line = raw.rstrip(b"\r\n").decode("utf-8", "replace")
        if not line:
            if self._data and (event := self._event(is_final=True)) is not None:
                yield event
            self._name = ""
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
            if len(self._data) <= _FEW and (event := self._event(is_final=False)) is not None:
                yield event

    def _event(self, *, is_final: bool) -> ServerEvent | None:
        """The event of the data so far; None where it is not whole. Raises `NotAnEvent` where it ought to be."""
        text = "\n".join(self._data).strip()
        if text == _OVER or not text:
            self._data = []
            return ServerEvent(self._name, text) if text else None
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            if not is_final:
                return None
            self._data = []
            raise NotAnEvent("the data of an event is not JSON") from None
        self._data = []
        return ServerEvent(self._name, data)
