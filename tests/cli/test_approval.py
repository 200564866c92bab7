"""Approval: what the hash stands for, what is refused when anything of it has changed, and whose yes counts."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import HostCost, primitive
from lambda_rlm.bounds.planner.autos import default_autos
from lambda_rlm.budget.budget import Budget
from lambda_rlm.cli.display.approval import Approval
from lambda_rlm.cli.settings import DEFAULTS
from lambda_rlm.cli.terms import DECIDING, NOT_DECIDING, terms
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.execution.what_runs import Term, profile_term, what_runs
from lambda_rlm.llm.providers.servers import route, server
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.settings.keys import SETTINGS
from tests.support.places import ROOT
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

PROGRAM = 'chunk(context, auto) |> map(fn(part) => llm_call(f"{query}: {part}")) |> join("")  # the plain one'
PRICED = {"profile": {"window": 100_000, "input_price": 1e-6, "output_price": 2e-6}}

CHANGED = {
    "base_url": "http://127.0.0.1:9/v1", "root_model": "sim:", "max_calls": "900", "max_tokens": "900000000", "max_cost": "5",
    "max_seconds": "500", "max_depth": "31", "fuel": "90000000", "memory": "140000000", "concurrency": "3", "out": "1000",
    "seed": "7", "strict": "true", "constrain": "none", "hedge": "9", "pool": "3", "cache": "true", "peek": "100", "accuracy_short": "0.99",
    "accuracy_decay": "0.94", "accuracy_compose": "0.89", "accuracy_floor": "0.79", "timeout": "300", "thinking": "64",
    "temperature": "0.3", "headers": "X-Team: search", "api_key_env": "OTHER_KEY", "ca_bundle": "/etc/ca.pem",
    "models": '{"other": {"window": 9000}}', "admit": "likely", "layout": "none",
}  # fmt: skip
"""Another value for each setting that decides."""


class Approver:
    """Checks a program, then runs it with the hash that was printed, something having changed between."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.model = script(PRICED, {"match": "", "reply": "r"})
        wrote("p.lam", PROGRAM)
        wrote("a.txt", "Ann keeps bees.")
        self.arguments = ["p.lam", "a.txt", "--query", "Who?", "--model", self.model]

    def hash(self) -> str:
        assert self.shell("check", *self.arguments, "--json") == 0, self.shell.err
        return str(self.shell.json["hash"])

    def is_refused(self, hash_: str) -> bool:
        Path("t.jsonl").unlink(missing_ok=True)
        code = self.shell("run", *self.arguments, "--approved", hash_, "--trace", "t.jsonl")
        assert code in (0, 64), self.shell.err
        assert ("but" in self.shell.err and "was approved" in self.shell.err) == (code == 64), self.shell.err
        assert (Path("t.jsonl").read_text() == "") == (code == 64), "nothing is asked of what is refused"
        return code == 64


def test_every_setting_decides_or_does_not() -> None:
    """A new setting fails here until it is in one of the two."""
    assert DECIDING.keys() | NOT_DECIDING.keys() == SETTINGS.keys()
    assert not DECIDING.keys() & NOT_DECIDING.keys()
    assert DECIDING.keys() == CHANGED.keys()
    assert all(len(reason) > 20 for reason in NOT_DECIDING.values())


def test_what_was_approved_runs(shell: Shell) -> None:
    approver = Approver(shell)
    assert len(approver.hash()) == 32
    assert not approver.is_refused(approver.hash())
    assert shell.out == "r\n"
    wrote("p.lam", "\n" + PROGRAM.replace(", fn", ",   fn"))
    assert not approver.is_refused(approver.hash()), "another layout is the same program"


@pytest.mark.parametrize("key", CHANGED)
def test_a_changed_setting_is_refused(key: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    approver = Approver(shell)
    before = approver.hash()
    monkeypatch.setenv(f"LAMBDA_RLM_{key.upper()}", CHANGED[key])
    assert approver.is_refused(before), key
    if key != "base_url":  # whose server is not there
        assert not approver.is_refused(approver.hash()), "what is approved anew runs"


@pytest.mark.parametrize(
    "said", [("--window", "90000"), ("--max-output", "500"), ("--price-in", "3"), ("--price-out", "0"), ("--thinking", "0")]
)
def test_what_is_said_of_the_model_is_approved(said: tuple[str, str], shell: Shell) -> None:
    approver = Approver(shell)
    before = approver.hash()
    approver.arguments += said
    assert approver.is_refused(before)
    assert not approver.is_refused(approver.hash())


OTHER: dict[str, Callable[[], object]] = {
    "program": lambda: wrote("p.lam", PROGRAM.replace("{query}", "{query}!")),
    "comment": lambda: wrote("p.lam", PROGRAM.replace("plain", "other")),
    "content": lambda: wrote("a.txt", "Ann keeps bees!"),
    "script": lambda: script({"profile": {**PRICED["profile"], "window": 90_000}}, {"match": "", "reply": "r"}),
    "price": lambda: script({"profile": {**PRICED["profile"], "input_price": 2e-6}}, {"match": "", "reply": "r"}),
    "reply": lambda: script({"profile": {**PRICED["profile"], "max_output": 1_000}}, {"match": "", "reply": "r"}),
}


@pytest.mark.parametrize("what", OTHER)
def test_a_changed_file_is_refused(what: str, shell: Shell) -> None:
    approver = Approver(shell)
    before = approver.hash()
    OTHER[what]()
    assert approver.is_refused(before)


@pytest.mark.parametrize(
    "more", [("--query", "Whom?"), ("notes=a.txt",), ("--model", "scripted:./replies.jsonl")], ids=["query", "input", "model"]
)
def test_a_changed_argument_is_refused(more: tuple[str, ...], shell: Shell) -> None:
    approver = Approver(shell)
    before = approver.hash()
    approver.arguments += more
    assert approver.is_refused(before)


def test_another_version_is_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    approver = Approver(shell)
    before = approver.hash()
    monkeypatch.setattr("lambda_rlm.cli.terms.__version__", "99")
    assert approver.is_refused(before)


@pytest.mark.parametrize("key", ["rpm", "tpm", "journal_days", "max_input", "direct_share"])
def test_what_does_not_decide_changes_no_hash(key: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    approver = Approver(shell)
    before = approver.hash()
    monkeypatch.setenv(f"LAMBDA_RLM_{key.upper()}", "1" if key == "direct_share" else "123456789")
    assert approver.hash() == before


# ── the record ──

PROFILE = ModelProfile(name="m", window=10_000, max_output=1_000)


def test_every_field_of_a_model_is_hashed() -> None:
    """Those too that are added later: what a model is decides what it is asked and what that costs. What was measured of it
    decides nothing, and changes with each run."""
    for one in fields(ModelProfile):
        if one.name == "bytes_per_token":
            assert profile_term("model", replace(PROFILE, bytes_per_token=3.5)).value == profile_term("model", PROFILE).value
            continue
        value = getattr(PROFILE, one.name)
        other: Any = 7
        if one.name == "details":
            other = {"a": "b"}
        elif one.name == "vocabulary":
            other = vocabulary_named("o200k_base")
        elif isinstance(value, bool):
            other = not value
        elif isinstance(value, str):
            other = f"{value}x"
        assert profile_term("model", replace(PROFILE, **{one.name: other})).value != profile_term("model", PROFILE).value, (
            one.name
        )


def test_functions_of_the_host_are_hashed_as_declared() -> None:
    def hashed(signature: str = "(Text) -> Text", cost: HostCost | None = None) -> str:
        def part(name: str) -> str:
            return name

        checked = check("length(part(context))", primitives=[primitive("part", signature, cost=cost)(part)])
        assert checked.typed is not None
        return what_runs(checked.typed, {"context": "c", "query": ""}, PROFILE, (), ()).hash

    found = [hashed(), hashed("(Text) -> List[Text]"), hashed(cost=HostCost(steps=5)), hashed(cost=HostCost(characters=5))]
    assert hashed() == found[0] and len({*found}) == len(found)


def test_each_term_and_its_value_counts() -> None:
    checked = check("length(context)")
    assert checked.typed is not None
    inputs = {"context": "c", "query": ""}

    def hashed(*door: Term, autos: tuple[int, ...] = ()) -> str:
        assert checked.typed is not None
        return what_runs(checked.typed, inputs, PROFILE, autos, door).hash

    found = [hashed(), hashed(Term("a", "b", 1, "")), hashed(Term("a", "b", 2, "")), hashed(Term("a", "c", 1, ""))]
    found += [hashed(Term("c", "b", 1, "")), hashed(autos=(1,)), hashed(autos=(2,))]
    assert len({*found}) == len(found)


def test_the_planner_decides_and_is_hashed() -> None:
    """The number that an `auto` stands for is among what is approved."""
    checked = check(PROGRAM)
    assert checked.typed is not None
    found = foresee(checked.typed, {"context": "c" * 100_000, "query": ""}, ScriptedModel((), PROFILE), Budget())
    assert found.what_runs is not None and default_autos(checked.typed, PROFILE)
    assert any(term.name == "auto" and term.value for term in found.what_runs.terms)


def test_servers_are_named_without_secrets() -> None:
    assert server("openai/x", "https://me:pass@host/v1?key=1") == "https://…@host/v1?…"
    assert server("openai/x", None) == "the provider 'openai'"
    assert server("local/x", None) == "this process"
    assert server("acme:x", None) == "the installed package of 'acme'"
    environ = {
        "OPENAI_API_BASE": "http://evil",
        "HTTPS_PROXY": "http://u:p@proxy",
        "OPENAI_API_KEY": "k",
        "AWS_REGION": "x",
        "NO_PROXY": "",
    }
    assert route("openai/x", None, environ).keys() == {"OPENAI_API_BASE", "HTTPS_PROXY"}
    assert route("openai/x", "https://host", environ).keys() == {"HTTPS_PROXY"}
    assert route("bedrock/x", None, environ).keys() == {"AWS_REGION", "HTTPS_PROXY"}
    assert route("local/x", None, environ) == {}
    said = [term.words for term in terms(replace(DEFAULTS, model="openai/x"), PROFILE, None, environ) if term.group == "server"]
    assert "OPENAI_API_BASE is http://evil" in said[0] and "HTTPS_PROXY is http://…@proxy" in said[0]
    assert "pass" not in str(said) and "u:p" not in str(said)


def test_a_way_through_another_server_is_another_hash() -> None:
    chosen = replace(DEFAULTS, model="openai/x")
    plain = terms(chosen, PROFILE, None, {})
    for environ in (
        {"OPENAI_BASE_URL": "http://evil"}, {"https_proxy": "http://evil"}, {"SSL_CERT_FILE": "evil.pem"},
        {"USE_LITELLM_PROXY": "true"}, {"LITELLM_PROXY_API_BASE": "http://evil"},
    ):  # fmt: skip
        assert terms(chosen, PROFILE, None, environ) != plain
    assert route("huggingface/a/b", None, {"HF_API_BASE": "http://evil"}) and not route(
        "sim:x", None, {"USE_LITELLM_PROXY": "true"}
    )


def test_who_approved_is_told() -> None:
    checked = check("length(context)")
    assert checked.typed is not None
    prospect = foresee(checked.typed, {"context": "c", "query": ""}, ScriptedModel((), PROFILE), Budget())
    told: list[tuple[str, str]] = []
    for named in (prospect.hash, None):
        Approval(is_asked=False, hash=named, json=False, record=lambda *given: told.append(given))(prospect)
    assert told == [(prospect.hash, "--approved")]


# ── whose yes ──


def asked(typed_before: bytes, typed: bytes, environment: dict[str, str] | None = None) -> tuple[int, bytes]:
    """The exit code of a run that is approved at a terminal, and what the terminal showed; `typed_before` comes before anything is
    shown, `typed` after the question."""
    model = script(PRICED, {"match": "", "reply": "the answer"})
    wrote("p.lam", PROGRAM)
    wrote("a.txt", "Ann keeps bees.")
    return at_a_terminal(typed_before, typed, ["run", "p.lam", "a.txt", "--model", model, "--approve"], environment)


def at_a_terminal(
    typed_before: bytes, typed: bytes, arguments: list[str], environment: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """The same for any command that asks."""
    here, there = pty.openpty()
    command = [sys.executable, "-m", "lambda_rlm", *arguments]
    environ = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"} | (environment or {})
    os.write(here, typed_before)
    with subprocess.Popen(command, stdin=there, stdout=subprocess.PIPE, stderr=there, env=environ) as running:
        os.close(there)
        seen = b""
        while select.select([here], [], [], 60)[0]:
            try:
                seen += os.read(here, 65_536)
            except OSError:  # the other end is closed
                break
            if typed and b"[y/N]" in seen:
                os.write(here, typed)
                typed = b""
        out, _ = running.communicate(timeout=60)
    os.close(here)
    return running.returncode, out + seen


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"y\n" * 5, b"\n", 1),
        (b"y\ny\n", b"n\n", 1),
        (b"", b"y\n", 0),
        (b"n\n", b"yes\n", 0),
        (b"", b"yy\n", 1),
        (b"y", b"\n", 1),
        (b"", b"\x04", 1),
    ],
)
def test_only_what_is_typed_after_the_question_counts(before: bytes, after: bytes, code: int) -> None:
    found, seen = asked(before, after)
    assert found == code, seen
    assert (b"the answer" in seen) == (code == 0)


def test_a_screen_that_nobody_sees_is_not_approved(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is a terminal, but the program is written to a file."""
    approver = Approver(shell)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert shell("run", *approver.arguments, "--approve", "--trace", "t.jsonl") == 64
    assert "--approve needs a terminal, and standard error is not one" in shell.err
    assert Path("t.jsonl").read_text() == ""


def test_a_terminal_without_room_is_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    approver = Approver(shell)
    for stream in ("stdin", "stderr"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("lambda_rlm.cli.display.approval._columns", lambda: 20)
    assert shell("run", *approver.arguments, "--approve") == 64
    assert "too narrow" in shell.err


def test_json_and_the_hint_name_the_hash_of_check(shell: Shell) -> None:
    approver = Approver(shell)
    before = approver.hash()
    assert shell("run", *approver.arguments, "--approve", "--json") == 64
    assert json.loads(shell.out)["error"]["hint"] == f"to run exactly this: --approved {before}"


def test_a_run_that_nobody_approves_writes_no_input_down(monkeypatch: pytest.MonkeyPatch, shell: Shell) -> None:
    """What runs goes through all inputs, before the deadline is looked at again."""

    def hashed(*given: object) -> None:
        raise AssertionError("the inputs are hashed though nobody asked")

    monkeypatch.setattr("lambda_rlm.execution.prospect.what_runs", hashed)
    wrote("p.lam", PROGRAM)
    wrote("a.txt", "Ann keeps bees.")
    model = script(PRICED, {"match": "", "reply": "r"})
    assert shell("run", "p.lam", "a.txt", "--query", "Who?", "--model", model) == 0, shell.err


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.parametrize(("before", "after", "code"), [(b"y\ny\n", b"n\n", 1), (b"", b"y\n", 0)])
def test_a_file_is_trusted_by_what_is_typed_after_the_question(before: bytes, after: bytes, code: int) -> None:
    wrote("lambda-rlm.toml", 'model = "local"\n')
    found, seen = at_a_terminal(before, after, ["trust", "lambda-rlm.toml"])
    assert found == code, seen
    assert (b"trusted " in seen.split(b"[y/N]")[1]) == (code == 0)


def test_a_file_that_nobody_sees_is_not_trusted(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote("lambda-rlm.toml", 'model = "local"\n')
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin.readline", lambda: "y\n")
    assert shell("trust", "lambda-rlm.toml") == 64
    assert "needs a terminal to show the file" in shell.err and shell("trust", "--list") == 0 and shell.out == ""
