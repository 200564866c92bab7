"""The rows of the journal, read strictly: each cell is what this program writes, or the row is damaged.

Owns `RunRow`, `CallRow`, replies and programs as they are read, and the shapes of the JSON in them. Promises `Damaged` for
every cell that is not of its kind (missing, of another type, bytes that are no text, JSON that is cut off or of another shape,
numbers that cannot be), and no other exception. Refuses to repair."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import Any, Final

from lambda_rlm.completion import Completion, StopReason, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.owner import is_alive

UNREADABLE: Final = "unreadable"
"""The state of a run whose row is not as this program writes it."""

_FOREIGN: Final = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of reading what this program has not written."""

_LATEST: Final = 32_503_680_000.0
"""The first second of the year 3000: no run begins or ends later."""

_MOST: Final = 2**53


class Damaged(JournalProblem):
    """A run of which something on record is not as this program writes it."""

    def __init__(self, run: object, what: str) -> None:
        hint = "list all runs: lambda-rlm runs; check them: lambda-rlm runs --verify"
        super().__init__(f"unrecognized journal record for run {_name(run)}: {what}", hint)


@contextmanager
def damage(run: object, what: str) -> Iterator[None]:
    """What reading a damaged record leads to, as `Damaged`."""
    try:
        yield
    except _FOREIGN:
        raise Damaged(run, what) from None


@dataclass(frozen=True, slots=True, repr=False)
class RunRow:
    """A run as the journal has it. `what` says what was run, in the keys of who began it; `outcome` what came of it; `owner`
    names the process it belongs to, `session` counts how often it has gone on; `head` is the end of the chain of its
    records."""

    id: str
    started: float
    ended: float | None
    state: str
    owner: str
    session: int
    what: Mapping[str, Any]
    outcome: Mapping[str, Any] | None
    head: str = field(default="", compare=False)

    def __repr__(self) -> str:
        """One line: the id, the state, and the beginning of the question or the name of the program."""
        asked = self.what.get("query") or self.what.get("program_name") or ""
        return f"<RunRow {self.id}: {self.state}, {asked!r:.80}>"

    @property
    def is_going_on(self) -> bool:
        return self.state == "running" and is_alive(self.owner)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call of a run: `session` counts from 0, one more for each resumption; `place` are offsets in the program; `prompt` the
    characters of its messages; `shown` parts of inputs; `state` is running, replied, shared, or the code of a failure; `value`
    is the SHA-256 of what was read from its reply, `served` the model that replied, and `faulty` says what was wrong with
    replies that could not be read, by their digest, where these are on record."""

    session: int
    call: int
    path: tuple[int, ...]
    digest: str
    model: str
    place: tuple[int, int]
    sample: int | None
    prompt: int
    shown: tuple[tuple[str, int, int], ...]
    started: float
    seconds: float | None
    state: str
    usage: Mapping[str, Any] | None
    program: str = ""
    coercions: tuple[str, ...] = ()
    last: str = ""
    value: str = ""
    served: str = ""
    faulty: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallUse:
    """What one call of a run used in its own session: its model, and its count; None where it has none, since it was begun and
    nothing is on record of its end. `is_estimated`: its provider gave no count, and it is booked at its worst."""

    model: str
    usage: Usage | None
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A reply that was paid for, and the call it was made for: session, program, number, path."""

    who: tuple[int, str, int, str]
    digest: str
    completion: Completion


def run_row(row: Sequence[Any], head: str = "") -> RunRow:
    """A row of the table of runs; one that nobody can read is `UNREADABLE`, with what of it can be shown."""
    try:
        id_, started, ended, state, owner, session, what, outcome = row
        told, came = _json(what, _WHAT), None if outcome is None else _json(outcome, _OUTCOME)
        return RunRow(
            _word(id_), _time(started), None if ended is None else _time(ended), _word(state), _word(owner), _whole(session),
            told, came, head,
        )  # fmt: skip
    except _FOREIGN:
        started = row[1] if _is(_time, row[1]) else 0.0
        return RunRow(_name(row[0]), started, None, UNREADABLE, "", 0, {}, None, head)


def call_row(row: Sequence[Any], sealed: Mapping[str, Any]) -> CallRow:
    """A row of the table of calls; `sealed` is what else is on record of it."""
    (
        run, session, program, call, path, digest, model, place, sample, prompt, shown, started, seconds, state, usage, coercions, last,
    ) = row  # fmt: skip
    with damage(run, "the record of a call"):
        start, end = map(_whole, json.loads(place))
        return CallRow(
            _whole(session), _whole(call), tuple(map(_position, json.loads(path))), _word(digest), _word(model), (start, end),
            None if sample is None else _position(sample), _whole(prompt),
            tuple((_text(name), _whole(a), _whole(b)) for name, a, b in json.loads(shown)), _time(started),
            None if seconds is None else _amount(seconds), _word(state), None if usage is None else _used(usage),
            _text(program), tuple(map(_text, json.loads(coercions or "[]"))), "" if last is None else _text(last),
            _text(sealed.get("value", "")), _text(sealed.get("served", "")), _values(_text)(sealed.get("faulty", {})),
        )  # fmt: skip


_MODEL_FAILED: Final = "E05"
"""How states begin of calls whose replies, if any, came to nothing."""


def has_reply_to_keep(call: CallRow) -> bool:
    """Whether the replies of a call are given again when its run goes on: not those of one that failed with them."""
    return not call.state.startswith(_MODEL_FAILED)


def who_of(call: CallRow) -> tuple[int, str, int, str]:
    """A call as its replies name it."""
    return (call.session, call.program, call.call, json.dumps(call.path))


def call_use(run: str, row: Sequence[Any]) -> CallUse | None:
    """What a call used, of its model, state and usage; None for one that was not asked: shared, or paid in an earlier
    session."""
    with damage(run, "the record of a call"):
        model, state, usage = _word(row[0]), _word(row[1]), row[2]
        if usage is None:
            return None if state == "shared" else CallUse(model, None)
        told = _used(usage)
        paid = paid_of(told)
        is_again = "remembered" in told and not paid.attempts
        return None if is_again else CallUse(model, paid, bool(told.get("estimated")))


def paid_of(told: Mapping[str, Any]) -> Usage:
    """What a call used in its own session, of all that it used."""
    used, before = usage_in(told), told.get("remembered")
    return used if before is None else used + minus(usage_in(before))


def minus(usage: Usage) -> Usage:
    """A count with all its signs turned."""
    cost = None if usage.cost is None else -usage.cost
    return Usage(-usage.input_tokens, -usage.output_tokens, -usage.cached_tokens, cost, -usage.attempts, extra=-usage.extra)


def reply_row(run: str, row: Sequence[Any]) -> ReplyRow:
    """A row of the table of replies."""
    session, program, call, path, digest, text, stop, usage, model = row
    with damage(run, "the record of a reply"):
        who = (_whole(session), _text(program), _whole(call), json.dumps([_position(n) for n in json.loads(path)]))
        read = usage_in(_json(usage, _USAGE))
        completion = Completion(_text(text), read, StopReason(stop), _text(model), is_remembered=True)
        return ReplyRow(who, _text(digest), completion)


def autos_in(run: str, written: Any) -> dict[int, int]:
    """What the planner chose, by the place of each `auto`."""
    with damage(run, "the record of a program"):
        return {_whole(int(place)): _whole(n) for place, n in _object(json.loads(written)).items()}


def text_in(run: str, written: Any, what: str) -> str:
    """A cell that is a text."""
    with damage(run, what):
        return _text(written)


def usage_in(told: Mapping[str, Any]) -> Usage:
    """What a provider counted."""
    usd = told["usd"]
    return Usage(
        _whole(told["input_tokens"]), _whole(told["output_tokens"]), _whole(told["cached_tokens"]),
        None if usd is None else _amount(usd), _whole(told["attempts"]), extra=_whole(told.get("extra", 0)),
    )  # fmt: skip


def _used(usage: Any) -> Mapping[str, Any]:
    """The cell of what a call used, which may tell what of it was paid in an earlier session."""
    told = _json(usage, _USAGE)
    for part in (told, told.get("remembered") or told):
        usage_in(part)
    return told


Check = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _word(value: Any) -> str:
    """A text that this program made itself: it can be printed."""
    _text(value).encode()
    return _text(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ValueError("not a count")
    return value


def _position(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a position")
    return value


def _amount(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST or math.isnan(value):
        raise ValueError("not an amount")
    return value


def _figure(value: Any) -> float:
    """A number of any size: what a program may need at worst."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError("not a figure")
    return value


def _time(value: Any) -> float:
    if _amount(value) >= _LATEST:
        raise ValueError("not a time")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not true or false")
    return value


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _optional(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _each(check: Check) -> Check:
    def every(value: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError("not a list")
        return [check(one) for one in value]

    return every


def _keys(**checks: Check) -> Check:
    """An object whose known keys are of their kinds; others may be there."""

    def every(value: Any) -> Any:
        for name, one in _object(value).items():
            if name in checks:
                checks[name](one)
        return value

    return every


def _needing(names: Sequence[str], check: Check) -> Check:
    def every(value: Any) -> Any:
        if not set(names) <= _object(value).keys():
            raise KeyError("a key is missing")
        return check(value)

    return every


def _values(check: Check) -> Check:
    return lambda value: {_text(name): check(one) for name, one in _object(value).items()}


_COUNTS: Final = (
    "input_tokens", "output_tokens", "cached_tokens", "attempts", "extra", "extra_attempts", "estimated_calls", "calls",
    "shared_calls", "cached_calls", "failed_calls", "steps", "bytes",
)  # fmt: skip
_COUNTED: Final = _keys(**dict.fromkeys(_COUNTS, _whole), usd=_optional(_amount), seconds=_amount, span=_whole)
_ASKED: Final = ("input_tokens", "output_tokens", "cached_tokens", "attempts", "usd")
_USAGE: Final = _needing(
    _ASKED, _keys(remembered=_needing(_ASKED, _COUNTED), **dict.fromkeys(_COUNTS, _whole), usd=_optional(_amount))
)
_PART: Final = _needing(("input", "start", "end"), _keys(input=_text, start=_whole, end=_whole))
_EVIDENCE: Final = _needing(
    ("input", "start", "end", "words"),
    _keys(
        input=_text, file=_optional(_text), page=_optional(_whole), line=_optional(_whole), row=_optional(_whole),
        heading=_optional(_text), start=_whole, end=_whole, words=_text, call=_optional(_whole), claim=_text, match=_text,
    ),
)  # fmt: skip
_INPUT: Final = _needing(
    ("name", "type", "characters", "sha256"), _keys(name=_text, type=_text, characters=_whole, sha256=_text, files=_each(_text))
)
_FOLLOWS: Final = _needing(("run", "head", "sources"), _keys(run=_text, head=_text, sources=_each(_text)))
_EARLIER: Final = _needing(
    ("run", "number", "query", "way", "type", "value", "name", "program", "has_seen_contents"),
    _keys(
        run=_text, number=_whole, query=_text, way=_text, type=_text, name=_optional(_text), program=_optional(_text),
        has_seen_contents=_flag,
    ),
)  # fmt: skip
_FAULT: Final = _needing(("code", "message"), _keys(code=_optional(_text), message=_text))
_BOUND: Final = _keys(**dict.fromkeys(("calls", "pool", "span", "input_tokens", "output_tokens", "usd"), _optional(_figure)))
_WHAT: Final = _keys(
    kind=_text, query=_optional(_text), arguments=_each(_text), inputs=_each(_INPUT), program=_optional(_text),
    program_name=_optional(_text), returns=_optional(_text), primitives=_each(_text), settings=_object, model_object=_text,
    granted=_keys(max_calls=_optional(_whole), max_cost=_optional(_amount)), profiles=_values(_object),
    routed=_keys(way=_text, task=_optional(_text), split=_optional(_text), reason=_text, detection=_text), by=_object,
    folder=_text, follows=_FOLLOWS, earlier=_each(_EARLIER),
)  # fmt: skip
_SYNTHESIS: Final = _keys(
    written=_each(_keys(program=_text, codes=_each(_text), fixes=_each(_text), round=_whole)), candidates=_each(_object),
    notes=_each(_text), ran=_each(_object), asked=_each(_each(_object)), usage=_object,
)  # fmt: skip
_OUTCOME: Final = _keys(
    ok=_flag, answer=_optional(_text), type=_text, route=_text, task=_optional(_text), split=_optional(_text), reason=_text,
    program=_text, usage=_COUNTED, citations=_each(_PART), evidence=_each(_EVIDENCE), evidence_notes=_each(_text),
    coverage=_values(_amount), fault=_optional(_FAULT), notes=_each(_text),
    degraded=_flag, dropped=_values(_whole), bound=_optional(_BOUND), likely=_optional(_BOUND),
    admitted=_text, counted_by=_optional(_text), diagnostics=_each(_object), synthesis=_SYNTHESIS,
)  # fmt: skip


def _json(written: Any, check: Check) -> Mapping[str, Any]:
    found: Mapping[str, Any] = check(_object(json.loads(_text(written))))
    return found


def _is(check: Check, value: Any) -> bool:
    try:
        check(value)
    except _FOREIGN:
        return False
    return True


def _name(run: object) -> str:
    """The id of a run, or as much as can be printed of what is in its place."""
    return run[:64] if isinstance(run, str) else repr(run)[:64]
