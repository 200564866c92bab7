"""The answer on a terminal while a model writes it.

Owns what is on the screen of an answer before the run is over. Promises that the answer is there once: what came in pieces is
not printed again; where it turns out otherwise, a line says so and the whole answer follows. No character of a reply steers the
terminal. Refuses to end a run: where nothing can be written, the end of the run tells it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from lambda_rlm.cli.display import screen
from lambda_rlm.diagnostics.visible import visible
from lambda_rlm.events import Event, Streaming

Pause = Callable[[], AbstractContextManager[None]]


class StreamedAnswer:
    """A listener that writes pieces of an answer to standard output. `pause` takes the live line away for good."""

    def __init__(self, pause: Pause = nullcontext) -> None:
        self.pause = pause
        self._shown = self._held = ""
        self._is_lost = False
        self._paused: AbstractContextManager[None] | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, Streaming) and not self._is_lost:
            if event.is_restart:
                self.give_up("the reply begins anew")
            else:
                self._add(event.text)

    def give_up(self, why: str) -> None:
        """What is on the screen does not count."""
        if self._shown:
            self._write("" if self._shown.endswith("\n") else "\n")
            screen.say(f"note: {why}; the text above does not count", "dim")
        self._shown = self._held = ""

    def rest(self, answer: str) -> str | None:
        """What of the answer is not on the screen yet, None where that is all of it and its line has ended."""
        shown = self._shown
        if not shown or self._is_lost:
            return answer
        if not answer.startswith(shown):
            self.give_up("the answer is another one")
            return answer
        self._shown = ""
        rest = answer[len(shown) :]
        return None if not rest and shown.endswith("\n") else rest

    def _add(self, text: str) -> None:
        if self._paused is None:
            self._paused = self.pause()
            self._paused.__enter__()  # and nothing brings the line back: the answer is below it
        text = self._held + text
        # Alone it is a picture, with a line feed a line end.
        self._held = "\r" if text.endswith("\r") else ""
        text = text.removesuffix("\r") if self._held else text
        self._shown += text
        self._write(visible(text))

    def _write(self, text: str) -> None:
        try:
            screen.put(text)
        except OSError:
            self._is_lost = True


def for_terminal(*, is_wanted: bool) -> StreamedAnswer | None:
    """What shows an answer while it comes; None where standard output is no terminal, or something else is wanted there."""
    return StreamedAnswer() if is_wanted and sys.stdout.isatty() else None
