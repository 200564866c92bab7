"""The regular-expression engine: RE2, which takes time linear in the text for a match, loaded when a pattern is first used.

Owns compiled patterns, their bounds, and the way between the bytes that the engine reads and characters. Promises: a bad
pattern is a declared fault and prints nothing; offsets are in characters whatever the text holds, lone surrogates and NUL
included. Refuses `\\C`, which could match a part of a character.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from lambda_rlm.eval import wording
from lambda_rlm.eval.library.horizon import Horizon, horizon
from lambda_rlm.eval.library.literal import literal_of
from lambda_rlm.eval.library.swift import swift
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.value import Document, Text

MOST_PATTERN: Final = 4_096
"""Characters of a pattern."""

NOWHERE: Final = (-1, -1)
Charge = Callable[[int], None]
Spans = list[tuple[int, int]]
"""Where a match and its groups are, in bytes; `NOWHERE` for a group that took no part."""


_LONGEST_REASON: Final = 100
"""Characters: RE2 repeats the pattern, and one that was computed may be a whole document."""

_KEPT_PATTERNS: Final = 256
"""Compiled patterns that are kept."""


class BadPattern(Exception):
    """The engine refuses a pattern; the message says why."""


class Pattern:
    """A compiled pattern. `literal` is the text it matches literally, when it has no operators; `groups` counts its groups.

    `brief` searches ASCII texts of at most `most` characters by other means, when that is proved to be the same; it finds
    nothing where the letters `needed` do not stand in a row.
    """

    __slots__ = ("_anchor", "_horizon", "_match", "_occurs", "_source", "brief", "groups", "literal", "most", "needed")

    def __init__(self, source: str, is_multi_line: bool) -> None:
        if len(source) > MOST_PATTERN:
            raise BadPattern(f"it has {len(source):,} characters, more than {MOST_PATTERN:,}")
        if "\\C" in source.replace("\\\\", ""):
            raise BadPattern("`\\C` could match a part of a character")
        import re2

        whole = f"(?m:{source})" if is_multi_line else source
        options = re2.Options()
        options.log_errors = False
        self.literal = None if is_multi_line else literal_of(source)
        try:
            engine = re2.compile(whole.encode("utf-8", "surrogatepass"), options)
            options.never_capture = True
            plain = re2.compile(whole.encode("utf-8", "surrogatepass"), options)
        except re2.error as error:
            reason = error.args[0] if error.args else "it cannot be compiled"
            said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            raise BadPattern(said if len(said) <= _LONGEST_REASON else f"{said[:_LONGEST_REASON]}…") from None
        self._source = source
        self._horizon: Horizon | None = None
        self.groups: int = engine.groups
        # The wrapper's own methods cost some 3 µs a call, most of it in mapping offsets nobody asked for.
        self._match: Callable[..., Spans] = engine._regexp.Match
        self._occurs: Callable[..., Spans] = plain._regexp.Match
        proved = None if is_multi_line else swift(source)
        self.brief: Callable[[str], object] = self.occurs if proved is None else proved.search
        self.most = -1 if proved is None else proved.most
        self.needed = "" if proved is None else proved.needed
        self._anchor: Any = re2._re2.RE2.Anchor.UNANCHORED

    def occurs(self, s: str) -> bool:
        """Whether it matches anywhere."""
        data = encoded(s)
        return self._occurs(self._anchor, data, 0, len(data))[0] != NOWHERE

    @property
    def horizon(self) -> Horizon:
        """How far past a match it reads."""
        if self._horizon is None:
            self._horizon = horizon(self._source)
        return self._horizon

    def first_from(self, data: bytes, position: int, charge: Charge) -> Spans | None:
        """The first match at or after a byte; `charge` is told how many bytes may have been read past it."""
        spans = self._match(self._anchor, data, position, len(data))
        begin, stop = spans[0]
        if begin < 0:
            return None
        if not self.horizon.is_near and (beyond := self.horizon.beyond(data, position, begin, stop)):
            charge(beyond)
        return spans

    def all_in(self, data: bytes, charge: Charge) -> Iterator[Spans]:
        """All matches from left to right, not overlapping; `charge` as in `first_from`."""
        match, anchor, end = self._match, self._anchor, len(data)
        is_near, beyond = self.horizon.is_near, self.horizon.beyond
        position = 0
        while True:
            spans = match(anchor, data, position, end)
            begin, stop = spans[0]
            if begin < 0:
                return
            if not is_near and (read := beyond(data, position, begin, stop)):
                charge(read)
            yield spans
            if stop > position:
                position = stop
            elif position < end:
                position += _width(data[position])
            else:
                return


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


def decoded(data: bytes) -> str:
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
    """A pattern, compiled or found among those used lately; a bad one is a fault."""
    source = pattern if isinstance(pattern, str) else pattern.s
    try:
        return _compiled(source, is_multi_line)
    except BadPattern as bad:
        raise wording.bad_pattern(site.span, site.primitive, bad) from None


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
                fixed.append(compiled(literal, site, is_multi_line=is_multi_line))
            return fixed[0]

        return literally
    return lambda pattern: compiled(pattern, site, is_multi_line=is_multi_line)
