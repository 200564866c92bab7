"""The first contact with the servers of a run's models: what would fail is found before inputs are read and anything is paid.

Owns `FirstContact`. Names, keys and the policy are looked at when it begins; the servers are asked meanwhile in a thread of its
own, at no cost, each once a day for a key and a model, with the headers, key and authorities of the model. Promises that only
what is certain to fail ends the run (`inquiry`), and that a run which was told all about its server before waits for nothing. A
window that was found is in the profile of the model from then on (`known_servers`). Models that are given as objects, local
ones, and those of installed packages have no contact.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from threading import Lock, Thread
from time import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.connect import default_model, name_at_server, refuse_unknown_name, served_model
from lambda_rlm.llm.failures import UNREACHABLE, failure
from lambda_rlm.llm.profiles import DEFAULT_WINDOW, is_known
from lambda_rlm.llm.providers.contact.inquiry import SECONDS, Manner, inquire, inquire_model, inquire_presence
from lambda_rlm.llm.providers.contact.known_servers import DAY, is_met, meet, served_by
from lambda_rlm.llm.providers.contact.served import window_of
from lambda_rlm.llm.providers.exchange import NoAuthorities
from lambda_rlm.llm.providers.forms.vendors import vendor_of
from lambda_rlm.llm.providers.servers import Recipient, host_of, plain, provider_of, recipients_of
from lambda_rlm.llm.wrappers.model_headers import AUTHORIZATION, names_only
from lambda_rlm.llm.wrappers.model_options import UNSAID, ModelOptions
from lambda_rlm.policy.gates import allow_model, allow_server

if TYPE_CHECKING:
    from lambda_rlm.llm.providers.contact.keys import Access

_AGAIN_AFTER: Final = 600.0
"""Seconds after which a server is asked again that did not answer in time."""

_NO_SERVER: Final = ("scripted:", "recorded:", "sim:")
_PLUG_IN: Final = late_pattern(r"[a-z][a-z0-9_-]*:")
_ASKS: Final = late_pattern(r"(?m)^[^#\n]*\b(?:llm_\w+|rlm_call)\b")
"""A line of a program that asks a model, outside of its comments."""

_GRACE: Final = 0.1
_UNNAMED: Final = ""

_UNDER_WAY: Final[dict[tuple[object, ...], _Greeting]] = {}
"""What servers are being asked in this process: who wants to know the same waits for the same answer."""
_LOCK: Final = Lock()


class _Greeting:
    """One question to a server, in a thread of its own, which ends a moment after `SECONDS` at the latest."""

    def __init__(self, key: tuple[object, ...], question: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.failure: ModelFailure | None = None
        self._key, self._question = key, question
        self.thread = Thread(target=self._ask, name="first contact", daemon=True)
        self.thread.start()

    def _ask(self) -> None:
        async def in_time() -> None:
            await asyncio.wait_for(self._question(), SECONDS + _GRACE)

        try:
            asyncio.run(in_time())
        except ModelFailure as failed:
            self.failure = failed
        except Exception:  # noqa: BLE001 - whatever goes wrong here, the first call tells it better
            return
        finally:
            with _LOCK:
                _UNDER_WAY.pop(self._key, None)


def may_ask(program: str) -> bool:
    """Whether the text of a program asks a model, as far as can be told before it is read."""
    return _ASKS.search(program) is not None


def _greeted(key: tuple[object, ...], question: Callable[[], Coroutine[Any, Any, None]]) -> _Greeting:
    """The question that is under way, or one that begins."""
    with _LOCK:
        found = _UNDER_WAY.get(key)
        if found is None:
            found = _UNDER_WAY[key] = _Greeting(key, question)
        return found


class _Asked(NamedTuple):
    """How the server of one model is asked: with which key of its own (None: the provider's), and in which manner."""

    key: str | None
    manner: Manner

    @property
    def has_own_key(self) -> bool:
        return bool(self.manner.keys)

    def who(self, key: str | None) -> str | None:
        """All that a server may tell who asks by."""
        more = [f"{name}: {value}" for name, value in self.manner.more.items()]
        return "\n".join([key or "", self.manner.authorities or "", *more]) if more or self.manner.authorities else key


@dataclass(frozen=True, slots=True)
class Met:
    """What came of a contact: the name of the model that answers (None: the default one, or one that was given), and what a
    person should know."""

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
        names = [name for name in models if name is None or isinstance(name, str)]
        self._is_asked = models[0] is None or isinstance(models[0], str)
        self._greetings = self._of_providers(names) if base_url is None else self._of_server(names, base_url)

    @property
    def is_over(self) -> bool:
        """Whether `met` waits for nothing."""
        return not any(greeting.thread.is_alive() for greeting in self._greetings)

    def watching(self, watch: Callable[[], object] | None) -> Callable[[], None]:
        """What is called while inputs are read: `watch`, and `look`."""

        def both() -> None:
            if watch is not None:
                watch()
            self.look()

        return both

    def wait(self, seconds: float) -> None:
        """Wait until it is over, for each server at most so long."""
        for greeting in self._greetings:
            greeting.thread.join(seconds)

    def look(self) -> None:
        """Raises `ModelFailure` where a server has already said what ends the run; waits for nothing."""
        for greeting in self._greetings:
            if greeting.failure is not None:
                failed = greeting.failure  # several may wait for one answer: each raises one of its own
                raise failure(failed.code, failed.message, is_final=not failed.is_retryable)

    def met(self) -> Met:
        """What came of it; waits for the servers, at most two seconds. Raises `ModelFailure`."""
        self.wait(SECONDS + 2 * _GRACE)
        self.look()
        if self._base_url is None or not self._is_asked:
            return Met(self._model)
        if self._model is not None:
            return Met(self._model, self._notes(self._model, self._base_url))
        name = served_model(self._base_url, self._environ)
        said = f"{plain(self._base_url)} serves {name.removeprefix('openai/')}, which answers"
        return Met(name, (said, *self._notes(name, self._base_url)))

    def _of_providers(self, names: Sequence[str | None]) -> list[_Greeting]:
        """What the providers of models are asked; raises for what needs no question."""
        from lambda_rlm.llm.providers.contact.keys import ACCESS, key_of, refuse_for_litellm, refuse_unusable

        greetings: list[_Greeting] = []
        for name in dict.fromkeys(name or default_model(self._environ) for name in names):
            where = recipients_of(name, None, self._environ)
            for one in where:
                allow_model(name, one.host, one.provider)
            if where == (Recipient(),) or name == "local" or _PLUG_IN.match(name):
                continue
            refuse_unknown_name(name)
            access = ACCESS.get(provider_of(name))
            asked = self._asked(name, None, None if access is None else access.header)
            refuse_unusable(name, self._environ, has_own_key=asked.has_own_key)
            if vendor_of(name, None, self._environ) is None:
                refuse_for_litellm(name, asked.manner.more, asked.manner.authorities)
            key = asked.key or key_of(provider_of(name), self._environ)
            question: Callable[[], Coroutine[Any, Any, None]]
            if any(one.host for one in where):
                if (vendor := vendor_of(name, None, self._environ)) is None:
                    continue  # a server that a variable names is asked by the provider's own client alone
                base, question = vendor.base_url, partial(_ask_presence, vendor.base_url, key, name, asked)
            elif access is not None and access.base is not None:
                base, question = access.base, partial(_ask_provider, access, access.base, key, name, asked)
            else:
                continue
            if not is_met(base, asked.who(key), (name,)):
                greetings.append(_greeted((base, asked.who(key), name), question))
        return greetings

    def _of_server(self, names: Sequence[str | None], base_url: str) -> list[_Greeting]:
        """What a server at a URL is asked."""
        greetings: list[_Greeting] = []
        for name in dict.fromkeys(names):
            if name is not None and name.startswith(_NO_SERVER):
                continue
            if name is None:
                allow_server(host_of(base_url))
                name = self._environ.get("LAMBDA_RLM_MODEL")
            if name is not None:
                for one in recipients_of(name, base_url, self._environ):
                    allow_model(name, one.host, one.provider)
            wanted = None if name is None else name_at_server(name)
            if name is not None and wanted is None:
                continue
            asked = self._asked(name, base_url)
            key = asked.key or self._environ.get("OPENAI_API_KEY")
            if not is_met(base_url, asked.who(key), (wanted or "",)):
                question = partial(_ask_server, base_url, key, name or _UNNAMED, wanted, asked)
                greetings.append(_greeted((base_url, asked.who(key), wanted), question))
        return greetings

    def _asked(self, name: str | None, base_url: str | None, header: str | None = None) -> _Asked:
        """How the server of a model is asked; `header` is its provider's own for keys. Raises `ModelFailure` for a variable or
        a file that is missing."""
        from lambda_rlm.llm.providers.trust import tls_context

        options = self._described.get(name or default_model(self._environ), UNSAID)
        key = options.key(name or "the model", self._environ)
        if options.ca_bundle is not None:
            try:
                tls_context(options.ca_bundle)
            except NoAuthorities as error:
                raise failure(UNREACHABLE, str(error), is_final=True) from None
        own = next((each for each in names_only(options.headers) if each.lower() in (AUTHORIZATION, header)), None)
        where = options.api_key_env or (None if own is None else f"the header {own}") or ""
        return _Asked(key, Manner(None, options.sent_headers(), options.ca_bundle, where))

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


async def _ask_provider(access: Access, base: str, key: str | None, name: str, asked: _Asked) -> None:
    await inquire_model(access, key, name, name.partition("/")[2] or name, asked.manner)
    meet(base, asked.who(key), (name,), None)


async def _ask_presence(base: str, key: str | None, name: str, asked: _Asked) -> None:
    """A server that a variable names may be any gateway: it is not asked about keys and models."""
    await inquire_presence(base, key, name, asked.manner)
    meet(base, asked.who(key), (name,), None)


async def _ask_server(base_url: str, key: str | None, name: str, wanted: str | None, asked: _Asked) -> None:
    who = asked.who(key)
    try:
        served = await asyncio.wait_for(inquire(base_url, key, name, wanted, asked.manner), SECONDS)
    except TimeoutError:
        meet(base_url, who, (wanted or "",), None, time() - DAY + _AGAIN_AFTER)
        return
    meet(base_url, who, (wanted or "",), served)
