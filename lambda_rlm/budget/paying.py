"""Paying for one request to a model: the worst case set aside before, what was used booked after.

Owns the one way in which calls of programs and of root models are paid. Promises that nothing is sent, or sent again, which the
meter cannot afford, that a failure and a cancellation are booked too, but for a request that only waited (`waiting`), that what
may be billed and was not counted is booked at its worst, and that whatever a model of the host raises or returns is a
`ModelFailure`. Knows models by their profile only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field, replace
from math import inf
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import (
    FAILED_ATTEMPT,
    MOST_TOKENS,
    NO_USAGE,
    UNCOUNTED,
    Completion,
    CompletionRequest,
    Model,
    ModelProfile,
    StopReason,
    Usage,
)
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.blot import blotted, cut, without_keys
from lambda_rlm.diagnostics.faults import MODEL_BROKEN, AccountUsedUp, LimitExceeded, ModelFailure
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
    taken: int = 0,
    on_usage: Callable[[Usage], object] = lambda usage: None,
) -> Completion:
    """One request, all its attempts included; `on_usage` receives its usage, however it ends. `taken` is 1 where its first
    attempt was taken from the pool: it is not the first of its call.

    Raises `LimitExceeded` before anything is sent, or sent again, and `ModelFailure` when the model fails, in whatever way.
    """
    profile = model.profile
    replied = request.max_tokens + profile.thought(request.max_tokens)
    tab = _Tab(profile, meter, prompt_tokens + schema_tokens, replied, taken)
    tab.reserve()
    usage: Usage | None = None
    try:
        completion = await tab.asked(model, request)
    except ModelFailure as failed:
        usage = tab.booked(failed.usage, is_billable=failed.is_billable)
        raise
    except AccountUsedUp as refused:
        usage = refused.usage = tab.booked(refused.usage or NO_USAGE)
        raise
    except Exception as error:
        if isinstance(error, LimitExceeded) and any(error is refusal for refusal in tab.refusals):
            usage = error.usage = tab.booked(error.usage)
            raise
        usage = tab.booked(None)
        message = f"{profile.name} raised {cut(blotted(raised(error)), _LONGEST)}"
        raise ModelFailure(MODEL_BROKEN, message, is_fatal=True) from error
    else:
        told: object = getattr(completion, "usage", UNCOUNTED)
        usage = tab.booked(told, is_reply=True)
        completion = _sound(completion, usage, profile.name)
        if completion.is_remembered and isinstance(told, Usage):
            usage = tab.took_before(usage, told.extra)
            completion = replace(completion, usage=usage)
    finally:
        on_usage(tab.settle(usage, prompt_tokens))
    return completion


@contextmanager
def waiting() -> Iterator[None]:
    """Use round whatever a request waits for before it is sent: a place, a loan, the time to try again. One that is cancelled
    in there is not booked."""
    tab = _PAYING.get()
    if tab is not None:
        tab.is_waiting = True
    yield  # what is raised leaves it so
    if tab is not None:
        tab.is_waiting = False


def beside() -> None:
    """What this task sends is sent beside a request that is paid for already: whether it waits says nothing of that one."""
    _PAYING.set(None)


@dataclass(slots=True)
class _Tab:
    """What one request may still cost: `attempts` were set aside, each at its worst, `extra` of them taken from the pool."""

    profile: ModelProfile
    meter: Meter
    sent: int
    replied: int
    extra: int
    attempts: int = 0
    refusals: list[LimitExceeded] = field(default_factory=list)
    is_over: bool = False
    is_waiting: bool = False
    """The last attempt was not sent yet."""

    async def asked(self, model: Model, request: CompletionRequest) -> Completion:
        """What the model returns, whose wrappers say when the request waits."""
        token = _PAYING.set(self)
        try:
            return await model.complete(replace(request, again=self.again, sent=self.sent))
        finally:
            _PAYING.reset(token)

    def reserve(self) -> None:
        """Set one attempt aside."""
        self.meter.reserve(*worst_case(self.profile, self.sent, self.replied))
        self.attempts += 1

    def again(self) -> None:
        """Set one more aside; those before it stay so until all are settled."""
        if self.is_over:
            raise RuntimeError("the request is over: it cannot be sent again")
        try:
            self.meter.take_attempt()
            try:
                self.reserve()
            except LimitExceeded:
                self.meter.return_attempt()
                raise
        except LimitExceeded as refusal:
            self.refusals.append(refusal)
            raise
        self.extra += 1

    def booked(self, usage: object, *, is_billable: bool = True, is_reply: bool = False) -> Usage:
        """A usage as it is booked; None where the model said nothing: then every attempt that may be billed is at its worst.
        Nothing is, of a model that is free, unless there is a reply."""
        if self.profile.is_free and not is_reply and (usage is None or getattr(usage, "is_estimated", False)):
            made = getattr(usage, "attempts", self.attempts)
            usage = Usage(cost=0.0, attempts=made if _is_count(made) else self.attempts)
        elif usage is None:
            uncounted = (self.attempts if is_billable else self.attempts - 1) * (1 + self.profile.retries)
            made = max(self.attempts, uncounted)
            usage = Usage(attempts=made, is_estimated=True, uncounted=uncounted) if uncounted else FAILED_ATTEMPT
        found = booked(self.profile, usage, self.sent, self.replied, self.attempts)
        return found if found.extra == self.extra else replace(found, extra=self.extra)

    def took_before(self, usage: Usage, extra: int) -> Usage:
        """The usage of a reply that an earlier session of the run paid for, which took `extra` attempts from the pool then."""
        if not _is_count(extra) or extra <= self.extra:
            return usage
        self.meter.take_attempt(extra - self.extra)
        return replace(usage, extra=extra)

    def settle(self, usage: Usage | None, prompt_tokens: int) -> Usage:
        """Book a usage; None where the request was cancelled: then each attempt that was sent is booked with its prompt, and
        the rest, which nobody knows, stays set aside."""
        self.is_over = True
        over, made = worst_case(self.profile, self.sent, self.replied), self.attempts
        if usage is None:
            if self.is_waiting:
                self.meter.settle(*over, NO_USAGE)
                made -= 1
            cost = price(self.profile, prompt_tokens, 0)
            total = 0.0 if not made else None if cost is None else cost * made
            over = prompt_tokens, cost
            usage = Usage(prompt_tokens * made, cost=total, attempts=made, extra=self.extra)
        self.meter.settle(*over, usage, made)
        return usage


_PAYING: ContextVar[_Tab | None] = ContextVar("paying", default=None)
"""What pays for the request that is made here."""


def failed_usage(failed: ModelFailure, retries: int = 0) -> Usage:
    """What a failed request used: as it says; else what nobody counted, with the `retries` that may be hidden behind it, or
    nothing where nobody bills it."""
    if failed.usage is not None or not failed.is_billable:
        return summable(failed.usage or FAILED_ATTEMPT)
    return replace(UNCOUNTED, attempts=1 + retries, uncounted=1 + retries)


def summable(usage: Usage) -> Usage:
    """A usage that a model told, as it may be added to others: where nothing in it can be booked, all its attempts are
    uncounted. Else the sum would hide that."""
    if usage.uncounted or (not usage.is_estimated and _is_possible(usage)):
        return usage
    attempts = max(1, usage.attempts) if _is_count(usage.attempts) else 1
    return Usage(attempts=attempts, is_estimated=True, uncounted=attempts)


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


def booked(profile: ModelProfile, usage: object, sent: int, replied: int, attempts: int = 1) -> Usage:
    """The usage of a request as it is booked: what the model counted, and the worst case of each attempt of which that cannot
    be. `sent` and `replied` are the most tokens of one attempt, thought included, of which `attempts` were set aside."""
    if isinstance(usage, Usage) and not usage.is_estimated and _is_possible(usage):
        return priced(profile, usage)
    known, most = Usage(attempts=1), attempts * (1 + profile.retries)
    if isinstance(usage, Usage) and _is_count(usage.attempts):
        known = Usage(attempts=max(1, usage.attempts))
        if usage.is_estimated and _is_count(usage.uncounted) and usage.uncounted and _is_counted(usage):
            known, most = replace(usage, attempts=known.attempts), min(usage.uncounted, most)
    times = min(known.attempts, most)
    input_tokens = known.input_tokens + sent * times
    output_tokens = known.output_tokens + replied * times
    cost = price(profile, input_tokens, output_tokens)
    return Usage(input_tokens, output_tokens, known.cached_tokens, cost, known.attempts, is_estimated=True)


def _is_possible(usage: Usage) -> bool:
    """Whether counts can be booked: a negative one would raise the budget, and NaN would leave it unsaid."""
    return _is_counted(usage) and not (
        usage.attempts and usage.cost is None and not (usage.input_tokens or usage.output_tokens)
    )


def _is_counted(usage: Usage) -> bool:
    cost = usage.cost
    is_cost = cost is None or (isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < inf)
    return is_cost and all(map(_is_count, (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.attempts)))


def _is_count(number: object) -> bool:
    return type(number) is int and 0 <= number <= MOST_TOKENS


def worst_case(profile: ModelProfile, sent: int, replied: int) -> tuple[int, float | None]:
    """The tokens and US dollars that one attempt may come to, what is hidden behind it included: each time with the whole
    prompt and the longest reply, thought included."""
    attempts = 1 + profile.retries
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
