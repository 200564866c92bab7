"""The answer of a run while it is written: pieces of the one reply that is the program's value.

Owns which call that is (`answering_calls`) and what is told of its pieces (`AnswerStream`). Promises that thoughts are not told
while they come, nor the white space around an answer; that pieces add up to the text that the reply is read as, unless an event
says that it begins anew. What is told is provisional: the run's value is read from the whole reply, as without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lambda_rlm.events import Streaming, Tracer
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Block, If, Item, Let, Match, Pipe, Program, Term, Var
from lambda_rlm.thought_marks import PAIRS

_THOUGHTS: Final = (*PAIRS, ("<|channel|>", "final<|message|>"))
"""How thoughts begin and end that are part of a reply's text; those of gpt-oss end where its last channel begins."""

_CLOSERS: Final = tuple(closed for _, closed in PAIRS)


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
    _closed: str = field(default="", init=False)
    """The mark that ends the thoughts which the reply is in."""
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
        end = min(end, len(self._text) - max(_held(self._text, mark) for mark in _CLOSERS))
        told, self._text = self._text[:end], self._text[end:]
        if told:
            self._has_told = True
            self.tell(told, False)

    def _begin(self) -> None:
        """Another attempt: what came before does not count."""
        self._text = self._closed = ""
        self._is_open = False
        if self._has_told:
            self._has_told = False
            self.tell("", True)

    def _opened(self) -> bool:
        """Whether the answer has begun: behind thoughts, or without any."""
        if not self._closed:
            self._text = self._text.lstrip()
            if not self._text or any(mark.startswith(self._text) for mark, _ in _THOUGHTS):
                return False
            self._closed = next((closed for mark, closed in _THOUGHTS if self._text.startswith(mark)), "")
        if self._closed:
            place = self._text.find(self._closed)
            if place < 0:
                self._text = self._text[-len(self._closed) :]  # thoughts may be long
                return False
            self._text, self._closed = self._text[place + len(self._closed) :], ""
            return self._opened()
        self._is_open = True
        return True

    def _leave_thoughts_without_beginning(self) -> None:
        """Thoughts that the prompt's template has opened end with a mark alone: what was told of them does not count."""
        place, mark = max((self._text.rfind(mark), mark) for mark in _CLOSERS)
        if place < 0:
            return
        rest = self._text[place + len(mark) :]
        self._begin()
        self._text = rest.lstrip()
        self._is_open = bool(self._text)


def _held(text: str, mark: str) -> int:
    """How much of the end of a text may be the beginning of a mark."""
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:n])), 0)
