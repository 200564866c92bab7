"""What works on texts and lists alike: lengths, slices, the other way round. Slices clamp and never fail."""

from __future__ import annotations

from collections.abc import Callable

from lambda_rlm.eval.library.extent import copied
from lambda_rlm.eval.library.structure import is_text
from lambda_rlm.eval.provenance.cuts import CUTTING
from lambda_rlm.eval.provenance.derived import derived
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import EMPTY_TEXT, Passage, Text, Value

Function = Callable[..., Value]
_new = Passage.__new__
Place = Callable[..., tuple[int, int]]
"""From the length and the numbers given, where a slice begins and ends; the slicer clamps."""


def length(site: Site) -> Function:
    meter, call = site.meter, TARIFF[site.primitive].call

    def text_length(text: Text) -> int:
        meter.spend(call)
        return text.n

    def list_length(items: list[Value]) -> int:
        meter.spend(call)
        return len(items)

    return text_length if is_text(site.parameters[0]) else list_length


def is_empty(site: Site) -> Function:
    count = length(site)
    return lambda value: not count(value)


def _slicer(place: Place) -> Callable[[Site], Function]:
    return lambda site: (_text_slicer if is_text(site.parameters[0]) else _list_slicer)(place, site)


def _text_slicer(place: Place, site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter
    call, header, rate = price.call, price.storage_call, price.storage_written
    cuts = site.cuts if site.primitive in CUTTING else None

    def slice_text(text: Text, *numbers: int) -> Text:
        n = text.n
        start, end = place(n, *numbers)
        start = start if start > 0 else 0
        end = end if end < n else n
        meter.fuel -= call
        if meter.fuel < 0:
            meter.out_of_fuel()
        if start >= end:
            return EMPTY_TEXT
        if end - start == n:
            return text
        if text.start < 0:
            size = copied(text, end - start)
            meter.allocate(header + rate * size, 2 * size)
            kept = text.cut(start, end)
            if cuts is not None:
                cuts.note(text, kept)
            return kept
        meter.memory -= header
        if meter.memory < 0:
            meter.out_of_memory()
        # As `span_of`, without a call.
        span = _new(Passage)
        span.n = end - start
        span.origin = text.origin
        span.start = text.start + start
        if cuts is not None:
            cuts.note(text, span)
        return span

    return slice_text


def _list_slicer(place: Place, site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter
    call, each, header, slot = price.call, price.made, price.storage_call, price.storage_made

    def slice_list(items: list[Value], *numbers: int) -> list[Value]:
        n = len(items)
        start, end = place(n, *numbers)
        start = start if start > 0 else 0
        end = end if end < n else n
        length = end - start if end > start else 0
        meter.fuel -= call + each * length
        if meter.fuel < 0:
            meter.out_of_fuel()
        if length == n:
            return items
        meter.allocate(header + slot * length)
        return items[start : start + length]

    return slice_list


take = _slicer(lambda n, count: (0, count))
drop = _slicer(lambda n, count: (count, n))
take_last = _slicer(lambda n, count: (n - max(0, count), n))
slice_between = _slicer(lambda n, start, end: (start, end))
around = _slicer(lambda n, position, radius: (position - radius, position + radius))


def reverse(site: Site) -> Function:
    price, meter = TARIFF[site.primitive], site.meter

    def reverse_text(text: Text) -> Text:
        meter.spend(price.steps(characters=text.n))
        meter.allocate(price.storage(written=text.n), text.n)
        return derived(text.s[::-1], meter, text)

    def reverse_list(items: list[Value]) -> list[Value]:
        meter.spend(price.steps(made=len(items)))
        meter.allocate(price.storage(made=len(items)))
        return items[::-1]

    return reverse_text if is_text(site.parameters[0]) else reverse_list
