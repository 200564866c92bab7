"""In which form a server is asked for a reply: a JSON Schema, a grammar, or none where it refused that before.

Owns what is known of one server: whether it takes a JSON Schema, and why it refused a grammar. Promises that a request is given
its form when it is sent, so that those which waited while another one was refused are not sent with what is known to be
refused, and that a reply written without its grammar says so. Refuses to guess: only the adapter that sends a request tells
whether an error is about the form. Nothing is sent again here (`wrappers.fallback`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lambda_rlm.completion import CompletionRequest
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.providers.dialects import Dialect, grammar_fields, not_kept
from lambda_rlm.llm.providers.openai_form import Unwrap, as_it_stands, response_format, schema_of


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """The form that a reply must have: which kind of constraint, the fields that ask for it in the body of a request, how the
    reply is taken out again, and why a grammar that was asked for is left out."""

    kind: Literal["free", "schema", "grammar"] = "free"
    fields: Mapping[str, Any] = field(default_factory=dict)
    unwrap: Unwrap = as_it_stands
    unconstrained: str = ""


FREE: Final = ReplyForm()


@dataclass
class Constraints:
    """What one server takes, as far as it has told. `dialect` is how it is asked for a grammar, None for not at all;
    `refused_grammar` says why it is not asked for one any more, `is_sure` whether it answers without."""

    dialect: Dialect | None
    takes_schema: bool = True
    refused_grammar: str = ""
    is_sure: bool = False

    def form(self, request: CompletionRequest) -> ReplyForm:
        """The form in which a request is sent now."""
        if request.grammar is not None and self.dialect is not None:
            if self.refused_grammar:
                return ReplyForm(unconstrained=self.refused_grammar)
            return ReplyForm("grammar", grammar_fields(self.dialect, request.grammar))
        schema, unwrap = schema_of(request)
        if schema is None or not self.takes_schema:
            return FREE
        return ReplyForm("schema", {"response_format": response_format(schema)}, unwrap)

    def refused(self, form: ReplyForm, failed: ModelFailure) -> ConstraintRefused:
        """The failure of a request, of which the form may be the reason: nobody is asked for it again, unless `looked_at` says
        that it was not. Of a schema, the server has said so itself."""
        if form.kind == "schema":
            self.takes_schema = False
            return ConstraintRefused(failed, self)
        note = not_kept(failed.message)
        self.refused_grammar = self.refused_grammar or note
        return ConstraintRefused(failed, self, note)

    def looked_at(self, *, answers_without: bool) -> None:
        """A request that failed in a grammar was sent without, and answered or not: then the grammar was not the reason."""
        self.is_sure = self.is_sure or answers_without
        if not self.is_sure:
            self.refused_grammar = ""


class ConstraintRefused(ModelFailure):
    """A server may have failed because of the form that was asked for. `note` says why its grammar is left out, where it was
    one; `constraints` is what is known of the server."""

    def __init__(self, failed: ModelFailure, constraints: Constraints, note: str = "") -> None:
        super().__init__(
            failed.code,
            failed.message,
            is_fatal=failed.is_fatal,
            is_retryable=failed.is_retryable,
            retry_after=failed.retry_after,
            is_billable=failed.is_billable,
        )
        self.usage = failed.usage
        self.constraints = constraints
        self.note = note
