"""How many instances of polymorphic bindings a program has.

Evaluation makes one for each binding and ground substitution that is reached. Promises to look at each instance once, and to
stop at the cap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.types.checker import Binding, Use
from lambda_rlm.types.codes import TYPE_TOO_LARGE
from lambda_rlm.types.finish import Finisher
from lambda_rlm.types.type import AnyEffect, Effect, EffectVariable, Type
from lambda_rlm.types.typed import Substitution, ground

MAX_INSTANCES = 1_000


def count_instances(uses: Sequence[Use], finisher: Finisher) -> Diagnostic | None:
    """A diagnostic when a program has more instances than the cap."""
    if len(uses) <= 1:
        return None
    inside: dict[Binding | None, list[tuple[Use, Substitution]]] = defaultdict(list)
    for use in uses:
        inside[_quantified(use.owner)].append((use, finisher.substitution(use.mapping)))
    seen: set[tuple[int, frozenset[object]]] = set()
    stack: list[tuple[Binding | None, Substitution]] = [(None, {})]
    while stack:
        owner, outer = stack.pop()
        for use, substitution in inside.get(owner, ()):
            here = {**outer, **{key: _ground(value, outer) for key, value in substitution.items()}}
            key = (id(use.binding), frozenset(here.items()))
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > MAX_INSTANCES:
                hint = "add type annotations to its generic functions"
                return Diagnostic(
                    TYPE_TOO_LARGE, f"this program uses its functions at more than {MAX_INSTANCES:,} types", use.span, hint=hint
                )
            stack.append((use.binding, here))
    return None


def _ground(value: Type | AnyEffect, outer: Substitution) -> Type | AnyEffect:
    if isinstance(value, EffectVariable):
        return outer.get(value, value)
    return value if isinstance(value, Effect) else ground(value, outer)


def _quantified(owner: Binding | None) -> Binding | None:
    """The innermost binding around a use that has instances at all."""
    while owner is not None and not owner.quantified:
        owner = owner.owner
    return owner
