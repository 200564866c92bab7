"""The limits of a completion as the exceptions that `rlms` raises.

Owns which fault is which. Each is a `LimitExceeded` too, with its code, its usage and its run. There is no partial answer: a
fault is never an answer.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import OUT_OF_MONEY, OUT_OF_TOKENS
from lambda_rlm.completion import Usage
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.diagnostics.faults import OUT_OF_TIME, Fault, LimitExceeded


class _Exceeded(LimitExceeded):
    partial_answer: ClassVar[str | None] = None

    @classmethod
    def of(cls, fault: Fault, seconds: float, limits: Budget) -> _Exceeded:
        found = cls(fault.code, fault.message, fault.span)
        found.usage, found.run, found.call_stack = fault.usage, fault.run, fault.call_stack
        found._measure(seconds, limits)
        return found

    @abstractmethod
    def _measure(self, seconds: float, limits: Budget) -> None:
        """Set what the exception of `rlms` says of the limit and of what was used."""


class BudgetExceededError(_Exceeded):
    """The run would cost more than `budget` US dollars; `spent` is what it had cost, None where a price is not known."""

    spent: float | None
    budget: float | None

    def _measure(self, seconds: float, limits: Budget) -> None:
        self.spent, self.budget = (None if self.usage is None else self.usage.cost), limits.usd


class TimeoutExceededError(_Exceeded):
    """The run took longer than `timeout` seconds."""

    elapsed: float
    timeout: float | None

    def _measure(self, seconds: float, limits: Budget) -> None:
        self.elapsed, self.timeout = seconds, limits.seconds


class TokenLimitExceededError(_Exceeded):
    """The run needed more than `token_limit` tokens; it had used `tokens_used`."""

    tokens_used: int
    token_limit: int

    def _measure(self, seconds: float, limits: Budget) -> None:
        used = self.usage
        self.tokens_used = 0 if used is None else used.input_tokens + used.output_tokens
        self.token_limit = limits.tokens


_KINDS: Final[dict[str, type[_Exceeded]]] = {
    OUT_OF_MONEY: BudgetExceededError,
    OUT_OF_TIME: TimeoutExceededError,
    OUT_OF_TOKENS: TokenLimitExceededError,
}


_NEEDS: Final = (("max_cost", OUT_OF_MONEY), ("max_tokens", OUT_OF_TOKENS))
"""The settings that a refused program needs more of, and the fault of a run that ends for want of it."""


def refused_as_in_rlms(rejected: Rejected, limits: Budget) -> LambdaRLMError:
    """The exception that stands for a refusal before the first call: that of the limit which is too small; the refusal itself
    where it has another reason. Nothing was spent."""
    needs = {option.lstrip("-").replace("-", "_") for one in rejected.diagnostics for option, _ in one.needs}
    code = next((code for name, code in _NEEDS if name in needs), None)
    if code is None:
        return rejected
    fault = LimitExceeded(code, "; ".join(one.message for one in rejected.diagnostics))
    fault.usage = Usage(0, 0, cost=0.0)
    return as_in_rlms(fault, 0.0, limits)


def as_in_rlms(fault: Fault, seconds: float, limits: Budget) -> Fault:
    """The exception that stands for a fault in `rlms`; the fault itself where there is none. `seconds` is how long it took."""
    kind = _KINDS.get(fault.code)
    return fault if kind is None else kind.of(fault, seconds, limits)
