r"""The grammar's regular expressions, read.

Owns the subset that its terminals are written in: literals, classes, `|`, groups, `? * + {n} {m,n}`, and the escapes `\n \t \r
\xHH \uHHHH \UHHHHHHHH` and those of signs. Refuses everything else with `ValueError`: a construct that one decoder reads in
another way than the parser must not reach it.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.syntax.export.ebnf import Chars, Ebnf, alt, chars, repeat, seq

_NAMED: Final = {"n": "\n", "t": "\t", "r": "\r"}
_DIGITS: Final = {"x": 2, "u": 4, "U": 8}
"""Hexadecimal digits of a character's number."""

_TIMES: Final = {"?": (0, 1), "*": (0, None), "+": (1, None)}


def expression(pattern: str) -> Ebnf:
    """What a pattern matches."""
    reader = _Reader(pattern)
    whole = reader.choice()
    if reader.at < len(pattern):
        raise reader.refusal()
    return whole


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def choice(self) -> Ebnf:
        parts = [self._sequence()]
        while self._takes("|"):
            parts.append(self._sequence())
        return alt(parts)

    def _sequence(self) -> Ebnf:
        parts: list[Ebnf] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return seq(parts)

    def _repeated(self, part: Ebnf) -> Ebnf:
        sign = self._peek()
        if sign in _TIMES:
            self.at += 1
            least, most = _TIMES[sign]
        elif sign == "{":
            self.at += 1
            bounds = self._until("}").split(",")
            if len(bounds) > 2 or not all(bound.isdecimal() for bound in bounds):
                raise self.refusal()
            least, most = int(bounds[0]), int(bounds[-1])
        else:
            return part
        if self._peek() in ("?", "+", "*"):  # lazy and possessive repeats
            raise self.refusal()
        return repeat(part, least, most)

    def _atom(self) -> Ebnf:
        if self._takes("("):
            if self._peek() == "?":
                raise self.refusal()
            inner = self.choice()
            if not self._takes(")"):
                raise self.refusal()
            return inner
        if self._takes("["):
            return self._class()
        if self._peek() in (".", "^", "$", "*", "+", "?", "{", "]", "}"):
            raise self.refusal()
        return _one(self._character())

    def _class(self) -> Chars:
        negated = self._takes("^")
        ranges = []
        while not self._takes("]"):
            low = high = self._character()
            if self._peek() == "-" and self.pattern[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                high = self._character()
            ranges.append((ord(low), ord(high)))
        return chars(ranges, negated=negated)

    def _character(self) -> str:
        character = self._next()
        if character != "\\":
            return character
        escaped = self._next()
        if escaped in _DIGITS:
            start = self.at
            self.at += _DIGITS[escaped]
            return chr(int(self.pattern[start : self.at], 16))
        if escaped.isalnum() and escaped not in _NAMED:
            raise self.refusal()
        return _NAMED.get(escaped, escaped)

    def _until(self, sign: str) -> str:
        end = self.pattern.find(sign, self.at)
        if end < 0:
            raise self.refusal()
        text = self.pattern[self.at : end]
        self.at = end + 1
        return text

    def _next(self) -> str:
        if self.at == len(self.pattern):
            raise self.refusal()
        self.at += 1
        return self.pattern[self.at - 1]

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _takes(self, sign: str) -> bool:
        if self._peek() != sign:
            return False
        self.at += 1
        return True

    def refusal(self) -> ValueError:
        return ValueError(f"the decoders do not share this construct, at {self.at}: {self.pattern}")


def _one(character: str) -> Chars:
    return Chars(((ord(character), ord(character)),))
