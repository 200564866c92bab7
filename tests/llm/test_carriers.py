"""What carries a request to a server gives its answer or says why there is none, and uses a connection again only when that is safe."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from lambda_rlm.llm.providers.exchange import (
    Answer,
    Carrier,
    Garbled,
    Lost,
    NoAddress,
    Unreachable,
    UnreadableResponse,
    Unsendable,
    destination,
)
from lambda_rlm.llm.providers.http_pool import ConnectionPool
from lambda_rlm.llm.providers.via_proxy import ProxiedPool, carrier, proxy_to
from tests.support.raw_server import HEAD, RawServer, ending, raw_server, said

MOST = 1_000_000
TLS = Path(__file__).parent / "tls"

Make = Callable[[RawServer, float], Carrier]


@pytest.fixture(params=["pool", "proxied"])
def make(request: pytest.FixtureRequest) -> Make:
    """Each carrier to a server; the one for proxies takes the server for the proxy."""
    if request.param == "pool":
        return lambda server, timeout: ConnectionPool(destination(server.url, "key"), timeout)
    return lambda server, timeout: ProxiedPool(destination("http://far.invalid/v1", "key"), timeout, server.url)


def with_server(
    make: Make, *answers: object, job: Callable[[Carrier, RawServer], Awaitable[None]], timeout: float = 20.0
) -> None:
    async def run() -> None:
        async with raw_server(*answers) as server:
            carried = make(server, timeout)
            try:
                await job(carried, server)
            finally:
                await carried.aclose()
            assert len(asyncio.all_tasks()) <= 1 + server.open

    anyio.run(run)


def first(make: Make, *answers: object, most: int = MOST, timeout: float = 20.0) -> Answer:
    """The answer to one request."""
    found: list[Answer] = []

    async def job(carried: Carrier, server: RawServer) -> None:
        found.append(await carried.post(b"{}", most))

    with_server(make, *answers, job=job, timeout=timeout)
    return found[0]


@pytest.mark.parametrize(
    "answer",
    [
        said(b"hello"),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
        ending(HEAD + b"Connection: close\r\n\r\nhello"),
        ending(HEAD + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello"),
        said(b"hello", "Content-Encoding: identity"),
    ],
    ids=["length", "chunked", "to the end", "closing", "identity"],
)
def test_an_answer_is_read_however_its_length_is_told(make: Make, answer: object) -> None:
    found = first(make, answer)
    assert (found.status, found.body) == (200, b"hello")


def test_an_interim_answer_is_not_the_answer(make: Make) -> None:
    found = first(make, b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + said(b"hello", status="201 Created"))
    assert (found.status, found.body) == (201, b"hello")


def test_an_answer_in_drops_is_the_same_answer(make: Make) -> None:
    async def drops(writer: asyncio.StreamWriter) -> None:
        for byte in said(b"hello", "X-Kind: a"):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    found = first(make, drops)
    assert (found.body, found.headers["x-kind"]) == (b"hello", "a")


def test_names_of_headers_are_in_lower_case(make: Make) -> None:
    assert first(make, said(b"", "Retry-AFTER: 7", status="429 Busy")).headers["retry-after"] == "7"


def test_the_request_says_who_asks_and_that_it_takes_no_encoding(make: Make) -> None:
    async def job(carried: Carrier, server: RawServer) -> None:
        await carried.post(b'{"a": 1}', MOST)
        head, body = server.requests[0]
        lines = [line.lower() for line in head.split("\r\n")]
        assert lines[0].startswith("post ") and lines[0].endswith("/v1/chat/completions http/1.1")
        assert "authorization: bearer key" in lines
        assert "accept-encoding: identity" in lines
        assert sum(line.startswith("host:") for line in lines) == 1
        assert body == b'{"a": 1}'

    with_server(make, said(b"hello"), job=job)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (None, Lost),
        (ending(HEAD + b"Content-Le"), Lost),
        (ending(HEAD + b"Content-Length: 500\r\n\r\nhel"), Lost),
        (ending(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel"), Lost),
        (said(b"\x1f\x8b", "Content-Encoding: gzip"), UnreadableResponse),
        (said(b"x" * 2_000_000), UnreadableResponse),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + 2 * (b"fffff\r\n" + b"x" * 0xFFFFF + b"\r\n"), UnreadableResponse),
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk", "compressed", "long", "long chunks"],
)
def test_an_incomplete_answer_is_a_failure(make: Make, answer: object, failure: type[Exception]) -> None:
    async def job(carried: Carrier, server: RawServer) -> None:
        with pytest.raises(failure):
            await carried.post(b"{}", MOST)
        assert (await carried.post(b"{}", MOST)).body == b"again"
        assert isinstance(carried, ProxiedPool) or server.connections == 2

    with_server(make, answer, said(b"again"), job=job)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/9 what\r\n\r\n"])
def test_what_is_no_http_is_a_failure(make: Make, answer: bytes) -> None:
    with pytest.raises((UnreadableResponse, Lost)):
        first(make, ending(answer))


def test_a_second_half_head_is_not_an_empty_answer() -> None:
    """What the first answer said of its length and its status is forgotten by then."""

    async def job(carried: Carrier, server: RawServer) -> None:
        await carried.post(b"{}", MOST)
        with pytest.raises(Lost):
            await carried.post(b"{}", MOST)

    with_server(_pool, said(b"hello"), ending(b"HTTP/1.1 200 OK\r\nX-"), job=job)


def test_a_head_without_an_end_is_given_up() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        while True:
            writer.write(b"X-Filler: " + b"x" * 10_000 + b"\r\n")
            await writer.drain()

    with pytest.raises(UnreadableResponse):
        first(_pool, endless, most=1_000)


def test_a_body_that_drips_is_given_up_in_time(make: Make) -> None:
    """Each byte comes soon after the last one; all of them together never come."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    with pytest.raises(TimeoutError):
        first(make, drip, timeout=0.3)


def test_a_connection_is_used_again_after_a_whole_answer(make: Make) -> None:
    async def job(carried: Carrier, server: RawServer) -> None:
        for _ in range(5):
            await carried.post(b"{}", MOST)
        assert server.connections == 1

    with_server(make, said(b"hello"), job=job)


def test_a_connection_that_the_server_ends_is_not_used_again(make: Make) -> None:
    async def job(carried: Carrier, server: RawServer) -> None:
        await carried.post(b"{}", MOST)
        await server.ended.wait()
        await asyncio.sleep(0.05)
        assert (await carried.post(b"{}", MOST)).body == b"again"
        assert server.connections == 2

    with_server(make, ending(said(b"hello")), said(b"again"), job=job)


def test_what_is_said_unasked_is_not_the_next_answer() -> None:
    """Who could put an answer in front could answer the next question."""

    async def job(carried: Carrier, server: RawServer) -> None:
        assert (await carried.post(b"{}", MOST)).body == b"hello"
        await server.ended.wait()
        assert (await carried.post(b"{}", MOST)).body == b"again"
        assert server.connections == 2

    with_server(_pool, said(b"hello") + said(b"slipped in"), said(b"again"), job=job)


def test_an_unasked_answer_that_comes_later_ends_the_connection() -> None:
    async def twice(writer: asyncio.StreamWriter) -> None:
        writer.write(said(b"hello"))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(said(b"slipped in"))

    async def job(carried: Carrier, server: RawServer) -> None:
        assert (await carried.post(b"{}", MOST)).body == b"hello"
        await server.ended.wait()
        assert (await carried.post(b"{}", MOST)).body == b"again"

    with_server(_pool, twice, said(b"again"), job=job)


def test_many_at_once_have_a_connection_each_and_keep_it(make: Make) -> None:
    async def job(carried: Carrier, server: RawServer) -> None:
        for _ in range(2):
            async with anyio.create_task_group() as group:
                for _ in range(8):
                    group.start_soon(carried.post, b"{}", MOST)
        assert len(server.requests) == 16
        assert server.connections == 8

    async def soon(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(said(b"hello"))

    with_server(make, soon, job=job)


def test_who_stops_waiting_ends_the_connection(make: Make) -> None:
    async def never(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def job(carried: Carrier, server: RawServer) -> None:
        with anyio.move_on_after(0.1):
            await carried.post(b"{}", MOST)
        assert (await carried.post(b"{}", MOST)).body == b"again"
        assert server.connections == 2

    with_server(make, never, said(b"again"), job=job)


def test_an_answer_before_the_request_ends_the_connection() -> None:
    """The rest of a request that nobody reads would stand before the next one."""

    async def run() -> None:
        async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said(b"too long", status="413 Too Long"))
            await writer.drain()
            with suppress(ConnectionError):
                await reader.read(-1)
            writer.transport.abort()
            ended.set()

        ended = asyncio.Event()
        listener = await asyncio.start_server(early, "127.0.0.1", 0)
        carried = ConnectionPool(destination(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1", "k"), 20)
        assert (await carried.post(b"x" * 30_000_000, MOST)).status == 413
        await ended.wait()
        await carried.aclose()
        listener.close()

    anyio.run(run)


def test_tls_is_spoken_with_who_is_trusted_and_with_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")

    async def run() -> None:
        async with raw_server(said(b"hello"), tls=context) as server:
            address = destination(f"https://127.0.0.1:{server.port}/v1", "key")
            stranger = ConnectionPool(address, 20)
            with pytest.raises(Unreachable, match="certificate"):
                await stranger.post(b"{}", MOST)
            monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
            trusting = ConnectionPool(address, 20)
            for _ in range(2):
                assert (await trusting.post(b"{}", MOST)).body == b"hello"
            await trusting.aclose()
            assert len(server.requests) == 2

    anyio.run(run)


def test_a_host_is_looked_up_once_for_all_who_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async def soon(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.05)
            writer.write(said(b"hello"))

        async with raw_server(soon) as server:
            carried = ConnectionPool(destination(f"http://somewhere:{server.port}/v1", "key"), 20)
            asked: list[str] = []

            async def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
                asked.append(host)
                await asyncio.sleep(0)
                return [(2, 1, 6, "", (address, port)) for address in ("127.0.0.9", "127.0.0.1")]

            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(carried.post, b"{}", MOST)
            await carried.aclose()
            assert asked == ["somewhere"]
            assert "Host: somewhere:" in server.requests[0][0]

    anyio.run(run)


@pytest.mark.parametrize(
    ("url", "target", "host", "port"),
    [
        ("http://h/v1", "/v1/chat/completions", "h", 80),
        ("https://h:8443/a b/".replace(" ", "%20"), "/a%20b/chat/completions", "h", 8443),
        ("https://h/openai?api-version=1", "/openai/chat/completions?api-version=1", "h", 443),
        ("http://[::1]:81", "/chat/completions", "::1", 81),
        ("http://bücher.example/v1", "/v1/chat/completions", "xn--bcher-kva.example", 80),
    ],
)
def test_a_base_url_leads_to_its_completions(url: str, target: str, host: str, port: int) -> None:
    found = destination(url, "key")
    assert (found.target, found.host, found.port) == (target, host, port)


def test_who_stands_in_the_url_asks_instead_of_the_key() -> None:
    found = destination("http://me:p%40ss@h/v1", "key")
    assert (found.keyed, found.netloc) == ({"Authorization": "Basic bWU6cEBzcw=="}, "h")


@pytest.mark.parametrize("key", ["secret\n", "secret\r\nHost: evil", "sec ret", "secrét", "sec\x00ret"])
def test_a_key_that_would_write_the_head_is_refused_unseen(key: str) -> None:
    with pytest.raises(Unsendable) as raised:
        destination("http://h/v1", key)
    assert "sec" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://h/v1\n", "http://h\r\nX: y/v1", "http://h/v 1", "http://h\t/", "\x00http://h"])
def test_an_address_that_would_write_the_head_is_refused(url: str) -> None:
    """Python's own parser of URLs drops line ends in silence."""
    with pytest.raises(Garbled):
        destination(url, "key")


@pytest.mark.parametrize("url", ["nonsense", "ftp://h/v1", "http://", "http://h:99999/v1", "http://[::1/v1"])
def test_an_address_that_is_none_is_unreachable(url: str) -> None:
    with pytest.raises(NoAddress):
        destination(url, "key")


def test_a_proxy_of_the_environment_is_used_except_locally(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "near.example")
    there, near, here = (destination(f"https://{host}/v1", "k") for host in ("far.example", "near.example", "127.0.0.1"))
    assert proxy_to(there) == "http://proxy:3128"
    assert proxy_to(near) is None
    assert proxy_to(here) is None

    async def kinds() -> list[type[Carrier]]:
        made = [carrier(to, 1) for to in (there, near)]
        for one in made:
            await one.aclose()
        return [type(one) for one in made]

    assert anyio.run(kinds) == [ProxiedPool, ConnectionPool]


def _pool(server: RawServer, timeout: float) -> Carrier:
    return ConnectionPool(destination(server.url, "key"), timeout)
