"""What servers say of themselves: each shape as its product sends it, and what a hostile one may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.contact.inquiry import inquire
from lambda_rlm.llm.providers.contact.known_servers import DAY, FILE, is_met, meet, served_by
from lambda_rlm.llm.providers.contact.served import Served, models_in, window_of
from tests.support.listing_server import NOT_FOUND, PAGE, ListingServer, Paths, listed

OLLAMA = listed("llama3.2:latest", "nomic-embed-text:latest", owned_by="library")
SHOWN = {"model_info": {"general.architecture": "llama", "llama.context_length": 131_072}, "parameters": 'stop "x"'}
RUNNING = {"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest", "context_length": 8_192}]}
STUDIO = {
    "data": [
        {"id": "qwen3-4b", "type": "llm", "state": "loaded", "max_context_length": 262_144, "loaded_context_length": 12_000},
        {"id": "gemma-3", "type": "llm", "state": "not-loaded", "max_context_length": 131_072},
        {"id": "nomic", "type": "embeddings", "state": "not-loaded", "max_context_length": 2_048},
    ]
}
LLAMA_CPP = listed("m.gguf", owned_by="llamacpp", meta={"n_ctx_train": 131_072})


def asked(paths: Paths, wanted: str | None) -> Served | None:
    with ListingServer(paths) as server:
        return anyio.run(inquire, server.url, None, wanted or "the model", wanted)


@pytest.mark.parametrize(
    ("paths", "name", "window"),
    [
        # vLLM and SGLang: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (`max_model_len`)
        ({"GET /v1/models": listed("qwen", owned_by="vllm", max_model_len=32_768)}, "qwen", 32_768),
        ({"GET /v1/models": listed("qwen", owned_by="sglang", max_model_len=40_960)}, "qwen", 40_960),
        # OpenRouter: a provider may offer less than the model has. https://openrouter.ai/docs/api-reference/list-available-models
        ({"GET /v1/models": listed("z/m", context_length=200_000, top_provider={"context_length": 65_536})}, "z/m", 65_536),
        # Together: a bare list. https://docs.together.ai/reference/models-1
        ({"GET /v1/models": (200, [{"id": "meta/l", "context_length": 131_072}])}, "meta/l", 131_072),
        # Groq and Mistral: `context_window`, `max_context_length`
        ({"GET /v1/models": listed("llama", context_window=131_072)}, "llama", 131_072),
        ({"GET /v1/models": listed("mistral-small", max_context_length=32_000)}, "mistral-small", 32_000),
        # llama.cpp: its slot counts, not what the model was made for; it answers whatever name it is asked for.
        ({"GET /v1/models": LLAMA_CPP, "GET /props": (200, {"default_generation_settings": {"n_ctx": 4_096}})}, "x", 4_096),
        ({"GET /v1/models": LLAMA_CPP}, "m.gguf", None),
        ({"GET /v1/models": listed("m", owned_by="llamacpp", meta={"n_ctx_train": 2_048})}, "m", 2_048),
        # LM Studio: https://lmstudio.ai/docs/app/api/endpoints/rest
        ({"GET /v1/models": listed("qwen3-4b", "gemma-3"), "GET /api/v0/models": (200, STUDIO)}, "qwen3-4b", 12_000),
        ({"GET /v1/models": listed("qwen3-4b", "gemma-3"), "GET /api/v0/models": (200, STUDIO)}, "gemma-3", None),
        # Ollama: the least of `num_ctx`, what it runs with, and what the model was made for; 4,096 where nobody says.
        ({"GET /v1/models": OLLAMA, "POST /api/show": (200, SHOWN)}, "llama3.2", 4_096),
        ({"GET /v1/models": OLLAMA, "POST /api/show": (200, SHOWN), "GET /api/ps": (200, RUNNING)}, "llama3.2", 8_192),
        (
            {"GET /v1/models": OLLAMA, "POST /api/show": (200, {**SHOWN, "parameters": "num_ctx    16384\nstop x"})},
            "llama3.2",
            16_384,
        ),
        (
            {"GET /v1/models": OLLAMA, "POST /api/show": (200, {**SHOWN, "parameters": "num_ctx 999999"})},
            "llama3.2",
            131_072,
        ),
    ],
)  # fmt: skip
def test_the_effective_window_is_read(paths: Paths, name: str, window: int | None) -> None:
    served = asked(paths, name)
    assert served is not None
    assert window_of(served, name, 8_192) == window


@pytest.mark.parametrize("value", [0, -1, 12, True, 1e99, float("nan"), "8192", None, [], {}, 10**30, 0.5])
def test_a_window_that_no_model_has_is_none(value: Any) -> None:
    served = models_in({"data": [{"id": "m", "max_model_len": value}]})
    assert served is not None and window_of(served, "m", 8_192) is None


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "a\u202eb", "", 7, None, "x" * 300])
def test_a_name_that_cannot_be_shown_is_left_out(name: Any) -> None:
    served = models_in({"data": [{"id": name}, {"id": "good"}, "bare", 5, None]})
    assert served is not None and [model.name for model in served.models] == ["good", "bare"]


@pytest.mark.parametrize("reply", [None, 5, "x", {}, {"data": 5}, {"data": {"id": "m"}}, {"object": "list"}])
def test_what_is_no_list_says_nothing(reply: Any) -> None:
    assert models_in(reply) is None


def test_a_list_without_end_is_read_to_a_limit() -> None:
    served = models_in({"data": [{"id": f"m{n}"} for n in range(10_000)]})
    assert served is not None and len(served.models) == 2_000


@pytest.mark.parametrize(
    ("paths", "answering"),
    [
        ({"GET /v1/models": listed("only")}, "only"),
        ({"GET /v1/models": listed("one", "two")}, None),
        ({"GET /v1/models": listed("writer", "bge-reranker-v2", "text-embedding-3", "whisper-1")}, "writer"),
        ({"GET /v1/models": OLLAMA, "POST /api/show": (200, SHOWN)}, "llama3.2:latest"),
        ({"GET /v1/models": listed("qwen3-4b", "gemma-3"), "GET /api/v0/models": (200, STUDIO)}, "qwen3-4b"),
    ],
)
def test_the_model_that_answers_is_the_loaded_or_only_one(paths: Paths, answering: str | None) -> None:
    served = asked(paths, None)
    assert served is not None
    assert (None if served.answering is None else served.answering.name) == answering


@pytest.mark.parametrize(
    "paths",
    [
        {"*": (501, b"<html>no GET</html>")},
        {"*": (405, {"error": "method not allowed"})},
        {"GET /v1/models": (404, {"detail": "Not Found"})},
        {"GET /v1/models": (200, {"hello": "world"})},
        {"GET /v1/models": (403, b"<html>Forbidden</html>")},
        {"GET /v1/models": (403, {"error": {"message": "You have insufficient permissions. Missing scopes: api.model.read"}})},
        {"GET /v1/models": (401, {"error": {"message": "this key is not allowed to call this route"}})},
        {"GET /v1/models": (429, {"error": {"message": "slow down"}})},
        {"GET /v1/models": (503, b"loading")},
        {"GET /v1/models": (404, b"404 page not found"), "POST /v1/chat/completions": (400, {"error": "no model"})},
        {"GET /v1/models": (200, PAGE), "POST /v1/chat/completions": (422, {"detail": "messages missing"})},
        {"GET /v1/models": (302, b"")},
    ],
)  # fmt: skip
def test_a_server_that_does_not_say_is_no_error(paths: Paths) -> None:
    assert asked(paths, "m") is None


@pytest.mark.parametrize(
    ("paths", "path", "said"),
    [
        ({"GET /v1/models": listed("m")}, "", "did you mean {root}/v1?"),
        ({"GET /v1/models": listed("m"), "*": (404, {"detail": "Not Found"})}, "", "did you mean {root}/v1?"),
        ({"GET /v1/models": listed("m"), "*": (200, PAGE)}, "", "did you mean {root}/v1?"),
        ({"GET /v1/models": (401, {"error": "key"})}, "", "did you mean {root}/v1?"),
        ({"GET /v1/models": listed("m")}, "/v1/chat/completions", "did you mean {root}/v1?"),
        ({"*": (200, PAGE)}, "/v1", "is a web page"),
        ({"*": NOT_FOUND}, "/v2", "is no API (status 404"),
    ],
)
def test_a_wrong_address_is_told_with_the_right_one(paths: Paths, path: str, said: str) -> None:
    with ListingServer(paths) as server, pytest.raises(ModelFailure) as raised:
        anyio.run(inquire, f"{server.root}{path}", None, "m", "m")
    assert raised.value.code == "E0505" and not raised.value.is_retryable
    assert said.format(root=server.root) in raised.value.message
    assert all("messages" not in asked for asked in server.asked)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": {"message": "Incorrect API key provided: sk-wrong-0123456789"}}),
        (401, b""),
        (403, {"error": "invalid token"}),
        (400, [{"error": {"message": "API key not valid. Please pass a valid API key."}}]),
    ],
)
def test_a_refused_key_is_told_and_never_shown(status: int, body: Any) -> None:
    with ListingServer({"GET /v1/models": (status, body)}) as server, pytest.raises(ModelFailure) as raised:
        anyio.run(inquire, server.url, "sk-wrong-0123456789", "m", "m")
    assert raised.value.code == "E0506" and "rejected" in raised.value.message and "OPENAI_API_KEY" in raised.value.message
    assert "sk-wrong" not in raised.value.message


@pytest.mark.parametrize(
    ("paths", "is_refused"),
    [
        ({"GET /v1/models": listed("qwen", owned_by="vllm", max_model_len=9_000)}, True),
        ({"GET /v1/models": OLLAMA}, True),
        ({"GET /v1/models": listed("qwen", owned_by="somebody")}, False),  # it may know more than it lists
        ({"GET /v1/models": LLAMA_CPP}, False),
    ],
)
def test_a_name_is_refused_only_by_servers_that_refuse_it(paths: Paths, is_refused: bool) -> None:
    if not is_refused:
        assert asked(paths, "qwem") is not None
        return
    with pytest.raises(ModelFailure, match="does not serve this model") as raised:
        asked(paths, "qwem")
    assert raised.value.code == "E0507"


def test_what_was_said_counts_until_it_is_asked_anew(alone: Path) -> None:
    url = "http://127.0.0.1:1/v1"
    served = models_in(listed("m", max_model_len=24_000)[1])
    assert connect("m", base_url=url).profile.window == 8_192
    meet(url, "sk-key-0123456789", ("m",), served, now=1_000.0)
    assert is_met(url, "sk-key-0123456789", ("m",), now=1_000.0 + DAY - 1)
    assert not is_met(url, "sk-key-0123456789", ("m",), now=1_000.0 + DAY)
    assert not is_met(url, "another", ("m",), now=1_001.0) and not is_met(url, "sk-key-0123456789", ("n",), now=1_001.0)
    assert served_by(url) == served
    assert connect("m", base_url=url).profile.window == 24_000
    assert connect("m", base_url=url, window=5_000).profile.window == 5_000, "what a person says wins"
    assert connect("other", base_url=url).profile.window == 8_192
    kept = (alone / "home" / FILE).read_text("utf-8")
    assert "sk-key" not in kept and "127.0.0.1" not in kept
    assert (alone / "home" / FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 5}', json.dumps({"a" * 32: {"models": 5, "met": []}})])
def test_a_damaged_file_is_no_trouble(text: str, alone: Path) -> None:
    (alone / "home").mkdir()
    path = alone / "home" / FILE
    path.write_text(text)
    path.chmod(0o600)
    assert served_by("http://h/v1") is None and not is_met("http://h/v1", None, ("m",))
    meet("http://h/v1", None, ("m",), None)
    assert is_met("http://h/v1", None, ("m",))
