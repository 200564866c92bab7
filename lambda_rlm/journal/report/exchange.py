"""What one call asked and what came back, put together from what is on record and what was rebuilt.

Owns `CallExchange`. Promises one for each call, in the order of the program's places, then of the data; and that a reply which
could not be read is there with what was wrong with it. Cuts nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lambda_rlm.completion import Message
from lambda_rlm.data_class import dataclass
from lambda_rlm.journal.records import CallRow
from lambda_rlm.journal.report.run_report import RunReport
from lambda_rlm.journal.report.sent import how
from lambda_rlm.journal.report.tree import SHARED


@dataclass(frozen=True, slots=True)
class ReplyShown:
    """A reply, why it ended, and what was wrong with it; empty where it was used."""

    digest: str
    text: str
    stop: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class CallExchange:
    """The `number`-th call of a run, from 1: its prompt (None where it is not known), and the replies to its attempts. `shared`
    is the number of the call with the same question that was asked, where this one was not."""

    number: int
    call: CallRow
    place: str
    how: str
    messages: tuple[Message, ...] | None
    replies: tuple[ReplyShown, ...]
    shared: int | None = None

    @property
    def path(self) -> str:
        """Its place in the data."""
        return ".".join(map(str, self.call.path)) or "·"

    @property
    def is_odd(self) -> bool:
        """It did not come to a reply at once."""
        return self.call.state not in ("replied", SHARED) or any(reply.wrong for reply in self.replies)

    def as_json(self, *, is_whole: bool) -> dict[str, Any]:
        """What it adds to the call as JSON data; with `is_whole` the prompt."""
        shown = [{"digest": r.digest, "reply": r.text, "stop_reason": r.stop, "wrong": r.wrong or None} for r in self.replies]
        told = None if self.messages is None else [{"role": m.role, "content": m.content} for m in self.messages]
        return {
            "number": self.number,
            "where": self.place,
            "how": self.how,
            "shared_with": self.shared,
            "replies": shown,
            **({"messages": told} if is_whole else {}),
        }


def exchanges(details: RunReport, prompts: Mapping[str, tuple[Message, ...]]) -> list[CallExchange]:
    """An exchange for each call that is counted; `prompts` are messages by the digest of their question."""
    calls = details.by_program
    asked = {(c.session, c.program, c.call): n for n, c in enumerate(calls, 1) if c.state != SHARED}
    found = []
    for number, call in enumerate(calls, 1):
        shared = asked.get((call.session, call.program, call.call)) if call.state == SHARED else None
        replies = () if call.state == SHARED else tuple(_replies(call, details))
        found.append(CallExchange(number, call, details.place(call), how(call), prompts.get(call.digest), replies, shared))
    return found


def _replies(call: CallRow, details: RunReport) -> Iterator[ReplyShown]:
    """The replies to the attempts of a call, in their order."""
    first = [] if call.digest in call.faulty else [call.digest]
    for digest in dict.fromkeys((*(first if call.digest != call.last else ()), *call.faulty, call.last)):
        row = details.replies.get(digest)
        if row is not None:
            yield ReplyShown(digest, row.completion.text, row.completion.stop_reason.value, call.faulty.get(digest, ""))
