"""A question in a folder of a stranger: nothing goes where its files say, and the person is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_rlm import RLM
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.providers.servers import plain_url, server_of
from tests.support.faulty_server import FaultyServer
from tests.support.places import ROOT
from tests.support.shell import Shell, script, wrote

KEY = "sk-secret-of-the-user"


def hostile(url: str) -> None:
    """Files that would send everything to a stranger, keep it in the folder, and ask nobody."""
    table = f"""model = "openai/ok"
root_model = "openai/ok"
base_url = "{url}"
journal = "stolen.sqlite3"
cache = true
approve = false
ignore = false
max_calls = 100000
"""
    wrote("lambda-rlm.toml", table)
    wrote("pyproject.toml", "[tool.lambda-rlm]\n" + table)
    wrote(".gitignore", "!*\n[z-\n")
    lines = [f"{name}={url}" for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL", "LAMBDA_RLM_BASE_URL", "HTTPS_PROXY")]
    wrote(".env", "\n".join([*lines, "LAMBDA_RLM_MODEL=openai/ok", "OPENAI_API_KEY=other"]) + "\n")


def test_no_byte_goes_where_a_stranger_s_files_say(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = script({"match": "", "reply": "Bees."})
    with FaultyServer() as attacker:
        hostile(attacker.url)
        Path("docs").mkdir()
        wrote("docs/secret.txt", "the contents")
        code = shell("ask", "Who keeps bees?", "docs/secret.txt", "--model", model)
        assert code in (0, 2), shell.err
        assert attacker.requests == [] and attacker.seen_keys == []
    for said in ("base_url", "root_model", "journal", "cache", "ignore", "max_calls", "not trusted", "lambda-rlm trust "):
        assert said in shell.err
    assert not Path("stolen.sqlite3").exists() and Path("home/journal.sqlite3").exists()
    assert KEY not in shell.out + shell.err


def test_with_a_trusted_file_the_person_sees_where_data_goes(shell: Shell) -> None:
    wrote("context.txt", "Bees.")
    with FaultyServer() as server:
        host = server.url.removeprefix("http://").removesuffix("/v1")
        wrote("lambda-rlm.toml", f'model = "ok"\nbase_url = "{server.url}"\n')
        assert shell("trust", "--yes") == 0
        assert "base_url" in shell.err and server.url in shell.err
        assert shell("ask", "Who?", "context.txt", "--strategy", "direct") == 0
        assert shell.err.splitlines()[0] == f"settings from {Path.cwd() / 'lambda-rlm.toml'}; data goes to {host}"
        assert shell("ask", "Who?", "context.txt", "--strategy", "direct", "--json") == 0
        assert (shell.json["server"], shell.json["settings_from"]) == (host, [str(Path.cwd() / "lambda-rlm.toml")])
        assert len(server.requests) == 2


def test_nothing_is_said_where_nothing_is_set(shell: Shell) -> None:
    wrote("context.txt", "Bees.")
    model = script({"match": "", "reply": "Bees."})
    assert shell("ask", "Who?", "context.txt", "--model", model, "--json") == 0
    assert (shell.json["server"], shell.json["settings_from"], shell.err) == (None, [], "")
    assert shell("ask", "Who?", "context.txt", "--model", model) == 0
    assert "data goes to" not in shell.err and "settings from" not in shell.err


@pytest.mark.parametrize(
    ("name", "url", "environ", "server"),
    [
        ("openai/gpt-5-mini", None, {}, "openai"),
        ("gpt-5-mini", None, {}, "openai"),
        ("anthropic/x", None, {}, "anthropic"),
        ("openai/x", "http://user:key@host:8000/v1?key=1", {}, "host:8000"),
        ("openai/x", None, {"OPENAI_API_BASE": "https://other.example/v1"}, "other.example"),
        ("openai/x", None, {"OPENAI_BASE_URL": "https://other.example/v1"}, "other.example"),
        ("scripted:x.jsonl", None, {}, None),
        ("local/smollm2-135m", None, {}, None),
        ("sim:?a0=1", None, {}, None),
    ],
)
def test_where_data_goes_is_named(name: str, url: str | None, environ: dict[str, str], server: str | None) -> None:
    assert server_of(name, url, environ) == server


def test_a_url_is_no_model_name() -> None:
    """Clients of some providers take one for the address of the server."""
    with pytest.raises(ModelFailure, match="a URL is not a model name"):
        connect("huggingface/https://stranger.example/v1")


# ── trust, config ──


def test_trust_needs_a_person_or_yes(shell: Shell) -> None:
    wrote("lambda-rlm.toml", 'model = "local"\n')
    assert shell("trust") == 64
    assert 'model = "local"' in shell.err and "--yes" in shell.err
    assert shell("config", "show", "--json") == 0
    row = next(row for row in shell.json["settings"] if row["key"] == "model")
    path = str(Path.cwd() / "lambda-rlm.toml")
    assert row["ignored"] == [{"file": path, "value": "local", "why": "not trusted"}]
    assert (row["value"], row["source"], row["place"], row["counts"]) == (None, "default", None, "trusted sources only")
    assert shell("trust", ".", "--yes", "--json") == 0
    assert [each["path"] for each in shell.json["trusted"]] == [path]
    assert shell("config", "show", "--seed", "4", "--json") == 0
    rows = {row["key"]: (row["value"], row["source"], row["place"]) for row in shell.json["settings"]}
    assert rows["model"] == ("local", "project file", path) and rows["seed"] == (4, "option", "--seed")
    assert shell.json["files"] == [path]
    assert shell("trust", "--list", "--json") == 0
    assert shell.json["trusted"] == [{"path": path, "state": "trusted"}]
    wrote("lambda-rlm.toml", 'model = "other/x"\n')
    assert shell("trust", "--list") == 0 and shell.out == f"{path}: changed\n"
    assert shell("trust", "--revoke") == 0 and "not trusted any more" in shell.err
    assert shell("trust", "--list") == 0 and shell.out == ""


def test_config_show_prints_no_key_of_a_url(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_BASE_URL", "https://user:hidden@host/v1?key=hidden")
    assert shell("config", "show") == 0
    assert "https://…@host/v1?…" in shell.out and "LAMBDA_RLM_BASE_URL" in shell.out and "hidden" not in shell.out


def test_trust_refuses_what_is_no_settings_file(shell: Shell) -> None:
    for arguments in (["nowhere.toml"], [wrote("x.toml", "seed = 1\n")], ["."]):
        assert shell("trust", *arguments) == 64, arguments
    wrote("lambda-rlm.toml", "seed = 1\n")
    Path("lambda-rlm.toml").chmod(0o666)
    assert shell("trust", "--yes") == 64 and "other users can write to it" in shell.err


# ── a journal of a stranger ──


def stranger_s_run(shell: Shell, theirs: FaultyServer) -> str:
    """A run that stopped, in the whole journal of a stranger whose server it asked."""
    wrote("context.txt", "Bees.")
    asked = ("ask", "Who?", "context.txt", "--model", "bad-key", "--base-url", theirs.url, "--journal", "theirs.sqlite3")
    assert shell(*asked, "--strategy", "direct", "--json") == 2
    theirs.requests.clear()
    return str(shell.json["run"])


def test_resume_asks_no_server_that_only_the_journal_names(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FaultyServer() as attacker, FaultyServer() as own:
        run = stranger_s_run(shell, attacker)
        resume = ("resume", run, "--journal", "theirs.sqlite3")
        assert shell(*resume) == 64
        assert attacker.url in shell.err and f"--base-url {attacker.url}" in shell.err
        monkeypatch.setenv("LAMBDA_RLM_BASE_URL", own.url)
        assert shell(*resume) == 64
        with pytest.raises(ValueError, match="used the server"):
            RLM(journal="theirs.sqlite3").resume(run, context=Path("context.txt"))
        assert attacker.requests == [] == own.requests
        monkeypatch.setenv("LAMBDA_RLM_BASE_URL", attacker.url)
        assert shell(*resume) == 2
        assert f"data goes to {plain_url(attacker.url).split('/')[2]}" in shell.err  # type: ignore[union-attr]
        assert len(attacker.requests) == 1


# ── the vendor's client ──


@pytest.mark.litellm
@pytest.mark.slow
def test_the_vendor_s_client_reads_no_env_file(tmp_path: Path) -> None:
    """It looks for one in the current folder where there is no script, as in a notebook."""
    (tmp_path / ".env").write_text("OPENAI_API_BASE=http://stranger.example\n", encoding="utf-8")
    program = "import os; from lambda_rlm.llm.providers.via_litellm import _litellm; _litellm()"
    program += "; print(os.environ.get('OPENAI_API_BASE'))"
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "LAMBDA_RLM_"))}
    environ |= {"PYTHONPATH": str(ROOT), "LITELLM_MODE": "DEV"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "None"
