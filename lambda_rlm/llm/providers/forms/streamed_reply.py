"""A streamed reply, from the bytes of its events to the body that would have come at once.

Owns one stream: its pieces are told while they come, without keys, and its whole is read as any other reply. Promises that what
was told is provisional only in that the reply may still fail; that an error inside the stream is told from its end. Refuses a
stream without a finish reason: it was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from lambda_rlm.diagnostics.blot import Blotter
from lambda_rlm.llm.providers.forms.event_stream import EventLines, NotAnEvent, ServerEvent
from lambda_rlm.llm.providers.forms.gathered import Gathered

_ERROR: Final = "error"
_FIRST_HALF: Final = "\ud800"
_SECOND_HALF: Final = "\udc00"
"""Where the first and the second halves of characters begin that UTF-16 has in two."""


class BrokenOff(Exception):
    """The server ended a stream with an error, which it describes."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class CutOff(Exception):
    """A stream ended, and its server did not say that the reply did."""


class StreamedReply:
    """A stream that is read with `feed` while it comes, or all at once. `on_text` is given the pieces of the text; before them,
    an empty one, since whatever an earlier attempt gave does not count."""

    def __init__(self, gathered: Gathered, on_text: Callable[[str], None], key: str | None) -> None:
        self._gathered, self._on_text = gathered, on_text
        self._lines, self._blotter = EventLines(), Blotter(key)
        self._half = ""
        self._trouble: Exception | None = None
        self._has_begun = self.was_fed = False

    def feed(self, data: bytes) -> None:
        """The next bytes. Raises nothing: what is wrong with them is told by `body`."""
        self.was_fed = True
        if self._trouble is None:
            self._read(self._lines.feed(data))

    def body(self) -> bytes:
        """The reply, as it would have come without streaming. Raises `BrokenOff`, `CutOff`, and `NotAnEvent` for what cannot be
        read."""
        if self._trouble is None:
            self._read(self._lines.end())
        if self._trouble is not None:
            raise self._trouble
        if not self._gathered.is_whole:
            raise CutOff("the stream ended without a finish reason")
        self._say(self._blotter.rest())
        return json.dumps(self._gathered.reply()).encode()

    def _read(self, events: Iterator[ServerEvent]) -> None:
        try:
            for event in events:
                self._take(event)
        except (NotAnEvent, BrokenOff) as trouble:
            self._trouble = trouble
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            self._trouble = NotAnEvent("an event is not one of a reply")

    def _take(self, event: ServerEvent) -> None:
        error = _error_in(event)
        if error is not None:
            raise BrokenOff(error)
        self._say(self._blotter.piece(self._joined(self._gathered.take(event.data))))

    def _joined(self, piece: str) -> str:
        """A piece without half a character at its end, which waits for the other half: some servers part texts in UTF-16."""
        text, self._half = self._half + piece, ""
        if text and _FIRST_HALF <= text[-1] < _SECOND_HALF:
            text, self._half = text[:-1], text[-1]
        return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _say(self, text: str) -> None:
        if not text:
            return
        if not self._has_begun:
            self._has_begun = True
            self._on_text("")
        self._on_text(text)


def _error_in(event: ServerEvent) -> Any:
    """What an event says of an error; None where it is none."""
    data = event.data
    if not isinstance(data, dict):
        return data if event.name == _ERROR else None
    if data.get("error"):
        return data["error"]
    is_error = event.name == _ERROR or _ERROR in (data.get("type"), data.get("object"))
    return data if is_error else None
