"""What asking a model costs at most, and how large a reply can be.

Owns `ASKING`, the table of the library's model calls, and the check that every prompt fits the model's window: one that may not
is an error at the call that makes it. Tokens are counted by the vocabulary where it is known, and are bounded by bytes of UTF-8
elsewhere, which holds for byte-level tokenizers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.analysis import Analysis, Application, Transfer
from lambda_rlm.bounds.cost import CallSite, Cost
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
    lower,
    mapped,
    seen,
    text_of,
    uniform,
)
from lambda_rlm.bounds.domain.joining import join
from lambda_rlm.bounds.domain.makeup import DATA, LETTERLESS, joined
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
from lambda_rlm.limits import ITEMS, MARKER_TOKENS, MOST_BLOCKS, MOST_LEAD, OPTIONS, REPLY_ENDS, REPLY_PIECE
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.reply_tokens import CHOICE_TOKENS, item_out, reply_out, texts_of
from lambda_rlm.types.type import TEXT, Con, Record, Type

_ROUNDS: Final = 2
"""Of one vote of llm_map: the items left out are asked for once more."""

_MANY_ITEMS: Final = 10**9
"""More items than any prompt has."""

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
    default: int | None = None,
) -> Abstract:
    """`count` calls with this prompt, each for a reply of a type; charges them and gives the reply. `default` are the
    tokens of an option's reply."""
    rates = analysis.rates
    tokens = _out_tokens(rates, out, reply_out(type_, rates.out) if default is None else min(default, rates.out))
    repairs = rates.repairs_of(type_, is_choice=default is not None)
    sent, repaired = _sent(analysis, application, prompt, type_, tokens, known)
    received = tokens + rates.thought_before(tokens)
    repeats, spare = 1 + rates.retries, count * (rates.sends_of(repairs) - 1)
    again = (repaired if repairs else sent) * repeats
    cost = Cost(
        calls=count,
        sends=count,
        spare=spare,
        input_tokens=times(count, sent) * repeats,
        output_tokens=times(count, received) * repeats,
        prompt=prompt.chars,
        attempt_input=again,
        attempt_output=received * repeats,
        spare_input=times(spare, again),
        spare_output=times(spare, received) * repeats,
    )
    _charge(analysis, application, cost, sent, received)
    return _reply_of(rates, type_, tokens)


def _sent(
    analysis: Analysis, application: Application, prompt: AbstractText, type_: Type, tokens: SizeBound, known: Abstract | None
) -> tuple[SizeBound, SizeBound]:
    """The tokens of a prompt for a type, and with what a repair adds. One that staging knows is counted as it would be sent."""
    rates = analysis.rates
    schema, repair = rates.schema_bytes(type_), rates.repair_of(type_)
    if not isinstance(known, StagedValue) or rates.count is None:
        frame = rates.frame(prompt.made.blocks) + rates.instruction_bytes(type_)
        _check_window(analysis, application, prompt, frame, tokens)
        sent = prompt.tokens + size_of(frame + schema)
        return sent, sent + size_of(repair)
    counted = rates.count(known.value, type_)
    if counted + min(tokens.value, rates.window) > rates.window:
        analysis.overlong(application.name.span, prompt, int(rates.window * prompt.chars.value / max(1, counted)))
    again = counted if rates.count_again is None or type_ == TEXT else rates.count_again(known.value, type_)
    return size_of(counted + schema), size_of(again + schema + repair)


def _charge(analysis: Analysis, application: Application, cost: Cost, prompt: SizeBound, reply: SizeBound) -> None:
    """Book model calls, with the money that their tokens cost, at the place that makes them; with so many tokens at most in
    one prompt and one reply."""
    price = analysis.rates.money
    attempt = price(cost.attempt_input, cost.attempt_output)
    cost = replace(cost, money=price(cost.input_tokens, cost.output_tokens), attempt_money=attempt)
    site = CallSite(cost.figures, prompt, reply, application.primitive.value)
    analysis.charge(replace(cost, parts={application.name.span: site}))


def _out_tokens(rates: Rates, out: AbstractNumber | None, default: int) -> SizeBound:
    """The reply's tokens at most."""
    if out is None:
        return size_of(max(1, min(default, rates.max_output, rates.window // 4)))
    return largest((ONE, smallest(out.high, size_of(rates.max_output))))


def _reply_of(rates: Rates, type_: Type, tokens: SizeBound) -> Abstract:
    """A reply of a type that has at most so many tokens. Texts made of it are held to these where their vocabulary is known."""
    chars = smallest(size_of(rates.max_reply), tokens * rates.reply_chars_per_token)
    if rates.vocabulary is None:
        return value_of(type_, chars, DATA)
    one = tokens + smallest(tokens * REPLY_ENDS, size_of(rates.reply_ends))
    together = texts_of(type_).together(tokens, one, rates.reply_ends)
    if rates.reply_share < 1:
        one = together = ceil_div(tokens, round(1 / rates.reply_share))
    return value_of(type_, chars, DATA._replace(counted=one, piece=REPLY_PIECE), together)


def _check_window(analysis: Analysis, application: Application, prompt: AbstractText, frame: int, tokens: SizeBound) -> None:
    """A prompt that may have more tokens than the window holds beside the reply is reported at the call: by its characters, or,
    where the vocabulary is known, by what it is counted as, with all that surrounds it."""
    rates = analysis.rates
    left = rates.window - min(tokens.value, rates.window)
    room = left - rates.template_tokens
    if prompt.chars.value / rates.min_chars_per_token <= room:
        return
    if rates.vocabulary is None or prompt.tokens.value + frame > left:
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
    made = joined(element, total(element.tokens, options.length, options.owner), LETTERLESS, options.length)
    blocks = min(MOST_BLOCKS, prompt.made.blocks + made.blocks)
    if made.counted is not None or prompt.made.counted is not None:
        escaped = total(element.bytes, options.length, options.owner) * (_TIMES_LISTED - 1)
        shown = total(element.tokens, options.length, options.owner)
        made = made._replace(counted=prompt.tokens + leads + shown + escaped + frame)
    made = made._replace(piece=max(made.piece, prompt.made.piece), blocks=blocks)
    whole = AbstractText(prompt.chars + listed + size_of(len(OPTIONS)), prompt.bytes + in_bytes + frame, WIDEST, 0, made=made)
    _ask(analysis, application, whole, Con("Text"), default=CHOICE_TOKENS)
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
    tokens = _out_tokens(rates, out, item_out(type_, rates.item_out))
    ballots = _most(votes, 1)
    together = smallest(items.length, _most(per_call, rates.per_call))
    frame, item = _prompt_and_item(rates, instruction, element, type_, together)
    alone = instruction.chars + peak(element.chars, items.owner), frame + peak(item, items.owner)
    _check_window(analysis, application, AbstractText(alone[0], UNLIMITED, made=DATA._replace(counted=alone[1])), 0, tokens)
    calls = times(ballots, smallest(_batches(rates, items, element, frame, tokens, per_call), items.length))
    more = _ROUNDS * (1 + rates.resends) - 1
    again, sent = calls, times(calls, frame) + times(ballots, total(item, items.length, items.owner))
    round_, repeats, replies = sent, 1 + rates.retries, times(together, tokens)
    thought, replied = rates.thought_before(replies), times(times(ballots, items.length), tokens)
    if prompts is not None:
        calls, sent = lower(calls, ballots * len(prompts)), lower(sent, ballots * sum(prompts))
    cost = Cost(
        calls=calls,
        again=again * (_ROUNDS - 1),
        sends=calls,
        spare=again * more,
        input_tokens=sent * repeats,
        output_tokens=(replied + times(calls, thought)) * repeats,
        prompt=instruction.chars + size_of(len(ITEMS)) + _of_one(items, together, element.chars + size_of(MOST_LEAD)),
        attempt_input=(frame + _of_one(items, together, item)) * repeats,
        attempt_output=(replies + thought) * repeats,
        spare_input=round_ * (more * repeats),
        spare_output=(replied + times(again, thought)) * (more * repeats),
    )
    _charge(analysis, application, cost, frame + _of_one(items, together, item), replies + thought)
    reply = AbstractOption(_reply_of(rates, type_, tokens))
    return AbstractResult(uniform(items.length, reply, items.low), size_of(_ROUNDS))


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


def _element_of(type_: Type) -> Type:
    """The T of List[T] or Option[T]."""
    assert isinstance(type_, Con)
    return type_.arguments[0]


def _at_least_one(n: AbstractNumber | None, default: int) -> int:
    return default if n is None else int(max(1, n.low)) if n.low != -math.inf else 1


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
    window, longest = size_of(rates.window), size_of(rates.max_output + rates.thought(rates.max_output))
    cost = Cost(
        calls=calls.high,
        sends=attempts,
        input_tokens=times(attempts, window) * (1 + rates.retries),
        output_tokens=times(attempts, longest) * (1 + rates.retries),
    )
    _charge(analysis, application, cost, window, longest)
    return AbstractResult(text_of(size_of(rates.max_reply)), calls.high)


ASKING: Final[dict[P, AskingTransfer]] = {
    P.LLM_CALL: _llm_call,
    P.LLM_SAMPLES: _llm_samples,
    P.LLM_CHOOSE: _llm_choose,
    P.LLM_MAP: _llm_map,
    P.LLM_MAP_BY: _llm_map_by,
    P.RLM_CALL: _rlm_call,
}
