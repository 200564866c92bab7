"""The root model, asked within a budget: turns of a conversation in, replies out.

Owns `Writer`. Promises that every call is taken from the meter before it is sent, that what is data is between the same
markers as in a program's prompts, that calls are reported to the tracer like any other, and that a conversation grows by no
more than `later_tokens` with each reply: what is longer is shortened. Refuses a conversation that does not fit the root model's
window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import field
from time import monotonic
from typing import TYPE_CHECKING, Final

from lambda_rlm.answering.rounds.ahead import loading
from lambda_rlm.answering.rounds.prompt_tokens import prompt_tokens
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.paying import pay
from lambda_rlm.completion import (
    NO_USAGE,
    Completion,
    CompletionRequest,
    Grammar,
    Message,
    Model,
    ModelProfile,
    Sampling,
    StopReason,
    Usage,
)
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault, ModelFailure
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.prompt import Part, Prompt, merged
from lambda_rlm.limits import STANDING, reply_tokens
from lambda_rlm.synth.turn import Piece, Turn, said, shortened

if TYPE_CHECKING:
    from lambda_rlm.eval.replies.cut_prompts import CutPrompt
    from lambda_rlm.events import Tracer

NOWHERE: Final = Span(0, 0)
"""The place in the program of a call that no program makes."""

_PROMPT_TOO_LONG: Final = "E0509"
_LONGEST_THOUGHT: Final = 512
_THINK: Final = (
    "First think, in a few lines of prose: which steps lead to the answer, and which functions do them? No program yet."
)
_WRITE: Final = "Now write the program, and nothing else."
_CAME: Final = 1_536
"""Tokens that are left for what came of a program: its mistakes in 4,000 characters, or what its author may know of its
result."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What conversations begin with: the number of turns, the tokens of a request that has no others, and how many may be added
    for each further reply."""

    turns: int
    tokens: int
    later: int

    def most(self, turns: Sequence[Turn]) -> int | None:
        """The tokens that a request may have; None where there is nothing yet but the beginning."""
        replies = sum(turn.role == "assistant" for turn in turns[self.turns :])
        return self.tokens + replies * self.later if replies else None


@dataclass(slots=True)
class Writer:
    """A root model and the account its calls are paid from. `page` is what it reads first, `out` the tokens of a reply; `begun`
    limits how conversations grow, None: the window alone does."""

    model: Model
    meter: Meter
    page: str
    key: bytes = field(repr=False)
    out: int = 2_048
    tracer: Tracer | None = None
    begun: Begun | None = None
    calls: int = 0
    usage: Usage = NO_USAGE
    notes: dict[str, None] = field(default_factory=dict)
    has_cut: bool = False
    """Whether its server cut a prompt."""

    async def ask(self, turns: tuple[Turn, ...], sampling: Sampling) -> Completion:
        """The reply to a conversation, under the grammar where the model takes it, after a thought where it needs one.

        Raises `ModelFailure`, and `LimitExceeded` when it cannot be afforded.
        """
        profile = self.model.profile
        if not profile.takes_grammar:
            return await self._asked(turns, sampling, self.out)
        from lambda_rlm.synth.language import language

        if _thinks(profile):
            turns = await self._thought(turns, sampling)
        completion = await self._asked(turns, sampling, self.out, language())
        self._note(completion)
        return completion

    async def _thought(self, turns: tuple[Turn, ...], sampling: Sampling) -> tuple[Turn, ...]:
        """The conversation with a thought in it; as it was when the model gives none."""
        opening = first_asked(turns, self.model.profile)
        try:
            thought = await self._asked(opening, sampling, min(self.out, _LONGEST_THOUGHT))
        except ModelFailure as failed:
            if failed.is_fatal:
                raise
            return turns
        return (*opening, said("assistant", thought.text), said("user", _WRITE))

    async def _asked(
        self, turns: tuple[Turn, ...], sampling: Sampling, longest: int, grammar: Grammar | None = None
    ) -> Completion:
        profile = self.model.profile
        out = max(1, min(longest, profile.max_output, profile.room // 4))
        messages, written = self._fitting(turns)
        shape = () if grammar is None else (grammar.name,)
        digest = hashlib.sha256(repr((written, out, sampling, *shape)).encode()).hexdigest()
        request = CompletionRequest(messages, out, sampling, grammar=grammar, digest=digest)
        tokens = self._tokens(messages)
        counted = tokens + (0 if grammar is None else grammar_tokens(profile))
        if tokens + out > profile.room:
            message = f"the root model's conversation has {tokens:,} tokens, but the context window of {profile.name} holds {profile.room:,}"
            raise ModelFailure(_PROMPT_TOO_LONG, message, is_fatal=True)
        self.meter.reserve_call()
        return await self._told(request, counted)

    def _fitting(self, turns: tuple[Turn, ...]) -> tuple[tuple[Message, ...], str]:
        """The messages of a conversation, its later turns shortened until they are no more than is bounded. Raises
        `ModelFailure` where that does not do."""
        most = None if self.begun is None else self.begun.most(turns)
        messages, written = rendered(turns, self.page, self.key)
        while self.begun is not None and most is not None and (tokens := self._tokens(messages)) > most:
            shorter = shortened(turns, self.begun.turns)
            if shorter is None:
                message = f"the root model's conversation has {tokens:,} tokens, and may have {most:,}"
                raise ModelFailure(_PROMPT_TOO_LONG, message, is_fatal=True)
            turns = shorter
            messages, written = rendered(turns, self.page, self.key)
        return messages, written

    def _tokens(self, messages: tuple[Message, ...]) -> int:
        return prompt_tokens(self.model, messages, self.out, self.meter.left())

    def _note(self, completion: Completion) -> None:
        """Remember that a program was not written under the grammar, though it was asked for so: nobody would see it
        otherwise."""
        from lambda_rlm.synth.language import is_kept

        if completion.unconstrained:
            self.notes[completion.unconstrained] = None
        elif completion.stop_reason is StopReason.STOP and not is_kept(completion.text):
            name = self.model.profile.name
            self.notes[
                f"{name} wrote a program that violates the requested grammar; set --constrain to choose the API dialect"
            ] = None

    def _note_cut(self, cut: CutPrompt) -> None:
        """Note the first prompt that the server cut: those after it are longer."""
        if not self.has_cut:
            self.has_cut = True
            self.notes[cut.note(self.model.profile.name)] = None

    async def _told(self, request: CompletionRequest, tokens: int) -> Completion:
        """Ask, and tell the tracer before and after."""
        from lambda_rlm.eval.place import CURRENT
        from lambda_rlm.eval.replies.cut_prompts import cut_prompt
        from lambda_rlm.events import CallFinished, CallStarted, Replied

        call, started, spent = self.calls, monotonic(), NO_USAGE
        place = CURRENT.get()
        path = (*(() if place is None else place.path), -1, call)
        reply: str | None = None
        failure: str | None = "cancelled"
        self.calls += 1

        def book(usage: Usage) -> None:
            nonlocal spent
            spent = usage
            self.usage = self.usage + usage

        if self.tracer is not None:
            self.tracer(CallStarted(call, path, NOWHERE, request, self.model.profile.name))
        try:
            with loading():
                completion = await pay(self.model, request, self.meter, prompt_tokens=tokens, on_usage=book)
            reply, failure = completion.text, None
            if completion.usage.is_estimated:
                self.notes[f"{self.model.profile.name} reported no valid token count: booked at its worst case"] = None
            if (cut := cut_prompt(request.messages, completion.usage, self.model.profile.vocabulary)) is not None:
                self._note_cut(cut)
            if self.tracer is not None:
                self.tracer(Replied(call, path, request.digest, completion, monotonic() - started))
        except Fault as fault:
            failure = fault.code
            raise
        finally:
            if self.tracer is not None:
                self.tracer(
                    CallFinished(call, path, NOWHERE, spent, monotonic() - started, reply, failure, digest=request.digest)
                )
        return completion


def grammar_tokens(profile: ModelProfile) -> int:
    """What a grammar adds to a request at most, where the provider counts it: its tokens, or, of a vocabulary that is not
    known, its bytes, for no byte-level one gives more tokens than there are."""
    from lambda_rlm.synth.language import language

    if not (profile.takes_grammar and profile.counts_grammar):
        return 0
    parts, vocabulary = (language().lark, language().description), profile.vocabulary
    return sum(len(part.encode()) if vocabulary is None else vocabulary.size(part).tokens for part in parts)


def later_tokens(profile: ModelProfile, out: int, peek: int) -> int:
    """The most tokens by which a reply of `out` tokens, and what came of it, make a request longer. Where the vocabulary is not
    known, what is counted is twice what is likely; of a result the root model may see the beginning twice."""
    estimated = 1 if profile.vocabulary is not None else 2
    return estimated * (reply_tokens(out) + _CAME + 2 * peek)


def calls_of_an_attempt(profile: ModelProfile) -> int:
    """The calls that one attempt at a program takes at most: two where a thought comes before it."""
    return 2 if _thinks(profile) else 1


def first_asked(turns: tuple[Turn, ...], profile: ModelProfile) -> tuple[Turn, ...]:
    """A conversation as it is sent first: with the request for a thought, where one comes before the program."""
    if not _thinks(profile):
        return turns
    return (*turns[:-1], Turn(turns[-1].role, (*turns[-1].pieces, Piece(f"\n\n{_THINK}"))))


def _thinks(profile: ModelProfile) -> bool:
    return profile.takes_grammar and profile.thinks_first


def rendered(turns: Sequence[Turn], page: str, key: bytes) -> tuple[tuple[Message, ...], str]:
    """The messages of a conversation that begins with a page, and the identity of what they say before markers are put in."""
    state = hashlib.sha256(page.encode())
    messages: list[Message] = []
    for turn in turns:
        prompt = _prompt(turn)
        state.update(turn.role.encode() + prompt.digest)
        content = turn.text if turn.role == "assistant" else prompt.messages(key)[-1].content
        messages.append(Message(turn.role, content))
    return (Message("system", first_message(page)), *messages), state.hexdigest()


def first_message(page: str) -> str:
    """What every conversation begins with, whatever the question, the settings and the inputs: a page is cached by providers as
    far as requests begin alike, so that the sentence about data is in it where no data are, too."""
    return f"{STANDING}\n\n{page}"


def _prompt(turn: Turn) -> Prompt:
    parts = merged([Part(piece.text, piece.is_data) for piece in turn.pieces if piece.text])
    return Prompt(turn.text, parts, (), None)
