"""The library's loops over lists of records with two fields that are never made: the function finds the fields in two slots.

Owns `PAIR_LOOPS`. Promises the charges of the same loop over the records made, and their values in the same order; what has a
batch is gone through a row or a stretch at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, compress, islice, repeat
from typing import Final

from lambda_rlm.budget.meter import STRETCH, Meter
from lambda_rlm.eval.compile.batches.batch import Columns
from lambda_rlm.eval.compile.batches.loops import are_many, fits, made
from lambda_rlm.eval.compile.batches.terms import batch_of
from lambda_rlm.eval.compile.closures.pairs import PairList
from lambda_rlm.eval.compile.compiled import Callback, Frame, charge
from lambda_rlm.eval.holding import gathered, strung
from lambda_rlm.eval.tariff import PAIR
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P

PairLoop = Callable[[Frame, PairList], Value]
Segment = tuple[Iterable[Value], Sequence[Value], list[Value]]
"""First fields, second fields, and what the function gives for each pair of them."""


def _segments(f: Callback, meter: Meter) -> Callable[[Frame, PairList], Iterator[list[Segment]]]:
    """The results of a function, in stretches of segments, a look at the clock before each stretch."""
    (i, j), body, batch = f.slots, f.body.run, batch_of(f.body)

    def one_by_one(e: Frame, firsts: Iterable[Value], seconds: Sequence[Value]) -> list[Value]:
        return [body(e) for e[i], e[j] in zip(firsts, seconds, strict=False)]

    def of_row(e: Frame, first: Value, seconds: Sequence[Value]) -> Segment:
        found = None
        if batch is not None:
            e[i] = first
            found = made(batch, Columns(e, {j: seconds}, len(seconds)), meter)
            e[j] = seconds[-1]
        return repeat(first), seconds, one_by_one(e, repeat(first), seconds) if found is None else found

    def of_both(e: Frame, firsts: Sequence[Value], seconds: Sequence[Value]) -> Segment:
        found = None
        if batch is not None:
            found = made(batch, Columns(e, {i: firsts, j: seconds}, len(seconds)), meter)
            e[i], e[j] = firsts[-1], seconds[-1]
        return firsts, seconds, one_by_one(e, firsts, seconds) if found is None else found

    def stretches(e: Frame, pairs: PairList) -> Iterator[list[Segment]]:
        of = of_row if pairs.has_rows else of_both
        for stretch in pairs.stretches(STRETCH):
            meter.glance()
            yield [of(e, first, seconds) for first, seconds in stretch]

    return stretches


def _is_for_batches(f: Callback, e: Frame, pairs: PairList) -> bool:
    batch = batch_of(f.body)
    if batch is None or not are_many(len(pairs.second)):
        return False
    i, j = f.slots
    return fits(batch, Columns(e, {i: pairs.first, j: pairs.second}, len(pairs.second)))


def _looking(pairs: PairList, meter: Meter) -> Iterator[Iterator[tuple[Value, Value]]]:
    """The pairs in parts that a loop gets through in a moment, a look at the clock between them."""
    for _ in range(0, pairs.n, STRETCH):
        meter.glance()
        yield islice(pairs.records, STRETCH)


def _pair_map(f: Callback, steps: int, size: int, meter: Meter) -> PairLoop:
    (i, j), body, segments = f.slots, f.body.run, _segments(f, meter)

    def run(e: Frame, pairs: PairList) -> Value:
        n = pairs.n
        charge(meter, n * steps, n * size)
        if _is_for_batches(f, e, pairs):
            parts = (list(chain.from_iterable([results for _, _, results in stretch])) for stretch in segments(e, pairs))
        else:
            parts = ([body(e) for e[i], e[j] in part] for part in _looking(pairs, meter))
        return next(parts, []) if n <= STRETCH else gathered(parts, meter)

    return run


def _pair_filter(f: Callback, steps: int, size: int, meter: Meter) -> PairLoop:
    (i, j), body, segments = f.slots, f.body.run, _segments(f, meter)

    def sifted(stretch: list[Segment]) -> list[Value]:
        found: list[Value] = []
        for firsts, seconds, results in stretch:
            if True in results:
                kept = firsts if isinstance(firsts, repeat) else compress(firsts, results)
                found += zip(kept, compress(seconds, results), strict=False)
        return found

    def kept(e: Frame, pairs: PairList) -> Iterator[list[Value]]:
        if _is_for_batches(f, e, pairs):
            yield from map(sifted, segments(e, pairs))
        else:
            for part in _looking(pairs, meter):
                yield [(e[i], e[j]) for e[i], e[j] in part if body(e)]

    def charged(parts: Iterable[list[Value]]) -> Iterator[list[Value]]:
        for found in parts:
            charge(meter, 0, PAIR * len(found))
            yield found

    def run(e: Frame, pairs: PairList) -> Value:
        n = pairs.n
        charge(meter, n * steps, n * size)
        parts = charged(kept(e, pairs))
        return next(parts, []) if n <= STRETCH else gathered(parts, meter)

    return run


def _pair_count(f: Callback, steps: int, size: int, meter: Meter) -> PairLoop:
    (i, j), body, segments = f.slots, f.body.run, _segments(f, meter)

    def run(e: Frame, pairs: PairList) -> Value:
        charge(meter, pairs.n * steps, pairs.n * size)
        if _is_for_batches(f, e, pairs):
            return sum([results.count(True) for stretch in segments(e, pairs) for _, _, results in stretch])
        total = 0
        for part in _looking(pairs, meter):
            for e[i], e[j] in part:
                if body(e):
                    total += 1
        return total

    return run


def _pair_any(f: Callback, steps: int, size: int, meter: Meter) -> PairLoop:
    (i, j), body = f.slots, f.body.run

    def run(e: Frame, pairs: PairList) -> Value:
        charge(meter, pairs.n * steps, pairs.n * size)
        return any(body(e) for part in _looking(pairs, meter) for e[i], e[j] in part)

    return run


def _pair_all(f: Callback, steps: int, size: int, meter: Meter) -> PairLoop:
    (i, j), body = f.slots, f.body.run

    def run(e: Frame, pairs: PairList) -> Value:
        charge(meter, pairs.n * steps, pairs.n * size)
        return all(body(e) for part in _looking(pairs, meter) for e[i], e[j] in part)

    return run


def _pair_flat_map(f: Callback, steps: int, size: int, meter: Meter) -> PairLoop:
    (i, j), body = f.slots, f.body.run

    def run(e: Frame, pairs: PairList) -> Value:
        charge(meter, pairs.n * steps, pairs.n * size)

        def parts() -> Iterator[list[Value]]:
            for stretch in _looking(pairs, meter):
                for e[i], e[j] in stretch:
                    yield body(e)

        return strung(parts(), meter)

    return run


PAIR_LOOPS: Final[dict[P, Callable[[Callback, int, int, Meter], PairLoop]]] = {
    P.MAP: _pair_map,
    P.FILTER: _pair_filter,
    P.COUNT: _pair_count,
    P.ANY: _pair_any,
    P.ALL: _pair_all,
    P.FLAT_MAP: _pair_flat_map,
}
"""The loops over records with two fields that can do without making them."""


def pair_loop(primitive: P, f: Callback, each: tuple[int, int], meter: Meter) -> PairLoop:
    """A loop over records with two fields that are never made: the function reads the fields in two slots."""
    return PAIR_LOOPS[primitive](f, f.body.steps + each[0], f.body.bytes + each[1], meter)
