"""Backends of `rlms` as models: which name, server and key each means here.

Owns the table. Refuses a backend that `rlms` does not have, and arguments without which one cannot be reached.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.wrappers.model_options import NAMES

_OWN: Final = "lambda_rlm"
"""The backend whose model names are those of this package, e.g. `local/qwen2.5-coder-0.5b`."""


@dataclass(frozen=True, slots=True)
class _Backend:
    """`prefix` comes before the model's name; `base_url` is the server where none is named; `keys` are the variables that may
    hold the key. Those that are in `reads` too are read by this package itself."""

    prefix: str = "openai/"
    base_url: str | None = None
    keys: tuple[str, ...] = ("OPENAI_API_KEY",)
    reads: tuple[str, ...] = ("OPENAI_API_KEY",)
    needs_url: bool = False


_BACKENDS: Final[Mapping[str, _Backend]] = {
    "openai": _Backend(),
    "vllm": _Backend(needs_url=True),
    "anthropic": _Backend("anthropic/", None, ("ANTHROPIC_API_KEY",), ("ANTHROPIC_API_KEY",)),
    "gemini": _Backend("gemini/", None, ("GEMINI_API_KEY", "GOOGLE_API_KEY"), ("GEMINI_API_KEY", "GOOGLE_API_KEY")),
    "openrouter": _Backend("openrouter/", None, ("OPENROUTER_API_KEY",), ("OPENROUTER_API_KEY",)),
    "azure_openai": _Backend("azure/", None, ("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"), ("AZURE_API_KEY",)),
    "portkey": _Backend("openai/", "https://api.portkey.ai/v1", ("PORTKEY_API_KEY",), ()),
    "vercel": _Backend("openai/", "https://ai-gateway.vercel.sh/v1", ("AI_GATEWAY_API_KEY",), ()),
    _OWN: _Backend("", None, (), ()),
}

_OPTIONS: Final[Mapping[str, str]] = {
    "timeout": "timeout",
    "max_tokens": "max_output",
    "max_completion_tokens": "max_output",
    "temperature": "temperature",
    "default_headers": "headers",
    "window": "window",
    "price_in": "price_in",
    "price_out": "price_out",
    "thinking": "thinking",
}
"""The arguments of a client, or of its sampling, that are options of a model here."""

_REACHING: Final = ("model_name", "api_key", "base_url", "sampling_args", "azure_endpoint", "azure_deployment")


@dataclass(frozen=True, slots=True)
class Reached:
    """A model as this package reaches it: `name`, `base_url`, `api_key` (None: from the variable that the name means), and
    `options` of the model. `called` is its name in `rlms`; `unused` are arguments that mean nothing here."""

    name: str
    called: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


def reached(backend: str, kwargs: Mapping[str, Any] | None, environ: Mapping[str, str] = os.environ) -> Reached:
    """The model that a backend with its arguments means. Raises `ValueError`."""
    if backend not in _BACKENDS:
        raise ValueError(f"unknown backend {backend!r:.80}; the backends are {', '.join(_BACKENDS)}")
    row, said = _BACKENDS[backend], {key: value for key, value in (kwargs or {}).items() if value is not None}
    called = said.get("azure_deployment") or said.get("model_name")
    if not isinstance(called, str) or not called:
        raise ValueError('backend_kwargs needs the name of the model: backend_kwargs={"model_name": "gpt-5-nano"}')
    base_url = said.get("base_url") or said.get("azure_endpoint") or row.base_url
    if row.needs_url and base_url is None:
        raise ValueError(
            f'backend {backend!r} needs the URL of the server: backend_kwargs={{"base_url": "http://HOST:8000/v1"}}'
        )
    sampling = {key: value for key, value in (said.get("sampling_args") or {}).items() if value is not None}
    told = {**sampling, **{key: value for key, value in said.items() if key not in _REACHING}}
    options = {_OPTIONS[key]: value for key, value in told.items() if _OPTIONS.get(key) in NAMES}
    prefix = row.prefix
    if prefix == "openrouter/" and base_url is not None:
        prefix = "openai/"  # a server of one's own, in the OpenAI form
    return Reached(
        name=called if called.startswith(prefix) else prefix + called,
        called=called,
        base_url=base_url,
        api_key=_key(row, said.get("api_key"), environ),
        options=options,
        unused=tuple(sorted(key for key in told if _OPTIONS.get(key) not in NAMES)),
    )


def _key(row: _Backend, given: object, environ: Mapping[str, str]) -> str | None:
    """The key that has to be handed over; None where the model finds the same one itself."""
    if given is not None and not isinstance(given, str):
        raise ValueError("api_key must be a str")
    found = given or next((value for name in row.keys if (value := environ.get(name))), None)
    own = next((value for name in row.reads if (value := environ.get(name))), None)
    return None if found == own else found
