"""How much a model thinks before it replies: what its provider is sent, and where that limits nothing.

Owns what is sent beside the limit of each request, which is the reply and the thought together: an effort or a budget, where
the provider has one. Promises that a model which thinks only when asked is not asked. Refuses nothing: a field that a provider
does not have is left out, and its limit holds alone. xAI counts thought beside the limit: there it holds for the reply only.
"""

from __future__ import annotations

from typing import Any, Final

from lambda_rlm.completion import LESS_THOUGHT, ModelProfile
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.providers.forms.claude import claude_thinks

USUAL: Final = 4_096
"""Tokens of thought before a reply, unless `thinking` says otherwise."""

_LOW: Final = 2_048
"""Tokens of thought up to which a provider is asked for a low effort: with more of it the limit would be met in a thought."""

SILENT_UNLESS_ASKED: Final = ("anthropic", "bedrock", "bedrock_converse")
_GPT: Final = late_pattern(r"(?:^|/)gpt-5(\.\d)?(?!\d)(?!.*chat)")
_O: Final = late_pattern(r"(?:^|/)o(?:1(?!-mini|-preview)|3|4)(?:-|$)")
_OPEN: Final = late_pattern(r"gpt-oss")
_GEMINI_2: Final = late_pattern(r"gemini-2\.5-(pro|flash-lite|flash)")
_GEMINI: Final = late_pattern(r"gemini-[3-9]")
_HAVE_EFFORT: Final = (_GPT, _O, _OPEN, _GEMINI)
_GROK: Final = late_pattern(r"(?:^|[/.])grok")

_LEAST: Final = ((_O, 512), (_OPEN, 256), (late_pattern(r"gemini-2\.5-pro"), 128), (_GEMINI, 128))
"""Tokens that models think, at the least, which cannot be told not to think."""

_LEAST_CLAUDE: Final = 1_024
"""Tokens of the smallest budget of thought that Claude takes."""

_LEAST_BUDGET: Final = {"pro": 128, "flash-lite": 512, "flash": 1}
"""Tokens of the smallest budget of each Gemini 2.5."""

_OWN_TEMPLATES: Final = ("vllm", "sglang", "llamacpp")
"""Dialects of servers that hand fields on to the template of an open model."""


def allowance(profile: ModelProfile, thinking: int) -> int:
    """The tokens of thought that a request allows for which `thinking` was chosen: none where the model thinks only when it is
    asked to, and no fewer than it cannot do without."""
    provider = profile.details.get("provider") or profile.name.partition("/")[0]
    if (provider == "anthropic" and thinking) or thinks_unasked(profile.name, provider):
        return max(thinking, _LEAST_CLAUDE)
    return 0 if provider in SILENT_UNLESS_ASKED else max(thinking, _least(profile.name))


def is_limited(profile: ModelProfile) -> bool:
    """Whether the limit of a request holds for a model's thought, too."""
    return not (profile.reasoning_tokens and _GROK.search(profile.name))


def thinks_unasked(name: str, provider: str) -> bool:
    """Whether a model whose provider is silent unless asked thinks all the same: nobody can tell it not to, or nobody does."""
    habit = claude_thinks(name)
    return habit == "always" or (habit != "asked" and provider != "anthropic")


def told_thought(profile: ModelProfile) -> str:
    """How much a model may think, for a person, after a comma; empty for one that does not."""
    usual = profile.reasoning_tokens
    if not usual:
        return ""
    steps = [(reply, less) for reply, _ in reversed(LESS_THOUGHT) if (less := profile.thought(reply)) < usual]
    shorter = "".join(f", {less:,} if it has at most {reply:,}" for reply, less in steps)
    assumed = "" if is_limited(profile) else " (assumed: its provider does not limit thought)"
    return f", at most {usual:,} tokens of thought before a reply{shorter}{assumed}"


def asked_thought(name: str, thought: int) -> dict[str, Any]:
    """The fields that ask a provider's model for N tokens of thought, by the names that litellm knows; none where the
    provider's own manner is as good."""
    if (gemini := _GEMINI_2.search(name)) is not None:
        kind = gemini[1]
        budget = thought if thought >= _LEAST_BUDGET[kind] else _least(name)
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}
    effort = _effort(name, thought)
    return {} if effort is None else {"reasoning_effort": effort}


def asked_of_server(name: str, thinking: int | None, dialect: str | None) -> dict[str, Any]:
    """The fields that tell a server of open models how much to think, where `thinking` was chosen. Only what the model or the
    `dialect` is known to have is sent, since others may refuse it."""
    if thinking is None:
        return {}
    fields = asked_thought(name, thinking) if _OPEN.search(name) else {}
    if thinking == 0 and dialect in _OWN_TEMPLATES:
        fields["chat_template_kwargs"] = {"enable_thinking": False}
    return fields


def _effort(name: str, thought: int) -> str | None:
    """The effort for N tokens of thought, None for the provider's own."""
    if thought > _LOW or not any(names.search(name) for names in _HAVE_EFFORT):
        return None
    gpt = _GPT.search(name)
    if gpt is not None and gpt[1] is not None:  # these think only when asked to
        return None if thought else "none"
    has_minimal = gpt is not None or _GEMINI.search(name) is not None
    return "minimal" if has_minimal and thought <= _least(name) else "low"


def _least(name: str) -> int:
    return next((least for names, least in _LEAST if names.search(name)), 0)
