"""What one question to a model costs at most, and how large its reply can be.

Owns the price of a call, and the check that its prompt fits the model's window: one that may not is an error at the call that
makes it. Tokens are counted by the model's vocabulary, or bounded by bytes of UTF-8, which holds for byte-level tokenizers.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from lambda_rlm.bounds.analysis import Analysis, Application
from lambda_rlm.bounds.cost import CallSite, Cost
from lambda_rlm.bounds.domain.abstract import (
    Abstract,
    AbstractNumber,
    AbstractText,
    StagedValue,
)
from lambda_rlm.bounds.domain.makeup import DATA
from lambda_rlm.bounds.domain.reply_size import ReplyHeld, value_of
from lambda_rlm.bounds.domain.size import (
    ONE,
    SizeBound,
    ceil_div,
    largest,
    size_of,
    smallest,
    times,
)
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.limits import REPLY_ENDS, REPLY_PIECE
from lambda_rlm.types.reply_tokens import reply_out, texts_of
from lambda_rlm.types.type import TEXT, Con, Type


def ask(
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
    tokens = out_tokens(rates, out, reply_out(type_, rates.out) if default is None else min(default, rates.out))
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
    charge(analysis, application, cost, sent, received)
    return reply_of(rates, type_, tokens, prompt.width)


def _sent(
    analysis: Analysis, application: Application, prompt: AbstractText, type_: Type, tokens: SizeBound, known: Abstract | None
) -> tuple[SizeBound, SizeBound]:
    """The tokens of a prompt for a type, and with what a repair adds. One that staging knows is counted as it would be sent."""
    rates = analysis.rates
    schema, repair = rates.schema_bytes(type_), rates.repair_of(type_)
    if not isinstance(known, StagedValue) or rates.count is None:
        frame = rates.frame(prompt.made.blocks) + rates.instruction_bytes(type_)
        check_window(analysis, application, prompt, frame, tokens)
        sent = prompt.tokens + size_of(frame + schema)
        return sent, sent + size_of(repair)
    counted = rates.count(known.value, type_)
    if counted + min(tokens.value, rates.window) > rates.window:
        analysis.overlong(application.name.span, prompt, int(rates.window * prompt.chars.value / max(1, counted)))
    again = counted if rates.count_again is None or type_ == TEXT else rates.count_again(known.value, type_)
    return size_of(counted + schema), size_of(again + schema + repair)


def charge(analysis: Analysis, application: Application, cost: Cost, prompt: SizeBound, reply: SizeBound) -> None:
    """Book model calls, with the money that their tokens cost, at the place that makes them; one prompt has at most `prompt`
    tokens, one reply at most `reply`."""
    price = analysis.rates.money
    attempt = price(cost.attempt_input, cost.attempt_output)
    cost = replace(cost, money=price(cost.input_tokens, cost.output_tokens), attempt_money=attempt)
    site = CallSite(cost.figures, prompt, reply, application.primitive.value)
    analysis.charge(replace(cost, parts={application.name.span: site}))


def out_tokens(rates: Rates, out: AbstractNumber | None, default: int) -> SizeBound:
    """The reply's tokens at most."""
    if out is None:
        return size_of(max(1, min(default, rates.max_output, rates.window // 4)))
    return largest((ONE, smallest(out.high, size_of(rates.max_output))))


def reply_of(rates: Rates, type_: Type, tokens: SizeBound, width: int) -> Abstract:
    """A reply of a type that has at most so many tokens, to a prompt with characters of at most so many bytes. Texts made of it
    are held to these where their vocabulary is known."""
    chars = smallest(size_of(rates.max_reply), tokens * rates.reply_chars_per_token)
    if rates.vocabulary is None:
        return value_of(type_, chars, ReplyHeld(tokens, DATA, quote=width))
    ends, texts = rates.reply_ends, texts_of(type_)
    one = tokens + smallest(tokens * REPLY_ENDS, size_of(ends))
    together = tokens + smallest(tokens * REPLY_ENDS, size_of(ends * max(1, texts.single))) + _each(tokens, texts.ends(ends))
    pieces = size_of(REPLY_PIECE * max(1, texts.single)) + _each(tokens, texts.pieces(ends))
    if rates.reply_share < 1:
        one = together = ceil_div(tokens, round(1 / rates.reply_share))
    return value_of(type_, chars, ReplyHeld(tokens, DATA._replace(counted=one, piece=REPLY_PIECE), together, pieces, width))


def _each(tokens: SizeBound, share: Fraction) -> SizeBound:
    """A share for each token, rounded up."""
    return ceil_div(tokens * share.numerator, share.denominator)


def check_window(analysis: Analysis, application: Application, prompt: AbstractText, frame: int, tokens: SizeBound) -> None:
    """A prompt that may have more tokens than the window holds beside the reply is reported at the call: by its characters, or,
    where the vocabulary is known, by what it is counted as, with all that surrounds it."""
    rates = analysis.rates
    left = rates.window - min(tokens.value, rates.window)
    room = left - rates.template_tokens
    if prompt.chars.value / rates.min_chars_per_token <= room:
        return
    if rates.vocabulary is None or prompt.tokens.value + frame > left:
        analysis.overlong(application.name.span, prompt, int(room * rates.min_chars_per_token))


def element_of(type_: Type) -> Type:
    """The T of List[T] or Option[T]."""
    assert isinstance(type_, Con)
    return type_.arguments[0]
