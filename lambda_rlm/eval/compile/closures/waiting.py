"""The library's loops over functions that ask a model.

Owns `waiting_loop`. Promises: independent elements run at once, each in a copy of the frame; what must be in sequence is; the
same charges and the same second halves as the loops over pure functions, so that effect and schedule change no value.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.closures.finish import Finish
from lambda_rlm.eval.compile.closures.loops import grouped
from lambda_rlm.eval.compile.closures.together import ordered
from lambda_rlm.eval.compile.compiled import Callback, Frame, charge, lifted
from lambda_rlm.eval.tariff import KEY_STEPS, OPTION
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive as P

WaitingLoop = Callable[..., Awaitable[Value]]
Each = tuple[int, int]


def waiting_loop(primitive: P, callbacks: tuple[Callback, ...], finish: Finish, each: Each, meter: Meter) -> WaitingLoop:
    """The loop of a library function; arguments as for `loops.loop`."""
    first = callbacks[0]
    match primitive:
        case P.FOLD | P.REDUCE | P.SCAN:
            return _fold(primitive, first, each, meter)
        case P.ITERATE:
            return _iterate(first, callbacks[1], each, meter)
        case P.TREE_FOLD:
            return _tree_fold(first, each, meter)
        case P.MAP_OPTION | P.AND_THEN:
            return _option(primitive, first, meter)
        case P.JOIN_BY:
            return _join(callbacks, finish, meter)
        case _:
            return _at_once(callbacks, finish, each, meter)


def _at_once(callbacks: tuple[Callback, ...], finish: Finish, each: Each, meter: Meter) -> WaitingLoop:
    """All results of all callbacks at once, each in a frame of its own; in order are those of one callback after the other."""
    slots, bodies = [f.slots[0] for f in callbacks], [lifted(f.body) for f in callbacks]
    steps, size = each[0] + sum(f.body.steps for f in callbacks), each[1] + sum(f.body.bytes for f in callbacks)
    limit = meter.budget.concurrency

    async def run(e: Frame, xs: list[Value], *rest: Value) -> Value:
        n = len(xs)
        charge(meter, n * steps, n * size)

        def one(position: int) -> Awaitable[Value]:
            which, at = divmod(position, n)
            frame = e.copy()
            frame[slots[which]] = xs[at]
            return bodies[which](frame)  # type: ignore[no-any-return]

        results = await ordered(n * len(callbacks), limit, one)
        return finish(xs, *[results[at * n : (at + 1) * n] for at in range(len(callbacks))], *rest)

    return run


def _join(callbacks: tuple[Callback, ...], finish: Finish, meter: Meter) -> WaitingLoop:
    f, g = callbacks
    (i,), (j,) = f.slots, g.slots
    body_f, body_g = lifted(f.body), lifted(g.body)
    limit = meter.budget.concurrency

    async def run(e: Frame, xs: list[Value], ys: list[Value]) -> Value:
        n, m = len(xs), len(ys)
        charge(meter, n * (f.body.steps + KEY_STEPS) + m * (g.body.steps + KEY_STEPS), n * f.body.bytes + m * g.body.bytes)

        def one(position: int) -> Awaitable[Value]:
            frame = e.copy()
            if position < n:
                frame[i] = xs[position]
                return body_f(frame)  # type: ignore[no-any-return]
            frame[j] = ys[position - n]
            return body_g(frame)  # type: ignore[no-any-return]

        keys = await ordered(n + m, limit, one)
        return finish(xs, keys[:n], ys, keys[n:])

    return run


def _fold(primitive: P, f: Callback, each: Each, meter: Meter) -> WaitingLoop:
    (i, j), body = f.slots, lifted(f.body)
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]

    async def states(e: Frame, xs: list[Value], state: Value) -> list[Value]:
        charge(meter, len(xs) * steps, len(xs) * size)
        out = [state]
        for x in xs:
            e[i], e[j] = out[-1], x
            out.append(await body(e))
        return out

    async def fold(e: Frame, xs: list[Value], init: Value) -> Value:
        return (await states(e, xs, init))[-1]

    async def scan(e: Frame, xs: list[Value], init: Value) -> Value:
        return (await states(e, xs, init))[1:]

    async def reduce(e: Frame, xs: list[Value]) -> Value:
        return ((await states(e, xs[1:], xs[0]))[-1],) if xs else None

    loops: dict[P, WaitingLoop] = {P.FOLD: fold, P.SCAN: scan, P.REDUCE: reduce}
    return loops[primitive]


def _iterate(step: Callback, until: Callback, each: Each, meter: Meter) -> WaitingLoop:
    (i,), (j,), advance, is_done = step.slots, until.slots, lifted(step.body), lifted(until.body)

    async def run(e: Frame, state: Value, most: int) -> Value:
        for _ in range(max(0, most)):
            charge(meter, until.body.steps, until.body.bytes)
            e[j] = state
            if await is_done(e):
                break
            charge(meter, step.body.steps + each[0], step.body.bytes + each[1])
            e[i] = state
            state = await advance(e)
        return state

    return run


def _tree_fold(f: Callback, each: Each, meter: Meter) -> WaitingLoop:
    (slot,), body = f.slots, lifted(f.body)
    steps, size = f.body.steps + each[0], f.body.bytes + each[1]
    limit = meter.budget.concurrency

    async def level(e: Frame, groups: list[list[Value]]) -> list[Value]:
        async def one(position: int) -> Value:
            part = groups[position]
            if len(part) == 1:
                return part[0]
            frame = e.copy()
            frame[slot] = part
            return await body(frame)

        return await ordered(len(groups), limit, one)

    async def run(e: Frame, xs: list[Value], group: int) -> Value:
        while len(xs) > 1:
            xs = await level(e, grouped(xs, max(2, group), steps, size, meter))
        return (xs[0],) if xs else None

    return run


def _option(primitive: P, f: Callback, meter: Meter) -> WaitingLoop:
    (slot,), body = f.slots, lifted(f.body)
    is_wrapped = primitive is P.MAP_OPTION

    async def run(e: Frame, option: tuple[Value] | None) -> Value:
        if option is None:
            return None
        charge(meter, f.body.steps, f.body.bytes + OPTION)
        e[slot] = option[0]
        value = await body(e)
        return (value,) if is_wrapped else value

    return run
