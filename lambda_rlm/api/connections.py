"""How a host program's models are reached: by name, or as they were given.

Owns `Connections`. Promises that a model which was opened here is closed with its stack, and that one which was given is left open.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_rlm.completion import Model
from lambda_rlm.events import Tracer
from lambda_rlm.execution.blocking import closing
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.wrappers.limiter import Limiters

if TYPE_CHECKING:
    from lambda_rlm.llm.wrappers.cache import ReplyStore


@dataclass(frozen=True, slots=True)
class Connections:
    """How models that are given by name are reached in one use; they keep to its limits together."""

    base_url: str | None
    cache: bool | str | Path
    hedge: float | None
    constrain: str
    limiters: Limiters
    tracer: Tracer | None
    stack: AsyncExitStack

    def opened(self, model: str | Model | None) -> Model:
        """The model that a name means, which is closed with the stack; one that was given is left open."""
        if model is not None and not isinstance(model, str):
            return model
        made = connect(
            model,
            base_url=self.base_url,
            tracer=self.tracer,
            cache=_store(self.cache),
            limiters=self.limiters,
            hedge=self.hedge,
            constrain=self.constrain,
        )
        self.stack.push_async_callback(closing, made)
        return made


def _store(cache: bool | str | Path) -> ReplyStore | None:
    if cache is False:
        return None
    from lambda_rlm.llm.wrappers.cache import ReplyStore

    return ReplyStore(None if cache is True else cache)
