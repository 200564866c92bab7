"""How many tokens a prompt has, before it is sent.

Owns the counters. Promises never less than the truth where the truth is known (OpenAI's vocabularies, counted by tiktoken
from the files that litellm carries, without a network and without importing litellm). For other families a documented upper
estimate: twice the count of the nearest known vocabulary, never more than the UTF-8 bytes, which bound every byte-level
vocabulary. Refuses to count enormous texts exactly: above four million characters the bytes are given.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from lambda_rlm.completion import Message, ModelProfile

_PER_MESSAGE: Final = 4
_PER_PROMPT: Final = 3
_COUNTED_EXACTLY: Final = 4_000_000
_PIECE: Final = 20_000
_O200K: Final = ("gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "o1", "o3", "o4", "chatgpt-4o", "gpt-oss")
_CL100K: Final = ("gpt-4", "gpt-3.5")

_ENGLISH: Final = 4.4
"""Bytes of English prose in one token of o200k_base."""

_DENSE: Final = 1.1
_DENSER: Final = (("claude", 1.2), ("gemini", 1.05), ("mistral", 1.2), ("llama", 1.05), ("qwen", 1.1))
"""How many tokens a family makes of what is one token of o200k_base: rough figures for English prose and code."""

_LEAST_SAMPLE: Final = 200

Counter = Callable[[tuple[Message, ...]], int]


def utf8_bound(messages: tuple[Message, ...], profile: ModelProfile) -> int:
    """No byte-level vocabulary gives more tokens than this."""
    return sum(len(message.content.encode("utf-8", "surrogatepass")) for message in messages) + profile.template_tokens


def vocabulary(model: str) -> str | None:
    """The tiktoken vocabulary of a model's name, None when its family is not one of those."""
    bare = model.rsplit("/", 1)[-1].removeprefix("ft:").lower()
    if bare.startswith(_O200K):
        return "o200k_base"
    return "cl100k_base" if bare.startswith(_CL100K) else None


def count(messages: tuple[Message, ...], profile: ModelProfile, known: str | None) -> int:
    """The tokens of a prompt: exact for the vocabulary `known`, else the upper estimate."""
    bound = utf8_bound(messages, profile)
    if sum(len(message.content) for message in messages) > _COUNTED_EXACTLY:
        return bound
    encoder = _encoder(known or "o200k_base")
    if encoder is None:
        return bound
    tokens = sum(encoder(piece) for message in messages for piece in _pieces(message.content))
    framing = _PER_MESSAGE * len(messages) + _PER_PROMPT
    return tokens + framing if known else min(bound, 2 * tokens + framing + profile.template_tokens)


def cut(text: str, limit: int, known: str) -> tuple[str, int, bool]:
    """A text of at most `limit` tokens of a vocabulary, how many it has, and whether it is the whole one. Where the vocabulary
    is not to be had, a token is a byte."""
    encoder = _encoder(known)
    size = encoder or (lambda part: len(part.encode("utf-8", "surrogatepass")))
    tokens = size(text)
    if tokens <= limit:
        return text, tokens, True
    shorter = text
    while tokens > limit:
        shorter = shorter[: max(0, min(len(shorter) - 1, len(shorter) * limit // tokens))]
        tokens = size(shorter)
    return shorter, tokens, False


def bytes_per_token(model: str, sample: str) -> float:
    """How many bytes of UTF-8 are likely to make a token: counted on a sample where there is one, by the model's vocabulary or
    the nearest known one; by experience with English prose otherwise. An estimate, not a limit."""
    known = vocabulary(model)
    factor = density(model)
    encoder = _encoder(known or "o200k_base") if len(sample) >= _LEAST_SAMPLE else None
    if encoder is None:
        return _ENGLISH / factor
    return max(1.0, len(sample.encode("utf-8", "surrogatepass")) / max(1, encoder(sample)) / factor)


def density(model: str) -> float:
    """How many tokens a model is likely to make of what is one in its vocabulary, or in the nearest known one: 1 where it is
    known."""
    return 1.0 if vocabulary(model) else next((f for family, f in _DENSER if family in model.lower()), _DENSE)


def nearest_vocabulary(model: str) -> str:
    """The known vocabulary that a model's tokens are counted or estimated by."""
    return vocabulary(model) or "o200k_base"


def text_tokens(name: str) -> Callable[[str], int]:
    """A counter of the tokens of plain texts in a known vocabulary, an estimate by bytes where its file is not here."""
    encoder = _encoder(name)
    if encoder is None:
        return lambda text: round(len(text.encode("utf-8", "surrogatepass")) / _ENGLISH)
    return lambda text: sum(encoder(piece) for piece in _pieces(text))


@cache
def _encoder(name: str) -> Callable[[str], int] | None:
    """A counter by tiktoken; None when neither the network's cache nor litellm's files hold the vocabulary."""
    spec = importlib.util.find_spec("litellm")
    if spec is not None and spec.origin is not None:
        carried = Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(carried))
    import tiktoken

    try:
        encoding = tiktoken.get_encoding(name)
    except Exception:  # noqa: BLE001 - whatever the download that tiktoken then tries fails with
        return None
    return lambda text: len(encoding.encode_ordinary(text))


def _pieces(text: str) -> Iterator[str]:
    """Cuts at white space: a token hardly ever crosses one, and a vocabulary is slow on very long words."""
    start = 0
    while len(text) - start > _PIECE:
        end = text.rfind(" ", start + _PIECE // 2, start + _PIECE)
        end = start + _PIECE if end < 0 else end
        yield text[start:end]
        start = end
    yield text[start:]
