"""How many bytes a token has of models whose vocabulary nobody knows here, by what these models counted themselves.

Owns one small file beside the other caches: for each model and server, by a hash, the bytes that were sent and the tokens that
were counted for them. Promises that it stays small, follows a model that changes, and holds no text, name or address; that no
trouble with it is an error: where it cannot be read or written, nothing is known. Refuses numbers that no vocabulary has, so
that a server that miscounts misleads little. What it says is for likely figures alone: bounds never see it.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.private_file import private_folder, private_json, replace

FILE: Final = "token_rates.json"
MOST_MODELS: Final = 128
MOST_BYTES: Final = 64_000
_LEAST_TOKENS: Final = 200
"""Tokens that must have been counted before anything is known."""
_FULL: Final = 1_000_000
"""Tokens at which what is known counts half, so that what comes later shows."""
_LEAST, _MOST = 1.0, 12.0
"""Bytes of a token, in the mean of any text."""
_OPENING: Final = b"{"


class TokenRate(NamedTuple):
    """Bytes of prompts, and the tokens that were counted for them."""

    size: float
    tokens: float

    @property
    def bytes_per_token(self) -> float | None:
        """None where too little was counted, or nothing that can be."""
        ratio = self.size / self.tokens if self.tokens >= _LEAST_TOKENS else 0.0
        return ratio if _LEAST <= ratio <= _MOST else None

    def plus(self, other: TokenRate) -> TokenRate:
        share = 0.5 if self.tokens + other.tokens > _FULL else 1.0
        return TokenRate(share * self.size + other.size, share * self.tokens + other.tokens)


def measured(model: str) -> float | None:
    """The bytes of a token of a model, by its identity (`wrappers.cache`); None where it has not counted enough."""
    rate = _read().get(_key(model))
    return None if rate is None else rate.bytes_per_token


def keep(model: str, rate: TokenRate) -> None:
    """Add what a model counted. What two processes add in one moment may be that of one of them."""
    if rate.bytes_per_token is None:
        return
    rates, key = _read(), _key(model)
    rates[key] = rates.pop(key, TokenRate(0, 0)).plus(rate)  # the last one is that which was used last
    kept = dict(list(rates.items())[-MOST_MODELS:])
    with suppress(OSError, RuntimeError):
        path = _path()
        private_folder(path.parent)
        replace(path, json.dumps(kept).encode(), lambda head: head.startswith(_OPENING))


def _read() -> dict[str, TokenRate]:
    try:
        rows = private_json(_path(), MOST_BYTES)
        return {key: TokenRate(float(size), float(tokens)) for key, (size, tokens) in rows.items()}
    except (RuntimeError, ValueError, TypeError, AttributeError, OverflowError):
        return {}


def _path() -> Path:
    """The file. Raises `RuntimeError` where the user has no home."""
    return cache_folder() / FILE


def _key(model: str) -> str:
    return hashlib.sha256(model.encode("utf-8", "surrogatepass")).hexdigest()[:32]
