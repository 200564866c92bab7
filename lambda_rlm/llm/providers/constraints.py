"""In which form a server is asked: a JSON Schema, a grammar, or neither, and which parameters it takes.

Owns what is known of one server, for the process: whether it takes a JSON Schema, why it refused a grammar, by which name it
takes the limit of a reply, and which parameters it refused. Promises that a request is given its form when it is sent, so that
those which waited while another one was refused are not sent with what is known to be refused; that a reply written without its
grammar says so; that no request is sent without the limit of its reply. Refuses to guess: what a server said of its error
decides. Nothing is sent again here (`wrappers.fallback`)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from functools import lru_cache
from typing import Any, Final, Literal

from lambda_rlm.completion import CompletionRequest, Sampling
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm import failures
from lambda_rlm.llm.providers.dialects import Dialect, grammar_fields, is_refusal, not_kept
from lambda_rlm.llm.providers.forms.openai_form import Unwrap, as_it_stands, response_format, schema_of
from lambda_rlm.llm.providers.vendor_errors import error_of

MAX_TOKENS: Final = "max_tokens"
MAX_COMPLETION_TOKENS: Final = "max_completion_tokens"
Where = Literal["server", "openai", "vendor"]
_OTHER_LIMIT: Final = {MAX_TOKENS: MAX_COMPLETION_TOKENS, MAX_COMPLETION_TOKENS: MAX_TOKENS}

MAY_BE_LEFT_OUT: Final = ("temperature", "top_p", "seed", "reasoning_effort", "thinking", "chat_template_kwargs")
"""The parameters without which a request asks for the same reply, in another manner."""

REFUSALS: Final = 2
"""Requests that may be turned down before one that is not: for the form of the reply, and for a parameter. One that is refused
more often has failed, and may be retried with what is known by then."""

_TAKES_COMPLETION_TOKENS: Final = late_pattern(r"(?:^|/)(?:o[1-9](?=$|[-:@])|gpt-5(?!\d)(?!.*chat))", re.IGNORECASE)
"""Names of models that refuse `max_tokens`, and each temperature but their own."""

_ABOUT_SCHEMA: Final = late_pattern(
    r"response[ _-]?format|output_config|output_format|json[ _-]?(?:schema|mode|object)|\bschemas?\b|structured[ _-]?(?:output|generation|decoding)"
    r"|(?:guided|constrained)[ _-]?(?:json|decoding|generation|output)|\bgrammars?\b|additional_?properties|requested parameters",
    re.IGNORECASE,
)
"""What servers say that do not take a JSON Schema."""

_SAYS_NOTHING: Final = late_pattern(
    r"\W*(?:(?:http|api|client|server)?\s*(?:error|status)?(?:\s*code)?\W*\d{3}\W*)?(?:bad[ _]request|unprocessable (?:entity|content)"
    r"|not implemented|unsupported media type|invalid (?:request|input|argument|parameter)s?|[a-z_]*error"
    r"|(?:provider returned|upstream|validation) error|request failed|none|null)?\W*",
    re.IGNORECASE,
)
"""A line of an error that names no reason."""

_MAY_NOT_TAKE_FORM: Final = (400, 415, 422, 501)
"""How a server may answer a form that it does not know, without saying so."""

_NOT_ABOUT_FORM: Final = frozenset(
    (failures.KEY_REFUSED, failures.RATE_LIMITED, failures.PROMPT_TOO_LONG, failures.REFUSED, failures.TIMED_OUT)
)

_REFUSES: Final = late_pattern(
    r"unsupported|not (?:be )?(?:supported|allowed|permitted|accepted|available)|(?:not|n't) (?:support|accept|allow|recognize)"
    r"|unrecogni[sz]ed|unknown|unexpected|extra(?:neous)?\b|forbidden|deprecated|cannot find|only the default|invalid parameter"
    r"|strictly positive|greater than 0(?![.\d])|cannot both",
    re.IGNORECASE,
)
_REST: Final = late_pattern(
    r"\bexpected\b|\buse\b|\binstead\b|(?:supported|allowed|valid|permitted|known) (?:values|parameters|arguments|fields|params|keys)"
    r"|did you mean",
    re.IGNORECASE,
)
"""After this a server says what it takes."""

_SENTENCE: Final = late_pattern(r"(?<=[.;!])\s+|\n")
_CAMEL: Final = late_pattern(r"(?<=[a-z])(?=[A-Z])")
_ECHOES: Final = frozenset(("input", "request", "body", "ctx", "url", "param", "params"))
"""Members of error replies that repeat the request, or are no words."""

_MOST_SAID: Final = 20_000


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
    `refused_grammar` says why it is not asked for one any more, `is_sure` whether it answers without; `takes_schema` and
    `is_sure_of_schema` are the same of a JSON Schema. `limit` is its name for the limit of a reply, `left_out` what it is not
    sent; `takes_stream` says that it replies piece by piece, with counts."""

    dialect: Dialect | None
    takes_schema: bool = True
    refused_grammar: str = ""
    is_sure: bool = False
    is_sure_of_schema: bool = False
    limit: str = MAX_TOKENS
    refused_limits: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    takes_stream: bool = True

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

    def parameters(self, wanted: Mapping[str, Any], said: Collection[str] = ()) -> dict[str, Any]:
        """The parameters of a request as the server takes them; those that a user `said` are never left out. The limit is
        wanted as `max_tokens`."""
        kept = {name: value for name, value in wanted.items() if name not in self.left_out or name in said}
        return {self.limit if name == MAX_TOKENS else name: value for name, value in kept.items()}

    def judged(
        self, failed: ModelFailure, status: int, told: str, form: ReplyForm, sent: Collection[str], said: Collection[str] = ()
    ) -> ModelFailure:
        """The failure of a request, as a `ConstraintRefused` where it may be sent again with less: `told` is what the server
        said of it, `sent` the parameters that it had. Of these, what a user `said` is not given up."""
        if failed.code in _NOT_ABOUT_FORM:
            return failed
        if names := refused_names(told, sent):
            return self._refused_parameters(names, failed, said)
        if form.kind == "schema":
            says_so = _ABOUT_SCHEMA.search(told) is not None
            if not (says_so or (status in _MAY_NOT_TAKE_FORM and all(map(_SAYS_NOTHING.fullmatch, told.split("\n"))))):
                return failed
            return self._refused_schema(failed, is_sure=says_so and 400 <= status < 500)
        return self.refused(form, failed) if form.kind == "grammar" and is_refusal(status) else failed

    def refused(self, form: ReplyForm, failed: ModelFailure) -> ConstraintRefused:
        """The failure of a request, of which the form may be the reason: nobody is asked for it again, unless `looked_at` says
        that it was not. Of a schema, the server has said so itself."""
        if form.kind == "schema":
            return self._refused_schema(failed, is_sure=True)
        note = not_kept(failed.message)
        self.refused_grammar = self.refused_grammar or note
        return ConstraintRefused(failed, self, note)

    def refused_stream(self, failed: ModelFailure) -> ConstraintRefused:
        """The failure of a request that was turned down because its reply was to come piece by piece."""
        self.takes_stream = False
        return ConstraintRefused(failed, self, is_parameter=True)

    def looked_at(self, refused: ConstraintRefused, *, answers_without: bool) -> None:
        """A request that failed in a form was sent without, and answered or not: then the form was not the reason."""
        if refused.note:
            self.is_sure = self.is_sure or answers_without
            if not self.is_sure:
                self.refused_grammar = ""
        elif refused.is_schema:
            self.is_sure_of_schema = self.is_sure_of_schema or answers_without
            if not self.is_sure_of_schema:
                self.takes_schema = True

    def _refused_schema(self, failed: ModelFailure, *, is_sure: bool) -> ConstraintRefused:
        self.takes_schema = False
        self.is_sure_of_schema = self.is_sure_of_schema or is_sure
        return ConstraintRefused(failed, self, is_schema=True)

    def _refused_parameters(self, names: Collection[str], failed: ModelFailure, said: Collection[str]) -> ModelFailure:
        """The failure where the server refused these parameters by name. Another request may have told it already."""
        limits = [name for name in names if name in _OTHER_LIMIT]
        self.refused_limits |= frozenset(limits)
        if limits and len(self.refused_limits) == len(_OTHER_LIMIT):
            told = f"{failed.message}; no request is sent without a limit on the reply"
            return failures.failure(failures.BAD_REQUEST, told, is_billable=failed.is_billable)
        for name in limits:
            self.limit = _OTHER_LIMIT[name]
        others = frozenset(names) - frozenset(limits) - frozenset(said)
        self.left_out |= others
        return ConstraintRefused(failed, self, is_parameter=True) if limits or others else failed


def manner(max_tokens: int, sampling: Sampling) -> dict[str, Any]:
    """The parameters that say how a reply is drawn, and its limit, as `Constraints.parameters` wants them."""
    wanted: dict[str, Any] = {MAX_TOKENS: max_tokens, "temperature": sampling.temperature}
    if sampling.top_p != 1.0:
        wanted["top_p"] = sampling.top_p
    if sampling.seed is not None:
        wanted["seed"] = sampling.seed
    return wanted


@lru_cache(4_096)
def known_of(
    name: str, base_url: str | None, dialect: Dialect | None, headers: tuple[str, ...] = (), *, at: Where = "server"
) -> Constraints:
    """What is known of a model at a server, in this process. `at` OpenAI each model takes `max_completion_tokens`, at another
    server those whose name says so; a `vendor` door knows by itself what its models take."""
    thinks = at != "vendor" and _TAKES_COMPLETION_TOKENS.search(name) is not None
    limit = MAX_COMPLETION_TOKENS if thinks or at == "openai" else MAX_TOKENS
    return Constraints(dialect, limit=limit, left_out=frozenset(("temperature", "top_p") if thinks else ()))


def told_in(body: bytes) -> str:
    """What a server says in an error reply, all of it, without what repeats the request; names that are written `inCamelCase`
    are as we write them."""
    text = body[:_MOST_SAID].decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        text = "\n".join(_words(json.loads(text)))
    return _CAMEL.sub("_", text)


def error_in(body: bytes) -> str:
    """What an answer with the status of a success says of an error, empty where it is none."""
    try:
        error = error_of(json.loads(body))
    except (ValueError, RecursionError):
        return ""
    return "" if error is None else told_in(json.dumps(error).encode())


def _words(told: Any) -> Iterator[str]:
    """The texts of an error reply; a place and its message, as validators tell them, in one line."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, list):
        for each in told:
            yield from _words(each)
    elif isinstance(told, Mapping):
        place = told.get("loc", told.get("param"))
        inner = str(place[-1]) if isinstance(place, list) and place else place if isinstance(place, str) else ""
        for name, value in told.items():
            if name != "loc" and name not in _ECHOES:
                yield from (f"{inner} {words}" if inner and isinstance(value, str) else words for words in _words(value))


def refused_names(told: str, sent: Collection[str]) -> list[str]:
    """Which of the parameters that were sent a server refuses by name."""
    found: dict[str, None] = {}
    for sentence in _SENTENCE.split(told):
        if (refuses := _REFUSES.search(sentence)) is None:
            continue
        rest = _REST.search(sentence, refuses.end())
        part = sentence[: rest.start()] if rest else sentence
        for name in sent:
            is_named = re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", part, re.IGNORECASE) is not None
            if is_named and (name in _OTHER_LIMIT or name in MAY_BE_LEFT_OUT):
                found[name] = None
    return list(found)


class ConstraintRefused(ModelFailure):
    """A server may have failed because of the form that was asked for. `note` says why its grammar is left out, where it was
    one; `is_schema` that it was a schema, `is_parameter` that a parameter is left out or has another name from now on;
    `constraints` is what is known of the server."""

    def __init__(
        self,
        failed: ModelFailure,
        constraints: Constraints,
        note: str = "",
        *,
        is_schema: bool = False,
        is_parameter: bool = False,
    ) -> None:
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
        self.is_schema = is_schema
        self.is_parameter = is_parameter
