"""`models`: the available models, and downloading the weights of local ones."""

from __future__ import annotations

import json as json_text
from dataclasses import asdict
from typing import Final

from lambda_rlm.budget.price import per_million
from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.bar import bar
from lambda_rlm.cli.suggestions import unknown
from lambda_rlm.llm.connect import ModelRow, available_models, default_model
from lambda_rlm.llm.local.weights import TABLE, fetch, installed

_MEGABYTE: Final = 1_000_000


def listing(json: bool) -> int:
    """The exit code of `models`."""
    rows = available_models()
    default = default_model()
    if json:
        screen.answer(json_text.dumps({"ok": True, "default": default, "models": [asdict(row) for row in rows]}))
        return exits.ANSWERED
    width = max(len(row.name) for row in rows) + 2
    lines = [f"{row.name:<{width}}{_about(row)}{', the default' if row.name == default else ''}" for row in rows]
    dates = sorted({row.prices_as_of for row in rows if row.prices_as_of})
    lines += [
        "",
        *(f"Prices of {date}, in US dollars per million tokens." for date in dates),
        "Any other litellm model name works too, and any OpenAI-compatible server: openai/NAME with --base-url URL.",
    ]
    screen.report(*lines)
    return exits.ANSWERED


def _about(row: ModelRow) -> str:
    missing = f"needs: {row.missing}" if row.missing else "ready"
    prices = f"{_price(row.input_price)} in{_less('cached', row.cached_input_price)}, {_price(row.output_price)} out"
    if row.batch_input_price is not None and row.batch_output_price is not None:
        prices += f" (in a batch {_price(row.batch_input_price)} in, {_price(row.batch_output_price)} out)"
    return f"context window {row.window:>9,}, {prices}; {missing}"


def _less(what: str, price: float | None) -> str:
    return "" if price is None else f" ({what} {_price(price)})"


def _price(price: float | None) -> str:
    """US dollars per million tokens."""
    if price is None:
        return "price unknown"
    return f"{per_million(price)}/M" if price else "free"


def get(name: str, json: bool) -> int:
    """The exit code of `models get`."""
    plain = name.removeprefix("local/")
    if plain not in TABLE:
        raise unknown("local model", name, TABLE)
    was_here = installed(plain)
    with bar(is_silent=json) as show:

        def tell(done: int, total: int, what: str) -> None:
            share = 100 * done // max(1, total)
            show(f"{what}: {share}% of {total // _MEGABYTE:,} MB", share // 10)

        place = fetch(plain, tell)
    if json:
        screen.answer(json_text.dumps({"ok": True, "name": f"local/{plain}", "file": str(place), "was_here": was_here}))
    else:
        screen.say(f"local/{plain} {'already installed' if was_here else 'installed (SHA-256 verified)'}: {place}")
    return exits.ANSWERED
