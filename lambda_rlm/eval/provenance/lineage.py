"""What an answer goes back to: parts of inputs, and the calls that read them.

Owns the walk from a value to the inputs, through the prompts of replies. Promises: iterative, each node once, charged a step
each; a part belongs to the call that read it, or to none where the program took it from an input itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Final

from lambda_rlm.budget.meter import STRETCH, Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.provenance.coverage import Coverage
from lambda_rlm.eval.provenance.intervals import coarsened, union
from lambda_rlm.eval.provenance.told import COMPUTED, told_origin
from lambda_rlm.eval.value import Derived, Document, Origin, Reply, Rope, Stretch, Text, Value, origin_of

MOST_CITATIONS: Final = 1_000

Reader = int | None
"""The number of a call; None for the program itself."""


@dataclass(slots=True)
class Lineage:
    """The parts of inputs that a value was made from, by who read them; and for each call, those whose replies it read.
    `is_computed` says that some of it was computed from replies without keeping a text of them."""

    parts: dict[Reader, list[Stretch]] = field(default_factory=dict)
    below: dict[int, set[int]] = field(default_factory=dict)
    is_computed: bool = False

    def add(self, reader: Reader, part: Stretch) -> None:
        """A reader has read a part."""
        self.parts.setdefault(reader, []).append(part)


def lineage(value: Value, meter: Meter, coverage: Coverage | None = None) -> Lineage:
    """What a value goes back to. What was computed from replies without keeping a text of them (a sum, a count, a choice) was
    made from all that `coverage` says the model was shown."""
    found = Lineage()
    stack: list[tuple[Origin, Reader]] = [(origin, None) for origin in _origins(value, meter)[::-1]]
    seen: dict[int, Reader] = {}
    while stack:
        node, reader = stack.pop()
        if isinstance(node, Document | Stretch):
            found.add(reader, Stretch(node, 0, len(node.text)) if isinstance(node, Document) else node)
            continue
        if id(node) in seen:
            known = seen[id(node)]
            if reader is not None and known is not None and known != reader:
                found.below.setdefault(reader, set()).add(known)
            continue
        seen[id(node)] = reader
        meter.spend(1)
        if node is COMPUTED:
            found.is_computed = True
            for part in coverage.parts() if coverage is not None else ():
                found.add(None, part)
        elif isinstance(node, Reply):
            if reader is not None:
                found.below.setdefault(reader, set()).add(node.call)
            if node.prompt is not None:
                stack.append((node.prompt, node.call))
        else:
            stack.extend((origin, reader) for origin in reversed(_below(node, meter)))
    return found


@dataclass(frozen=True, slots=True)
class Citation:
    """A part of an input, in characters from `start` up to `end`."""

    input: str
    start: int
    end: int


def citations(found: Lineage) -> tuple[Citation, ...]:
    """The parts of the inputs that a value was made from, by input and position: merged, sorted, and at most `MOST_CITATIONS`
    of them, neighbours with the smallest gaps joined first."""
    by_document = parts_in(found.parts.values())
    cited = sorted(((document.name, union(intervals)) for document, intervals in by_document.items()), key=lambda item: item[0])
    share = max(1, MOST_CITATIONS // max(1, len(cited)))
    return tuple(
        Citation(name, start, end) for name, intervals in cited[:MOST_CITATIONS] for start, end in coarsened(intervals, share)
    )


def _below(node: Derived | Rope, meter: Meter) -> list[Origin]:
    """What a node was made of directly."""
    if isinstance(node, Derived):
        return list(node.parents)
    meter.spend(len(node.pieces))
    return [origin for piece in node.pieces if piece.n and (origin := origin_of(piece) or told_origin(piece)) is not None]


def readers_of(part: Value, most: int) -> tuple[set[int], list[Stretch], bool]:
    """Who a part of an answer comes from directly, of at most `most` nodes: the calls whose replies it is made of, the places
    of inputs that the program itself took, and whether it was computed from replies."""
    origin = (origin_of(part) if isinstance(part, Text) else None) or told_origin(part)
    stack: list[Origin] = [] if origin is None else [origin]
    calls: set[int] = set()
    places: list[Stretch] = []
    is_computed = False
    while stack and most > 0:
        node, most = stack.pop(), most - 1
        if node is COMPUTED:
            is_computed = True
        elif isinstance(node, Reply):
            calls.add(node.call)
        elif isinstance(node, Document):
            places.append(Stretch(node, 0, len(node.text)))
        elif isinstance(node, Stretch):
            places.append(node)
        elif isinstance(node, Derived):
            stack.extend(node.parents[:most])
        else:
            pieces = node.pieces[:most]
            stack.extend(o for piece in pieces if piece.n and (o := origin_of(piece) or told_origin(piece)) is not None)
    return calls, places, is_computed


def _origins(value: Value, meter: Meter) -> list[Origin]:
    """Where the parts of an answer came from; `COMPUTED` for numbers, booleans and texts that do not know it themselves."""
    origins: list[Origin] = []
    is_computed = value is None or (isinstance(value, list | tuple) and not value)
    stack, seen = [value], 0
    while stack:
        part = stack.pop()
        seen += 1
        if not seen % STRETCH:
            meter.glance()
        if isinstance(part, list | tuple):
            stack.extend(reversed(part))
        elif part is not None:
            origin = (origin_of(part) if isinstance(part, Text) else None) or told_origin(part)
            if origin is not None:
                origins.append(origin)
            elif not isinstance(part, Text) or part.n or part is value:
                is_computed = True
    return [*origins, COMPUTED] if is_computed else origins


def parts_in(lineages: Iterable[list[Stretch]]) -> dict[Document, list[tuple[int, int]]]:
    """The parts by document."""
    by_document: dict[Document, list[tuple[int, int]]] = {}
    for parts in lineages:
        for part in parts:
            by_document.setdefault(part.document, []).append((part.start, part.end))
    return by_document
