"""Which parts of the inputs a run has shown to its model.

Owns the walk of the origins of texts that are shown. Promises: iterative, each node once, charged a step each; intervals come
merged and sorted. Refuses to guess: a text with an origin covers all that its origin covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.asking.prompt import Prompt
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.provenance.intervals import Interval, union
from lambda_rlm.eval.provenance.told import COMPUTED, told_origin
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.value import Derived, Document, Origin, Reply, Rope, Stretch, Text, Value, origin_of

_COMPACT_AT: Final = 4_096


def stretches(origins: Iterable[Origin], meter: Meter) -> Iterator[Stretch]:
    """The parts of documents that origins go back to, from left to right; not through the prompts of replies."""
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
        if isinstance(node, Derived):
            stack.extend(reversed(node.parents))
        elif isinstance(node, Rope):
            meter.spend(len(node.pieces))
            stack.extend(origin for piece in reversed(node.pieces) if piece.n and (origin := origin_of(piece)) is not None)


def texts_of(value: Value) -> Iterator[Text]:
    """All texts inside a value, whatever its type."""
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, Text):
            yield part
        elif isinstance(part, list | tuple):
            stack.extend(reversed(part))


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


@dataclass(slots=True)
class Coverage:
    """What of each document has stood in a prompt, and what was cut away before one."""

    cuts: Cuts = field(default_factory=Cuts)
    _shown: dict[Document, list[Interval]] = field(default_factory=dict)

    def show(self, prompt: Prompt, meter: Meter) -> list[Stretch]:
        """The model is shown a prompt; the parts of inputs in it, from left to right."""
        shown: list[Stretch] = []
        origins = [origin for _, leaf in prompt.leaves if (origin := origin_of(leaf)) is not None]
        for stretch in stretches(origins, meter):
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

    def shares(self, inputs: Iterable[Document | TableValue]) -> dict[str, float]:
        """For each input the share of its characters that the model has been shown; an empty input is shown wholly.

        Documents of one input, named `input` or `input[…]` or `input.…`, count together; rows of an input are all of it.
        """
        sizes: dict[str, list[int]] = {}
        for one in inputs:
            if isinstance(one, TableValue):
                if (total := one.characters()) is not None:
                    shown = [document for document in self._shown if _root(document.name) == one.name]
                    sizes[one.name] = [sum(map(self.characters, shown)), total]
                continue
            size = sizes.setdefault(_root(one.name), [0, 0])
            size[0] += self.characters(one)
            size[1] += len(one.text)
        return {name: (shown / total if total else 1.0) for name, (shown, total) in sizes.items()}


def _root(name: str) -> str:
    """The input's name, without the path to a text inside it."""
    return name.split("[", 1)[0].split(".", 1)[0]
