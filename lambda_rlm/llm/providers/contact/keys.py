"""Which providers there are, and which variables hold their keys: what can be checked without asking anybody.

Owns `ACCESS`, the table of keys and addresses, and `refuse_unusable`. Promises that nothing is imported for it: the providers
of an installed litellm are known by the names of its folders. A provider whose credentials may come from elsewhere (clouds,
profiles, gateways) has no row, and is never refused for a missing key.
"""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import sys
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from lambda_rlm.llm.failures import KEY_REFUSED, UNKNOWN_MODEL, UNREACHABLE, failure
from lambda_rlm.llm.profiles import is_known, providers_in_table
from lambda_rlm.llm.providers.exchange import Unsendable, refuse_unsendable
from lambda_rlm.llm.providers.forms.vendors import VENDORS, vendor_of
from lambda_rlm.llm.providers.servers import provider_of
from lambda_rlm.llm.wrappers.model_headers import AUTHORIZATION

MISSING_LITELLM: Final = "is asked through litellm, which is not installed: pip install 'lambda-rlm[litellm]'"

Greeting = Literal["model", "list", "none"]
"""What a provider is asked for at no cost: one model by its name, the list of its models, or nothing."""


class Access(NamedTuple):
    """How a provider is reached: the variables that may hold its key (one is enough), the base of its addresses, the header for
    its key (None: `Authorization`), and what it can be asked for."""

    variables: tuple[str, ...]
    base: str | None = None
    header: str | None = None
    greeting: Greeting = "none"


ACCESS: Final[Mapping[str, Access]] = {
    "openai": Access(VENDORS["openai"].keys, "https://api.openai.com/v1", None, "model"),
    "anthropic": Access(VENDORS["anthropic"].keys, "https://api.anthropic.com/v1", "x-api-key", "model"),
    "gemini": Access(VENDORS["gemini"].keys, "https://generativelanguage.googleapis.com/v1beta", "x-goog-api-key", "model"),
    "mistral": Access(("MISTRAL_API_KEY",), "https://api.mistral.ai/v1", None, "list"),
    "groq": Access(("GROQ_API_KEY",), "https://api.groq.com/openai/v1", None, "list"),
    "deepseek": Access(("DEEPSEEK_API_KEY",), "https://api.deepseek.com", None, "list"),
    "xai": Access(("XAI_API_KEY",), "https://api.x.ai/v1", None, "list"),
    "cerebras": Access(("CEREBRAS_API_KEY",), "https://api.cerebras.ai/v1", None, "list"),
    "openrouter": Access(("OPENROUTER_API_KEY", "OR_API_KEY")),
    "together_ai": Access(("TOGETHERAI_API_KEY", "TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHER_AI_TOKEN")),
    "fireworks_ai": Access(
        ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"),
    ),
    "cohere": Access(("COHERE_API_KEY", "CO_API_KEY")),
    "cohere_chat": Access(("COHERE_API_KEY", "CO_API_KEY")),
    "perplexity": Access(("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY")),
    "nvidia_nim": Access(("NVIDIA_NIM_API_KEY",)),
    "replicate": Access(("REPLICATE_API_KEY", "REPLICATE_API_TOKEN")),
    "deepinfra": Access(("DEEPINFRA_API_KEY",)),
    "sambanova": Access(("SAMBANOVA_API_KEY",)),
    "moonshot": Access(("MOONSHOT_API_KEY",)),
    "dashscope": Access(("DASHSCOPE_API_KEY",)),
    "ai21": Access(("AI21_API_KEY",)),
    "novita": Access(("NOVITA_API_KEY",)),
    "nebius": Access(("NEBIUS_API_KEY",)),
    "hyperbolic": Access(("HYPERBOLIC_API_KEY",)),
}
"""The providers whose key is in a variable, by the names that litellm gives them."""

_ALSO_KNOWN: Final = frozenset(
    ("ai21_chat", "azure_text", "custom_openai", "hosted_vllm", "litellm_proxy", "lm_studio", "ollama", "ollama_chat",
     "openai_like", "sagemaker_chat", "text-completion-openai", "vertex_ai", "vertex_ai_beta", "vllm", "watsonx_text")
)  # fmt: skip
"""Providers of litellm that the table of models does not name."""

_NEAR: Final = 0.7


def key_of(provider: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """The key that the environment holds for a provider; None where it has none, or where none is known of."""
    access = ACCESS.get(provider)
    return None if access is None else next((found for name in access.variables if (found := environ.get(name))), None)


def refuse_unusable(name: str, environ: Mapping[str, str] = os.environ, *, has_own_key: bool = False) -> None:
    """Raises `ModelFailure` for a model of a provider, named without a URL, that cannot work: an unknown provider, a missing
    key, a key that cannot be sent, or a package that is not installed. The provider's variables do not count where a model
    `has_own_key`."""
    provider = provider_of(name)
    if not (provider in ACCESS or is_known(name) or is_provider(provider)):
        raise failure(
            UNKNOWN_MODEL, f"unknown provider {provider!r:.80} in the model name {name!r:.200}{_hint(name, provider)}"
        )
    if needs_litellm(name, environ) and not has_litellm():
        raise failure(UNKNOWN_MODEL, f"{name} {MISSING_LITELLM}")
    if has_own_key:
        return
    access, key = ACCESS.get(provider), key_of(provider, environ)
    if access is not None and key is None:
        variables = " or ".join(access.variables[:2])
        raise failure(
            KEY_REFUSED, f"{name} needs an API key: set {variables}, or use a local model, which needs none (local/NAME)"
        )
    try:
        refuse_unsendable(None, key)
    except Unsendable as error:
        raise failure(KEY_REFUSED, f"{name}: request not sent: {error}") from None


def refuse_for_litellm(name: str, headers: Collection[str], ca_bundle: str | None) -> None:
    """Raises `ModelFailure` for what a model that is asked through litellm cannot be asked with."""
    if ca_bundle is not None:
        raise failure(
            UNREACHABLE, f"{name}: ca_bundle is for servers in the OpenAI form; here set SSL_CERT_FILE", is_final=True
        )
    if AUTHORIZATION in map(str.lower, headers):  # litellm would send its own in its place, or beside it
        raise failure(KEY_REFUSED, f"{name}: a header Authorization is for servers in the OpenAI form; here set api_key_env")


def is_provider(name: str) -> bool:
    """Whether a provider of this name is known here, to an installed litellm, or added by the host program to a litellm that it
    has loaded (`custom_provider_map`)."""
    added = getattr(sys.modules.get("litellm"), "custom_provider_map", None) or ()
    return name in providers() or any(isinstance(row, dict) and row.get("provider") == name for row in added)


@cache
def providers() -> frozenset[str]:
    """The names of providers that are known."""
    return frozenset((*ACCESS, *providers_in_table(), *_ALSO_KNOWN, *_of_litellm()))


def needs_litellm(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a model of a provider, named without a URL, is asked through litellm."""
    return vendor_of(name, environ=environ) is None


@cache
def has_litellm() -> bool:
    """Whether litellm is installed; it is not loaded for this."""
    return _litellm() is not None


def _of_litellm() -> tuple[str, ...]:
    """The providers of the installed litellm, by its folders and its own table; none where it is absent."""
    package = _litellm()
    if package is None:
        return ()
    folder = package / "llms"
    try:
        found = [path.stem for path in folder.iterdir() if not path.name.startswith("_")]
        listed = json.loads((folder / "openai_like" / "providers.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    return (*found, *(listed if isinstance(listed, dict) else ()))


def _litellm() -> Path | None:
    """The folder of the installed litellm; None where none is."""
    try:
        spec = importlib.util.find_spec("litellm")
    except (ImportError, ValueError):  # as where somebody has put None in its place
        return None
    return Path(spec.submodule_search_locations[0]) if spec is not None and spec.submodule_search_locations else None


def _hint(name: str, provider: str) -> str:
    near = difflib.get_close_matches(provider, sorted(providers()), n=1, cutoff=_NEAR)
    if near:
        return f"; did you mean {near[0]}{name[len(provider) :]}?"
    return ": write provider/model, e.g. openai/gpt-5-mini, or local/NAME; for a server of your own add --base-url URL"
