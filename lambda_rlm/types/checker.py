"""What inference carries along: names in scope, the level, the running effect, facts found, mistakes found.

Owns the state of one run of `infer`; the rules are functions of it, found by the class of a term. Promises that every term that
a rule looked at has a type on record, and that a reported mistake yields a type that fits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Label, QuickFix, Severity
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import Term
from lambda_rlm.types.codes import TYPE_TOO_LARGE
from lambda_rlm.types.effects import include_effect
from lambda_rlm.types.generalize import Mapping, Quantified
from lambda_rlm.types.mismatch import Why, mismatch
from lambda_rlm.types.open_type import Effects, Open, TypeVariable
from lambda_rlm.types.typed import Piped
from lambda_rlm.types.unify import Clash, fit

PRIMITIVES = {primitive.value: primitive for primitive in Primitive}
MAX_STEPS = 50_000
MAX_DIAGNOSTICS = 100


@dataclass(eq=False, slots=True)
class Binding:
    """A name in scope. `kind` is one of input, host, let, def, local, fix.

    `parameters` are the names of a def's or host function's; `opened` makes the type afresh, since every use has its own
    effects; `owner` is the binding in whose value this one stands; `weight` is the size of a quantified type, which each use
    copies.
    """

    kind: str
    name: str
    type: Open
    span: Span
    quantified: Quantified = ()
    parameters: tuple[str, ...] | None = None
    owner: Binding | None = None
    weight: int = 0
    opened: Callable[[int], Open] | None = None


@dataclass(eq=False, slots=True)
class Abbreviation:
    """A type name in scope; `open` makes the type afresh, since every use has its own effects."""

    name: str
    span: Span
    open: Callable[[], Open]


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a quantified binding inside another binding (None: the program itself)."""

    owner: Binding | None
    binding: Binding
    mapping: Mapping
    span: Span


class TooMuchWork(Exception):
    """Inference stops here; a diagnostic was reported."""


Rule = Callable[["Checker", Term], Open]
CheckRule = Callable[["Checker", Term, Open, Why], Open | None]


@dataclass(eq=False)
class Checker:
    """One run of inference."""

    source: SourceFile
    rules: dict[type, Rule]
    check_rules: dict[type, CheckRule]
    names: dict[str, Binding] = field(default_factory=dict)
    abbreviations: dict[str, Abbreviation] = field(default_factory=dict)
    level: int = 0
    effect: Effects = field(default_factory=lambda: Effects(0))
    owner: Binding | None = None
    types: dict[int, Open] = field(default_factory=dict)
    primitives: dict[int, Primitive] = field(default_factory=dict)
    arguments: dict[int, tuple[Term | Piped | None, ...]] = field(default_factory=dict)
    written: dict[int, Open] = field(default_factory=dict)
    instances: dict[int, Mapping] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    pinned: list[Effects] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    autos: dict[int, Span] = field(default_factory=dict)
    kept: list[object] = field(default_factory=list)
    next_id: int = 1
    steps: int = 0

    def infer(self, term: Term) -> Open:
        """The type of a term, recorded."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.report(
                TYPE_TOO_LARGE,
                "type checking takes too many steps",
                term.span,
                hint="split or shorten the program",
            )
            raise TooMuchWork
        type_ = self.rules[term.__class__](self, term)
        self.types[id(term)] = type_
        return type_

    def check(self, term: Term, wanted: Open, why: Why = ()) -> bool:
        """Infer a term that flows into a place of type `wanted`, with what is wanted pushed inward; False when a mistake was
        reported."""
        rule = self.check_rules.get(term.__class__)
        if rule is not None:
            before = len(self.diagnostics)
            checked = rule(self, term, wanted, why)
            if checked is not None:
                self.types[id(term)] = checked
                return len(self.diagnostics) == before
        given = self.infer(term)
        return self.fits(term, given, wanted, why)

    def fits(self, term: Term, given: Open, wanted: Open, why: Why = ()) -> bool:
        """Let a term's type flow into a place; reports and gives False when it does not."""
        clash = fit(given, wanted)
        if clash is None:
            return True
        self.clash(term, given, wanted, why, clash)
        return False

    def clash(self, term: Term, given: Open, wanted: Open, why: Why, clash: Clash) -> None:
        """Report that a term's type does not fit its place."""
        self._add(mismatch(self.source, term, given, wanted, why, clash))

    def _add(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic; stops where types outgrow the caps or mistakes pile up, since what follows would only echo it."""
        self.diagnostics.append(diagnostic)
        if diagnostic.code == TYPE_TOO_LARGE or len(self.diagnostics) >= MAX_DIAGNOSTICS:
            raise TooMuchWork

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        expected: str | None = None,
        given: str | None = None,
        because: str | None = None,
        fixes: tuple[QuickFix, ...] = (),
        secondary: tuple[Label, ...] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Add a diagnostic."""
        self._add(Diagnostic(code, message, span, severity, secondary, hint, expected, given, because, fixes))

    def charge(self, steps: int, span: Span) -> None:
        """Count work that a program can make large; raises `TooMuchWork` above the cap."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            self.report(TYPE_TOO_LARGE, "type checking takes too many steps", span, hint="use smaller types for its functions")

    def fresh(self, heads: int | None = None) -> TypeVariable:
        """A new type variable of the current level."""
        return TypeVariable(self.level) if heads is None else TypeVariable(self.level, heads)

    def perform(self, effect: Effects) -> None:
        """Something with this effect is applied here."""
        include_effect(effect, self.effect)

    @contextmanager
    def under(self, effect: Effects) -> Iterator[None]:
        """Run under another effect: the body of a function."""
        before, self.effect = self.effect, effect
        try:
            yield
        finally:
            self.effect = before

    @contextmanager
    def scope(self, *bindings: Binding) -> Iterator[None]:
        """Bind names for a while; nothing is copied but the names themselves."""
        before = [(b.name, self.names.get(b.name)) for b in bindings]
        for binding in bindings:
            self.names[binding.name] = binding
        try:
            yield
        finally:
            for name, old in reversed(before):
                self.restore(name, old)

    def restore(self, name: str, old: Binding | None) -> None:
        if old is None:
            self.names.pop(name, None)
        else:
            self.names[name] = old
