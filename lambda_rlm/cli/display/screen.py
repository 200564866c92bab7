"""What a person sees: text on two streams, colors and a live line only on a terminal.

Owns the writing. Promises plain text where standard error is no terminal, `NO_COLOR` is set or `TERM` is dumb; that no text of
a model, document, server, program or file name steers a terminal or is read as markup: hidden characters are shown as pictures;
and that an answer which goes to a file or another program stays as it is. Rich is loaded only for a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Final, TextIO
from weakref import WeakSet

from lambda_rlm.bounds.figures.two_figures import both
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits, streams
from lambda_rlm.cli.exits import OutputLost
from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.diagnostics.excerpt import Part
from lambda_rlm.diagnostics.render import human_parts
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.diagnostics.visible import visible, visible_line
from lambda_rlm.trace.progress import Progress
from lambda_rlm.trace.summary import answered_without_asking as _once

_STYLES: Final = {
    "error": "bold red",
    "warning": "bold yellow",
    "place": "blue",
    "gutter": "blue",
    "caret": "bold red",
    "label": "cyan",
    "note": "bold",
    "hint": "green",
    "dim": "dim",
}


_NOTED: Final[WeakSet[TextIO]] = WeakSet()
"""Outputs whose encoding a note was about."""
_MOST_NOTED: Final = 20


def is_lively(stream: TextIO) -> bool:
    """The stream is a terminal that may be colored and rewritten."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") != "dumb"


def say(text: str, style: str = "plain") -> None:
    """A line on standard error; a line end in it is a picture, so that no text can begin a line of its own."""
    write([(visible_line(text) + "\n", style)])


def write(parts: Iterable[Part]) -> None:
    """Styled pieces on standard error, with pictures. Where it is full or nobody reads it, they are lost: no run ends for
    that."""
    with suppress(OSError):
        _write([(visible(text), style) for text, style in parts])


def _write(parts: Iterable[Part]) -> None:
    if is_lively(sys.stderr):
        from rich.console import Console
        from rich.text import Text

        Console(stderr=True, soft_wrap=True, highlight=False).print(
            Text.assemble(*((streams.writable(text, sys.stderr)[0], _STYLES.get(style, "")) for text, style in parts)), end=""
        )
    else:
        sys.stderr.write("".join(streams.writable(text, sys.stderr)[0] for text, _ in parts))
        sys.stderr.flush()


def complain(message: str, advice: str | None = None, fault: str | None = None) -> None:
    """What went wrong, with the code of a fault, and what to do."""
    write([("error" if fault is None else f"fault[{fault}]", "error"), (f": {visible_line(message)}\n", "plain")])
    if advice:
        hint(advice)


def hint(advice: str) -> None:
    """What to do, on a line of its own."""
    write([("hint", "hint"), (f": {visible_line(advice)}\n", "plain")])


def show_diagnostics(diagnostics: Iterable[Diagnostic], source: SourceFile) -> None:
    """Diagnostics on standard error, an empty line between them."""
    for index, diagnostic in enumerate(diagnostics):
        write([("\n" if index else "", "plain"), *human_parts(diagnostic, source)])


def report(*lines: str) -> None:
    """Lines for people on standard output, with pictures wherever that goes; no text in one can begin another."""
    answer("\n".join(map(visible_line, lines)))


def below(lines: Sequence[str]) -> None:
    """Lines that belong to the answer above: on standard output where that is a terminal, else on standard error, so that a
    file or another program gets the answer alone."""
    if lines and sys.stdout.isatty():
        with suppress(OSError, OutputLost):
            report(*lines)
    else:
        for line in lines:
            say(line)


def answer(text: str) -> None:
    """The one thing that goes to standard output; ends with a line end. As it is for a file or another program, with pictures
    on a terminal. What the output cannot encode is replaced, and a note says so once. Raises `OutputLost`, and
    `BrokenPipeError` where nobody reads any more."""
    text = visible(text) if sys.stdout.isatty() else text
    try:
        _print(text if text.endswith("\n") else text + "\n")
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(error.strerror or str(error)) from None


def put(text: str) -> None:
    """A piece of an answer on standard output, as it is. Raises `OSError`."""
    _print(text)


def _print(line: str) -> None:
    text, replaced = streams.writable(line, sys.stdout)
    sys.stdout.write(text)
    sys.stdout.flush()
    if replaced and sys.stdout not in _NOTED:
        _NOTED.add(sys.stdout)
        several = f"{len(replaced):,} characters were" if len(replaced) > 1 else "1 character was"
        shown = " ".join(replaced[:_MOST_NOTED]) + (" …" if len(replaced) > _MOST_NOTED else "")
        say(
            f"note: {several} replaced by signs or escapes: {shown} cannot be written in {sys.stdout.encoding}, the encoding of "
            "standard output (PYTHONUTF8=1 in the environment writes UTF-8; --json loses nothing)",
            "dim",
        )


@contextmanager
def live(progress: Progress) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A line on standard error that follows a run and disappears with it; nothing where there is no terminal.

    Gives what takes the line away for a while, so that a person can be asked.
    """
    if not is_lively(sys.stderr):
        yield nullcontext
        return
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    spinner = Spinner("dots")

    def now() -> Spinner:
        spinner.update(text=Text(visible_line(status(progress))))
        return spinner

    console = Console(stderr=True)
    line = Live(get_renderable=now, console=console, transient=True, refresh_per_second=8)

    @contextmanager
    def paused() -> Iterator[None]:
        line.stop()
        yield
        line.start()

    try:
        with line:
            yield paused
    finally:  # an interruption may have come while the line was begun
        exits.no_more_interruptions()
        line.stop()
        console.show_cursor()


def status(progress: Progress) -> str:
    """The line of figures during a run: calls done and in flight, tokens, dollars, retries, time elapsed and left at most."""
    usage = progress.usage
    calls = both(_shown(progress.likely_calls, "{:,}".format), _shown(progress.most_calls, "{:,}".format))
    paid = both(_shown(progress.likely_usd, dollars), _shown(progress.most_usd, dollars)) if progress.most_usd else ""
    parts = [
        f"{progress.finished:,} calls" + (f" ({calls})" if calls else "") + _once(progress.shared, progress.cached),
        f"{progress.in_flight} in flight",
        f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens",
        dollars(usage.cost) + (f" ({paid})" if paid else ""),
    ]
    if usage.extra:
        parts.append(f"{usage.extra:,} extra {'attempt' if usage.extra == 1 else 'attempts'}")
    if progress.retries:
        parts.append(f"{progress.retries} {'retry' if progress.retries == 1 else 'retries'}")
    left = progress.seconds_left
    parts.append(clock(progress.seconds) + ("" if left is None else f", at most {clock(left)} left"))
    return " · ".join(parts)


def _shown(number: Any, words: Callable[[Any], str]) -> str | None:
    return None if number is None else words(number)


def clock(seconds: float) -> str:
    """A stretch of time: `0:07`, `12:30`, `1:02:05`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
