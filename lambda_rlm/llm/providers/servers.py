"""Where the requests to a model go, known before anything is sent.

Owns `recipients_of`, the hosts or the provider that a policy looks at, `server_of`, its one name in JSON and on the first line
of a command, `server`, the words for a person who approves, and `route`, the variables of the environment that lead requests
elsewhere: other addresses and regions of a provider, proxies, and whose certificates are believed. Asks no model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.profiles import provider_profile

_IN_PROCESS: Final = late_pattern(r"local(?:\Z|[:/])|scripted:|recorded:|sim:")
_BASES: Final = ("_API_BASE", "_BASE_URL")
"""How the variables end with which a provider's client is told of another server."""

_REDIRECTING: Final[Mapping[str, tuple[str, ...]]] = {
    "bedrock": ("AWS_BEDROCK_RUNTIME_ENDPOINT",),
    "chatgpt": ("OPENAI_CHATGPT_API_BASE",),
    "custom_openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "datarobot": ("DATAROBOT_ENDPOINT",),
    "featherless_ai": ("FEATHERLESS_API_BASE",),
    "fireworks_ai": ("FIREWORKS_API_BASE",),
    "friendliai": ("FRIENDLI_API_BASE",),
    "gradient_ai": ("GRADIENT_AI_AGENT_ENDPOINT",),
    "huggingface": ("HF_API_BASE",),
    "lambda_ai": ("LAMBDA_API_BASE",),
    "meta_llama": ("LLAMA_API_BASE",),
    "mistral": ("MISTRAL_AZURE_API_BASE",),
    "text-completion-openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "vertex_ai": ("VERTEXAI_API_BASE", "VERTEX_API_BASE"),
    "vertex_ai_beta": ("VERTEXAI_API_BASE", "VERTEX_API_BASE"),
    "volcengine": ("ARK_API_BASE",),
    "watsonx": ("WATSONX_URL", "WX_URL", "WML_URL"),
    "watsonx_text": ("WATSONX_API_BASE", "WATSONX_URL", "WX_URL", "WML_URL"),
}
"""The variables of providers that are named otherwise."""

_PROXY: Final = ("USE_LITELLM_PROXY", "LITELLM_PROXY_API_BASE")
"""The variables by which all requests go through a proxy of litellm."""

_HERE: Final = {"scripted": "the file", "recorded": "the file", "local": "this process"}
_ADDRESS: Final = late_pattern(
    r"_(API_BASE|BASE_URL|API_URL|BASE|URL|ENDPOINT|HOST|API_VERSION|LOCATION|PROJECT|REGION|REGION_NAME|PROFILE|DEFAULT_REGION)$"
)
_CLOUDS: Final = {
    "bedrock": ("AWS",),
    "sagemaker": ("AWS",),
    "vertex_ai": ("VERTEX", "VERTEXAI", "GOOGLE_CLOUD"),
    "gemini": ("GOOGLE",),
}
_ANY_SERVER: Final = (
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle", "ssl_verify",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where requests go: the host (and port) that a base URL or the environment names, and the provider; both None for a model
    in this process."""

    host: str | None = None
    provider: str | None = None


def recipient_of(name: str, base_url: str | None = None, environ: Mapping[str, str] = os.environ) -> Recipient:
    """Where the requests of a model go, as far as can be told: the first of `recipients_of`."""
    return recipients_of(name, base_url, environ)[0]


def recipients_of(name: str, base_url: str | None = None, environ: Mapping[str, str] = os.environ) -> tuple[Recipient, ...]:
    """Everywhere that the requests of a model may go, at least one place: where several variables name a server, which of them
    counts is up to the provider's client."""
    if base_url is not None:
        return (Recipient(host_of(base_url), provider_of(name)),)
    if _IN_PROCESS.match(name):
        return (Recipient(),)
    provider = provider_of(name)
    variables = [provider.upper().replace("-", "_") + end for end in _BASES] + list(_REDIRECTING.get(provider, ()))
    redirected = [url for variable in variables if (url := environ.get(variable))]
    if environ.get("USE_LITELLM_PROXY", "").lower() == "true":
        redirected = [environ.get("LITELLM_PROXY_API_BASE", "")]
    return tuple(Recipient(host, provider) for host in dict.fromkeys(map(host_of, redirected))) or (Recipient(None, provider),)


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


def server(name: str, base_url: str | None) -> str:
    """The server of a model: its URL, a provider, a file, or this process."""
    if base_url is not None:
        return plain(base_url)
    kind, colon, rest = name.partition(":")
    if name.startswith(("local/", "sim:")) or name == "local":
        return "this process"
    if colon and kind in _HERE:
        return f"{_HERE[kind]} {rest}" if _HERE[kind] != "this process" else f"this process, {rest}"
    if colon and "/" not in kind:
        return f"the installed package of {kind!r}"
    return f"the provider {provider_of(name)!r}"


def route(name: str, base_url: str | None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that change where requests to a model go, by name; empty ones change nothing."""
    if recipient_of(name, base_url, environ) == Recipient():
        return {}
    provider = provider_of(name)
    kind, redirecting = provider.upper().replace("-", "_"), (*_REDIRECTING.get(provider, ()), *_PROXY)
    clouds = next((prefixes for cloud, prefixes in _CLOUDS.items() if kind.lower().startswith(cloud)), ())
    leading = tuple(f"{prefix}_" for prefix in (kind, *clouds))

    def leads(variable: str) -> bool:
        is_address = variable.startswith(leading) and _ADDRESS.search(variable) is not None
        is_of_provider = base_url is None and (is_address or variable in redirecting)
        return is_of_provider or variable.lower() in _ANY_SERVER

    return {variable: value for variable, value in sorted(environ.items()) if value and leads(variable)}


def plain(url: str) -> str:
    """A URL without user, password and query, where keys may be; `…` in place of what is left out."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is no URL"
    if not parts.netloc:
        return "an address that is no URL" if set("@?#") & set(url) else url
    user, at, host = parts.netloc.rpartition("@")
    shown = urlunsplit(parts._replace(netloc=f"{'…' if user else ''}{at}{host}", query="", fragment=""))
    return f"{shown}?…" if parts.query else shown


def plain_url(url: str | None) -> str | None:
    """A URL without user, password and query, where keys may stand."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is no URL"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
