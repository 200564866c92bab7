"""Which parts of the inputs a run has shown to its model, and which an answer was made from.

Owns the walk of the origins of texts. Promises: iterative, each node once, charged a step each; intervals come merged, sorted,
and at most `MOST_CITATIONS` of them, neighbours with the smallest gaps joined first. Refuses to guess: a text with an origin
covers all that its origin covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from lambda_rlm.budget.meter import STRETCH, Meter
from lambda_rlm.eval.asking.prompt import Prompt
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.provenance.intervals import Interval, coarsened, union
from lambda_rlm.eval.provenance.told import COMPUTED, told_origin
from lambda_rlm.eval.value import Derived, Document, Origin, Reply, Rope, Stretch, Text, Value, origin_of

MOST_CITATIONS: Final = 1_000
_COMPACT_AT: Final = 4_096


@dataclass(frozen=True, slots=True)
class Citation:
    """A part of an input, in characters from `start` up to `end`."""

    input: str
    start: int
    end: int


def stretches(
    origins: Iterable[Origin], meter: Meter, *, through_replies: bool, coverage: Coverage | None = None
) -> Iterator[Stretch]:
    """The parts of documents that origins go back to, from left to right; through the prompts of replies too, where wanted, and
    then with what `coverage` says was shown for what was computed from replies."""
    stack = list(origins)[::-1]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if isinstance(node, Document):
            yield Stretch(node, 0, len(node.text))
            continue
        if isinstance(node, Stretch):
            yield node
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        meter.spend(1)
        if node is COMPUTED and coverage is not None:
            yield from coverage.parts()
        elif isinstance(node, Derived):
            stack.extend(reversed(node.parents))
        elif isinstance(node, Rope):
            meter.spend(len(node.pieces))
            stack.extend(
                origin
                for piece in reversed(node.pieces)
                if piece.n and (origin := origin_of(piece) or (told_origin(piece) if through_replies else None)) is not None
            )
        elif through_replies and isinstance(node, Reply) and node.prompt is not None:
            stack.append(node.prompt)


def texts_of(value: Value) -> Iterator[Text]:
    """All texts inside a value, whatever its type."""
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, Text):
            yield part
        elif isinstance(part, list | tuple):
            stack.extend(reversed(part))


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


def has_reply(value: Value) -> bool:
    """Whether words or numbers of a model's reply are in a value, or numbers that were computed from some."""
    stack: list[Value | Origin] = [value]
    seen: set[int] = set()
    while stack:
        part = stack.pop()
        if isinstance(part, Reply) or part is COMPUTED:
            return True
        if isinstance(part, list | tuple):
            stack.extend(part)
        elif isinstance(part, Derived | Rope):
            if id(part) not in seen:
                seen.add(id(part))
                stack.extend(part.parents if isinstance(part, Derived) else part.pieces)
        else:
            origins = (origin_of(part) if isinstance(part, Text) else None, told_origin(part))
            stack.extend(origin for origin in origins if origin is not None)
    return False


def citations(value: Value, meter: Meter, coverage: Coverage | None = None) -> tuple[Citation, ...]:
    """The parts of the inputs that a value was made from, by input and position. What was computed from replies without keeping
    a text of them (a sum, a count, a choice) was made from all that `coverage` says the model was shown."""
    by_document: dict[Document, list[Interval]] = {}
    for stretch in stretches(_origins(value, meter), meter, through_replies=True, coverage=coverage):
        by_document.setdefault(stretch.document, []).append((stretch.start, stretch.end))
    cited = sorted(((document.name, union(intervals)) for document, intervals in by_document.items()), key=lambda item: item[0])
    share = max(1, MOST_CITATIONS // max(1, len(cited)))
    return tuple(
        Citation(name, start, end) for name, intervals in cited[:MOST_CITATIONS] for start, end in coarsened(intervals, share)
    )


@dataclass(slots=True)
class Coverage:
    """What of each document has stood in a prompt, and what was cut away before one."""

    cuts: Cuts = field(default_factory=Cuts)
    _shown: dict[Document, list[Interval]] = field(default_factory=dict)

    def show(self, prompt: Prompt, meter: Meter) -> list[Stretch]:
        """The model is shown a prompt; the parts of inputs in it, from left to right."""
        shown: list[Stretch] = []
        origins = [origin for _, leaf in prompt.leaves if (origin := origin_of(leaf)) is not None]
        for stretch in stretches(origins, meter, through_replies=False):
            intervals = self._shown.setdefault(stretch.document, [])
            intervals.append((stretch.start, stretch.end))
            shown.append(stretch)
            if len(intervals) >= _COMPACT_AT and len(intervals) % _COMPACT_AT == 0:
                intervals[:] = union(intervals)
        return shown

    def parts(self) -> Iterator[Stretch]:
        """All that the model was shown."""
        for document, intervals in self._shown.items():
            for start, end in union(intervals):
                yield Stretch(document, start, end)

    def dropped(self) -> int:
        """How many characters of the inputs were cut away before a prompt."""
        shown = {document: union(intervals) for document, intervals in self._shown.items()}
        return self.cuts.characters(lambda document: shown.get(document, ()))

    def characters(self, document: Document) -> int:
        """How many characters of a document the model has been shown."""
        return sum(end - start for start, end in union(self._shown.get(document, ())))

    def shares(self, inputs: Iterable[Document]) -> dict[str, float]:
        """For each input the share of its characters that the model has been shown; an empty input is shown wholly.

        Documents of one input, named `input` or `input[…]` or `input.…`, count together.
        """
        sizes: dict[str, list[int]] = {}
        for document in inputs:
            size = sizes.setdefault(_root(document.name), [0, 0])
            size[0] += self.characters(document)
            size[1] += len(document.text)
        return {name: (shown / total if total else 1.0) for name, (shown, total) in sizes.items()}


def _root(name: str) -> str:
    """The input's name, without the path to a text inside it."""
    return name.split("[", 1)[0].split(".", 1)[0]
