"""What a server does not take is left out once, whatever its words: a parameter, the name of a limit, a schema. Never a limit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Model, Sampling
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.constraints import REFUSALS, error_in, refused_names, told_in
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_litellm import LitellmModel
from lambda_rlm.llm.wrappers.fallback import ConstraintFallback
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.testing import request as asked
from tests.support.raw_server import RawServer, completion, raw_server, said
from tests.support.sleeping import at_once

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
HELLO, TYPED = asked("hello"), replace(asked("hello"), schema=SCHEMA)
SAMPLE = replace(HELLO, sampling=Sampling(0.7, seed=3))

LIMITS = ("max_tokens", "max_completion_tokens")
NOT_TAKEN = [
    # OpenAI, reasoning models (platform.openai.com/docs/guides/reasoning)
    (400, {"error": {"message": "Unsupported parameter: '{}' is not supported with this model. Use 'max_completion_tokens' instead.",
                     "type": "invalid_request_error", "param": "{}", "code": "unsupported_parameter"}}),
    # Azure OpenAI, older versions of the API
    (400, {"error": {"message": "Unrecognized request argument supplied: {}", "type": "invalid_request_error", "param": None, "code": None}}),
    # pydantic 2, as of Mistral and many gateways
    (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "{}"], "msg": "Extra inputs are not permitted", "input": 5}]}),
    # Anthropic and LiteLLM behind the OpenAI form
    (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "{}: Extra inputs are not permitted"}}),
    # Groq
    (400, {"error": {"message": "property '{}' is unsupported", "type": "invalid_request_error"}}),
    # serde, as of text-generation-inference and mistral.rs
    (422, "Failed to deserialize the JSON body into the target type: unknown field `{}`, expected one of `model`, `seed`, `n`"),
    # Gemini in the OpenAI form
    (400, [{"error": {"code": 400, "message": "Invalid JSON payload received. Unknown name \"{}\": Cannot find field.", "status": "INVALID_ARGUMENT"}}]),
    # Bedrock gateways
    (400, {"message": "Malformed input request: extraneous key [{}] is not permitted, please reformat your input and try again."}),
    # LiteLLM proxy
    (400, {"error": {"message": "litellm.UnsupportedParamsError: openai does not support parameters: ['{}'], for model=m.", "code": "400"}}),
    # FastChat and other servers in Python
    (500, {"detail": "generate() got an unexpected keyword argument '{}'"}),
    # an error within a success
    (200, {"error": {"message": "Unsupported parameter: '{}'", "code": 400}}),
    # the same, without a member `error`
    (200, {"object": "error", "message": "Unsupported parameter: '{}'", "code": 400}),
]  # fmt: skip
"""How servers say that they do not take a parameter."""


def filled(body: Any, name: str) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).replace("{}", name).encode()


def answer(status: int, body: bytes) -> bytes:
    return said(body, "Content-Type: application/json", status=f"{status} Said")


class Strict:
    """Answers what has no field that it `refuses`, each in its words; `seen` are the fields of each request."""

    def __init__(self, refuses: Mapping[str, tuple[int, bytes]]) -> None:
        self.refuses, self.seen = refuses, list[dict[str, Any]]()

    def said(self, body: dict[str, Any]) -> bytes:
        self.seen.append(body)
        for name, (status, words) in self.refuses.items():
            if name in body:
                return answer(status, words)
        return answer(200, completion('{"n": 7}' if "response_format" in body else "hello"))


def replies(
    refuses: Mapping[str, tuple[int, bytes]],
    *requests: CompletionRequest,
    name: str = "openai/m",
    vendor: bool = False,
    retries: int = 0,
    **options: Any,
) -> tuple[list[Completion | ModelFailure], list[dict[str, Any]]]:
    """What comes of requests in turn, and what was sent for them."""
    strict = Strict(refuses)

    async def ask() -> list[Completion | ModelFailure]:
        server: RawServer

        async def reply(writer: Any) -> None:
            writer.write(strict.said(json.loads(server.requests[-1][1])))

        async with raw_server(reply) as server:
            said_ = ModelOptions(**options)
            if vendor:
                inner: Model = LitellmModel(name, base_url=server.url, api_key="sk-of-nobody-1", options=said_)
            else:
                inner = HttpModel(name, server.url, api_key="sk-of-nobody-1", options=said_)
            policy, found = RetryPolicy(retries=retries), list[Completion | ModelFailure]()
            model = RetryingModel(ConstraintFallback(inner), policy, sleep=at_once) if retries else ConstraintFallback(inner)
            for request in requests:
                try:
                    found.append(await model.complete(request))
                except ModelFailure as failed:
                    found.append(failed)
            await model.aclose()
            return found

    return anyio.run(ask), strict.seen


def texts(found: list[Completion | ModelFailure]) -> list[str]:
    return [one.text if isinstance(one, Completion) else f"{one.code}: {one.message}" for one in found]


@pytest.mark.parametrize("vendor", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["lean", "vendor"])
@pytest.mark.parametrize("number", range(len(NOT_TAKEN)))
def test_a_refused_limit_has_its_other_name_from_then_on(number: int, vendor: bool) -> None:
    (status, body), is_hidden = NOT_TAKEN[number], vendor and NOT_TAKEN[number][0] == 200
    if is_hidden:  # litellm does not tell what is in a success that is none
        status, body = NOT_TAKEN[0]
    name = "deepseek/m" if vendor else "openai/m"
    found, sent = replies({"max_tokens": (status, filled(body, "max_tokens"))}, HELLO, HELLO, name=name, vendor=vendor)
    assert texts(found) == ["hello", "hello"]
    assert [[limit for limit in LIMITS if limit in each] for each in sent] == [[LIMITS[0]], [LIMITS[1]], [LIMITS[1]]]
    assert {each[limit] for each in sent for limit in LIMITS if limit in each} == {HELLO.max_tokens}
    assert [one.usage.attempts for one in found if one.usage is not None] == [2, 1]


@pytest.mark.parametrize(("status", "body"), NOT_TAKEN, ids=range(len(NOT_TAKEN)))
@pytest.mark.parametrize("parameter", ["temperature", "seed"])
def test_a_refused_parameter_is_left_out_from_then_on(status: int, body: Any, parameter: str) -> None:
    found, sent = replies({parameter: (status, filled(body, parameter))}, SAMPLE, SAMPLE)
    assert texts(found) == ["hello", "hello"]
    assert [parameter in each for each in sent] == [True, False, False]
    assert all(each["max_tokens"] == SAMPLE.max_tokens for each in sent)


@pytest.mark.parametrize(
    "words",
    [
        "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1) value is supported.",
        "Input validation error: `temperature` must be strictly positive",
        "`temperature` is deprecated for this model.",
        "Model m does not support parameter temperature.",
    ],
)
def test_a_temperature_that_no_one_chose_is_left_out(words: str) -> None:
    refuses = {"temperature": (400, json.dumps({"error": {"message": words}}).encode())}
    found, sent = replies(refuses, HELLO, HELLO)
    assert texts(found) == ["hello", "hello"] and len(sent) == 3
    chosen, asked_ = replies(refuses, HELLO, temperature=0.3)
    assert texts(chosen)[0].startswith("E0508: ") and "temperature" in texts(chosen)[0], "it was chosen: never given up"
    assert [each["temperature"] for each in asked_] == [0.3]


def test_a_server_that_takes_no_limit_is_not_asked_without() -> None:
    refuses = {name: (400, filled(NOT_TAKEN[1][1], name)) for name in LIMITS}
    found, sent = replies(refuses, HELLO, HELLO)
    for one in found:
        assert isinstance(one, ModelFailure)
        assert one.code == "E0508" and "no request is sent without a limit on the reply" in one.message
    assert all(any(limit in each for limit in LIMITS) for each in sent)


def test_a_strict_server_is_understood_in_the_first_call() -> None:
    """Four refusals, with two retries; the bound allows three times one more than `REFUSALS`."""
    words = {name: (400, filled(NOT_TAKEN[1][1], name)) for name in ("max_tokens", "temperature", "seed")}
    words["response_format"] = (400, b'{"error": {"message": "This response_format type is unavailable now"}}')
    asked_ = replace(TYPED, sampling=SAMPLE.sampling)
    found, sent = replies(words, asked_, HELLO, retries=2)
    assert texts(found) == ["hello", "hello"] and len(sent) == 6
    assert [one.usage.attempts for one in found if one.usage is not None] == [5, 1]
    assert sent[-1].keys() == {"model", "messages", "max_completion_tokens"}
    [failed], _ = replies(words, asked_)
    assert isinstance(failed, ModelFailure) and failed.usage is not None
    assert (failed.code, failed.is_retryable, failed.usage.attempts) == ("E0508", True, 1 + REFUSALS)


def test_the_next_model_in_the_process_knows_it() -> None:
    async def ask() -> list[str]:
        async with raw_server(answer(400, filled(NOT_TAKEN[0][1], "max_tokens")), answer(200, completion())) as server:
            for _ in range(2):
                model = connect("openai/m", base_url=server.url, api_key="sk-of-nobody-1", policy=RetryPolicy(retries=0))
                await model.complete(HELLO)
                await model.aclose()
            return [next(limit for limit in LIMITS if limit.encode() in body) for _, body in server.requests]

    assert anyio.run(ask) == [LIMITS[0], LIMITS[1], LIMITS[1]]


@pytest.mark.parametrize(
    ("name", "limit", "has_temperature"),
    [
        ("openai/o3-mini", LIMITS[1], False),
        ("openai/o1", LIMITS[1], False),
        ("openai/gpt-5", LIMITS[1], False),
        ("openai/openai/gpt-5-nano", LIMITS[1], False),
        ("openai/gpt-5.1", LIMITS[1], False),
        ("openai/gpt-5-chat-latest", LIMITS[0], True),
        ("openai/gpt-4o", LIMITS[0], True),
        ("openai/gpt-oss-20b", LIMITS[0], True),
        ("openai/marco-o1", LIMITS[0], True),
        ("openai/gpt-50", LIMITS[0], True),
        ("openai/qwen3-8b", LIMITS[0], True),
    ],
)
def test_a_name_says_what_its_model_takes(name: str, limit: str, has_temperature: bool) -> None:
    _, [sent] = replies({}, HELLO, name=name)
    assert [each for each in LIMITS if each in sent] == [limit]
    assert ("temperature" in sent) is has_temperature
    _, [chosen] = replies({}, HELLO, name=name, temperature=1.0)
    assert chosen["temperature"] == 1.0


@pytest.mark.parametrize(
    "words",
    [
        "max_tokens is too large: 5000. This model supports at most 4096 completion tokens.",
        "max_tokens must be positive",
        "Invalid 'max_tokens': integer below minimum value.",
        "The model does not support images",
        "messages: Field required",
        "Unknown model: m",
    ],
)
def test_another_error_leaves_nothing_out(words: str) -> None:
    refuses = {"model": (400, json.dumps({"error": {"message": words}}).encode())}
    found, sent = replies(refuses, SAMPLE, SAMPLE)
    assert len(sent) == 2 and sent[0] == sent[1]
    assert all(words.split(":")[0] in text for text in texts(found))


REFUSED_SCHEMAS = [
    (
        400,
        {"error": {"message": "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."}},
    ),
    (400, {"error": {"message": "This model does not support response format `json_schema`"}}),
    (404, {"error": {"message": "No endpoints found that can handle the requested parameters.", "code": 404}}),
    (405, {"detail": "structured outputs are not enabled"}),
    (415, {"error": "JSON mode is not supported"}),
    (422, "Failed to deserialize the JSON body: response_format: unknown variant `json_schema`, expected `text`"),
    (
        422,
        {"detail": [{"type": "extra_forbidden", "loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]},
    ),
    (500, {"error": {"message": "xgrammar: unsupported JSON schema feature", "code": 500}}),
    (501, {"error": {"message": "guided decoding is not implemented"}}),
    (503, {"error": {"message": "backend without structured output", "code": 503}}),
    (200, {"error": {"message": "response_format is not supported by this provider", "code": 400}}),
    (400, {"error": {"message": "Provider returned error", "code": 400}}),
    (400, {}),
    (422, "Unprocessable Entity"),
    (501, ""),
]


@pytest.mark.parametrize(("status", "body"), REFUSED_SCHEMAS, ids=range(len(REFUSED_SCHEMAS)))
def test_a_schema_refused_by_any_status_is_left_out_from_then_on(status: int, body: Any) -> None:
    found, sent = replies({"response_format": (status, filled(body, ""))}, TYPED, TYPED)
    assert texts(found) == ["hello", "hello"]
    assert ["response_format" in each for each in sent] == [True, False, False]
    assert [one.usage.attempts for one in found if one.usage is not None] == [2, 1]


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 2, 3, 5, 6, 7, 8, 9, 11])
def test_the_vendor_door_leaves_a_schema_out_by_the_same_signs(number: int) -> None:
    status, body = REFUSED_SCHEMAS[number]
    found, sent = replies({"response_format": (status, filled(body, ""))}, TYPED, TYPED, name="deepseek/m", vendor=True)
    assert texts(found) == ["hello", "hello"]
    assert ["response_format" in each for each in sent] == [True, False, False]


@pytest.mark.parametrize(
    ("status", "words", "code", "requests"),
    [
        (500, "The server had an error", "E0501", 2),
        (503, "Overloaded", "E0501", 2),
        (502, "", "E0501", 2),
        (503, "the schema registry is being restarted", "E0501", 4),  # it may be the schema: asked without, each time
        (401, "schema of the key is not known", "E0506", 2),
        (429, "too many requests with response_format", "E0502", 2),
        (404, "The model `m` does not exist", "E0507", 2),
        (400, "max_tokens must be positive", "E0508", 2),
    ],
)
def test_an_outage_stays_one_and_leaves_the_schema_in(status: int, words: str, code: str, requests: int) -> None:
    """Whatever is asked, this server fails so."""
    found, sent = replies({"model": (status, json.dumps({"error": {"message": words}}).encode())}, TYPED, TYPED)
    assert [one.code for one in found if isinstance(one, ModelFailure)] == [code, code]
    assert len(sent) == requests
    assert "response_format" in sent[0] and "response_format" in sent[requests // 2], "asked for again in its form"


def test_a_reply_that_speaks_of_schemas_is_a_reply() -> None:
    body = json.dumps({"choices": [{"message": {"content": "the schema is unsupported"}}], "error": None}).encode()
    assert error_in(body) == error_in(b"[]") == error_in(b"not JSON") == ""


def test_what_repeats_the_request_names_nothing() -> None:
    body = {
        "detail": [
            {"type": "missing", "loc": ["body", "stream"], "msg": "Field required: unknown", "input": {"temperature": 0}}
        ]
    }
    assert refused_names(told_in(json.dumps(body).encode()), ["temperature", "seed"]) == []
    assert refused_names("unknown field `seed`, expected one of `temperature`, `n`", ["temperature", "seed"]) == ["seed"]
    assert refused_names(told_in(b'{"error": "reasoningEffort is not supported"}'), ["reasoning_effort"]) == [
        "reasoning_effort"
    ]
