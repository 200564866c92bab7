"""Servers whose certificate is not trusted are sent nothing, and the way to trust a company's authority is told."""

from __future__ import annotations

import ssl
from pathlib import Path

import anyio
import pytest

from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.providers.exchange import Untrusted, destination
from lambda_rlm.llm.providers.trust import bundle, tls_context
from lambda_rlm.llm.providers.vendor_errors import mapped
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_proxy import proxy_to
from lambda_rlm.testing import request as asked
from tests.support.raw_server import completion, raw_server, said

TLS = Path(__file__).parent / "tls"
GOOD = ("certificate.pem", "key.pem")
OTHER_HOST = ("other_host.pem", "other_host_key.pem")
VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def nobody_else_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def replied(certificate: tuple[str, str]) -> tuple[str | ModelFailure, int]:
    """What comes of a question to a server with this certificate, and how many requests it was sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / certificate[0], TLS / certificate[1])

    async def ask() -> tuple[str | ModelFailure, int]:
        async with raw_server(said(completion()), tls=context) as server:
            model = HttpModel("openai/m", server.url.replace("http:", "https:"), api_key="sk-topsecret12345")
            try:
                return (await model.complete(asked("hello"))).text, len(server.requests)
            except ModelFailure as failed:
                return failed, len(server.requests)
            finally:
                await model.aclose()

    return anyio.run(ask)


def refused(certificate: tuple[str, str], why: str, what: str = "SSL_CERT_FILE") -> None:
    failed, requests = replied(certificate)
    assert isinstance(failed, ModelFailure) and requests == 0
    assert failed.code == "E0505" and not failed.is_retryable
    assert why in failed.message and what in failed.message and "topsecret" not in failed.message


def test_a_certificate_of_nobody_known_is_refused_and_told() -> None:
    refused(GOOD, "self-signed certificate")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_authority_of_a_company_is_heeded(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, str(TLS / GOOD[0]))
    assert replied(GOOD) == ("hello", 1)


def test_a_certificate_of_another_host_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / OTHER_HOST[0]))
    refused(OTHER_HOST, "not valid for '127.0.0.1'")


def test_a_file_of_authorities_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    refused(GOOD, "cannot read the certificates in /nowhere/ca.pem", "REQUESTS_CA_BUNDLE")
    with pytest.raises(Untrusted):
        tls_context()


def test_what_openssl_reads_itself_comes_first() -> None:
    assert bundle({"REQUESTS_CA_BUNDLE": "a", "CURL_CA_BUNDLE": "b"}) == "a"
    assert bundle({"REQUESTS_CA_BUNDLE": "a", "SSL_CERT_FILE": "c"}) is None
    assert bundle({"SSL_CERT_DIR": "d", "CURL_CA_BUNDLE": "b"}) is None
    assert bundle({}) is None


def test_the_vendor_door_says_the_same() -> None:
    inside = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: expired")
    try:
        raise RuntimeError("Connection error.") from inside
    except RuntimeError as error:
        failed = mapped(error, "openai/m", "https://me:hunter2@host/v1", "sk-topsecret12345")
    assert failed.code == "E0505" and not failed.is_retryable
    assert "expired" in failed.message and "SSL_CERT_FILE" in failed.message and "hunter2" not in failed.message


@pytest.mark.parametrize(
    "host", ["127.0.0.2", "127.1", "0.0.0.0", "localhost.", "LOCALHOST", "a.localhost", "::1", "::ffff:127.0.0.1"]
)
def test_this_machine_is_never_asked_through_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    at = f"[{host}]" if ":" in host else host
    assert proxy_to(destination(f"http://{at}:8000/v1", "key")) is None
    assert proxy_to(destination("http://10.1.1.1:8000/v1", "key")) == "http://127.0.0.1:9"
