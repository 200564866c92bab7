"""The lean door: OpenAI-compatible servers, asked over one pool of connections for each event loop.

Owns the exchange with a server that is named by its URL; litellm is not needed for it, and not loaded. Promises what the vendor
door promises: every exception is a `ModelFailure`, usage is the server's, an error or an empty reply is never a text. Follows no
redirect, so that a key goes to the named server alone; reads no reply beyond `MOST_BYTES`. Refuses to guess: a server that turns a
JSON Schema down is asked again without one, and not with one again.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.llm.failures import CONNECTION_LOST, MALFORMED_BODY, TIMED_OUT, UNREACHABLE, failure
from lambda_rlm.llm.openai_form import as_it_stands, completion_of, response_format, schema_of
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.tokens import count
from lambda_rlm.llm.vendor_errors import blotted, turned_down

if TYPE_CHECKING:
    import aiohttp

MOST_BYTES: Final = 32 * 1024**2
_SERVED: Final = ("openai/", "hosted_vllm/")
_NO_KEY_NEEDED: Final = "none"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_IDLE_SECONDS: Final = 60


def serves(name: str) -> bool:
    """Whether a model's name at a URL needs nothing but the OpenAI form."""
    return "/" not in name or name.startswith(_SERVED)


class HttpModel:
    """A `Model` behind an OpenAI-compatible URL. `timeout` is for one attempt, in seconds."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout: float = 120.0,
        profile: ModelProfile | None = None,
    ) -> None:
        self._name = name
        self._model = next((name.removeprefix(prefix) for prefix in _SERVED if name.startswith(prefix)), name)
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._timeout = timeout
        self._profile = profile or provider_profile(name, base_url=base_url)
        self._takes_schema = True
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[aiohttp.ClientSession]] = WeakKeyDictionary()
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return count(messages, self._profile, None)

    async def complete(self, request: CompletionRequest) -> Completion:
        schema, unwrap = schema_of(request)
        if schema is not None and self._takes_schema:
            status, body, headers = await self._post(self._body(request, schema))
            failed = None if status == 200 else turned_down(status, body, headers, self._name, self._api_key)
            if failed is None:
                return self._read(body, unwrap)
            if not failed.is_about_schema:
                raise failed.failure
            self._takes_schema = False
        status, body, headers = await self._post(self._body(request, None))
        if status != 200:
            raise turned_down(status, body, headers, self._name, self._api_key).failure
        return self._read(body, as_it_stands)

    async def aclose(self) -> None:
        """Close the connections of this event loop. A loop that ends closes its own."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.aclose()

    async def _session(self) -> aiohttp.ClientSession:
        """The pool of connections of this event loop."""
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            pool = self._pools[loop] = self._pool()
            session = self._sessions[loop] = await anext(pool)
        return session

    async def _pool(self) -> AsyncGenerator[aiohttp.ClientSession]:
        """A generator, since an event loop that ends closes the generators that were begun in it."""
        import aiohttp

        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            trust_env=urlsplit(self._base_url).hostname not in _LOOPBACK,
        )
        try:
            yield session
        finally:
            await session.close()

    async def _post(self, body: bytes) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers of the server's answer."""
        session = await self._session()
        import aiohttp

        headers = {"Content-Type": "application/json"}
        if urlsplit(self._base_url).username is None:  # else the URL itself says who asks
            headers["Authorization"] = f"Bearer {self._key()}"
        url = f"{self._base_url}/chat/completions"
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return answer.status, await self._bytes(answer), answer.headers
        except TimeoutError:
            raise failure(TIMED_OUT, f"{self._name}: no answer in {self._timeout:g} seconds") from None
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
            message = f"{self._name}: nobody answers at {self._shown_url()}; check the address and that the server runs"
            raise failure(UNREACHABLE, message) from None
        except (aiohttp.ClientError, OSError) as error:
            said = blotted(str(error) or type(error).__name__, self._api_key)
            raise failure(CONNECTION_LOST, f"{self._name}: the connection was lost ({said})") from None

    def _shown_url(self) -> str:
        """The URL without user and password."""
        parts = urlsplit(self._base_url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    async def _bytes(self, answer: aiohttp.ClientResponse) -> bytes:
        if answer.content_length is not None and answer.content_length <= MOST_BYTES:
            return await answer.read()
        data = bytearray()
        async for chunk in answer.content.iter_any():
            data += chunk
            if len(data) > MOST_BYTES:
                raise failure(MALFORMED_BODY, f"{self._name}: the reply cannot be read: it has more than {MOST_BYTES:,} bytes")
        return bytes(data)

    def _key(self) -> str:
        return self._api_key or os.environ.get("OPENAI_API_KEY") or _NO_KEY_NEEDED

    def _body(self, request: CompletionRequest, schema: Mapping[str, Any] | None) -> bytes:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": request.max_tokens + self._profile.reasoning_tokens,
            "temperature": request.sampling.temperature,
        }
        if request.sampling.top_p != 1.0:
            body["top_p"] = request.sampling.top_p
        if request.sampling.seed is not None:
            body["seed"] = request.sampling.seed
        if schema is not None:
            body["response_format"] = response_format(schema)
        is_plain = all(message.content.isascii() for message in request.messages)  # which is written in half the time
        return json.dumps(body, ensure_ascii=is_plain).encode("utf-8", "replace")

    def _read(self, body: bytes, unwrap: Any) -> Completion:
        try:
            reply = json.loads(body)
            choice = reply["choices"][0]
            message, finish = choice["message"], str(choice.get("finish_reason"))
            text, refusal = message.get("content"), message.get("refusal")
            usage = self._usage(reply["usage"])
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            raise failure(
                MALFORMED_BODY, f"{self._name}: the reply cannot be read: it has not the form of a completion"
            ) from None
        return completion_of(self._name, text, refusal, finish, usage, unwrap)

    def _usage(self, told: Mapping[str, Any]) -> Usage:
        cached = (told.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        sent, received = int(told["prompt_tokens"]), int(told["completion_tokens"])
        prices = self._profile.input_price, self._profile.output_price
        cost = None if prices[0] is None or prices[1] is None else sent * prices[0] + received * prices[1]
        return Usage(sent, received, int(cached), cost)
