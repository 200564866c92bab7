"""What asking a model costs at most: `ASKING`, the table of the library's model calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lambda_rlm.bounds.analysis import Analysis, Application, Transfer
from lambda_rlm.bounds.cost import Cost
from lambda_rlm.bounds.domain.abstract import (
    WIDEST,
    Abstract,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractResult,
    AbstractText,
    mapped,
    text_of,
    uniform,
)
from lambda_rlm.bounds.domain.joining import join
from lambda_rlm.bounds.domain.makeup import LETTERLESS, joined
from lambda_rlm.bounds.domain.size import (
    ONE,
    ZERO,
    peak,
    size_of,
    smallest,
    times,
)
from lambda_rlm.bounds.domain.totals import total
from lambda_rlm.bounds.transfer.calls import ask, charge, element_of
from lambda_rlm.bounds.transfer.mapping import llm_map, llm_map_by
from lambda_rlm.limits import MOST_BLOCKS, MOST_LEAD, OPTIONS
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.reply_tokens import CHOICE_TOKENS
from lambda_rlm.types.type import Con

_TIMES_LISTED: Final = 3
"""How often an option is sent: in the prompt and, escaped, in the schema."""

AskingTransfer = Callable[..., AbstractResult]
"""From the analysis, the application, and the arguments as sizes, lists with symbols of their own, to the result as sizes."""


def asking(apply: AskingTransfer) -> Transfer:
    def transfer(analysis: Analysis, application: Application) -> AbstractResult:
        return apply(analysis, application, *map(analysis.own, application.sized()))

    return transfer


def _llm_call(
    analysis: Analysis,
    application: Application,
    prompt: AbstractText,
    out: AbstractNumber | None = None,
    or_else: Abstract | None = None,
) -> AbstractResult:
    type_ = analysis.arrow_of(application.name).result
    reply = ask(analysis, application, prompt, type_, out, known=application.arguments[0])
    return AbstractResult(reply if or_else is None else join(reply, or_else), ONE)


def _llm_samples(
    analysis: Analysis, application: Application, prompt: AbstractText, n: AbstractNumber, out: AbstractNumber | None = None
) -> AbstractResult:
    type_ = element_of(analysis.arrow_of(application.name).result)
    reply = ask(analysis, application, prompt, type_, out, count=n.high, known=application.arguments[0])
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
    ask(analysis, application, whole, Con("Text"), default=CHOICE_TOKENS)
    chosen = mapped(element, lambda size: peak(size, options.owner))
    return AbstractResult(AbstractOption(chosen), ONE)


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
    charge(analysis, application, cost, window, longest)
    return AbstractResult(text_of(size_of(rates.max_reply)), calls.high)


ASKING: Final[dict[P, AskingTransfer]] = {
    P.LLM_CALL: _llm_call,
    P.LLM_SAMPLES: _llm_samples,
    P.LLM_CHOOSE: _llm_choose,
    P.LLM_MAP: llm_map,
    P.LLM_MAP_BY: llm_map_by,
    P.RLM_CALL: _rlm_call,
}
