"""Headers, keys and authorities on the command line and in files: never shown, never kept, never taken from a journal."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import RLM, Budget, Fault
from lambda_rlm.llm.failures import KEY_REFUSED
from lambda_rlm.settings.problem import SettingProblem
from lambda_rlm.settings.sources import gathered
from lambda_rlm.settings.trust import contents, trust
from tests.support.faulty_server import FaultyServer
from tests.support.shell import Shell, journal, wrote

pytestmark = pytest.mark.usefixtures("alone")

SECRET = "hunter22-of-the-gateway"
AUTHORITIES = Path(__file__).parents[1] / "llm" / "tls" / "certificate.pem"
HEADER = ("--header", f"X-Gateway: {SECRET}")
KEYS = (*HEADER, "--api-key-env", "MY_PASS", "--temperature", "0.3")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MY_PASS", "pass-of-mine-12345")
    with FaultyServer() as running:
        yield running


def everything() -> bytes:
    """All that was written to the disk."""
    return b"".join(path.read_bytes() for path in Path().rglob("*") if path.is_file())


def test_what_is_said_is_sent_and_neither_shown_nor_kept(shell: Shell, server: FaultyServer) -> None:
    wrote("p.lam", 'llm_call("Ann keeps bees")')
    asked = ("p.lam", "--model", "openai/echo", "--base-url", server.url, *KEYS)
    assert shell("run", *asked) == 0, shell.err
    shown = shell.out + shell.err
    assert server.requests[0]["temperature"] == 0.3
    assert server.seen_keys == ["Bearer pass-of-mine-12345"]
    assert shell("show", "last", "--json") == 0
    shown += shell.out
    kept = shell.json["what"]["settings"]
    assert (kept["headers"], kept["api_key_env"], kept["temperature"]) == (["X-Gateway"], "MY_PASS", 0.3)
    for command in (("check", *asked), ("config", "show", *asked[1:]), ("config", "show", *asked[1:], "--json")):
        assert shell(*command) == 0, shell.err
        shown += shell.out + shell.err
    assert "X-Gateway" in shown and "MY_PASS" in shown and "hunter22" not in shown and "pass-of-mine" not in shown
    assert b"hunter22" not in everything() and b"pass-of-mine" not in everything()


def test_approval_shows_names_and_heeds_them(shell: Shell, server: FaultyServer) -> None:
    wrote("p.lam", 'llm_call("Ann keeps bees")')
    wrote("a.txt", "bees")
    asked = ("p.lam", "a.txt", "--query", "Who?", "--model", "openai/echo", "--base-url", server.url)
    hashes = set()
    for more in ((), HEADER, ("--header", f"X-Other: {SECRET}"), ("--temperature", "0"), ("--temperature", "0.5")):
        assert shell("check", *asked, *more, "--json") == 0, shell.err
        hashes.add(shell.json["hash"])
        assert "hunter22" not in shell.out
    assert len(hashes) == 5
    assert shell("check", *asked, "--header", "X-Gateway: another-value-777", "--json") == 0
    assert shell.json["hash"] in hashes, "a key that was renewed is approved"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (("--header", "X-Gateway hunter22"), 'headers must be written "NAME: VALUE"'),
        (("--header", "Host: hunter22"), "the header Host cannot be set"),
        (("--header", "X-A: hunter22\nX-B: c"), "one line of printable ASCII"),
        (("--header", "X-A: 1", "--header", "x-a: hunter22"), "the header x-a is set twice"),
        (("--api-key-env", "sk-hunter22-1234"), "api_key_env must be the name of an environment variable, not a key"),
        (("--temperature", "-1"), "--temperature: temperature must be a number of at least 0"),
    ],
)
def test_a_slip_is_told_and_not_shown(said: tuple[str, ...], why: str, shell: Shell) -> None:
    wrote("p.lam", 'llm_call("Ann keeps bees")')
    code = shell("check", "p.lam", "--model", "openai/m", "--base-url", "http://127.0.0.1:9/v1", *said)
    assert code == 64 and why in shell.err and "hunter22" not in shell.err + shell.out


def test_what_is_missing_is_named_before_anything_is_sent(shell: Shell, server: FaultyServer) -> None:
    wrote("p.lam", 'llm_call("Ann keeps bees")')
    asked = ("p.lam", "--model", "openai/echo", "--base-url", server.url)
    assert shell("run", *asked, "--api-key-env", "NO_SUCH_PASS") == 2
    assert KEY_REFUSED in shell.err and "environment variable NO_SUCH_PASS" in shell.err
    assert shell("run", *asked, "--ca-bundle", "no.pem") == 2
    assert "cannot read the certificates in" in shell.err and "no.pem" in shell.err
    assert server.requests == []


FILE = """
model = "openai/echo"
headers = { "X-Gateway" = "hunter22-of-the-gateway" }

[models."openai/other"]
headers = ["X-Gateway: hunter22-of-another"]
api-key-env = "OTHER_PASS"
ca-bundle = "certificates/ca.pem"
temperature = 1
"""


def test_files_have_them_in_tables_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(FILE, encoding="utf-8")
    said = gathered({}, {"LAMBDA_RLM_HOME": str(home)}, tmp_path).settings.described()
    assert said["openai/echo"].headers == ("X-Gateway: hunter22-of-the-gateway",)
    other = said["openai/other"]
    assert (other.headers, other.api_key_env, other.temperature) == (("X-Gateway: hunter22-of-another",), "OTHER_PASS", 1)
    assert other.ca_bundle == str(home / "certificates/ca.pem"), "a path starts at the folder of its file"
    for bad in ("headers = ['hunter22']", "headers = 'hunter22'", "headers = [1]", "headers = { Host = 'hunter22' }"):
        (home / "config.toml").write_text(bad, encoding="utf-8")
        with pytest.raises(SettingProblem, match=r"config\.toml") as raised:
            gathered({}, {"LAMBDA_RLM_HOME": str(home)}, tmp_path)
        assert "hunter22" not in raised.value.message


def test_a_stranger_s_project_sets_none_of_them(shell: Shell, server: FaultyServer) -> None:
    wrote("lambda-rlm.toml", FILE.replace('model = "openai/echo"', "temperature = 2"))
    wrote("p.lam", 'llm_call("Ann keeps bees")')
    assert shell("run", "p.lam", "--model", "openai/echo", "--base-url", server.url) == 0, shell.err
    assert "ignored headers, models, temperature in" in shell.err and "hunter22" not in shell.err
    assert server.requests[0]["temperature"] == 0.0
    assert shell("config", "show", "--json") == 0
    assert "X-Gateway" in shell.out and "hunter22" not in shell.out


def test_what_is_trusted_is_shown_by_name(shell: Shell) -> None:
    wrote("lambda-rlm.toml", FILE)
    assert shell("trust", "--yes") == 0
    assert "X-Gateway" in shell.err and "hunter22" not in shell.err
    assert shell("trust", "--yes", "--json") == 0
    assert "X-Gateway" in shell.out and "hunter22" not in shell.out
    path = Path("lambda-rlm.toml").absolute()
    trust(path, contents(path)[0], Path("home"))
    assert gathered({}).settings.headers == ("X-Gateway: hunter22-of-the-gateway",)


def stopped(shell: Shell, server: FaultyServer, *said: str, model: str = "openai/bad-key") -> None:
    """A run that stopped at its model."""
    wrote("p.lam", 'llm_call("Ann keeps bees")')
    wrote("ca.pem", AUTHORITIES.read_text())
    assert shell("run", "p.lam", "--model", model, "--base-url", server.url, *said) == 2


@pytest.mark.parametrize(
    "said", [HEADER, ("--api-key-env", "MY_PASS"), ("--ca-bundle", "ca.pem")], ids=lambda said: str(said[0])
)
def test_a_run_does_not_go_on_with_another_key_unasked(said: tuple[str, str], shell: Shell, server: FaultyServer) -> None:
    stopped(shell, server, *said)
    sent = len(server.requests)
    assert shell("resume", "last", "--base-url", server.url) == 64
    assert "which is not configured here" in shell.err and len(server.requests) == sent
    assert "hunter22" not in shell.err
    assert shell("resume", "last", "--base-url", server.url, *said) == 2, "it asks, and the key is refused again"


def test_a_stranger_s_journal_names_no_key_and_no_authority(shell: Shell, server: FaultyServer) -> None:
    """What it says of them is not used, and a table of it gives none."""
    stopped(shell, server)
    with journal() as opened:
        row = opened.run("last")
    kept = dict(row.what["settings"])
    kept |= {"headers": ["X-Evil: 1"], "api_key_env": "HOME", "models": {"openai/bad-key": {"ca_bundle": "/evil.pem"}}}
    with sqlite3.connect("home/journal.sqlite3") as database:
        what = json.dumps({**row.what, "settings": kept})
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        table = next(name for name in tables if "what" in [one[1] for one in database.execute(f"PRAGMA table_info({name})")])
        database.execute(f"UPDATE {table} SET what = ?", (what,))
    sent = len(server.requests)
    shell("resume", "last", "--base-url", server.url, "--header", "X-Evil: mine-12345", "--api-key-env", "MY_PASS")
    assert all(key == "Bearer pass-of-mine-12345" for key in server.seen_keys[sent:])
    assert shell("resume", "last", "--base-url", server.url) == 64


def test_the_library_takes_and_hides_the_same(server: FaultyServer) -> None:
    options = {"openai/echo": {"headers": {"X-Gateway": SECRET}, "api_key_env": "MY_PASS", "temperature": 0.4}}
    rlm = RLM("openai/echo", base_url=server.url, model_options=options, budget=Budget(calls=5), journal=True)
    assert rlm.ask("Who?", context="Ann keeps bees").value
    assert server.requests[0]["temperature"] == 0.4 and server.seen_keys == ["Bearer pass-of-mine-12345"]
    assert b"hunter22" not in everything()
    with journal() as opened:
        kept = opened.run("last").what["settings"]["models"]["openai/echo"]
    assert kept["headers"] == ["X-Gateway"] and kept["api_key_env"] == "MY_PASS"


def test_a_run_of_the_library_goes_on_with_its_own_key_alone(server: FaultyServer) -> None:
    options: dict[str, Any] = {"openai/bad-key": {"headers": [f"X-Gateway: {SECRET}"]}}
    with pytest.raises(Fault) as raised:
        RLM("openai/bad-key", base_url=server.url, model_options=options, journal=True).ask("Who keeps bees?")
    run = raised.value.run
    assert run is not None
    with pytest.raises(ValueError, match="headers X-Gateway, which is not configured here"):
        RLM("openai/bad-key", base_url=server.url, journal=True).resume(run)
    with pytest.raises(Fault):
        RLM("openai/bad-key", base_url=server.url, model_options=options, journal=True).resume(run)
