"""Models that think before they reply get room for it by their names, wherever they run."""

from __future__ import annotations

import pytest

from lambda_rlm.completion import ModelProfile
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.providers.thinking import USUAL

URL = "http://127.0.0.1:1/v1"

THINK = [
    "openai/qwen3:8b",
    "qwen3",
    "Qwen/Qwen3-235B-A22B-Thinking-2507",
    "hosted_vllm/Qwen/Qwen3-32B-AWQ",
    "qwen3.5-27b",
    "Qwen3-VL-8B-Thinking",
    "qwq:32b",
    "qwen3:30b-a3b-thinking-2507-q4_K_M",
    "deepseek-r1:70b",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    "DeepSeek-R1-0528-Qwen3-8B",
    "deepseek-reasoner",
    "perplexity-ai/r1-1776",
    "deepseek-v4-flash",
    "mistralai/Magistral-Small-2509",
    "magistral:24b",
    "gpt-oss:20b",
    "openai/gpt-oss-120b",
    "glm-4.5-air",
    "zai-org/GLM-4.6",
    "glm-5.1",
    "THUDM/GLM-Z1-9B-0414",
    "moonshotai/Kimi-K2-Thinking",
    "kimi-k2.5",
    "kimi-k3",
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5",
    "nvidia/NVIDIA-Nemotron-Nano-9B-v2",
    "nemotron-3-nano:30b",
    "OpenReasoning-Nemotron-7B",
    "LGAI-EXAONE/EXAONE-Deep-32B",
    "exaone-deep:7.8b",
    "tencent/Hunyuan-A13B-Instruct",
    "hunyuan-t1",
    "MiniMaxAI/MiniMax-M1-80k",
    "minimax-m2.5",
    "microsoft/Phi-4-reasoning-plus",
    "phi4-mini-reasoning",
    "allenai/Olmo-3-7B-Think",
    "ByteDance-Seed/Seed-OSS-36B-Instruct",
    "command-a-reasoning-08-2025",
    "HuggingFaceTB/SmolLM3-3B",
    "stepfun-ai/step3",
    "XiaomiMiMo/MiMo-7B-RL",
    "inclusionAI/Ring-mini-2.0",
    "agentica-org/DeepCoder-14B-Preview",
    "ernie-4.5-21b-a3b-thinking",
]

ANSWER = [
    "llama3.1:8b",
    "qwen2.5-7b-instruct",
    "Qwen/Qwen3-30B-A3B-Instruct-2507",
    "qwen3-coder:30b",
    "Qwen3-Next-80B-A3B-Instruct",
    "qwen3-embedding",
    "Qwen3-Reranker-4B",
    "Qwen3Guard-Gen-8B",
    "qwen3-vl-235b-a22b-instruct",
    "deepseek-v3",
    "deepseek-chat",
    "deepseek-coder-v2",
    "mistral-small",
    "mistral-nemo",
    "glm-4-9b-chat",
    "moonshotai/Kimi-K2-Instruct",
    "kimi-k2-instruct-0905",
    "nvidia/Llama-3.1-Nemotron-70B-Instruct",
    "nemotron-mini:4b",
    "nemotron-4-340b-instruct",
    "exaone-3.5",
    "exaone-4.0-32b",
    "hunyuan-large",
    "hunyuan-mt-7b",
    "minimax-text-01",
    "gemma-3-27b-it",
    "phi-4",
    "command-r",
    "granite3.3",
    "olmo-2-13b",
    "grok-4-fast-non-reasoning",
    "some-no-think",
    "rerank-r1",
    "spring-mini",
    "my-model",
    "llama-r10",
    "thinkpad",
]


def room(name: str, url: str | None = URL) -> ModelProfile:
    return provider_profile(name, base_url=url)


@pytest.mark.parametrize("name", THINK)
def test_a_model_that_thinks_has_room_for_it(name: str) -> None:
    profile = room(name)
    assert (profile.reasoning_tokens, profile.thinks_less, profile.thought(50)) == (USUAL, True, 1_024)


@pytest.mark.parametrize("name", ANSWER)
def test_a_model_that_answers_at_once_has_none(name: str) -> None:
    assert room(name).reasoning_tokens == 0


@pytest.mark.parametrize("name", ["ollama_chat/qwen3:8b-own", "unheard/deepseek-r1-of-mine", "somebody/magistral-x"])
def test_so_has_one_that_the_table_lacks(name: str) -> None:
    assert room(name, None).reasoning_tokens == USUAL


@pytest.mark.parametrize("name", ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"])
def test_what_the_table_knows_comes_first(name: str) -> None:
    assert room(name, None).reasoning_tokens == 0
