"""Exchanges of the vendor door, held to what the lean door's are held to.

Owns `Exchange`: while one is open, whatever asks over httpx in its context, which is litellm, follows no redirect, is answered
as it stands (a small reply may swell to any size), is read to a limit, and sends nothing a second time. Promises that httpx is
as it was for everybody else in the process, and that certificates are checked whatever the environment says.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar, Token
from functools import cache
from typing import Any, Final, Self

_OPEN: ContextVar[Exchange | None] = ContextVar("vendor_exchange", default=None)
_UNCHECKED: Final = "SSL_VERIFY"
_UNPROCESSABLE: Final = 422
"""The status on which litellm sends a request again by itself, with fewer parameters: nobody would have paid for that one."""
_ANSWERED: Final = 200
_NO: Final = ("false", "0", "no", "off", "none", "")


class Refused(Exception):
    """An answer that is not followed or not read; the message says why."""


class Exchange:
    """Use with `with`. `status` is that of the last answer, None where there is none, `body` what was read of it; `redirected`
    its status where it leads elsewhere, `unreadable` why it was not read, `is_repeated` whether a rejected request would have
    been sent again."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.status: int | None = None
        self.redirected: int | None = None
        self.unreadable: str | None = None
        self.body = b""
        self.is_repeated = False
        self._token: Token[Exchange | None] | None = None

    @property
    def said(self) -> bytes:
        """The body of an answer that is an error."""
        return b"" if self.status == _ANSWERED else self.body

    def __enter__(self) -> Self:
        check_certificates()
        _watched()
        self._token = _OPEN.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._token is not None
        _OPEN.reset(self._token)

    def begin(self, request: Any) -> None:
        """A request is about to be sent. Raises `Refused` where it was rejected already."""
        if self.status == _UNPROCESSABLE:
            self.is_repeated = True
            raise Refused("rejected as it was sent before")
        self.status = self.redirected = self.unreadable = None
        self.body = b""
        request.headers["Accept-Encoding"] = "identity"

    def look(self, response: Any) -> None:
        """The head of an answer is there. Raises `Refused`."""
        self.status = int(response.status_code)
        if 300 <= self.status < 400:
            self.redirected = self.status
            raise Refused(f"unexpected redirect to another URL, status {self.status}")
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            self.refuse("unexpected Content-Encoding")

    def refuse(self, why: str) -> None:
        """Read no further."""
        self.unreadable = why
        raise Refused(why)


def check_certificates() -> None:
    """Have litellm check certificates where a variable of its own switches that off; a path there names authorities."""
    if os.environ.get(_UNCHECKED, "true").strip().lower() in _NO:
        os.environ[_UNCHECKED] = "True"


@cache
def _watched() -> None:
    """Have httpx ask for whoever has an exchange open."""
    import httpx

    httpx.AsyncClient.send = _asking(httpx.AsyncClient.send)  # type: ignore[method-assign]
    httpx.Client.send = _asking_at_once(httpx.Client.send)  # type: ignore[method-assign]


def _asking(send: Any) -> Any:
    async def asked(self: Any, request: Any, *, stream: bool = False, **how: Any) -> Any:
        exchange = _OPEN.get()
        if exchange is None:
            return await send(self, request, stream=stream, **how)
        exchange.begin(request)
        response = await send(self, request, stream=True, **{**how, "follow_redirects": False})
        try:
            exchange.look(response)
            response.stream = _limited()(response.stream, exchange)
            if exchange.status != _ANSWERED or not stream:
                exchange.body = await response.aread()
        except BaseException:
            await response.aclose()
            raise
        return response

    return asked


def _asking_at_once(send: Any) -> Any:
    def asked(self: Any, request: Any, *, stream: bool = False, **how: Any) -> Any:
        exchange = _OPEN.get()
        if exchange is None:
            return send(self, request, stream=stream, **how)
        exchange.begin(request)
        response = send(self, request, stream=True, **{**how, "follow_redirects": False})
        try:
            exchange.look(response)
            response.stream = _limited()(response.stream, exchange)
            if exchange.status != _ANSWERED or not stream:
                exchange.body = response.read()
        except BaseException:
            response.close()
            raise
        return response

    return asked


@cache
def _limited() -> Any:
    import httpx

    class Limited(httpx.AsyncByteStream, httpx.SyncByteStream):
        """The bytes of an answer, to the limit of an exchange."""

        def __init__(self, stream: Any, exchange: Exchange) -> None:
            self._stream, self._exchange, self._received = stream, exchange, 0

        def _counted(self, part: bytes) -> bytes:
            self._received += len(part)
            if self._received > self._exchange.most:
                self._exchange.refuse(f"larger than {self._exchange.most:,} bytes")
            return part

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for part in self._stream:
                yield self._counted(part)

        def __iter__(self) -> Iterator[bytes]:
            for part in self._stream:
                yield self._counted(part)

        async def aclose(self) -> None:
            await self._stream.aclose()

        def close(self) -> None:
            self._stream.close()

    return Limited
