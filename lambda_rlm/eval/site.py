"""What an implementation of a library function is given: the place it is used at, with ground types, and the run's meter.

A first-order library function is a *builder*: `build(site) -> callable of the values, by place`. Builders run once per place
when a program is compiled, so they choose by type there and bind `site.meter` into a closure; the closure runs on the hot path
and charges its work to the meter before doing it, by the tariff.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from lambda_rlm.budget.meter import Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import Type


@dataclass(frozen=True, slots=True)
class Site:
    """One use of a library function: parameter and result types are ground here (a left-over variable is opaque)."""

    primitive: Primitive
    parameters: tuple[Type, ...]
    result: Type
    span: Span
    meter: Meter
    literals: tuple[object, ...] = ()
    """Per parameter the Python value when the argument is a literal (a pattern to compile once), else None."""
    cuts: Cuts | None = None
    """Who is told of what is cut from texts; nobody where nobody asks a model."""
    called: Mapping[str, str] = field(default_factory=dict)
    """What the data of the inputs calls fields whose names are no identifiers."""


Builder = Callable[[Site], Callable[..., Value]]
