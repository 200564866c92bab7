"""Servers are asked through the proxies that people have: with users, ports and lists of exceptions, and by certificates of their own."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.exchange import NoAddress, destination
from lambda_rlm.llm.providers.via_proxy import ProxiedPool, is_direct, proxy_to
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.llm.wrappers.retry import RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.raw_server import completion, raw_server, said

TLS = Path(__file__).parent / "tls"
FAR = "192.0.2.1"
"""An address for documentation, where nobody is; the certificate `other_host` is for it."""

_ONCE = RetryPolicy(retries=0)


@pytest.fixture(autouse=True)
def no_proxy_but_those_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@dataclass
class Proxy:
    """A proxy on loopback that leads each CONNECT to one port. `heads` are what it was asked; with a `user` it lets in that one
    alone."""

    leads_to: int
    user: str | None = None
    port: int = 0
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        known = None if self.user is None else base64.b64encode(self.user.encode()).decode()
        if known is not None and f"Basic {known}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        there_reader, there = await asyncio.open_connection("127.0.0.1", self.leads_to)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pipe(reader, there), _pipe(there_reader, writer), return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def proxied(user: str | None = None) -> AsyncIterator[Proxy]:
    """A server at `FAR`, with a certificate that nobody known has signed, behind a proxy."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "other_host.pem", TLS / "other_host_key.pem")
    async with raw_server(said(completion()), tls=context) as server:
        proxy = Proxy(server.port, user)
        tasks: set[asyncio.Task[None]] = set()

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.ensure_future(proxy.serve(reader, writer)))

        listener = await asyncio.start_server(begin, "127.0.0.1", 0)
        proxy.port = listener.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            listener.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def reply(**said: str) -> str:
    """What a server far away replies, or the failure."""
    options = ModelOptions.of(said)
    model = connect(
        "openai/m", base_url=f"https://{FAR}/v1", api_key="sk-proxied-12345", described={"openai/m": options}, policy=_ONCE
    )
    try:
        return (await model.complete(asked("hello"))).text
    except ModelFailure as failed:
        return f"{failed.code}{'' if failed.is_retryable else ' final'}: {failed.message}"
    finally:
        await model.aclose()


def through(
    environ: Callable[[Proxy], dict[str, str]], patch: pytest.MonkeyPatch, user: str | None = None, **said: str
) -> tuple[str, list[str]]:
    """The reply through a proxy, and what the proxy was asked."""

    async def ask() -> tuple[str, list[str]]:
        async with proxied(user) as proxy:
            for name, value in environ(proxy).items():
                patch.setenv(name, value)
            return await reply(**said), proxy.heads

    return anyio.run(ask)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("form", ["http://127.0.0.1:{port}", "127.0.0.1:{port}", "http://127.0.0.1:{port}/"])
def test_a_server_is_asked_through_the_proxy(variable: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, heads = through(
        lambda proxy: {variable: form.format(port=proxy.port), "SSL_CERT_FILE": str(TLS / "other_host.pem")}, monkeypatch
    )
    assert found == "hello"
    assert heads[0].startswith(f"CONNECT {FAR}:443 ")
    assert "hello" not in "".join(heads), "what is sent is between the two ends"


@pytest.mark.parametrize("user", ["ann:secret77", "DOMAIN\\ann:p@ss/w:rd", "ann:"])
def test_a_proxy_is_told_its_user(user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = user.replace("\\", "%5C").replace("@", "%40").replace("/", "%2F").replace("w:", "w%3A")
    found, _ = through(
        lambda proxy: {"HTTPS_PROXY": f"http://{written}@127.0.0.1:{proxy.port}"},
        monkeypatch,
        user,
        ca_bundle=str(TLS / "other_host.pem"),
    )
    assert found == "hello"


@pytest.mark.parametrize("given", ["", "ann:wrong999@"])
def test_a_proxy_that_wants_another_user_is_named(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, heads = through(lambda proxy: {"HTTPS_PROXY": f"http://{given}127.0.0.1:{proxy.port}"}, monkeypatch, "ann:secret77")
    assert found.startswith("E0505 final: ") and "the proxy http://127.0.0.1:" in found and "requires a user" in found
    assert "wrong999" not in found and len(heads) == 1


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ca_bundle"])
def test_the_authority_of_a_company_counts_behind_a_proxy_too(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(TLS / "other_host.pem")
    more, said_ = ({}, {"ca_bundle": file}) if variable == "ca_bundle" else ({variable: file}, {})
    found, _ = through(lambda proxy: {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", **more}, monkeypatch, **said_)
    assert found == "hello"


@pytest.mark.parametrize("file", [None, "certificate.pem", "key.pem", "nowhere.pem"])
def test_nothing_is_sent_where_the_authority_is_not_trusted(file: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    said_ = {} if file is None else {"ca_bundle": str(TLS / file)}
    found, heads = through(lambda proxy: {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}, monkeypatch, **said_)
    assert found.startswith("E0505 final: ") and "ca_bundle" in found
    if file in ("key.pem", "nowhere.pem"):
        assert f"cannot read the certificates in {TLS / file}" in found and heads == []


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("socks5://127.0.0.1:1080", "proxies of the kind socks5 are not supported"),
        ("socks5h://ann:hunter22@127.0.0.1:1080", "proxies of the kind socks5h are not supported"),
        ("http://127.0.0.1:port", "the address of the proxy is not valid"),
        ("http://ann:hunter22@127.0.0.1:9", "the proxy http://127.0.0.1:9 cannot be reached"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told(proxy: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    found = anyio.run(reply)
    assert found.startswith("E0505") and told in found and "hunter22" not in found


def test_a_refusal_of_the_proxy_is_no_reply_of_the_server() -> None:
    async def ask() -> str:
        async with raw_server(said(b"", status="407 Proxy Authentication Required")) as proxy:
            pool = ProxiedPool(destination("http://far.invalid/v1", "k"), 20.0, f"http://127.0.0.1:{proxy.port}")
            try:
                with pytest.raises(NoAddress) as raised:
                    await pool.post(b"{}", 1_000)
                return str(raised.value)
            finally:
                await pool.aclose()

    assert "requires a user" in anyio.run(ask)


@pytest.mark.parametrize(
    ("listed", "url", "expected"),
    [
        ("*", "http://far.example/v1", True),
        ("corp.example", "http://llm.corp.example/v1", True),
        (".corp.example", "http://llm.corp.example/v1", True),
        ("*.corp.example", "http://llm.corp.example/v1", True),
        (".corp.example", "http://corp.example/v1", True),
        ("corp.example", "http://notcorp.example/v1", False),
        ("CORP.example", "http://llm.corp.EXAMPLE./v1", True),
        ("10.0.0.0/8", "http://10.1.2.3:8000/v1", True),
        ("10.0.0.0/8", "http://11.1.2.3:8000/v1", False),
        ("10.1.2.3", "http://10.1.2.3:8000/v1", True),
        ("10.1.2.3:8000", "http://10.1.2.3:8000/v1", True),
        ("10.1.2.3:8000", "http://10.1.2.3:8001/v1", False),
        ("llm.corp.example:8000", "http://llm.corp.example:8000/v1", True),
        ("llm.corp.example:443", "https://llm.corp.example/v1", True),
        ("fd00::/8", "http://[fd00::7]:8000/v1", True),
        ("[fd00::7]", "http://[fd00::7]:8000/v1", True),
        ("[fd00::7]:8000", "http://[fd00::7]:8001/v1", False),
        ("localhost, 127.0.0.1 ,\t172.16.0.0/12", "http://172.20.1.1/v1", True),
        ("", "http://far.example/v1", False),
        (",, .", "http://far.example/v1", False),
        ("nonsense/99", "http://far.example/v1", False),
    ],
)
def test_a_list_of_exceptions_is_read_as_people_write_it(listed: str, url: str, expected: bool) -> None:
    assert is_direct(destination(url, "k"), listed) is expected


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_an_exception_is_asked_directly(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp.example:3128")
    assert proxy_to(destination("https://192.0.2.1/v1", "k")) == "http://proxy.corp.example:3128"
    monkeypatch.setenv(variable, "10.0.0.0/8,192.0.2.0/24")
    assert proxy_to(destination("https://192.0.2.1/v1", "k")) is None
    assert proxy_to(destination("https://198.51.100.1/v1", "k")) == "http://proxy.corp.example:3128"
