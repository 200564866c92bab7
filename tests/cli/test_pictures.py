"""No text of a document, question, model, server, program, file name, setting or record steers a terminal or is read as markup."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.diagnostics.visible import HIDDEN_CHARACTER, visible, visible_line
from lambda_rlm.inputs import InputProblem
from tests.support.shell import ASKING, Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

HOSTILE = "e\x1b[2J\x1b]0;own\x07v\x9b1mi\u202e\u2066\x85l\u2028\ufeff\x7f\r[bold]x[/] {y}"
"""Clears the screen, sets a title, turns the line, and is no markup."""
TWO_LINES = f"{HOSTILE}\nerror: forged"
PRICED = {"profile": {"window": 100_000, "input_price": 1e-6, "output_price": 2e-6}}
ALLOWED = re.compile(r"\x1b\[[0-9;]*m")
"""Colors, which are ours."""


def model(reply: str = "r", **rule: object) -> str:
    return script(PRICED, {"match": "", "reply": reply} if not rule else {"match": "", **rule})


def hostile_file(text: str = "Ann keeps bees.") -> str:
    return wrote(HOSTILE.replace("/", "_") + ".txt", text)


def recorded(shell: Shell) -> None:
    """A run in the journal whose every text is hostile."""
    shell("ask", TWO_LINES, hostile_file(), "--model", model(TWO_LINES))
    with sqlite3.connect("home/journal.sqlite3") as database:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        ]
        for table in tables:
            columns = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
            for column in columns & {"model", "message", "reply"}:
                database.execute(f"UPDATE {table} SET {column} = ? WHERE typeof({column}) = 'text'", (TWO_LINES,))
    database.close()


def bad_program() -> str:
    return wrote("bad.lam", f"# {HOSTILE}\n{ASKING}")


def faulty_program() -> str:
    """One whose mistake quotes it."""
    return wrote("faulty.lam", 'type T = "\\u202e\\u001b[2J" | "b"; let x: T = "c\\u001b[2J"; x')


SOURCES: dict[str, Callable[[Shell], list[tuple[str, ...]]]] = {
    "document name": lambda shell: [
        ("inputs", hostile_file()), ("ask", "Who?", hostile_file(), "--model", model()), ("route", "Who?", hostile_file(), "--model", model()),
        ("audit", hostile_file()), ("inputs", f"{HOSTILE}/absent"), ("inputs", ".", "--max-input", "1"),
        ("check", wrote("p.lam", ASKING), hostile_file(), "--model", model()),
    ],
    "program name": lambda shell: [
        ("run", wrote(f"{HOSTILE.replace('/', '_')}.lam", "lenth(context)"), wrote("a.txt", "a")), ("check", f"{HOSTILE}.lam"),
        ("fmt", wrote(f"{HOSTILE.replace('/', '_')}.lam", "1  +  1")),
    ],
    "question": lambda shell: [
        ("ask", TWO_LINES, wrote("a.txt", "a"), "--model", model()), ("runs",), ("show", "last"), ("prompt", "--query", TWO_LINES, "a.txt"),
        ("route", TWO_LINES, "a.txt", "--model", model()), ("run", wrote("p.lam", ASKING), "a.txt", "--query", TWO_LINES, "--model", model(), "--approve"),
    ],
    "reply": lambda shell: [
        ("ask", "Who?", wrote("a.txt", "a"), "--model", model(TWO_LINES)), ("show", "last"), ("show", "last", "--all"), ("replay", "last"),
        ("run", wrote("typed.lam", "llm_call[{ a: Int }](query)"), "a.txt", "--model", model(TWO_LINES)), ("show", "last"),
    ],
    "server": lambda shell: [
        ("ask", "Who?", wrote("a.txt", "a"), "--model", model(failure="E0502", message=TWO_LINES)), ("show", "last"), ("runs",),
    ],
    "program": lambda shell: [
        ("check", bad_program()), ("run", bad_program(), wrote("a.txt", "a")), ("fmt", bad_program()), ("check", faulty_program()),
        ("check", faulty_program(), "--fix"), ("check", wrote("q.lam", '"\\u001b[2J" ++ context ++ 1')), ("check", "q.lam", "--emit", "tree"),
        ("check", wrote("t.lam", '{ a: "\\u202e" }'), "--emit", "types"), ("check", "t.lam", "--emit", "tokens"),
        ("run", wrote("pure.lam", '"\\u001b[2J\\u202e\\u0085" ++ context'), wrote("a.txt", "a")),
        ("ask", "Who?", "a.txt", "--strategy", "synth", "--model", model(f'# {HOSTILE}\n"a')), ("show", "last"),
    ],
    "model name": lambda shell: [
        ("ask", "Who?", wrote("a.txt", "a"), "--model", TWO_LINES), ("ask", "Who?", "a.txt", "--model", f"scripted:{HOSTILE}"),
        ("check", wrote("p.lam", ASKING), "a.txt", "--model", f"local:{TWO_LINES}"), ("models", "get", TWO_LINES), ("audit", "a.txt", "--model", TWO_LINES),
    ],
    "record": lambda shell: [("runs",), ("show", "last"), ("show", "last", "--all"), ("runs", "--by", "route"), ("replay", "last")],
    "file name": lambda shell: [
        ("run", wrote("p.lam", "1"), wrote("a.txt", "a"), "--trace", f"absent/{HOSTILE}"), ("runs", "--journal", f"absent/{HOSTILE}"),
        ("show", "last", "--html", f"{HOSTILE}"), ("export", "--to", HOSTILE),
    ],
    "setting": lambda shell: [
        ("ask", "Who?", "a.txt", "--strategy", TWO_LINES), ("ask", "Who?", "a.txt", "--task", TWO_LINES), ("ask", "Who?", "a.txt", f"--{TWO_LINES}"),
        (TWO_LINES,), ("explain", TWO_LINES), ("grammar", "--format", TWO_LINES), ("check", wrote("p.lam", "1"), "--emit", TWO_LINES),
        ("check", "p.lam", "--size", TWO_LINES), ("check", "p.lam", "--declare", TWO_LINES), ("show", TWO_LINES), ("ask", "Who?", "a.txt", "--split", TWO_LINES),
        ("ask", "Who?", wrote("a.txt", "a"), "--model", "openai/x", "--base-url", f"http://127.0.0.1:9/{HOSTILE}"),
        ("ask", "Who?", "a.txt", "--encoding", TWO_LINES), ("ask", "Who?", "a.txt", "--max-calls", TWO_LINES),
    ],
}  # fmt: skip


@pytest.mark.parametrize("is_lively", [False, True], ids=["plain", "in color"])
@pytest.mark.parametrize("source", SOURCES)
def test_nothing_hostile_reaches_a_terminal(
    source: str, is_lively: bool, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_lively:
        monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("rich.live.Live.start", lambda *_: None)  # whose line moves the cursor itself
    monkeypatch.setattr("rich.live.Live.stop", lambda *_: None)
    monkeypatch.setattr("lambda_rlm.cli.display.bar._CLEARED", "")
    monkeypatch.setattr("rich.console.Console.show_cursor", lambda *_: None)
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    if source == "record":
        recorded(shell)
    for command in SOURCES[source](shell):
        for more in ((), ("--json",)):
            code = shell(*command, *more)
            shown = shell.out + shell.err
            assert code != 70, (command, shown)
            assert shown, command
            assert "\nerror: forged" not in "\n" + ALLOWED.sub("", shell.err), command
            assert HIDDEN_CHARACTER.search(ALLOWED.sub("", shown)) is None, (command, shown)
            if more and shell.out and "--json" in command + more and code != 64:
                assert json.loads(shell.out.splitlines()[-1]), command


def test_an_answer_that_goes_to_a_file_stays_as_it_is(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = f"{HOSTILE}\n\tsecond"
    asked = ("ask", "Who?", wrote("a.txt", "Ann keeps bees."), "--model", model(reply))
    assert shell(*asked) == 0
    assert shell.out == reply + "\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert shell(*asked) == 0
    assert shell.out.startswith(visible(reply) + "\n")
    assert "\n\tsecond\n" in shell.out


def test_json_on_a_terminal_means_the_same(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert shell("ask", "Who?", wrote("a.txt", "Ann keeps bees."), "--model", model(TWO_LINES), "--json") == 0
    assert HIDDEN_CHARACTER.search(shell.out) is None
    assert json.loads(shell.out)["answer"] == TWO_LINES


def test_listings_have_pictures_wherever_they_go(shell: Shell) -> None:
    """A record that is piped to a pager is read at a terminal too."""
    recorded(shell)
    for command in (("runs",), ("show", "last"), ("show", "last", "--all"), ("inputs", ".")):
        assert shell(*command) == 0
        assert HIDDEN_CHARACTER.search(shell.out) is None, command


def test_a_page_has_pictures_and_no_markup_of_a_run(shell: Shell) -> None:
    recorded(shell)
    assert shell("show", "last", "--html", "page.html") == 0
    page = Path("page.html").read_text(encoding="utf-8")
    assert HIDDEN_CHARACTER.search(page) is None
    assert "e␛[2J" in unescape(page)
    assert HIDDEN_CHARACTER.search(unescape(page)) is None


def test_a_live_line_reads_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    from lambda_rlm.cli.display import screen
    from lambda_rlm.trace.progress import Progress

    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(screen, "status", lambda _: HOSTILE)
    written: list[str] = []

    def write(text: str) -> int:
        written.append(text)
        return len(text)

    monkeypatch.setattr(sys.stderr, "write", write)
    with screen.live(Progress()):
        pass
    assert "[bold]x[/]" in "".join(written)
    assert "\x1b[2J" not in "".join(written) and "\x9b" not in "".join(written)


def test_what_a_log_is_told_has_pictures(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    from lambda_rlm.llm.wrappers.cache import ReplyStore

    (tmp_path / TWO_LINES.replace("/", "_")).mkdir()
    store = ReplyStore(tmp_path / TWO_LINES.replace("/", "_"))
    assert store.get("key") is None
    assert caplog.messages and HIDDEN_CHARACTER.search(caplog.text.replace("\r", "")) is None
    assert "\n" not in caplog.messages[0]


@pytest.mark.parametrize(
    ("text", "shown", "on_a_line"),
    [
        ("plain\n\ttext", "plain\n\ttext", "plain␊␉text"),
        ("\x1b[2J\x00\x7f", "␛[2J␀\\u007f", "␛[2J␀\\u007f"),
        ("a\r\nb\rc", "a\r\nb␍c", "a␍␊b␍c"),
        ("\u202e\u2028\ufeff\xad\x9b", "\\u202e\\u2028\\ufeff\\u00ad\\u009b", "\\u202e\\u2028\\ufeff\\u00ad\\u009b"),
        ("\U000e0041", "\\udb40\\udc41", "\\udb40\\udc41"),
        ("\udc80", "\\udc80", "\\udc80"),
        ("Größe 日本 שלום \U0001f600 e\u0301", "Größe 日本 שלום \U0001f600 e\u0301", "Größe 日本 שלום \U0001f600 e\u0301"),
    ],
)
def test_pictures(text: str, shown: str, on_a_line: str) -> None:
    assert (visible(text), visible_line(text)) == (shown, on_a_line)


def test_errors_and_traces_have_pictures(shell: Shell) -> None:
    """A traceback ends in a terminal or a log, and a trace is read there; what a host reads of an error is as it was."""
    fault = ModelFailure("E0502", TWO_LINES)
    assert HIDDEN_CHARACTER.search(str(fault)) is None and fault.message == TWO_LINES
    problem = InputProblem(TWO_LINES)
    assert HIDDEN_CHARACTER.search(str(problem)) is None and problem.message == TWO_LINES
    asked = ("ask", TWO_LINES, wrote("a.txt", "a"), "--model", model(failure="E0502", message=TWO_LINES), "--trace", "t.jsonl")
    assert shell(*asked) == 2
    trace = Path("t.jsonl").read_text(encoding="utf-8")
    assert HIDDEN_CHARACTER.search(trace) is None
    assert any("\u202e" in json.dumps(json.loads(line), ensure_ascii=False) for line in trace.splitlines())
