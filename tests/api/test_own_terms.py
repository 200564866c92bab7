"""What reaches a host names arguments of the library and variables; what reaches the command line names its options."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lambda_rlm
from lambda_rlm import RLM, Budget, Fault, InputProblem, JournalProblem, Rejected, ScriptedModel
from lambda_rlm.api.own_terms import in_own_terms
from lambda_rlm.settings.keys import SETTINGS
from lambda_rlm.settings.settings import DEFAULTS
from tests.support.shell import Shell, script, wrote
from tests.support.sources import trees

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]\b(?!:)")

ELSEWHERE = ("cli/", "bench/", "audit/", "settings/keys.py", "journal/report/", "llm/local/weights.py", "api/own_terms.py")
"""Rooms whose texts no host meets, a page with a style sheet, and the command that fetches weights."""

NOT_OURS = {"--list", "--verify"}
"""Options in the line of a command that is shown as a whole."""


def texts(tree: ast.AST) -> Iterator[str]:
    """The texts in a module that are no docstrings."""
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


def test_every_option_that_a_message_names_has_a_form_in_python() -> None:
    """The options are those that the source of the package names outside of the command line."""
    named = {
        flag
        for path, tree in trees().items()
        if not path.startswith(ELSEWHERE)
        for text in texts(tree)
        for flag in FLAG.findall(text)
    }
    assert len(named) > 20
    assert {flag for flag in named if in_own_terms(f"set {flag}.") == f"set {flag}."} <= NOT_OURS


def test_an_option_that_has_no_form_would_be_seen() -> None:
    assert next(texts(ast.parse('"""--doc"""\nhint = f"set --new-thing {1}"'))) == "set --new-thing "
    assert FLAG.findall("set --new-thing (--raw)") == ["--new-thing", "--raw"]
    assert in_own_terms("set --new-thing.") == "set --new-thing."


@pytest.mark.parametrize(
    ("said", "own"),
    [
        (
            "or raise --max-calls; --admit likely begins all the same",
            'or raise Budget(calls=…); RLM(admit="likely") begins all the same',
        ),
        ("raise --max-cost to 0.5", "raise Budget(usd=…) to 0.5"),
        ("the route can depend on the task (set --task)", "the route can depend on the task (set task=…)"),
        ("use --strategy synth, or --strategy", 'use strategy="synth", or strategy=…'),
        ("read it as plain text (--raw)", "read it as plain text (LAMBDA_RLM_RAW=true)"),
        ("or raise the limit: --max-input BYTES", "or raise the limit: LAMBDA_RLM_MAX_INPUT=BYTES"),
        ("--encoding cp1252:replace, set --encoding to", "LAMBDA_RLM_ENCODING=cp1252:replace, set LAMBDA_RLM_ENCODING to"),
        ("--no-ignore includes hidden files", "LAMBDA_RLM_IGNORE=false includes hidden files"),
        ("e.g. --pool 3 or --pool 10%.", 'e.g. RLM(pool="3") or RLM(pool="10%").'),
        ("use --journal PATH, or --no-journal", "use RLM(journal=PATH), or RLM(journal=False)"),
        ("`--thinking N` allows more", '`RLM(model_options={"NAME": {"thinking": N}})` allows more'),
        ("lambda-rlm resume 01J NAME=PATH", 'RLM(journal=…).resume("01J", NAME=…)'),
        ("a --- rule, pip --no-deps, x--raw, --rawest", "a --- rule, pip --no-deps, x--raw, --rawest"),
        ("--max-calls-of", "--max-calls-of"),
    ],
)
def test_an_option_becomes_what_sets_it_in_python(said: str, own: str) -> None:
    assert in_own_terms(said) == own


@pytest.mark.parametrize("key", SETTINGS)
def test_each_argument_exists(key: str) -> None:
    """What a message tells to write can be written: the name is a field of its class, a parameter, or a variable."""
    from lambda_rlm import Account, Routing, Writing

    own = in_own_terms(f"set {SETTINGS[key].flag.partition('/')[0]}.").removeprefix("set ").removesuffix(".")
    assert own != f"set {SETTINGS[key].flag}"
    owner, _, argument = own.partition("(")
    classes: dict[str, Any] = {one.__name__: one for one in (Account, Budget, RLM, Routing, Writing)}
    if owner in classes:
        name = argument.partition("=")[0]
        assert name in classes[owner].__init__.__annotations__ or name in classes[owner].__init__.__kwdefaults__
    elif own.startswith("LAMBDA_RLM_"):
        assert hasattr(DEFAULTS, own.removeprefix("LAMBDA_RLM_").partition("=")[0].lower())
    else:
        assert own.partition("=")[0] in RLM.ask.__annotations__


MODEL = ScriptedModel.from_rules([("", "Acme")])
OPTION = re.compile(r"(?<![\w-])--[a-z]")


def hints_of(error: BaseException) -> str:
    return f"{error} {getattr(error, 'hint', '')} {getattr(error, 'message', '')}"


def test_refusals_name_arguments_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"caf\xe9 und Tee")
    (tmp_path / "bad.csv").write_text('a,b\n1,2,3\n"x')
    (tmp_path / "no.sqlite3").write_text("no database")
    long = "Acme was late. " * 40_000
    refusals: list[tuple[type[Exception], str, Any]] = [
        (InputProblem, "LAMBDA_RLM_ENCODING", lambda: RLM(MODEL).ask("Who?", context=tmp_path / "bad.txt")),
        (InputProblem, "LAMBDA_RLM_RAW=true", lambda: RLM(MODEL).ask("Who?", context=tmp_path / "bad.csv")),
        (Rejected, "Budget(calls=…)", lambda: RLM(MODEL, budget=Budget(calls=0)).run("llm_call(context)", context="c")),
        (Rejected, "Budget(calls=…)", lambda: RLM(MODEL, budget=Budget(calls=1)).ask("Who?", context=long, task="answer")),
        (Rejected, "Budget(calls=…)", lambda: lambda_rlm.check("llm_call(context)", {"context": "c"}).admit(Budget(calls=0))),
        (InputProblem, "LAMBDA_RLM_ENCODING", lambda: lambda_rlm.check("context", {"context": tmp_path / "bad.txt"})),
        (JournalProblem, "RLM(journal=PATH)", lambda: RLM(MODEL, journal=tmp_path / "no.sqlite3").ask("Who?", context="c")),
    ]
    for kind, own, job in refusals:
        with pytest.raises(kind) as raised:
            job()
        assert own in hints_of(raised.value) and not OPTION.search(hints_of(raised.value))


def test_notes_of_runs_and_decisions_name_arguments() -> None:
    run = RLM(MODEL, writing=lambda_rlm.Writing(peek=100)).ask("Who?", context="c", strategy="direct")
    decision = RLM(MODEL).route("Who?", context="Acme was late. " * 4_000)
    for note in (*run.notes, *decision.notes):
        assert not OPTION.search(note)
    assert any('strategy="synth"' in note for note in run.notes)


def test_events_name_arguments_and_the_journal_options(tmp_path: Path) -> None:
    rlm = RLM(MODEL, writing=lambda_rlm.Writing(peek=100), journal=tmp_path / "runs.sqlite3")

    async def last() -> Any:
        return [event async for event in rlm.stream("Who?", context="c", strategy="direct")][-1]

    run = asyncio.run(last()).run
    heard: list[Any] = []
    again = rlm.ask("Who?", context="c", strategy="direct", on_event=heard.append)
    assert again.notes == run.notes == heard[-1].run.notes
    assert any('strategy="synth"' in note for note in run.notes)
    assert "--strategy synth" in str(rlm.runs()[0].outcome)
    assert rlm.replay(again.id, context="c").differences == ()


def test_a_fault_names_arguments_and_keeps_where_it_came_from() -> None:
    with pytest.raises(Fault) as raised:
        RLM("http://127.0.0.1:9/v1").ask("Who?", context="c")
    assert "a URL is not a model name (see RLM(base_url=…))" in str(raised.value) and raised.value.code == "E0507"
    assert raised.value.__traceback__ is not None and raised.value.message == str(raised.value).partition(" ")[2]


def test_the_command_line_names_its_options(shell: Shell) -> None:
    program, text, model = wrote("p.lam", "llm_call(context)"), wrote("c.txt", "c"), script({"match": "", "reply": "x"})
    assert shell("run", program, text, "--model", model, "--max-calls", "0") == 1
    assert "raise --max-calls" in shell.err and "Budget(" not in shell.err
