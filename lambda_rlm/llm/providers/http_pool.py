"""HTTP/1.1 over connections that are kept: the carrier of the lean door.

Owns the connections of one event loop to one destination; how many there are, `sockets` knows. Promises: one exchange at a time
on a connection, the one used last is used first; a connection is used again only after an answer that was read to its end and
that allows it; what a server sends unasked, more than was allowed, or in an encoding, ends the connection; who stops waiting
ends it too. The parser is llhttp. Refuses nothing silently: an answer that is cut off is `Lost`, one without a length ends
where the server ends it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httptools

from lambda_rlm.llm.providers.exchange import (
    Answer,
    Destination,
    Lost,
    NotConnected,
    Unreachable,
    UnreadableResponse,
    Untrusted,
)
from lambda_rlm.llm.providers.forms.event_stream import is_event_stream
from lambda_rlm.llm.providers.sockets import Address, Held, Sockets
from lambda_rlm.llm.providers.trust import tls_context

if TYPE_CHECKING:
    import ssl

_MOST_CONNECTIONS: Final = 1_024
_ADDRESSES_SECONDS: Final = 30.0
_NEXT_ADDRESS_SECONDS: Final = 2.0
"""How long one of several addresses of a host is tried before the next."""

_HEAD_BYTES: Final = 64 * 1024
"""What the head of an answer and its framing may come to, beside the body."""

_BUFFER_BYTES: Final = 16 * 1024
"""What is read at once, into room of the connection's own: a fresh quarter of a megabyte for each reply costs more than the
reply."""


class Connection(asyncio.BufferedProtocol):
    """One connection. `ask` it only while nothing is under way."""

    def __init__(self) -> None:
        self.is_reusable = True
        self.loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._waiter: asyncio.Future[Answer] | None = None
        self._received = self._most = 0
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._on_events: Callable[[bytes], None] | None = None
        self._has_length = self._is_in_body = False

    async def ask(
        self, head: bytes, body: bytes, most: int, deadline: float, on_events: Callable[[bytes], None] | None = None
    ) -> Answer:
        """The answer to one request, which may have `most` bytes and must be there at `deadline` (the loop's time). Where it is
        a stream of events, `on_events` is given its pieces as they come."""
        transport = self._transport
        if transport is None:
            raise Lost("closed by the server", was_sent=False)
        self._received, self._most = 0, most + _HEAD_BYTES
        self.is_reusable = self._is_in_body = False
        self._on_events = on_events
        waiter: asyncio.Future[Answer] = self.loop.create_future()
        self._waiter = waiter
        timer = self.loop.call_at(deadline, self._fail, TimeoutError())
        try:
            transport.writelines((head, body))
            return await waiter
        except BaseException:
            self.end()
            raise
        finally:
            timer.cancel()
            self._waiter = self._on_events = None

    def end(self) -> None:
        """End the connection at once."""
        self.hang_up()
        if self._transport is not None:
            self._transport.abort()

    def hang_up(self) -> None:
        """End the connection for the server, from any thread; the event loop of this one hears of it."""
        self.is_reusable = False
        transport = self._transport
        if transport is not None:
            try:
                transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            except (
                OSError,
                TypeError,
            ):  # it has ended already; or an event loop of another make, which leaves this to its transports
                with suppress(RuntimeError):
                    self.loop.call_soon_threadsafe(transport.abort)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.is_reusable = False
        if exc is None and self._is_in_body and not self._has_length:  # the server's way of saying that this is all
            self._answered()
        else:
            self._fail(Lost(str(exc or "closed by the server")))

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._waiter is None or self._waiter.done():  # unasked, it could be taken for the answer to the next question
            self.end()
            return
        self._received += nbytes
        if self._received > self._most:
            self._fail(UnreadableResponse(f"larger than {self._most - _HEAD_BYTES:,} bytes"))
            return
        try:
            self._parser.feed_data(self._buffer[:nbytes])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(UnreadableResponse("not HTTP/1.1"))

    def on_message_begin(self) -> None:
        self._headers, self._body = {}, []
        self._has_length = self._is_in_body = False
        if self._waiter is None or self._waiter.done():
            self.end()

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.decode("latin-1").lower()
        self._headers[key] = value.decode("latin-1")
        self._has_length = self._has_length or key in ("content-length", "transfer-encoding")

    def on_headers_complete(self) -> None:
        self._is_in_body = True
        encoding = self._headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            self._fail(UnreadableResponse("unexpected Content-Encoding"))
        if self._parser.get_status_code() != 200 or not is_event_stream(self._headers):
            self._on_events = None

    def on_body(self, data: bytes) -> None:
        self._body.append(data)
        if self._on_events is not None and self._waiter is not None and not self._waiter.done():
            self._on_events(data)

    def on_message_complete(self) -> None:
        self._is_in_body = False
        if self._parser.get_status_code() < 200:  # an interim answer
            return
        assert self._transport is not None
        self.is_reusable = self._parser.should_keep_alive() and not self._transport.get_write_buffer_size()
        self._answered()

    def _answered(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(Answer(self._parser.get_status_code(), self._headers, b"".join(self._body)))

    def _fail(self, failure: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(failure)


class ConnectionPool:
    """A `Carrier`; `timeout` is for a whole exchange, in seconds. What it opens counts among `sockets`, and is used by the
    other pools of its event loop too."""

    def __init__(self, to: Destination, timeout: float, sockets: Sockets | None = None) -> None:
        self._to = to
        self._timeout = timeout
        self._sockets = sockets or Sockets(_MOST_CONNECTIONS)
        self._address = Address(to.scheme, to.host, to.port, to.authorities)
        self._loop = asyncio.get_running_loop()
        lines = "".join(f"{name}: {value}\r\n" for name, value in to.headers.items())
        self._head = f"{to.method} {to.target} HTTP/1.1\r\n{lines}Content-Length: ".encode("ascii")
        self._busy: set[Connection] = set()
        self._addresses: Sequence[str] = ()
        self._addresses_until = 0.0
        self._looking_up = asyncio.Lock()
        self._tls: ssl.SSLContext | None = None
        self._sockets.join()
        self._is_joined = True

    async def post(self, body: bytes, most: int, on_events: Callable[[bytes], None] | None = None) -> Answer:
        """As `Carrier` says."""
        deadline = self._loop.time() + self._timeout
        connection = self._sockets.claim(self._address)
        try:
            if connection is None:
                try:
                    async with asyncio.timeout_at(deadline):
                        connection = await self._connected()
                except TimeoutError as error:
                    raise NotConnected from error
            assert isinstance(connection, Connection)
            self._busy.add(connection)
            return await connection.ask(b"%b%d\r\n\r\n" % (self._head, len(body)), body, most, deadline, on_events)
        finally:
            self._over(connection)

    async def aclose(self) -> None:
        """End the connections that are used here, and the idle ones where no other pool of this event loop needs them."""
        for connection in tuple(self._busy):
            connection.end()
        if self._is_joined:
            self._is_joined = False
            self._sockets.part()
        await asyncio.sleep(0)  # the event loop closes their sockets

    def _over(self, connection: Held | None) -> None:
        """After an exchange: the connection is kept, or does not count any more."""
        if isinstance(connection, Connection):
            self._busy.discard(connection)
            if connection.is_reusable:
                self._sockets.keep(self._address, connection)
                return
            connection.end()
        self._sockets.lose()

    async def _connected(self) -> Connection:
        """A new connection to the first address that takes one."""
        to = self._to
        tls = self._context() if to.scheme == "https" else None
        name = None if tls is None else to.host
        addresses = await self._looked_up()
        failure: Exception = Unreachable("the host name has no address")
        for place, address in enumerate(addresses, 1):
            patience = None if place == len(addresses) else _NEXT_ADDRESS_SECONDS
            try:
                async with asyncio.timeout(patience):
                    opening = self._loop.create_connection(Connection, address, to.port, ssl=tls, server_hostname=name)
                    _, connection = await opening
            except OSError as error:  # TimeoutError is one
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise Untrusted(_reason(error)) from None
                failure = Unreachable(str(error) or type(error).__name__)
            else:
                if place > 1:  # the others need not try the first ones again
                    self._addresses = (address, *(other for other in addresses if other != address))
                return connection
        raise failure

    async def _looked_up(self) -> Sequence[str]:
        """The addresses of the host; asked for once for all that connect at the same time, and again after a while."""
        async with self._looking_up:
            if _is_address(self._to.host):
                return (self._to.host,)
            if not self._addresses or self._loop.time() > self._addresses_until:
                try:
                    rows = await self._loop.getaddrinfo(self._to.host, self._to.port, type=socket.SOCK_STREAM)
                except OSError as error:
                    raise Unreachable(str(error)) from None
                self._addresses = tuple(dict.fromkeys(str(row[4][0]) for row in rows))
                self._addresses_until = self._loop.time() + _ADDRESSES_SECONDS
            return self._addresses

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tls_context(self._to.authorities)
        return self._tls


def _reason(error: OSError) -> str:
    """Why a certificate is not trusted, in OpenSSL's words."""
    return str(getattr(error, "verify_message", None) or error)


def _is_address(host: str) -> bool:
    """The host is given by its number, so that nobody need be asked for it."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, host)
            return True
    return False
