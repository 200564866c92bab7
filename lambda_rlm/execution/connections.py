"""How the models of a run are reached: by name, or as they were given.

Owns `Connections`. Promises that a model which is opened here is closed with its stack, and that one which was given is left
open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lambda_rlm.accounts.account import Account
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.execution.blocking import closing
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.llm.wrappers.wrapper import Wrapper
from lambda_rlm.policy.gates import allow_object

_IN_PROCESS: Final = frozenset(f"lambda_rlm.llm.{name}" for name in ("recorded", "simulated", "local.model"))
"""The modules of the models that ask nobody, beside scripted ones; none is loaded for this."""

if TYPE_CHECKING:
    from lambda_rlm.events import Tracer
    from lambda_rlm.llm.wrappers.cache import ReplyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """How models that are given by name are reached in one session; with all others of their owner they keep to its limits and
    share its connections. `cache` keeps good replies across runs: True for the user's own file, or a path; `described` has what
    is said of models, by their names; `account` lends what each request may cost, also to models that are given; `on_trouble`
    receives what is wrong with it (None: the log)."""

    limiters: Limiters
    base_url: str | None = None
    cache: bool | str | Path = False
    hedge: float | None = None
    constrain: str = "auto"
    described: Mapping[str, ModelOptions] = field(default_factory=dict)
    account: Account | None = None
    on_trouble: Callable[[str], None] | None = None

    def opened(self, model: str | Model | None, tracer: Tracer | None, stack: AsyncExitStack) -> Model:
        """The model that a name means (None: the default one), which is closed with the stack; one that was given is left
        open. Raises `TypeError` for what is neither."""
        from lambda_rlm.execution.options import NOBODY
        from lambda_rlm.llm.wrappers.given import given
        from lambda_rlm.llm.wrappers.lent import Lent

        if self.account is not None:
            stack.push_async_callback(self.account.booked)
        if model is not None and not isinstance(model, str):
            checked = given(model)
            if model is not NOBODY:
                allow_object(checked.profile.name, _is_in_process(model))
            return checked if self.account is None or model is NOBODY else Lent(checked, self.account)
        connected = connect(
            model,
            base_url=self.base_url,
            tracer=tracer,
            cache=self._store(),
            limiters=self.limiters,
            hedge=self.hedge,
            constrain=self.constrain,
            described=self.described,
            account=self.account,
        )
        stack.callback(self.limiters.join())
        stack.push_async_callback(closing, connected)
        return connected

    def _store(self) -> ReplyStore | None:
        if self.cache is False:
            return None
        from lambda_rlm.llm.wrappers.cache import ReplyStore

        return ReplyStore(None if self.cache is True else self.cache, on_trouble=self.on_trouble)


def _is_in_process(model: Model) -> bool:
    """Whether a model object is one of this package that asks nobody, or only wrappers are around such a one. Its name is what
    its profile says, and tells nothing."""
    from lambda_rlm.llm.scripted import ScriptedModel

    while isinstance(model, Wrapper):
        model = model.inner
    return isinstance(model, ScriptedModel) or type(model).__module__ in _IN_PROCESS
