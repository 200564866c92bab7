"""The answer of a run while it is written: pieces of the one reply that is the program's value.

Owns which call that is (`answering_calls`) and what is told of its pieces (`AnswerStream`). Promises that thoughts are not told
while they come, nor the white space around an answer; that pieces add up to the text that the reply is read as, unless an event
says that it begins anew. What is told is provisional: the run's value is read from the whole reply, as without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.replies.thoughts import BARE, BARE_FINAL, FINAL, FRAMES, HARMONY
from lambda_rlm.events import Streaming, Tracer
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Block, If, Item, Let, Match, Pipe, Program, Term, Var
from lambda_rlm.thought_marks import PAIRS

_OPENERS: Final = (*(opened for opened, _ in PAIRS), "<|channel|>", "<|start|>assistant<|channel|>", "analysis")
_CLOSERS: Final = tuple(closed for _, closed in PAIRS)
_SPECIAL: Final = "<|"
"""How the marks begin in which gpt-oss writes: what comes behind one is no part of the answer."""

_LONGEST: Final = 200
"""Characters that the mark of a final channel may have."""


def answering_calls(program: Program) -> frozenset[int]:
    """Where the calls begin whose reply is the value of the program, whichever branch is taken."""
    return frozenset(_ends(program.result, _named(program.items, {})))


def answer_stream(tracer: Tracer | None, call: int, path: tuple[int, ...], program: str) -> AnswerStream | None:
    """What the model of a call is given to tell the pieces of its reply; None where nobody listens."""
    if tracer is None:
        return None
    return AnswerStream(lambda text, is_restart: tracer(Streaming(call, path, text, is_restart, program)))


def _named(items: Iterable[Item], before: Mapping[str, Term]) -> dict[str, Term]:
    """What names are bound to that a `let` has bound, among these and before."""
    return {**before, **{item.name: item.value for item in items if isinstance(item, Let)}}


def _ends(term: Term, named: Mapping[str, Term]) -> Iterator[int]:
    match term:
        case Block(items=items, result=result):
            yield from _ends(result, _named(items, named))
        case If(branches=branches, otherwise=otherwise):
            for _, branch in branches:
                yield from _ends(branch, named)
            yield from _ends(otherwise, named)
        case Match(arms=arms):
            for arm in arms:
                yield from _ends(arm.body, {})  # where patterns may bind the same names
        case Var(name=name) if name in named:
            yield from _ends(named[name], {})
        case Pipe(stages=(*_, App(function=Var(name=Primitive.LLM_CALL)) as last)):
            yield last.span.start
        case App(function=Var(name=Primitive.LLM_CALL)):
            yield term.span.start
        case _:
            return


@dataclass
class AnswerStream:
    """What a model calls with the pieces of a reply (`CompletionRequest.on_text`). `tell` is given a piece of the answer, and
    whether what it was given before does not count."""

    tell: Callable[[str, bool], None]
    _text: str = field(default="", init=False)
    """What came and was not told yet."""
    _ends: re.Pattern[str] | None = field(default=None, init=False)
    """The mark that ends the thoughts which the reply is in."""
    _has_thought: bool = field(default=False, init=False)
    _is_in_channels: bool = field(default=False, init=False)
    _is_open: bool = field(default=False, init=False)
    """The answer has begun: no thoughts open it."""
    _has_told: bool = field(default=False, init=False)

    def __call__(self, piece: str) -> None:
        if not piece:
            self._begin()
            return
        self._text += piece
        if not self._is_open and not self._opened():
            return
        self._leave_thoughts_without_beginning()
        end = len(self._text.rstrip())
        end = min(end, len(self._text) - max(_held(self._text, mark) for mark in (*_CLOSERS, *self._specials)))
        if self._is_in_channels and (place := self._text.find(_SPECIAL)) >= 0:
            end = min(end, len(self._text[:place].rstrip()))
        told, self._text = self._text[:end], self._text[end:]
        if told:
            self._has_told = True
            self.tell(told, False)

    @property
    def _specials(self) -> tuple[str, ...]:
        return (_SPECIAL,) if self._is_in_channels else ()

    def _begin(self) -> None:
        """Another attempt: what came before does not count."""
        self._text, self._ends = "", None
        self._is_open = self._has_thought = self._is_in_channels = False
        if self._has_told:
            self._has_told = False
            self.tell("", True)

    def _opened(self) -> bool:
        """Whether the answer has begun: behind thoughts, or without any. One in a frame is not told before it is whole."""
        while True:
            if self._ends is None:
                self._text = self._text.lstrip()
                if not self._text or _may_become(self._text, _OPENERS):
                    return False
                self._ends = self._end_of_thoughts()
                if self._ends is None:
                    self._is_open = not (self._has_thought and _is_framed(self._text))
                    return self._is_open
            found = self._ends.search(self._text)
            if found is None:
                self._text = self._text[-_LONGEST:]  # thoughts may be long
                return False
            self._text, self._ends, self._has_thought = self._text[found.end() :], None, True
            if self._is_in_channels:
                self._text, self._is_open = self._text.lstrip(), True
                return bool(self._text)

    def _end_of_thoughts(self) -> re.Pattern[str] | None:
        """What ends the thoughts that the text begins with; None where it begins with none."""
        if HARMONY.match(self._text) or BARE.match(self._text):
            self._is_in_channels = True
            return FINAL if HARMONY.match(self._text) else re.compile(BARE_FINAL)
        lower = self._text.lower()
        closed = next((closed for opened, closed in PAIRS if lower.startswith(opened.lower())), None)
        return None if closed is None else re.compile(re.escape(closed), re.IGNORECASE)

    def _leave_thoughts_without_beginning(self) -> None:
        """Thoughts that the prompt's template has opened end with a mark alone: what was told of them does not count."""
        lower = self._text.lower()
        place, mark = max((lower.rfind(mark.lower()), mark) for mark in _CLOSERS)
        if place < 0:
            return
        rest = self._text[place + len(mark) :]
        self._begin()
        self._text, self._has_thought = rest.lstrip(), True
        self._is_open = bool(self._text) and not _is_framed(self._text)


def _may_become(text: str, marks: Iterable[str]) -> bool:
    """Whether a text may be the beginning of a mark, or is one that what follows makes clear."""
    return any(mark.lower().startswith(text.lower()) for mark in marks)


def _is_framed(text: str) -> bool:
    return any(text.startswith(opened) or opened.startswith(text) for opened, _ in FRAMES)


def _held(text: str, mark: str) -> int:
    """How much of the end of a text may be the beginning of a mark."""
    lower = text[-len(mark) :].lower()
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if lower.endswith(mark[:n].lower())), 0)
