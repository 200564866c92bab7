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

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval import wording
from lambda_rlm.eval.library.code import Coding, PatternCode, parts_of_text
from lambda_rlm.eval.library.horizon import barrier, horizon
from lambda_rlm.eval.library.literal import literal_of
from lambda_rlm.eval.library.machine import (
    FEW_INSTRUCTIONS,
    BadPattern,
    ByteReading,
    Charge,
    Machine,
    Search,
    Spans,
    accepted,
    decoded,
    encoded,
)
from lambda_rlm.eval.library.pattern_parts import Unread, parts_of
from lambda_rlm.eval.library.swift import swift
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import CHARACTER
from lambda_rlm.eval.value import Document, Text

MOST_PATTERN: Final = 4_096
"""Characters of a pattern."""

_KEPT_PATTERNS: Final = 64
"""Compiled patterns that are kept."""

COMPILED_STEPS: Final = 240
COMPILED_KILO: Final = 16_384
"""Steps for compiling a pattern, and for 1,024 of its characters; each of the engine's instructions costs one more."""

KEPT_SOURCE: Final = 256
"""Bytes of a pattern that is known to have been compiled."""

KEPT_STORAGE: Final = 1 << 14
"""Bytes of a pattern that the program holds, which it does where it is written as a literal."""

_PER_INSTRUCTION: Final = 16
"""Steps for each instruction of a larger pattern and 1,024 characters."""

CODED_STEPS: Final = 20
CODED_KILO: Final = 1_024
CODED_TIMES: Final = 2
"""Steps for a text that is searched in a code, for writing 1,024 of its characters in it, and how often such a character costs
what another costs to be searched."""


def _nobody(size: int = 0) -> None:
    """Is charged nothing."""


class Pattern(Machine):
    """A compiled pattern. `literal` is the text it matches literally, when it has no operators.

    `brief` searches ASCII texts of at most `most` characters by other means, when that is proved to be the same; it finds
    nothing where the letters `needed` are not in a row.
    """

    def __init__(self, source: str, is_multi_line: bool) -> None:
        if len(source) > MOST_PATTERN:
            raise BadPattern(f"it has {len(source):,} characters, more than {MOST_PATTERN:,}")
        if "\\C" in source.replace("\\\\", ""):
            raise BadPattern("`\\C` could match a part of a character")
        accepted(source)
        try:
            parts = parts_of(source, is_multi_line=is_multi_line)
        except Unread:
            raise BadPattern("it is written in a way that is not understood here") from None
        plain = parts.plain
        reading = ByteReading(lambda: horizon(plain), lambda: barrier(plain))
        super().__init__(encoded(f"(?m:{plain})" if is_multi_line else plain), reading)
        self.code = PatternCode(parts.parts, self.size)
        literal = None if is_multi_line else literal_of(source)
        self.literal = literal if literal is None or "\n" not in literal else None
        proved = None if is_multi_line else swift(source)
        self.brief: Callable[[str], object] = self.occurs if proved is None else proved.search
        self.most = -1 if proved is None else proved.most
        self.needed = "" if proved is None else proved.needed
        self.needed_bytes = self.needed.encode()

    def kilo(self, least: int, *, with_groups: bool) -> int:
        """Steps for 1,024 characters searched; `least` where the engine is at its best whatever the text."""
        is_quick = self.size <= FEW_INSTRUCTIONS and not (with_groups and self.groups)
        return least if is_quick else max(least, _PER_INSTRUCTION * self.followed)

    def occurs(self, s: str, charge: Charge = _nobody, meter: Meter | None = None) -> bool:
        """Whether it matches anywhere; `charge` as in `first_from`, but nothing is read past a match."""
        coding = self._read(s, meter)
        return coding.machine.occurs_in(coding.encode(s), charge)

    def subject(self, s: str, charge: Charge, meter: Meter | None = None) -> Subject:
        """A text, ready to be searched; `charge` as in `first_from`."""
        return Subject(s, self._read(s, meter), charge)

    def _read(self, s: str, meter: Meter | None) -> Coding:
        if not self.code.is_needed(s):
            return Coding(self, encoded, len if s.isascii() else _characters)
        if meter is not None:
            kilo = CODED_KILO + CODED_TIMES * self.kilo(0, with_groups=True)
            meter.spend(CODED_STEPS + (kilo * len(s) >> 10))
        look = _nobody if meter is None else meter.glance
        letters: set[str] = set()
        for part in parts_of_text(s, look):
            letters.update(part)
        if meter is not None:
            meter.spend(self.code.steps(letters))
        return self.code.of(letters, look)


class Subject:
    """A text that is searched from its beginning to its end: where its matches are, in characters."""

    def __init__(self, s: str, coding: Coding, charge: Charge) -> None:
        """`charge`: as in `Machine.first_from`."""
        self._s = s
        self._coding = coding
        self._data = coding.encode(s)
        self._charge = charge
        self._byte = 0
        self._character = 0

    def matches(self) -> Iterator[Spans]:
        """All matches from left to right, not overlapping, with their groups."""
        matches = self._coding.machine.all_in(self._data, self._charge)
        return matches if self._coding.measure is len else map(self._in_characters, matches)

    def apart(self, next_place: Callable[[int], int]) -> Iterator[int]:
        """Where matches begin. After one that begins at a place, the next is looked for from `next_place` of it on, further
        right."""
        search, byte, character = Search(self._coding.machine, self._data, self._charge), 0, 0
        is_same = self._coding.measure is len
        while byte < len(self._data) and (spans := search.first_from(byte)) is not None:
            begin = spans[0][0] if is_same else self._in_characters(spans[:1])[0][0]
            yield begin
            place = next_place(begin)
            byte = place if is_same else byte + len(self._coding.encode(self._s[character:place]))
            character = place

    def _in_characters(self, spans: Spans) -> Spans:
        """The same spans in characters; one pass over the text in all, since no match reaches before the end of the last."""
        places = {-1: -1}
        for byte in sorted({place for span in spans for place in span if place >= 0}):
            self._character += self._coding.measure(self._data[self._byte : byte])
            self._byte = byte
            places[byte] = self._character
        return [(places[begin], places[end]) for begin, end in spans]


def _characters(data: bytes) -> int:
    return len(decoded(data))


def characters_of(text: Text) -> str:
    """What a text reads; a span does not keep its copy, since it is read once."""
    if text.start >= 0:
        document = text.origin
        assert isinstance(document, Document)
        return document.text[text.start : text.start + text.n]
    return text.s


@lru_cache(maxsize=_KEPT_PATTERNS)
def _compiled(source: str, is_multi_line: bool) -> Pattern:
    return Pattern(source, is_multi_line)


def compiled(pattern: Text | str, site: Site, *, is_multi_line: bool = False) -> Pattern:
    """A pattern, compiled or found among those used lately. It is charged for each time, since which are kept depends on
    others. A bad one is a fault."""
    source = pattern if isinstance(pattern, str) else pattern.s
    meter = site.meter
    meter.spend(_compiling(len(source)))
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
    last: Text | None = None
    known: Pattern | None = None
    steps = 0

    def computed(pattern: Text) -> Pattern:
        nonlocal last, known, steps
        if pattern is last and known is not None:  # as below, for a pattern that a loop asks about element by element
            site.meter.spend(steps)
            return known
        chosen = compiled(pattern, site, is_multi_line=is_multi_line)
        if pattern.s not in seen:
            seen.add(pattern.s)
            site.meter.allocate(KEPT_SOURCE + CHARACTER * pattern.n)
            site.meter.spend(chosen.size)
        last, known, steps = pattern, chosen, _compiling(len(pattern.s)) + chosen.followed
        return chosen

    return computed


def _compiling(characters: int) -> int:
    """Steps for compiling a pattern of a length, before its program is known."""
    return COMPILED_STEPS + (COMPILED_KILO * characters >> 10)
