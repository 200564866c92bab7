"""What a program can cost at most, before it runs: abstract interpretation of the typed term over sizes.

Owns `analyse`. Γ maps names to abstract values; a term denotes an abstract value, the longest chain of model calls it waits for,
and a cost that is added to the account. Promises, for every well-typed program and every model: what the meter counts is at most
the bound, component by component. Spends fuel itself: a program that would make the analysis slow is answered with a diagnostic.
Source: the sized types of Hughes, Pareto and Sabry (POPL 1996), with sums over lists as a second size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from lambda_rlm.bounds.cost import FREE, Cost, Overlong
from lambda_rlm.bounds.domain.abstract import (
    EMPTY_LIST,
    NONE,
    Abstract,
    AbstractBool,
    AbstractFunction,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractResult,
    AbstractText,
    Opaque,
    StagedValue,
    adopt,
    changed_names,
    fresh,
    literal_text,
    number,
    seen,
    text_of,
)
from lambda_rlm.bounds.domain.guards import Environment, Fact, Guard, GuardedBranch, Place, place_of
from lambda_rlm.bounds.domain.joining import join, join_lists
from lambda_rlm.bounds.domain.size import ONE, ZERO, SizeBound, largest, size_of, smallest
from lambda_rlm.bounds.hardness import TooHard
from lambda_rlm.bounds.names import free_names, is_simple, waits
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.rules.applying import apply_primitive, call
from lambda_rlm.bounds.rules.hosted import hosted
from lambda_rlm.bounds.rules.operators import infix, negated
from lambda_rlm.bounds.rules.recursion import recursion
from lambda_rlm.bounds.staging import Computer, Staging
from lambda_rlm.bounds.transfer.texts import shown_chars
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax import term as t
from lambda_rlm.types.typed import PIPED, Typed

FUEL: Final = 5_000
"""Terms that the analysis of one program may visit."""


class Analysis:
    """The state of one analysis: the account, the facts of the branch, the fuel left."""

    def __init__(
        self, typed: Typed, rates: Rates, autos: Mapping[int, int], max_depth: int, computer: Computer | None = None
    ) -> None:
        self.typed = typed
        self.staging = Staging(typed, computer)
        self.rates = rates
        self.autos = autos
        self.max_depth = max_depth
        self.overlong_prompts: dict[Span, Overlong] = {}
        self.holes: dict[int, tuple[AbstractText, Span, SizeBound]] = {}
        self.endless: dict[Span, str] = {}
        self.prompt: StagedValue | None = None
        self.outcome: AbstractResult | None = None
        self.cost = FREE
        self.facts: tuple[Fact, ...] = ()
        self.open: set[int] = set()
        self.fuel = FUEL
        self.guard = Guard(typed.primitive_of, self._look)

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

    # ── terms ──

    def term(self, term: t.Term, env: Environment) -> AbstractResult:
        """What a term denotes: known, when staging can compute it."""
        self.fuel -= 1
        if self.fuel < 0:
            raise TooHard
        known = self.staging.computed(term, env)
        return self._term(term, env) if known is None else self._staged(known, ZERO)

    def _staged(self, known: StagedValue, span: SizeBound) -> AbstractResult:
        """What staging has computed here: the recursion behind it stands inside the one that is analysed."""
        if known.depth:
            self.charge(Cost(depth=size_of(known.depth)))
        return AbstractResult(known, span)

    def sized(self, term: t.Term, env: Environment) -> AbstractResult:
        """What a term denotes, as sizes."""
        value, span = self.term(term, env)
        return AbstractResult(seen(value), span)

    def _term(self, term: t.Term, env: Environment) -> AbstractResult:
        match term:
            case t.IntLit(value=digits) | t.FloatLit(value=digits):
                return AbstractResult(number(digits, digits))
            case t.BoolLit(value=truth):
                return AbstractResult(AbstractBool(truth))
            case t.TextLit(value=letters):
                return AbstractResult(literal_text(letters))
            case t.NoneLit():
                return AbstractResult(NONE)
            case t.Auto():
                return AbstractResult(number(self.autos[id(term)], self.autos[id(term)]))
            case t.Var():
                return AbstractResult(self._variable(term, env))
            case t.Template(parts=parts):
                return self._template(parts, env)
            case t.ListLit(items=items):
                return self._list(items, env)
            case t.RecordLit(fields=fields):
                outcomes = [self.term(f.value, env) for f in fields]
                named = sorted(zip((f.name for f in fields), (o.value for o in outcomes), strict=True), key=lambda f: f[0])
                return AbstractResult(AbstractRecord(tuple(named)), largest(o.span for o in outcomes))
            case t.Select(record=record, field=field):
                value, span = self.term(record, env)
                value = seen(value)
                return AbstractResult(value.field(field) if isinstance(value, AbstractRecord) else Opaque(), span)
            case t.Lam():
                return AbstractResult(self._closure(term, env))
            case t.App():
                return self._application(term, env, None)
            case t.Pipe(head=head, stages=stages):
                outcome = self.term(head, env)
                for stage in stages:
                    known = self.staging.piped(stage, outcome.value, env)
                    outcome = self._application(stage, env, outcome) if known is None else self._staged(known, outcome.span)
                return outcome
            case t.Infix(first=first, rest=rest):
                return infix(self, first, rest, env)
            case t.Prefix(operator="not", term=inner):
                value, span = self.sized(inner, env)
                holds = value.value if isinstance(value, AbstractBool) else None
                return AbstractResult(AbstractBool(None if holds is None else not holds), span)
            case t.Prefix(term=inner):
                value, span = self.sized(inner, env)
                assert isinstance(value, AbstractNumber)
                return AbstractResult(negated(value), span)
            case t.If():
                return self._choice(term, env)
            case t.Match():
                return self._match(term, env)
            case t.Block(items=items, result=result):
                return self._block(items, result, env)
            case t.Fix():
                return AbstractResult(recursion(self, term, env))

    def _variable(self, var: t.Var, env: Environment) -> Abstract:
        primitive = self.typed.primitive_of(var)
        if primitive is None:
            return env[var.name]
        return AbstractFunction(lambda *arguments: apply_primitive(self, primitive, var, arguments))

    def _template(self, parts: tuple[str | t.Term, ...], env: Environment) -> AbstractResult:
        """A rope: the holes are computed at once, nothing is copied."""
        chars, bytes_, beyond, width, low, spans = ZERO, ZERO, ZERO, 1, 0.0, [ZERO]
        widest: tuple[SizeBound, Span] | None = None
        operands: list[tuple[Place | None, SizeBound]] = []
        for part in parts:
            if isinstance(part, str):
                shown = literal_text(part)
            else:
                value, span = self.sized(part, env)
                spans.append(span)
                shown = shown_chars(value)
                if widest is None or shown.chars.value > widest[0].value:
                    widest = shown.chars, part.span
            operands.append((None if isinstance(part, str) else place_of(part), shown.chars))
            chars, bytes_, beyond = chars + shown.chars, bytes_ + shown.bytes, beyond + shown.wide
            width, low = max(width, shown.width), low + shown.low
        chars = self.narrowed(chars, operands)
        text = text_of(chars, width, low, bytes_, beyond)
        if widest is not None:
            self.holes[id(text)] = (text, widest[1], widest[0])
        return AbstractResult(text, largest(spans))

    def _list(self, items: tuple[t.Term, ...], env: Environment) -> AbstractResult:
        outcomes = [self.sized(item, env) for item in items]
        value = EMPTY_LIST
        for outcome in outcomes:
            value = join_lists(
                value, AbstractList(ONE, outcome.value, fresh(), 1), value.length + ONE, value.low + 1, is_both=True
            )
        return AbstractResult(value, largest(o.span for o in outcomes))

    def _closure(self, source: t.Lam | t.Def, env: Environment) -> AbstractFunction:
        """A function value; applications to equal arguments are analysed once."""
        names, body = tuple(param.name for param in source.params), source.body
        memo: dict[object, tuple[AbstractResult, Cost]] = {}
        facts = self.facts_without(names)

        def apply(*arguments: Abstract) -> AbstractResult:
            if arguments not in memo:
                inner = {**env, **dict(zip(names, arguments, strict=True))}
                with self.staging.inside(body), self.knowing(facts):
                    memo[arguments] = self.measured(lambda: self.term(body, inner))
            outcome, cost = memo[arguments]
            self.charge(cost)
            return outcome

        def changed(change: Callable[[Abstract], Abstract]) -> AbstractFunction:
            with self.knowing(()):
                return self._closure(source, changed_names(env, free_names(source), change))

        return AbstractFunction(apply, source, env, changed)

    @contextmanager
    def knowing(self, facts: tuple[Fact, ...]) -> Iterator[None]:
        """While these facts hold: those of the place where a term stands, not of the place from which it is reached."""
        saved, self.facts = self.facts, facts
        try:
            yield
        finally:
            self.facts = saved

    def facts_without(self, names: Iterable[str]) -> tuple[Fact, ...]:
        """The facts that do not speak of names which are bound anew."""
        bound = frozenset(names)
        return tuple(fact for fact in self.facts if not fact.speaks_of(bound))

    def own(self, list_: AbstractList) -> AbstractList:
        """The list with symbols of its own: while a function is applied to one of its elements, another element of the same
        list is another thing."""
        if list_.owner not in self.open or list_.element is None:
            return list_
        owner = fresh()
        return AbstractList(list_.length, adopt(list_, owner), owner, list_.low)

    @contextmanager
    def opened(self, owner: int) -> Iterator[None]:
        """While a function is applied to an element of the list that owns these symbols."""
        self.open.add(owner)
        try:
            yield
        finally:
            self.open.discard(owner)

    def _application(self, app: t.App, env: Environment, piped: AbstractResult | None) -> AbstractResult:
        function = app.function
        primitive = self.typed.primitive_of(function) if isinstance(function, t.Var) else None
        values: list[Abstract | None] = []
        spans = [ZERO]
        callee: AbstractResult | None = None
        if primitive is None:
            callee = self.term(function, env)
            spans.append(callee.span)
        for argument in (terms := self.typed.arguments_of(app)):
            if argument is None:
                values.append(None)
                continue
            outcome = piped if argument is PIPED else self.term(argument, env)  # type: ignore[arg-type]
            assert outcome is not None
            values.append(outcome.value)
            spans.append(outcome.span)
        if primitive is not None:
            assert isinstance(function, t.Var)
            result = apply_primitive(self, primitive, function, values, terms)
        else:
            assert callee is not None
            result = call(callee.value, *values)
        return AbstractResult(result.value, largest(spans) + result.span)

    def narrowed(self, size: SizeBound, operands: Sequence[tuple[Place | None, SizeBound]]) -> SizeBound:
        """The size of what is put together, held against the facts: what a fact limits, plus what comes on top of it."""
        for fact in self.facts:
            limit = fact.left(operands)
            if limit is not None:
                size = smallest(size, limit)
        return size

    def _choice(self, choice: t.If, env: Environment) -> AbstractResult:
        """The conditions one after the other, each where those before it failed, then one of the branches."""
        here = GuardedBranch(env, self.facts)
        left = [here]
        waited = ZERO
        ways: list[Callable[[], AbstractResult]] = []
        for condition, then in choice.branches:
            with self.knowing(here.facts):
                value, span = self.sized(condition, here.env)
            waited = waited + span
            known = value.value if isinstance(value, AbstractBool) else None
            if known is not False:
                taken = [here] if known else self.guard.ways(condition, True, here)
                ways += [partial(self._in_branch, branch, then) for branch in taken]
            if known:
                break
            if known is None:
                left = self.guard.ways(condition, False, here)
                here = self.guard.refined(condition, False, here)
        else:
            ways += [partial(self._in_branch, branch, choice.otherwise) for branch in left]
        result = self.either(ways)
        return AbstractResult(result.value, waited + result.span)

    def _in_branch(self, branch: GuardedBranch, term: t.Term) -> AbstractResult:
        with self.knowing(branch.facts):
            return self.term(term, branch.env)

    def either(self, ways: list[Callable[[], AbstractResult]]) -> AbstractResult:
        """One of several ways to go on."""
        outcome, cost = self.measured(ways[0])
        for way in ways[1:]:
            other, other_cost = self.measured(way)
            outcome = AbstractResult(join(outcome.value, other.value), largest((outcome.span, other.span)))
            cost = cost.either(other_cost)
        self.charge(cost)
        return outcome

    def _match(self, match_: t.Match, env: Environment) -> AbstractResult:
        value, span = self.term(match_.subject, env)
        taken = self.staging.arm(match_, value)
        if taken is not None:
            body, bound = taken
            result = self._in_branch(GuardedBranch({**env, **bound}, self.facts_without(bound)), body)
            return AbstractResult(result.value, span + result.span)
        value = seen(value)
        ways: list[Callable[[], AbstractResult]] = []
        for arm in match_.arms:
            pattern = arm.pattern
            if isinstance(pattern, t.SomePattern):
                if not isinstance(value, AbstractOption) or value.inner is None:
                    continue
                bound = {pattern.name: value.inner} if pattern.name else {}
            else:
                bound = {}
            branch = GuardedBranch({**env, **bound}, self.facts_without(bound))
            ways.append(partial(self._in_branch, branch, arm.body))
        result = self.either(ways)
        return AbstractResult(result.value, span + result.span)

    def _block(self, items: tuple[t.Item, ...], result: t.Term, env: Environment) -> AbstractResult:
        """Items that do not use each other run at once: a name is ready when what it uses is ready and its own span is over. The
        result waits for all of them, used or not."""
        ready: dict[str, SizeBound] = {}
        spans: list[SizeBound] = []
        with self.knowing(self.facts):
            for item in items:
                if isinstance(item, t.TypeDef):
                    continue
                if isinstance(item, t.Def):
                    value: Abstract = self._closure(item, env)
                    span = waits(item.body, ready)
                else:
                    known = self.staging.literal(item.value)
                    outcome = self.term(item.value, env) if known is None else AbstractResult(known)
                    value, span = outcome.value, waits(item.value, ready) + outcome.span
                self.facts = self.facts_without((item.name,))
                env = {**env, item.name: value}
                ready = {**ready, item.name: span}
                spans.append(span)
            value, own = self.term(result, env)
        return AbstractResult(value, largest(spans) + own)

    def overlong(self, span: Span, prompt: AbstractText, limit: int) -> None:
        """Note that the prompt of a call may be longer than `limit` characters."""
        known = self.overlong_prompts.get(span)
        if known is None or known.chars.value < prompt.chars.value:
            _, hole, size = self.holes.get(id(prompt), (prompt, None, prompt.chars))
            self.overlong_prompts[span] = Overlong(prompt.chars, limit, hole, size)

    def _look(self, term: t.Term, env: Environment) -> Abstract | None:
        """A term that costs nothing to look at again: names, fields, numbers, their lengths and sums."""
        if not is_simple(term, self.typed.primitive_of):
            return None
        return self.measured(lambda: self.sized(term, env))[0].value


def analyse(
    typed: Typed,
    inputs: Environment,
    rates: Rates,
    autos: Mapping[int, int],
    max_depth: int = 32,
    computer: Computer | None = None,
) -> Analysis:
    """The analysis of a program on inputs of these sizes."""
    analysis = Analysis(typed, rates, autos, max_depth, computer)
    analysis.outcome = analysis._block(typed.program.items, typed.program.result, {**hosted(typed.functions), **inputs})
    return analysis
