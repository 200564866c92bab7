"""Where the requests to a model go, for a person to read before anything is sent.

Owns `server`, which names it without user, password and query, and `route`, the variables of the environment that lead requests
elsewhere: other addresses and regions of a provider, proxies, and whose certificates are believed. Asks no model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_HERE: Final = {"scripted": "the file", "recorded": "the file", "local": "this process"}
_ADDRESS: Final = re.compile(
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
    return f"the provider {_provider(name)!r}"


def route(name: str, base_url: str | None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that change where requests to a model go, by name; empty ones change nothing."""
    if server(name, base_url).startswith(("this process", "the file")):
        return {}
    kind = _provider(name).upper()
    clouds = next((prefixes for cloud, prefixes in _CLOUDS.items() if kind.lower().startswith(cloud)), ())
    leading = tuple(f"{prefix}_" for prefix in (kind, *clouds))

    def leads(variable: str) -> bool:
        is_of_provider = base_url is None and variable.startswith(leading) and _ADDRESS.search(variable) is not None
        return is_of_provider or variable.lower() in _ANY_SERVER

    return {variable: value for variable, value in sorted(environ.items()) if value and leads(variable)}


def plain(url: str) -> str:
    """A URL without user, password and query, where keys may be; `…` in place of what is left out."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is no URL"
    user, at, host = parts.netloc.rpartition("@")
    shown = urlunsplit(parts._replace(netloc=f"{'…' if user else ''}{at}{host}", query="", fragment=""))
    return f"{shown}?…" if parts.query else shown


def _provider(name: str) -> str:
    """The provider in a model's name; a bare name is one of OpenAI's."""
    return name.partition("/")[0] if "/" in name else "openai"
