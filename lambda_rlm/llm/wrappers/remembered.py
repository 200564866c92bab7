"""Replies that were paid for before, given again instead of asking.

Owns the wrapper. Promises that a question whose reply is remembered reaches no model, and that its usage is reported as it was,
so that a run which goes on where another stopped is metered as if it had never stopped. Questions are known by their digest.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.completion import Completion, CompletionRequest, Model
from lambda_rlm.llm.failures import FATES, NOT_RECORDED, failure
from lambda_rlm.llm.wrappers.wrapper import Wrapper


class Remembered(Wrapper):
    """A `Model` that knows some replies and asks another for the others. With `failures`, the codes with which questions failed
    by their digest, it asks nobody: it fails as they did, and for good where it knows nothing."""

    def __init__(self, model: Model, replies: Mapping[str, Completion], failures: Mapping[str, str] | None = None) -> None:
        super().__init__(model)
        self._replies = replies
        self._failures = failures

    async def complete(self, request: CompletionRequest) -> Completion:
        reply = self._replies.get(request.digest) if request.digest else None
        if reply is not None:
            return reply
        if self._failures is not None:
            code = self._failures.get(request.digest, NOT_RECORDED)
            known = code if code in FATES else NOT_RECORDED
            raise failure(known, "the journal has no reply for this call", is_billable=False)
        return await self._model.complete(request)
