"""What asking a model costs at most, and how large a reply can be.

Owns the transfer functions of the library's model calls, and the check that every prompt fits the model's window: one that may
not is an error at the call that makes it. Tokens are bounded by bytes of UTF-8, which holds for byte-level tokenizers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from lambda_rlm.bounds.cost import Cost
from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    OPAQUE,
    WIDEST,
    Abstract,
    AbstractFunction,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractResult,
    AbstractText,
    fresh,
    mapped,
    number,
    seen,
    symbol,
    text_of,
    uniform,
)
from lambda_rlm.bounds.domain.joining import join
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
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Arrow, Con, Enum, Record, Type

if TYPE_CHECKING:
    from lambda_rlm.bounds.analyse import Analysis
    from lambda_rlm.bounds.rates import Rates

_OPTIONS: Final = "\n\nOptions:"
_ITEMS: Final = "\n\nItems:\n"
_NEED: Final = 8
"""Tokens that llm_map reckons for the marker of an item."""

_INT: Final = 2**63
_CHARACTERS_PER_TOKEN: Final = 8
_NUMBERING: Final = 32
"""Bytes that numbering one item of llm_map or one option of llm_choose adds, and its key in the schema."""


def value_of(type_: Type, chars: SizeBound) -> Abstract:
    """Any value of a ground type whose JSON has at most so many characters."""
    match type_:
        case Con("Text" | "Quote"):
            return text_of(chars)
        case Enum(labels):
            longest = max(len(label) for label in labels)
            return text_of(size_of(longest), 4, min(len(label) for label in labels))
        case Con("Int"):
            return number(-_INT, _INT - 1)
        case Con("Float"):
            return number(-math.inf, math.inf)
        case Con("Bool"):
            return EITHER
        case Con("Option", (inner,)):
            return AbstractOption(value_of(inner, chars))
        case Con("List", (inner,)):
            owner = fresh()
            widest = chars * WIDEST

            def shared(size: SizeBound) -> SizeBound:
                """Together the texts of a list have no more characters than the reply."""
                return symbol(size, size, owner) if size in (chars, widest) else size

            return AbstractList(ceil_div(chars, _least(inner) + 1), mapped(value_of(inner, chars), shared), owner)
        case Record(fields):
            return AbstractRecord(tuple((name, value_of(field, chars)) for name, field in fields))
        case _:
            return OPAQUE


def _least(type_: Type) -> int:
    """The fewest characters that JSON of a type has, in a list, read leniently: a number is taken as a text, one element as a
    list, a missing Option as none, and names of fields may be spelled without signs and quotes."""
    match type_:
        case Record(fields):
            needed = [(name, field) for name, field in fields if not (isinstance(field, Con) and field.name == "Option")]
            return 2 + sum(1 + sum(map(str.isalnum, name)) // 3 + _least(field) for name, field in needed)
        case _:
            return 1


def ask(
    analysis: Analysis, span: Span, prompt: AbstractText, type_: Type, out: AbstractNumber | None, count: SizeBound = ONE
) -> Abstract:
    """`count` calls with this prompt, each for a reply of a type; charges them and gives the reply."""
    rates = analysis.rates
    tokens = out_tokens(analysis, out, rates.out)
    if analysis.prompt is not None and rates.count is not None:
        counted = rates.count(analysis.prompt.value, type_)
        if counted + min(tokens.value, rates.window) > rates.window:
            analysis.overlong(span, prompt, int(rates.window * prompt.chars.value / max(1, counted)))
        sent = size_of(counted + rates.instruction_bytes(type_))
    else:
        check_window(analysis, span, prompt, tokens)
        sent = prompt.bytes + size_of(rates.frame + rates.instruction_bytes(type_))
    repaired = sent * rates.attempts + size_of(rates.repair_bytes * rates.repairs * (1 + rates.retries))
    charge(
        analysis,
        span,
        count,
        rates.attempts,
        times(count, repaired),
        times(count, (tokens + size_of(rates.reasoning_tokens)) * rates.attempts),
        prompt.chars,
    )
    return value_of(type_, reply_chars(analysis, tokens))


def charge(
    analysis: Analysis,
    span: Span,
    calls: SizeBound,
    attempts: int,
    input_tokens: SizeBound,
    output_tokens: SizeBound,
    prompt: SizeBound = ZERO,
) -> None:
    """Book model calls at the place that makes them."""
    sites = {span: (calls, input_tokens + output_tokens)}
    analysis.charge(
        Cost(
            calls=calls,
            attempts=calls * attempts,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            prompt=prompt,
            sites=sites,
        )
    )


def out_tokens(analysis: Analysis, out: AbstractNumber | None, default: int) -> SizeBound:
    """The reply's tokens at most."""
    rates = analysis.rates
    if out is None:
        return size_of(max(1, min(default, rates.max_output, rates.window // 4)))
    return largest((ONE, smallest(out.high, size_of(rates.max_output))))


def reply_chars(analysis: Analysis, tokens: SizeBound) -> SizeBound:
    """The reply's characters at most: min(max_reply, 8·out)."""
    return smallest(size_of(analysis.rates.max_reply), tokens * analysis.rates.reply_chars_per_token)


def check_window(analysis: Analysis, span: Span, prompt: AbstractText, tokens: SizeBound) -> None:
    """A prompt whose characters may be more tokens than the window holds beside the reply is reported at the call."""
    rates = analysis.rates
    room = rates.window - min(tokens.value, rates.window) - rates.template_tokens
    if prompt.chars.value / rates.min_chars_per_token > room:
        analysis.overlong(span, prompt, int(room * rates.min_chars_per_token))


def _llm_call(
    analysis: Analysis,
    type_: Arrow,
    span: Span,
    prompt: AbstractText,
    out: AbstractNumber | None = None,
    or_else: Abstract | None = None,
) -> AbstractResult:
    reply = ask(analysis, span, prompt, type_.result, out)
    return AbstractResult(reply if or_else is None else join(reply, or_else), ONE)


def _llm_samples(
    analysis: Analysis, type_: Arrow, span: Span, prompt: AbstractText, n: AbstractNumber, out: AbstractNumber | None = None
) -> AbstractResult:
    assert isinstance(type_.result, Con)
    reply = ask(analysis, span, prompt, type_.result.arguments[0], out, n.high)
    return AbstractResult(uniform(n.high, reply, max(0, n.low)), ONE if n.high.value else ZERO)


def _llm_choose(analysis: Analysis, type_: Arrow, span: Span, prompt: AbstractText, options: AbstractList) -> AbstractResult:
    element = options.element
    if not isinstance(element, AbstractText):
        return AbstractResult(AbstractOption(None))
    listed = times(options.length, size_of(_NUMBERING)) + total(element.chars, options.length, options.owner)
    in_bytes = times(options.length, size_of(_NUMBERING)) + total(element.bytes, options.length, options.owner) * 3
    frame = size_of(analysis.rates.choice_bytes)
    whole = AbstractText(prompt.chars + listed + size_of(len(_OPTIONS)), prompt.bytes + in_bytes + frame, WIDEST, 0)
    analysis.prompt = None
    ask(analysis, span, whole, Con("Text"), None)
    chosen = mapped(element, lambda size: peak(size, options.owner))
    return AbstractResult(AbstractOption(chosen), ONE)


def _llm_map(
    analysis: Analysis,
    type_: Arrow,
    span: Span,
    items: AbstractList,
    instruction: AbstractText,
    per_call: AbstractNumber | None = None,
    out: AbstractNumber | None = None,
    votes: AbstractNumber | None = None,
) -> AbstractResult:
    """calls ≤ votes × 2 × (⌈n/per_call⌉ + ⌈2·sum/capacity⌉), span 2; each item is sent twice a vote at most."""
    assert isinstance(type_.result, Con)
    option = type_.result.arguments[0]
    assert isinstance(option, Con)
    return _mapped(analysis, span, items, instruction, option.arguments[0], per_call, out, votes)


def _mapped(
    analysis: Analysis,
    span: Span,
    items: AbstractList,
    instruction: AbstractText,
    type_: Type,
    per_call: AbstractNumber | None,
    out: AbstractNumber | None,
    votes: AbstractNumber | None,
) -> AbstractResult:
    rates = analysis.rates
    element = items.element
    if not isinstance(element, AbstractText):
        return AbstractResult(AbstractList(ZERO, None, 0))
    tokens = out_tokens(analysis, out, rates.item_out)
    rounds = _at_least_one_size(votes) * 2
    in_frame, in_item = rates.mapping_bytes(type_)
    bytes_ = total(element.bytes + size_of(in_item), items.length, items.owner)
    frame = instruction.bytes + size_of(rates.frame + in_frame)
    check_window(analysis, span, AbstractText(instruction.chars + peak(element.chars, items.owner), UNLIMITED), tokens)
    most = _most(per_call, rates.per_call)
    calls = times(rounds, smallest(_batches(rates, items, element, frame, tokens, per_call), items.length))
    attempts = 1 + rates.retries
    chars = element.chars + size_of(_NUMBERING)
    together = closer(total(chars, items.length, items.owner), times(smallest(items.length, most), peak(chars, items.owner)))
    prompt = instruction.chars + size_of(len(_ITEMS)) + together
    input_tokens = (times(calls, frame) + times(rounds, bytes_)) * attempts
    output_tokens = (times(times(rounds, items.length), tokens) + calls * rates.reasoning_tokens) * attempts
    charge(analysis, span, calls, attempts, input_tokens, output_tokens, prompt)
    reply = value_of(type_, reply_chars(analysis, tokens))
    return AbstractResult(uniform(items.length, AbstractOption(reply), items.low), size_of(2))


def _batches(
    rates: Rates,
    items: AbstractList,
    element: AbstractText,
    frame: SizeBound,
    tokens: SizeBound,
    per_call: AbstractNumber | None,
) -> SizeBound:
    """Prompts of one round: ⌈n/per_call⌉ + ⌈2·sum/capacity⌉, since two neighbours that were not put together need more than the
    capacity. One that needs more than three quarters of it may be packed again into three quarters: into three at most, or two where
    no item needs more than half. Neither happens where the largest items, as many as a prompt may have, need no more."""
    most = max(1, min(_at_least_one(per_call, rates.per_call), int(rates.max_output // max(1, tokens.value))))
    batches = ceil_div(items.length, most)
    one = element.bytes + tokens + size_of(rates.template_tokens + _NEED)
    need, largest_need = total(one, items.length, items.owner), peak(one, items.owner)
    capacity = max(1, rates.window - int(min(frame.value, rates.window - 1)))
    together = smallest(_most(per_call, rates.per_call), items.length).value
    if min(need.value, together * largest_need.value) * 4 <= capacity * 3:
        return batches
    more = 1 if largest_need.value * 2 <= capacity else 2
    return batches + ceil_div(need * 2, capacity) + ceil_div(need * 4, capacity * 3) * more


def _at_least_one(n: AbstractNumber | None, default: int) -> int:
    return default if n is None else int(max(1, n.low)) if n.low != -math.inf else 1


def _at_least_one_size(n: AbstractNumber | None) -> SizeBound:
    return ONE if n is None else largest((ONE, n.high))


def _most(n: AbstractNumber | None, default: int) -> SizeBound:
    return size_of(default) if n is None else largest((ONE, n.high))


def _llm_map_by(
    analysis: Analysis,
    type_: Arrow,
    span: Span,
    items: AbstractList,
    show: Abstract,
    instruction: AbstractText,
    per_call: AbstractNumber | None = None,
    out: AbstractNumber | None = None,
    votes: AbstractNumber | None = None,
) -> AbstractResult:
    if items.element is None:
        return AbstractResult(items)
    assert isinstance(show, AbstractFunction) and isinstance(type_.result, Con)
    record = type_.result.arguments[0]
    assert isinstance(record, Record)
    option = record.field("reply")
    assert isinstance(option, Con)
    element = items.element
    with analysis.opened(items.owner):
        shown, cost = analysis.measured(lambda: show.apply(element))
    analysis.charge(cost.for_each(items.length, items.owner))
    texts = AbstractList(items.length, seen(shown.value), items.owner, items.low)
    replies, span_ = _mapped(analysis, span, texts, instruction, option.arguments[0], per_call, out, votes)
    assert isinstance(replies, AbstractList) and replies.element is not None
    pair = AbstractRecord((("item", element), ("reply", replies.element)))
    return AbstractResult(AbstractList(items.length, pair, items.owner, items.low), peak(shown.span, items.owner) + span_)


def _rlm_call(
    analysis: Analysis, type_: Arrow, span: Span, query: AbstractText, text: AbstractText, calls: AbstractNumber
) -> AbstractResult:
    """A sub-run is held to its calls by the meter; each of them to the window and the largest reply."""
    rates = analysis.rates
    attempts = calls.high * rates.attempts
    window, most = size_of(rates.window), size_of(rates.max_output + rates.reasoning_tokens)
    charge(analysis, span, calls.high, rates.attempts, times(attempts, window), times(attempts, most))
    return AbstractResult(text_of(size_of(rates.max_reply)), calls.high)


ASKING: Final[dict[P, Callable[..., AbstractResult]]] = {
    P.LLM_CALL: _llm_call,
    P.LLM_SAMPLES: _llm_samples,
    P.LLM_CHOOSE: _llm_choose,
    P.LLM_MAP: _llm_map,
    P.LLM_MAP_BY: _llm_map_by,
    P.RLM_CALL: _rlm_call,
}
