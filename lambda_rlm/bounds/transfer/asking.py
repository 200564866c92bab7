"""What asking a model costs at most, and how large a reply can be.

Owns `ASKING`, the table of the library's model calls, and the check that every prompt fits the model's window: one that may
not is an error at the call that makes it. Tokens are bounded by bytes of UTF-8, which holds for byte-level tokenizers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.analysis import Analysis, Application, Transfer
from lambda_rlm.bounds.cost import Cost, Site
from lambda_rlm.bounds.domain.abstract import (
    WIDEST,
    Abstract,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractResult,
    AbstractText,
    StagedValue,
    call,
    mapped,
    seen,
    text_of,
    uniform,
)
from lambda_rlm.bounds.domain.joining import join
from lambda_rlm.bounds.domain.reply_size import value_of
from lambda_rlm.bounds.domain.size import (
    ONE,
    UNLIMITED,
    ZERO,
    SizeBound,
    ceil_div,
    closer,
    largest,
    peak,
    size_of,
    smallest,
    times,
    total,
)
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.limits import ITEMS, MARKER_TOKENS, MOST_LEAD, OPTIONS
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Con, Record, Type

_ROUNDS: Final = 2
"""Of one vote of llm_map: the items left out are asked for once more."""

_TIMES_LISTED: Final = 3
"""How often an option is sent: in the prompt and, escaped, in the schema."""

AskingTransfer = Callable[..., AbstractResult]
"""From the analysis, the application, and the arguments as sizes, lists with symbols of their own, to the result as sizes."""


def asking(apply: AskingTransfer) -> Transfer:
    def transfer(analysis: Analysis, application: Application) -> AbstractResult:
        return apply(analysis, application, *map(analysis.own, application.sized()))

    return transfer


def _ask(
    analysis: Analysis,
    application: Application,
    prompt: AbstractText,
    type_: Type,
    out: AbstractNumber | None = None,
    *,
    count: SizeBound = ONE,
    known: Abstract | None = None,
) -> Abstract:
    """`count` calls with this prompt, each for a reply of a type; charges them and gives the reply. A prompt that staging knows
    is counted as it would be sent."""
    rates = analysis.rates
    tokens = _out_tokens(rates, out, rates.out)
    if isinstance(known, StagedValue) and rates.count is not None:
        counted = rates.count(known.value, type_)
        if counted + min(tokens.value, rates.window) > rates.window:
            analysis.overlong(application.name.span, prompt, int(rates.window * prompt.chars.value / max(1, counted)))
        sent = size_of(counted + rates.instruction_bytes(type_))
    else:
        _check_window(analysis, application, prompt, tokens)
        sent = prompt.bytes + size_of(rates.frame + rates.instruction_bytes(type_))
    received = tokens + size_of(rates.reasoning_tokens)
    cost = _asked(rates, count, sent, received, rates.repair_bytes, prompt.chars)
    _charge(analysis, application, cost, sent, received)
    return value_of(type_, _reply_chars(rates, tokens))


def _asked(rates: Rates, count: SizeBound, sent: SizeBound, received: SizeBound, repair_tokens: int, chars: SizeBound) -> Cost:
    """What `count` questions cost, each sent with so many tokens at most and answered with so many; a repair says what was
    wrong, on top."""
    repeats = 1 + rates.retries
    repaired = sent + size_of(repair_tokens if rates.repairs else 0)
    return _priced(
        rates,
        Cost(
            calls=count,
            sends=count,
            spare=count * (rates.sends - 1),
            input_tokens=times(count, sent) * repeats,
            output_tokens=times(count, received) * repeats,
            prompt=chars,
            attempt_input=repaired * repeats,
            attempt_output=received * repeats,
        ),
    )


def _priced(rates: Rates, cost: Cost) -> Cost:
    """With the money that its tokens cost."""
    return replace(
        cost,
        money=rates.money(cost.input_tokens, cost.output_tokens),
        attempt_money=rates.money(cost.attempt_input, cost.attempt_output),
    )


def _charge(analysis: Analysis, application: Application, cost: Cost, prompt: SizeBound, reply: SizeBound) -> None:
    """Book model calls at the place that makes them; with so many tokens at most in one prompt and one reply."""
    site = Site(cost.figures, prompt, reply, application.primitive.value)
    analysis.charge(replace(cost, parts={application.name.span: site}))


def _out_tokens(rates: Rates, out: AbstractNumber | None, default: int) -> SizeBound:
    """The reply's tokens at most."""
    if out is None:
        return size_of(max(1, min(default, rates.max_output, rates.window // 4)))
    return largest((ONE, smallest(out.high, size_of(rates.max_output))))


def _reply_chars(rates: Rates, tokens: SizeBound) -> SizeBound:
    """The reply's characters at most: min(max_reply, reply_chars_per_token · out)."""
    return smallest(size_of(rates.max_reply), tokens * rates.reply_chars_per_token)


def _check_window(analysis: Analysis, application: Application, prompt: AbstractText, tokens: SizeBound) -> None:
    """A prompt whose characters may be more tokens than the window holds beside the reply is reported at the call."""
    rates = analysis.rates
    room = rates.window - min(tokens.value, rates.window) - rates.template_tokens
    if prompt.chars.value / rates.min_chars_per_token > room:
        analysis.overlong(application.name.span, prompt, int(room * rates.min_chars_per_token))


def _llm_call(
    analysis: Analysis,
    application: Application,
    prompt: AbstractText,
    out: AbstractNumber | None = None,
    or_else: Abstract | None = None,
) -> AbstractResult:
    type_ = analysis.arrow_of(application.name).result
    reply = _ask(analysis, application, prompt, type_, out, known=application.arguments[0])
    return AbstractResult(reply if or_else is None else join(reply, or_else), ONE)


def _llm_samples(
    analysis: Analysis, application: Application, prompt: AbstractText, n: AbstractNumber, out: AbstractNumber | None = None
) -> AbstractResult:
    type_ = _element_of(analysis.arrow_of(application.name).result)
    reply = _ask(analysis, application, prompt, type_, out, count=n.high, known=application.arguments[0])
    return AbstractResult(uniform(n.high, reply, max(0, n.low)), ONE if n.high.value else ZERO)


def _llm_choose(analysis: Analysis, application: Application, prompt: AbstractText, options: AbstractList) -> AbstractResult:
    element = options.element
    if not isinstance(element, AbstractText):
        return AbstractResult(AbstractOption(None))
    leads = times(options.length, size_of(MOST_LEAD))
    listed = leads + total(element.chars, options.length, options.owner)
    in_bytes = leads + total(element.bytes, options.length, options.owner) * _TIMES_LISTED
    frame = size_of(analysis.rates.choice_bytes)
    whole = AbstractText(prompt.chars + listed + size_of(len(OPTIONS)), prompt.bytes + in_bytes + frame, WIDEST, 0)
    _ask(analysis, application, whole, Con("Text"))
    chosen = mapped(element, lambda size: peak(size, options.owner))
    return AbstractResult(AbstractOption(chosen), ONE)


def _llm_map(
    analysis: Analysis,
    application: Application,
    items: AbstractList,
    instruction: AbstractText,
    per_call: AbstractNumber | None = None,
    out: AbstractNumber | None = None,
    votes: AbstractNumber | None = None,
) -> AbstractResult:
    type_ = _element_of(_element_of(analysis.arrow_of(application.name).result))
    return _mapped(analysis, application, items, instruction, type_, per_call, out, votes)


def _mapped(
    analysis: Analysis,
    application: Application,
    items: AbstractList,
    instruction: AbstractText,
    type_: Type,
    per_call: AbstractNumber | None,
    out: AbstractNumber | None,
    votes: AbstractNumber | None,
) -> AbstractResult:
    """First round: votes × (⌈n/per_call⌉ + ⌈2·sum/capacity⌉) calls, each item sent once a vote. Items left out are asked for
    once more, in as many calls at most; these are of the pool. Chain 2."""
    rates = analysis.rates
    element = items.element
    if not isinstance(element, AbstractText):
        return AbstractResult(AbstractList(ZERO, None, 0))
    tokens = _out_tokens(rates, out, rates.item_out)
    ballots = _at_least_one_size(votes)
    in_frame, in_item = rates.mapping_bytes(type_)
    item = element.bytes + size_of(in_item)
    frame = instruction.bytes + size_of(rates.frame + in_frame)
    longest = instruction.chars + peak(element.chars, items.owner)
    _check_window(analysis, application, AbstractText(longest, UNLIMITED), tokens)
    calls = times(ballots, smallest(_batches(rates, items, element, frame, tokens, per_call), items.length))
    repeats = 1 + rates.retries
    together = smallest(items.length, _most(per_call, rates.per_call))

    def of_one(size: SizeBound) -> SizeBound:
        """What the items of one prompt have at most."""
        return closer(total(size, items.length, items.owner), times(together, peak(size, items.owner)))

    thought = rates.reasoning_tokens
    cost = Cost(
        calls=calls,
        again=calls * (_ROUNDS - 1),
        sends=calls,
        spare=calls * (_ROUNDS * (1 + rates.resends) - 1),
        input_tokens=(times(calls, frame) + times(ballots, total(item, items.length, items.owner))) * repeats,
        output_tokens=(times(times(ballots, items.length), tokens) + calls * thought) * repeats,
        prompt=instruction.chars + size_of(len(ITEMS)) + of_one(element.chars + size_of(MOST_LEAD)),
        attempt_input=(frame + of_one(item)) * repeats,
        attempt_output=(times(together, tokens) + size_of(thought)) * repeats,
    )
    _charge(analysis, application, _priced(rates, cost), frame + of_one(item), times(together, tokens) + size_of(thought))
    reply = value_of(type_, _reply_chars(rates, tokens))
    return AbstractResult(uniform(items.length, AbstractOption(reply), items.low), size_of(_ROUNDS))


def _batches(
    rates: Rates,
    items: AbstractList,
    element: AbstractText,
    frame: SizeBound,
    tokens: SizeBound,
    per_call: AbstractNumber | None,
) -> SizeBound:
    """Prompts of one round: ⌈n/per_call⌉ + ⌈2·sum/capacity⌉, since two neighbours that were not put together need more than the
    capacity. One that needs more than three quarters of it may be packed again into three quarters: into three at most, or two
    where no item needs more than half. Neither happens where the largest items, as many as a prompt may have, need no more."""
    most = max(1, min(_at_least_one(per_call, rates.per_call), int(rates.max_output // max(1, tokens.value))))
    batches = ceil_div(items.length, most)
    one = element.bytes + tokens + size_of(rates.template_tokens + MARKER_TOKENS)
    need, largest_need = total(one, items.length, items.owner), peak(one, items.owner)
    capacity = max(1, rates.window - int(min(frame.value, rates.window - 1)))
    together = smallest(_most(per_call, rates.per_call), items.length).value
    if min(need.value, together * largest_need.value) * 4 <= capacity * 3:
        return batches
    more = 1 if largest_need.value * 2 <= capacity else 2
    return batches + ceil_div(need * 2, capacity) + ceil_div(need * 4, capacity * 3) * more


def _element_of(type_: Type) -> Type:
    """The T of List[T] or Option[T]."""
    assert isinstance(type_, Con)
    return type_.arguments[0]


def _at_least_one(n: AbstractNumber | None, default: int) -> int:
    return default if n is None else int(max(1, n.low)) if n.low != -math.inf else 1


def _at_least_one_size(n: AbstractNumber | None) -> SizeBound:
    return ONE if n is None else largest((ONE, n.high))


def _most(n: AbstractNumber | None, default: int) -> SizeBound:
    return size_of(default) if n is None else largest((ONE, n.high))


def _llm_map_by(
    analysis: Analysis,
    application: Application,
    items: AbstractList,
    show: Abstract,
    instruction: AbstractText,
    per_call: AbstractNumber | None = None,
    out: AbstractNumber | None = None,
    votes: AbstractNumber | None = None,
) -> AbstractResult:
    if items.element is None:
        return AbstractResult(items)
    record = _element_of(analysis.arrow_of(application.name).result)
    assert isinstance(record, Record)
    option = record.field("reply")
    assert option is not None
    element = items.element
    with analysis.opened(items.owner):
        shown, cost = analysis.measured(lambda: call(show, element))
    analysis.charge(cost.for_each(items.length, items.owner))
    texts = AbstractList(items.length, seen(shown.value), items.owner, items.low)
    replies, chain = _mapped(analysis, application, texts, instruction, _element_of(option), per_call, out, votes)
    assert isinstance(replies, AbstractList) and replies.element is not None
    pair = AbstractRecord((("item", element), ("reply", replies.element)))
    return AbstractResult(AbstractList(items.length, pair, items.owner, items.low), peak(shown.chain, items.owner) + chain)


def _rlm_call(
    analysis: Analysis, application: Application, query: AbstractText, text: AbstractText, calls: AbstractNumber
) -> AbstractResult:
    """A sub-run is held to its calls by the meter, each of them to the window and the largest reply; it has a pool of its
    own."""
    rates = analysis.rates
    attempts = calls.high + smallest(calls.high * (rates.sends - 1), rates.pool_of(calls.high))
    window, longest = size_of(rates.window), size_of(rates.max_output + rates.reasoning_tokens)
    cost = Cost(
        calls=calls.high,
        sends=attempts,
        input_tokens=times(attempts, window) * (1 + rates.retries),
        output_tokens=times(attempts, longest) * (1 + rates.retries),
    )
    _charge(analysis, application, _priced(rates, cost), window, longest)
    return AbstractResult(text_of(size_of(rates.max_reply)), calls.high)


ASKING: Final[dict[P, AskingTransfer]] = {
    P.LLM_CALL: _llm_call,
    P.LLM_SAMPLES: _llm_samples,
    P.LLM_CHOOSE: _llm_choose,
    P.LLM_MAP: _llm_map,
    P.LLM_MAP_BY: _llm_map_by,
    P.RLM_CALL: _rlm_call,
}
