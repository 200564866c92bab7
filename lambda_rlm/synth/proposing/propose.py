"""A root model writes a program; its mistakes go back to it, a bounded number of times.

Owns the conversation. Promises that a program which it gives back was accepted by the judge it was given, that slips are put
right without asking, that a model which repeats itself is not asked again, and that every attempt is reported. Pays nothing and
runs nothing itself: asking and judging are handed in.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from lambda_rlm.completion import Completion, StopReason
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Severity
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.synth.proposing.mend import Check, D, Mended, mend
from lambda_rlm.synth.turn import Turn
from lambda_rlm.synth.writing import REPAIRS

NO_PROGRAM: Final = "no program"
"""Stands among the codes for a reply that holds none."""

_CONFIDENCE: Final = late_pattern(r"^#\s*confidence:\s*([01](?:\.\d+)?|\.\d+|\d{1,3}\s*%)", re.IGNORECASE | re.MULTILINE)
_DONE: Final = late_pattern(r"\W*done\W*", re.IGNORECASE)

_LOOK_WORD: Final = late_pattern(r"\A\s*look\s*:", re.IGNORECASE)
"""The mark of a program that only looks, before it and not in it."""

Ask = Callable[[tuple[Turn, ...]], Awaitable[Completion]]
"""Ask the root model; raises a `Fault` when it fails for good or cannot be afforded."""


class Judgement(Protocol):
    """What speaks against running a well typed program, its bound, the window or the budget, and whatever else was found
    out."""

    @property
    def diagnostics(self) -> Sequence[Diagnostic]: ...

    @property
    def shown(self) -> Sequence[Diagnostic]:
        """What of the errors the root model may see."""
        ...


J = TypeVar("J", bound=Judgement)
Judge = Callable[[D], Awaitable[J]]
"""Judge a well typed program, as it was checked."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One program that a root model wrote: the text after the fixes made, the codes of what was wrong with it, the round it was
    written in."""

    program: str
    codes: tuple[str, ...]
    fixes: tuple[str, ...] = ()
    round: int = 1


OnAttempt = Callable[[Attempt], object]
"""Told of every program that was read, at once."""


@dataclass(frozen=True, slots=True)
class Proposal(Generic[D, J]):
    """What came of a conversation: an accepted program or none, as it was checked and judged. `is_done` says that the model
    wants no further program; `confidence` is what it says of the accepted one, from 0 to 1."""

    checked: D | None
    judgement: J | None = None
    confidence: float | None = None
    is_done: bool = False

    @property
    def source(self) -> SourceFile | None:
        """The text of the accepted program."""
        return None if self.checked is None else self.checked.source


async def propose(
    opening: tuple[Turn, ...],
    ask: Ask,
    check: Check[D],
    judge: Judge[D, J],
    *,
    repairs: int = REPAIRS,
    has_seen_data: bool = False,
    may_be_done: bool = False,
    name: str = "program.lam",
    on_attempt: OnAttempt = lambda attempt: None,
) -> Proposal[D, J]:
    """Talk until a program is accepted, the repairs are used up, or the model repeats a rejected one; `on_attempt` receives
    every program at once, so that none is lost when a later call fails."""
    seen: set[str] = set()
    turns = opening
    for _ in range(repairs + 1):
        completion = await ask(turns)
        if may_be_done and _DONE.fullmatch(completion.text.strip()):
            return Proposal(None, is_done=True)
        from lambda_rlm.synth.proposing.repair import no_program, rejected

        mended = _read(completion, check, name)
        if mended is None:
            on_attempt(Attempt("", (NO_PROGRAM,)))
            answer = no_program(completion.stop_reason is StopReason.LENGTH)
        else:
            wrong = shown = list(mended.errors)
            judgement = None if wrong else await judge(mended.checked)
            if judgement is not None:
                wrong = [d for d in judgement.diagnostics if d.severity is Severity.ERROR]
                shown = [d for d in judgement.shown if d.severity is Severity.ERROR]
            on_attempt(Attempt(mended.source.text, tuple(d.code for d in wrong), mended.fixes))
            if not wrong:
                return Proposal(mended.checked, judgement, _confidence(mended.source.text))
            written = "".join(mended.source.text.split())
            if written in seen:
                break
            seen.add(written)
            answer = rejected(mended.source, shown, has_seen_data=has_seen_data)
        turns = (*opening, *answer)
    return Proposal(None)


def _read(completion: Completion, check: Check[D], name: str) -> Mended[D] | None:
    """The first candidate of a reply that is well typed, else the likeliest one."""
    from lambda_rlm.synth.proposing.extract import programs
    from lambda_rlm.synth.rounds import LOOK

    if completion.stop_reason is StopReason.REFUSAL:
        return None
    first: Mended[D] | None = None
    # Half a surrogate pair is no character, and cannot be sent back.
    reply = completion.text.encode("utf-8", "replace").decode()
    unmarked = _LOOK_WORD.sub("", reply, count=1)
    mark = f"{LOOK}\n" if unmarked != reply else ""
    for text in programs(unmarked, is_cut=completion.stop_reason is StopReason.LENGTH):
        text = mark + text
        mended = mend(SourceFile(name, text), check)
        if not mended.errors:
            return mended
        first = first or mended
    return first


def _confidence(text: str) -> float | None:
    found = _CONFIDENCE.search(text)
    if found is None:
        return None
    written = found.group(1)
    number = float(written.rstrip("% ")) / 100 if written.endswith("%") else float(written)
    return min(1.0, max(0.0, number))
