"""The first contact of a host's session with the servers of its models, while inputs are read.

Owns `begun`, `watching` and `met`. Where replies of earlier runs count (`cache`), a run may need no server, and only a model
that is not named yet is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import anyio.to_thread

from lambda_rlm.api.described_models import described
from lambda_rlm.completion import Model
from lambda_rlm.execution.first_contact import FirstContact as FirstContact
from lambda_rlm.settings.keys import Tables
from lambda_rlm.settings.settings import Settings

if TYPE_CHECKING:
    from lambda_rlm.journal.request import RunRequest


class _Asking(Protocol):
    """The settings of a session, as far as its models are told by them."""

    @property
    def model(self) -> str | Model | None: ...

    @property
    def root_model(self) -> str | Model | None: ...

    @property
    def base_url(self) -> str | None: ...

    @property
    def cache(self) -> bool | str | Path | None: ...

    @property
    def unsaid(self) -> Settings: ...

    @property
    def model_options(self) -> Tables | None: ...


def begun(asking: _Asking) -> FirstContact | None:
    """The contact of a session; None where none is needed. Raises `ModelFailure` and `PolicyViolation`."""
    is_unnamed = asking.base_url is not None and asking.model is None
    models = (asking.model, *([] if asking.root_model is None else [asking.root_model]))
    said = described(asking.unsaid, asking.model, asking.model_options)
    return FirstContact(models, asking.base_url, said) if is_unnamed or not asking.cache else None


def watching(contact: FirstContact | None, watch: Callable[[], object] | None) -> Callable[[], object] | None:
    """What is called while inputs are read."""
    return watch if contact is None else contact.watching(watch)


async def met(contact: FirstContact | None, request: RunRequest) -> tuple[str | None, RunRequest, tuple[str, ...]]:
    """The name of the model that was found (None: none was looked for), the request with what a person should know of it, and
    that alone. Raises `ModelFailure`."""
    if contact is None:
        return None, request, ()
    found = contact.met() if contact.is_over else await anyio.to_thread.run_sync(contact.met, abandon_on_cancel=True)
    inputs = request.question.inputs
    question = replace(request.question, inputs=replace(inputs, notes=(*inputs.notes, *found.notes)))
    return found.model, replace(request, question=question) if found.notes else request, tuple(found.notes)
