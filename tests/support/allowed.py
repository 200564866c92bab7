"""Whether an abstract value allows for a value: every size at most its limit, each element of a list and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from lambda_rlm.bounds.domain.abstract import (
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractText,
    seen,
)
from lambda_rlm.bounds.domain.size import SizeBound, peak
from lambda_rlm.bounds.domain.totals import total
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Vocabulary
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.value import Text, pieces_of

Lists = tuple[AbstractList, ...]
"""The lists around a place, from the outside in. Values at a place come in as many Python lists inside each other."""


def disallowed(abstract: Abstract, value: Any, vocabulary: Vocabulary | None = None) -> list[str]:
    """What of a run-time value the abstract value does not allow for, by place; texts also in the tokens of a vocabulary."""
    return list(_disallowed(seen(abstract), value, (), "value", vocabulary))


def _disallowed(abstract: Abstract, values: Any, lists: Lists, name: str, vocabulary: Vocabulary | None) -> Iterator[str]:
    depth = len(lists)

    def each(read: Callable[[Any], Any], at: int = depth) -> Any:
        return _mapped(values, at, read)

    def sized(size: SizeBound, read: Callable[[Any], Any], what: str) -> Iterator[str]:
        if not _fits(size, each(read), lists):
            yield f"{name} {what}: {each(read)}, at most {size.value}"

    def at_least(low: float, read: Callable[[Any], Any], what: str) -> Iterator[str]:
        if any(number < low for number in _flat(each(read), depth)):
            yield f"{name} {what}: {each(read)}, at least {low}"

    match abstract:
        case AbstractNumber(low, high, is_int):
            if is_int and not all(isinstance(number, int) for number in _flat(values, depth)):
                yield f"{name} int: surely"
            yield from at_least(low, lambda number: number, "low")
            yield from sized(high, lambda number: max(0, number), "high")
        case AbstractText(chars, bytes_, width, low):
            yield from sized(chars, lambda text: text.n, "chars")
            yield from sized(bytes_, lambda text: sum(_widths(text)), "bytes")
            yield from sized(abstract.wide, lambda text: sum(_widths(text)) - text.n, "wide")
            yield from at_least(low, lambda text: text.n, "low")
            if any(number > width for number in _flat(each(lambda text: max(_widths(text), default=0)), depth)):
                yield f"{name} width: more than {width}"
            blocks, is_worded = abstract.made.blocks, abstract.made.is_worded
            if any(_blocks(text) > blocks for text in _flat(values, depth)):
                yield f"{name} blocks: more than {blocks}"
            if not is_worded and any(_is_worded(text) for text in _flat(values, depth)):
                yield f"{name} worded: surely not"
            if vocabulary is not None:
                yield from sized(abstract.tokens, lambda text: _tokens(text, vocabulary), "tokens")
                piece = abstract.made.piece
                for text, limit in ((text, abstract.tokens.value + 2 * piece) for text in _flat(values, depth)):
                    if any(vocabulary.size(part).tokens > limit for part in _parts(text.s)):
                        yield f"{name} part: more than {limit}"
        case AbstractOption(inner):
            present = _filtered(values, depth)
            if inner is None and any(True for _ in _flat(present, depth)):
                yield f"{name} present: surely none"
            elif inner is not None:
                yield from _disallowed(inner, _mapped(present, depth, lambda option: option[0]), lists, f"{name}?", vocabulary)
        case AbstractRecord(fields):
            for index, (field, part) in enumerate(fields):
                yield from _disallowed(part, each(itemgetter(index)), lists, f"{name}.{field}", vocabulary)
        case AbstractBool(truth):
            if truth is not None and any(found is not truth for found in _flat(values, depth)):
                yield f"{name}: surely {truth}"
        case AbstractList(length, element, _, low):
            yield from sized(length, len, "length")
            yield from at_least(low, len, "low")
            if element is not None:
                yield from _disallowed(element, values, (*lists, abstract), f"{name}[]", vocabulary)


def _fits(size: SizeBound, numbers: Any, lists: Lists) -> bool:
    """Numbers at a place are within a size: the largest of each list within its peak, the sum of each within its total."""
    if not lists:
        return bool(numbers is None or numbers <= size.value)
    list_, depth = lists[-1], len(lists) - 1
    largest = _mapped(numbers, depth, lambda group: max(group, default=0))
    summed = _mapped(numbers, depth, sum)
    return _fits(peak(size, list_.owner), largest, lists[:-1]) and _fits(
        total(size, list_.length, list_.owner), summed, lists[:-1]
    )


def _mapped(values: Any, depth: int, change: Callable[[Any], Any]) -> Any:
    """Values that are `depth` lists deep, changed; None stays for one that is not there."""
    if depth == 0:
        return None if values is None else change(values)
    return [_mapped(value, depth - 1, change) for value in values]


def _filtered(values: Any, depth: int) -> Any:
    """Values without those that are None."""
    if depth == 0:
        return values
    return [_filtered(value, depth - 1) for value in values if depth > 1 or value is not None]


def _flat(values: Any, depth: int) -> Iterator[Any]:
    if depth == 0:
        yield from () if values is None else (values,)
        return
    for value in values:
        yield from _flat(value, depth - 1)


def _blocks(text: Text) -> int:
    return sum(part.is_data for part in prompt_of(text, Meter(Budget())).parts)


def _is_worded(text: Text) -> bool:
    return any(piece.origin is None and any(map(str.isalpha, piece.s)) for piece in pieces_of(text))


def _tokens(text: Text, vocabulary: Vocabulary) -> int:
    """What a text comes to wherever it is put, with the marks between its pieces."""
    return sum(vocabulary.size(part.text).tokens for part in prompt_of(text, Meter(Budget())).parts)


def _parts(s: str) -> Iterator[str]:
    """Some of its parts: beginnings, ends, and what is between."""
    step = max(1, len(s) // 7)
    for start in range(0, len(s), step):
        yield s[:start]
        yield s[start:]
        yield s[start : start + 2 * step]


def _widths(text: Text) -> list[int]:
    return [len(character.encode("utf-8", "surrogatepass")) for character in text.s]
