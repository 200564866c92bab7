"""What a root model sees between two rounds: what came of its program, without the answer unless it may peek.

Owns the turns. Promises types, sizes, shares read and codes of faults only; the beginning of an answer is data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lambda_rlm.synth.input_shape import rough
from lambda_rlm.synth.turn import Piece, Turn, said, typed
from lambda_rlm.types.type import Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a round. `name` is the input that holds the answer from now on, None when there was a fault."""

    number: int
    type: Type
    characters: int = 0
    name: str | None = None
    fault: str | None = None
    coverage: Mapping[str, float] = field(default_factory=dict)
    calls: int = 0
    beginning: str | None = None
    is_rough: bool = False

    def without_contents(self) -> Result:
        """The same for a root model that is shown no contents: sizes rounded up, shares to tenths, no beginning."""
        coverage = {name: round(share, 1) for name, share in self.coverage.items()}
        return replace(self, characters=rough(self.characters), coverage=coverage, beginning=None, is_rough=True)


def next_turns(program: str, result: Result) -> tuple[Turn, Turn]:
    """The program that was run, and what came of it."""
    read = ", ".join(f"{share:.0%} of {name}" for name, share in result.coverage.items()) or "nothing"
    pieces = [Piece(f"Round {result.number} ran. ")]
    if result.name is None:
        pieces.append(Piece(f"It stopped with the fault {result.fault}."))
    else:
        pieces += [Piece("Its answer, "), typed(result.type)]
        about = "at most " if result.is_rough else ""
        pieces.append(Piece(f" of {about}{result.characters:,} characters, is the input {result.name} now."))
    pieces.append(Piece(f" It made {result.calls:,} model calls and read {read}.\n"))
    if result.beginning:
        pieces += [Piece("The answer begins:\n"), Piece(result.beginning + "\n", is_data=True)]
    pieces.append(Piece("Write a next program that gives a better answer, or reply with the one word done to keep this one."))
    return said("assistant", program), Turn("user", tuple(pieces))
