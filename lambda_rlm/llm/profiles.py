"""What is known of providers' models before they are asked: window, longest reply, prices.

Owns the look-up in the table that litellm carries, read as data and without importing litellm. Promises that an unknown
price is None and never 0. Of a model that the table lacks, a small window is assumed: `DEFAULT_WINDOW` tokens; say `window`
where more is known.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from lambda_rlm.completion import ModelProfile
from lambda_rlm.llm.providers.dialects import Dialect
from lambda_rlm.llm.tokens import proved_vocabulary, vocabulary

DEFAULT_WINDOW: Final = 8192
DEFAULT_MAX_OUTPUT: Final = 2048
REASONING_TOKENS: Final = 4096
_SILENT_UNLESS_ASKED: Final = ("anthropic", "bedrock", "bedrock_converse")


def provider_profile(name: str, *, base_url: str | None = None, window: int | None = None) -> ModelProfile:
    """The profile of a litellm name. Behind a `base_url` stands some other server: its prices are unknown."""
    row = _row(name)
    known = row is not None and base_url is None
    row = row or {}
    limit = window or _whole(row.get("max_input_tokens")) or _whole(row.get("max_tokens")) or DEFAULT_WINDOW
    output = _whole(row.get("max_output_tokens")) or _whole(row.get("max_tokens")) or DEFAULT_MAX_OUTPUT
    return ModelProfile(
        name=name,
        window=limit,
        max_output=min(output, limit),
        input_price=_dearest(row, "input_cost_per_token") if known else None,
        output_price=_dearest(row, "output_cost_per_token") if known else None,
        is_constrained=known and bool(row.get("supports_response_schema")),
        reasoning_tokens=REASONING_TOKENS if _reasons(row) else 0,
        details={"provider": str(row.get("litellm_provider", "")), "tokenizer": vocabulary(name) or "estimated"},
        vocabulary=proved_vocabulary(name) if base_url is None else None,
    )


def with_dialect(profile: ModelProfile, dialect: Dialect | None) -> ModelProfile:
    """The profile of a model that is asked for grammars in a dialect. A tool's grammar may count as part of the prompt; around
    a tool's input a model thinks as it likes, and one that reasons by itself has thought before it begins."""
    has_tool, takes = dialect == "openai", dialect is not None
    thinks_first = takes and not has_tool and not profile.reasoning_tokens
    return replace(profile, takes_grammar=takes, counts_grammar=has_tool, thinks_first=thinks_first)


def is_known(name: str) -> bool:
    """Whether the table holds a model of this name."""
    return _row(name) is not None


def _row(name: str) -> Mapping[str, Any] | None:
    table = _table()
    if name in table:
        return table[name]
    provider, _, bare = name.partition("/")
    row = table.get(bare)
    return row if row is not None and row.get("litellm_provider") == provider else None


@cache
def _table() -> dict[str, dict[str, Any]]:
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    try:
        text = (Path(spec.origin).parent / "model_prices_and_context_window_backup.json").read_text(encoding="utf-8")
        loaded = json.loads(text)
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, (int, float)) and value > 0 else None


def _dearest(row: Mapping[str, Any], key: str) -> float | None:
    """The highest of the standard price and those above a prompt length: what a call may cost at worst."""
    prices = [
        value for name, value in row.items() if name == key or (name.startswith(f"{key}_above_") and name.endswith("tokens"))
    ]
    return (
        max((float(price) for price in prices if isinstance(price, (int, float))), default=None)
        if row.get(key) is not None
        else None
    )


def _reasons(row: Mapping[str, Any]) -> bool:
    return bool(row.get("supports_reasoning")) and row.get("litellm_provider") not in _SILENT_UNLESS_ASKED
