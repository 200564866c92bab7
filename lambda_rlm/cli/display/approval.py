"""Asking a person before money is spent.

Owns `Approval`, which is told what a run can cost before its first call. Promises that nothing is asked of a model unless a
person said yes at a terminal, or named the hash of exactly this program, these inputs, this model and its prices.
"""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from lambda_rlm.cli import exits
from lambda_rlm.cli.display import figures, screen
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.execution.execute import Declined
from lambda_rlm.execution.prospect import Prospect
from lambda_rlm.syntax.printing.pretty import pretty

_TURN = 0.1
"""Seconds."""

Pause = Callable[[], AbstractContextManager[None]]


class Approval:
    """Lets a run go on, or ends it. `hash` is what was approved before; `is_asked` says to ask where it was not."""

    def __init__(self, *, is_asked: bool, hash: str | None, json: bool) -> None:
        self.is_asked = is_asked
        self.hash = hash
        self.json = json
        self.pause: Pause | None = None

    def __call__(self, prospect: Prospect) -> None:
        if self.hash is not None:
            if prospect.hash != self.hash:
                raise UsageProblem(
                    f"what would run has the hash {prospect.hash}, and {self.hash} was approved; it was not run",
                    "the program, an input, the model or its prices are others than those that `check` printed the hash for",
                )
        elif self.is_asked and prospect.bound.calls != 0:
            assert self.pause is not None
            with self.pause():
                _ask(prospect, self.json)


def _ask(prospect: Prospect, json: bool) -> None:
    is_terminal = sys.stdin.isatty()
    if is_terminal or not json:
        screen.say(pretty(prospect.bounded.typed.program), "source")
        screen.say(figures.shown([prospect], [""]) + f"\nhash {prospect.hash}\n")
    if not is_terminal:
        raise UsageProblem(
            "--approve asks at a terminal, and standard input is none; the program was not run",
            f"to run exactly this: --approved {prospect.hash}",
        )
    with exits.heeding_interruptions():
        screen.write([("Run it? [y/N] ", "note")])
        reply = _line()
    if reply.strip().lower() not in ("y", "yes"):
        raise Declined


def _line() -> str:
    """A line from the terminal, waited for in turns: a Ctrl-C just before reading would be noted, and reading would go on."""
    with suppress(OSError, ValueError):  # what cannot be waited for is read at once
        while not select.select([sys.stdin], [], [], _TURN)[0]:
            pass
    return sys.stdin.readline()
