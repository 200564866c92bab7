"""What the author of a program sees of the questions that its question follows: each with its program and the form of its
answer.

Owns `EarlierQuestion` and the part of the first turn. Promises at most `MOST_EARLIER` of them, questions and programs cut to a
length or left out, so that a chain of any length has an end; and, without `peek`, nothing of an answer but its blind-safe form,
and no program whose author saw contents.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.synth.turn import Piece, beside, typed
from lambda_rlm.types.type import Type

MOST_EARLIER: Final = 3
LONGEST_QUESTION: Final = 1_000
LONGEST_PROGRAM: Final = 6_000
"""Characters of a program; a longer one is left out, for half of one tells nothing."""

_ANSWER: Final = late_pattern(r"\b(?:result|answer)_\d+\b")
"""The names that answers of rounds and of earlier questions have as inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierQuestion:
    """A question that was answered before, with what a question that follows it takes over. `number` counts from 1 in a chain
    of questions; `way` is "synth", "direct", "program" (one that was given) or a strategy. `name` is the input that holds the
    answer, `value`, of the type `type`, None where the answer is too large to be one. `program` is None where nobody wrote one
    for this question; `has_seen_contents` says that its author was shown contents of inputs."""

    run: str
    number: int
    query: str
    way: str
    type: Type
    value: Any = None
    name: str | None = None
    program: str | None = None
    has_seen_contents: bool = False

    @property
    def asked(self) -> str:
        """The question, cut to `LONGEST_QUESTION` characters."""
        return cut(self.query, LONGEST_QUESTION) or "(a program was run, without a question)"


def cut(text: str, longest: int) -> str:
    """A text in at most `longest` characters."""
    from lambda_rlm.graphemes import begun

    return text if len(text) <= longest else begun(text, longest - 1) + "…"


def shown(
    earlier: Sequence[EarlierQuestion], peek: int, inputs: Collection[str] = (), *, hides_texts: bool = False
) -> list[Piece]:
    """Earlier questions as the author sees them, the first first; none where the question follows none. `inputs` are the names
    of all inputs."""
    if not earlier:
        return []
    pieces = [Piece("\nThe query follows earlier ones. An answer that is an input need not be computed again.\n")]
    for one in earlier:
        pieces += [Piece(f"query {one.number}: {one.asked}\n"), *_program(one, peek, inputs), *_answer(one, hides_texts)]
    return pieces


def _program(one: EarlierQuestion, peek: int, inputs: Collection[str]) -> list[Piece]:
    if one.program is None:
        how = "one direct call of the leaf model" if one.way == "direct" else f"the fixed strategy {one.way}"
        return [Piece(f"answered by {how}\n")]
    if one.has_seen_contents and not peek:
        return [Piece("answered by a program that is not shown: its author saw contents\n")]
    if len(one.program) > LONGEST_PROGRAM:
        return [Piece(f"answered by a program of {len(one.program):,} characters, too long to be shown\n")]
    gone = sorted({name for name in _ANSWER.findall(one.program) if name not in inputs})
    note = f"({', '.join(gone)} there: earlier answers that are no inputs now)\n" if gone else ""
    return [Piece(f"answered by the program\n```\n{one.program.strip()}\n```\n{note}")]


def _answer(one: EarlierQuestion, hides_texts: bool) -> list[Piece]:
    """An answer by its type and its blind form, whoever looks: what may be seen of contents is shown with the inputs."""
    from lambda_rlm.synth.blind import blind

    if one.name is None:
        return [Piece("its answer is no input, for it is too large: "), typed(one.type), Piece("\n")]
    form = beside(one.type, blind(one.value, one.type, hides_texts=hides_texts) + "\n")
    return [Piece(f"its answer is the input {one.name}: "), typed(one.type), Piece("\nwith its texts masked it is:\n"), form]
