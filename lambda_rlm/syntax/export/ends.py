"""Where words meet: which rules and terminals begin or end with a word's character."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from lambda_rlm.syntax.export.ebnf import Alt, Chars, Ebnf, NamedPart, Repeat, Seq, chars, is_nullable, without

_OF_WORDS: Final = chars([(ord("0"), ord("9")), (ord("A"), ord("Z")), (ord("a"), ord("z")), (ord("_"), ord("_"))])


class Ends:
    """What a grammar's symbols begin and end with; a name, a keyword and a number are words, and so is `f` before a
    template."""

    def __init__(self, rules: Mapping[str, Sequence[tuple[str, ...]]], terminals: Mapping[str, Ebnf]) -> None:
        self._first = _reached(rules, terminals, lambda right: right[0])
        self._last = _reached(rules, terminals, lambda right: right[-1])
        self._begin = {name for name, written in terminals.items() if _has_word(written, is_last=False)}
        self._end = {name for name, written in terminals.items() if _has_word(written, is_last=True)}

    def first_words(self, symbol: str) -> set[str]:
        """The words that a symbol may begin with."""
        return self._first[symbol] & self._begin

    def begins_with_word(self, symbol: str) -> bool:
        return bool(self.first_words(symbol))

    def ends_with_word(self, symbol: str) -> bool | None:
        """None for a symbol that may or may not."""
        last = self._last[symbol]
        return None if last & self._end and last - self._end else bool(last & self._end)


def _reached(
    rules: Mapping[str, Sequence[tuple[str, ...]]],
    terminals: Mapping[str, Ebnf],
    end: Callable[[tuple[str, ...]], str],
) -> dict[str, set[str]]:
    """The terminals at one end of each symbol; no rule is empty."""
    reached = {name: {name} for name in terminals} | {name: set[str]() for name in rules}
    is_growing = True
    while is_growing:
        is_growing = False
        for name, rights in rules.items():
            for right in rights:
                more = reached[end(right)] - reached[name]
                reached[name] |= more
                is_growing = is_growing or bool(more)
    return reached


def _has_word(part: Ebnf, is_last: bool) -> bool:
    """Whether the first (or last) character may be a word's."""
    match part:
        case Chars():
            return without(part, _OF_WORDS) != part
        case Alt(parts):
            return any(_has_word(inner, is_last) for inner in parts)
        case Repeat(inner, _, _) | NamedPart(_, inner):
            return _has_word(inner, is_last)
        case Seq(parts):
            for inner in reversed(parts) if is_last else parts:
                if _has_word(inner, is_last):
                    return True
                if not is_nullable(inner):
                    return False
    return False
