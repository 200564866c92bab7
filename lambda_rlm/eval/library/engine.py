"""The regular-expression engine: RE2, which takes time linear in the text for a match, loaded when a pattern is first used.

Owns compiled patterns, their bounds and what they cost, and the way between the bytes that the engine reads and characters.
Promises: a bad pattern is a declared fault and prints nothing; offsets are in characters whatever the text holds, lone
surrogates and NUL included; a long text is searched in parts, with a look at the clock between them. Refuses `\\C`, which could
match a part of a character, a pattern that becomes a program of more than `MOST_MEMORY`, and one that must read so much at once
that no look would come in time.

At its best the engine takes a nanosecond a byte. Texts exist on which it must follow all instructions of a pattern at each
byte, for some ten nanoseconds each: so a pattern of many instructions, or with groups, costs by their number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import Any, Final

from lambda_rlm.eval import wording
from lambda_rlm.eval.library.horizon import Horizon, barrier, horizon
from lambda_rlm.eval.library.literal import literal_of
from lambda_rlm.eval.library.swift import swift
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import CHARACTER
from lambda_rlm.eval.value import Document, Text

MOST_PATTERN: Final = 4_096
"""Characters of a pattern."""

NOWHERE: Final = (-1, -1)
Charge = Callable[[int], None]
Spans = list[tuple[int, int]]
"""Where a match and its groups are, in bytes; `NOWHERE` for a group that took no part."""


_LONGEST_REASON: Final = 100
"""Characters: RE2 repeats the pattern, and one that was computed may be a whole document."""

_KEPT_PATTERNS: Final = 64
"""Compiled patterns that are kept."""

COMPILED_STEPS: Final = 60
COMPILED_KILO: Final = 2_048
"""Steps for compiling a pattern, and for 1,024 of its characters; each of the engine's instructions costs one more."""

KEPT_SOURCE: Final = 256
"""Bytes of a pattern that is known to have been compiled."""

KEPT_STORAGE: Final = 1 << 14
"""Bytes of a pattern that the program holds, which it does where it is written as a literal."""

MOST_MEMORY: Final = 1 << 20
"""Bytes that the engine may hold for one pattern, what it remembers of texts included."""

_FEW_INSTRUCTIONS: Final = 16
"""A pattern without groups of at most this many instructions is searched for at the engine's best, whatever the text."""

_PER_INSTRUCTION: Final = 16
"""Steps for each instruction of a larger pattern and 1,024 characters."""

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


def _nobody(size: int) -> None:
    """Is charged nothing."""


class Pattern:
    """A compiled pattern. `literal` is the text it matches literally, when it has no operators; `groups` counts its groups,
    `size` the engine's instructions.

    `brief` searches ASCII texts of at most `most` characters by other means, when that is proved to be the same; it finds
    nothing where the letters `needed` are not in a row.
    """

    def __init__(self, source: str, is_multi_line: bool) -> None:
        if len(source) > MOST_PATTERN:
            raise BadPattern(f"it has {len(source):,} characters, more than {MOST_PATTERN:,}")
        if "\\C" in source.replace("\\\\", ""):
            raise BadPattern("`\\C` could match a part of a character")
        import re2

        self._source = source
        self._whole = f"(?m:{source})" if is_multi_line else source
        self.literal = None if is_multi_line else literal_of(source)
        self._barrier: re.Pattern[bytes] | None = None
        engine = _engine(self._whole, never_capture=False)
        self.groups: int = engine.NumberOfCapturingGroups()
        self.size: int = engine.ProgramSize()
        self.followed = min(self.size, _MOST_FOLLOWED)
        self.reach = max(1, _AT_ONCE // self.followed)
        # The wrapper's own methods cost some 3 µs a call, most of it in mapping offsets nobody asked for.
        self.match: Callable[..., Spans] = engine.Match
        self.anchor: Any = re2._re2.RE2.Anchor.UNANCHORED
        proved = None if is_multi_line else swift(source)
        self.brief: Callable[[str], object] = self.occurs if proved is None else proved.search
        self.most = -1 if proved is None else proved.most
        self.needed = "" if proved is None else proved.needed

    def kilo(self, least: int, *, with_groups: bool) -> int:
        """Steps for 1,024 characters searched; `least` where the engine is at its best whatever the text."""
        is_quick = self.size <= _FEW_INSTRUCTIONS and not (with_groups and self.groups)
        return least if is_quick else max(least, _PER_INSTRUCTION * self.followed)

    def occurs(self, s: str, charge: Charge = _nobody) -> bool:
        """Whether it matches anywhere; `charge` as in `first_from`, but nothing is read past a match."""
        data = encoded(s)
        if len(data) <= self.reach:
            return self.test(self.anchor, data, 0, len(data))[0] != NOWHERE
        return Search(self, data, charge, self.test).next_from(0) is not None

    @cached_property
    def test(self) -> Callable[..., Spans]:
        """As `match`, but tells of the whole match only, which is quicker where there are groups."""
        return _engine(self._whole, never_capture=True).Match if self.groups else self.match

    @cached_property
    def horizon(self) -> Horizon:
        """How far past a match it reads."""
        return horizon(self._source)

    def first_from(self, data: bytes, position: int, charge: Charge) -> Spans | None:
        """The first match at or after a byte; `charge` receives how many bytes may have been read past it, and 0 for each part
        of a long text."""
        return Search(self, data, charge).first_from(position)

    def all_in(self, data: bytes, charge: Charge) -> Iterator[Spans]:
        """All matches from left to right, not overlapping; `charge` as in `first_from`."""
        search, position, end = Search(self, data, charge), 0, len(data)
        while (spans := search.first_from(position)) is not None:
            yield spans
            stop = spans[0][1]
            if stop > position:
                position = stop
            elif position < end:
                position += _width(data[position])
            else:
                return

    def barrier_from(self, data: bytes, least: int) -> int:
        """The first place from `least` on with an ASCII character that no match can hold; else, or where it is far, the end."""
        if self._barrier is None:
            self._barrier = barrier(self._source)
        found = self._barrier.search(data, least, least + _FARTHEST)
        return len(data) if found is None else found.start()


class Search:
    """A text that is searched from left to right: in one go while it is short, else in parts that end at barriers."""

    __slots__ = ("_charge", "_data", "_match", "_pattern", "_stop")

    def __init__(self, pattern: Pattern, data: bytes, charge: Charge, match: Callable[..., Spans] | None = None) -> None:
        self._pattern = pattern
        self._data = data
        self._charge = charge
        self._match = match or pattern.match
        self._stop = 0
        """The last barrier that was found: none lies between the place it was looked for from and it."""

    def first_from(self, position: int) -> Spans | None:
        """The first match at or after a byte, which must not lie before one that was asked for earlier."""
        spans, horizon = self.next_from(position), self._pattern.horizon
        if spans is not None and not horizon.is_near and (beyond := horizon.beyond(self._data, position, *spans[0])):
            self._charge(beyond)
        return spans

    def next_from(self, position: int) -> Spans | None:
        """As `first_from`, for who looks for no further match: what is read past this one costs nothing."""
        pattern, data, end = self._pattern, self._data, len(self._data)
        start = position
        while True:
            stop = end if end - start <= pattern.reach else self._part_end(start)
            spans = self._match(pattern.anchor, data, start, stop)
            if spans[0] != NOWHERE:
                return spans
            if stop == end:
                return None
            self._charge(0)
            start = stop

    def _part_end(self, start: int) -> int:
        pattern = self._pattern
        least = start + pattern.reach
        if self._stop < least:
            self._stop = pattern.barrier_from(self._data, least)
        if (self._stop - start) * pattern.followed > MOST_AT_ONCE and pattern.size > _FEW_INSTRUCTIONS:
            raise BadPattern(
                f"it may have to read {self._stop - start:,} bytes at once: search the text in pieces (chunk, lines), or let "
                "the pattern stop at line ends"
            )
        return self._stop


def _engine(whole: str, *, never_capture: bool) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = never_capture
    options.max_mem = MOST_MEMORY
    engine = re2._re2.RE2(whole.encode("utf-8", "surrogatepass"), options)
    if engine.ok():
        return engine
    reason = engine.error()
    said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    raise BadPattern(said if len(said) <= _LONGEST_REASON else f"{said[:_LONGEST_REASON]}…")


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


def characters_of(text: Text) -> str:
    """What a text reads; a span does not keep its copy, since it is read once."""
    if text.start >= 0:
        document = text.origin
        assert isinstance(document, Document)
        return document.text[text.start : text.start + text.n]
    return text.s


class Offsets:
    """From byte offsets to character offsets, for offsets that do not fall from one match to the next; one pass in all."""

    __slots__ = ("_byte", "_character", "_data", "_is_ascii")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._is_ascii = data.isascii()
        self._byte = 0
        self._character = 0

    def of(self, spans: Spans) -> Spans:
        """The same spans in characters."""
        if self._is_ascii:
            return spans
        places = {-1: -1}
        for byte in sorted({place for span in spans for place in span if place >= 0}):
            self._character += len(decoded(self._data[self._byte : byte]))
            self._byte = byte
            places[byte] = self._character
        # A match begins the next search where it ends; its groups may lie behind that, never before its start.
        return [(places[begin], places[end]) for begin, end in spans]


@lru_cache(maxsize=_KEPT_PATTERNS)
def _compiled(source: str, is_multi_line: bool) -> Pattern:
    return Pattern(source, is_multi_line)


def compiled(pattern: Text | str, site: Site, *, is_multi_line: bool = False) -> Pattern:
    """A pattern, compiled or found among those used lately. It is charged for each time, since which are kept depends on
    others. A bad one is a fault."""
    source = pattern if isinstance(pattern, str) else pattern.s
    meter = site.meter
    meter.spend(COMPILED_STEPS + (COMPILED_KILO * len(source) >> 10))
    try:
        chosen = _compiled(source, is_multi_line)
    except BadPattern as bad:
        raise wording.bad_pattern(site.span, site.primitive, bad) from None
    meter.spend(chosen.followed)
    return chosen


def literal_pattern(site: Site) -> str | None:
    """The pattern argument, when it is a literal."""
    literal = site.literals[1] if len(site.literals) > 1 else None
    return literal if isinstance(literal, str) else None


def chooser(site: Site, *, is_multi_line: bool = False) -> Callable[[Text], Pattern]:
    """From the pattern argument to the compiled pattern; a literal one is compiled here, once for the place."""
    literal = literal_pattern(site)
    if literal is not None:
        fixed: list[Pattern] = []

        def literally(_: Text) -> Pattern:
            if not fixed:
                site.meter.allocate(KEPT_STORAGE)
                fixed.append(compiled(literal, site, is_multi_line=is_multi_line))
                site.meter.spend(fixed[0].size)
            return fixed[0]

        return literally
    seen: set[str] = set()

    def computed(pattern: Text) -> Pattern:
        chosen = compiled(pattern, site, is_multi_line=is_multi_line)
        if pattern.s not in seen:
            seen.add(pattern.s)
            site.meter.allocate(KEPT_SOURCE + CHARACTER * pattern.n)
            site.meter.spend(chosen.size)
        return chosen

    return computed
