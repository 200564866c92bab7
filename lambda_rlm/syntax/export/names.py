"""Names that are no keywords, without looking ahead.

Owns the expression for all names but some words, which is a tree over the words' letters: no decoder has lookaround, and none
prefers a keyword to a name. The names may be of any length: with a limit, a lexer has a state for each length, and a decoder
that remembers what may follow a name by that state remembers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from lambda_rlm.syntax.export.ebnf import Chars, Ebnf, Repeat, Seq, alt, chars, optional, repeat, seq, text, without


def names_without(pattern: Ebnf, words: Iterable[str]) -> Ebnf:
    """The names of a pattern, a first character and further ones, that are none of the words."""
    assert isinstance(pattern, Seq) and isinstance(pattern.parts[1], Repeat)
    first, further = pattern.parts[0], pattern.parts[1].part
    assert isinstance(first, Chars) and isinstance(further, Chars)
    return _branch(frozenset(words), first, further)


def _branch(rests: frozenset[str], here: Chars, further: Chars) -> Ebnf:
    """What may follow where these rests of words must not."""
    letters = sorted({rest[0] for rest in rests if rest})
    other = without(here, chars((ord(letter), ord(letter)) for letter in letters))
    parts = [seq([other, repeat(further, 0, None)])]
    for letter in letters:
        longer = frozenset(rest[1:] for rest in rests if rest.startswith(letter))
        more = _branch(longer, further, further)
        parts.append(seq([text(letter), more if "" in longer else optional(more)]))
    return alt(parts)
