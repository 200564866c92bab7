"""What a library function with a callback makes of its elements and the callback's results.

Owns the second half of `filter`, `group_by`, `sort_by` and their kin: a function of the elements and of all results, by
position. Pure and awaiting loops share it, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.compiled import charge
from lambda_rlm.eval.holding import strung
from lambda_rlm.eval.tariff import PAIR, SLOT
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P

Finish = Callable[..., Value]
Key = Callable[[Value], Value]


def finish(primitive: P, key: Key, weight: Callable[[Value], int], meter: Meter) -> Finish:
    """The second half of a library function. `key` makes a callback's result sortable or hashable, `weight` is its price."""
    plain = _PLAIN.get(primitive)
    if plain is not None:
        return plain
    match primitive:
        case P.FLAT_MAP:
            return lambda xs, results: strung(results, meter)
        case P.SORT_BY | P.SORT_DESC | P.TOP:
            return _sort(primitive, key, weight, meter)
        case P.MAX_BY | P.MIN_BY:
            return _extreme(max if primitive is P.MAX_BY else min, key, weight, meter)
        case P.UNIQUE_BY:
            return _unique(key, weight, meter)
        case P.GROUP_BY:
            return _group(key, weight, meter)
        case P.JOIN_BY:
            return _join(key, weight, meter)
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


def _keys(results: list[Value], key: Key, weight: Callable[[Value], int], meter: Meter) -> list[Value]:
    """The results as keys: weighed first, since hashing and comparing walk all of them."""
    meter.spend(sum(map(weight, results)))
    return [key(result) for result in results]


def _sort(primitive: P, key: Key, weight: Callable[[Value], int], meter: Meter) -> Finish:
    is_falling = primitive is not P.SORT_BY

    def run(xs: list[Value], results: list[Value], n: int | None = None) -> Value:
        keys = _keys(results, key, weight, meter)
        meter.spend(len(xs) * len(xs).bit_length())
        order = sorted(range(len(xs)), key=keys.__getitem__, reverse=is_falling)
        if n is not None:
            order = order[: max(0, n)]
        return [xs[at] for at in order]

    return run


def _extreme(choose: Callable[..., int], key: Key, weight: Callable[[Value], int], meter: Meter) -> Finish:
    def run(xs: list[Value], results: list[Value]) -> Value:
        if not xs:
            return None
        keys = _keys(results, key, weight, meter)
        return (xs[choose(range(len(xs)), key=keys.__getitem__)],)

    return run


def _unique(key: Key, weight: Callable[[Value], int], meter: Meter) -> Finish:
    def run(xs: list[Value], results: list[Value]) -> Value:
        first: dict[Value, Value] = {}
        for x, k in zip(xs, _keys(results, key, weight, meter), strict=True):
            first.setdefault(k, x)
        return list(first.values())

    return run


def _group(key: Key, weight: Callable[[Value], int], meter: Meter) -> Finish:
    def run(xs: list[Value], results: list[Value]) -> Value:
        groups: dict[Value, tuple[list[Value], Value]] = {}
        for x, result, k in zip(xs, results, _keys(results, key, weight, meter), strict=True):
            group = groups.get(k)
            if group is None:
                groups[k] = ([x], result)
            else:
                group[0].append(x)
        # fields in the order of their names: items, key
        return list(groups.values())

    return run


def _join(key: Key, weight: Callable[[Value], int], meter: Meter) -> Finish:
    def run(xs: list[Value], xs_results: list[Value], ys: list[Value], ys_results: list[Value]) -> Value:
        by_key: dict[Value, list[Value]] = {}
        for y, k in zip(ys, _keys(ys_results, key, weight, meter), strict=True):
            by_key.setdefault(k, []).append(y)
        matches = [by_key.get(k, ()) for k in _keys(xs_results, key, weight, meter)]
        n = sum(map(len, matches))
        charge(meter, 2 * n, (PAIR + SLOT) * n)
        return [(x, y) for x, partners in zip(xs, matches, strict=True) for y in partners]

    return run
