"""Terms that choose: `if`, `match`, `and`, `or`, `not`, `??`.

Promises that a branch which is not taken is never started, in pure and in awaiting code alike.
"""

from __future__ import annotations

from collections.abc import Sequence

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.compiled import Compiled, Frame, Run, balanced
from lambda_rlm.eval.value import Value


def _choice(
    run: Run, always: Compiled | None, sometimes: Sequence[Compiled], steps: int, size: int, *, is_async: bool
) -> Compiled:
    first = (always,) if always is not None else ()
    parts = (*first, *sometimes)
    return Compiled(
        run=run,
        is_async=is_async,
        steps=1 + steps + sum(p.steps for p in first),
        bytes=size + sum(p.bytes for p in first),
        need=1 + max(p.need for p in parts),
        is_static=all(p.is_static for p in parts),
    )


def conditional(branches: Sequence[tuple[Compiled, Compiled]], otherwise: Compiled, meter: Meter) -> Compiled:
    """`if c then a else if … else otherwise`."""
    first = branches[0][0]
    later = [part for pair in branches for part in pair][1:]
    rest, steps, size = balanced([*later, otherwise], meter)
    if len(branches) > 1:
        steps, size = sum(p.steps for p in rest), sum(p.bytes for p in rest)
    conditions = [first, *rest[1:-1:2]]
    results = rest[0:-1:2]
    last = rest[-1]
    is_async = any(p.is_async for p in (*conditions, *results, last))
    run = _if_async(conditions, results, last) if is_async else _if(conditions, results, last)
    return _choice(run, first, rest, steps, size, is_async=is_async)


def _if(conditions: Sequence[Compiled], results: Sequence[Compiled], last: Compiled) -> Run:
    z = last.run
    if len(conditions) == 1:
        c, a = conditions[0].run, results[0].run
        return lambda e: a(e) if c(e) else z(e)
    rows = [(c.run, r.run) for c, r in zip(conditions, results, strict=True)]

    def run(e: Frame) -> Value:
        for condition, result in rows:
            if condition(e):
                return result(e)
        return z(e)

    return run


def _if_async(conditions: Sequence[Compiled], results: Sequence[Compiled], last: Compiled) -> Run:
    rows = [(c.run, c.is_async, r) for c, r in zip(conditions, results, strict=True)]

    async def run(e: Frame) -> Value:
        for condition, waits, result in rows:
            if await condition(e) if waits else condition(e):
                return await result.run(e) if result.is_async else result.run(e)
        return await last.run(e) if last.is_async else last.run(e)

    return run


def conjunction(op: str, parts: Sequence[Compiled], meter: Meter) -> Compiled:
    """`a and b and …` or `a or b or …`: ends at the first that decides."""
    later, _, _ = balanced(parts[1:], meter)
    steps, size = sum(p.steps for p in later), sum(p.bytes for p in later)
    all_parts = [parts[0], *later]
    is_async = any(p.is_async for p in all_parts)
    stop = op == "or"
    run = _until_async(all_parts, stop) if is_async else _until(all_parts, stop)
    return _choice(run, parts[0], later, steps, size, is_async=is_async)


def _until(parts: Sequence[Compiled], stop: bool) -> Run:
    runs = [p.run for p in parts]
    if len(runs) == 2:
        a, b = runs
        return (lambda e: a(e) or b(e)) if stop else (lambda e: a(e) and b(e))
    if len(runs) == 3:
        a, b, c = runs
        return (lambda e: a(e) or b(e) or c(e)) if stop else (lambda e: a(e) and b(e) and c(e))

    def run(e: Frame) -> Value:
        for part in runs:
            if part(e) is stop:
                return stop
        return not stop

    return run


def _until_async(parts: Sequence[Compiled], stop: bool) -> Run:
    async def run(e: Frame) -> Value:
        for part in parts:
            value = await part.run(e) if part.is_async else part.run(e)
            if value is stop:
                return stop
        return not stop

    return run


def fallback(parts: Sequence[Compiled], meter: Meter) -> Compiled:
    """`a ?? b ?? … ?? z`: the first value that is present, else z, which is no Option."""
    later, _, _ = balanced(parts[1:], meter)
    steps, size = sum(p.steps for p in later), sum(p.bytes for p in later)
    options = [parts[0], *later[:-1]]
    last = later[-1]
    is_async = any(p.is_async for p in (*options, last))
    run = _first_async(options, last) if is_async else _first(options, last)
    return _choice(run, parts[0], later, steps, size, is_async=is_async)


def _first(options: Sequence[Compiled], last: Compiled) -> Run:
    z = last.run
    if len(options) == 1:
        a = options[0].run
        return lambda e: v[0] if (v := a(e)) is not None else z(e)
    runs = [o.run for o in options]

    def run(e: Frame) -> Value:
        for option in runs:
            first = option(e)
            if first is not None:
                return first[0]
        return z(e)

    return run


def _first_async(options: Sequence[Compiled], last: Compiled) -> Run:
    async def run(e: Frame) -> Value:
        for option in options:
            first = await option.run(e) if option.is_async else option.run(e)
            if first is not None:
                return first[0]
        return await last.run(e) if last.is_async else last.run(e)

    return run


def match_option(subject: Compiled, slot: int, some: Compiled, none: Compiled, meter: Meter) -> Compiled:
    """`match o { some(x) => …, none => … }`; the value present goes into `slot`."""
    (yes, no), steps, size = balanced([some, none], meter)
    is_async = any(p.is_async for p in (subject, yes, no))
    run = _match_async(subject, slot, yes, no) if is_async else _match(subject, slot, yes, no)
    return _choice(run, subject, (yes, no), steps, size, is_async=is_async)


def _match(subject: Compiled, slot: int, some: Compiled, none: Compiled) -> Run:
    s, yes, no = subject.run, some.run, none.run

    def run(e: Frame) -> Value:
        option = s(e)
        if option is None:
            return no(e)
        e[slot] = option[0]
        return yes(e)

    return run


def _match_async(subject: Compiled, slot: int, some: Compiled, none: Compiled) -> Run:
    async def run(e: Frame) -> Value:
        option = await subject.run(e) if subject.is_async else subject.run(e)
        if option is None:
            return await none.run(e) if none.is_async else none.run(e)
        e[slot] = option[0]
        return await some.run(e) if some.is_async else some.run(e)

    return run


def match_literal(
    subject: Compiled, is_text: bool, arms: dict[object, Compiled], otherwise: Compiled | None, meter: Meter
) -> Compiled:
    """`match` on Int, Bool, Text or an enumeration; without `otherwise` the labels are all there."""
    branches, steps, size = balanced([*arms.values(), *([otherwise] if otherwise is not None else [])], meter)
    table = dict(zip(arms, branches, strict=False))
    last = branches[-1]
    is_async = any(p.is_async for p in (subject, *branches))

    if is_async:

        async def run_async(e: Frame) -> Value:
            value = await subject.run(e) if subject.is_async else subject.run(e)
            arm = table.get(value.s if is_text else value, last)
            return await arm.run(e) if arm.is_async else arm.run(e)

        return _choice(run_async, subject, branches, steps, size, is_async=True)
    s = subject.run
    runs = {key: arm.run for key, arm in table.items()}
    z = last.run

    def run(e: Frame) -> Value:
        value = s(e)
        return runs.get(value.s if is_text else value, z)(e)

    return _choice(run, subject, branches, steps, size, is_async=False)
