"""Asking again without the schema or the grammar that a server does not support.

Owns what is known of one server: whether it takes a JSON Schema, and why it refused a grammar. Promises that a constraint is
left out of every request after the one in which it was refused, that the refused request is counted as an attempt (`REFUSALS`
is how many there may be before each) and leave is asked for where it may be billed, and that a reply written without its
grammar says so. Refuses to guess: only the adapter that sends the request says whether an error is about the constraint
(`ConstraintRefused`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, Literal, TypeVar

from lambda_rlm.budget.paying import failed_usage, summable
from lambda_rlm.completion import FAILED_ATTEMPT, Completion, CompletionRequest
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure
from lambda_rlm.llm.providers.dialects import Dialect, grammar_fields, not_kept
from lambda_rlm.llm.providers.openai_form import Unwrap, as_it_stands, response_format, schema_of

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """The form that a reply must have: which kind of constraint, and the fields that ask for it in the body of a request."""

    kind: Literal["free", "schema", "grammar"] = "free"
    fields: Mapping[str, Any] = field(default_factory=dict)


FREE: Final = ReplyForm()

REFUSALS: Final = 1
"""Requests that may be turned down for their form before one that is not: a request has a schema or a grammar, not both."""


class ConstraintRefused(Exception):
    """The server may have failed because of the constraint; `failure` is what it is otherwise."""

    def __init__(self, failure: ModelFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class ConstraintFallback(Generic[Reply]):
    """Completions of one server, each with as much of its constraint as the server supports.

    `ask` sends a request and raises `ConstraintRefused` where the form may be the reason of an error, `ModelFailure` for any
    other; `read` makes a completion of a reply. With `is_free` nothing is billed, and nobody is asked for leave.
    """

    def __init__(
        self,
        dialect: Dialect | None,
        ask: Callable[[CompletionRequest, ReplyForm], Awaitable[Reply]],
        read: Callable[[Reply, Unwrap], Completion],
        *,
        is_free: bool = False,
    ) -> None:
        self._dialect = dialect
        self._ask = ask
        self._read = read
        self._is_free = is_free
        self._takes_schema = True
        self._refused_grammar = ""

    async def answer(self, request: CompletionRequest) -> Completion:
        """The server's completion. Raises `ModelFailure`."""
        if request.grammar is not None and self._dialect is not None:
            return await self._in_grammar(request, ReplyForm("grammar", grammar_fields(self._dialect, request.grammar)))
        schema, unwrap = schema_of(request)
        if schema is not None and self._takes_schema:
            try:
                reply = await self._ask(request, ReplyForm("schema", {"response_format": response_format(schema)}))
            except ConstraintRefused as refused:
                self._takes_schema = False
                return await self._once_more(replace(request, schema=None, choices=None), refused.failure)
            else:
                return self._read(reply, unwrap)
        return self._read(await self._ask(request, FREE), as_it_stands)

    async def _once_more(self, request: CompletionRequest, refusal: ModelFailure) -> Completion:
        """The completion of a request after one that was turned down, which is counted too."""
        before = failed_usage(refusal)
        if self._is_free:
            before = FAILED_ATTEMPT
        elif refusal.is_billable and request.again is not None:
            try:
                request.again()
            except LimitExceeded as refused:
                refused.usage = before
                raise
        try:
            completion = await self.answer(request)
        except ModelFailure as failed:
            failed.usage = before + failed_usage(failed)
            raise
        return replace(completion, usage=before + summable(completion.usage))

    async def _in_grammar(self, request: CompletionRequest, form: ReplyForm) -> Completion:
        note = self._refused_grammar
        if not note:
            try:
                return self._read(await self._ask(request, form), as_it_stands)
            except ConstraintRefused as refused:
                note = not_kept(refused.failure.message)
                completion = await self._once_more(replace(request, grammar=None), refused.failure)
        else:
            completion = await self.answer(replace(request, grammar=None))
        self._refused_grammar = note
        return replace(completion, unconstrained=note)
