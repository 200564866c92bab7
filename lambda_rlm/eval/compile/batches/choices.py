"""Batches of what chooses: `and`, `or`, `if`, `match` on labels and numbers.

A branch that reads no text and charges nothing by itself may be evaluated for all elements, taken or not; any other is
evaluated for those alone for which it is taken, as one after the other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from lambda_rlm.eval.compile.batches.batch import Batch, Bounding, Bounds, Columns, batch_of_parts
from lambda_rlm.eval.compile.batches.terms import batch_of, characters
from lambda_rlm.eval.compile.compiled import Compiled
from lambda_rlm.eval.value import Value


def conjunction(op: str, parts: Sequence[Compiled]) -> Batch | None:
    """`a and b and …` or `a or b or …`."""
    whole = batch_of(parts[-1])
    for part in reversed(parts[:-1]):
        first = batch_of(part)
        whole = None if first is None or whole is None else _two(op, first, whole)
    return whole


def _two(op: str, first: Batch, second: Batch) -> Batch | None:
    x, y = first.values, second.values
    if second.is_calm(first.surely):
        combine = operator.or_ if op == "or" else operator.and_
        return batch_of_parts((first, second), lambda c: map(combine, x(c), y(c)))
    stop = op == "or"

    def values(c: Columns) -> Iterable[Value]:
        decided = list(x(c))
        rest = _of(second, c, [v is not stop for v in decided])
        return [stop if v is stop else next(rest) for v in decided]

    return batch_of_parts((first, second), values, surely=first.surely)


def _of(batch: Batch, c: Columns, chosen: Sequence[bool]) -> Iterator[Value]:
    """The values for the chosen elements alone."""
    inner = c.where(chosen)
    found = iter(list(batch.values(inner)))
    c.steps += inner.steps
    return found


def conditional(branches: Sequence[tuple[Compiled, Compiled]], otherwise: Compiled, *, is_int: bool) -> Batch | None:
    """`if c then a else if … else otherwise`; whether it gives an Int."""
    whole = batch_of(otherwise)
    for condition, result in reversed(branches):
        test, yes = batch_of(condition), batch_of(result)
        whole = None if test is None or yes is None or whole is None else _either(test, yes, whole, is_int=is_int)
    return whole


def _either(test: Batch, yes: Batch, no: Batch, *, is_int: bool) -> Batch | None:
    t, x, y = test.values, yes.values, no.values
    bounds = _together(test, [yes, no]) if is_int else None
    if yes.is_calm(test.surely) and no.is_calm(test.surely):
        return batch_of_parts(
            (test, yes, no), lambda c: [p if v else q for v, p, q in zip(t(c), x(c), y(c), strict=True)], bounds
        )

    def values(c: Columns) -> Iterable[Value]:
        decided = list(t(c))
        taken, left = _of(yes, c, decided), _of(no, c, [not v for v in decided])
        return [next(taken) if v else next(left) for v in decided]

    return batch_of_parts((test, yes, no), values, bounds, surely=test.surely)


def _together(subject: Batch, branches: Sequence[Batch]) -> Bounding | None:
    """The least and the greatest Int of any branch."""
    known = [branch.bounds for branch in branches if branch.bounds is not None]
    if len(known) < len(branches):
        return None

    def bounds(columns: Columns) -> Bounds:
        subject.check(columns)
        found = [one(columns) for one in known]
        return min([low for low, _ in found]), max([high for _, high in found])

    return bounds


def labels(subject: Compiled, is_text: bool, arms: Mapping[Any, Compiled], last: Compiled, *, is_int: bool) -> Batch | None:
    """`match` on Int, Bool, Text or an enumeration; `last` is for what is none of the keys; whether it gives an Int."""
    first, results = batch_of(subject), [batch_of(arm) for arm in (*arms.values(), last)]
    known = [result for result in results if result is not None and result.is_calm()]
    if first is None or len(known) < len(results):
        return None
    x, columns = first.values, [result.values for result in known]
    places = {key: at for at, key in enumerate(arms)}
    otherwise = len(places)
    constants = [arm.constant for arm in (*arms.values(), last)]
    table = {key: constants[at][0] for key, at in places.items() if constants[at] is not None}  # type: ignore[index]
    default = None if constants[-1] is None else constants[-1][0]
    keys: Callable[[Columns], Iterable[Any]] = (lambda c: characters(x(c))) if is_text else x

    def choose_constant(c: Columns) -> Iterable[Value]:
        find = table.get
        return [find(key, default) for key in keys(c)]

    def choose(c: Columns) -> Iterable[Value]:
        find = places.get
        made = zip(*[column(c) for column in columns], strict=True)
        return [row[find(key, otherwise)] for key, row in zip(keys(c), made, strict=True)]

    values = choose_constant if all(found is not None for found in constants) else choose
    bounds = _together(first, known) if is_int else None
    return batch_of_parts(
        (first, *known), values, bounds, reads=frozenset({(subject.slot, subject.field)}) if is_text else frozenset()
    )
