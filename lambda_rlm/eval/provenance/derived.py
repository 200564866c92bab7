"""Texts computed from others.

Owns `derived`, which gives what a function of texts wrote the origin of all that it was given. Promises that a short text of
one source, of which every row of a table may have one, is made without a call of its class.
"""

from __future__ import annotations

from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.storage import Storage
from lambda_rlm.eval.value import LONG, Derived, Flat, Rope, Stretch, Text, flat, origin_of

_new = object.__new__


def derived(s: str, meter: Meter, *sources: Text) -> Text:
    """A flat text computed from others: covers all that they cover."""
    if len(sources) == 1:
        return derived_from(sources[0], s, meter.storage)
    origins = tuple(o for o in map(origin_of, sources) if o is not None)
    if origins:  # trusted sources may hold numbers of replies: a rope in its pieces, a short text in `told`
        told = (t if isinstance(t, Rope) else getattr(t, "told", None) for t in sources if t.origin is None)
        origins += tuple(filter(None, told))
    return flat(s, origins[0] if len(origins) == 1 else Derived(origins) if origins else None, meter.storage)


def derived_from(source: Text, s: str, storage: Storage) -> Text:
    """The same for one source."""
    n, start = len(s), source.start
    if n >= LONG:
        return Flat(s, origin_of(source), storage)
    text = _new(Text)  # as `flat` makes it
    text.s = s
    text.n = n
    text.start = -1
    if start < 0:
        text.origin = origin_of(source)
        return text
    stretch = _new(Stretch)  # as `origin_of` makes it
    stretch.document = source.origin  # type: ignore[assignment]
    stretch.start = start
    stretch.end = start + source.n
    text.origin = stretch
    return text
