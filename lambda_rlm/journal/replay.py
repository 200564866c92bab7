"""A run that is made again, compared with the one on record: each question, reply and value, and the answer.

Owns `Comparison`, a `Tracer`. Promises a line for each place in the data where another question, or none, was asked, another
reply came, or another value was read from it; and one for each part of the outcome that is another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Final

from lambda_rlm.completion import Completion
from lambda_rlm.data_class import dataclass
from lambda_rlm.events import CallFinished, CallStarted, Event, Replied, RunFinished
from lambda_rlm.journal.records import CallRow

Path = tuple[int, ...]

_OUTCOME: Final = {
    "value": "the answer", "type": "the type of the answer", "citations": "the citations", "coverage": "the coverage",
    "degraded": "whether the answer is degraded", "dropped": "what was dropped", "program": "the program", "route": "the route",
}  # fmt: skip


_PLURAL: Final = frozenset(("the citations",))
_BY_VERSION: Final = frozenset(("citations", "coverage"))
"""What the rules of a version tell, and not the replies: of a run of another version it is not compared."""


@dataclass(slots=True)
class _Asked:
    """What was asked at one place: questions, what came of them, and values by question."""

    questions: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def ended(self, digest: str, state: str, value: str) -> None:
        self.states[digest] = state
        if value:
            self.values[digest] = value


@dataclass(slots=True)
class Comparison:
    """Keeps what is asked, by place, and what came of it."""

    _asked: dict[Path, _Asked] = field(default_factory=dict)
    _replies: dict[str, tuple[Path, str]] = field(default_factory=dict)
    _outcome: Mapping[str, Any] | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, CallStarted):
            self._at(event.path).questions.add(event.request.digest)
        elif isinstance(event, Replied):
            self._replies[event.digest] = (event.path, _digest(event.completion.text))
        elif isinstance(event, CallFinished) and not event.is_shared:
            self._at(event.path).ended(event.digest, event.failure or "replied", event.value)
        elif isinstance(event, RunFinished):
            self._outcome = event.run.to_dict()

    @property
    def calls(self) -> int:
        return sum(len(asked.questions) for asked in self._asked.values())

    def differences(
        self,
        calls: Iterable[CallRow],
        replies: Mapping[str, Completion] | None = None,
        outcome: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """What is other than on record: than these calls, these replies by the digest of their question, this outcome."""
        recorded: dict[Path, _Asked] = {}
        for call in calls:
            if call.state != "shared":
                asked = recorded.setdefault(call.path, _Asked())
                asked.questions.add(call.digest)
                if call.state != "running":
                    asked.ended(call.last or call.digest, call.state, call.value)
        lines = []
        for path in sorted(recorded.keys() | self._asked.keys()):
            lines += [f"call {_named(path)}: {what}" for what in _between(self._asked.get(path), recorded.get(path))]
        for digest, (path, text) in sorted(self._replies.items(), key=lambda item: item[1]):
            if replies is not None and digest in replies and _digest(replies[digest].text) != text:
                lines.append(f"call {_named(path)}: the reply differs")
        return lines + self._in_outcome(outcome)

    def _in_outcome(self, outcome: Mapping[str, Any] | None) -> list[str]:
        if outcome is None or self._outcome is None or "ok" not in outcome:
            return []
        mine, theirs = _code(self._outcome), _code(outcome)
        if mine != theirs:
            return [f"the outcome differs: {mine or 'an answer'} instead of {theirs or 'an answer'}"]
        is_same = outcome.get("version") == self._outcome["version"]
        compared = {key: what for key, what in _OUTCOME.items() if key in outcome and (is_same or key not in _BY_VERSION)}
        return [
            f"{what} differ{'' if what in _PLURAL else 's'}"
            for key, what in compared.items()
            if outcome[key] != (_counted(self._outcome[key], outcome[key]) if key == "dropped" else self._outcome[key])
        ]

    def _at(self, path: Path) -> _Asked:
        return self._asked.setdefault(path, _Asked())


def _between(mine: _Asked | None, theirs: _Asked | None) -> list[str]:
    """What differs at one place."""
    if mine is None or not mine.questions:
        return ["in the original run only"]
    if theirs is None:
        return ["in the replay only"]
    if mine.questions != theirs.questions:
        return ["the request differs"]
    lines = []
    for digest, state in theirs.states.items():
        now = mine.states.get(digest, state)
        if now != state:
            lines.append(f"its outcome differs: {now} instead of {state}")
        elif theirs.values.get(digest, "") not in ("", mine.values.get(digest, "")):
            lines.append("the value differs")
    return lines


def _counted(now: Mapping[str, int], then: Mapping[str, int]) -> dict[str, int]:
    """Counts without those of 0 that an older version did not make."""
    return {name: count for name, count in now.items() if count or name in then}


def _code(outcome: Mapping[str, Any]) -> str:
    fault = outcome.get("fault")
    return "" if fault is None else f"fault {fault.get('code')}"


def _named(path: Path) -> str:
    return ".".join(map(str, path)) or "·"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
