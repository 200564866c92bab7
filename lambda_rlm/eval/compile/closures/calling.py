"""Functions applied: a function whose code is known, in the caller's frame or in a copy of it, and a function value.

Promises that all arguments are computed before the first is stored, since an argument may call the same function.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import CoroutineType
from typing import Any

from lambda_rlm.eval.compile.compiled import Frame, Run
from lambda_rlm.eval.value import Value


def called_here(slots: tuple[int, ...], runs: Sequence[Run], body: Run) -> Run:
    """A known function in the frame of its caller: arguments into its slots, then its body."""
    if len(slots) == 1:
        (i,), (x,) = slots, runs

        def call_one(e: Frame) -> Value:
            e[i] = x(e)
            return body(e)

        return call_one
    if len(slots) == 2:
        i, j = slots
        x, y = runs

        def call_two(e: Frame) -> Value:
            # both before either is stored: an argument may call the same function
            e[i], e[j] = x(e), y(e)
            return body(e)

        return call_two

    def call(e: Frame) -> Value:
        for slot, value in zip(slots, [run(e) for run in runs], strict=True):
            e[slot] = value
        return body(e)

    return call


def called_in_copy(slots: tuple[int, ...], runs: Sequence[Run], body: Run) -> Run:
    """A known function in a copy of its caller's frame, since others may run in that frame at the same time."""

    async def call(e: Frame) -> Value:
        values = [run(e) for run in runs]
        frame = e.copy()
        for slot, value in zip(slots, values, strict=True):
            frame[slot] = value
        return await body(frame)

    return call


def applied(f: Run, runs: Sequence[Run]) -> Run:
    """A function value applied."""
    if len(runs) == 1:
        x = runs[0]
        return lambda e: f(e)(x(e))
    if len(runs) == 2:
        x, y = runs
        return lambda e: f(e)(x(e), y(e))
    return lambda e: f(e)(*[run(e) for run in runs])


def applied_awaiting(f: Run, runs: Sequence[Run]) -> Run:
    """A function value applied, and awaited where it asks a model."""

    async def call(e: Frame) -> Value:
        return await settled(f(e)(*[run(e) for run in runs]))

    return call


async def settled(result: Any) -> Value:
    """The value, whether the function was a coroutine function or not."""
    return await result if isinstance(result, CoroutineType) else result
