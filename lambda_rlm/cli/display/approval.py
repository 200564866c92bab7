"""Asking a person before money is spent.

Owns `Approval`, which receives the worst-case cost of a run before its first call. Promises that no model is asked unless a
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
                    f"the program was not run: its hash is {prospect.hash}, but {self.hash} was approved",
                    "the program, an input, the model or its prices have changed since `check` printed the hash",
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
            "--approve needs a terminal, and standard input is not one; the program was not run",
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
