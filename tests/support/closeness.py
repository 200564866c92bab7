"""How many times what a run used its bound is, and why: five causes whose factors multiply to the whole.

A chain of figures leads from the bound down to what was used; each step leaves one cause out:

    bound · at one attempt for each call · over the calls that were made · at the prompts and replies as they were ·
    with their frames as they were sent · counted as the provider counts

so the factors are attempts, branches, replies, frames and tokens. No step goes up, by construction: where the analysis knows more
of a prompt than its text alone would tell, the later figure is capped by the earlier.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Final
from unittest.mock import patch

import anyio

from lambda_rlm.bounds.admit import Admitted, Bounded
from lambda_rlm.bounds.cost import by_site
from lambda_rlm.bounds.domain.makeup import instruction_size
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.transfer import asking
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.pool import ALL, Pool
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.asking.asking_rates import rates_of
from lambda_rlm.eval.asking.question import ModelQuery
from lambda_rlm.eval.evaluate import evaluate
from lambda_rlm.eval.staging.stage import Stage, known_inputs
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.limits import PROMPT_OVERHEAD, STANDING
from lambda_rlm.llm.providers.openai_form import schema_of
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.caps import children
from lambda_rlm.types.type import Type
from tests.support.bounding import Trial, excess
from tests.support.realistic import tokens
from tests.support.recorded_programs import Program, thinking

CAUSES: Final = ("attempts", "branches", "replies", "frames", "tokens")
_NONE: Final = Pool(least=0, percent=0)
"""No attempt more than one for each call."""

_OLD_ATTEMPTS: Final = 6
"""Of each call, before there was a pool: one repair, and each of the two requests sent up to three times."""

_OLD_REPAIR: Final = 2_400
"""Bytes that a repair was charged."""


@dataclass(frozen=True)
class Chain:
    """Figures from the bound down to what was used; `steps` has one more than `CAUSES`."""

    steps: tuple[float, ...]

    @property
    def whole(self) -> float:
        """Bound / used; 1 where neither is anything."""
        return _ratio(self.steps[0], self.steps[-1])

    @property
    def factors(self) -> dict[str, float]:
        return {cause: _ratio(*pair) for cause, pair in zip(CAUSES, zip(self.steps, self.steps[1:], strict=False), strict=True)}

    @property
    def untaken(self) -> float:
        """The share of the bound, at one attempt, that is for calls which were not made."""
        return 1 - self.steps[2] / self.steps[1] if self.steps[1] else 0.0


def _ratio(a: float, b: float) -> float:
    return a / b if b else 1.0 if not a else float("inf")


@dataclass(frozen=True)
class Closeness:
    """One program: chains for input tokens, output tokens and US dollars; `likely` and what was paid; calls made and bound."""

    input: Chain
    output: Chain
    usd: Chain
    calls: tuple[int, int]
    likely: float
    paid: float
    span: int = 0
    counted_by: str = "bytes"
    violations: tuple[str, ...] = ()

    @property
    def likely_ratio(self) -> float:
        return _ratio(self.likely, self.paid)


@dataclass
class _Sent:
    """What a place of a program sent: calls, and per step of the chain the input, and the most that replies may have."""

    calls: int = 0
    own: int = 0
    frames: int = 0
    billed_frames: int = 0
    billed: int = 0
    caps: int = 0


class _Recording(Asker):
    """Notes each question where it is asked."""

    sent: dict[Span, _Sent]
    measure: Callable[[ModelQuery], tuple[int, int]]

    def _begun(self, question: Any, place: Any, span: Any) -> Any:
        flight = super()._begun(question, place, span)
        at = self.sent[span]
        own, frame = self.measure(question)
        prepared = self.prepared(question)
        exact = tokens(question.prompt.text)
        schema, _ = schema_of(prepared.request)
        billed = self.model.count_tokens(prepared.request.messages)
        billed += tokens(json.dumps(schema, ensure_ascii=False)) if schema is not None else 0
        at.calls += 1
        at.own += own
        at.frames += frame
        at.billed += billed
        at.billed_frames += max(0, billed - exact)
        at.caps += question.out
        return flight


@dataclass(frozen=True)
class Ran:
    """A run: what each place sent, and what the meter booked."""

    sent: Mapping[Span, _Sent]
    metered: Mapping[str, float | None]
    fault: Fault | None = None


def ran(trial: Trial, measure: Callable[[ModelQuery], tuple[int, int]]) -> Ran:
    """The trial, run with its gate off; `measure` gives the tokens that the analysis counts a known prompt as: its own, and
    those of its frame."""
    meter = Meter(trial.budget)
    asker = _Recording(trial.model, meter, trial.settings)
    asker.sent, asker.measure = defaultdict(_Sent), measure
    asker.is_counted = trial.vocabulary is not None
    admitted = Admitted(trial.typed, trial.budget, trial.model.profile, trial.autos)

    async def go() -> None:
        async with asker.opened():
            await evaluate(admitted, trial.values(), asker)

    fault = None
    try:
        anyio.run(go)
    except Fault as found:
        fault = found
    used = meter.usage
    booked = {"calls": meter.calls, "input_tokens": used.input_tokens, "output_tokens": used.output_tokens, "usd": used.cost}
    every = {"attempts": used.attempts, "span": asker.counts.span, "prompt_chars": None, "depth": meter.deepest}
    return Ran(dict(asker.sent), {**booked, **every, "steps": meter.steps, "bytes": meter.bytes, "pool": meter.extra}, fault)


@dataclass(frozen=True)
class Counting:
    """Rates at which a program is bounded, and how a prompt is counted whose text is known: as much of its own, as much of its
    frame."""

    rates: Rates
    measure: Callable[[ModelQuery], tuple[int, int]]
    single: Rates = field(init=False)

    def __post_init__(self) -> None:
        single = replace(self.rates, repairs=0, resends=0, retries=0, pool=_NONE)
        object.__setattr__(self, "single", single)


def new(trial: Trial) -> Counting:
    """As a run is bounded: by the model's vocabulary, where it has one."""
    rates = trial.rates
    return Counting(
        rates, lambda question: in_bytes(rates, question) if rates.vocabulary is None else in_tokens(rates, question)
    )


def old(trial: Trial) -> Counting:
    """As runs were bounded before there was a pool: by bytes, frames at their worst."""
    profile = replace(trial.model.profile, vocabulary=None)
    rates = rates_of(replace(trial.model, profile=profile), trial.settings)  # type: ignore[type-var]
    rates = replace(rates, standing_bytes=PROMPT_OVERHEAD, repair_bytes=_OLD_REPAIR)
    return Counting(rates, lambda question: in_bytes(rates, question))


def as_before(counting: Counting) -> Rates:
    """Six attempts for each call, three of them with what was wrong; the second round of `llm_map` for each of its calls."""
    rates = counting.single
    each = rates.repair_bytes // 2

    def instruction(type_: Type) -> int:
        return rates.instruction_bytes(type_) + each

    def mapping(type_: Type, items: int) -> tuple[int, int]:
        in_frame, in_item = rates.mapping_bytes(type_, items)
        return in_frame + each, in_item

    return replace(rates, retries=_OLD_ATTEMPTS - 1, pool=ALL, instruction_bytes=instruction, mapping_bytes=mapping)


def in_bytes(rates: Rates, question: ModelQuery) -> tuple[int, int]:
    """A prompt and its frame by bytes."""
    shape = question.shape
    own = len(question.prompt.text.encode("utf-8", "surrogatepass"))
    return own, _frame(rates, question) + len(shape.instruction.encode()) + shape.schema_tokens(None)


def in_tokens(rates: Rates, question: ModelQuery) -> tuple[int, int]:
    """A prompt and its frame by the vocabulary: its pieces, each counted as it may be put anywhere."""
    vocabulary, shape = rates.vocabulary, question.shape
    assert vocabulary is not None
    own = 0
    for _, leaf in question.prompt.leaves:
        size = vocabulary.size(leaf.s) if leaf.origin is not None else instruction_size(vocabulary, leaf.s)
        own += min(size.tokens, len(leaf.s.encode("utf-8", "surrogatepass")))
    said = vocabulary.exact(f"{STANDING}\n{shape.instruction}")
    return own, _frame(rates, question) + said + shape.schema_tokens(vocabulary)


def _frame(rates: Rates, question: ModelQuery) -> int:
    return rates.frame(sum(part.is_data for part in question.prompt.parts))


def chains(bound: Bounded, single: Bounded, run: Ran) -> tuple[Chain, Chain, Chain]:
    """For input tokens, output tokens and US dollars."""
    names = _names(single.typed.program)
    sent = [(_taken(single, names.get(span, span), one), one) for span, one in run.sent.items()]
    taken = sum(taken for taken, _ in sent)
    as_they_were = sum(min(taken, one.own + one.frames) for taken, one in sent)
    as_framed = sum(min(taken, one.own + one.billed_frames) for taken, one in sent)
    caps = sum(one.caps for _, one in sent)
    used, received = run.metered["input_tokens"] or 0, run.metered["output_tokens"] or 0
    whole, one = bound.bound, single.bound
    inputs = _downhill([whole.input_tokens, one.input_tokens, taken, as_they_were, as_framed, used])
    outputs = _downhill([whole.output_tokens, one.output_tokens, caps, received, received, received])
    price = bound.rates.input_price or 0.0, bound.rates.output_price or 0.0
    paid = [a * price[0] + b * price[1] for a, b in zip(inputs, outputs, strict=True)]
    return Chain(inputs), Chain(outputs), Chain(_downhill([whole.usd, one.usd, *paid[2:]]))


def _downhill(steps: Sequence[float | None]) -> tuple[float, ...]:
    """No figure above the one before it, and none below the last; infinite where there is no limit."""
    figures = [float("inf") if step is None else float(step) for step in steps]
    made = figures[:1]
    for step in figures[1:-1]:
        made.append(max(figures[-1], min(made[-1], step)))
    return *made, figures[-1]


def _taken(single: Bounded, name: Span, sent: _Sent) -> float:
    """The bound of the input of the calls that a place made, one attempt each: the place's, shared equally among its calls."""
    figures = by_site(single.cost.parts)[name]
    calls, total = float(figures.calls.value), float(figures.tokens.value)
    cap = sent.caps / sent.calls
    return max(0.0, total - cap * calls) * sent.calls / calls


def _names(program: t.Program) -> dict[Span, Span]:
    """The place of a call to the place of its function's name, by which the analysis knows it."""
    found: dict[Span, Span] = {}
    waiting: list[t.Node] = [program]
    while waiting:
        node = waiting.pop()
        if isinstance(node, t.App):
            found[node.span] = node.function.span
        waiting += children(node)
    return found


def closeness(trial: Trial, counting: Counting, *, is_old: bool = False) -> Closeness:
    """A program held against its bound."""
    rates = as_before(counting) if is_old else counting.rates
    with _longest_replies() if is_old else nullcontext():
        bound, single = _bounded(trial, rates), _bounded(trial, counting.single)
    run = ran(trial, counting.measure)
    if is_old:
        _lengthen(run, single, _bounded(trial, counting.single))
    chain = chains(bound, single, run)
    paid = run.metered["usd"] or 0.0
    estimate = foresee(trial.typed, trial.given, trial.model, trial.budget).estimate()
    likely = estimate.usd if estimate is not None and estimate.usd is not None else float("nan")
    wrong = [] if is_old else excess(bound, run)  # type: ignore[arg-type]
    wrong += [f"ended with {run.fault.code}: {run.fault}"] if run.fault is not None else []
    calls = int(run.metered["calls"] or 0), bound.bound.calls or 0
    return Closeness(*chain, calls, likely, paid, int(run.metered["span"] or 0), bound.bound.counted_by, tuple(wrong))


def thought(program: Program) -> float:
    """How many times its bound in dollars is, where a model thinks, what it is where it does not."""
    with_it, without = (_bounded(trial, trial.rates).bound.usd for trial in (program.trial(thinking()), program.trial()))
    return _ratio(with_it or 0.0, without or 0.0)


@contextmanager
def _longest_replies() -> Iterator[None]:
    """Typed replies may have as many tokens as any other, as they might before finite types were told apart."""
    with ExitStack() as stack:
        for name in ("reply_out", "item_out"):
            if hasattr(asking, name):
                stack.enter_context(patch.object(asking, name, lambda type_, default: default))
        yield


def _lengthen(run: Ran, before: Bounded, now: Bounded) -> None:
    """The most that the replies of a run may have, as it was before: by the same factor for each."""
    factor = _ratio(before.bound.output_tokens or 0, now.bound.output_tokens or 0)
    for one in run.sent.values():
        one.caps = round(one.caps * factor)


def _bounded(trial: Trial, rates: Rates) -> Bounded:
    sizes = known_inputs(trial.typed, trial.values(), rates.vocabulary)
    found = trial.bounded(sizes, Stage(trial.typed, trial.autos, Meter(trial.budget), vocabulary=rates.vocabulary), rates)
    assert found is not None, trial.typed.program.source.name
    return found
