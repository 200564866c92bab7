"""How library functions about texts change sizes: per function, limits of the result from limits of the arguments.

Owns `TEXT`, a table of `SizeTransfer`s. Each promises an upper limit for every argument that its abstract value allows.
"""

from __future__ import annotations

import math
from typing import Final

from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    WIDEST,
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractText,
    at_peak,
    integer,
    lower,
    number,
    summed,
    text_of,
    uniform,
)
from lambda_rlm.bounds.domain.makeup import NOTHING, changed, joined, part_of, parts_tokens
from lambda_rlm.bounds.domain.size import (
    ONE,
    UNLIMITED,
    ZERO,
    Number,
    SizeBound,
    ceil_div,
    largest,
    size_of,
    smallest,
    times,
)
from lambda_rlm.bounds.domain.totals import fresh, symbol, total
from lambda_rlm.bounds.transfer.forms import SizeTransfer
from lambda_rlm.limits import MOST_DECIMALS, MOST_MATCHES
from lambda_rlm.syntax.primitive import Primitive as P

_MOST_WINDOWS: Final = 3
"""Windows that may contain the same character: each advances by at least three eighths of its size."""

GROWTH: Final = 3
"""The most characters that one becomes by changing case (ﬃ becomes FFI)."""

WIDER_IN_UPPER: Final = 3
WIDER_IN_LOWER: Final = 2
"""The most bytes beyond one for each character that changing case makes of each that there was (ΐ becomes three characters of
two bytes, Ⱥ one of three)."""


def part(
    text: AbstractText, chars: SizeBound = UNLIMITED, low: Number = 0, *, cuts: int = 2, whole: Number = 0
) -> AbstractText:
    """A stretch of a text of at most so many characters, cut out at so many places; all of it where it has no more than
    `whole`."""
    chars = smallest(text.chars, chars)
    return text_of(chars, text.width, low, text.bytes, text.beyond, made=part_of(text, chars, cuts, whole))


def parts(
    text: AbstractText,
    length: SizeBound,
    chars: SizeBound = UNLIMITED,
    low: Number = 0,
    fewest: Number = 0,
    *,
    ends: int = 2,
) -> AbstractList:
    """Stretches of a text that do not overlap, each of at most so many characters. Where one ends at the next, that is one cut
    for both: then each has but one end (`ends`)."""
    piece = part(text, chars, fewest)
    tokens = parts_tokens(text, length * ends)
    return summed(length, piece, low, chars=text.chars, bytes_=text.bytes, beyond=text.wide, tokens=tokens)


def at_least(n: AbstractNumber, floor: int) -> tuple[int, SizeBound]:
    """Limits of a count that acts as `floor` when it is less."""
    low = max(floor, n.low if n.low != -math.inf else floor)
    return int(low) if low != math.inf else floor, largest((n.high, size_of(floor)))


def pieces_of_chunk(chars: SizeBound, max_low: int) -> SizeBound:
    """⌈n / (max − ⌊max/8⌋)⌉, largest for the smallest max."""
    return ceil_div(chars, max_low - max_low // 8)


def take_characters(text: AbstractText, n: AbstractNumber) -> Abstract:
    return part(text, n.high, max(0, min(text.low, n.low)), cuts=1, whole=max(0, n.low))


def drop_characters(text: AbstractText, n: AbstractNumber) -> Abstract:
    most = text.chars
    if text.chars.is_constant and n.low > 0:
        most = size_of(max(0, text.chars.value - n.low)) if n.low != math.inf else ZERO
    return part(text, most, cuts=1)


def slice_characters(text: AbstractText, start: AbstractNumber, end: AbstractNumber) -> Abstract:
    return part(text, sliced(start, end))


def sliced(start: AbstractNumber, end: AbstractNumber) -> SizeBound:
    """The longest slice between two numbers of which only limits are known."""
    if end.high.is_number and start.low > 0:
        return size_of(max(0, end.high.value - start.low))
    return end.high


def _chunk(text: AbstractText, n: AbstractNumber) -> Abstract:
    low, high = at_least(n, 1)
    fewest = 0 if text.low == 0 else 1
    if high.is_number:
        fewest = int(-(-text.low // int(high.value))) if text.low != math.inf else 1
    return parts(text, pieces_of_chunk(text.chars, low), high, fewest, 0, ends=1)


def _windows(text: AbstractText, n: AbstractNumber, overlap: AbstractNumber) -> Abstract:
    """A piece advances by at least max − ⌊max/8⌋ − overlap, and overlap is at most ⌊max/2⌋."""
    low, high = at_least(n, 1)
    most_back = overlap.high.value
    # Rounding makes the advance of a larger max smaller by one at times; every eight it is surely larger.
    sizes = [low] if high.is_constant and high.value == low else range(low, low + 8)
    advance = max(1, int(min(size - size // 8 - min(size // 2, most_back) for size in sizes)))
    length = ceil_div(text.chars, advance)
    owner, piece = fresh(), part(text, high)
    beyond = symbol(piece.wide, text.wide * _MOST_WINDOWS, owner)
    made = piece.made
    if made.counted is not None:
        tokens = text.tokens * _MOST_WINDOWS + length * (2 * made.piece)
        made = made._replace(counted=symbol(piece.tokens, tokens, owner))
    return AbstractList(length, text_of(piece.chars, text.width, 0, text.bytes, beyond, made=made), owner)


def _split(text: AbstractText, k: AbstractNumber) -> Abstract:
    low, high = at_least(k, 1)
    return parts(text, smallest(text.chars, high), ceil_div(text.chars, low), min(text.low, low), ends=1)


def _pack(texts: AbstractList, n: AbstractNumber, sep: AbstractText) -> Abstract:
    """Neighbours that do not fit together are longer than max when joined: two packs in a row hold more than max − |sep|.
    Where no text is longer than max, none is cut."""
    low, high = at_least(n, 1)
    element = _text_element(texts)
    if element is None:
        return AbstractList(ZERO, None, 0)
    chars = total(_text(texts.element).chars, texts.length, texts.owner)
    whole = _join(texts, sep)
    length = smallest(ceil_div(chars, low - low // 8) + texts.length, ceil_div(whole.chars * 2, max(1, low - low // 8)) + ONE)
    if largest([size_of(low), element.chars]) == size_of(low):
        length = smallest(length, texts.length)
    longest = smallest(high, whole.chars)
    piece = text_of(longest, whole.width, beyond=whole.beyond, made=part_of(whole, longest))
    tokens = parts_tokens(whole, length * 2)
    return summed(length, piece, chars=whole.chars, bytes_=whole.bytes, beyond=whole.beyond, tokens=tokens)


def _text(value: Abstract | None) -> AbstractText:
    assert isinstance(value, AbstractText)
    return value


def _text_element(texts: AbstractList) -> AbstractText | None:
    element = at_peak(texts)
    return None if element is None else _text(element)


def _join(texts: AbstractList, sep: AbstractText) -> AbstractText:
    if texts.element is None:
        return text_of(ZERO, made=NOTHING)
    element = _text(texts.element)
    joints = texts.length  # one separator too many, which keeps the size linear
    chars = total(element.chars, texts.length, texts.owner) + times(joints, sep.chars)
    bytes_ = total(element.bytes, texts.length, texts.owner) + times(joints, sep.bytes)
    beyond = total(element.wide, texts.length, texts.owner) + times(joints, sep.wide)
    made = joined(element, total(element.tokens, texts.length, texts.owner), sep, joints)
    return AbstractText(chars, bytes_, max(element.width, sep.width), 0, beyond, made)


def _replace(text: AbstractText, old: AbstractText, new: AbstractText) -> Abstract:
    """Every occurrence of at least `low` characters of old becomes new."""
    fewest = max(1, int(old.low))
    width = max(text.width, new.width)
    places = ceil_div(text.chars, fewest)
    is_shorter = new.chars.is_constant and new.chars.value <= fewest
    chars = text.chars if is_shorter else text.chars + times(places, new.chars)
    return text_of(chars, width, beyond=text.wide + times(places, new.wide), made=changed(text, new))


def _repeat(text: AbstractText, n: AbstractNumber) -> Abstract:
    made = changed(text)
    if text.made.counted is not None:
        made = made._replace(counted=times(text.tokens, n.high), piece=text.made.piece)
    return AbstractText(times(text.chars, n.high), times(text.bytes, n.high), text.width, 0, times(text.wide, n.high), made)


def _sections(text: AbstractText, _regex: AbstractText) -> Abstract:
    length = text.chars + ONE
    stretch = parts(text, length)
    element = stretch.element
    assert element is not None
    place = integer(text.chars)
    record = AbstractRecord((("body", element), ("end", place), ("head", element), ("start", place)))
    return AbstractList(length, record, stretch.owner)


def _search(text: AbstractText, regex: AbstractText) -> Abstract:
    length = smallest(text.chars + ONE, size_of(MOST_MATCHES))
    matches = parts(text, length)
    assert matches.element is not None
    groups = uniform(ceil_div(regex.chars, len("()")), part(text))
    place = integer(text.chars)
    record = AbstractRecord((("end", place), ("groups", groups), ("start", place), ("text", matches.element)))
    return AbstractList(length, record, matches.owner)


def _replace_regex(text: AbstractText, _regex: AbstractText, new: AbstractText) -> Abstract:
    """At most one match at each place, each replaced by new. A \\1 in it is a part of its match, and matches do not overlap:
    together they are at most the text again, in no more characters than the \\1 themselves have at all places."""
    if new.chars.is_constant and new.chars.value == 0:
        return part(text)
    references = size_of(new.chars.value // 2) if new.chars.is_number else new.chars
    places = text.chars + ONE
    beyond = text.wide + times(places, new.wide) + times(text.wide, references)
    width = max(text.width, new.width)
    return text_of(text.chars + times(places, new.chars), width, beyond=beyond, made=changed(text, new))


def _cased(text: AbstractText, wider: int) -> Abstract:
    """Of ASCII as many characters; each other one has a byte beyond the first at least, and becomes three at most."""
    if text.width == 1:
        return AbstractText(text.chars, text.bytes, 1, 0, made=changed(text))
    chars = lower(text.chars + text.wide * (GROWTH - 1), text.chars * GROWTH)
    return text_of(chars, WIDEST, 0, beyond=text.wide * wider, made=changed(text))


def _lines(text: AbstractText) -> Abstract:
    return parts(text, text.chars)


def _words(text: AbstractText) -> Abstract:
    return parts(text, ceil_div(text.chars, 2))


def _split_on(text: AbstractText, _sep: AbstractText) -> Abstract:
    return parts(text, text.chars + ONE, UNLIMITED, 1)


def _find(text: AbstractText, _part: AbstractText) -> Abstract:
    return AbstractOption(integer(text.chars))


def _rank(texts: AbstractList, _query: AbstractText, n: AbstractNumber) -> Abstract:
    if texts.element is None:
        return texts
    place = integer(texts.length)
    record = AbstractRecord((("index", place), ("score", number(0, math.inf)), ("text", texts.element)))
    return AbstractList(smallest(texts.length, n.high), record, texts.owner)


CODE_POINT: Final = 6
"""Characters of the longest JSON escape of one character: \\u001f."""

_SHOWN_NUMBER: Final = 25
"""The most characters of a number that is shown."""
_SHOWN_INT: Final = len("-9223372036854775808")
_SHOWN_BOOL: Final = len("false")

_FORMATTED_NUMBER: Final = len("-999,999,999,999,999,999,999.") + MOST_DECIMALS
"""The most characters of a number with commas between thousands."""

_CALENDAR: Final = 3_652_058
"""Days from the first day of the year 1 to the last of 9999."""

_ESCAPED: Final = 4
"""The most characters that one becomes in a pattern that matches it literally."""

DATE: Final = len("YYYY-MM-DD")
"""Characters of a date."""
_INPUT_NAME: Final = 4_096
"""The most characters of an input's name."""


def shown_chars(value: Abstract) -> AbstractText:
    """How a value is shown in a template."""
    match value:
        case AbstractText():
            return value
        case _:
            return text_of(digits(value), 1, made=changed())


def digits(value: Abstract) -> SizeBound:
    """The most characters of a number or a boolean that is shown. Of an Int it is by its limits, where no input decides
    them."""
    match value:
        case AbstractBool():
            return size_of(_SHOWN_BOOL)
        case AbstractNumber(low, high, is_int=True) if high.is_number and low != -math.inf:
            return size_of(min(_SHOWN_INT, max(len(str(int(limit))) for limit in (low, high.value))))
        case AbstractNumber(is_int=True):
            return size_of(_SHOWN_INT)
        case _:
            return size_of(_SHOWN_NUMBER)


TEXT: Final[dict[P, SizeTransfer]] = {
    P.TRIM: lambda text: part(text),
    P.LOWER: lambda text: _cased(text, WIDER_IN_LOWER),
    P.UPPER: lambda text: _cased(text, WIDER_IN_UPPER),
    P.CONTAINS: lambda *_: EITHER,
    P.STARTS_WITH: lambda *_: EITHER,
    P.ENDS_WITH: lambda *_: EITHER,
    P.MATCHES: lambda *_: EITHER,
    P.FIND: _find,
    P.FIND_ALL: lambda text, _part: uniform(text.chars, integer(text.chars)),
    P.REPLACE: _replace,
    P.REPEAT: _repeat,
    P.AROUND: lambda text, _position, radius: part(text, radius.high * 2),
    P.LINES: _lines,
    P.WORDS: _words,
    P.PARAGRAPHS: _words,
    P.SPLIT_ON: _split_on,
    P.JOIN: _join,
    P.CHUNK: _chunk,
    P.WINDOWS: _windows,
    P.SPLIT: _split,
    P.PACK: _pack,
    P.SECTIONS: _sections,
    P.SEARCH: _search,
    P.REPLACE_REGEX: _replace_regex,
    P.ESCAPE_REGEX: lambda text: text_of(
        text.chars * _ESCAPED, text.width, text.low, text.bytes * _ESCAPED, text.wide, made=changed(text)
    ),
    P.TO_TEXT: shown_chars,
    P.FORMAT_NUMBER: lambda _x, _digits=None: text_of(size_of(_FORMATTED_NUMBER), 1, 1, made=changed()),
    P.PARSE_DATE: lambda _text: AbstractOption(text_of(size_of(DATE), 1, DATE)),
    P.PARSE_DURATION: lambda _text: AbstractOption(number(0, math.inf)),
    P.DAYS_BETWEEN: lambda _a, _b: AbstractOption(number(-_CALENDAR, _CALENDAR, is_int=True)),
    P.ADD_DAYS: lambda _date, _n: AbstractOption(text_of(size_of(DATE), 1, DATE)),
    P.WEEKDAY: lambda _date: AbstractOption(number(1, 7, is_int=True)),
    P.MONTH: lambda _date: AbstractOption(number(1, 12, is_int=True)),
    P.SIMILARITY: lambda _a, _b: number(0, 1),
    P.RANK: _rank,
    P.WHERE: lambda quote: AbstractRecord(
        (("end", number(0, math.inf)), ("input", text_of(size_of(_INPUT_NAME))), ("start", number(0, math.inf)))
    ),
}
