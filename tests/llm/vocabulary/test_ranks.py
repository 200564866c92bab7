"""The rank files that the package brings along."""

from __future__ import annotations

import pytest
import tiktoken
from tiktoken_ext import openai_public

from benchmarks.model_tables import carried, public_ranks
from lambda_rlm.llm.vocabulary.byte_pair import PATTERNS, encoder, ranks
from tests.support.hard_texts import hard_texts

pytestmark = pytest.mark.litellm  # which carries the public files
both = pytest.mark.parametrize("name", PATTERNS)


@both
def test_ranks_are_those_of_the_public_file(name: str) -> None:
    tokens = public_ranks(name)
    assert ranks(name) == {token: rank for rank, token in enumerate(tokens)}


@both
def test_counts_are_those_of_the_public_vocabulary(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(carried() / "litellm_core_utils" / "tokenizers"))
    public = tiktoken.get_encoding(name)
    for text in hard_texts().values():
        assert encoder(name)(text) == len(public.encode_ordinary(text))


@both
def test_the_patterns_are_those_of_tiktoken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(carried() / "litellm_core_utils" / "tokenizers"))
    assert getattr(openai_public, name)()["pat_str"] == PATTERNS[name]
