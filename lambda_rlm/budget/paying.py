"""Paying for one request to a model: the worst case set aside before, what was used booked after.

Owns the one way in which calls of programs and of those who write programs are paid. Promises that nothing is sent which the
meter cannot afford, and that a failure and a cancellation are booked too. Knows models by their profile only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Completion, CompletionRequest, Model, ModelProfile, Usage
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
    """One request, all its transport attempts included; `on_usage` is told what it used, however it ends.

    Raises `LimitExceeded` before anything is sent, `ModelFailure` when the model fails.
    """
    profile = model.profile
    over = worst_case(profile, prompt_tokens + schema_tokens, request.max_tokens)
    meter.reserve(*over)
    usage: Usage | None = None
    try:
        completion = await model.complete(request)
        usage = completion.usage
    except ModelFailure as failed:
        usage = failed.usage or Usage()
        raise
    except Exception as error:
        message = f"{profile.name} raised {type(error).__name__}: {error}"
        raise InternalError("asking a model", message) from error
    finally:
        if usage is None:  # cancelled: booked with its prompt; what its reply came to nobody says, so the rest stays set aside
            usage = Usage(prompt_tokens, cost=price(profile, prompt_tokens, 0))
            over = prompt_tokens, usage.cost
        elif usage.cost is None and profile.input_price is not None:
            usage = replace(usage, cost=price(profile, usage.input_tokens, usage.output_tokens))
        meter.settle(*over, usage)
        on_usage(usage)
    return completion


def worst_case(profile: ModelProfile, sent: int, replied: int) -> tuple[int, float | None]:
    """The tokens and US dollars that a request may come to: each of its attempts with the whole prompt and the longest
    reply."""
    attempts, replied = 1 + profile.retries, replied + profile.reasoning_tokens
    return (sent + replied) * attempts, price(profile, sent * attempts, replied * attempts)


def price(profile: ModelProfile, input_tokens: int, output_tokens: int) -> float | None:
    """What tokens cost in US dollars, None where the model's price is not known."""
    if profile.input_price is None or profile.output_price is None:
        return None
    return input_tokens * profile.input_price + output_tokens * profile.output_price
