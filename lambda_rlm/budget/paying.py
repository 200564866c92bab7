"""Paying for one request to a model: the worst case set aside before, what was used booked after.

Owns the one way in which calls of programs and of root models are paid. Promises that nothing is sent which the meter cannot
afford, that a failure and a cancellation are booked too, that an answer whose usage cannot be is booked at its worst, and that
whatever a model of the host raises or returns is a `ModelFailure`. Knows models by their profile only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import (
    FAILED_ATTEMPT,
    MOST_TOKENS,
    UNCOUNTED,
    Completion,
    CompletionRequest,
    Model,
    ModelProfile,
    StopReason,
    Usage,
)
from lambda_rlm.diagnostics.blot import blotted, cut, without_keys
from lambda_rlm.diagnostics.faults import MODEL_BROKEN, ModelFailure
from lambda_rlm.diagnostics.raised import raised

_LONGEST: Final = 300
"""Characters of what a model said that are shown."""


async def pay(
    model: Model,
    request: CompletionRequest,
    meter: Meter,
    *,
    prompt_tokens: int,
    schema_tokens: int = 0,
    on_usage: Callable[[Usage], object] = lambda usage: None,
) -> Completion:
    """One request, all its transport attempts included; `on_usage` receives its usage, however it ends.

    Raises `LimitExceeded` before anything is sent, `ModelFailure` when the model fails, in whatever way.
    """
    profile = model.profile
    sent = prompt_tokens + schema_tokens
    over = worst_case(profile, sent, request.max_tokens)
    meter.reserve(*over)
    usage: Usage | None = None
    try:
        completion = await model.complete(request)
    except ModelFailure as failed:
        usage = booked(profile, failed.usage or FAILED_ATTEMPT, sent, request.max_tokens)
        raise
    except Exception as error:
        usage = booked(profile, UNCOUNTED, sent, request.max_tokens)
        message = f"{profile.name} raised {cut(blotted(raised(error)), _LONGEST)}"
        raise ModelFailure(MODEL_BROKEN, message, is_fatal=True) from error
    else:
        usage = booked(profile, getattr(completion, "usage", None), sent, request.max_tokens)
        completion = _sound(completion, usage, profile.name)
    finally:
        if usage is None:  # cancelled: booked with its prompt; the rest, unknown, stays set aside
            usage = Usage(prompt_tokens, cost=price(profile, prompt_tokens, 0))
            over = prompt_tokens, usage.cost
        meter.settle(*over, usage)
        on_usage(usage)
    return completion


def _sound(completion: object, usage: Usage, name: str) -> Completion:
    """What a model returned, with the usage that is booked and without keys. Raises `ModelFailure` for what is no completion
    with a text."""
    if not isinstance(completion, Completion) or not isinstance(completion.text, str):
        raise ModelFailure(
            MODEL_BROKEN, f"{name} returned no completion with a text: {cut(blotted(repr(completion)), _LONGEST)}"
        )
    said = str.__str__(completion.text)  # of a class made from `str`, its characters alone
    text, stop = without_keys(said), completion.stop_reason
    if usage is completion.usage and text is completion.text and isinstance(stop, StopReason) and type(completion.model) is str:
        return completion
    stop = stop if isinstance(stop, StopReason) else StopReason.LENGTH if stop == "length" else StopReason.STOP
    return replace(completion, text=text, usage=usage, stop_reason=stop, model=str(completion.model))


def booked(profile: ModelProfile, usage: object, sent: int, replied: int) -> Usage:
    """The usage of a request as it is booked: what the model counted, or the worst case where that cannot be. `sent` and
    `replied` are the most tokens of one attempt."""
    if isinstance(usage, Usage) and not usage.is_estimated and _is_possible(usage):
        return priced(profile, usage)
    attempts = usage.attempts if isinstance(usage, Usage) and _is_count(usage.attempts) else 1
    times = max(1, min(attempts, 1 + profile.retries))
    tokens = sent * times, (replied + profile.reasoning_tokens) * times
    return Usage(*tokens, cost=price(profile, *tokens), attempts=max(1, attempts), is_estimated=True)


def _is_possible(usage: Usage) -> bool:
    """Whether counts can be booked: a negative one would raise the budget, and NaN would leave it unsaid."""
    counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.attempts)
    cost = usage.cost
    is_cost = cost is None or (isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < inf)
    return is_cost and all(map(_is_count, counts)) and not (usage.attempts and cost is None and not any(counts[:2]))


def _is_count(number: object) -> bool:
    return type(number) is int and 0 <= number <= MOST_TOKENS


def worst_case(profile: ModelProfile, sent: int, replied: int) -> tuple[int, float | None]:
    """The tokens and US dollars that a request may come to: each of its attempts with the whole prompt and the longest
    reply."""
    attempts, replied = 1 + profile.retries, replied + profile.reasoning_tokens
    return (sent + replied) * attempts, price(profile, sent * attempts, replied * attempts)


def priced(profile: ModelProfile, usage: Usage) -> Usage:
    """The usage at the profile's prices where the model reported no cost."""
    if usage.cost is not None:
        return usage
    cost = price(profile, usage.input_tokens, usage.output_tokens, usage.cached_tokens)
    return usage if cost is None else replace(usage, cost=cost)


def price(profile: ModelProfile, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float | None:
    """What tokens cost in US dollars, None where the model's price is not known. `cached_tokens` of the input cost less where
    the profile says what; what is set aside before a request counts none."""
    if profile.input_price is None or profile.output_price is None:
        return None
    saved = 0.0
    if profile.cached_input_price is not None:
        saved = min(cached_tokens, input_tokens) * max(0.0, profile.input_price - profile.cached_input_price)
    return input_tokens * profile.input_price + output_tokens * profile.output_price - saved
