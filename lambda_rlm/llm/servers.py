"""Where the data of a model's requests goes: the host of a server, or a provider.

Owns the one answer, which is shown to people before a run, stands in its JSON, and is what a policy looks at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lambda_rlm.llm.profiles import provider_profile

_IN_PROCESS: Final = re.compile(r"local(?:\Z|[:/])|scripted:|recorded:|sim:")
_BASES: Final = ("_API_BASE", "_BASE_URL")
"""How the variables end with which a provider's client is told of another server."""

_REDIRECTING: Final[Mapping[str, tuple[str, ...]]] = {
    "bedrock": ("AWS_BEDROCK_RUNTIME_ENDPOINT",),
    "custom_openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "text-completion-openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
}
"""The variables of providers that are named otherwise."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where requests go: the host (and port) that a base URL or the environment names, and the provider; both None for a model
    in this process."""

    host: str | None = None
    provider: str | None = None


def recipient_of(name: str, base_url: str | None = None, environ: Mapping[str, str] = os.environ) -> Recipient:
    """Where the requests of a model go."""
    if base_url is not None:
        return Recipient(host_of(base_url), provider_of(name))
    if _IN_PROCESS.match(name):
        return Recipient()
    provider = provider_of(name)
    variables = [provider.upper().replace("-", "_") + end for end in _BASES] + list(_REDIRECTING.get(provider, ()))
    redirected = next((url for variable in variables if (url := environ.get(variable))), None)
    if environ.get("USE_LITELLM_PROXY", "").lower() == "true":
        redirected = environ.get("LITELLM_PROXY_API_BASE", "")
    return Recipient(None if redirected is None else host_of(redirected), provider)


def server_of(name: str, base_url: str | None = None, environ: Mapping[str, str] = os.environ) -> str | None:
    """The host that requests go to, or else the provider; None for a model in this process."""
    where = recipient_of(name, base_url, environ)
    return where.provider if where.host is None else where.host


def provider_of(name: str) -> str:
    """The provider of a model's name: what is before the first `/` or `:`, or else the one of the table of prices."""
    head, *rest = re.split("[/:]", name, maxsplit=1)
    return head if rest else provider_profile(name).details.get("provider") or "openai"


def host_of(url: str) -> str:
    """The host and port of a URL, without user, password and path; the URL itself where it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return url.rpartition("@")[2]
