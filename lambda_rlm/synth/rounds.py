"""What a root model sees between two rounds: what came of its program, without contents unless it may peek.

Owns the turns, and the mark of a program that looks at the inputs before another one answers. Promises types, sizes, shares
read, codes and places of faults, what a check of the answer found, and of a value what `blind` leaves of it; the beginning of
an answer, for a root model that may peek, is data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.synth.input_shape import rough
from lambda_rlm.synth.turn import Piece, Turn, beside, said, typed
from lambda_rlm.types.type import Type

LOOK: Final = "# look"
"""The comment that marks a program which only looks."""

MASKED: Final = "texts masked (a letter, 9 digit)"
HIDDEN: Final = "texts hidden"
"""What is left of texts, where a layout of inputs is shown and where it is not."""

HOW_TO_LOOK: Final = (
    f"Only if you must know more of the data first: a program that begins with the comment {LOOK} and makes no model calls has its "
    f"result shown to you, numbers as they are and {MASKED}; then you write the one that answers."
)

_LOOK: Final = late_pattern(r"(?:[ \t]*(?:#[^\n]*)?\n)*?[ \t]*#[ \t]*look\b", re.IGNORECASE)
_WRITE: Final = "Write the program that answers the query."
_BETTER: Final = "Write a next program that gives a better answer, or reply with the one word done to keep this one."
_ANOTHER: Final = "Write a next program that does not stop there."


def is_look(program: str) -> bool:
    """Whether a program says of itself, in a comment before its first line, that it only looks."""
    return _LOOK.match(program) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a round. `name` is the input that holds the answer from now on, None when there was a fault, which
    `fault` describes; `shown` is the blind form of the answer, `facts` what a check of it found; with `is_look` it is none,
    but what the program saw that looked."""

    number: int
    type: Type
    characters: int = 0
    name: str | None = None
    fault: str | None = None
    coverage: Mapping[str, float] = field(default_factory=dict)
    calls: int = 0
    shown: str = ""
    facts: tuple[str, ...] = ()
    beginning: str | None = None
    is_look: bool = False
    is_rough: bool = False

    def without_contents(self) -> Result:
        """The same for a root model that is shown no contents: sizes rounded up, shares to tenths, no beginning."""
        coverage = {name: round(share, 1) for name, share in self.coverage.items()}
        return replace(self, characters=rough(self.characters), coverage=coverage, beginning=None, is_rough=True)


def next_turns(program: str, result: Result) -> tuple[Turn, Turn]:
    """The program that was run, and what came of it."""
    pieces = [Piece(f"Round {result.number} {'looked' if result.is_look else 'ran'}. "), *_came(result)]
    if not result.is_look:
        read = ", ".join(f"{share:.0%} of {name}" for name, share in result.coverage.items()) or "nothing"
        pieces.append(Piece(f" It made {result.calls:,} model calls and read {read}."))
    pieces.append(Piece("\n"))
    if result.beginning:
        pieces += [Piece("It begins:\n"), Piece(result.beginning + "\n", is_data=True)]
    elif result.name is not None:
        pieces += [Piece("With its texts masked it is:\n"), beside(result.type, result.shown + "\n")]
    if result.facts:
        pieces += [Piece("What speaks against it:\n"), beside(result.type, "".join(f"- {fact}\n" for fact in result.facts))]
    pieces.append(Piece(_WRITE if result.is_look else _ANOTHER if result.name is None else _BETTER))
    return said("assistant", program), Turn("user", tuple(pieces))


def _came(result: Result) -> list[Piece]:
    """Where the value is, or how the program stopped."""
    if result.name is None:
        return [Piece(f"It stopped with the fault {result.fault}.")]
    about = "at most " if result.is_rough else ""
    whose = "result" if result.is_look else "answer"
    where = f" of {about}{result.characters:,} characters, is the input {result.name} now."
    return [Piece(f"Its {whose}, "), typed(result.type), Piece(where)]
