"""The first contact of a command with the servers of its models, while inputs are read.

Owns when there is one: for `ask`, and for `run` where the program asks a model. Where replies of earlier runs count
(`--cache`), a run may need no server, and where a person approves what is sent, no key goes to one before: only a model that is
not named yet is asked for then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lambda_rlm.cli.settings import Settings
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.first_contact import FirstContact, may_ask
from lambda_rlm.inputs import Inputs


class CommandContact:
    """The contact of one command; none where none is needed. Raises `ModelFailure` and `PolicyViolation`, as `FirstContact`
    does."""

    def __init__(self, chosen: Settings, approved: str | None, program: SourceFile | None = None) -> None:
        is_unnamed = chosen.base_url is not None and chosen.model is None
        waits = bool(chosen.cache or chosen.approve or approved is not None)
        is_needed = (is_unnamed or not waits) and (program is None or may_ask(program.text))
        models = (chosen.model, *filter(None, [chosen.root_model]))
        self._contact = FirstContact(models, chosen.base_url, chosen.described()) if is_needed else None

    def watching(self, watch: Callable[[], object]) -> Callable[[], object]:
        """What is called while inputs are read."""
        return watch if self._contact is None else self._contact.watching(watch)

    def over(self, chosen: Settings, inputs: Inputs) -> tuple[Settings, Inputs]:
        """The settings with the model that was found, and the inputs with what a person should know of it. Raises
        `ModelFailure`."""
        if self._contact is None:
            return chosen, inputs
        met = self._contact.met()
        return replace(chosen, model=met.model or chosen.model), replace(inputs, notes=(*inputs.notes, *met.notes))
