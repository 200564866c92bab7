"""Headers, keys, authorities and a temperature that a user says: what is sent, what is refused, and that no key is shown."""

from __future__ import annotations

import json
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, Model, Sampling
from lambda_rlm.diagnostics import blot
from lambda_rlm.diagnostics.blot import blotted, without_keys
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.wrappers.cache import ReplyStore, identity
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.llm.wrappers.model_headers import names_only, without_values
from lambda_rlm.llm.wrappers.model_options import ModelOptions, as_described
from lambda_rlm.llm.wrappers.retry import RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.asking import FakeModel
from tests.support.raw_server import completion, raw_server, said

TLS = Path(__file__).parent / "tls"
SECRET = "hunter22-of-the-gateway"
DOORS = ["openai/m", pytest.param("deepseek/m", marks=pytest.mark.slow)]
"""A name that the lean door asks, and one of the vendor door."""


@pytest.fixture(autouse=True)
def nothing_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blot, "_hidden", set())
    for name in ("OPENAI_API_KEY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "MY_PASS"):
        monkeypatch.delenv(name, raising=False)


def head_and_reply(
    name: str, answer: bytes, key: str | None = None, **options: Any
) -> tuple[dict[str, str], Completion | ModelFailure]:
    """The head of what a server is sent, by names in lower case, and what came of it."""

    async def ask() -> tuple[dict[str, str], Completion | ModelFailure]:
        async with raw_server(answer) as server:
            described = {name: ModelOptions(**options)}
            model = connect(name, base_url=server.url, api_key=key, described=described, policy=RetryPolicy(retries=0))
            done: Completion | ModelFailure
            try:
                done = await model.complete(asked("hello"))
            except ModelFailure as failed:
                done = failed
            finally:
                await model.aclose()
            lines = server.requests[0][0].split("\r\n")[1:] if server.requests else []
            pairs = [line.partition(": ") for line in lines if line]
            assert len({one[0].lower() for one in pairs}) == len(pairs), "no header twice"
            return {one.lower(): value for one, _, value in pairs}, done

    return anyio.run(ask)


ANSWER = said(completion(), "Content-Type: application/json")


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize(
    "told", [("X-Org: acme", f"api-key:  {SECRET} "), {"X-Org": "acme", "api-key": SECRET}], ids=["texts", "mapping"]
)
def test_headers_are_sent_with_each_request(name: str, told: Any) -> None:
    head, _ = head_and_reply(name, ANSWER, "sk-of-nobody-1", headers=told)
    assert (head["x-org"], head["api-key"], head["authorization"]) == ("acme", SECRET, "Bearer sk-of-nobody-1")


def test_authorization_takes_the_place_of_the_key() -> None:
    head, _ = head_and_reply("openai/m", ANSWER, headers=[f"authorization: Basic {SECRET}"])
    assert head["authorization"] == f"Basic {SECRET}"


@pytest.mark.slow
def test_the_vendor_door_sends_no_authorization_but_the_key() -> None:
    head, failed = head_and_reply("deepseek/m", ANSWER, headers=[f"authorization: Basic {SECRET}"])
    assert isinstance(failed, ModelFailure) and "set api_key_env" in failed.message and head == {}


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("status", ["401 Unauthorized", "400 Bad Request", "500 Broken"])
def test_a_header_that_a_server_repeats_is_not_shown(name: str, status: str) -> None:
    body = f'{{"error": {{"message": "no {SECRET} here, Token {SECRET}"}}}}'.encode()
    answer = said(body, "Content-Type: application/json", status=status)
    _, failed = head_and_reply(name, answer, headers=[f"X-Auth: Token {SECRET}"])
    assert isinstance(failed, ModelFailure)
    assert "hunter22" not in failed.message and "no …" in failed.message


@pytest.mark.parametrize("name", DOORS)
def test_a_header_that_a_model_repeats_is_not_a_reply(name: str) -> None:
    _, done = head_and_reply(
        name, said(completion(f"it is {SECRET}"), "Content-Type: application/json"), headers=[f"X-Auth: {SECRET}"]
    )
    assert isinstance(done, Completion) and done.text == "it is …"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (["X-Org"], 'headers must be written "NAME: VALUE"'),
        (["X Org: a"], 'headers must be written "NAME: VALUE"'),
        ([": hunter22"], 'headers must be written "NAME: VALUE"'),
        (["X-Örg: hunter22"], 'headers must be written "NAME: VALUE"'),
        (["X-Org: hunter22\r\nX-Other: b"], "the header X-Org needs a value in one line of printable ASCII"),
        (["X-Org: hunter22\nPOST / HTTP/1.1"], "the header X-Org needs"),
        (["X-Org: hunter22\0"], "the header X-Org needs"),
        (["X-Org: hunter22é"], "the header X-Org needs"),
        (["X-Org:  "], "the header X-Org needs"),
        (["X-Org\r\nX-Other: hunter22"], 'headers must be written "NAME: VALUE"'),
        (["Host: hunter22"], "the header Host cannot be set: each request has its own"),
        (["content-LENGTH: 0"], "the header content-LENGTH cannot be set"),
        (["Transfer-Encoding: chunked"], "the header Transfer-Encoding cannot be set"),
        (["Connection: close"], "the header Connection cannot be set"),
        (["Proxy-Authorization: Basic hunter22"], "the header Proxy-Authorization cannot be set"),
        (["X-Org: hunter22", "x-org: b"], "the header x-org is set twice"),
        ("X-Org: hunter22", "headers must be a list of texts"),
        (7, "headers must be a list of texts"),
        ([7], 'headers must be written "NAME: VALUE"'),
    ],
    ids=str,
)
def test_a_header_that_could_write_or_replace_lines_is_refused(told: Any, why: str) -> None:
    with pytest.raises(ValueError) as raised:
        ModelOptions.of({"headers": told})
    assert why in str(raised.value) and "hunter22" not in str(raised.value)


def test_what_is_shown_and_kept_of_headers_are_names() -> None:
    options = ModelOptions.of({"headers": [f"X-Org: {SECRET}"], "temperature": 1})
    assert options.kept == {"headers": ["X-Org"], "temperature": 1} and "hunter22" not in str(options.kept)
    tables = {"m": {"headers": [f"X-Org: {SECRET}"], "window": 9}, "bad": 7}
    assert without_values("models", tables) == {"m": {"headers": ["X-Org"], "window": 9}, "bad": 7}
    assert without_values("headers", (f"X-Org: {SECRET}",)) == ["X-Org"] == names_only({"X-Org": SECRET})
    assert SECRET not in repr(connect("openai/m", base_url="http://127.0.0.1:9/v1", described={"openai/m": options}))


def test_a_value_is_hidden_when_it_is_used_and_no_sooner() -> None:
    """A stranger's file of settings, which does not count, does not blot what is printed."""
    options = ModelOptions.of({"headers": [f"X-Org: {SECRET}"]})
    assert SECRET in blotted(f"say {SECRET}") and SECRET in without_keys(f"say {SECRET}")
    options.sent_headers()
    assert blotted(f"say {SECRET}") == "say …" == without_keys(f"say {SECRET}")


@pytest.mark.parametrize("name", DOORS)
def test_the_key_is_in_the_variable_that_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-itself")
    monkeypatch.setenv("MY_PASS", f" {SECRET}\n")
    body = f'{{"error": {{"message": "wrong key {SECRET}"}}}}'.encode()
    head, failed = head_and_reply(name, said(body, "Content-Type: application/json", status="401 No"), api_key_env="MY_PASS")
    assert head["authorization"] == f"Bearer {SECRET}"
    assert isinstance(failed, ModelFailure) and "hunter22" not in failed.message
    assert "hunter22" not in blotted(f"said {SECRET}"), "whatever the name of the variable"


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_variable_is_named_before_anything_is_sent(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-itself")
    if value is not None:
        monkeypatch.setenv("MY_PASS", value)
    head, failed = head_and_reply(name, ANSWER, api_key_env="MY_PASS")
    assert isinstance(failed, ModelFailure) and head == {}
    assert failed.code == "E0506" and failed.is_fatal and "environment variable MY_PASS" in failed.message


def test_two_models_have_their_own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONE_PASS", "OTHER_PASS"):
        monkeypatch.setenv(name, f"{name.lower()}-12345")
        assert head_and_reply("openai/m", ANSWER, api_key_env=name)[0]["authorization"] == f"Bearer {name.lower()}-12345"


@pytest.mark.parametrize("told", ["sk-hunter22-12345", "hunter22 x", "1A", "", 7, "A" * 300])
def test_a_key_in_place_of_a_name_is_refused_and_not_shown(told: Any) -> None:
    with pytest.raises(ValueError, match="must be the name of an environment variable, not a key") as raised:
        ModelOptions.of({"api_key_env": told})
    assert "hunter22" not in str(raised.value)


def test_two_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be set together"):
        ModelOptions.of({"api_key_env": "MY_PASS", "headers": ["AUTHORIZATION: Bearer x"]})


def tls_reply(**options: Any) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")

    async def ask() -> str:
        async with raw_server(ANSWER, tls=context) as server:
            url = server.url.replace("http:", "https:")
            model = connect(
                "openai/m", base_url=url, described={"openai/m": ModelOptions(**options)}, policy=RetryPolicy(retries=0)
            )
            try:
                return (await model.complete(asked("hello"))).text
            except ModelFailure as failed:
                return f"{failed.code} {len(server.requests)}: {failed.message}"
            finally:
                await model.aclose()

    return anyio.run(ask)


def test_a_server_is_trusted_by_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TLS)
    assert tls_reply(ca_bundle="certificate.pem") == "hello"
    assert tls_reply(ca_bundle=TLS / "certificate.pem") == "hello"
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    assert tls_reply() == "hello"
    assert tls_reply(ca_bundle=str(TLS / "other_host.pem")).startswith("E0505 0: "), "the file of the server alone counts"


@pytest.mark.parametrize(
    ("file", "why"),
    [("nowhere.pem", "No such file"), ("key.pem", "cannot read the certificates"), ("../tls", "cannot read the certificates")],
)
def test_a_file_that_holds_no_certificates_is_told(file: str, why: str) -> None:
    told = tls_reply(ca_bundle=str(TLS / file))
    assert told.startswith("E0505 0: ") and why in told and str((TLS / file).resolve()) in told
    _, failed = head_and_reply("openai/m", ANSWER, ca_bundle=str(TLS / file))
    assert isinstance(failed, ModelFailure) and why in failed.message, "also where it is not needed"


@pytest.mark.parametrize("told", ["", "  ", 7])
def test_a_path_that_is_none_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match="ca_bundle must be the path of a file"):
        ModelOptions.of({"ca_bundle": told})


def test_a_variable_with_a_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL would overlook it, and say that nobody is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    assert "cannot read the certificates in /nowhere/ca.pem" in tls_reply()


def test_a_connection_is_shared_by_models_of_equal_trust_alone() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")

    async def ask() -> list[str]:
        found, limiters = [], Limiters()
        async with raw_server(ANSWER, tls=context) as server:
            url = server.url.replace("http:", "https:")
            trusting = ModelOptions(ca_bundle=str(TLS / "certificate.pem"))
            models = [
                connect(name, base_url=url, described={"openai/a": trusting}, limiters=limiters, policy=RetryPolicy(retries=0))
                for name in ("openai/a", "openai/b")
            ]
            for model in models:
                try:
                    found.append((await model.complete(asked("hello"))).text)
                except ModelFailure as failed:
                    found.append(failed.code)
            for model in models:
                await model.aclose()
        return found

    assert anyio.run(ask) == ["hello", "E0505"]


@pytest.mark.slow
def test_the_vendor_door_says_that_it_takes_no_file() -> None:
    _, failed = head_and_reply("deepseek/m", ANSWER, ca_bundle=str(TLS / "certificate.pem"))
    assert isinstance(failed, ModelFailure) and "set SSL_CERT_FILE" in failed.message


def sampling_seen(sampling: Sampling, temperature: float | None) -> Sampling:
    seen: list[Sampling] = []

    def answer(request: Any) -> str:
        seen.append(request.sampling)
        return "yes"

    model: Model = as_described(FakeModel(answer), ModelOptions(temperature=temperature), allows_thought=False)
    anyio.run(model.complete, replace(asked("hello"), sampling=sampling))
    return seen[0]


def test_a_temperature_takes_the_place_of_the_usual_one_alone() -> None:
    assert sampling_seen(Sampling(), 0.4) == Sampling(0.4)
    assert sampling_seen(Sampling(), None) == Sampling()
    assert sampling_seen(Sampling(0.7, seed=3), 0.4) == Sampling(0.7, seed=3), "a sample is drawn as it was asked for"


@pytest.mark.parametrize("told", [-0.1, float("nan"), float("inf"), "1", True])
def test_a_temperature_that_is_none_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match="temperature must be a number of at least 0"):
        ModelOptions.of({"temperature": told})


def test_the_cache_knows_at_which_temperature_a_reply_was_drawn(tmp_path: Path) -> None:
    async def ask() -> list[float]:
        async with raw_server(ANSWER) as server:
            for temperature in (None, 0.4, 0.4, 0.0, None):
                options = {"openai/m": ModelOptions(temperature=temperature)}
                store = ReplyStore(tmp_path / "replies.sqlite3")
                model = connect("openai/m", base_url=server.url, described=options, cache=store)
                done = await model.complete(replace(asked("hello"), digest="hello"))
                if done.keep is not None:
                    done.keep()
                await model.aclose()
            return [json.loads(body)["temperature"] for _, body in server.requests]

    assert anyio.run(ask) == [0.0, 0.4, 0.0], "asked once at each"
    assert identity("openai/m", None, 1) == identity("openai/m", None, 1.0) != identity("openai/m")
