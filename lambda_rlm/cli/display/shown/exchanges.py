"""Prompts and replies of a run on the screen, in the order of the program's places.

Owns the lines. Promises that each text is cut at a stated length unless it is asked for whole, that each of its lines is set
in, so that no reply looks like a line of ours, and that calls which are left out are counted: faulty ones are left out last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.shown.run import MOST_SHOWN
from lambda_rlm.journal.report.exchange import CallExchange

MOST_CHARACTERS: Final = 500
"""Characters of a prompt or reply that are shown."""

_SYSTEM: Final = "system"


def show(found: Sequence[CallExchange], troubles: Sequence[str], *, is_all: bool, is_full: bool) -> None:
    """The prompts and replies of these calls; `troubles` say why prompts are missing."""
    if not found:
        return
    chosen = found if is_all else sorted(sorted(found, key=lambda one: not one.is_odd)[:MOST_SHOWN], key=lambda one: one.number)
    cut = "" if is_full else f", each cut at {MOST_CHARACTERS:,} characters (--full)"
    screen.report("", f"prompts and replies{cut}")
    for trouble in troubles:
        screen.report(f"  {trouble}")
    for one in chosen:
        screen.report(*(f"  {line}" for line in _lines(one, MOST_CHARACTERS if not is_full else None)))
    if len(chosen) < len(found):
        screen.report(f"  and {len(found) - len(chosen):,} more (--all)")


def _lines(one: CallExchange, most: int | None) -> Iterator[str]:
    """A call: where it is, its prompt, and each reply with what was wrong with it."""
    state = "" if one.call.state in ("replied", "shared") else f" · {one.call.state}"
    yield f"call {one.number} · {one.path} · {one.place}{state}" + ("" if one.how == "sent" else f" · {one.how}")
    if one.shared is not None:
        yield f"  the same question as call {one.shared}, and its answer"
        return
    if one.messages is None:
        yield f"  prompt: {one.call.prompt:,} characters, not on record"
    for message in one.messages or ():
        if message.role != _SYSTEM or most is None:
            who = "" if message.role == "user" else f" ({message.role})"
            yield from _text(f"prompt{who}", message.content, most)
    for reply in one.replies:
        if reply.wrong:
            yield f"  faulty: {reply.wrong}"
        ended = "" if reply.stop == "stop" else f" (ended by {reply.stop})"
        yield from _text(f"reply{ended}", reply.text, most)
    if not one.replies:
        yield "  reply: none on record"


def _text(title: str, text: str, most: int | None) -> Iterator[str]:
    """A text under its title, each line of it set in."""
    shown = text if most is None else text[:most]
    yield f"  {title}:"
    yield from (f"    {line}" for line in shown.replace("\r\n", "\n").split("\n"))
    if len(shown) < len(text):
        yield f"    … {len(text) - len(shown):,} more characters (--full)"
