"""What is known of providers' models before they are asked: window, longest reply, prices.

Owns the look-up in the package's own table, which has a date (`table`, made by `benchmarks/model_tables.py` from that
of litellm). Promises that an unknown price is None and never 0, and that a price is the highest that a token may cost. For a
model that the table lacks it assumes a small window, `DEFAULT_WINDOW` tokens; pass `window` where more is known. Whether such a
model thinks before it replies, its name tells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

from lambda_rlm.completion import ModelProfile
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.providers.dialects import Dialect
from lambda_rlm.llm.providers.thinking_names import thinks_by_name
from lambda_rlm.llm.tokens import proved_vocabulary, vocabulary

DEFAULT_WINDOW: Final = 8192
DEFAULT_MAX_OUTPUT: Final = 2048
_CACHES_ON_REQUEST: Final = late_pattern(r"claude|(^|[./])nova-")
"""Names of models whose providers cache a prompt only where the request marks what to cache, which costs more than to send it.
No request does: what it costs at most would grow, whether or not the same is asked again."""


def provider_profile(name: str, *, base_url: str | None = None, window: int | None = None) -> ModelProfile:
    """The profile of a litellm name. Behind a `base_url` stands some other server: its prices are unknown."""
    from lambda_rlm.llm.providers.thinking import USUAL

    row = _row(name)
    known = row is not None and base_url is None
    row = row or {}
    limit = window or row.get("window") or DEFAULT_WINDOW
    output = row.get("output") or DEFAULT_MAX_OUTPUT
    thinks = _reasons(name, row) or (not known and thinks_by_name(name))
    input_price, cached = (row.get("in"), row.get("cached")) if known else (None, None)
    return ModelProfile(
        name=name,
        window=limit,
        max_output=min(output, limit),
        input_price=input_price,
        output_price=row.get("out") if known else None,
        cached_input_price=cached if cached is not None and input_price is not None and cached <= input_price else None,
        caches_on_request=_CACHES_ON_REQUEST.search(name.lower()) is not None,
        is_constrained=known and bool(row.get("schema")),
        reasoning_tokens=USUAL if thinks else 0,
        thinks_less=thinks,
        details={"provider": str(row.get("provider", "")), "tokenizer": vocabulary(name) or "estimated"},
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


def providers_in_table() -> frozenset[str]:
    """The providers of the models in the table."""
    return frozenset(str(row["provider"]) for row in _table()["models"].values() if row.get("provider"))


def prices_as_of(profile: ModelProfile) -> str | None:
    """The date of the table (YYYY-MM-DD) where a profile's prices are those of the table, else None."""
    row = _row(profile.name) or {}
    prices = (row.get("in"), row.get("out"))
    return _table()["as_of"] if None not in prices and prices == (profile.input_price, profile.output_price) else None


def batch_prices(name: str) -> tuple[float | None, float | None]:
    """What a token costs in a batch, sent and replied, in US dollars; None where that is unknown."""
    row = _row(name) or {}
    return row.get("batch_in"), row.get("batch_out")


def _row(name: str) -> Mapping[str, Any] | None:
    models: Mapping[str, Mapping[str, Any]] = _table()["models"]
    if name in models:
        return models[name]
    provider, _, bare = name.partition("/")
    row = models.get(bare)
    return row if row is not None and row.get("provider") == provider else None


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((files("lambda_rlm.llm") / "table" / "models.json").read_text("utf-8"))
    return table


def _reasons(name: str, row: Mapping[str, Any]) -> bool:
    """Whether a model thinks though nobody asks it to."""
    from lambda_rlm.llm.providers.thinking import SILENT_UNLESS_ASKED, thinks_unasked

    provider = str(row.get("provider"))
    is_unasked = provider not in SILENT_UNLESS_ASKED or thinks_unasked(name, provider)
    return bool(row.get("reasons")) and is_unasked
