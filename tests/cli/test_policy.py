"""The policy on the command line: faults with their rule, `policy show`, and no flag that leads past it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.faulty_server import FaultyServer
from tests.support.shell import Shell, script, wrote


@pytest.fixture
def ask(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with a question's file, and a policy that a test writes."""
    wrote("context.txt", "Bees.")
    wrote("policy.toml", "")
    monkeypatch.setenv("LAMBDA_RLM_POLICY", str(Path.cwd() / "policy.toml"))
    return shell


def rules(text: str) -> None:
    wrote("policy.toml", f'ledger = "{Path.cwd()}/ledger.sqlite3"\n{text}\n')


def test_a_violation_is_a_fault_with_its_rule(ask: Shell) -> None:
    rules("servers = ['llm.example']")
    with FaultyServer() as server:
        assert ask("ask", "Who?", "context.txt", "--model", "ok", "--base-url", server.url) == 2
        assert "fault[E0601]: rule servers of the policy" in ask.err
        assert ask("ask", "Who?", "context.txt", "--model", "ok", "--base-url", server.url, "--json") == 2
        assert ask.json["fault"]["code"] == "E0601"
        assert server.requests == []
    assert ask("explain", "E0601") == 0 and "policy show" in ask.out


@pytest.mark.parametrize(
    ("text", "options", "rule"),
    [
        ("max_calls = 10", ["--max-calls", "11"], "max_calls"),
        ("max_cost = 0.5", ["--max-cost", "0.51"], "max_cost"),
        ("require = ['journal']", ["--no-journal"], "require"),
        ("require = ['approval']", [], "require"),
        ("require = ['blind']", ["--peek", "5"], "require"),
        ("require = ['constrain']", ["--strategy", "synth"], "require"),
        ("formats = ['md']", [], "formats"),
        ("folders = ['/srv/docs']", [], "folders"),
        ("models = ['local/*']", [], "models"),
    ],
)
def test_no_flag_leads_past_a_rule(ask: Shell, text: str, options: list[str], rule: str) -> None:
    rules(text)
    model = script({"match": "", "reply": "Bees."})
    assert ask("ask", "Who?", "context.txt", "--model", model, *options) == 2
    assert f"fault[E0601]: rule {rule} of the policy" in ask.err, ask.err


def test_check_is_against_the_budget_that_run_has(ask: Shell) -> None:
    rules("max_calls = 1")
    wrote("p.lam", 'map(["a", "b"], fn(x) => llm_call(x)) |> join("")')
    model = script({"match": "", "reply": "Bees."})
    assert ask("check", "p.lam", "context.txt", "--model", model) == 1
    assert ask("run", "p.lam", "context.txt", "--model", model) == 1


def test_a_slip_in_the_policy_stops_every_command_that_works(ask: Shell) -> None:
    rules("max_cots = 1")
    model = script({"match": "", "reply": "Bees."})
    wrote("p.lam", "1 + 1")
    for command in (
        ["ask", "Who?", "context.txt", "--model", model], ["run", "p.lam"], ["route", "Who?", "context.txt", "--model", model],
        ["check", "p.lam", "context.txt"], ["bench", "s_niah", "--model", "sim:?", "--sizes", "8K"], ["policy", "show"],
    ):  # fmt: skip
        assert ask(*command) == 2, command
        assert "fault[E0602]: policy " in ask.err and "unknown rule 'max_cots'" in ask.err


def test_an_untrusted_project_does_not_touch_the_policy(ask: Shell) -> None:
    rules("max_calls = 10")
    wrote(".env", "LAMBDA_RLM_POLICY=\n")
    wrote("lambda-rlm.toml", "max_calls = 900\n")
    assert ask("trust", "--yes") == 0
    model = script({"match": "", "reply": "Bees."})
    assert ask("ask", "Who?", "context.txt", "--model", model) == 2
    assert "rule max_calls" in ask.err


def test_benchmarks_are_not_recorded_and_not_counted(ask: Shell) -> None:
    for text, rule in (("require = ['journal']", "require"), ("max_calls_per_day = 10", "max_calls_per_day")):
        rules(text)
        assert ask("bench", "s_niah", "--model", "sim:?", "--sizes", "8K", "--limit", "1") == 2
        assert f"rule {rule}" in ask.err


def test_policy_show_says_what_holds_and_where(ask: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    rules("max_calls_per_day = 10\nrequire = ['journal']\nmodels = ['scripted:*']")
    model = script({"match": "", "reply": "Bees."})
    assert ask("ask", "Who?", "context.txt", "--model", model, "--strategy", "direct") == 0, ask.err
    assert ask("policy", "show") == 0
    for said in ("policy.toml:", "max_calls_per_day = 10", "journal: every run is recorded", "today: 1 calls"):
        assert said in ask.out
    assert ask("policy", "show", "--json") == 0
    assert ask.json["files"][0]["rules"]["max_calls_per_day"] == 10 and ask.json["today"]["calls"] == 1
    monkeypatch.delenv("LAMBDA_RLM_POLICY")
    assert ask("policy", "show") == 0 and "no policy" in ask.err


def test_the_limits_of_the_policy_are_shown_beside_settings(ask: Shell) -> None:
    rules("max_calls = 4")
    assert ask("config", "show") == 0
    line = next(line for line in ask.out.split("\n") if line.startswith("max_calls"))
    assert "1000" in line and line.endswith(f"; at most 4 by the policy {Path.cwd()}/policy.toml")
    assert ask("config", "show", "--json") == 0
    shown = {row["key"]: row["policy"] for row in ask.json["settings"]}
    assert shown["max_calls"] == {"at_most": 4, "file": f"{Path.cwd()}/policy.toml"} and shown["max_tokens"] is None


def test_a_slip_in_a_rule_is_named_with_the_nearest_rule(ask: Shell) -> None:
    for text, told in (("model = ['x']", "did you mean models?"), ("models = 'x'", "models must be a list of texts")):
        rules(text)
        assert ask("ask", "Who?", "context.txt") == 2
        assert told in ask.err, ask.err
