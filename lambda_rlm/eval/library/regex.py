"""The library's functions of regular expressions.

Promises: matches of a span are spans; positions are in characters; the text is charged by its length before it is searched, and
by what was read past each match, where the pattern makes the engine look far ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from lambda_rlm.budget.meter import LARGE, Meter
from lambda_rlm.eval import wording
from lambda_rlm.eval.holding import gathered
from lambda_rlm.eval.library.characters import LINE_END, LINE_ENDS
from lambda_rlm.eval.library.engine import KEPT_STORAGE, Pattern, Subject, characters_of, chooser, compiled, literal_pattern
from lambda_rlm.eval.library.extent import BATCH, copied, extent
from lambda_rlm.eval.library.literal import escaped
from lambda_rlm.eval.library.machine import BadPattern, Charge, Spans, decoded, encoded
from lambda_rlm.eval.library.occurrence import FEW, first
from lambda_rlm.eval.provenance.derived import derived
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF, Price
from lambda_rlm.eval.value import EMPTY_TEXT, Passage, Text, Value
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.limits import MOST_MATCHES

Function = Callable[..., Value]
Record = tuple[int, list[Text], int, Text]
_LONGEST_ESCAPE: Final = 4
"""Characters that one character of a text becomes in a pattern, at most."""

_PART: Final = 1 << 18
"""Characters that are escaped at a time."""

_SHORT: Final = 1024
"""Characters up to which a text is searched without a look at the clock: what it costs is looked at with the steps."""

_REFERENCE = late_pattern(r"\\(\d|\\)")


def matches(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]
    call, least = price.call, price.kilo
    choose = chooser(site)

    def occurs(text: Text, pattern: Text) -> bool:
        chosen = choose(pattern)
        meter.spend(call + (chosen.kilo(least, with_groups=False) * text.n + 1023 >> 10))
        if chosen.literal is not None:
            s, begin, end = extent(text)
            return first(s, chosen.literal, begin, end) >= 0
        return occurring(chosen, characters_of(text), site)

    fixed = literal_pattern(site)
    return occurs if fixed is None else _literally(site, fixed)


def occurring(pattern: Pattern, s: str, site: Site) -> bool:
    """Whether a pattern occurs in a text that has been charged for."""
    if len(s) <= pattern.most and s.isascii():
        return pattern.brief(s) is not None
    try:
        return pattern.occurs(s, looking_at(site), site.meter)
    except BadPattern as bad:
        raise wording.bad_pattern(site.span, site.primitive, bad) from None


def looking_at(site: Site) -> Charge:
    """Looks at the clock between the parts of a long text."""
    return lambda _: site.meter.glance()


def _literally(site: Site, source: str) -> Function:
    """`matches` with a literal pattern, compiled at the first use: the kernel of most filters, so nothing is asked twice."""
    meter, price = site.meter, TARIFF[site.primitive]
    call, kilo = price.call, price.kilo
    chosen: Pattern | None = None
    most = -1
    brief: Callable[[str], object] = len
    literal: str | None = None

    def occurs(text: Text, _: Text) -> bool:
        nonlocal chosen, most, brief, literal, kilo
        n = text.n
        if chosen is None:
            meter.allocate(KEPT_STORAGE)
            chosen = compiled(source, site)
            meter.spend(chosen.size)
            most, brief, literal = chosen.most, chosen.brief, chosen.literal
            kilo = chosen.kilo(kilo, with_groups=False)
        meter.fuel -= call + (kilo * n + 1023 >> 10)
        if meter.fuel < 0:
            meter.out_of_fuel()
        start = text.start
        if literal is not None:
            if n * len(literal) > FEW:
                s, begin, end = extent(text)
                return first(s, literal, begin, end) >= 0
            return text.origin.text.find(literal, start, start + n) >= 0 if start >= 0 else literal in text.s  # type: ignore[union-attr]
        s = text.origin.text[start : start + n] if start >= 0 else text.s  # type: ignore[union-attr]
        if n <= most and s.isascii():
            return brief(s) is not None
        return occurring(chosen, s, site)

    return occurs


def _charged(matches: Iterator[Spans], site: Site) -> Iterator[Spans]:
    """The matches, charged a batch at a time; more than the bound are a fault, and a text that cannot be searched."""
    try:
        yield from _charged_batches(matches, site)
    except BadPattern as bad:
        raise wording.bad_pattern(site.span, site.primitive, bad) from None


def _charged_batches(matches: Iterator[Spans], site: Site) -> Iterator[Spans]:
    meter, price = site.meter, TARIFF[site.primitive]
    count = 0
    while batch := list(islice(matches, BATCH)):
        meter.glance()
        count += len(batch)
        if count > MOST_MATCHES:
            raise wording.too_many_matches(site.span, site.primitive, MOST_MATCHES)
        meter.spend(price.made * len(batch) * len(batch[0]))
        meter.allocate(price.storage_made * len(batch) * len(batch[0]))
        yield from batch


def _subject(pattern: Pattern, s: str, site: Site) -> Subject:
    """A text, ready to be searched; that it cannot be is a fault."""
    try:
        return pattern.subject(s, _ahead(site, pattern), site.meter)
    except BadPattern as bad:
        raise wording.bad_pattern(site.span, site.primitive, bad) from None


def _ahead(site: Site, pattern: Pattern) -> Charge:
    """Charges what was read past a match, before the next is looked for; looks at the clock between parts of a text."""
    meter, ahead = site.meter, pattern.kilo(TARIFF[site.primitive].ahead, with_groups=True)

    def charge(size: int) -> None:
        if size:
            meter.spend(ahead * size + 1023 >> 10)
        else:
            meter.glance()

    return charge


def _searched(price: Price, pattern: Pattern, characters: int) -> int:
    """Steps for searching a text of a length from its beginning to its end."""
    return price.call + (pattern.kilo(price.kilo, with_groups=True) * characters + 1023 >> 10)


def search(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]
    choose, short = chooser(site), _searched_short(site)
    call, storage = price.call, price.storage()
    last: Pattern | None = None
    kilo = 0

    def search_text(text: Text, pattern: Text) -> list[Record]:
        """Records { end, groups, start, text }."""
        nonlocal last, kilo
        chosen, n = choose(pattern), text.n
        if chosen is not last:
            last, kilo = chosen, chosen.kilo(price.kilo, with_groups=True)
        meter.fuel -= call + (kilo * n + 1023 >> 10)
        if meter.fuel < 0:
            meter.out_of_fuel()
        meter.allocate(storage)
        start = text.start  # `characters_of` written out, as for `matches`
        s = text.origin.text[start : start + n] if start >= 0 else text.s  # type: ignore[union-attr]
        if n <= _SHORT and n <= chosen.reach and s.isascii() and not chosen.code.is_needed(s):
            return short(chosen, text, s)
        return _searched_long(site, chosen, text, s)

    return search_text


def _searched_long(site: Site, chosen: Pattern, text: Text, s: str) -> list[Record]:
    meter, price = site.meter, TARIFF[site.primitive]
    subject = _subject(chosen, s, site)
    is_copy = copied(text, 1)

    def record(spans: Spans) -> Record:
        (start, end), *groups = spans
        if is_copy:
            meter.allocate(price.storage_written * (end - start) * len(spans))
        parts = [EMPTY_TEXT if begin < 0 else text.cut(begin, stop) for begin, stop in groups]
        return end, parts, start, text.cut(start, end)

    found = _charged(subject.matches(), site)
    return gathered(iter(lambda: [record(spans) for spans in islice(found, BATCH)], []), meter)


def _searched_short(site: Site) -> Callable[[Pattern, Text, str], list[Record]]:
    """`search` in a short ASCII text that the engine reads as it is: the same values and charges as of any other, without the
    objects that follow a long one. A log has a hundred thousand lines."""
    meter, price = site.meter, TARIFF[site.primitive]
    made, stored, written = price.made, price.storage_made, price.storage_written
    last: Pattern | None = None
    ahead: Charge = meter.spend

    def searched(chosen: Pattern, text: Text, s: str) -> list[Record]:
        nonlocal last, ahead
        if chosen is not last:
            last, ahead = chosen, _ahead(site, chosen)
        found = chosen.all_in_short(s.encode(), ahead, chosen.needed_bytes)
        if not found:
            return []
        size = len(found) * len(found[0])
        meter.spend(made * size)
        meter.allocate(stored * size)
        if (base := text.start) >= 0:
            return _records_of_span(text, base, found)
        cut, is_copy = text.cut, copied(text, 1)
        records: list[Record] = []
        for spans in found:
            start, end = spans[0]
            if is_copy:
                meter.allocate(written * (end - start) * len(spans))
            parts = [EMPTY_TEXT if begin < 0 else cut(begin, stop) for begin, stop in spans[1:]]
            records.append((end, parts, start, cut(start, end)))
        return records

    return searched


def _records_of_span(text: Text, base: int, found: list[Spans]) -> list[Record]:
    """The matches in a span of a document, itself where a match is all of it; as `Text.cut` would cut them."""
    document, n, new = text.origin, text.n, Passage.__new__
    records: list[Record] = []
    for spans in found:
        parts = []
        for begin, stop in spans:
            if begin < 0:
                parts.append(EMPTY_TEXT)
            elif stop - begin == n:
                parts.append(text)
            else:
                part = new(Passage)
                part.n = stop - begin
                part.origin = document
                part.start = base + begin
                parts.append(part)
        start, end = spans[0]
        records.append((end, parts[1:], start, parts[0]))
    return records


def replace_regex(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]
    choose = chooser(site)

    def replace_matches(text: Text, pattern: Text, new: Text) -> Text:
        chosen = choose(pattern)
        meter.spend(_searched(price, chosen, text.n + new.n))
        template = _template(new.s, chosen, site)
        s = characters_of(text)
        subject = _subject(chosen, s, site)
        out = bytearray()
        position = 0
        is_changed = False
        for spans in _charged(subject.matches(), site):
            start, end = spans[0]
            grown = _expanded(template, spans, s)
            between = encoded(s[position:start])
            size = len(between) + len(grown)
            meter.allocate(price.storage_written * size, size)
            if len(out) > LARGE:
                meter.storage.make_room(2 * (len(out) + size))
            out += between
            out += grown
            position, is_changed = end, True
        if not is_changed:
            return text
        rest = encoded(s[position:])
        meter.allocate(price.storage_call + price.storage_written * len(rest), 2 * (len(out) + len(rest)))
        out += rest
        return derived(decoded(out), meter, text, new)

    return replace_matches


def _template(new: str, pattern: Pattern, site: Site) -> list[bytes | int]:
    """The replacement as literal parts and numbers of groups; `\\\\` is a backslash, any other escape stands for itself."""
    parts: list[bytes | int] = []
    position = 0
    for reference in _REFERENCE.finditer(new):
        parts.append(encoded(new[position : reference.start()]))
        which = reference[1]
        if which == "\\":
            parts.append(b"\\")
        elif int(which) > pattern.groups:
            raise wording.no_such_group(site.span, which, pattern.groups)
        else:
            parts.append(int(which))
        position = reference.end()
    parts.append(encoded(new[position:]))
    return parts


def _expanded(template: list[bytes | int], spans: Spans, s: str) -> bytes:
    if len(template) == 1:
        return template[0]  # type: ignore[return-value]
    return b"".join(
        [part if isinstance(part, bytes) else encoded(s[max(0, spans[part][0]) : max(0, spans[part][1])]) for part in template]
    )


def sections(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]
    choose = chooser(site, is_multi_line=True)

    def text_sections(text: Text, pattern: Text) -> list[tuple[Text, int, Text, int]]:
        """Records { body, end, head, start }."""
        chosen = choose(pattern)
        meter.spend(_searched(price, chosen, text.n))
        meter.allocate(price.storage())
        s = characters_of(text)
        lines = _HeadLines(s)
        begins = _subject(chosen, s, site).apart(lines.next_place)
        meter.allocate(price.storage_written * copied(text, text.n))
        found = _sections(text, lines.counted(_charged(([(begin, begin)] for begin in begins), site)))
        return gathered(iter(lambda: list(islice(found, BATCH)), []), meter)

    return text_sections


class _HeadLines:
    """The lines in which a match begins, each once: where it begins and ends, and where the next one begins."""

    def __init__(self, s: str) -> None:
        self._heads = deque[tuple[int, int, int]]()
        self._s = s
        self._ends = [c for c in LINE_ENDS if c in s]
        self._position = 0

    def next_place(self, begin: int) -> int:
        """Notes the line in which a match begins; where the next line begins."""
        s, n, position = self._s, len(self._s), self._position
        if begin == n and s[-1] in LINE_ENDS:
            return n
        if self._ends == ["\n"]:
            start = s.rfind("\n", position, begin) + 1 or position
            stop = s.find("\n", begin)
            stop, after = (stop, stop + 1) if stop >= 0 else (n, n)
        else:
            if begin > position and s[begin - 1 : begin + 1] == "\r\n":
                begin -= 1
            start = max([position, *[s.rfind(end, position, begin) + 1 for end in self._ends]])
            line_end = LINE_END.search(s, begin)
            stop, after = (n, n) if line_end is None else line_end.span()
        self._heads.append((start, stop, after))
        self._position = after
        return after

    def counted(self, matches: Iterable[object]) -> Iterator[tuple[int, int, int]]:
        """The lines that are noted while matches are looked for, each given once and not kept."""
        for _ in matches:
            while self._heads:
                yield self._heads.popleft()
        yield from self._heads


def _sections(text: Text, heads: Iterable[tuple[int, int, int]]) -> Iterator[tuple[Text, int, Text, int]]:
    """The section of each head, and what is before the first one."""
    head, start, after = EMPTY_TEXT, 0, 0
    for begin, line_end, behind in heads:
        if begin:
            yield text.cut(after, begin), begin, head, start
        head, start, after = text.cut(begin, line_end), begin, behind
    if text.n:
        yield text.cut(after, text.n), text.n, head, start


def _parts(s: str, meter: Meter) -> Iterator[str]:
    """A text in parts that are worked through in a moment, a look at the clock between them."""
    for at in range(0, len(s), _PART):
        meter.glance()
        yield s[at : at + _PART]


def escape_regex(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def escape(text: Text) -> Text:
        meter.spend(price.steps(characters=text.n))
        meter.allocate(price.storage(written=_LONGEST_ESCAPE * text.n), 2 * text.memory())
        s = text.s
        return derived("".join([escaped(part) for part in _parts(s, meter)]), meter, text)

    return escape
