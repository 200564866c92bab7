"""What providers and servers are asked before anything is paid: with which key and headers, and what their answers mean."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.execution.first_contact import FirstContact
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.contact.keys import ACCESS
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from tests.support.listing_server import PAGE, ListingServer, listed

pytestmark = pytest.mark.usefixtures("alone")

KEY = "sk-mine-0123456789"
TLS = Path(__file__).parent / "tls"
VENDORS = {
    "openai/gpt-5-mini": ("OPENAI_API_KEY", "/models/gpt-5-mini", "Authorization"),
    "gpt-5-mini": ("OPENAI_API_KEY", "/models/gpt-5-mini", "Authorization"),
    "anthropic/claude-haiku-4-5": ("ANTHROPIC_API_KEY", "/models/claude-haiku-4-5", "x-api-key"),
    "gemini/gemini-2.5-flash": ("GEMINI_API_KEY", "/models/gemini-2.5-flash", "x-goog-api-key"),
    "deepseek/deepseek-chat": ("DEEPSEEK_API_KEY", "/models", "Authorization"),
    "mistral/mistral-small-latest": ("MISTRAL_API_KEY", "/models", "Authorization"),
}


def contact(model: str | None, base_url: str | None = None, *, environ: dict[str, str] | None = None, **said: Any) -> Any:
    """What comes of a contact with a model of which this is said."""
    described = {model or "local/qwen2.5-coder-0.5b": ModelOptions.of(said)}
    return FirstContact((model,), base_url, described, environ or {}).met()


def refused(model: str | None, base_url: str | None = None, *, environ: dict[str, str] | None = None, **said: Any) -> str:
    with pytest.raises(ModelFailure) as raised:
        contact(model, base_url, environ=environ, **said)
    return f"{raised.value.code} {raised.value.message}"


@dataclass
class Provider:
    """A vendor on a loopback port: it answers every question with `status` and `body`."""

    status: int = 200
    body: bytes = b'{"id": "m"}'
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def provider() -> Iterator[Provider]:
    told = Provider()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            told.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        told.url = f"http://127.0.0.1:{http.server_port}/v1"
        Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield told
        http.shutdown()


@pytest.fixture
def at_loopback(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """All providers of the table are at the loopback one."""
    for name, access in ACCESS.items():
        if access.base is not None:
            monkeypatch.setitem(ACCESS, name, access._replace(base=provider.url))
    monkeypatch.setattr("lambda_rlm.llm.providers.contact.keys.has_litellm", lambda: True)
    return provider


@pytest.mark.parametrize("model", VENDORS)
def test_a_vendor_is_asked_with_its_own_header(model: str, at_loopback: Provider) -> None:
    variable, path, header = VENDORS[model]
    assert contact(model, environ={variable: KEY}).notes == ()
    [(asked, headers)] = at_loopback.asked
    assert asked == f"/v1{path}" and headers[header.lower()].removeprefix("Bearer ") == KEY
    assert (header == "Authorization") or "authorization" not in headers
    assert ("anthropic-version" in headers) == model.startswith("anthropic")
    contact(model, environ={variable: KEY})
    assert len(at_loopback.asked) == 1, "once a day"


@pytest.mark.parametrize("model", VENDORS)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b'{"error": {"message": "Incorrect API key provided: sk-mine-0123456789.", "code": "invalid_api_key"}}'),
        (401, b'{"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}'),
        (400, b'{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}'),
        (400, b'[{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}]'),
        (401, b'{"message": "Unauthorized", "request_id": "1"}'),
    ],
)
def test_a_refused_key_names_the_variable_and_not_the_key(model: str, status: int, body: bytes, at_loopback: Provider) -> None:
    at_loopback.status, at_loopback.body = status, body
    told = refused(model, environ={VENDORS[model][0]: KEY})
    assert told.startswith("E0506") and VENDORS[model][0] in told and KEY not in told


@pytest.mark.parametrize("model", [model for model, row in VENDORS.items() if row[1] != "/models"])
def test_a_vendor_that_does_not_know_the_model_says_so(model: str, at_loopback: Provider) -> None:
    at_loopback.status = 404
    at_loopback.body = b'{"error": {"message": "The model does not exist or you do not have access to it."}}'
    told = refused(model, environ={VENDORS[model][0]: KEY})
    assert told.startswith("E0507") and "unknown model (The model does not exist" in told


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>not found</html>"),
        (403, b'{"error": {"message": "You have insufficient permissions: missing scopes: api.model.read"}}'),
        (429, b"{}"),
        (500, b""),
        (200, PAGE),
        (302, b""),
    ],
)
@pytest.mark.parametrize("model", VENDORS)
def test_what_may_work_is_left_to_the_call(model: str, status: int, body: bytes, at_loopback: Provider) -> None:
    at_loopback.status, at_loopback.body = status, body
    assert contact(model, environ={VENDORS[model][0]: KEY}).notes == ()


@pytest.mark.parametrize("model", VENDORS)
def test_the_key_of_another_variable_is_enough(model: str, at_loopback: Provider) -> None:
    contact(model, environ={"MINE": KEY}, api_key_env="MINE")
    assert KEY in at_loopback.asked[0][1][VENDORS[model][2].lower()]
    assert "set the environment variable MINE" in refused(model, api_key_env="MINE")
    at_loopback.status = 401
    assert "check MINE" in refused(model, environ={"MINE": KEY + "x"}, api_key_env="MINE")


def test_a_header_may_be_the_key_of_a_vendor(at_loopback: Provider) -> None:
    contact("openai/gpt-5-mini", headers=[f"Authorization: Bearer {KEY}", "X-Team: a"])
    headers = at_loopback.asked[0][1]
    assert (headers["authorization"], headers["x-team"]) == (f"Bearer {KEY}", "a")
    contact("anthropic/claude-haiku-4-5", headers=[f"X-Api-Key: {KEY}"])
    assert at_loopback.asked[1][1]["x-api-key"] == KEY
    assert "OPENAI_API_KEY" in refused("openai/gpt-5-mini", headers=["X-Team: a"])
    assert "set api_key_env" in refused("mistral/m", headers=["Authorization: Bearer k"], environ={"MISTRAL_API_KEY": KEY})


@pytest.mark.parametrize(
    ("model", "variable", "base"),
    [
        ("openai/gpt-5-mini", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ("openai/gpt-5-mini", "OPENAI_API_KEY", "OPENAI_API_BASE"),
        ("anthropic/claude-haiku-4-5", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    ],
)
def test_a_server_that_a_variable_names_must_be_there(model: str, variable: str, base: str, provider: Provider) -> None:
    """Whatever it answers: it may be a gateway that knows completions alone."""
    provider.status, provider.body = 404, b'{"detail": "Not Found"}'
    assert contact(model, environ={variable: KEY, base: provider.url}).notes == ()
    assert len(provider.asked) == 1
    told = refused(model, environ={variable: KEY, base: "http://127.0.0.1:9/v1"})
    assert told.startswith("E0505") and "http://127.0.0.1:9" in told


def test_headers_and_key_go_with_the_first_question(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a server behind a gateway tells its model and its window, and keeps them apart for each who asks."""
    monkeypatch.setenv("MINE", KEY)
    provider.body = b'{"data": [{"id": "qwen", "max_model_len": 20000}]}'
    met = contact(None, provider.url, environ={"MINE": KEY}, headers=["X-Team: search"], api_key_env="MINE")
    assert met.model == "qwen"
    assert provider.asked[0][1]["authorization"] == f"Bearer {KEY}" and provider.asked[0][1]["x-team"] == "search"
    assert connect("qwen", base_url=provider.url).profile.window == 20_000
    contact("qwen", provider.url, environ={"MINE": KEY}, headers=["X-Team: other"], api_key_env="MINE")
    assert provider.asked[-1][1]["x-team"] == "other"
    provider.status = 401
    told = refused("qwen", provider.url, headers=["Authorization: Bearer wrong-0123456789"])
    assert "check the header Authorization" in told and "wrong-0" not in told


def test_a_missing_variable_or_file_ends_the_run_at_once(provider: Provider, tmp_path: Path) -> None:
    assert "set the environment variable MINE" in refused("m", provider.url, api_key_env="MINE")
    told = refused("m", provider.url, ca_bundle=str(tmp_path / "none.pem"))
    assert "cannot read the certificates in" in told and "not trusted" not in told
    assert "ca_bundle is for servers" in refused(
        "mistral/m", environ={"MISTRAL_API_KEY": KEY}, ca_bundle=TLS / "certificate.pem"
    )
    assert provider.asked == []


def test_the_first_question_heeds_the_authorities() -> None:
    with ListingServer({"GET /v1/models": listed("m", max_model_len=20_000)}) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
        server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
        url = server.url.replace("http://127.0.0.1", "https://localhost")
        assert contact("m", url, ca_bundle=TLS / "certificate.pem").notes == ()
        assert "is not trusted" in refused("m", url)
        plain = refused("m", server.url.replace("http", "https"))
    assert "not trusted" in plain


def test_a_wrong_scheme_gets_the_right_one(provider: Provider) -> None:
    host = provider.url.removeprefix("http://")
    assert f"must begin with http:// or https://, e.g. http://{host}" in refused("m", host)
    assert f"does not speak TLS; did you mean {provider.url}?" in refused("m", f"https://{host}")
    assert "user:pass" not in refused("m", f"user:pass@{host}")
