"""What of a program is done by a sub-model, which a root model must be there for.

Owns the search for `rlm_call` and the part of a bound that is the sub-models'. Asks no model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lambda_rlm.bounds.admit import Bounded
from lambda_rlm.bounds.bound import whole
from lambda_rlm.bounds.cost import by_site
from lambda_rlm.bounds.domain.size import ZERO, SizeBound
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import Node, Var
from lambda_rlm.types.typed import Typed

NEEDS_ROOT_MODEL: Final = "rlm_call has a root model write programs of its own: `run` needs --root-model, `ask` has one"


def uses(program: Node) -> Iterator[Span]:
    """The places where `rlm_call` is named."""
    if isinstance(program, Var) and program.name == Primitive.RLM_CALL:
        yield program.span
    for child in children(program):
        yield from uses(child)


def needs_root_model(typed: Typed) -> bool:
    """Whether the program cannot run without a root model."""
    return next(uses(typed.program), None) is not None


def share(bounded: Bounded) -> dict[str, Any] | None:
    """The calls and tokens of a bound that are the sub-models', their pool apart; None for a program without any."""
    places = set(uses(bounded.typed.program))
    if not places:
        return None
    sites = [figures for span, figures in by_site(bounded.cost.parts).items() if span in places]
    calls: SizeBound = sum((figures.calls for figures in sites), ZERO)
    tokens: SizeBound = sum((figures.tokens for figures in sites), ZERO)
    return {"calls": whole(calls.value), "tokens": whole(tokens.value)}
