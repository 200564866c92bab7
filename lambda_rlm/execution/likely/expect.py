"""What a run is likely to cost, found by running its program against replies as they typically are.

Owns `expected`. It is the real program on the real inputs: equal calls are shared, branches are taken as such replies take
them, prompts are as long as they will be. Promises nothing of the run, and gates only what begins as likely. Asks no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import Final

from lambda_rlm.bounds.admit import Admitted, Bounded
from lambda_rlm.bounds.figures.likely import Likely
from lambda_rlm.bounds.names import free_names
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.amount import dollars
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import price
from lambda_rlm.completion import ModelProfile, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.evaluate import admit_inputs, evaluate
from lambda_rlm.eval.place import begun
from lambda_rlm.eval.value import Derived, Reply, Text, Value
from lambda_rlm.execution.likely.typical import TypicalModel

MOST_CALLS: Final = 4_000
"""Calls after which nothing is tried out any more."""

_MOST_STEPS: Final = 1 << 24
"""Steps of pure work, a second or two, after which nothing is tried out any more."""

_UNLIMITED: Final = 1 << 62

_WRITING: Final = Usage(3_500, 500)
_SUB_PROMPT: Final = 9_000
"""Characters that a sub-model reads in one call."""

_SUB_REPLY: Final = 120
_SUB_CHARACTERS: Final = 500


async def expected(
    program: Bounded,
    values: Mapping[str, Value],
    kept: Mapping[int, Value] | None,
    budget: Budget,
    profile: ModelProfile,
    bytes_per_token: float,
) -> Likely | None:
    """The likely cost; None where the program cannot be tried out: it has too much to do, uses functions of a host, or typical
    replies end in a fault."""
    typed = program.typed
    if not free_names(typed.program).isdisjoint(typed.functions):
        return None  # what a host's functions do is done by a run alone
    steps = min(budget.fuel, _MOST_STEPS)
    limits = replace(budget, calls=MOST_CALLS, tokens=_UNLIMITED, usd=None, seconds=None, fuel=steps, fuel_per_character=0)
    needed = _Needed()
    with Meter(limits) as meter, begun():
        model = TypicalModel(profile, bytes_per_token, lambda: needed.look(meter))
        asker = Asker(model, meter, _asking(program.rates, bytes_per_token))
        try:
            admit_inputs(typed, values, meter)
            async with asker.opened():
                await evaluate(Admitted(typed, limits, profile, program.autos), values, asker, kept or {})
        except Fault:
            return None
        needed.look(meter)
        return needed.likely(meter, profile)


def _asking(rates: Rates, bytes_per_token: float) -> AskSettings:
    """As the run asks."""
    return AskSettings(
        key=b"",
        out=rates.out,
        item_out=rates.item_out,
        per_call=rates.per_call,
        max_reply=rates.max_reply,
        solver=_SubModel(bytes_per_token),
    )


@dataclass(slots=True)
class _Needed:
    """The most that was used and set aside for one request at a time: a budget must have that much."""

    tokens: int = 0
    money: int = 0

    def look(self, meter: Meter) -> None:
        now = meter.used.plus(meter.reserved)
        self.tokens, self.money = max(self.tokens, now.tokens), max(self.money, now.money)

    def likely(self, meter: Meter, profile: ModelProfile) -> Likely:
        """What was used, with this."""
        usage = meter.usage
        is_priced = profile.input_price is not None and profile.output_price is not None
        return Likely(
            calls=meter.calls,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            usd=usage.cost if is_priced else None,
            needs_tokens=self.tokens,
            needs_usd=dollars(self.money) if is_priced else None,
        )


@dataclass(frozen=True, slots=True)
class _SubModel:
    """A `SubSolver` that books what a sub-model usually uses: a program written, its pieces read, an answer."""

    bytes_per_token: float

    async def solve(self, query: Text, text: Text, calls: int, asker: Asker, span: Span) -> Text:
        meter, profile = asker.meter, asker.model.profile
        used = min(max(1, calls), ceil(text.n / _SUB_PROMPT) + 2)
        for number in range(used):
            size = round(min(text.n, _SUB_PROMPT) / self.bytes_per_token)
            usage = _WRITING if number == 0 else Usage(size + query.n, _SUB_REPLY)
            paid = replace(usage, cost=price(profile, usage.input_tokens, usage.output_tokens))
            meter.reserve_call()
            meter.settle(0, 0.0, paid)
        return Text(text.s[:_SUB_CHARACTERS], Derived((Reply(-1, None),)))
