"""The vendors that the lean door asks by name: where, with which key, in which form.

Owns the table. Promises that a variable which leads elsewhere is heeded as litellm heeds it (`servers.recipients_of` tells
where that is), and that what only litellm can do stays its own: models of OpenAI that are not asked by chat completions,
another server of Gemini's own form, a proxy of litellm.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.providers.forms.anthropic import ANTHROPIC
from lambda_rlm.llm.providers.forms.wire import Gemini, OpenAi, Wire
from lambda_rlm.llm.providers.servers import provider_of


@dataclass(frozen=True, slots=True)
class Vendor:
    """Where a vendor's models are asked; `keys` are the variables that may hold a key, the first that does counts."""

    base_url: str
    keys: tuple[str, ...]
    wire: Wire
    bases: tuple[str, ...] = ()
    """The variables that name another server of the same form."""


VENDORS: Final[Mapping[str, Vendor]] = {
    "openai": Vendor("https://api.openai.com/v1", ("OPENAI_API_KEY",), OpenAi(), ("OPENAI_BASE_URL", "OPENAI_API_BASE")),
    "anthropic": Vendor(
        "https://api.anthropic.com", ("ANTHROPIC_API_KEY",), ANTHROPIC, ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL")
    ),
    "gemini": Vendor("https://generativelanguage.googleapis.com/v1beta/openai", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), Gemini()),
}

_OTHER_ENDPOINTS: Final = late_pattern(
    r"responses/|codex|daybreak|deep-research|computer-use|(?:^|/)(?:o\d|gpt-[\d.]+)-pro|instruct|davinci|babbage"
)
_OWN_FORM_ELSEWHERE: Final = ("GEMINI_API_BASE", "GEMINI_BASE_URL")


def vendor_of(name: str, base_url: str | None = None, environ: Mapping[str, str] = os.environ) -> Vendor | None:
    """The vendor of a model that needs nothing of litellm, with the server that is asked; None where it needs something. At a
    base URL it is Anthropic alone whose name tells the form."""
    provider = provider_of(name)
    known = VENDORS.get(provider)
    if known is None or (base_url is not None and provider != "anthropic"):
        return None
    if base_url is None and environ.get("USE_LITELLM_PROXY", "").lower() == "true":
        return None
    if provider == "openai" and _OTHER_ENDPOINTS.search(name.partition("/")[2] or name):
        return None
    has_token_only = environ.get("ANTHROPIC_AUTH_TOKEN") and not environ.get("ANTHROPIC_API_KEY")
    if provider == "anthropic" and base_url is None and has_token_only:  # another way to sign in
        return None
    if provider == "gemini" and any(environ.get(variable) for variable in _OWN_FORM_ELSEWHERE):
        return None
    at = base_url or next((url for variable in known.bases if (url := environ.get(variable))), known.base_url)
    return replace(known, base_url=_without_version(at) if provider == "anthropic" else at)


def _without_version(url: str) -> str:
    """A base URL as Anthropic has it, where the version is part of the path."""
    return url.rstrip("/").removesuffix("/messages").removesuffix("/v1")
