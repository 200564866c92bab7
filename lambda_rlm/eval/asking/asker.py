"""Asking the model on behalf of a program: reserved before, settled after, equal questions once, bad replies again.

Owns the `Asker`, one for each run, and what the run counts about its calls. Promises: a logical call is taken from the budget
before anything is sent, and the worst case of each attempt before it is sent; repairs, questions that are asked once more, and
what is sent again though it may be billed, are taken from the run's pool; no more calls are in flight than the budget says;
equal questions are asked once and share their answer or failure, and a shared one is neither reserved nor paid again; each of
them counts as shown and is cited by the places that its own prompt was made from, whichever came first; a reply becomes a value
of the type asked for or a declared fault. Refuses to send a prompt that cannot fit the model's window.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Final, Protocol

import anyio

from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import pay
from lambda_rlm.budget.pool import Pool
from lambda_rlm.completion import NO_USAGE, Completion, Model, StopReason, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault, InternalError, LimitExceeded, ModelFailure
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval import wording
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.flight import Abandoned, AttemptsMade, Flight
from lambda_rlm.eval.asking.patience import Patience
from lambda_rlm.eval.asking.prompt import PRICE
from lambda_rlm.eval.asking.question import Key, ModelQuery, PreparedRequest, prepare
from lambda_rlm.eval.asking.quotes import finder_of
from lambda_rlm.eval.asking.shape import ReplyReading, read_text
from lambda_rlm.eval.place import TaskPlace, here
from lambda_rlm.eval.provenance.coverage import Coverage
from lambda_rlm.eval.provenance.exchanges import Exchanges
from lambda_rlm.eval.provenance.sharing import retold, value_digest
from lambda_rlm.eval.replies.answer_stream import answer_stream
from lambda_rlm.eval.replies.counts import Counts
from lambda_rlm.eval.replies.cut_prompts import cut_prompt
from lambda_rlm.eval.replies.letting_go import let_go
from lambda_rlm.eval.tariff import READ_STEPS
from lambda_rlm.eval.value import Reply, Stretch, Text, Value
from lambda_rlm.events import CallFinished, CallStarted, Replied, Tracer
from lambda_rlm.limits import MOST_REPLY, MOST_REPLY_ENDS, OUT, REPLY_CHARACTERS_PER_TOKEN
from lambda_rlm.types.reply_tokens import ReplyRoom, TextsOf, reply_room

_LONGEST_TOKEN: Final = 256
"""No tokenizer makes one token of more characters: prompts beyond it are refused without counting."""

_REPLY_SHARE: Final = 4
"""A reply whose length the program does not limit takes at most this part of the window: a quarter."""


class SubSolver(Protocol):
    """Writes and runs a checked program of its own over a text, on at most `calls` model calls of this run's budget."""

    async def solve(self, query: Text, text: Text, calls: int, asker: Asker, span: Span) -> Text:
        """The answer to `query` about `text`; raises `Fault`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSettings:
    """How a run asks. `key` is the installation's, from which the codes of data markers are made.

    `program` tells this program's calls from others in what is traced. `out` and `item_out` are the reply's tokens where a
    program does not say (of a call, of one item of `llm_map`); `repairs` how often a bad reply is asked for again; `max_reply`
    the most characters of a reply; `per_call` the items of one `llm_map` prompt; `temperature` that of independent samples,
    `seed` the number of the first; `pool` what may be billed beyond one attempt for each call (None: by the model's price),
    `paid_before` what an earlier session took of that for replies that are given again; `reply_ends` what the ends of a reply
    may come to beyond its tokens; `streamed` where the calls begin whose reply is told while it comes, being the answer.
    """

    key: bytes
    program: str = ""
    out: int = OUT
    item_out: int = 128
    repairs: int = 1
    max_reply: int = MOST_REPLY
    per_call: int = 16
    temperature: float = 0.7
    seed: int = 0
    pool: Pool | None = None
    paid_before: int = 0
    reply_ends: int = MOST_REPLY_ENDS
    is_strict: bool = False
    streamed: frozenset[int] = frozenset()
    solver: SubSolver | None = None
    limiter: anyio.Semaphore | None = None
    """What calls in flight are counted by; None: one of this run's own."""


class Asker:
    """Asks one model all questions of one run. Use it inside `async with asker.opened():`."""

    def __init__(self, model: Model, meter: Meter, settings: AskSettings, tracer: Tracer | None = None) -> None:
        self.model = model
        self.meter = meter
        self.settings = settings
        self.counts = Counts()
        self.coverage = Coverage()
        self.exchanges = Exchanges()
        self.is_counted = False  # bounded by the model's vocabulary: requests are counted by it
        self._tracer = tracer
        self._flights: dict[Key, Flight] = {}
        self.limiter = settings.limiter or anyio.Semaphore(meter.budget.concurrency, fast_acquire=True)
        self.patience = Patience()
        self._is_open = False
        self._started = 0

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Asker]:
        """Questions are asked in here."""
        self._is_open = True
        try:
            yield self
        finally:
            self._is_open = False

    def out(self, asked: int | None, default: int) -> int:
        """The reply's tokens: as the program says, else the default, which leaves three quarters of a small window free."""
        profile = self.model.profile
        if asked is not None:
            return max(1, min(asked, profile.max_output))
        return max(1, min(default, profile.max_output, profile.room // _REPLY_SHARE))

    def most_characters(self, out: int) -> int:
        """The most characters of a reply of `out` tokens."""
        return min(self.settings.max_reply, REPLY_CHARACTERS_PER_TOKEN * out)

    def room(self, out: int, texts: TextsOf) -> ReplyRoom:
        """What a reply of `out` tokens has room for, wherever texts made of it are read again."""
        return reply_room(out, texts, self.settings.reply_ends)

    async def ask(self, question: ModelQuery, span: Span) -> Value:
        """The answer to a question; raises `ModelFailure` when there is none, `LimitExceeded` when it cannot be afforded."""
        place, key = here(), self._key(question)
        shared: Sequence[Stretch] | None = None
        while True:
            flight = self._flights.get(key)
            if flight is None:
                try:
                    flight = self._begun(question, place, span)
                except LimitExceeded:
                    await self.patience.drained()
                    raise
                outcome = self._found(flight, question, key, place, span)
            else:
                if shared is None:
                    self.counts.shared += 1
                    shared = self._show_shared(flight, question, place, span)
                outcome = self._joined(flight, question, shared)
            try:
                return await outcome
            except Abandoned:
                continue
            except Fault as fault:
                if isinstance(fault, ModelFailure) and fault.span is None:
                    fault.span = span
                raise
            finally:
                # What began before it was asked for here has ended when one call of this place's own would have, or before.
                place.depth = max(place.depth, min(flight.depth, place.depth + 1))
                let_go(question.prompt.origin)

    def degrade(self, *, quotes: int = 0, items: int = 0, or_else: int = 0, cuts: int = 0, prompts: int = 0) -> None:
        """Count what is missing from the answer; in a strict run that is a fault."""
        self.counts.quotes += quotes
        self.counts.items += items
        self.counts.or_else += or_else
        self.counts.cuts += cuts
        self.counts.prompts += prompts
        if self.settings.is_strict and (quotes or items or or_else or cuts or prompts):
            named = (quotes, "quotes not found"), (items, "items without a reply"), (or_else, "uses of or_else")
            cut = (cuts, "truncated replies"), (prompts, "prompts cut by the server")
            what = ", ".join(f"{n} {name}" for n, name in (*named, *cut) if n)
            raise wording.degraded(what)

    def refuse_more_than_budget(self, calls: int) -> None:
        """Raises `LimitExceeded` when that many calls can never be afforded, before anything is made for them."""
        budget = self.meter.budget.calls
        if calls > budget:
            raise wording.out_of_calls(calls, budget)

    def tokens(self, question: ModelQuery) -> int:
        """The tokens of a question's prompt as it would be sent."""
        return self.prepared(question).tokens

    def _key(self, question: ModelQuery) -> Key:
        """What equal questions have in common: for quotes also which parts of the prompt are an input's own text."""
        if not question.shape.has_quotes:
            return question.key
        return (*question.key, *finder_of(question.prompt, self.meter).regions())

    def _begun(self, question: ModelQuery, place: TaskPlace, span: Span) -> Flight:
        if not self._is_open:
            raise InternalError("asking a model", "a question outside `Asker.opened`")
        self._refuse_overlong(question, span)
        if question.is_extra:
            self.meter.take_attempt()
        self.meter.reserve_call()
        self._started += 1
        return Flight(self._started - 1, place.depth + 1)

    async def _found(self, flight: Flight, question: ModelQuery, key: Key, place: TaskPlace, span: Span) -> Value:
        """The answer of a flight, found here for all who ask the same meanwhile and later."""
        self._flights[key] = flight
        try:
            return await flight.fly(self._answer(flight, question, place.path, span))
        finally:
            if not flight.is_over:
                del self._flights[key]

    async def _joined(self, flight: Flight, question: ModelQuery, shown: Sequence[Stretch]) -> Value:
        """The answer that somebody else finds, as made from this question's own prompt."""
        value = await flight.wait()
        if question.prompt.origin is None:  # then neither has the other's, since equal prompts have equal data
            return value
        reading = self._reading(flight, question)
        shared = retold(value, reading.origin)
        if shared is None and flight.completion is not None:
            shared = (self._read(flight.completion, question, reading),)
        value = value if shared is None else shared[0]
        self.exchanges.judged(flight.call, shown, question.items, value)
        return value

    def _reading(self, flight: Flight, question: ModelQuery) -> ReplyReading:
        origin = Reply(flight.call, question.prompt.origin)
        most, vocabulary = self.most_characters(question.out), self.model.profile.vocabulary
        room = self.room(question.out, question.shape.texts)
        return ReplyReading(origin, question.prompt, self.meter, most, room, vocabulary)

    def _refuse_overlong(self, question: ModelQuery, span: Span) -> None:
        window = self.model.profile.room
        length = len(question.prompt.text)
        tokens = None if length > window * _LONGEST_TOKEN else self.tokens(question)
        if tokens is None or tokens + question.out > window:
            name = self.model.profile.name
            raise wording.prompt_too_long(span, tokens=tokens, characters=length, out=question.out, model=name, window=window)

    async def _answer(self, flight: Flight, question: ModelQuery, path: tuple[int, ...], span: Span) -> Value:
        """One logical call from its first attempt to its value."""
        started = monotonic()
        reading = self._reading(flight, question)
        exchange = AttemptsMade()
        if span.start in self.settings.streamed and question.shape.read is read_text:
            exchange.on_text = answer_stream(self._tracer, flight.call, path, self.settings.program)
        failure: str | None = "cancelled"
        value = None
        try:
            value = await self._attempts(flight, question, path, span, reading, exchange)
            failure = None
            self.counts.cached += exchange.usage.attempts == 0
            self.degrade(quotes=reading.quotes, cuts=reading.cuts)
        except Fault as fault:
            failure = fault.code
            self.counts.failed += isinstance(fault, ModelFailure)
            raise
        else:
            return value
        finally:
            self.counts.span = max(self.counts.span, flight.depth)
            self.counts.coercions += reading.coerced
            if self._tracer is not None:
                self._tracer(
                    CallFinished(
                        flight.call,
                        path,
                        span,
                        exchange.usage,
                        monotonic() - started,
                        exchange.reply,
                        failure,
                        coercions=tuple(reading.coercions),
                        program=self.settings.program,
                        digest=exchange.digest,
                        value="" if failure is not None else value_digest(value),
                        faulty=tuple(exchange.faulty),
                    )
                )

    async def _attempts(
        self,
        flight: Flight,
        question: ModelQuery,
        path: tuple[int, ...],
        span: Span,
        reading: ReplyReading,
        exchange: AttemptsMade,
    ) -> Value:
        prepared, program = self.prepared(question), self.settings.program
        shown = self.coverage.show(question.prompt, self.meter)
        if self._tracer is not None:
            parts = _parts(shown)
            self._tracer(CallStarted(flight.call, path, span, prepared.request, self.model.profile.name, parts, program))
        attempt, taken = 0, int(question.is_extra)
        while True:
            started = monotonic()
            exchange.digest = digest = prepared.request.digest
            completion = await self._send(prepared, exchange, taken)
            if self._tracer is not None:
                self._tracer(Replied(flight.call, path, digest, completion, monotonic() - started, program))
            try:
                value = self._read(completion, question, reading)
                flight.completion = completion
            except BadReply as bad:
                exchange.faulty.append((digest, bad.message))
                attempt += 1
                error = bad
            else:
                self._taken(prepared, completion, reading)
                self.exchanges.note(flight.call, shown, question.items, completion.text, value)
                return value
            if attempt > question.repairs or question.shape.read is read_text:  # bounds have no repair of a Text
                break
            prepared = self._prepare(question, error.message)
            if prepared.tokens + question.out > self.model.profile.room:
                break
            self.meter.take_attempt()
            taken = 1
        raise wording.bad_reply(error.code, error.message, attempt, exchange.reply)

    def _taken(self, prepared: PreparedRequest, completion: Completion, reading: ReplyReading) -> None:
        """A good reply is kept, unless the server cut its prompt: then the answer is degraded."""
        cut = cut_prompt(prepared.request.messages, completion.usage, self.model.profile.vocabulary)
        if cut is not None:
            self.counts.note_cut(cut)
            self.degrade(prompts=1)
        elif completion.keep is not None and not reading.quotes:
            with suppress(Exception):  # who keeps replies costs no answer
                completion.keep()

    def _read(self, completion: Completion, question: ModelQuery, reading: ReplyReading) -> Value:
        if completion.stop_reason is StopReason.REFUSAL:
            raise wording.refused(completion.text)
        reading.is_complete = completion.stop_reason is not StopReason.LENGTH
        reading.clear()
        is_text = question.shape.read is read_text
        self.meter.glance()
        self.meter.spend(PRICE.steps(characters=len(completion.text)) + (0 if is_text else READ_STEPS * len(completion.text)))
        return question.shape.read(completion.text, reading)

    async def _send(self, prepared: PreparedRequest, exchange: AttemptsMade, taken: int) -> Completion:
        """One request: wait for a free slot, set its worst case aside, ask, book what it used. `taken` is what was taken from
        the pool for it."""
        counts, patience = self.counts, self.patience

        def book(usage: Usage) -> None:
            exchange.book(usage)
            patience.settle()

        async def send() -> Completion:
            counts.max_in_flight = max(counts.max_in_flight, patience.in_flight)
            tokens = {"prompt_tokens": prepared.tokens, "schema_tokens": prepared.schema_tokens}
            return await pay(self.model, exchange.listened(prepared.request), self.meter, **tokens, taken=taken, on_usage=book)

        async with self.limiter:
            completion = await patience.sent(send)
        exchange.reply = completion.text
        counts.estimated += completion.usage.is_estimated
        return completion

    def prepared(self, question: ModelQuery) -> PreparedRequest:
        """The request for a question, made once."""
        if question.prepared is None:
            question.prepared = self._prepare(question, "")
        return question.prepared

    def _prepare(self, question: ModelQuery, error: str) -> PreparedRequest:
        return prepare(question, self.model, self.settings.key, error, is_counted=self.is_counted)

    def _show_shared(self, flight: Flight, question: ModelQuery, place: TaskPlace, span: Span) -> Sequence[Stretch]:
        """A prompt equal to one that is sent: what it was made from has been shown, too."""
        shown = self.coverage.show(question.prompt, self.meter)
        if self._tracer is not None:
            program, parts = self.settings.program, _parts(shown)
            self._tracer(
                CallFinished(flight.call, place.path, span, NO_USAGE, 0.0, is_shared=True, program=program, shown=parts)
            )
        return shown


def _parts(shown: Sequence[Stretch]) -> tuple[tuple[str, int, int], ...]:
    return tuple((stretch.document.name, stretch.start, stretch.end) for stretch in shown)
