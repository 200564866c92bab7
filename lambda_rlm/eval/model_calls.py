"""The library functions that ask a model.

Owns `ASYNC_IMPLEMENTATIONS`: per function a builder that is given the place of use and the run's asker, and returns an `async`
callable of the values by place. An optional argument that was left out is None; `or_else` arrives as a callable without
parameters, so that it is computed only when it is needed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from lambda_rlm.eval.ask import Asker, Question
from lambda_rlm.eval.prompt import prompt_of
from lambda_rlm.eval.shape import TEXT_SHAPE, Shape
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.value import Text, Value
from lambda_rlm.faults import ModelFailure
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import Type

AsyncFunction = Callable[..., Awaitable[Value]]
AsyncBuilder = Callable[[Site, Asker], AsyncFunction]


def llm_call(site: Site, asker: Asker) -> AsyncFunction:
    """`llm_call[T](prompt, out?, or_else?)`."""
    shape = shape_of(site.result)

    async def call(prompt: Text, out: int | None = None, or_else: Callable[[], Value] | None = None) -> Value:
        question = Question(prompt_of(prompt, site.meter), shape, asker.out(out), repairs=asker.settings.repairs)
        try:
            return await asker.ask(question, site.span)
        except ModelFailure as failure:
            if or_else is None or failure.is_fatal or asker.settings.is_strict:
                raise
            asker.degrade(or_else=1)
            return or_else()

    return call


def shape_of(type_: Type) -> Shape:
    return TEXT_SHAPE


ASYNC_IMPLEMENTATIONS: Final[dict[Primitive, AsyncBuilder]] = {Primitive.LLM_CALL: llm_call}
