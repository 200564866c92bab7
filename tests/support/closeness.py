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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final
from unittest.mock import patch

import anyio

from lambda_rlm.bounds.admit import Admitted, Bounded
from lambda_rlm.bounds.cost import by_site
from lambda_rlm.bounds.domain.abstract import WIDEST, Abstract
from lambda_rlm.bounds.domain.makeup import instruction_size
from lambda_rlm.bounds.domain.reply_size import ReplyHeld, value_of
from lambda_rlm.bounds.domain.size import UNLIMITED, SizeBound
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.transfer import calls, mapping
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.pool import Pool
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.asking.asking_rates import rates_of
from lambda_rlm.eval.asking.question import ModelQuery
from lambda_rlm.eval.evaluate import evaluate
from lambda_rlm.eval.staging.stage import Stage, known_inputs
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.limits import PROMPT_OVERHEAD, STANDING
from lambda_rlm.llm.providers.forms.openai_form import schema_of
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

_OLD_THOUGHT: Final = 4_096
"""Tokens of thought that each attempt might be paid for, whatever it was for."""


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
    run: Ran = field(repr=False)
    counted_by: str = "bytes"
    violations: tuple[str, ...] = ()

    @property
    def span(self) -> int:
        """The calls of the run that had to wait for each other."""
        return int(self.run.metered["span"] or 0)

    @property
    def likely_ratio(self) -> float:
        return _ratio(self.likely, self.paid)


@dataclass(frozen=True)
class Sent:
    """A question, and the tokens that a provider bills for what is around its prompt: template, instruction, schema."""

    question: ModelQuery
    frame: int


class _Recording(Asker):
    """Notes each question where it is asked."""

    sent: dict[Span, list[Sent]]

    def _begun(self, question: Any, place: Any, span: Any) -> Any:
        flight = super()._begun(question, place, span)
        prepared = self.prepared(question)
        schema, _ = schema_of(prepared.request)
        billed = self.model.count_tokens(prepared.request.messages)
        billed += tokens(json.dumps(schema, ensure_ascii=False)) if schema is not None else 0
        self.sent[span].append(Sent(question, max(0, billed - tokens(question.prompt.text))))
        return flight


@dataclass(frozen=True)
class Ran:
    """A run: what each place sent, and what the meter booked."""

    sent: Mapping[Span, Sequence[Sent]]
    metered: Mapping[str, float | None]
    fault: Fault | None = None


def ran(trial: Trial, pool: int | None) -> Ran:
    """The trial, run with its gate off and with the pool of its bound, as a run has it."""
    meter = Meter(trial.budget)
    meter.pool = pool
    asker = _Recording(trial.model, meter, trial.settings)
    asker.sent = defaultdict(list)
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
    every = {
        "attempts": used.attempts,
        "span": asker.counts.span,
        "prompt_chars": None,
        "depth": meter.deepest,
        "pool": meter.extra,
    }
    return Ran(dict(asker.sent), {**booked, **every, "steps": meter.steps, "bytes": meter.bytes}, fault)


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
    """Six attempts for each call, three of them with what was wrong; for `llm_map` two rounds, of three attempts each."""
    rates = counting.single
    each = rates.repair_bytes // 2

    def instruction(type_: Type) -> int:
        return rates.instruction_bytes(type_) + each

    def count(prompt: object, type_: Type) -> int:
        assert rates.count is not None
        return rates.count(prompt, type_) + each

    return replace(rates, retries=_OLD_ATTEMPTS - 1, instruction_bytes=instruction, count=count, count_items=None)


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


def chains(bound: Bounded, single: Bounded, counting: Counting, run: Ran, longer: float) -> tuple[Chain, Chain, Chain]:
    """For input tokens, output tokens and US dollars; replies might be so many times as long as the questions say."""
    names = _names(single.typed.program)
    caps, taken, as_they_were, as_framed = 0.0, 0.0, 0.0, 0.0
    for span, sent in run.sent.items():
        most = sum(one.question.out for one in sent) * longer
        place = _taken(single, names.get(span, span), len(sent), most)
        known = [counting.measure(one.question) for one in sent]
        own = sum(own for own, _ in known)
        caps, taken = caps + most, taken + place
        as_they_were += min(place, own + sum(frame for _, frame in known))
        as_framed += min(place, own + sum(one.frame for one in sent))
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


def _taken(single: Bounded, name: Span, sent: int, caps: float) -> float:
    """The bound of the input of the calls that a place made, one attempt each: the place's, shared equally among its calls."""
    figures = by_site(single.cost.parts)[name]
    calls, total = float(figures.calls.value), float(figures.tokens.value)
    return max(0.0, total - caps / sent * calls) * sent / calls


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


def closeness(trial: Trial) -> Closeness:
    """A program held against its bound."""
    counting = new(trial)
    bound, single = _bounded(trial, counting.rates), _bounded(trial, counting.single)
    run = ran(trial, bound.bound.pool)
    estimate = foresee(trial.typed, trial.given, trial.model, trial.budget).estimate()
    likely = estimate.usd if estimate is not None and estimate.usd is not None else float("nan")
    wrong = excess(bound, run)  # type: ignore[arg-type]
    wrong += [f"ended with {run.fault.code}: {run.fault}"] if run.fault is not None else []
    return _held(bound, chains(bound, single, counting, run, 1.0), run, likely, wrong)


def before(trial: Trial, run: Ran) -> Closeness:
    """The same run held against the bound as it was. Nothing was `likely` then."""
    counting = old(trial)
    with _longest_replies():
        bound = _bounded(trial, as_before(counting))
    with _longest_replies():
        single = _bounded(trial, counting.single)
    longer = _ratio(single.bound.output_tokens or 0, _bounded(trial, counting.single).bound.output_tokens or 0)
    return _held(bound, chains(bound, single, counting, run, longer), run, float("nan"), [])


def _held(bound: Bounded, chain: tuple[Chain, Chain, Chain], run: Ran, likely: float, wrong: Sequence[str]) -> Closeness:
    calls = int(run.metered["calls"] or 0), bound.bound.calls or 0
    return Closeness(*chain, calls, likely, run.metered["usd"] or 0.0, run, bound.bound.counted_by, tuple(wrong))


def thought(program: Program) -> tuple[float, float]:
    """How many times its bound in dollars is, where a model thinks, what it is where it does not: before, and now."""
    silent, thinks = program.trial(), program.trial(thinking())
    now = [_bounded(trial, trial.rates).bound.usd or 0.0 for trial in (thinks, silent)]
    rates = as_before(old(silent))
    with _longest_replies():
        was = [_bounded(silent, one).bound.usd or 0.0 for one in (replace(rates, thought=lambda is_label: _OLD_THOUGHT), rates)]
    return _ratio(*was), _ratio(*now)


@contextmanager
def _longest_replies() -> Iterator[None]:
    """Typed replies may have as many tokens as any other, as they might before finite types were told apart, and lists as many
    elements as characters."""
    with ExitStack() as stack:
        for module, name in ((calls, "reply_out"), (mapping, "item_out")):
            stack.enter_context(patch.object(module, name, lambda type_, default: default))
        stack.enter_context(patch.object(calls, "value_of", _as_long_as_its_characters))
        yield


def _as_long_as_its_characters(type_: Type, chars: SizeBound, held: ReplyHeld) -> Abstract:
    """A reply whose lists are not held to their tokens, nor its quotes to the characters of the prompt."""
    return value_of(type_, chars, held._replace(tokens=UNLIMITED, quote=WIDEST))


def _bounded(trial: Trial, rates: Rates) -> Bounded:
    sizes = known_inputs(trial.typed, trial.values(), rates.vocabulary)
    found = trial.bounded(sizes, Stage(trial.typed, trial.autos, Meter(trial.budget), vocabulary=rates.vocabulary), rates)
    assert found is not None, trial.typed.program.source.name
    return found
