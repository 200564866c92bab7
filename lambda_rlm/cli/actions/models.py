"""`models`: the available models, what each is trusted with, and downloading the weights of local ones."""

from __future__ import annotations

import json as json_text
from dataclasses import asdict
from typing import Final

from lambda_rlm.answering.question import self_tested
from lambda_rlm.budget.price import per_million
from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.bar import bar
from lambda_rlm.cli.suggestions import unknown
from lambda_rlm.completion import ModelProfile
from lambda_rlm.llm.connect import ModelRow, available_models, default_model
from lambda_rlm.llm.local.weights import TABLE, fetch, installed
from lambda_rlm.plan.self_tests import SelfTest
from lambda_rlm.plan.strength import Ability, ability

_MEGABYTE: Final = 1_000_000


def listing(json: bool) -> int:
    """The exit code of `models`."""
    rows = available_models()
    default = default_model()
    tested = self_tested()
    able = {row.name: _ability(row, tested.get(row.name)) for row in rows}
    others = [one for name, one in sorted(tested.items()) if name not in able]
    if json:
        about = [
            {
                **asdict(row),
                "strength": able[row.name].strength,
                "strength_from": able[row.name].evidence,
                "strength_why": able[row.name].why,
            }
            for row in rows
        ]
        self_tests = [asdict(one) | {"strength": one.strength} for one in others]
        screen.answer(json_text.dumps({"ok": True, "default": default, "models": about, "self_tests": self_tests}))
        return exits.ANSWERED
    width = max(len(row.name) for row in rows) + 2
    lines = [
        f"{row.name:<{width}}{_about(row)}; programs: {able[row.name].strength} ({able[row.name].why})"
        f"{', the default' if row.name == default else ''}"
        for row in rows
    ]
    lines += [f"{one.model:<{width}}programs: {one.strength} (self-test of {one.date})" for one in others]
    dates = sorted({row.prices_as_of for row in rows if row.prices_as_of})
    lines += [
        "",
        *(f"Prices of {date}, in US dollars per million tokens." for date in dates),
        "How well a model writes programs: lambda-rlm models test NAME asks it ten questions.",
        "Any other litellm model name works too, and any OpenAI-compatible server: openai/NAME with --base-url URL.",
    ]
    screen.report(*lines)
    return exits.ANSWERED


def _ability(row: ModelRow, tested: SelfTest | None) -> Ability:
    """What the router trusts a model with."""
    price = (row.input_price, row.output_price)
    profile = ModelProfile(row.name, window=row.window, max_output=row.window, input_price=price[0], output_price=price[1])
    return ability(profile, tested=tested)


def _about(row: ModelRow) -> str:
    missing = f"needs: {row.missing}" if row.missing else "ready"
    prices = f"{_price(row.input_price)} in{_less('cached', row.cached_input_price)}, {_price(row.output_price)} out"
    if row.batch_input_price is not None and row.batch_output_price is not None:
        prices += f" (in a batch {_price(row.batch_input_price)} in, {_price(row.batch_output_price)} out)"
    thought = f", up to {row.thinking:,} tokens of thought" if row.thinking else ""
    return f"context window {row.window:>9,}, {prices}{thought}; {missing}"


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
