"""The sizes of an abstract value as a row of numbers, and a value of the same shape from such a row.

Loops are solved on these rows: an accumulator is its shape and its sizes. A size that varies over the elements of a list counts
twice, as its peak and as its sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from lambda_rlm.bounds.domain.abstract import (
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractText,
    Makeup,
    mapped,
    seen,
)
from lambda_rlm.bounds.domain.size import ZERO, SizeBound, depends, peak, size_of
from lambda_rlm.bounds.domain.totals import fresh, symbol, total
from lambda_rlm.limits import MOST_BLOCKS


def sizes(value: Abstract | None, shape: Abstract) -> list[SizeBound]:
    """The sizes of a value, in the places that `shape` has; 0 for what the value surely lacks."""
    value = None if value is None else seen(value)
    match shape:
        case AbstractNumber():
            return [value.high if isinstance(value, AbstractNumber) else ZERO]
        case AbstractText():
            counted = shape.made.counted is not None
            if not isinstance(value, AbstractText):
                return [ZERO] * (4 if counted else 3)
            return [value.chars, value.bytes, value.wide, *([value.tokens] if counted else [])]
        case AbstractOption(inner):
            return [] if inner is None else sizes(value.inner if isinstance(value, AbstractOption) else None, inner)
        case AbstractRecord(fields):
            inside = dict(value.fields) if isinstance(value, AbstractRecord) else {}
            return [size for name, field in fields for size in sizes(inside.get(name), field)]
        case AbstractList(element=element):
            if element is None:
                return [value.length if isinstance(value, AbstractList) else ZERO]
            if not isinstance(value, AbstractList) or value.element is None:
                return [ZERO] * (1 + 2 * len(sizes(element, element)))
            row = [value.length]
            for size in sizes(value.element, element):
                row += [peak(size, value.owner), total(size, value.length, value.owner)]
            return row
        case _:
            return []


def with_sizes(shape: Abstract, row: Iterator[SizeBound]) -> Abstract:
    """The value of this shape with these sizes; it promises nothing from below."""
    match shape:
        case AbstractNumber(low=low, is_int=is_int):
            return AbstractNumber(low, next(row), is_int)
        case AbstractText(width=width, made=made):
            chars, bytes_, beyond = next(row), next(row), next(row)
            made = made._replace(counted=None if made.counted is None else next(row), most=None, cut=None)
            return AbstractText(chars, bytes_, width, 0, beyond, made)
        case AbstractOption(inner):
            return shape if inner is None else AbstractOption(with_sizes(inner, row))
        case AbstractRecord(fields):
            return AbstractRecord(tuple((name, with_sizes(field, row)) for name, field in fields))
        case AbstractList(element=element):
            length = next(row)
            if element is None:
                return AbstractList(length, None, 0)
            owner = fresh()
            inner_sizes = []
            for _ in sizes(element, element):
                highest, sum_ = next(row), next(row)
                inner_sizes.append(symbol(highest, sum_, owner))
            return AbstractList(length, with_sizes(element, iter(inner_sizes)), owner, 0)
        case _:
            return shape


def without_low(shape: Abstract) -> Abstract:
    """The same with nothing promised from below."""
    match shape:
        case AbstractNumber(high=high, is_int=is_int):
            return AbstractNumber(high=high, is_int=is_int)
        case AbstractText(chars, bytes_, width, _, _, made):
            return AbstractText(chars, bytes_, width, 0, made=made)
        case AbstractOption(inner):
            return shape if inner is None else AbstractOption(without_low(inner))
        case AbstractRecord(fields):
            return AbstractRecord(tuple((name, without_low(field)) for name, field in fields))
        case AbstractList(length, element, owner, _):
            return AbstractList(length, None if element is None else without_low(element), owner, 0)
        case _:
            return shape


def without_growth(before: Abstract, after: Abstract) -> Abstract:
    """A shape in which each text whose stretches of data grew has as many as a prompt may have."""
    match before, after:
        case AbstractText(), AbstractText(made=made) if made.blocks > before.made.blocks:
            return replace(after, made=made._replace(blocks=MOST_BLOCKS))
        case AbstractOption(), AbstractOption() if before.inner is not None and after.inner is not None:
            return AbstractOption(without_growth(before.inner, after.inner))
        case AbstractRecord(), AbstractRecord():
            pairs = zip(before.fields, after.fields, strict=True)
            return AbstractRecord(tuple((name, without_growth(a, b)) for (_, a), (name, b) in pairs))
        case AbstractList(), AbstractList() if before.element is not None and after.element is not None:
            return replace(after, element=without_growth(before.element, after.element))
        case _:
            return after


def lows(value: Abstract) -> list[float]:
    """What numbers are at least, in order."""
    match value:
        case AbstractNumber(low=low):
            return [low]
        case AbstractOption(inner):
            return [] if inner is None else lows(inner)
        case AbstractRecord(fields):
            return [low for _, field in fields for low in lows(field)]
        case AbstractList(element=element):
            return [] if element is None else lows(element)
        case _:
            return []


def signature(value: Abstract) -> object:
    """Equal for values that are alike in every size and limit, whoever owns their symbols."""
    return _shape_of(value), tuple([size.value for size in sizes(value, value)])


def _shape_of(value: Abstract | None) -> object:
    match value:
        case AbstractNumber(low=low, is_int=is_int):
            return low, is_int
        case AbstractText(width=width, low=low, made=made):
            return width, low, made._replace(counted=None, cut=None)
        case AbstractOption(inner):
            return ("option", _shape_of(inner))
        case AbstractRecord(fields):
            return tuple([(name, _shape_of(field)) for name, field in fields])
        case AbstractList(element=element, low=low):
            return low, _shape_of(element)
        case AbstractBool(truth):
            return ("bool", truth)
        case _:
            return value


def covers(shape: Abstract | None, value: Abstract | None) -> bool:
    """Every place and every limit from below that the value has, the shape allows for; sizes are not compared."""
    match shape, value:
        case _, None:
            return True
        case AbstractNumber(), AbstractNumber():
            return value.low >= shape.low and value.is_int >= shape.is_int
        case AbstractText(), AbstractText():
            return value.width <= shape.width and _is_made_within(value.made, shape.made)
        case AbstractOption(), AbstractOption():
            return covers(shape.inner, value.inner)
        case AbstractRecord(), AbstractRecord():
            return all(covers(a, b) for (_, a), (_, b) in zip(shape.fields, value.fields, strict=True))
        case AbstractList(), AbstractList():
            return value.element is None or (shape.element is not None and covers(shape.element, value.element))
        case AbstractBool(), AbstractBool():
            return shape.value is None or shape.value is value.value
        case _:
            return shape is not None


def _is_made_within(made: Makeup, shape: Makeup) -> bool:
    """What the sizes of a text do not say, the shape allows for."""
    return made.piece <= shape.piece and made.blocks <= shape.blocks and made.is_worded <= shape.is_worded


def settled(value: Abstract) -> Abstract:
    """A value with every size replaced by its number, and nothing that its signature does not tell."""
    return _told_apart(mapped(value, lambda size: size_of(size.value)))


def _told_apart(value: Abstract) -> Abstract:
    """A value whose sizes share no sum, and whose texts are cut as any."""
    match value:
        case AbstractText(made=made):
            return replace(value, made=made._replace(cut=None))
        case AbstractOption(inner) if inner is not None:
            return AbstractOption(_told_apart(inner))
        case AbstractRecord(fields):
            return AbstractRecord(tuple((name, _told_apart(field)) for name, field in fields))
        case AbstractList(length, element, owner, low) if element is not None:
            own = fresh()

            def alone(size: SizeBound) -> SizeBound:
                if not depends(size, owner):
                    return size
                return symbol(peak(size, owner), total(size, length, owner), own)

            return AbstractList(length, mapped(_told_apart(element), alone), own, low)
        case _:
            return value


def length_of(value: Abstract) -> float:
    match value:
        case AbstractText(chars=size) | AbstractList(length=size):
            return size.value
        case _:
            return math.inf
