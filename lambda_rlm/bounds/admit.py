"""The gate before a run: a typed program becomes bounded, and a bounded one admitted.

Owns `Bounded`, `Admitted` and the only makers of them, `bounded`, `admit` and `defer`. Promises that a program is admitted only
when its bound, at the sizes at hand, is within the budget (its likely cost, where the budget says so), every prompt fits the
model's window, and every `fix` ends. Evaluation takes nothing but what was admitted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Final

from lambda_rlm.bounds.analyse import analyse
from lambda_rlm.bounds.analysis import FUEL, Analysis
from lambda_rlm.bounds.bound import Bound, bound_of
from lambda_rlm.bounds.cost import Cost, Figures, Overlong, by_site
from lambda_rlm.bounds.declared import Size as DeclaredSize
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.bounds.domain.size import UNLIMITED, ZERO, SizeBound
from lambda_rlm.bounds.figures.likely import Likely
from lambda_rlm.bounds.figures.two_figures import cost
from lambda_rlm.bounds.hardness import TooHard
from lambda_rlm.bounds.planner.autos import default_autos
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.staging import Computer
from lambda_rlm.bounds.tree.cost_record import site_json
from lambda_rlm.bounds.tree.cost_tree import CostTree, cost_tree
from lambda_rlm.budget import price
from lambda_rlm.budget.amount import dollars
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Label, Rejected, Severity
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.types.typed import Typed

UNFIT = "E0301"
UNLIMITED_COST = "E0302"
ENDLESS = "E0303"
OVER_BUDGET = "E0304"
TOO_HARD = "E0305"

_DOLLARS: Final = "US dollars"
_MOST_SITES: Final = 3
"""Call sites that a rejection names, the largest."""

_LONGEST_FORM: Final = 100
"""Characters of a closed form in a message; a longer one tells nobody anything."""


@dataclass(frozen=True)
class Bounded:
    """A typed program with its bound at certain sizes of its inputs, and what speaks against running it at these sizes.

    `is_final` says that the sizes are those of real inputs; with sizes only declared, `diagnostics` are warnings where real
    inputs may decide otherwise.
    """

    typed: Typed
    rates: Rates
    autos: Mapping[int, int]
    bound: Bound
    cost: Cost
    diagnostics: tuple[Diagnostic, ...]
    is_final: bool
    visits: int = 0
    """Terms that the analysis looked at."""

    @cached_property
    def cost_tree(self) -> CostTree:
        """Where the bound comes from."""
        return cost_tree(self.typed.program.source, self.cost, self.bound, self.rates)


@dataclass(frozen=True, repr=False)
class Admitted:
    """A program that may run: on what budget, for which model, the number of each `auto` by the term's identity.

    `bound` is what the run costs at most, None before the inputs are known; then the meter alone holds it to the budget.
    """

    typed: Typed
    budget: Budget
    profile: ModelProfile
    autos: Mapping[int, int] = field(default_factory=dict, repr=False)
    bound: Bound | None = None
    is_proved: bool = True
    """Whether the bound is within the budget; else the run began because its likely cost is, and may stop there."""
    sizes: Mapping[str, DeclaredSize] = field(default_factory=dict)
    """What was declared of inputs that were not there; a run refuses larger ones."""
    assumed: frozenset[str] = frozenset()
    """Inputs whose types are only what the program uses; a run types it on those that its inputs have."""

    def __repr__(self) -> str:
        return f"<Admitted {self.typed.program.source.name}: {self.bound or 'inputs unknown'}, {self.budget}>"


def bounded(
    typed: Typed,
    sizes: Mapping[str, Abstract],
    rates: Rates,
    autos: Mapping[int, int],
    budget: Budget,
    computer: Computer | None,
) -> Bounded:
    """The bound of a program on inputs of these sizes; with a computer, what needs no reply is computed on the real ones."""
    try:
        analysis = analyse(typed, sizes, rates, autos, budget.depth, computer)
    except TooHard:
        mistake = Diagnostic(
            TOO_HARD,
            "the program is too complex to bound",
            typed.program.result.span,
            hint="nest fewer functions, or split the program in two",
        )
        raise Rejected(typed.program.source, [mistake]) from None
    assert analysis.outcome is not None
    bound = bound_of(analysis.cost, analysis.outcome.chain, rates)
    return Bounded(
        typed,
        rates,
        autos,
        bound,
        analysis.cost,
        tuple(_mistakes(analysis, bound, rates)),
        is_final=computer is not None,
        visits=FUEL - analysis.fuel,
    )


def unasked(typed: Typed, rates: Rates) -> Bounded:
    """A program that asks no model, with the bound that this gives it."""
    cost = Cost(depth=UNLIMITED)
    return Bounded(typed, rates, {}, bound_of(cost, ZERO, rates), cost, (), is_final=True)


def defer(program: Typed, budget: Budget, profile: ModelProfile) -> Admitted:
    """A program whose inputs are not known yet, let through to where they are: there it is bounded, and admitted or
    rejected."""
    return Admitted(program, budget, profile, default_autos(program, profile))


def admit(
    program: Bounded, budget: Budget, profile: ModelProfile, estimate: Callable[[], Likely | None] = lambda: None
) -> Admitted:
    """The program, to be run within this budget; raises `Rejected`. `estimate` gives its likely cost, which is asked for where
    the budget lets a run begin as likely and the bound is above it."""
    errors = refusals(program, budget)
    likely: Likely | None = None
    admitted = Admitted(program.typed, budget, profile, program.autos, program.bound)
    if not errors:
        return admitted
    if all(error.code == OVER_BUDGET for error in errors):
        likely = estimate()
        if budget.admit == "likely" and likely is not None and likely.fits(budget):
            return replace(admitted, is_proved=False)
    raise Rejected(program.typed.program.source, refusals(program, budget, likely))


def refusals(program: Bounded, budget: Budget, likely: Likely | None = None) -> list[Diagnostic]:
    """What speaks against running a program within a budget; the likely cost is told beside the bound where it is known."""
    return [d for d in program.diagnostics if d.severity is Severity.ERROR] + _over_budget(program, budget, likely)


def as_warnings(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """What only the real inputs can decide, when sizes are all there is."""
    return tuple(
        replace(d, severity=Severity.WARNING, message=f"{d.message}; this depends on the actual input") for d in diagnostics
    )


def _mistakes(analysis: Analysis, bound: Bound, rates: Rates) -> list[Diagnostic]:
    mistakes = [_unfit(span, overlong, rates) for span, overlong in analysis.overlong_prompts.items()]
    for span, why in analysis.endless.items():
        mistakes.append(
            Diagnostic(
                ENDLESS,
                f"cannot prove that this recursion terminates: {why}",
                span,
                hint="call it on pieces shorter than its argument (split, chunk), and stop below a fixed length",
            )
        )
    if not analysis.endless:
        for name in ("calls", "input_tokens"):
            if getattr(bound, name) is None:
                mistakes.append(_unlimited(name, analysis))
                break
    return sorted(mistakes, key=lambda d: d.primary)


def _unfit(span: Span, overlong: Overlong, rates: Rates) -> Diagnostic:
    shown = _amount(overlong.chars.value)
    message = f"this prompt can reach {shown} characters; at most {overlong.limit:,} are guaranteed to fit the context window"
    secondary: tuple[Label, ...] = ()
    if overlong.hole is not None:
        secondary = (Label(overlong.hole, f"this part can reach {_amount(overlong.hole_size.value)} characters"),)
    return Diagnostic(
        UNFIT,
        message,
        span,
        secondary=secondary,
        hint=f"shorten what goes in: take(…, n), chunk or pack it first, or limit a reply with out; the context window is {rates.window:,} tokens",
    )


def _unlimited(name: str, analysis: Analysis) -> Diagnostic:
    sites = by_site(analysis.cost.parts)
    span = next((span for span, figures in sites.items() if getattr(figures, name).value == float("inf")), None)
    what = "how many times this asks the model" if name == "calls" else "how many tokens this uses"
    return Diagnostic(
        UNLIMITED_COST,
        f"cannot bound {what}",
        span or analysis.typed.program.result.span,
        hint="limit the list or text it depends on: take(…, n), or an `iterate` with fewer steps",
    )


def _over_budget(program: Bounded, budget: Budget, likely: Likely | None) -> list[Diagnostic]:
    bound = program.bound
    rows: list[tuple[str, float | None, float | None, str]] = [
        ("model call" if bound.calls == 1 else "model calls", bound.calls, budget.calls, "--max-calls"),
        ("tokens", bound.tokens, budget.tokens, "--max-tokens"),
        (_DOLLARS, bound.usd, budget.usd, "--max-cost"),
    ]
    refused = []
    for what, need, limit, option in rows:
        if limit is None or (need is None and what != _DOLLARS):
            continue
        if need is None:
            refused.append(_no_price(program))
        elif need > limit:
            found = _too_much(program, what, need, limit, _advice(program, budget, likely, option))
            refused.append(replace(found, needs=((option, need),)))
    return refused


def _too_much(program: Bounded, what: str, need: float, limit: float, advice: str) -> Diagnostic:
    source, sites = program.typed.program.source, by_site(program.cost.parts)

    def size_of_site(span: Span) -> SizeBound:
        figures = sites[span]
        return figures.money if what == _DOLLARS else figures.tokens if what == "tokens" else figures.calls

    largest = sorted(sites, key=lambda span: -size_of_site(span).value)[:_MOST_SITES]
    said = {span: _said(sites[span], size_of_site(span), what) for span in largest}
    return Diagnostic(
        OVER_BUDGET,
        f"the program may {_need(need, what)}, but the budget is {_amount(limit) if what != _DOLLARS else price.amount(limit)}",
        largest[0] if largest else program.typed.program.result.span,
        because=f"most of it comes from here: {said[largest[0]]}" if largest else None,
        secondary=tuple(Label(span, f"and from here: {said[span]}") for span in largest[1:] if size_of_site(span).value),
        hint=advice,
        cost_tree=tuple(site_json(source, span, sites[span], is_priced=program.bound.is_price_known) for span in largest),
    )


def _advice(program: Bounded, budget: Budget, likely: Likely | None, option: str) -> str:
    """What to do about a bound above the budget."""
    advice = f"make fewer calls, send less text, or raise {option}"
    if likely is None:
        return advice
    if likely.fits(budget):
        advice += "; --admit likely begins all the same, and may stop at the budget"
    return f"{cost(likely, program.bound)}; {advice}"


def _said(figures: Figures, size: SizeBound, what: str) -> str:
    """What comes from a place, with the closed form where that tells somebody something."""
    if what == _DOLLARS:
        money = "" if size.value == math.inf else f"{price.dollars(dollars(int(size.value)))} for "
        return f"{money}{_amount(figures.tokens.value)} tokens"
    form = f", {size}" if not size.is_constant and len(str(size)) <= _LONGEST_FORM else ""
    unit = "tokens" if what == "tokens" else "call" if size.value == 1 else "calls"
    return f"{_amount(size.value)} {unit}{form}"


def _no_price(program: Bounded) -> Diagnostic:
    return Diagnostic(
        OVER_BUDGET,
        "a dollar limit is set, but the model's price is unknown",
        program.typed.program.result.span,
        hint="limit tokens instead: --max-tokens",
    )


def _amount(number: float) -> str:
    if number == float("inf"):
        return "any number of"
    return f"{number:,}"


def _need(number: float, what: str) -> str:
    return f"cost {price.amount(number)}" if what == _DOLLARS else f"need {_amount(number)} {what}"
