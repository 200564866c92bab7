"""One program of the engine and the bytes it is run over.

Owns `Machine`, a compiled program with what is to be known of it, and `Search`, the way through a text from match to match, a
long one in parts with a look at the clock between them. Promises that a bad pattern prints nothing. Refuses a program of more
than `MOST_MEMORY`, and one that must read so much at once that no look would come in time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.library.horizon import Horizon
from lambda_rlm.graphemes import begun

NOWHERE: Final = (-1, -1)
Charge = Callable[[int], None]
Spans = list[tuple[int, int]]
"""Where a match and its groups are, in bytes; `NOWHERE` for a group that took no part."""

_LONGEST_REASON: Final = 100
"""Characters: RE2 repeats the pattern, and one that was computed may be a whole document."""

MOST_MEMORY: Final = 1 << 20
"""Bytes that the engine may hold for one pattern, what it remembers of texts included."""

FEW_INSTRUCTIONS: Final = 16
"""A pattern without groups of at most this many instructions is searched for at the engine's best, whatever the text."""

_MOST_FOLLOWED: Final = 512
"""Instructions that count at each byte: a program has more where it has classes of thousands of letters, of which a byte meets
few."""

_AT_ONCE: Final = 1 << 22
"""Instructions times bytes between two looks at the clock: some hundredths of a second at worst."""

_FARTHEST: Final = 1 << 22
"""Bytes in which a character is looked for at which a text can be cut."""

MOST_AT_ONCE: Final = 1 << 27
"""Instructions times bytes that may have to be read without a look between: about a second at worst."""


class BadPattern(Exception):
    """The engine refuses a pattern, or to search a text for it; the message says why."""


@dataclass(frozen=True, slots=True)
class ByteReading:
    """How a machine's bytes are read. `horizon`: how far past a match it reads; `barrier`: finds a place over which no match
    reaches; `starts`: matches where a character begins, None where the engine itself keeps to characters. `is_latin`: a
    character is a byte, or begins where `starts` says."""

    horizon: Callable[[], Horizon]
    barrier: Callable[[], re.Pattern[bytes]]
    starts: re.Pattern[bytes] | None = None
    is_latin: bool = False


class Machine:
    """A compiled program. `groups` counts its groups, `size` the engine's instructions."""

    def __init__(self, whole: bytes, reading: ByteReading, size: int | None = None) -> None:
        """`size`: of the pattern that this program stands for, where that is another."""
        import re2

        self._whole = whole
        self._reading = reading
        self._barrier: re.Pattern[bytes] | None = None
        engine = _engine(whole, is_latin=reading.is_latin, never_capture=False)
        self.groups: int = engine.NumberOfCapturingGroups()
        self.size: int = engine.ProgramSize() if size is None else size
        self.followed = min(self.size, _MOST_FOLLOWED)
        self.reach = max(1, _AT_ONCE // self.followed)
        # The wrapper's own methods cost some 3 µs a call, most of it in mapping offsets nobody asked for.
        self.match: Callable[..., Spans] = engine.Match
        self.anchor: Any = re2._re2.RE2.Anchor.UNANCHORED
        self.starts = reading.starts

    def occurs_in(self, data: bytes, charge: Charge) -> bool:
        """Whether it matches anywhere; `charge` as in `first_from`, but nothing is read past a match."""
        if self.starts is None and len(data) <= self.reach:
            return self.test(self.anchor, data, 0, len(data))[0] != NOWHERE
        return Search(self, data, charge, self.test).next_from(0) is not None

    @cached_property
    def test(self) -> Callable[..., Spans]:
        """As `match`, but tells of the whole match only, which is quicker where there are groups."""
        return _engine(self._whole, is_latin=self._reading.is_latin, never_capture=True).Match if self.groups else self.match

    @cached_property
    def horizon(self) -> Horizon:
        """How far past a match it reads."""
        return self._reading.horizon()

    def first_from(self, data: bytes, position: int, charge: Charge) -> Spans | None:
        """The first match at or after a byte; `charge` receives how many bytes may have been read past it, and 0 for each part
        of a long text."""
        return Search(self, data, charge).first_from(position)

    def all_in(self, data: bytes, charge: Charge) -> Iterator[Spans]:
        """All matches from left to right, not overlapping; `charge` as in `first_from`."""
        search, position, end = Search(self, data, charge), 0, len(data)
        while (spans := search.first_from(position)) is not None:
            yield spans
            start, stop = spans[0]
            if stop > start:
                position = stop
            elif stop < end:
                position = stop + (1 if self._reading.is_latin else _width(data[stop]))
            else:
                return

    def all_in_short(self, data: bytes, charge: Charge, needed: bytes = b"") -> list[Spans]:
        """As `all_in`, of ASCII bytes that are searched in one go: the same charges, without an object for each text. Every
        match has the bytes `needed` in a row."""
        match, anchor, horizon, end = self.match, self.anchor, self.horizon, len(data)
        is_near = horizon.is_near
        found: list[Spans] = []
        position = 0
        while data.find(needed, position) >= 0 and (spans := match(anchor, data, position, end))[0] != NOWHERE:
            start, stop = spans[0]
            if not is_near and (beyond := horizon.beyond(data, position, start, stop)):
                charge(beyond)
            found.append(spans)
            if stop == start == end:
                break
            position = stop if stop > start else stop + 1
        return found

    def barrier_from(self, data: bytes, least: int) -> int:
        """The first place from `least` on with a character that no match can hold; else, or where it is far, the end."""
        if self._barrier is None:
            self._barrier = self._reading.barrier()
        found = self._barrier.search(data, least, least + _FARTHEST)
        return len(data) if found is None else found.start()


class Search:
    """A text that is searched from left to right: in one go while it is short, else in parts that end at barriers."""

    __slots__ = ("_charge", "_data", "_machine", "_match", "_stop")

    def __init__(self, machine: Machine, data: bytes, charge: Charge, match: Callable[..., Spans] | None = None) -> None:
        self._machine = machine
        self._data = data
        self._charge = charge
        self._match = match or machine.match
        self._stop = 0
        """The last barrier that was found: none lies between the place it was looked for from and it."""

    def first_from(self, position: int) -> Spans | None:
        """The first match at or after a byte, which must not lie before one that was asked for earlier."""
        spans, horizon = self.next_from(position), self._machine.horizon
        if spans is not None and not horizon.is_near and (beyond := horizon.beyond(self._data, position, *spans[0])):
            self._charge(beyond)
        return spans

    def next_from(self, position: int) -> Spans | None:
        """As `first_from`, for who looks for no further match: what is read past this one costs nothing."""
        machine, data, end = self._machine, self._data, len(self._data)
        start = position
        while True:
            stop = end if end - start <= machine.reach else self._part_end(start)
            spans = self._match(machine.anchor, data, start, stop)
            if spans[0] != NOWHERE:
                if machine.starts is None or spans[0][0] == end or machine.starts.match(data, spans[0][0]):
                    return spans
                # Between the bytes of one character nothing can match but the empty text.
                start = spans[0][0] + 1
                continue
            if stop == end:
                return None
            self._charge(0)
            start = stop

    def _part_end(self, start: int) -> int:
        machine = self._machine
        least = start + machine.reach
        if self._stop < least:
            self._stop = machine.barrier_from(self._data, least)
        if (self._stop - start) * machine.followed > MOST_AT_ONCE and machine.size > FEW_INSTRUCTIONS:
            raise BadPattern(
                f"it may have to read {self._stop - start:,} bytes at once: search the text in pieces (chunk, lines), or let "
                "the pattern stop at line ends"
            )
        return self._stop


def accepted(source: str) -> None:
    """Refuses a pattern that the engine does not accept as it is written."""
    _engine(encoded(source), is_latin=False, never_capture=True)


def _engine(whole: bytes, *, is_latin: bool, never_capture: bool) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = never_capture
    options.max_mem = MOST_MEMORY
    if is_latin:
        options.encoding = re2.Options.Encoding.LATIN1
    engine = re2._re2.RE2(whole, options)
    if engine.ok():
        return engine
    reason = engine.error()
    said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    raise BadPattern(said if len(said) <= _LONGEST_REASON else begun(said, _LONGEST_REASON) + "…")


def _width(lead: int) -> int:
    """Bytes of the character that begins with this byte."""
    if lead < 0xC0:
        return 1
    return 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def encoded(s: str) -> bytes:
    """The bytes the engine reads."""
    try:
        return s.encode()
    except UnicodeEncodeError:
        return s.encode("utf-8", "surrogatepass")


def decoded(data: bytes | bytearray) -> str:
    """The characters of such bytes."""
    return data.decode("utf-8", "surrogatepass")
