"""What a root model sees of a program that was not accepted.

Owns the turn that asks for another one. Promises the exact places and a hint for each mistake, the ones that matter first, in
at most `LONGEST` characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.admit import OVER_BUDGET
from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.diagnostics.render import model as for_model
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.graphemes import begun
from lambda_rlm.synth.turn import Piece, Turn, said

LONGEST: Final = 4_000
_MOST: Final = 8
_LONGEST_PROGRAM: Final = 12_000
_FEWER: Final = (
    "make fewer calls or send less text: take(n) of what may be many, a smaller out, llm_map with a larger per_call "
    "(it may take 2 * ceil(items / per_call) calls)"
)
_AGAIN: Final = "Write the whole program again, corrected, and nothing else."


def rejected(source: SourceFile, diagnostics: Sequence[Diagnostic], *, has_seen_data: bool = False) -> tuple[Turn, Turn]:
    """The model's program, as it was read, and what is wrong with it. Where the model has been shown data, its program may
    quote some: then the diagnostics of the program are data as well."""
    shown = begun(for_model([_for_author(d) for d in diagnostics[:_MOST]], source), LONGEST)
    more = len(diagnostics) - _MOST
    pieces = [Piece("The program was not accepted:\n"), Piece(shown + "\n", is_data=has_seen_data)]
    if more > 0:
        pieces.append(Piece(f"(and {more} more)\n"))
    own = source.text if len(source.text) <= _LONGEST_PROGRAM else begun(source.text, _LONGEST_PROGRAM) + "\n…"
    return said("assistant", own), Turn("user", (*pieces, Piece(_AGAIN)))


def _for_author(diagnostic: Diagnostic) -> Diagnostic:
    """With a hint that the author of a program can follow: the budget is not the author's to raise."""
    return replace(diagnostic, hint=_FEWER) if diagnostic.code == OVER_BUDGET else diagnostic


def no_program(is_cut: bool) -> tuple[Turn, Turn]:
    """For a reply that holds no program, or was cut before its end."""
    why = (
        "The reply was cut at its greatest length before the program ended. Write a shorter one."
        if is_cut
        else "The reply holds no program."
    )
    return said("assistant", "(no program)"), said("user", f"{why} Write the program and nothing else.")
