"""Where the data of a model's requests goes: the host of a server, or a provider.

Owns the one answer, which is shown to people before a run, stands in its JSON, and is what a policy looks at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from lambda_rlm.llm.profiles import provider_profile

_IN_PROCESS: Final = re.compile(r"local(?:\Z|[:/])|scripted:|recorded:|sim:")
_BASES: Final = ("_API_BASE", "_BASE_URL")
"""How the variables end with which a provider's client is told of another server."""


def server_of(name: str, base_url: str | None = None, environ: Mapping[str, str] = os.environ) -> str | None:
    """The host (and port) of the base URL, of the one that the environment names for the provider, or else the provider; None
    for a model in this process."""
    if base_url is not None:
        return host_of(base_url)
    if _IN_PROCESS.match(name):
        return None
    provider = provider_of(name)
    variable = provider.upper().replace("-", "_")
    redirected = next((url for end in _BASES if (url := environ.get(variable + end))), None)
    return provider if redirected is None else host_of(redirected)


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
