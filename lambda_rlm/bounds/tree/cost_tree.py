"""The cost tree: where the bound of a program comes from, as the record of how it was derived.

Owns `CostTree`, its nodes, and their making from a bounded program. Promises that the numbers of the whole follow from those of
the leaves: a sum is the sum of its parts, and "largest of" the largest of its branches, component by component, with what it is
more by (`mixed`) where a branch may be taken now and another then. Sums and branches have the largest part first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from lambda_rlm.bounds.bound import Bound, pool_of, whole
from lambda_rlm.bounds.cost import CallSite, Cost, Figures, Part, Parts
from lambda_rlm.bounds.domain.size import Extreme, Number, Product, Quotient, SizeBound, Symbol
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile, Span

Kind = Literal["call", "largest of", "sum", "pool"]

_RULES: Final = {
    "llm_call": "one call",
    "llm_samples": "n calls",
    "llm_choose": "one call with all options",
    "llm_map": "batches",
    "llm_map_by": "batches",
    "rlm_call": "held to its calls",
    "": "no limit",
}


@dataclass(frozen=True, slots=True)
class Spent:
    """What a node costs at most; None is no limit. `money` is in picodollars, None also where the price is unknown."""

    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    money: int | None

    def numbers(self) -> tuple[int | None, ...]:
        return self.calls, self.input_tokens, self.output_tokens, self.money


@dataclass(frozen=True, slots=True, kw_only=True)
class CostNode:
    """A call site, a choice ("largest of"), a branch of one ("sum"), or the pool of attempts beyond one for each call.

    `span` is its place, None of the pool. `form` is the closed form of its calls. `prompt` and `reply` are the tokens at most
    of one call, or of one attempt of the pool, which has `attempts`. `rule` says how the calls are counted, `facts` which sizes
    of inputs its figures rest on. `branch` is the branch that it is in, None where it is in none: it is reached in any case, as
    often as its list has elements. `share` is its part of the whole: of the dollars, where there are some, else of the tokens.
    """

    kind: Kind
    span: Span | None
    spent: Spent
    share: float | None
    branch: Span | None = None
    function: str = ""
    rule: str = ""
    form: str = ""
    prompt: int | None = None
    reply: int | None = None
    attempts: int | None = None
    facts: tuple[tuple[str, int | None], ...] = ()
    mixed: Spent | None = None
    parts: tuple[CostNode, ...] = ()


@dataclass(frozen=True, slots=True)
class CostTree:
    """The nodes that add up to the bound of a program; `counted_by` says how tokens were counted."""

    source: SourceFile
    counted_by: str
    spent: Spent
    parts: tuple[CostNode, ...]

    def sites(self) -> Iterator[CostNode]:
        """All call sites, in the order of the tree."""
        return _sites(self.parts)


def words_at(source: SourceFile, span: Span) -> str:
    """What is written at a place, in its first line; after a name, which is the place of a call, to the end of the line."""
    line, column = source.line_column(span.start)
    to_end = source.line_text(line)[column - 1 :]
    return (to_end if source.text[span.start : span.end].isidentifier() else to_end[: span.end - span.start]).strip()


def cost_tree(source: SourceFile, cost: Cost, bound: Bound, rates: Rates) -> CostTree:
    """The cost tree of a program, of which these are the cost and the bound at these rates."""
    pool, spent = pool_of(cost, rates)
    tree = _Growing(cost.figures.plus(spent), bound.is_price_known)
    nodes = tree.nodes(cost.parts, None)
    if pool.value:
        more = tree.of(spent)
        prompt, reply = whole(cost.attempt_input.value), whole(cost.attempt_output.value)
        nodes.append(
            CostNode(
                kind="pool",
                span=None,
                spent=more,
                share=tree.share(more),
                form=str(pool),
                prompt=prompt,
                reply=reply,
                attempts=whole(pool.value),
            )
        )
    return CostTree(source, bound.counted_by, tree.whole, tuple(sorted(nodes, key=tree.order)))


class _Growing:
    """Makes the nodes of one tree."""

    def __init__(self, figures: Figures, is_price_known: bool) -> None:
        self.is_price_known = is_price_known
        self.whole = self.of(figures)

    def nodes(self, parts: Parts, branch: Span | None) -> list[CostNode]:
        """The parts, the largest first."""
        return sorted((self.node(span, part, branch) for span, part in parts.items()), key=self.order)

    def node(self, span: Span, part: Part, branch: Span | None) -> CostNode:
        spent = self.of(part.figures)
        if isinstance(part, CallSite):
            return CostNode(
                kind="call",
                span=span,
                spent=spent,
                share=self.share(spent),
                branch=branch,
                function=part.function,
                rule=_RULES[part.function],
                form=str(part.figures.calls),
                prompt=whole(part.prompt.value),
                reply=whole(part.reply.value),
                facts=_facts((*part.figures, part.prompt, part.reply)),
            )
        branches = sorted((self.branch(place, inner) for place, inner in part.branches), key=self.order)
        return CostNode(
            kind="largest of",
            span=span,
            spent=spent,
            share=self.share(spent),
            branch=branch,
            mixed=_beyond(spent, branches),
            parts=tuple(branches),
        )

    def branch(self, place: Span, parts: Parts) -> CostNode:
        nodes = self.nodes(parts, place)
        nothing = (0, 0, 0, 0 if self.is_price_known else None)
        spent = Spent(*map(_sum, zip(nothing, *(node.spent.numbers() for node in nodes), strict=True)))
        return CostNode(kind="sum", span=place, spent=spent, share=self.share(spent), parts=tuple(nodes))

    def of(self, figures: Figures) -> Spent:
        calls, sent, received, money = (whole(size.value) for size in figures)
        return Spent(calls, sent, received, money if self.is_price_known else None)

    def share(self, spent: Spent) -> float | None:
        part, all_of_it = self._weight(spent), self._weight(self.whole)
        return None if math.inf in (part, all_of_it) else part / all_of_it if all_of_it else 0.0

    def order(self, node: CostNode) -> tuple[float, int]:
        return -self._weight(node.spent), -1 if node.span is None else node.span.start

    def _weight(self, spent: Spent) -> Number:
        """Dollars where the whole costs some, else tokens."""
        if self.is_price_known and self.whole.money != 0:
            return math.inf if spent.money is None else spent.money
        if spent.input_tokens is None or spent.output_tokens is None:
            return math.inf
        return spent.input_tokens + spent.output_tokens


def _sites(nodes: Iterable[CostNode]) -> Iterator[CostNode]:
    for node in nodes:
        if node.kind == "call":
            yield node
        yield from _sites(node.parts)


def _sum(numbers: Iterable[int | None]) -> int | None:
    added = 0
    for number in numbers:
        if number is None:
            return None
        added += number
    return added


def _beyond(spent: Spent, branches: list[CostNode]) -> Spent:
    """What a choice costs beyond the largest of its branches, component by component; all of it where there are none."""
    if not branches:
        return spent
    return Spent(*map(_more, spent.numbers(), zip(*(branch.spent.numbers() for branch in branches), strict=True)))


def _more(number: int | None, of_branches: tuple[int | None, ...]) -> int | None:
    known = [of_branch for of_branch in of_branches if of_branch is not None]
    if len(known) < len(of_branches):
        return 0
    return None if number is None else number - max(known)


def _facts(sizes: Iterable[SizeBound]) -> tuple[tuple[str, int | None], ...]:
    """The sizes of inputs that sizes rest on, by name."""
    found = {symbol.name: whole(symbol.value) for size in sizes for symbol in _symbols(size) if not symbol.owner}
    return tuple(sorted(found.items()))


def _symbols(size: SizeBound) -> Iterator[Symbol]:
    for atom, _ in size.terms:
        match atom:
            case Symbol():
                yield atom
            case Quotient(inner):
                yield from _symbols(inner)
            case Extreme(sizes=sizes):
                for inner in sizes:
                    yield from _symbols(inner)
            case Product(left, right):
                yield from _symbols(left)
                yield from _symbols(right)
