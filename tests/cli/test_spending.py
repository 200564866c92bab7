"""`runs --since --sum --by`: what many runs used together."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.cli.display.spending import moment
from lambda_rlm.cli.exits import UsageProblem
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

PRICES: dict[str, Any] = {"profile": {"name": "cheap", "window": 8192, "input_price": 1e-6, "output_price": 2e-6}}


def used(input_tokens: int, output_tokens: int, cost: float | None = 0.0, cached: int = 0) -> dict[str, object]:
    return {"input_tokens": input_tokens, "output_tokens": output_tokens, "cached_tokens": cached, "cost": cost}


def ran(shell: Shell, text: str, usage: dict[str, object], *more: str) -> str:
    """A run of one call that came to this usage; its id."""
    model = script(PRICES, {"match": "", "reply": "bees", "usage": usage})
    assert shell("ask", "What?", wrote("a.txt", text), "--model", model, "--strategy", "direct", "--json", *more) == 0
    return str(shell.json["run"])


def changed(sql: str, *values: object) -> None:
    with closing(sqlite3.connect("home/journal.sqlite3")) as database:
        database.execute(sql, values)
        database.commit()


def test_calls_tokens_and_cost_are_added_up(shell: Shell) -> None:
    ran(shell, "Ann keeps bees.", used(100, 10, 0.25, 40))
    ran(shell, "Bob keeps bees.", used(50, 5, 0.5))
    assert shell("runs", "--sum", "--json") == 0
    total = shell.json["total"]
    assert (total["runs"], total["calls"], total["input_tokens"], total["output_tokens"]) == (2, 2, 150, 15)
    assert (total["cached_tokens"], total["usd"], total["known_usd"]) == (40, 0.75, 0.75)
    assert shell.json["groups"] == [] and shell.json["unreadable"] == []
    assert shell("runs", "--sum") == 0
    assert "$0.7500" in shell.out


def test_a_cost_that_is_not_known_is_never_zero(shell: Shell) -> None:
    first = ran(shell, "Ann keeps bees.", used(100, 10, 0.25))
    second = ran(shell, "Bob keeps bees.", used(50, 5, 0.5))
    changed("UPDATE calls SET usage = json_set(usage, '$.usd', NULL) WHERE run = ?", second)
    assert shell("runs", "--sum", "--json") == 0
    assert (shell.json["total"]["usd"], shell.json["total"]["known_usd"]) == (None, 0.25)
    assert shell.json["total"]["unpriced_calls"] == 1
    assert shell("runs", "--sum") == 0
    assert "$0.2500 + unknown" in shell.out and "1 call without a known price" in shell.err
    changed("UPDATE calls SET state = 'running', usage = NULL, seconds = NULL WHERE run = ?", first)
    assert shell("runs", "--sum") == 0
    assert "unknown" in shell.out and "$" not in shell.out and "may have been charged" in shell.err


def test_each_model_has_its_own_row(shell: Shell) -> None:
    """A run with a root model and another one: each call is under the model that was asked, and no call is lost."""
    text = wrote("a.txt", "Ann keeps bees. " * 50)
    rules = [PRICES, {"match": "", "reply": "bees", "usage": used(30, 3, 0.1)}]
    script(*rules)
    leaf = wrote("leaf.jsonl", Path("replies.jsonl").read_text(encoding="utf-8"))
    named = {"profile": {**PRICES["profile"], "name": "writer"}}
    root = script(named, {"match": "", "reply": 'llm_call(f"Read: {context}")', "usage": used(900, 20, 0.2)})
    models = ("--model", f"scripted:{leaf}", "--root-model", root)
    assert shell("ask", "What?", text, *models, "--strategy", "synth", "--json") == 0
    run = shell.json
    assert shell("runs", "--sum", "--by", "model", "--json") == 0
    groups = {group["name"]: group for group in shell.json["groups"]}
    assert {name: (g["calls"], g["input_tokens"]) for name, g in groups.items()} == {"writer": (1, 900), "cheap": (1, 30)}
    both = run["usage"]["input_tokens"] + run["synthesis"]["usage"]["input_tokens"]
    assert sum(group["input_tokens"] for group in groups.values()) == both == shell.json["total"]["input_tokens"]
    assert list(groups) == ["writer", "cheap"], "the highest cost comes first"
    assert shell("runs", "--sum", "--by", "model") == 0
    assert [line.split()[0] for line in shell.out.splitlines()] == ["model", "writer", "cheap", "total"]


@pytest.mark.parametrize("by", ["day", "route", "task", "split", "model"])
def test_the_groups_add_up_to_the_total(shell: Shell, by: str) -> None:
    """Also runs without a task or a split, which a comparison leaves out."""
    ran(shell, "Ann keeps bees.", used(100, 10, 0.25), "--task", "search")
    wrote("p.lam", "length(context)")
    assert shell("run", "p.lam", wrote("b.txt", "abc"), "--model", "scripted:replies.jsonl") == 0
    assert shell("runs", "--sum", "--by", by, "--json") == 0
    groups, total = shell.json["groups"], shell.json["total"]
    assert total["calls"] == 1 and total["runs"] == 2
    for key in ("calls", "input_tokens", "output_tokens", "cached_tokens"):
        assert sum(group[key] for group in groups) == total[key]
    assert sum(group["runs"] for group in groups) == (1 if by == "model" else 2)


def test_days_are_in_their_order_and_since_leaves_out(shell: Shell) -> None:
    old = ran(shell, "Ann keeps bees.", used(100, 10, 0.25))
    ran(shell, "Bob keeps bees.", used(50, 5, 0.5))
    changed("UPDATE runs SET started = ? WHERE id = ?", datetime(2026, 3, 4, 12).timestamp(), old)
    assert shell("runs", "--sum", "--by", "day", "--json") == 0
    assert shell.json["groups"][0]["name"] == "2026-03-04" and len(shell.json["groups"]) == 2
    assert shell("runs", "--since", "2d", "--sum", "--json") == 0
    assert shell.json["total"]["input_tokens"] == 50
    assert shell("runs", "--since", "2026-03-04", "--json") == 0
    assert len(shell.json["runs"]) == 2
    assert shell("runs", "--since", "24h", "--by", "model", "--json") == 0
    assert [group["runs"] for group in shell.json["groups"]] == [1]


def test_a_run_that_went_on_is_paid_once(shell: Shell) -> None:
    text = wrote("a.txt", "Ann keeps bees.")
    wrote("p.lam", 'let a = llm_call(f"first {context}"); llm_call(f"second {a}")')
    first = {"match": "first", "reply": "bees", "usage": used(100, 10, 0.25)}
    model = script(PRICES, first, {"match": "second", "failure": "E0510"})
    assert shell("run", "p.lam", text, "--model", model) == 2
    script(PRICES, first, {"match": "second", "reply": "done", "usage": used(7, 1, 0.5)})
    assert shell("resume", "last", "--json") == 0
    assert shell("runs", "--sum", "--json") == 0
    assert (shell.json["total"]["input_tokens"], shell.json["total"]["usd"]) == (107, 0.75)


def test_a_run_that_nobody_can_read_is_named(shell: Shell) -> None:
    run = ran(shell, "Ann keeps bees.", used(100, 10, 0.25))
    kept = ran(shell, "Bob keeps bees.", used(50, 5, 0.5))
    changed("UPDATE calls SET usage = '[]' WHERE run = ?", run)
    assert shell("runs", "--sum", "--json") == 0
    assert shell.json["unreadable"] == [run] and shell.json["total"]["input_tokens"] == 50
    changed("UPDATE runs SET what = x'ff' WHERE id = ?", kept)
    assert shell("runs", "--sum") == 0
    assert run in shell.err and kept in shell.err


@pytest.mark.parametrize(("when", "time"), [("2026-11-01", (2026, 11, 1)), ("2026-11-01T10:30", (2026, 11, 1, 10, 30))])
def test_a_moment_is_a_date_or_a_time_here(when: str, time: Any) -> None:
    assert moment(when) == datetime(*time).timestamp()


@pytest.mark.parametrize(("when", "hours"), [("7d", 168), ("24h", 24), ("30m", 0.5), ("2w", 336), (" 1 d ", 24)])
def test_a_moment_is_so_long_ago(when: str, hours: float) -> None:
    now = datetime(2026, 11, 15, 12)
    assert now.timestamp() - moment(when, now) == pytest.approx(hours * 3600, abs=3601 if hours > 24 else 0)


@pytest.mark.parametrize("when", ["yesterday", "7", "-7d", "2026-13-01", "999999w", "", "0x7d"])
def test_what_is_no_moment_is_refused(shell: Shell, when: str) -> None:
    with pytest.raises(UsageProblem, match="--since"):
        moment(when)
    assert shell("runs", f"--since={when}") == 64
    assert "--since 7d" in shell.err
