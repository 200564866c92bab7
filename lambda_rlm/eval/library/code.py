"""Texts in a code in which the engine's own edges are right for every script and every line end.

The engine finds ends of words between ASCII letters only, and ends of lines at `\\n` only; its classes of all letters are
programs of a thousand instructions. Owns `PatternCode`, which tells for one pattern what it is asked in such cases. Characters
that are in the same sets of a pattern, and alike as parts of words, are of one kind: nothing in a match can tell them apart.
Each kind has a byte, an ASCII letter for parts of words, and the pattern's sets become sets of bytes; so the program stays
small, and a match of the coded text by the coded pattern is a match of the text by the pattern. Beyond some kinds one has five
bytes. Line ends are kinds of their own with a line feed on both sides, but for `\\r\\n`, which has them around the whole. No
byte that goes on begins another.

Promises: what the code of a text is, and what it is charged, does not depend on the texts before; it is safe among threads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from threading import Lock
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.library.characters import LINE_ENDS, holds, is_word
from lambda_rlm.eval.library.horizon import horizon
from lambda_rlm.eval.library.machine import NOWHERE, BadPattern, ByteReading, Machine, decoded, encoded
from lambda_rlm.eval.library.pattern_parts import Between, Letters, Part
from lambda_rlm.late_pattern import late_pattern

_LINE_MARKS: Final = dict(zip(LINE_ENDS, "\x10\x11\x12\x0e\x0f", strict=True))
_JOINED_RETURN: Final = "\x13"
_JOINED_FEED: Final = "\x14"
"""What stands for `\\r` and `\\n` where they end a line together."""

_FIRST_OF_WORDS: Final = [chr(c) for c in [*range(65, 91), *range(97, 122)]]
_MORE_OF_WORDS: Final = ("z", "0123456789_")
_FIRST_OF_OTHERS: Final = [c for c in map(chr, [*range(14), *range(32, 255)]) if not (c.isascii() and is_word(c)) and c != "\n"]
_MORE_OF_OTHERS: Final = ("\xff", "".join(map(chr, range(21, 32))))
_DIGITS: Final = 4
"""Bytes that go on, of eleven each: more kinds than a pattern has characters."""

_NEUTRAL: Final = b"\n" + (_MORE_OF_WORDS[1] + _MORE_OF_OTHERS[1]).encode()
"""Bytes that begin no character, but for the line feed, and none counts as one."""

_STARTS: Final = late_pattern(rb"[^\n0-9_\x10-\x13\x0e\x0f\x15-\x1f]|\n[\x10-\x13\x0e\x0f]")
_WIDEST: Final = 5
_ASCII: Final = set(map(chr, range(128)))
_AT_ONCE: Final = 1 << 18
"""Characters that are written in a code between two looks at the clock."""

Look = Callable[[], None]

_MOST_KEPT: Final = 8_192
"""Characters of which a pattern remembers the kinds."""

_WRITTEN: Final = late_pattern(r"\\x\{([0-9A-F]+)\}")
_LARGE_STEPS: Final = 1 << 18
"""Steps for a program that is made for one text; it takes some hundredths of a second."""


def _characters(data: bytes) -> int:
    return len(data.translate(None, _NEUTRAL))


def _cases(code: str) -> set[str]:
    """A character of a pattern, by its number, in either case."""
    c = chr(int(code, 16))
    return {form for form in (c, c.lower(), c.upper(), c.title()) if len(form) == 1}


def _nobody() -> None:
    """Looks at nothing."""


def parts_of_text(s: str, look: Look) -> Iterator[str]:
    """A text in parts that take a moment each, `look` called between them."""
    for at in range(0, len(s), _AT_ONCE):
        if at:
            look()
        yield s[at : at + _AT_ONCE]


@dataclass(frozen=True, slots=True)
class Coding:
    """What searches a text: the program, the way from characters to its bytes, and how many characters some bytes are. Neither
    is asked about a part of a character, nor of `\\r\\n`."""

    machine: Machine
    encode: Callable[[str], bytes]
    measure: Callable[[bytes], int]


class PatternCode:
    """The code of one pattern."""

    def __init__(self, parts: tuple[Part, ...], size: int) -> None:
        """`size`: instructions of the program that the pattern is for the engine itself."""
        self._parts = parts
        self._size = size
        edges = {part.edge for part in parts if isinstance(part, Between)}
        self._sets = list(dict.fromkeys(part for part in parts if isinstance(part, Letters)))
        named = {name for letters in self._sets for name in letters.named}
        has_edges = not edges.isdisjoint("^$")
        self._is_wide = bool(named - {"."} or edges & {"\\b", "\\B"})
        self._has_lines = has_edges or any(letters.has_line_feed for letters in self._sets)
        self._has_far_lines = has_edges or "." in named
        self._lock = Lock()
        self._askers: dict[Letters, Machine] = {}
        self._forget()

    def _forget(self) -> None:
        self._kinds: dict[tuple[bool, int], str] = {}
        self._table: dict[int, str] = {}
        self._signatures: dict[str, int] = {}
        """Of line ends where they are kinds of their own: a bit for each set that holds it."""
        self._machine: Machine | None = None

    @cached_property
    def _own(self) -> set[str]:
        """The letters that the program tells apart whatever the text."""
        return _ASCII | {form for letters in self._sets for c in _WRITTEN.findall(letters.written) for form in _cases(c)}

    @cached_property
    def _is_large(self) -> bool:
        """A program that told all its letters apart would be too large: each text gets one that tells apart what it holds."""
        with self._lock:
            self._learn(self._own, _nobody)
            try:
                self._machine = self._compiled()
            except BadPattern:
                return True
        return False

    def is_needed(self, s: str) -> bool:
        """Whether the engine itself would read a text otherwise than people do."""
        if s.isascii():
            return self._has_lines and "\r" in s
        if self._is_wide or (self._has_lines and "\r" in s):
            return True
        return self._has_far_lines and ("\x85" in s or "\u2028" in s or "\u2029" in s)

    def steps(self, letters: set[str]) -> int:
        """Steps for telling the kinds of different characters."""
        return len(self._sets) * (10 + len(letters)) + (_LARGE_STEPS if self._is_large else 0)

    def of(self, letters: set[str], look: Look = _nobody) -> Coding:
        """The code of texts of these characters; a bad pattern where it would be too large. `look` is called between parts of
        long work."""
        is_large = self._is_large
        with self._lock:
            if is_large or len(self._table) > _MOST_KEPT:
                self._forget()
            if not self._table:
                letters = letters | (_ASCII if is_large else self._own)
            self._learn([c for c in letters if ord(c) not in self._table], look)
            machine = self._machine = self._machine or self._compiled()
            table = self._table

        def encode(s: str) -> bytes:
            return b"".join([part.translate(table).encode("latin-1") for part in parts_of_text(s, look)])

        if self._has_lines:
            return Coding(machine, lambda s: _with_lines(encode(s)), _characters)
        return Coding(machine, encode, len if machine.starts is None else _characters)

    def _learn(self, new: Collection[str], look: Look) -> None:
        signatures = dict.fromkeys(sorted(new), 0)
        for index, letters in enumerate(self._sets if new else ()):
            for c in self._members(letters, signatures):
                signatures[c] |= 1 << index
            look()
        for c, signature in signatures.items():
            if self._has_lines and c in LINE_ENDS:
                self._signatures[c] = signature
                self._table[ord(c)] = _LINE_MARKS[c]
                self._machine = None
                continue
            kind = (is_word(c), signature)
            if kind not in self._kinds:
                self._kinds[kind] = self._token(kind[0])
                self._machine = None
            self._table[ord(c)] = self._kinds[kind]

    def _members(self, letters: Letters, known: Iterable[str]) -> Iterator[str]:
        """Those of some characters, in their order, that are in a set."""
        joined = "".join(known)
        written = self._written_in(letters, joined) if letters.written else set()
        for c in joined:
            if (c in written or any(holds(name, c, folds=letters.folds) for name in letters.named)) != letters.is_negated:
                yield c

    def _written_in(self, letters: Letters, joined: str) -> set[str]:
        """Those of some characters of which the engine says that they are in a set."""
        machine = self._askers.get(letters)
        if machine is None:
            asked = f"(?i:[{letters.written}])+" if letters.folds else f"[{letters.written}]+"
            machine = Machine(encoded(asked), ByteReading(lambda: horizon(asked), lambda: re.compile(b"(?!)")))
            self._askers[letters] = machine
        written: set[str] = set()
        data, at = encoded(joined), 0
        while (span := machine.match(machine.anchor, data, at, len(data))[0]) != NOWHERE:
            written.update(decoded(data[span[0] : span[1]]))
            at = span[1]
        return written

    def _token(self, is_in_words: bool) -> str:
        count = sum(1 for known, _ in self._kinds if known == is_in_words)
        first = _FIRST_OF_WORDS if is_in_words else _FIRST_OF_OTHERS
        if count < len(first):
            return first[count]
        lead, digits = _MORE_OF_WORDS if is_in_words else _MORE_OF_OTHERS
        return lead + "".join([digits[count // 11**place % 11] for place in range(_DIGITS)])

    def _compiled(self) -> Machine:
        texts = {letters: _either(self._tokens(1 << index, letters)) for index, letters in enumerate(self._sets)}
        bytes_of = {letters: _set(self._marks(1 << index)) for index, letters in enumerate(self._sets)}
        is_split = self._has_lines or any(len(token) > 1 for token in self._kinds.values())
        free = _either(self._free())
        reading = ByteReading(
            lambda: horizon(self._written(bytes_of), _NEUTRAL, 2 * _WIDEST) if is_split else horizon(self._written(bytes_of)),
            lambda: re.compile(free.encode()),
            _STARTS if is_split else None,
            is_latin=True,
        )
        return Machine(self._written(texts).encode(), reading, self._size)

    def _written(self, texts: dict[Letters, str]) -> str:
        """The pattern with texts in place of its sets."""

        def text_of(part: Part) -> str:
            if isinstance(part, Letters):
                return texts[part]
            if isinstance(part, Between):
                return f"(?m:{part.edge})" if part.edge in ("^", "$") else part.edge
            return part.text

        return "".join(map(text_of, self._parts))

    def _tokens(self, bit: int, letters: Letters) -> Iterator[str]:
        """All that may stand for a character of a set."""
        yield from (token for (_, signature), token in self._kinds.items() if signature & bit)
        held = [c for c, signature in self._signatures.items() if signature & bit]
        if letters.has_line_feed and self._has_lines:
            yield f"\n{_JOINED_RETURN}{_JOINED_FEED}\n"
        yield from self._line_tokens(held)

    def _line_tokens(self, held: Iterable[str]) -> Iterator[str]:
        for c in held:
            yield f"\n{_LINE_MARKS[c]}\n"
            if c in "\r\n":
                yield f"\n{_JOINED_RETURN}" if c == "\r" else f"{_JOINED_FEED}\n"

    def _free(self) -> Iterator[str]:
        """What begins a character that is in no set, so that no match reaches over it."""
        yield from (token for (_, signature), token in self._kinds.items() if not signature)
        joins = any(letters.has_line_feed for letters in self._sets)
        for token in self._line_tokens(c for c, signature in self._signatures.items() if not signature):
            if not (joins and token == f"\n{_JOINED_RETURN}"):
                yield token

    def _marks(self, bit: int) -> Iterator[str]:
        """The one byte of each of the characters of a set that is not neutral."""
        yield from (token[0] for (_, signature), token in self._kinds.items() if signature & bit)
        for c, signature in self._signatures.items():
            if signature & bit:
                yield from (_LINE_MARKS[c], *({"\r": _JOINED_RETURN, "\n": _JOINED_FEED + _JOINED_RETURN}.get(c, "")))


def _with_lines(data: bytes) -> bytes:
    """A coded text with line feeds round its line ends."""
    data = data.replace(b"\x11\x10", b"\x13\x14")
    for mark in _LINE_MARKS.values():
        data = data.replace(mark.encode(), f"\n{mark}\n".encode())
    return data.replace(b"\x13", b"\n\x13").replace(b"\x14", b"\x14\n")


def _either(tokens: Iterable[str]) -> str:
    tokens = list(tokens)
    single = _set(token for token in tokens if len(token) == 1)
    longer = [re.sub(".", lambda c: f"\\x{ord(c[0]):02x}", token, flags=re.DOTALL) for token in tokens if len(token) > 1]
    if not longer:
        return single
    return f"(?:{'|'.join([*longer, single] if len(longer) < len(tokens) else longer)})"


def _set(marks: Iterable[str]) -> str:
    """One of some bytes; none at all can stand for a set without any."""
    found = "".join([f"\\x{ord(mark):02x}" for mark in sorted(set(marks))])
    return f"[{found}]" if found else r"[^\x00-\xff]"
