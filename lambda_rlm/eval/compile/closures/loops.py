"""The library's loops over pure functions, run in the frame of their caller.

Owns the fused loops and `loop`, which chooses one. A loop is a callable of the frame and the values of the arguments that are
no functions. Promises: the static cost of the function times the number of elements is charged at once, before the first; what
the function charges by itself comes on top; the order of evaluation is that of the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import compress
from typing import Final

from lambda_rlm.budget.meter import STRETCH, Meter
from lambda_rlm.eval.compile.batches.batch import Batch, Columns
from lambda_rlm.eval.compile.batches.loops import are_many, growing, of_elements
from lambda_rlm.eval.compile.batches.terms import batch_of
from lambda_rlm.eval.compile.closures.finish import Finish
from lambda_rlm.eval.compile.compiled import Callback, Frame, charge
from lambda_rlm.eval.holding import gathered, strung
from lambda_rlm.eval.tariff import KEY_STEPS, NUMBER, OPTION, SLOT, TARIFF
from lambda_rlm.eval.value import INT_HIGH, INT_LOW, Value
from lambda_rlm.syntax.primitive import Primitive as P

Loop = Callable[..., Value]


def rates(primitive: P, is_number: bool) -> tuple[int, int]:
    """Steps and bytes by the tariff for each element, the callback's own not counted; `is_number`: results are numbers."""
    price = TARIFF[primitive]
    if primitive is P.FLAT_MAP:
        return price.element, 0
    return price.element + price.made, price.storage_made + (NUMBER if is_number and price.storage_made else 0)


def loop(primitive: P, callbacks: tuple[Callback, ...], finish: Finish, each: tuple[int, int], meter: Meter) -> Loop:
    """The loop of a library function; `each` are its rates, `finish` its second half where it has no loop of its own."""
    first = callbacks[0]
    plain = _LOOPS.get(primitive)
    if plain is not None:
        return plain(first, each, meter)
    match primitive:
        case P.ANY | P.ALL | P.FIND_FIRST:
            return _stopping(primitive, first, each, meter)
        case P.ITERATE:
            return _iterate(first, callbacks[1], each, meter)
        case P.MAP_OPTION | P.AND_THEN:
            return _option(primitive, first, meter)
        case P.JOIN_BY:
            return _join(callbacks, finish, meter)
        case _:
            return _finished(callbacks, finish, each, meter)


def _results(f: Callback, meter: Meter) -> Callable[[Frame, list[Value]], list[Value]]:
    """What a function gives for each element."""
    (i,), body = f.slots, f.body.run
    if f.body.many is not None and f.body.many[0] == i:
        many = f.body.many[1]
        return lambda e, xs: many(xs)
    batch = batch_of(f.body)
    if batch is not None:
        return _batched(f, batch, meter)

    def results(e: Frame, xs: list[Value]) -> list[Value]:
        if len(xs) <= STRETCH:
            return [body(e) for e[i] in xs]
        return gathered(([body(e) for e[i] in part] for part in meter.stretches(xs)), meter)

    return results


def _batched(f: Callback, batch: Batch, meter: Meter) -> Callable[[Frame, list[Value]], list[Value]]:
    (i,), body = f.slots, f.body.run
    may, values = of_elements(i, batch, meter)

    def of_part(e: Frame, part: list[Value]) -> list[Value]:
        found = values(e, part)
        return [body(e) for e[i] in part] if found is None else found

    def results(e: Frame, xs: list[Value]) -> list[Value]:
        of = of_part if may(e, xs) is not None else lambda e, part: [body(e) for e[i] in part]
        return of(e, xs) if len(xs) <= STRETCH else gathered((of(e, part) for part in meter.stretches(xs)), meter)

    return results


def _map(f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    results = _results(f, meter)
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]

    def run(e: Frame, xs: list[Value]) -> Value:
        n = len(xs)
        charge(meter, n * steps, n * size)
        return results(e, xs)

    return run


def _filter(f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    results = _results(f, meter)
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]

    def run(e: Frame, xs: list[Value]) -> Value:
        n = len(xs)
        charge(meter, n * steps, n * size)
        return list(compress(xs, results(e, xs)))

    return run


def _count(f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    results = _results(f, meter)
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]

    def run(e: Frame, xs: list[Value]) -> Value:
        n = len(xs)
        charge(meter, n * steps, n * size)
        return sum(results(e, xs))

    return run


def _flat_map(f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    (i,), body = f.slots, f.body.run
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]

    def run(e: Frame, xs: list[Value]) -> Value:
        n = len(xs)
        charge(meter, n * steps, n * size)

        def parts() -> Iterator[list[Value]]:
            for stretch in meter.stretches(xs):
                for e[i] in stretch:
                    yield body(e)

        return strung(parts(), meter)

    return run


def _stopping(primitive: P, f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    """`any all find_first` stop at the first that decides, but are charged as if they did not."""
    (i,), body = f.slots, f.body.run
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]

    def run_any(e: Frame, xs: list[Value]) -> Value:
        charge(meter, len(xs) * steps, len(xs) * size)
        return any(body(e) for part in meter.stretches(xs) for e[i] in part)

    def run_all(e: Frame, xs: list[Value]) -> Value:
        charge(meter, len(xs) * steps, len(xs) * size)
        return all(body(e) for part in meter.stretches(xs) for e[i] in part)

    def run_first(e: Frame, xs: list[Value]) -> Value:
        charge(meter, len(xs) * steps, len(xs) * size)
        for part in meter.stretches(xs):
            for e[i] in part:
                if body(e):
                    return (e[i],)
        return None

    plain = {P.ANY: run_any, P.ALL: run_all, P.FIND_FIRST: run_first}[primitive]
    batch = batch_of(f.body)
    return plain if batch is None or not batch.is_calm() else _stopping_early(primitive, f, batch, each, plain, meter)


def _stopping_early(primitive: P, f: Callback, batch: Batch, each: tuple[int, int], plain: Loop, meter: Meter) -> Loop:
    """The same by growing parts, where no element can fault."""
    (i,) = f.slots
    may, values = of_elements(i, batch, meter)
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]
    decisive = primitive is not P.ALL
    is_search = primitive is P.FIND_FIRST

    def run(e: Frame, xs: list[Value]) -> Value:
        if may(e, xs) is None:
            return plain(e, xs)
        n, done = len(xs), 0
        charge(meter, n * steps, n * size)
        for part in growing(xs, STRETCH):
            found = values(e, part)
            if found is None:
                meter.fuel, meter.memory = meter.fuel + n * steps, meter.memory + n * size
                return plain(e, xs)
            if decisive in found:
                return (part[found.index(True)],) if is_search else decisive
            done += len(part)
            if done >= STRETCH:
                meter.glance()
        return None if is_search else not decisive

    return run


def _fold(f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    (i, j), body = f.slots, f.body.run
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]
    added = _added(f)

    def run(e: Frame, xs: list[Value], init: Value) -> Value:
        charge(meter, len(xs) * steps, len(xs) * size)
        if added is not None and (total := added(e, xs, init)) is not None:
            return total
        e[i] = init
        for part in meter.stretches(xs):
            for e[j] in part:
                e[i] = body(e)
        return e[i]

    return run


def _added(f: Callback) -> Callable[[Frame, list[Value], int], int | None] | None:
    """For a function that adds an Int of the element to the state: the total, where no sum on the way can leave 64 bits; it
    gives None for any other list."""
    (i, j), addends = f.slots, f.body.addends
    if addends is None or addends[0].shape != "S" or addends[0].slot != i or addends[1].slot != j:
        return None
    batch = batch_of(addends[1])
    if batch is None or batch.bounds is None:
        return None
    bounds, values = batch.bounds, batch.values

    def total(e: Frame, xs: list[Value], init: int) -> int | None:
        n = len(xs)
        if not are_many(n):
            return None
        columns = Columns(e, {j: xs}, n)
        low, high = bounds(columns)
        if init + n * min(low, 0) < INT_LOW or init + n * max(high, 0) > INT_HIGH:
            return None
        e[i], e[j] = sum(values(columns), init), xs[-1]
        return e[i]  # type: ignore[no-any-return]

    return total


def _reduce(f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    fold = _fold(f, each, meter)

    def run(e: Frame, xs: list[Value]) -> Value:
        return (fold(e, xs[1:], xs[0]),) if xs else None

    return run


def _scan(f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    (i, j), body = f.slots, f.body.run
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]

    def run(e: Frame, xs: list[Value], init: Value) -> Value:
        charge(meter, len(xs) * steps, len(xs) * size)
        e[i] = init

        def states(part: list[Value]) -> list[Value]:
            out = []
            for e[j] in part:
                e[i] = body(e)
                out.append(e[i])
            return out

        if len(xs) <= STRETCH:
            return states(xs)
        return gathered(map(states, meter.stretches(xs)), meter)

    return run


def _iterate(step: Callback, until: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    (i,), (j,), advance, is_done = step.slots, until.slots, step.body.run, until.body.run
    test_steps, test_size = until.body.steps, until.body.bytes
    steps, size = step.body.steps + each[0], step.body.bytes + each[1]

    def run(e: Frame, state: Value, most: int) -> Value:
        for _ in range(max(0, most)):
            charge(meter, test_steps, test_size)
            e[j] = state
            if is_done(e):
                break
            charge(meter, steps, size)
            e[i] = state
            state = advance(e)
        return state

    return run


def _tree_fold(f: Callback, each: tuple[int, int], meter: Meter) -> Loop:
    (i,), body = f.slots, f.body.run
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]

    def run(e: Frame, xs: list[Value], group: int) -> Value:
        group = max(2, group)
        while len(xs) > 1:
            groups = grouped(xs, group, steps, size, meter)
            out = []
            for stretch in meter.stretches(groups):
                for part in stretch:
                    if len(part) > 1:
                        e[i] = part
                        out.append(body(e))
                    else:
                        out.append(part[0])
            xs = out
        return (xs[0],) if xs else None

    return run


def grouped(xs: list[Value], group: int, steps: int, size: int, meter: Meter) -> list[list[Value]]:
    """The groups of one level of `tree_fold`, charged."""
    n = -(-len(xs) // group)
    charge(meter, n * steps + len(xs), n * size + SLOT * len(xs))
    return [xs[at : at + group] for at in range(0, len(xs), group)]


def _option(primitive: P, f: Callback, meter: Meter) -> Loop:
    (i,), body = f.slots, f.body.run
    steps, size = f.body.steps, f.body.bytes + OPTION
    is_wrapped = primitive is P.MAP_OPTION

    def run(e: Frame, option: tuple[Value] | None) -> Value:
        if option is None:
            return None
        charge(meter, steps, size)
        e[i] = option[0]
        return (body(e),) if is_wrapped else body(e)

    return run


def _finished(callbacks: tuple[Callback, ...], finish: Finish, each: tuple[int, int], meter: Meter) -> Loop:
    """All results first, those of one function after the other, then what awaiting loops make of elements and results too."""
    results = [_results(f, meter) for f in callbacks]
    steps, size = each[0] + sum(f.body.steps for f in callbacks), each[1] + sum(f.body.bytes for f in callbacks)

    def run(e: Frame, xs: list[Value], *rest: Value) -> Value:
        charge(meter, len(xs) * steps, len(xs) * size)
        return finish(xs, *[of_all(e, xs) for of_all in results], *rest)

    return run


def _join(callbacks: tuple[Callback, ...], finish: Finish, meter: Meter) -> Loop:
    f, g = callbacks
    (i,), (j,), body_f, body_g = f.slots, g.slots, f.body.run, g.body.run

    def run(e: Frame, xs: list[Value], ys: list[Value]) -> Value:
        n, m = len(xs), len(ys)
        charge(meter, n * (f.body.steps + KEY_STEPS) + m * (g.body.steps + KEY_STEPS), n * f.body.bytes + m * g.body.bytes)
        keys_x = [body_f(e) for part in meter.stretches(xs) for e[i] in part]
        return finish(xs, keys_x, ys, [body_g(e) for part in meter.stretches(ys) for e[j] in part])

    return run


_LOOPS: Final[dict[P, Callable[[Callback, tuple[int, int], Meter], Loop]]] = {
    P.MAP: _map,
    P.FILTER: _filter,
    P.COUNT: _count,
    P.FLAT_MAP: _flat_map,
    P.FOLD: _fold,
    P.REDUCE: _reduce,
    P.SCAN: _scan,
    P.TREE_FOLD: _tree_fold,
}
"""The loops that need no more than their function, its rates and the meter."""
