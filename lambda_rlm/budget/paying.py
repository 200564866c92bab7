"""Paying for one request to a model: the worst case set aside before, what was used booked after.

Owns the one way in which calls of programs and of root models are paid. Promises that nothing is sent which the
meter cannot afford, and that a failure and a cancellation are booked too. Knows models by their profile only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import FAILED_ATTEMPT, Completion, CompletionRequest, Model, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import InternalError, ModelFailure


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

    Raises `LimitExceeded` before anything is sent, `ModelFailure` when the model fails.
    """
    profile = model.profile
    over = worst_case(profile, prompt_tokens + schema_tokens, request.max_tokens)
    meter.reserve(*over)
    usage: Usage | None = None
    try:
        completion = await model.complete(request)
    except ModelFailure as failed:
        usage = priced(profile, failed.usage or FAILED_ATTEMPT)
        raise
    except Exception as error:
        message = f"{profile.name} raised {type(error).__name__}: {error}"
        raise InternalError("calling a model", message) from error
    else:
        wrong = impossible(completion)
        if wrong is not None:
            raise InternalError("calling a model", f"{profile.name} returned {wrong}")
        usage = priced(profile, completion.usage)
        if usage is not completion.usage:
            completion = replace(completion, usage=usage)
    finally:
        if usage is None:  # cancelled, or nothing to read: booked with its prompt; the rest, unknown, stays set aside
            usage = Usage(prompt_tokens, cost=price(profile, prompt_tokens, 0))
            over = prompt_tokens, usage.cost
        meter.settle(*over, usage)
        on_usage(usage)
    return completion


def impossible(completion: object) -> str | None:
    """What a model returned, in words, where that cannot be booked (a negative cost would raise the budget); None where it
    can."""
    if not isinstance(completion, Completion) or not isinstance(completion.text, str):
        return f"no completion with a text: {completion!r}"
    usage = completion.usage
    is_possible = usage.input_tokens >= 0 and usage.output_tokens >= 0 and (usage.cost is None or 0 <= usage.cost < inf)
    return None if is_possible else f"an impossible usage: {usage}"


def worst_case(profile: ModelProfile, sent: int, replied: int) -> tuple[int, float | None]:
    """The tokens and US dollars that a request may come to: each of its attempts with the whole prompt and the longest
    reply."""
    attempts, replied = 1 + profile.retries, replied + profile.reasoning_tokens
    return (sent + replied) * attempts, price(profile, sent * attempts, replied * attempts)


def priced(profile: ModelProfile, usage: Usage) -> Usage:
    """The usage at the profile's prices where the model reported no cost. A model that has a price and counted no token at all
    has reported nothing: what it used stays unknown."""
    is_free = not profile.input_price and not profile.output_price
    if usage.cost is not None or not (usage.input_tokens or usage.output_tokens or is_free):
        return usage
    cost = price(profile, usage.input_tokens, usage.output_tokens)
    return usage if cost is None else replace(usage, cost=cost)


def price(profile: ModelProfile, input_tokens: int, output_tokens: int) -> float | None:
    """What tokens cost in US dollars, None where the model's price is not known."""
    if profile.input_price is None or profile.output_price is None:
        return None
    return input_tokens * profile.input_price + output_tokens * profile.output_price
