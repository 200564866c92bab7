"""Requests paid from an account that many runs share.

Owns the wrapper. Promises that nothing is sent for which the account has too little: the worst case of one request is borrowed
just before, and what was used of it is booked after; that a request which nobody counted or waited for counts at its worst; and
that replies which are remembered or kept, and so are not asked for, cost the account nothing.
"""

from __future__ import annotations

from lambda_rlm.accounts.account import Account
from lambda_rlm.budget.paying import booked, failed_usage, waiting, worst_case
from lambda_rlm.completion import Completion, CompletionRequest, Model, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.llm.wrappers.wrapper import Wrapper


class Lent(Wrapper):
    """A `Model` that is asked with what an account lends. Raises `AccountUsedUp` before a request is sent."""

    def __init__(self, model: Model, account: Account) -> None:
        super().__init__(model)
        self._account = account

    @property
    def counts_by_vocabulary(self) -> bool:
        """What an account lends is counted exactly."""
        return False

    async def complete(self, request: CompletionRequest) -> Completion:
        profile = self._model.profile
        sent = request.sent or self._model.count_tokens(request.messages)
        replied = request.max_tokens + profile.thought(request.max_tokens)
        with waiting():
            loan = await self._account.borrow(1 + profile.retries, *worst_case(profile, sent, replied))
        usage: Usage | None = None
        try:
            completion = await self._model.complete(request)
            usage = booked(profile, getattr(completion, "usage", None), sent, replied)
        except ModelFailure as failed:
            usage = booked(profile, failed_usage(failed, profile.retries), sent, replied)
            raise
        except LimitExceeded as refused:
            if refused.usage is not None:
                usage = booked(profile, refused.usage, sent, replied)
            raise
        finally:
            if usage is None:
                loan.lose()
            else:
                loan.settle(usage.attempts, usage.input_tokens + usage.output_tokens, usage.cost)
        return completion
