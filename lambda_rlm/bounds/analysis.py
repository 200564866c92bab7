"""What the analysis carries along: the account, the facts of the branch, the fuel left, mistakes found.

Owns the state of one run of `analyse`. The rules for terms and the transfers of library functions are functions of it, found in
two tables that the assembly hands over; this module knows neither. Promises that a term without a rule and a library function
without a transfer end as an internal error that names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from lambda_rlm.bounds.cost import FREE, Cost, Overlong, one_of
from lambda_rlm.bounds.domain.abstract import (
    Abstract,
    AbstractList,
    AbstractResult,
    AbstractText,
    Either,
    StagedValue,
    adopt,
    seen,
)
from lambda_rlm.bounds.domain.guards import Environment, Fact, Guard, GuardedBranch, Place
from lambda_rlm.bounds.domain.joining import join
from lambda_rlm.bounds.domain.size import ZERO, SizeBound, largest, size_of, smallest
from lambda_rlm.bounds.domain.totals import fresh
from lambda_rlm.bounds.hardness import TooHard
from lambda_rlm.bounds.names import is_simple
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.staging import Computer, Staging
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import Term, Var
from lambda_rlm.types.type import Arrow
from lambda_rlm.types.typed import Typed

FUEL: Final = 5_000
"""Terms that the analysis of one program may visit."""


@dataclass(frozen=True, slots=True)
class Application:
    """A library function applied to abstract arguments, in the order of its parameters; None for an optional one left out.

    `terms` are the arguments as written, where they are known: empty for a function that is passed as a value.
    """

    primitive: Primitive
    name: Var
    arguments: Sequence[Abstract | None]
    terms: Sequence[object] = ()

    def sized(self) -> list[Abstract | None]:
        """The arguments as sizes."""
        return [None if argument is None else seen(argument) for argument in self.arguments]


Rule = Callable[["Analysis", Any, Environment], AbstractResult]
"""What a term of one class denotes; its cost is charged."""

Transfer = Callable[["Analysis", Application], AbstractResult]
"""What a library function gives, as sizes, for arguments of these sizes; its cost is charged."""


class Analysis:
    """The state of one analysis, and what every rule needs of it."""

    def __init__(
        self,
        typed: Typed,
        rates: Rates,
        autos: Mapping[int, int],
        max_depth: int,
        computer: Computer | None,
        rules: Mapping[type, Rule],
        transfers: Mapping[Primitive, Transfer],
    ) -> None:
        self.typed = typed
        self.staging = Staging(typed, computer)
        self.rates = rates
        self.autos = autos
        self.max_depth = max_depth
        self.rules = rules
        self.transfers = transfers
        self.overlong_prompts: dict[Span, Overlong] = {}
        self.holes: dict[int, tuple[AbstractText, Span, SizeBound]] = {}
        """By the identity of a template's text: the text itself, its largest hole, and the hole's size."""
        self.endless: dict[Span, str] = {}
        self.outcome: AbstractResult | None = None
        self.cost = FREE
        self.facts: tuple[Fact, ...] = ()
        self.open: set[int] = set()
        self.fuel = FUEL
        self.replied: frozenset[str] | None = None
        """For likely figures: the names whose values depend on replies. None where all ways count."""
        self.guard = Guard(typed.primitive_of, self._look)

    # ── dispatch ──

    def term(self, term: Term, env: Environment) -> AbstractResult:
        """What a term denotes: known, when staging can compute it."""
        self.fuel -= 1
        if self.fuel < 0:
            raise TooHard
        known = self.staging.computed(term, env)
        if known is not None:
            return self.staged(known, ZERO)
        rule = self.rules.get(term.__class__)
        if rule is None:
            raise InternalError("bounding", f"no rule for {term.__class__.__name__}")
        return rule(self, term, env)

    def sized(self, term: Term, env: Environment) -> AbstractResult:
        """What a term denotes, as sizes."""
        value, chain = self.term(term, env)
        return AbstractResult(seen(value), chain)

    def apply(
        self, primitive: Primitive, name: Var, arguments: Sequence[Abstract | None], terms: Sequence[object] = ()
    ) -> AbstractResult:
        """What a library function gives; the fields are those of `Application`."""
        transfer = self.transfers.get(primitive)
        if transfer is None:
            raise InternalError("bounding", f"no transfer for the library function `{primitive}`")
        return transfer(self, Application(primitive, name, arguments, terms))

    def arrow_of(self, name: Var) -> Arrow:
        """The type that a library function has where it is named."""
        type_ = self.typed.type_of(name)
        assert isinstance(type_, Arrow)
        return type_

    # ── costs ──

    def charge(self, cost: Cost) -> None:
        self.cost = self.cost + cost

    def measured(self, run: Callable[[], AbstractResult]) -> tuple[AbstractResult, Cost]:
        """An outcome, and its cost apart from the account."""
        before, self.cost = self.cost, FREE
        try:
            outcome = run()
            return outcome, self.cost
        finally:
            self.cost = before

    def staged(self, known: StagedValue, chain: SizeBound) -> AbstractResult:
        """What staging has computed here: the recursion behind it is inside the one that is analysed."""
        if known.depth:
            self.charge(Cost(depth=size_of(known.depth)))
        return AbstractResult(known, chain)

    def either(self, place: Span, ways: list[tuple[Span, Callable[[], AbstractResult]]]) -> AbstractResult:
        """One of several ways to go on from a place, each with the place of its branch."""
        outcome, cost = self.measured(ways[0][1])
        costs = [cost]
        for _, way in ways[1:]:
            other, cost = self.measured(way)
            costs.append(cost)
            outcome = AbstractResult(join(outcome.value, other.value), largest((outcome.chain, other.chain)))
        self.charge(one_of(costs, place, [branch for branch, _ in ways]))
        return outcome

    def either_from(self, place: Span) -> Either:
        """What applies one of several functions, the first of which is written at a place. Its choice has a place of its own,
        where no call is."""
        start = Span(place.start, place.start)
        return lambda ways: self.either(start, [(place, way) for way in ways])

    # ── facts ──

    @contextmanager
    def knowing(self, facts: tuple[Fact, ...]) -> Iterator[None]:
        """While these facts hold: those of the place where a term is written, not of the place from which it is reached."""
        saved, self.facts = self.facts, facts
        try:
            yield
        finally:
            self.facts = saved

    def facts_without(self, names: Iterable[str]) -> tuple[Fact, ...]:
        """The facts that do not speak of names which are bound anew."""
        bound = frozenset(names)
        return tuple(fact for fact in self.facts if not fact.speaks_of(bound))

    def in_branch(self, branch: GuardedBranch, term: Term) -> AbstractResult:
        """What a term denotes in a branch."""
        with self.knowing(branch.facts):
            return self.term(term, branch.env)

    def narrowed(self, size: SizeBound, operands: Sequence[tuple[Place | None, SizeBound]]) -> SizeBound:
        """The size of operands put together, held against the facts: what a fact limits, plus what comes on top of it."""
        for fact in self.facts:
            limit = fact.left(operands)
            if limit is not None:
                size = smallest(size, limit)
        return size

    # ── elements of lists ──

    def own(self, value: Abstract | None) -> Abstract | None:
        """A list with symbols of its own: while a function is applied to one of its elements, another element of the same list
        is another thing. Anything else stays as it is."""
        if not isinstance(value, AbstractList) or value.owner not in self.open or value.element is None:
            return value
        owner = fresh()
        return AbstractList(value.length, adopt(value, owner), owner, value.low)

    @contextmanager
    def opened(self, owner: int) -> Iterator[None]:
        """While a function is applied to an element of the list that owns these symbols."""
        self.open.add(owner)
        try:
            yield
        finally:
            self.open.discard(owner)

    # ── notes ──

    def notes(self) -> tuple[dict[Span, Overlong], dict[Span, str]]:
        """What speaks against the program so far."""
        return dict(self.overlong_prompts), dict(self.endless)

    def forget(self, notes: tuple[dict[Span, Overlong], dict[Span, str]]) -> None:
        """Take back what was noted since `notes`: it was about sizes that were only tried."""
        self.overlong_prompts, self.endless = notes

    def tried(self, run: Callable[[], AbstractResult]) -> Abstract:
        """The value of what is only tried: neither its cost nor a note that it makes counts."""
        notes = self.notes()
        value = self.measured(run)[0].value
        self.forget(notes)
        return value

    def overlong(self, span: Span, prompt: AbstractText, limit: int) -> None:
        """Note that the prompt of a call may be longer than `limit` characters."""
        known = self.overlong_prompts.get(span)
        if known is None or known.chars.value < prompt.chars.value:
            _, hole, size = self.holes.get(id(prompt), (prompt, None, prompt.chars))
            self.overlong_prompts[span] = Overlong(prompt.chars, limit, hole, size)

    def _look(self, term: Term, env: Environment) -> Abstract | None:
        """A term that costs nothing to look at again: names, fields, numbers, their lengths and sums."""
        if not is_simple(term, self.typed.primitive_of):
            return None
        return self.measured(lambda: self.sized(term, env))[0].value
