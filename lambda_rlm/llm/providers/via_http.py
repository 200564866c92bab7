"""The lean door: servers whose form is known here, asked over one pool of connections for each event loop.

Owns the exchange with a server that is named by its URL or is one of `vendors`; litellm is not needed for it, and not
loaded. Promises what the vendor door promises: every exception is a `ModelFailure`, usage is the server's or the reply is
none, an error, an empty reply or what is no text is never a text. Follows no redirect, so that a key goes to the named
server alone; reads no reply far beyond what it may have asked for. Refuses to guess: a server that turned a JSON Schema or a
grammar down is not asked with one again (`constraints`).
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile
from lambda_rlm.diagnostics.blot import blotted
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.failures import CONNECTION_LOST, KEY_REFUSED, MALFORMED_BODY, TIMED_OUT, UNREACHABLE, failure
from lambda_rlm.llm.profiles import provider_profile, with_dialect
from lambda_rlm.llm.providers.constraints import ReplyForm, error_in, known_of, manner, told_in
from lambda_rlm.llm.providers.dialects import Dialect
from lambda_rlm.llm.providers.exchange import (
    Answer,
    Carrier,
    Garbled,
    Lost,
    NoAddress,
    NoAuthorities,
    NotConnected,
    Unreachable,
    UnreadableResponse,
    Unsendable,
    Untrusted,
    destination,
    most_bytes,
    without_user,
)
from lambda_rlm.llm.providers.forms.event_stream import NotAnEvent, is_event_stream
from lambda_rlm.llm.providers.forms.streamed_reply import BrokenOff, CutOff, StreamedReply
from lambda_rlm.llm.providers.forms.wire import CHAT, Wire
from lambda_rlm.llm.providers.servers import provider_of
from lambda_rlm.llm.providers.sockets import Sockets
from lambda_rlm.llm.providers.thinking import asked_of_server, asked_thought
from lambda_rlm.llm.providers.trust import tls_context
from lambda_rlm.llm.providers.vendor_errors import broken_off, refuses_stream, turned_down, untrusted
from lambda_rlm.llm.providers.via_proxy import carrier
from lambda_rlm.llm.tokens import count, vocabulary
from lambda_rlm.llm.wrappers.model_headers import AUTHORIZATION
from lambda_rlm.llm.wrappers.model_options import UNSAID, ModelOptions, sampled

SERVED: Final = ("openai/", "hosted_vllm/")
"""How names begin of models that are asked in the OpenAI form; the server is asked for the rest."""
_NAMED: Final = (*SERVED, "anthropic/", "gemini/")
_NO_KEY_NEEDED: Final = "none"
_OPENAI: Final = late_pattern(r"https://(?:[^/@]*@)?(?:api\.openai\.com|[\w-]+\.openai\.azure\.com)(?:[:/?]|$)")
"""The servers that refuse `max_tokens` for models that think, and know `max_completion_tokens`, which others may ignore."""


def serves(name: str) -> bool:
    """Whether a model's name at a URL needs nothing but the OpenAI form."""
    return "/" not in name or name.startswith(SERVED)


class HttpModel:
    """A `Model` behind a URL that speaks a form (`wire`). `timeout` is for one attempt, in seconds; `sockets` are the
    connections that it shares with others (None: with nobody). `keys` are the variables that hold its key, where none is
    given; with `needs_key`, it is not asked without one. Of `options` count how the server is asked: temperature, headers, key
    and authorities."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout: float = 120.0,
        profile: ModelProfile | None = None,
        dialect: Dialect | None = None,
        thinking: int | None = None,
        sockets: Sockets | None = None,
        wire: Wire = CHAT,
        keys: tuple[str, ...] = ("OPENAI_API_KEY",),
        needs_key: bool = False,
        options: ModelOptions = UNSAID,
    ) -> None:
        self._name, self._options = name, options
        self._headers = options.sent_headers()
        self._wire, self._keys, self._needs_key = wire, keys, needs_key
        self._thinking, self._dialect, self._sockets = thinking, dialect, sockets
        self._model = next((name.removeprefix(prefix) for prefix in _NAMED if name.startswith(prefix)), name)
        self._opening = b'{"model": %b, "messages": [' % _written(self._model)
        self._base_url = base_url.rstrip("/")
        self._is_openai = _OPENAI.match(base_url) is not None
        self._api_key = api_key
        self._timeout = timeout
        self._profile = with_dialect(profile or provider_profile(name, base_url=base_url), dialect)
        at: Literal["openai", "server"] = "openai" if self._is_openai else "server"
        self._constraints = known_of(name, self._base_url, dialect, options.headers or (), at=at)
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[Carrier]] = WeakKeyDictionary()
        self._carriers: WeakKeyDictionary[asyncio.AbstractEventLoop, Carrier] = WeakKeyDictionary()

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return count(messages, self._profile, vocabulary(self._name) if self._needs_key else None)

    @property
    def counts_by_vocabulary(self) -> bool:
        """`count_tokens` loads a vocabulary."""
        return True

    async def complete(self, request: CompletionRequest) -> Completion:
        self._refuse_without_key()
        form = self._constraints.form(request)
        parameters = self._parameters(request)
        streamed = self._streamed(request, form)
        answer = self._whole(await self._ask(request, form, parameters, streamed), streamed)
        limit = request.max_tokens + self._profile.thought(request.max_tokens)
        try:
            completion = self._wire.completion(answer, limit, self._name, self._profile, form.unwrap, self._key())
        except ModelFailure as failed:
            if told := error_in(answer.body):
                raise self._constraints.judged(failed, answer.status, told, form, parameters, self._options.chosen) from None
            raise
        return replace(completion, unconstrained=form.unconstrained) if form.unconstrained else completion

    async def aclose(self) -> None:
        """Close the connections of this event loop. A loop that ends closes its own."""
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None:
            await pool.aclose()

    async def _carrier(self) -> Carrier:
        """The pool of connections of this event loop. Raises `Unsendable` and `Unreachable`."""
        loop = asyncio.get_running_loop()
        open_carrier = self._carriers.get(loop)
        if open_carrier is None:
            pool = self._pools[loop] = self._pool()
            open_carrier = self._carriers[loop] = await anext(pool)
        return open_carrier

    async def _pool(self) -> AsyncGenerator[Carrier]:
        """A generator, since an event loop that ends closes the generators that were begun in it."""
        options, to = self._options, destination(self._base_url, self._key(), self._wire)
        if options.ca_bundle is not None:
            tls_context(options.ca_bundle)  # told before anything is sent, also to a server that needs none
        if self._has_own_key and self._key() == _NO_KEY_NEEDED:
            to = replace(to, keyed={name: value for name, value in to.keyed.items() if value != _NO_KEY_NEEDED})
        to = replace(to, more=self._headers, authorities=options.ca_bundle)
        opened = carrier(to, self._timeout, self._sockets)
        try:
            yield opened
        finally:
            loop = asyncio.get_running_loop()  # which what it carries holds on to
            self._carriers.pop(loop, None)
            self._pools.pop(loop, None)
            await opened.aclose()

    def _streamed(self, request: CompletionRequest, form: ReplyForm) -> StreamedReply | None:
        """What reads the reply while it comes; None where nobody listens, and for a reply in a form, which is no text to
        show."""
        if request.on_text is None or form.kind != "free" or not self._constraints.takes_stream:
            return None
        return StreamedReply(self._wire.gathered(), request.on_text, self._key())

    def _whole(self, answer: Answer, streamed: StreamedReply | None) -> Answer:
        """The answer with the whole reply as its body where that was streamed, asked for or not."""
        if not is_event_stream(answer.headers, b"" if streamed is None else answer.body):
            return answer
        if streamed is None:
            streamed = StreamedReply(self._wire.gathered(), lambda piece: None, self._key())
        if not streamed.was_fed:
            streamed.feed(answer.body)
        try:
            return replace(answer, body=streamed.body())
        except BrokenOff as broken:
            raise broken_off(broken.error, self._name, self._key()) from None
        except CutOff as cut:
            message = f"{self._name}: the connection was lost ({cut})"
            raise failure(CONNECTION_LOST, message, is_billable=True) from None
        except NotAnEvent as error:
            raise failure(MALFORMED_BODY, f"{self._name}: malformed response: {error}") from None

    async def _ask(
        self, request: CompletionRequest, form: ReplyForm, parameters: Mapping[str, Any], streamed: StreamedReply | None
    ) -> Answer:
        """The server's reply; its error is a `ModelFailure`, a `ConstraintRefused` where the form may be the reason."""
        fields = {**parameters, **form.fields, **({} if streamed is None else self._wire.stream_fields())}
        answer = await self._post(request, fields, None if streamed is None else streamed.feed)
        if answer.status == 200:
            return answer
        failed = turned_down(answer.status, answer.body, answer.headers, self._name, self._key())
        if streamed is not None and refuses_stream(answer.status, answer.body):
            raise self._constraints.refused_stream(failed)
        raise self._constraints.judged(failed, answer.status, told_in(answer.body), form, parameters, self._options.chosen)

    async def _post(
        self, request: CompletionRequest, fields: Mapping[str, Any], on_events: Callable[[bytes], None] | None
    ) -> Answer:
        """The server's answer, whatever it is; `fields` are what is sent beside the messages."""
        body = self._body(request, fields)
        most = most_bytes(request.max_tokens + self._profile.thought(request.max_tokens))
        try:
            return await (await self._carrier()).post(body, most, on_events)
        except TimeoutError as error:
            is_billable = not isinstance(error, NotConnected)
            message = f"{self._name}: no reply within {self._timeout:g} seconds"
            raise failure(TIMED_OUT, message, is_billable=is_billable) from None
        except Unsendable as error:
            raise failure(KEY_REFUSED, f"{self._name}: request not sent: {error}") from None
        except Garbled as error:
            raise failure(UNREACHABLE, f"{self._name}: request not sent: {error}", is_final=True) from None
        except NoAuthorities as error:
            raise failure(UNREACHABLE, f"{self._name}: {error}", is_final=True) from None
        except Untrusted as error:
            raise untrusted(self._name, self._base_url, self._blotted(error)) from None
        except Unreachable as error:
            is_final = isinstance(error, NoAddress)
            where = f"cannot connect to {without_user(self._base_url)}; check the URL and that the server is running"
            raise failure(UNREACHABLE, f"{self._name}: {where} ({self._blotted(error)})", is_final=is_final) from None
        except Lost as error:
            message = f"{self._name}: the connection was lost ({self._blotted(error)})"
            raise failure(CONNECTION_LOST, message, is_billable=error.was_sent) from None
        except UnreadableResponse as error:
            raise failure(MALFORMED_BODY, f"{self._name}: malformed response: {error}") from None

    def _blotted(self, error: Exception) -> str:
        return blotted(str(error), self._key())

    def _key(self) -> str:
        own = self._api_key or self._options.key(self._name)
        return own or next((value for name in self._keys if (value := os.environ.get(name))), _NO_KEY_NEEDED)

    @property
    def _has_own_key(self) -> bool:
        """Whether a header of the user is the key."""
        keyed = {name.lower() for name, value in self._wire.headers(_NO_KEY_NEEDED).items() if _NO_KEY_NEEDED in value}
        return any(name.lower() in (AUTHORIZATION, *keyed) for name in self._headers)

    def _refuse_without_key(self) -> None:
        has_own = self._has_own_key or "@" in self._base_url
        if self._needs_key and not has_own and self._key() == _NO_KEY_NEEDED:
            keys = " or ".join(self._keys)
            raise failure(
                KEY_REFUSED, f"{self._name} needs an API key: set {keys}, or use local/NAME ({provider_of(self._name)})"
            )

    def _asked_thought(self, thought: int) -> dict[str, Any]:
        """The fields that say how much to think; none where nothing is known of what the server takes."""
        own = self._wire.thought(self._model, thought, is_asked=self._thinking is not None)
        if own is not None:
            return own
        if not self._is_openai:
            return asked_of_server(self._model, self._thinking, self._dialect)
        return asked_thought(self._model, thought) if self._profile.reasoning_tokens or self._thinking is not None else {}

    def _body(self, request: CompletionRequest, fields: Mapping[str, Any]) -> bytes:
        """The request's JSON. Each text is written by itself: plain ones, which long ones often are, take half the time."""
        parts = [self._opening]
        turns, more = self._wire.messages(request.messages)
        for message in turns:
            parts += (b"{" if len(parts) == 1 else b", {", _ROLES[message.role], _written(message.content), b"}")
        chosen = {name: fields[name] for name in self._options.chosen if name in fields}
        fields = {**self._wire.fields(self._model, {**fields, **more}), **chosen}
        parts.append(b"], " + json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")[1:])
        return b"".join(parts)

    def _parameters(self, request: CompletionRequest) -> dict[str, Any]:
        """How the reply is drawn, how long it may be and how much thought comes before it, as the server takes it."""
        thought = self._profile.thought(request.max_tokens)
        sampling = sampled(request.sampling, self._options.temperature)
        wanted = manner(request.max_tokens + thought, sampling) | self._asked_thought(thought)
        return self._constraints.parameters(wanted, self._options.chosen if sampling is not request.sampling else ())


_ROLES: Final = {role: f'"role": "{role}", "content": '.encode() for role in ("system", "user", "assistant")}


def _written(text: str) -> bytes:
    """A text in JSON; characters that are none are replaced."""
    if text.isascii():
        return json.dumps(text).encode("ascii")
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")
