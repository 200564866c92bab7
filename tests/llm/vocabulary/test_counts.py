"""Counts of prompts are the truth, or above it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lambda_rlm.completion import Message
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.tokens import bytes_per_token, count, cut, utf8_bound
from lambda_rlm.llm.vocabulary.byte_pair import encoder, vocabulary_named

O200K = vocabulary_named("o200k_base")
_MODELS = {"o200k_base": "openai/gpt-5-mini", "cl100k_base": "gpt-4"}


def lines_with_a_word_at_each(places: int, times: int) -> str:
    """Lines without spaces, and a word across every multiple of `places` that is dearer in one than in two."""
    filler = "ab,cd;\n" * places
    first, others = filler[-(places - 4) :], "owing\n" + filler[-(places - 10) :]
    return "bell".join([first, *[others] * (times - 1)]) + "bellowing\n"


@pytest.mark.parametrize("name", _MODELS)
def test_a_long_text_without_spaces_is_counted_whole(name: str) -> None:
    """A count of stretches of 20,000 characters, wherever they end, comes to less than the truth."""
    text = lines_with_a_word_at_each(20_000, 6)
    truth = encoder(name)(text)
    stretches = sum(encoder(name)(text[start : start + 20_000]) for start in range(0, len(text), 20_000))
    assert stretches < truth
    profile = provider_profile(_MODELS[name])
    assert count((Message("user", text),), profile, name) == truth + 4 + 3
    assert vocabulary_named(name).exact(text) == truth


@pytest.mark.parametrize("name", _MODELS)
def test_a_million_spaces_are_counted_at_their_bytes(name: str) -> None:
    messages, profile = (Message("user", " " * 1_000_000),), provider_profile(_MODELS[name])
    assert 1_000_000 <= count(messages, profile, name) <= utf8_bound(messages, profile)


def test_a_text_is_cut_to_a_limit_however_long_its_words_are() -> None:
    for text in ("word " * 5_000, "=" * 300_000, "漢" * 30_000):
        shorter, tokens, is_whole = cut(text, 100, O200K)
        assert not is_whole
        assert tokens == vocabulary_named("o200k_base").exact(shorter) <= 100
        assert text.startswith(shorter)
    assert cut("a b", 100, O200K) == ("a b", 2, True)


def test_a_vocabulary_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="p50k"):
        vocabulary_named("p50k_base")


def test_bytes_of_a_token_are_counted_on_a_sample() -> None:
    assert bytes_per_token("openai/gpt-5-mini", "hello world " * 40) == pytest.approx(12 / 2, rel=0.02)


@pytest.mark.slow
def test_tokens_are_counted_without_litellm_or_a_network() -> None:
    """With no file of tiktoken's anywhere, and no way to fetch one."""
    program = (
        "import importlib.util, socket, sys\n"
        "sys.modules['litellm'] = None\n"
        "def refuse(*_, **__): raise AssertionError('a network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named\n"
        "print(vocabulary_named('o200k_base').exact('hello world'), vocabulary_named('cl100k_base').exact('hello world'))\n"
    )
    environment = {**os.environ, "TIKTOKEN_CACHE_DIR": ""}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.split() == ["2", "2"], done.stderr
