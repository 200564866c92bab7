"""Effects: classes that merge, an order between classes, and `llm` spreading upward along it.

Promises: after any sequence of operations, a class above a class that is `llm` is `llm`. Refuses subsumption at run time: a
function value's calling convention is its class, so functions that meet in one place share one class.
"""

from __future__ import annotations

from lambda_rlm.types.open_type import Effects


def find_effect(effect: Effects) -> Effects:
    """The representative of a class; shortens the chain."""
    while effect.link is not None:
        if effect.link.link is not None:
            effect.link = effect.link.link
        effect = effect.link
    return effect


def raise_effect(effect: Effects) -> None:
    """A model call happens under this effect."""
    stack = [effect]
    while stack:
        top = find_effect(stack.pop())
        if not top.is_llm:
            top.is_llm = True
            stack.extend(top.above)


def merge_effects(a: Effects, b: Effects) -> None:
    """Two function values may be in one place: one calling convention, one class."""
    a, b = find_effect(a), find_effect(b)
    if a is b:
        return
    a.link = b
    if a.level < b.level:
        lower_effect(b, a.level)
    b.above.extend(a.above)
    b.pure_for.extend(a.pure_for)
    if a.is_llm and not b.is_llm:
        raise_effect(b)
    elif b.is_llm:
        for above in a.above:
            raise_effect(above)


def include_effect(low: Effects, high: Effects) -> None:
    """Whoever runs under `high` applies a function with effect `low`."""
    low, high = find_effect(low), find_effect(high)
    if low is high:
        return
    if low.is_llm:
        raise_effect(high)
        return
    low.above.append(high)
    lower_effect(high, low.level)


def lower_effect(effect: Effects, level: int) -> None:
    """Keep an effect from being quantified above `level`, and with it what depends on it."""
    stack = [effect]
    while stack:
        top = find_effect(stack.pop())
        if top.level > level:
            top.level = level
            stack.extend(top.above)
