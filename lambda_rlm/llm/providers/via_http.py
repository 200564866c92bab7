"""The lean door: OpenAI-compatible servers, asked over one pool of connections for each event loop.

Owns the exchange with a server that is named by its URL; litellm is not needed for it, and not loaded. Promises what the vendor
door promises: every exception is a `ModelFailure`, usage is the server's or the reply is none, an error, an empty reply or what
is no text is never a text. Follows no redirect, so that a key goes to the named server alone; reads no reply far beyond what it
may have asked for. Refuses to guess: a server that turned a JSON Schema or a grammar down is not asked with one again
(`constraints`).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Sampling
from lambda_rlm.diagnostics.blot import blotted
from lambda_rlm.llm.failures import CONNECTION_LOST, KEY_REFUSED, MALFORMED_BODY, TIMED_OUT, UNREACHABLE, failure
from lambda_rlm.llm.profiles import provider_profile, with_dialect
from lambda_rlm.llm.providers.constraints import Constraints, ReplyForm
from lambda_rlm.llm.providers.dialects import Dialect, is_refusal
from lambda_rlm.llm.providers.exchange import (
    Answer,
    Carrier,
    Garbled,
    Lost,
    NoAddress,
    NotConnected,
    Unreachable,
    UnreadableResponse,
    Unsendable,
    Untrusted,
    destination,
    most_bytes,
    without_user,
)
from lambda_rlm.llm.providers.openai_form import completion_in
from lambda_rlm.llm.providers.sockets import Sockets
from lambda_rlm.llm.providers.thinking import asked_of_server, asked_thought
from lambda_rlm.llm.providers.vendor_errors import turned_down, untrusted
from lambda_rlm.llm.providers.via_proxy import carrier
from lambda_rlm.llm.tokens import count

SERVED: Final = ("openai/", "hosted_vllm/")
"""How names begin of models that are asked in the OpenAI form; the server is asked for the rest."""
_NO_KEY_NEEDED: Final = "none"
_OPENAI: Final = re.compile(r"https://(?:[^/@]*@)?(?:api\.openai\.com|[\w-]+\.openai\.azure\.com)(?:[:/?]|$)")
"""The servers that refuse `max_tokens` for models that think, and know `max_completion_tokens`, which others may ignore."""


def serves(name: str) -> bool:
    """Whether a model's name at a URL needs nothing but the OpenAI form."""
    return "/" not in name or name.startswith(SERVED)


class HttpModel:
    """A `Model` behind an OpenAI-compatible URL. `timeout` is for one attempt, in seconds; `sockets` are the connections that
    it shares with others (None: with nobody)."""

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
    ) -> None:
        self._name = name
        self._thinking, self._dialect, self._sockets = thinking, dialect, sockets
        self._model = next((name.removeprefix(prefix) for prefix in SERVED if name.startswith(prefix)), name)
        self._opening = b'{"model": %b, "messages": [' % _written(self._model)
        self._base_url = base_url.rstrip("/")
        self._is_openai = _OPENAI.match(base_url) is not None
        self._limit = "max_completion_tokens" if self._is_openai else "max_tokens"
        self._api_key = api_key
        self._timeout = timeout
        self._profile = with_dialect(profile or provider_profile(name, base_url=base_url), dialect)
        self._constraints = Constraints(dialect)
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[Carrier]] = WeakKeyDictionary()
        self._carriers: WeakKeyDictionary[asyncio.AbstractEventLoop, Carrier] = WeakKeyDictionary()

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return count(messages, self._profile, None)

    async def complete(self, request: CompletionRequest) -> Completion:
        form = self._constraints.form(request)
        answer = await self._ask(request, form)
        completion = completion_in(answer.body, self._name, self._profile, form.unwrap, self._key())
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
        opened = carrier(destination(self._base_url, self._key()), self._timeout, self._sockets)
        try:
            yield opened
        finally:
            loop = asyncio.get_running_loop()  # which what it carries holds on to
            self._carriers.pop(loop, None)
            self._pools.pop(loop, None)
            await opened.aclose()

    async def _ask(self, request: CompletionRequest, form: ReplyForm) -> Answer:
        """The server's reply; its error is a `ModelFailure`, a `ConstraintRefused` where the form may be the reason."""
        answer = await self._post(request, form.fields)
        if answer.status == 200:
            return answer
        refused = turned_down(answer.status, answer.body, answer.headers, self._name, self._key())
        is_about_form = refused.is_about_schema if form.kind == "schema" else is_refusal(answer.status)
        if form.kind != "free" and is_about_form:
            raise self._constraints.refused(form, refused.failure)
        raise refused.failure

    async def _post(self, request: CompletionRequest, fields: Mapping[str, Any]) -> Answer:
        """The server's answer, whatever it is; `fields` say which form the reply is to have."""
        body = self._body(request, fields)
        most = most_bytes(request.max_tokens + self._profile.thought(request.max_tokens))
        try:
            return await (await self._carrier()).post(body, most)
        except TimeoutError as error:
            is_billable = not isinstance(error, NotConnected)
            message = f"{self._name}: no reply within {self._timeout:g} seconds"
            raise failure(TIMED_OUT, message, is_billable=is_billable) from None
        except Unsendable as error:
            raise failure(KEY_REFUSED, f"{self._name}: request not sent: {error}") from None
        except Garbled as error:
            raise failure(UNREACHABLE, f"{self._name}: request not sent: {error}", is_final=True) from None
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
        return self._api_key or os.environ.get("OPENAI_API_KEY") or _NO_KEY_NEEDED

    def _asked_thought(self, thought: int) -> dict[str, Any]:
        """The fields that say how much to think; none where nothing is known of what the server takes."""
        if not self._is_openai:
            return asked_of_server(self._model, self._thinking, self._dialect)
        return asked_thought(self._model, thought) if self._profile.reasoning_tokens or self._thinking is not None else {}

    def _body(self, request: CompletionRequest, fields: Mapping[str, Any]) -> bytes:
        """The request's JSON. Each text is written by itself: plain ones, which long ones often are, take half the time."""
        parts = [self._opening]
        for message in request.messages:
            parts += (b"{" if len(parts) == 1 else b", {", _ROLES[message.role], _written(message.content), b"}")
        thought = self._profile.thought(request.max_tokens)
        parts.append(_manner(self._limit, request.max_tokens + thought, request.sampling))
        fields = {**self._asked_thought(thought), **fields}
        parts.append(b", " + json.dumps(fields).encode()[1:] if fields else b"}")
        return b"".join(parts)


_ROLES: Final = {role: f'"role": "{role}", "content": '.encode() for role in ("system", "user", "assistant")}


@lru_cache(256)
def _manner(limit: str, max_tokens: int, sampling: Sampling) -> bytes:
    """How a reply is drawn, as it is in a request after its messages."""
    fields: dict[str, Any] = {limit: max_tokens, "temperature": sampling.temperature}
    if sampling.top_p != 1.0:
        fields["top_p"] = sampling.top_p
    if sampling.seed is not None:
        fields["seed"] = sampling.seed
    return b"], " + json.dumps(fields)[1:-1].encode()


def _written(text: str) -> bytes:
    """A text in JSON; characters that are none are replaced."""
    if text.isascii():
        return json.dumps(text).encode("ascii")
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")
