"""What asking a model about many texts costs at most: `llm_map` and `llm_map_by`."""

from __future__ import annotations

import math
from typing import Final

from lambda_rlm.bounds.analysis import Analysis, Application
from lambda_rlm.bounds.cost import Cost
from lambda_rlm.bounds.domain.abstract import (
    Abstract,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractResult,
    AbstractText,
    StagedValue,
    call,
    lower,
    seen,
    uniform,
)
from lambda_rlm.bounds.domain.makeup import DATA, LETTERLESS, joined
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
)
from lambda_rlm.bounds.domain.totals import total
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.transfer.calls import charge, check_window, element_of, out_tokens, reply_of
from lambda_rlm.limits import ITEMS, MARKER_TOKENS, MOST_BLOCKS, MOST_LEAD
from lambda_rlm.types.reply_tokens import item_out
from lambda_rlm.types.type import Record, Type

_ROUNDS: Final = 2
"""Of one vote of llm_map: the items left out are asked for once more."""

_MANY_ITEMS: Final = 10**9
"""More items than any prompt has."""


def llm_map(
    analysis: Analysis,
    application: Application,
    items: AbstractList,
    instruction: AbstractText,
    per_call: AbstractNumber | None = None,
    out: AbstractNumber | None = None,
    votes: AbstractNumber | None = None,
) -> AbstractResult:
    type_ = element_of(element_of(analysis.arrow_of(application.name).result))
    prompts = _known_prompts(analysis.rates, application, type_, per_call, out)
    return _mapped(analysis, application, items, instruction, type_, per_call, out, votes, prompts)


def _known_prompts(
    rates: Rates, application: Application, type_: Type, per_call: AbstractNumber | None, out: AbstractNumber | None
) -> list[int] | None:
    """The tokens of each prompt of the first round, where staging knows all that is put into them."""
    items, instruction = application.arguments[:2]
    numbers = [None if n is None else int(n.low) for n in (per_call, out) if n is None or n.low == n.high.value]
    if rates.count_items is None or len(numbers) < 2:
        return None
    if not isinstance(items, StagedValue) or not isinstance(instruction, StagedValue):
        return None
    return rates.count_items(items.value, instruction.value, type_, *numbers)


def _mapped(
    analysis: Analysis,
    application: Application,
    items: AbstractList,
    instruction: AbstractText,
    type_: Type,
    per_call: AbstractNumber | None,
    out: AbstractNumber | None,
    votes: AbstractNumber | None,
    prompts: list[int] | None = None,
) -> AbstractResult:
    """First round, known where its `prompts` are: votes × (⌈n/per_call⌉ + ⌈2·sum/capacity⌉) calls, each item sent once a vote.
    Items left out are asked for once more, in as many calls at most; these are of the pool. Chain 2."""
    rates, element = analysis.rates, items.element
    if not isinstance(element, AbstractText):
        return AbstractResult(AbstractList(ZERO, None, 0))
    tokens, ballots = out_tokens(rates, out, item_out(type_, rates.item_out)), _most(votes, 1)
    together = smallest(items.length, _most(per_call, rates.per_call))
    frame, item = _prompt_and_item(rates, instruction, element, type_, together)
    _check_item(analysis, application, instruction.chars, items, frame + peak(item, items.owner), tokens)
    calls = times(ballots, smallest(_batches(rates, items, element, frame, tokens, per_call), items.length))
    again, round_ = calls, times(calls, frame) + times(ballots, total(item, items.length, items.owner))
    calls, sent = _known_or(calls, round_, ballots, prompts)
    more, repeats = _ROUNDS * (1 + rates.resends) - 1, 1 + rates.retries
    replied, replies = times(times(ballots, items.length), tokens), times(together, tokens)
    prompt, thought = frame + _of_one(items, together, item), rates.thought_before(replies)
    cost = Cost(
        calls=calls,
        again=again * (_ROUNDS - 1),
        sends=calls,
        spare=again * more,
        input_tokens=sent * repeats,
        output_tokens=(replied + times(calls, thought)) * repeats,
        prompt=instruction.chars + size_of(len(ITEMS)) + _of_one(items, together, element.chars + size_of(MOST_LEAD)),
        attempt_input=prompt * repeats,
        attempt_output=(replies + thought) * repeats,
        spare_input=round_ * (more * repeats),
        spare_output=(replied + times(again, thought)) * (more * repeats),
    )
    charge(analysis, application, cost, prompt, replies + thought)
    reply = AbstractOption(reply_of(rates, type_, tokens, element.width))
    return AbstractResult(uniform(items.length, reply, items.low), size_of(_ROUNDS))


def _check_item(
    analysis: Analysis, application: Application, around: SizeBound, items: AbstractList, prompt: SizeBound, tokens: SizeBound
) -> None:
    """A prompt with the largest item alone, and so many characters around it, must fit the window."""
    assert isinstance(items.element, AbstractText)
    chars = around + peak(items.element.chars, items.owner)
    check_window(analysis, application, AbstractText(chars, UNLIMITED, made=DATA._replace(counted=prompt)), 0, tokens)


def _known_or(calls: SizeBound, sent: SizeBound, ballots: SizeBound, prompts: list[int] | None) -> tuple[SizeBound, SizeBound]:
    """The calls and tokens of the first round, as known where its prompts are."""
    if prompts is None:
        return calls, sent
    return lower(calls, ballots * len(prompts)), lower(sent, ballots * sum(prompts))


def _of_one(items: AbstractList, together: SizeBound, size: SizeBound) -> SizeBound:
    """What the items of one prompt have at most, each of which has a size, and at most so many are together."""
    return closer(total(size, items.length, items.owner), times(together, peak(size, items.owner)))


def _prompt_and_item(
    rates: Rates, instruction: AbstractText, element: AbstractText, type_: Type, together: SizeBound
) -> tuple[SizeBound, SizeBound]:
    """The tokens of a prompt without its items, of which it has at most so many together, and those that an item adds. Room is
    left beside an item that is data, whatever the real ones are."""
    in_frame, in_item = rates.mapping_bytes(type_, int(max(1, min(together.value, _MANY_ITEMS))))
    blocks = instruction.made.blocks + max(1, joined(element, ZERO, LETTERLESS, together).blocks)
    frame = size_of(rates.frame(min(MOST_BLOCKS, blocks)) + in_frame)
    return instruction.tokens + frame, element.tokens + size_of(in_item)


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
    one = element.tokens + tokens + size_of(rates.template_tokens + MARKER_TOKENS)
    need, largest_need = total(one, items.length, items.owner), peak(one, items.owner)
    capacity = max(1, rates.window - int(min(frame.value, rates.window - 1)))
    together = smallest(_most(per_call, rates.per_call), items.length).value
    if min(need.value, together * largest_need.value) * 4 <= capacity * 3:
        return batches
    more = 1 if largest_need.value * 2 <= capacity else 2
    return batches + ceil_div(need * 2, capacity) + ceil_div(need * 4, capacity * 3) * more


def _at_least_one(n: AbstractNumber | None, default: int) -> int:
    return default if n is None else int(max(1, n.low)) if n.low != -math.inf else 1


def _most(n: AbstractNumber | None, default: int) -> SizeBound:
    return size_of(default) if n is None else largest((ONE, n.high))


def llm_map_by(
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
    record = element_of(analysis.arrow_of(application.name).result)
    assert isinstance(record, Record)
    option = record.field("reply")
    assert option is not None
    element = items.element
    with analysis.opened(items.owner):
        shown, cost = analysis.measured(lambda: call(show, element))
    analysis.charge(cost.for_each(items.length, items.owner))
    texts = AbstractList(items.length, seen(shown.value), items.owner, items.low)
    replies, chain = _mapped(analysis, application, texts, instruction, element_of(option), per_call, out, votes)
    assert isinstance(replies, AbstractList) and replies.element is not None
    pair = AbstractRecord((("item", element), ("reply", replies.element)))
    return AbstractResult(AbstractList(items.length, pair, items.owner, items.low), peak(shown.chain, items.owner) + chain)
