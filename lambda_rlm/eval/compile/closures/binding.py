"""Slots filled, then a result: blocks, and arguments that await.

Owns the order in which codes that bind slots run. Promises: a code runs after those whose slots it reads; those that ask a
model and do not depend on each other run at once; each runs exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import anyio

from lambda_rlm.eval.compile.batches import terms
from lambda_rlm.eval.compile.closures.together import ordered
from lambda_rlm.eval.compile.compiled import Compiled, Frame, Run, made_of
from lambda_rlm.eval.place import here
from lambda_rlm.eval.value import Value

_AWAITING_FRAMES: Final = 4
"""Interpreter frames between a code and those that fill its slots at once: the map, a worker, the code."""

Row = tuple[int, Compiled, frozenset[int]]
"""A slot, the code of its value, and the slots that the code reads."""


def bound(targets: Sequence[tuple[int, Compiled]], result: Compiled, rows: Sequence[Row] | None = None) -> Compiled:
    """First the bindings, each into its slot, then the result."""
    codes = [code for _, code in targets]
    need = _AWAITING_FRAMES if any(code.is_async for code in codes) else 1
    if any(code.is_async for code in (*codes, result)):
        everything = rows if rows is not None else [(slot, code, frozenset[int]()) for slot, code in targets]
        run = _awaiting(arranged(everything) if rows is not None else _sequence(everything), result)
    else:
        run = _immediate([(slot, code.run) for slot, code in targets], result.run)
    code = made_of(run, [*codes, result], steps=len(codes), need=need)
    code.batch = terms.bound(targets, result)
    code.is_async = any(part.is_async for part in (*codes, result))
    return code


def _sequence(rows: Sequence[Row]) -> Run:
    """Each row reads the one before it."""
    return arranged([(slot, code, frozenset(other for other, _, _ in rows[:at])) for at, (slot, code, _) in enumerate(rows)])


def _immediate(rows: Sequence[tuple[int, Run]], result: Run) -> Run:
    if len(rows) == 1:
        ((slot, value),) = rows

        def run_one(e: Frame) -> Value:
            e[slot] = value(e)
            return result(e)

        return run_one

    def run(e: Frame) -> Value:
        for slot, value in rows:
            e[slot] = value(e)
        return result(e)

    return run


def _awaiting(fill: Run, result: Compiled) -> Run:
    inner, is_async = result.run, result.is_async

    async def run(e: Frame) -> Value:
        await fill(e)
        return await inner(e) if is_async else inner(e)

    return run


def hoisted(targets: Sequence[tuple[int, Compiled]], core: Compiled) -> Compiled:
    """First fill the slots, then run the core."""
    inner, fill = core.run, filled(targets)

    async def run(e: Frame) -> Value:
        await fill(e)
        return inner(e)

    async def run_async(e: Frame) -> Value:
        await fill(e)
        return await inner(e)

    code = made_of(
        run_async if core.is_async else run,
        [*(code for _, code in targets), core],
        steps=0,
        is_static=False,
        need=_AWAITING_FRAMES,
    )
    code.is_async = True
    return code


def filled(targets: Sequence[tuple[int, Compiled]]) -> Run:
    """A coroutine function that computes codes at once and puts each value in its slot."""
    if sum(code.is_async for _, code in targets) <= 1:
        return _one_by_one(targets)
    pairs = [(slot, code.run, code.is_async) for slot, code in targets]

    async def fill(e: Frame) -> None:
        async def one(position: int) -> None:
            slot, run, is_async = pairs[position]
            e[slot] = await run(e) if is_async else run(e)

        await ordered(len(pairs), len(pairs), one)

    return fill


def _one_by_one(targets: Sequence[tuple[int, Compiled]]) -> Run:
    pairs = [(slot, code.run, code.is_async) for slot, code in targets]

    async def fill(e: Frame) -> None:
        for slot, run, is_async in pairs:
            e[slot] = await run(e) if is_async else run(e)

    return fill


def arranged(targets: Sequence[Row]) -> Run:
    """A coroutine function for bindings in a row: slot, code, and the slots the code reads.

    A binding starts as soon as those it reads are there.
    """
    slots = {slot: position for position, (slot, _, _) in enumerate(targets)}
    needs = [sorted(slots[s] for s in reads if s in slots) for _, _, reads in targets]
    if _is_chain([code.is_async for _, code, _ in targets], needs):
        return _one_by_one([(slot, code) for slot, code, _ in targets])
    rows = [(slot, code.run, code.is_async) for slot, code, _ in targets]

    async def fill(e: Frame) -> None:
        done = [anyio.Event() for _ in rows]
        depths = [0] * len(rows)

        async def one(position: int) -> None:
            place = here()
            for other in needs[position]:
                await done[other].wait()
                place.depth = max(place.depth, depths[other])
            slot, run, is_async = rows[position]
            e[slot] = await run(e) if is_async else run(e)
            depths[position] = place.depth
            done[position].set()

        await ordered(len(rows), len(rows), one)

    return fill


def _is_chain(is_async: Sequence[bool], needs: Sequence[Sequence[int]]) -> bool:
    """Each binding that awaits needs, directly or not, every one before it that does: nothing can run at once."""
    seen: list[set[int]] = []
    awaited: set[int] = set()
    for position, direct in enumerate(needs):
        below = set(direct).union(*(seen[other] for other in direct))
        seen.append(below)
        if is_async[position]:
            if not awaited <= below:
                return False
            awaited.add(position)
    return True
