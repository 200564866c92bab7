"""How servers of chat completions answer: a shape for each product, with where that is written down.

A shape is data: what is in its replies beside what all have, what it calls its finish reasons, where it puts thoughts, how it
refuses. `fake_server` answers in it, at once or streamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

THOUGHT = "Maybe Rome? No."


@dataclass(frozen=True)
class Shape:
    """One product. `source` is where its form is written down. `beside` is in each reply, `choice` in each choice, `message` in
    each message, `usage` in each usage. `thoughts` is the field beside the content that thoughts are in, "parts" where the
    content is a list, a mark that opens them inside of the content, or nothing. `refused` is the status and the body for a
    prompt that is too long, and `code` the code of the failure that this is. `in_stream` is what a stream says of such an error
    after it has begun."""

    product: str
    version: str
    source: str
    model: str = "m"
    beside: Mapping[str, Any] = field(default_factory=dict)
    choice: Mapping[str, Any] = field(default_factory=dict)
    message: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    thoughts: str = ""
    whole: str = "stop"
    cut: str = "length"
    refused: tuple[int, Any] = (400, {"error": {"message": "bad request"}})
    code: str = "E0508"
    in_stream: Any = None
    takes_schema: bool = True
    opening: Any = None
    """An event that its streams begin with, before the first piece of a reply."""
    comment: str = ""
    """A line of a comment that its streams begin with."""
    usage_in_last_chunk: bool = False
    """Whether a stream counts in the chunk with the finish reason, and not in one of its own."""


_TOO_LONG = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens."

SHAPES = (
    Shape(
        "vLLM",
        "0.11",
        "https://docs.vllm.ai/en/v0.11.2/features/reasoning_outputs/",
        model="Qwen/Qwen3-8B",
        beside={"prompt_logprobs": None, "kv_transfer_params": None, "service_tier": None},
        choice={"logprobs": None, "stop_reason": None, "token_ids": None},
        message={"refusal": None, "annotations": None, "audio": None, "function_call": None, "tool_calls": []},
        usage={"prompt_tokens_details": None},
        thoughts="reasoning",
        refused=(400, {"error": {"message": _TOO_LONG, "type": "BadRequestError", "param": None, "code": 400}}),
        code="E0509",
        in_stream={"error": {"message": "EngineCore encountered an issue", "type": "InternalServerError", "code": 500}},
    ),
    Shape(
        "SGLang",
        "0.5.9",
        # `ChatCompletionResponseChoice`, `UsageInfo`, `ErrorResponse`; the errors are made in serving_base.py beside it.
        "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/entrypoints/openai/protocol.py",
        model="deepseek-ai/DeepSeek-R1",
        beside={"metadata": {"weight_version": "default"}},
        choice={"logprobs": None, "matched_stop": 151645},
        message={"tool_calls": None},
        usage={"prompt_tokens_details": None, "reasoning_tokens": 0},
        thoughts="reasoning_content",
        refused=(
            400,
            {
                "object": "error",
                "message": "The input (9000 tokens) is longer than the model's context length (4096 tokens).",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
        ),
        code="E0509",
        in_stream={
            "error": {"object": "error", "message": "Aborted", "type": "InternalServerError", "param": None, "code": 500}
        },
    ),
    Shape(
        "llama.cpp server",
        "b7000",
        "https://github.com/ggml-org/llama.cpp/pull/15780",
        model="gpt-3.5-turbo",
        beside={"system_fingerprint": "b7000-9b17d74ab", "timings": {"cache_n": 0, "prompt_n": 12, "predicted_n": 3}},
        thoughts="reasoning_content",
        refused=(
            400,
            {
                "error": {
                    "code": 400,
                    "message": "the request exceeds the available context size. try increasing the context size",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": 9000,
                    "n_ctx": 4096,
                }
            },
        ),
        code="E0509",
        in_stream={"error": {"code": 500, "message": "Compute error.", "type": "server_error"}},
    ),
    Shape(
        "Ollama",
        "0.32",
        "https://github.com/ollama/ollama/blob/main/openai/openai.go",
        model="qwen3:8b",
        beside={"system_fingerprint": "fp_ollama"},
        thoughts="reasoning",
        refused=(
            404,
            {"error": {"message": 'model "qwen3:8b" not found', "type": "not_found_error", "param": None, "code": None}},
        ),
        code="E0507",
        in_stream={"error": {"message": "an error was encountered while running the model", "type": "api_error"}},
    ),
    Shape(
        "LM Studio",
        "0.3",
        "https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2339",
        model="qwen3-coder-30b",
        beside={"stats": {}, "system_fingerprint": "qwen3-coder-30b"},
        choice={"logprobs": None},
        message={"tool_calls": []},
        refused=(
            400,
            {"error": "The number of tokens to keep from the initial prompt is greater than the context length."},
        ),
        code="E0509",
        in_stream={"error": {"message": "The model has crashed"}, "message": "The model has crashed"},
    ),
    Shape(
        "TGI",
        "3.3",
        "https://huggingface.co/docs/text-generation-inference/messages_api",
        model="tgi",
        beside={"system_fingerprint": "3.3.4-sha-9f38d93"},
        choice={"logprobs": None},
        thoughts="<think>",
        whole="eos_token",
        refused=(
            422,
            {
                "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 9000",
                "error_type": "validation",
            },
        ),
        code="E0509",
        in_stream={"error": "Request failed during generation: Server error: CUDA out of memory", "error_type": "generation"},
        usage_in_last_chunk=True,
    ),
    Shape(
        "OpenRouter",
        "2026-10",
        "https://openrouter.ai/docs/api/reference/errors-and-debugging",
        model="deepseek/deepseek-r1:free",
        beside={"provider": "Chutes"},
        choice={"logprobs": None, "native_finish_reason": "stop"},
        message={"refusal": None},
        usage={"cost": 0.0, "is_byok": False, "completion_tokens_details": {"reasoning_tokens": 2}},
        thoughts="reasoning",
        refused=(
            200,
            {
                "error": {
                    "message": "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
                    "code": 402,
                    "metadata": {"provider_name": None},
                },
                "user_id": "user_1",
            },
        ),
        code="E0506",
        in_stream={
            "id": "gen-1",
            "provider": "Chutes",
            "error": {"code": 502, "message": "Provider disconnected"},
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
        },
        comment=": OPENROUTER PROCESSING",
    ),
    Shape(
        "Mistral",
        "2026-10",
        "https://docs.mistral.ai/inference/conversations/reasoning",
        model="magistral-medium-latest",
        message={"prefix": False, "tool_calls": None},
        thoughts="parts",
        cut="model_length",
        refused=(401, {"detail": "Unauthorized"}),
        code="E0506",
        in_stream={"object": "error", "message": "Service unavailable.", "type": "internal_server_error", "code": "3000"},
        usage_in_last_chunk=True,
    ),
    Shape(
        "DeepSeek",
        "2026-10",
        "https://api-docs.deepseek.com/api/create-chat-completion",
        model="deepseek-v4-pro",
        beside={"system_fingerprint": "fp_1"},
        choice={"logprobs": None},
        usage={"prompt_cache_hit_tokens": 0, "prompt_cache_miss_tokens": 12, "prompt_tokens_details": {"cached_tokens": 0}},
        thoughts="reasoning_content",
        refused=(
            402,
            {
                "error": {
                    "message": "Insufficient Balance",
                    "type": "unknown_error",
                    "param": None,
                    "code": "invalid_request_error",
                }
            },
        ),
        code="E0506",
        in_stream={"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "insufficient_system_resource"}]},
        takes_schema=False,
        comment=": keep-alive",
        usage_in_last_chunk=True,
    ),
    Shape(
        "Azure OpenAI",
        "2024-10-21",
        # The refusal as in github.com/microsoft/TinyTroupe/issues/85, of this version.
        "https://learn.microsoft.com/en-us/azure/ai-services/openai/concepts/content-filter",
        model="gpt-4o",
        beside={
            "system_fingerprint": "fp_b705f0c291",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}],
        },
        choice={"logprobs": None, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}},
        message={"refusal": None, "annotations": []},
        usage={"prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0}},
        refused=(
            400,
            {
                "error": {
                    "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
                    "Please modify your prompt and retry.",
                    "type": None,
                    "param": "prompt",
                    "code": "content_filter",
                    "status": 400,
                    "innererror": {
                        "code": "ResponsibleAIPolicyViolation",
                        "content_filter_result": {
                            "hate": {"filtered": False, "severity": "safe"},
                            "jailbreak": {"filtered": True, "detected": True},
                        },
                    },
                }
            },
        ),
        code="E0510",
        in_stream={"choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]},
        opening={
            "id": "",
            "object": "",
            "created": 0,
            "model": "",
            "choices": [],
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}],
        },
    ),
    Shape(
        "LiteLLM proxy",
        "1.106",
        # The fields of errors are those of `ProxyException.to_dict` in litellm/proxy/_types.py.
        "https://docs.litellm.ai/docs/proxy/error_reference",
        model="claude",
        beside={"system_fingerprint": None},
        choice={"provider_specific_fields": {}},
        message={
            "tool_calls": None,
            "function_call": None,
            "thinking_blocks": [{"type": "thinking", "thinking": THOUGHT, "signature": "x"}],
        },
        thoughts="reasoning_content",
        refused=(
            429,
            {
                "error": {
                    "message": "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached. Please try again in 20s.",
                    "type": "throttling_error",
                    "param": None,
                    "code": "429",
                }
            },
        ),
        code="E0502",
        in_stream={
            "error": {
                "message": "litellm.MidStreamFallbackError: litellm.APIConnectionError: peer closed connection",
                "type": "None",
                "param": "None",
                "code": "503",
            }
        },
    ),
    Shape(
        "Groq",
        "2026-10",
        # The refusal as in github.com/HunorLaczko/ha-groq-cloud-api/issues/27.
        "https://console.groq.com/docs/api-reference",
        model="openai/gpt-oss-20b",
        beside={"system_fingerprint": "fp_1", "x_groq": {"id": "req_1"}, "service_tier": "on_demand"},
        choice={"logprobs": None},
        usage={"queue_time": 0.01, "prompt_time": 0.01, "completion_time": 0.02, "total_time": 0.03},
        thoughts="reasoning",
        refused=(
            413,
            {
                "error": {
                    "message": "Request too large for model `openai/gpt-oss-20b` in organization `org_1` service tier `on_demand` "
                    "on tokens per minute (TPM): Limit 6000, Requested 12328, please reduce your message size and try again.",
                    "type": "tokens",
                    "code": "rate_limit_exceeded",
                }
            },
        ),
        code="E0509",
        in_stream={"error": {"message": "Internal Server Error", "type": "internal_server_error"}},
        usage_in_last_chunk=True,
    ),
)
