"""What a library function with a callback makes of its elements and the callback's results.

Owns the second half of `filter`, `group_by`, `sort_by` and their kin: a function of the elements and of all results, by
position. Pure and awaiting loops share it, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.holding import strung
from lambda_rlm.eval.library.keys import Keys, keys_of
from lambda_rlm.eval.library.lists import added, averaged
from lambda_rlm.eval.library.order import sequence_of
from lambda_rlm.eval.library.structure import is_text, weight
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import ENTRY, PAIR, SLOT
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Type

Finish = Callable[..., Value]
Key = Callable[[Value], Value]


def finish(primitive: P, results: Sequence[Type], meter: Meter, span: Span) -> Finish:
    """The second half of a library function whose callbacks give results of these types; its faults are at the span."""
    plain, result = _PLAIN.get(primitive), results[0]
    if plain is not None:
        return plain
    match primitive:
        case P.FLAT_MAP:
            return lambda xs, results: strung(results, meter)
        case P.SORT_BY | P.SORT_DESC | P.TOP:
            return _sort(primitive, _ordered(result), weight(result), meter)
        case P.MAX_BY | P.MIN_BY:
            return _extreme(primitive is P.MAX_BY, _ordered(result), weight(result), meter)
        case P.UNIQUE_BY:
            return _unique(keys_of(result), weight(result), meter)
        case P.GROUP_BY:
            return _group(keys_of(result), weight(result), meter)
        case P.SUM_BY:
            site = Site(primitive, (), results[1], span, meter)
            return _by_group(keys_of(result), weight(result), added(results[1], site), meter)
        case P.MEAN_BY:
            return _by_group(keys_of(result), weight(result), averaged(results[1]), meter)
        case P.JOIN_BY:
            return _join(keys_of(result), weight(result), meter)
        case _:
            raise ValueError(f"{primitive} has no second half")


def _partition(xs: list[Value], results: list[Value]) -> Value:
    no = [x for x, result in zip(xs, results, strict=True) if not result]
    return (no, list(compress(xs, results)))


_PLAIN: Final[dict[P, Finish]] = {
    P.MAP: lambda xs, results: results,
    P.FILTER: lambda xs, results: list(compress(xs, results)),
    P.PARTITION: _partition,
    P.ANY: lambda xs, results: any(results),
    P.ALL: lambda xs, results: all(results),
    P.COUNT: lambda xs, results: sum(results),
    P.FIND_FIRST: lambda xs, results: (xs[results.index(True)],) if True in results else None,
}
"""The second halves that charge nothing: neither keys nor copies of elements."""


def _weigh(results: list[Value], weigh: Callable[[Value], int], meter: Meter) -> int:
    """What all results weigh together."""
    return sum([sum(map(weigh, part)) for part in meter.stretches(results)])


def _ordered(result: Type) -> Key:
    """From a result to what has its order in Python."""
    return (lambda text: text.s) if is_text(result) else (lambda number: number)


def _sort(primitive: P, key: Key, weigh: Callable[[Value], int], meter: Meter) -> Finish:
    is_falling = primitive is not P.SORT_BY

    def run(xs: list[Value], results: list[Value], n: int | None = None) -> Value:
        # Each comparison may read two results from end to end.
        meter.spend(_weigh(results, weigh, meter) * (1 + len(xs).bit_length()))
        keys = [key(result) for part in meter.stretches(results) for result in part]
        order = sequence_of(keys, is_falling, meter)
        if n is not None:
            order = order[: max(0, n)]
        return [xs[at] for at in order]

    return run


def _extreme(is_largest: bool, key: Key, weigh: Callable[[Value], int], meter: Meter) -> Finish:
    choose: Callable[..., Value] = max if is_largest else min

    def run(xs: list[Value], results: list[Value]) -> Value:
        if not xs:
            return None
        meter.spend(_weigh(results, weigh, meter))
        keys = list(map(key, results))
        best = choose([choose(part) for part in meter.stretches(keys)])
        return (xs[keys.index(best)],)

    return run


def _unique(keys_in: Keys, weigh: Callable[[Value], int], meter: Meter) -> Finish:
    def run(xs: list[Value], results: list[Value]) -> Value:
        meter.spend(_weigh(results, weigh, meter))
        (keys,) = keys_in(results)
        first: dict[Value, Value] = {}
        for part, their_keys in zip(meter.stretches(xs), meter.stretches(keys), strict=True):
            for x, k in zip(part, their_keys, strict=True):
                first.setdefault(k, x)
        return list(first.values())

    return run


def _group(keys_in: Keys, weigh: Callable[[Value], int], meter: Meter) -> Finish:
    """Groups as records { items, key }."""

    def run(xs: list[Value], results: list[Value]) -> list[tuple[list[Value], Value]]:
        meter.spend(_weigh(results, weigh, meter))
        (keys,) = keys_in(results)
        groups: dict[Value, tuple[list[Value], Value]] = {}
        for part, theirs, their_keys in zip(meter.stretches(xs), meter.stretches(results), meter.stretches(keys), strict=True):
            for x, result, k in zip(part, theirs, their_keys, strict=True):
                group = groups.get(k)
                if group is None:
                    groups[k] = ([x], result)
                else:
                    group[0].append(x)
        return list(groups.values())

    return run


def _by_group(keys_in: Keys, weigh: Callable[[Value], int], of_all: Callable[..., Value], meter: Meter) -> Finish:
    """Records { key, … } with a number made of the numbers of each group."""
    group = _group(keys_in, weigh, meter)

    def run(xs: list[Value], results: list[Value], numbers: list[Value]) -> Value:
        return [(key, of_all(items)) for part in meter.stretches(group(numbers, results)) for items, key in part]

    return run


def _join(keys_in: Keys, weigh: Callable[[Value], int], meter: Meter) -> Finish:
    def run(xs: list[Value], xs_results: list[Value], ys: list[Value], ys_results: list[Value]) -> Value:
        meter.spend(_weigh(ys_results, weigh, meter) + _weigh(xs_results, weigh, meter))
        meter.allocate(ENTRY * (len(xs) + len(ys)))
        xs_keys, ys_keys = keys_in(xs_results, ys_results)
        by_key: dict[Value, list[Value]] = {}
        for part, their_keys in zip(meter.stretches(ys), meter.stretches(ys_keys), strict=True):
            for y, k in zip(part, their_keys, strict=True):
                by_key.setdefault(k, []).append(y)
        matches = [by_key.get(k, ()) for k in xs_keys]
        n = sum(map(len, matches))
        meter.spend(2 * n)
        meter.allocate((PAIR + SLOT) * n)
        rows = list(zip(xs, matches, strict=True))
        return [(x, y) for part in meter.stretches(rows) for x, partners in part for y in partners]

    return run
