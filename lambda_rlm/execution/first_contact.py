"""The first contact with the servers of a run's models: what would fail is found before inputs are read and anything is paid.

Owns `FirstContact`. Names, keys and the policy are looked at when it begins; the servers are asked meanwhile in a thread of its
own, at no cost, each once a day for a key and a model. Promises that only what is certain to fail ends the run (`inquiry`), and
that a run which was told all about its server before waits for nothing. A window that was found is in the profile of the model
from then on (`known_servers`). Models that are given as objects, local ones, and those of installed packages have no contact.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Thread
from time import time
from typing import Any, Final

from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import default_model, name_at_server, refuse_unknown_name, served_model
from lambda_rlm.llm.profiles import DEFAULT_WINDOW, is_known
from lambda_rlm.llm.providers.contact.inquiry import SECONDS, inquire, inquire_model
from lambda_rlm.llm.providers.contact.keys import ACCESS, Access, key_of, refuse_unusable
from lambda_rlm.llm.providers.contact.known_servers import DAY, is_met, meet, served_by
from lambda_rlm.llm.providers.contact.served import window_of
from lambda_rlm.llm.providers.servers import Recipient, host_of, plain, provider_of, recipients_of
from lambda_rlm.llm.wrappers.model_options import UNSAID, ModelOptions
from lambda_rlm.policy.gates import allow_model, allow_server

_AGAIN_AFTER: Final = 600.0
"""Seconds after which a server is asked again that did not answer in time."""

_PLUG_IN: Final = re.compile(r"[a-z][a-z0-9_-]*:")
_UNNAMED: Final = "the model"

Question = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Met:
    """What came of a contact: the name of the model that answers (None: the default one, or one that was given), and what a person
    should know."""

    model: str | None
    notes: tuple[str, ...] = ()


class FirstContact:
    """Contact with the servers of the models that a run asks, which begins here. Raises `ModelFailure` for a name or key that
    cannot work, and `PolicyViolation`."""

    def __init__(
        self,
        models: Sequence[str | Model | None],
        base_url: str | None = None,
        described: Mapping[str, ModelOptions] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._model = models[0] if isinstance(models[0], str) else None
        self._base_url = base_url
        self._described = described or {}
        self._environ = environ
        self._failure: ModelFailure | None = None
        self._thread: Thread | None = None
        names = [name for name in models if name is None or isinstance(name, str)]
        self._is_asked = models[0] is None or isinstance(models[0], str)
        questions = self._of_providers(names) if base_url is None else self._of_server(names, base_url)
        if questions:
            self._thread = Thread(target=self._asked, args=(questions,), name="first contact", daemon=True)
            self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether `met` waits for nothing."""
        return self._thread is None or not self._thread.is_alive()

    def watching(self, watch: Callable[[], object] | None) -> Callable[[], None]:
        """What is called while inputs are read: `watch`, and `look`."""

        def both() -> None:
            if watch is not None:
                watch()
            self.look()

        return both

    def look(self) -> None:
        """Raises `ModelFailure` where a server has already said what ends the run; waits for nothing."""
        if self._failure is not None:
            raise self._failure

    def met(self) -> Met:
        """What came of it; waits for the servers, at most two seconds. Raises `ModelFailure`."""
        if self._thread is not None:
            self._thread.join(SECONDS + 1)
        self.look()
        if self._base_url is None or not self._is_asked:
            return Met(self._model)
        if self._model is not None:
            return Met(self._model, self._notes(self._model, self._base_url))
        name = served_model(self._base_url, self._environ)
        said = f"{plain(self._base_url)} serves {name.removeprefix('openai/')}, which answers"
        return Met(name, (said, *self._notes(name, self._base_url)))

    def _of_providers(self, names: Sequence[str | None]) -> list[Question]:
        """What the providers of models are asked; raises for what needs no question."""
        questions: list[Question] = []
        for name in dict.fromkeys(name or default_model(self._environ) for name in names):
            where = recipients_of(name, None, self._environ)
            for one in where:
                allow_model(name, one.host, one.provider)
            if where == (Recipient(),) or name == "local" or _PLUG_IN.match(name):
                continue
            refuse_unknown_name(name)
            refuse_unusable(name, self._environ)
            provider = provider_of(name)
            access, key = ACCESS.get(provider), key_of(provider, self._environ)
            if access is None or key is None or access.base is None or any(one.host for one in where):
                continue  # a server that a variable names is asked by the provider's own client alone
            if not is_met(access.base, key, (name,)):
                bare = name.partition("/")[2] or name
                questions.append(partial(self._provider, access, access.base, key, name, bare))
        return questions

    def _of_server(self, names: Sequence[str | None], base_url: str) -> list[Question]:
        """What a server at a URL is asked."""
        questions: list[Question] = []
        for name in dict.fromkeys(names):
            if name is None:
                allow_server(host_of(base_url))
                name = self._environ.get("LAMBDA_RLM_MODEL")
            if name is not None:
                for one in recipients_of(name, base_url, self._environ):
                    allow_model(name, one.host, one.provider)
            wanted = None if name is None else name_at_server(name)
            if name is not None and wanted is None:
                continue
            key = self._environ.get("OPENAI_API_KEY")
            if not is_met(base_url, key, (wanted or "",)):
                questions.append(partial(self._server, base_url, key, name or _UNNAMED, wanted))
        return questions

    async def _provider(self, access: Access, base: str, key: str, name: str, bare: str) -> None:
        await inquire_model(access, key, name, bare)
        meet(base, key, (name,), None)

    async def _server(self, base_url: str, key: str | None, name: str, wanted: str | None) -> None:
        try:
            served = await asyncio.wait_for(inquire(base_url, key, name, wanted), SECONDS)
        except TimeoutError:
            meet(base_url, key, (wanted or "",), None, time() - DAY + _AGAIN_AFTER)
            return
        meet(base_url, key, (wanted or "",), served)

    def _asked(self, questions: Sequence[Question]) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*(asyncio.wait_for(question(), SECONDS + 0.1) for question in questions))

        try:
            asyncio.run(all_of_them())
        except ModelFailure as failed:
            self._failure = failed
        except Exception:  # noqa: BLE001 - whatever goes wrong here, the first call tells it better
            return

    def _notes(self, name: str, base_url: str) -> tuple[str, ...]:
        """What a person should know of the window that is assumed."""
        wanted, served = name_at_server(name), served_by(base_url)
        if self._described.get(name, UNSAID).window is not None or wanted is None:
            return ()
        window = None if served is None else window_of(served, wanted, DEFAULT_WINDOW)
        if window is None:
            if is_known(name):
                return ()
            return (f"the context window of {wanted} is unknown: assuming {DEFAULT_WINDOW:,} tokens (set --window)",)
        model = None if served is None else served.find(wanted)
        if model is not None and model.window is not None and model.most is not None and model.window < model.most:
            cut = f"the server runs {wanted} with a context window of {model.window:,} tokens; the model has {model.most:,}"
            return (cut,)
        return ()
