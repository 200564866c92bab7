"""How a command begins that comes to an answer: its settings, its time, and the first contact with the servers of its models.

Owns `Beginning` and when there is a contact: for `ask`, and for `run` where the program asks a model. Where replies of earlier
runs count (`--cache`), a run may need no server, and where a person approves what is sent, no key goes to one before: only a
model that is not named yet is asked for then. Imports little: the reply of a server that is near comes before all that answers
is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.data_class import dataclass
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.first_contact import FirstContact, may_ask
from lambda_rlm.inputs import Inputs
from lambda_rlm.inputs.files import STANDARD_INPUT, program_from_standard_input, program_text
from lambda_rlm.plan.strategy_file import is_path

_AT_ONCE: Final = 0.1
"""Seconds in which a server near by, or none, answers."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A command that has begun: its settings, its time, and its contact (None where none is needed)."""

    chosen: Settings
    deadline: Deadline
    contact: FirstContact | None

    def watch(self) -> Callable[[], object]:
        """What is called while inputs are read."""
        return self.deadline.look if self.contact is None else self.contact.watching(self.deadline.look)

    def over(self, chosen: Settings, inputs: Inputs) -> tuple[Settings, Inputs]:
        """The settings with the model that was found, and the inputs with what a person should know of it. Raises
        `ModelFailure`."""
        if self.contact is None:
            return chosen, inputs
        met = self.contact.met()
        return replace(chosen, model=met.model or chosen.model), replace(inputs, notes=(*inputs.notes, *met.notes))


def question(query: str, example: str = 'lambda-rlm ask "Who did it?" book.txt') -> str:
    """The question of a person; raises `UsageProblem` for one that is empty."""
    if not query.strip():
        raise UsageProblem("the question is empty", example)
    return query


def begin_ask(options: Mapping[str, Any], approved: str | None) -> Beginning:
    """`ask` begins. Raises `SettingProblem`, `ModelFailure` and `PolicyViolation`, and for a strategy of one's own what
    `own_strategy` does."""
    chosen = settings(options)
    if chosen.task is not None and is_path(chosen.task):
        from lambda_rlm.answering.own_strategy import own_strategy

        own_strategy(chosen.task)  # what is wrong with it is reported before anything is read, written or asked
    return _begun(chosen, Deadline(chosen.max_seconds), approved)


def begin_run(program: str, options: Mapping[str, Any], approved: str | None) -> tuple[SourceFile, Beginning]:
    """`run` begins: its program as well. Raises as `begin_ask`, and `InputProblem`."""
    chosen = settings(options)
    deadline = Deadline(chosen.max_seconds)
    source = program_file(program, deadline.look)
    return source, _begun(chosen, deadline, approved, source)


def program_file(path: str, watch: Callable[[], object] | None = None) -> SourceFile:
    """The program in a file, or on standard input for `-`, watched while nothing comes; raises `InputProblem`."""
    return (
        SourceFile("standard input", program_from_standard_input(watch))
        if path in STANDARD_INPUT
        else SourceFile(path, program_text(Path(path), watch))
    )


def _begun(chosen: Settings, deadline: Deadline, approved: str | None, program: SourceFile | None = None) -> Beginning:
    is_unnamed = chosen.base_url is not None and chosen.model is None
    waits = bool(chosen.cache or chosen.approve or approved is not None)
    if not ((is_unnamed or not waits) and (program is None or may_ask(program.text))):
        return Beginning(chosen, deadline, None)
    models = (chosen.model, *filter(None, [chosen.root_model]))
    contact = FirstContact(models, chosen.base_url, chosen.described())
    contact.wait(_AT_ONCE)
    contact.look()
    return Beginning(chosen, deadline, contact)
