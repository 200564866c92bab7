"""What a person sees of inputs and audits: options, settings, notes, listings, JSON, and runs that go on."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.input_files import interrupted
from tests.support.shell import Shell, script, wrote

LENGTHS = 'context |> map(fn(d) => f"{d.name}:{length(d.text)}") |> join(" ")'
EACH = 'context |> map(fn(d) => llm_call(f"Say: {take(d.text, 100)}", out=50)) |> join(" ")'


def folder() -> str:
    for name in ("docs/a.md", "docs/b.txt", "docs/old/c.md", "docs/.hidden"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        wrote(name, name)
    wrote("p.lam", LENGTHS)
    return "docs"


# ── options and settings ──


def test_options_choose_the_files_of_a_folder(shell: Shell) -> None:
    assert shell("run", "p.lam", folder(), "--include", "*.md", "--exclude", "old/", "--no-journal") == 0
    assert shell.out == "a.md:9\n"
    assert "skipped 1 (not in --include): b.txt" in shell.err
    assert shell("run", "p.lam", "docs", "--no-ignore", "--no-journal") == 0
    assert ".hidden:12" in shell.out


def test_they_are_settings_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    folder()
    wrote("lambda-rlm.toml", 'exclude = ["*.txt", "old/"]\n')
    assert shell("run", "p.lam", "docs", "--no-journal") == 0
    assert shell.out == "a.md:9\n"
    monkeypatch.setenv("LAMBDA_RLM_EXCLUDE", "*.md, .x")
    assert shell("run", "p.lam", "docs", "--no-journal") == 0
    assert shell.out == "b.txt:10\n"
    wrote("lambda-rlm.toml", "exclude = [1]\n")
    assert shell("run", "p.lam", "docs", "--no-journal") == 64
    assert "exclude must be a list of strings, not [1]" in shell.err


def test_every_command_that_reads_inputs_takes_them(shell: Shell) -> None:
    model = script({"match": "", "reply": "fine"})
    wrote("latin.txt", "café".encode("cp1252"))
    for command in (["ask", "Q?"], ["route", "Q?"], ["prompt", "--query", "Q?"]):
        assert shell(*command, "latin.txt", "--encoding", "cp1252", "--model", model) == 0, shell.err
        assert shell(*command, "latin.txt", "--encoding", "klingon", "--model", model) == 64
        assert "unknown encoding 'klingon'" in shell.err
    wrote("n.lam", 'f"{length(context)}"')
    for command in (["check", "n.lam"], ["run", "n.lam"]):
        assert shell(*command, "latin.txt", "--encoding", "cp1252") == 0, shell.err


def test_a_run_that_goes_on_reads_its_inputs_as_before(shell: Shell) -> None:
    """The options are those of the run, kept in the journal; else the inputs would seem to have changed."""
    folder()
    wrote("each.lam", EACH)
    replies = script({"match": "a.md", "reply": "one"})
    assert shell("run", "each.lam", "docs", "--exclude", "old/", "--encoding", "cp1252", "--model", replies) == 2
    script({"match": "a.md", "reply": "one"}, {"match": "b.txt", "reply": "two"})
    assert shell("resume", "last") == 0, shell.err
    assert shell.out == "one two\n"


def test_raw_makes_a_text_of_rows(shell: Shell) -> None:
    wrote("n.lam", 'f"{length(context)}"')
    wrote("rows.json", "[1, 2, 3]")
    assert shell("run", "n.lam", "rows.json") == 0
    assert shell.out == "3\n"
    assert shell("run", "n.lam", "rows.json", "--raw") == 0
    assert shell.out == "9\n"


# ── without reading ──


def reads_nothing(monkeypatch: pytest.MonkeyPatch, *allowed: str) -> None:
    original = builtins.open

    def guarded(file: Any, *rest: Any, **more: Any) -> Any:
        assert not str(file).startswith("docs") or str(file) in allowed, f"{file} was opened"
        return original(file, *rest, **more)

    monkeypatch.setattr(builtins, "open", guarded)


def test_inputs_lists_what_would_be_read_without_reading_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    name = folder()
    reads_nothing(monkeypatch)
    assert shell("inputs", name, "rows=p.lam", "--max-input", "10") == 0
    assert "context: documents, 3 files, 32 bytes" in shell.out
    assert "skipped 1 (hidden): .hidden" in shell.err
    assert "warning: the inputs exceed the maximum of" in shell.err
    assert shell("inputs", name, "--json") == 0
    assert shell.json["inputs"][0]["files"][0] == {"name": "a.md", "bytes": 9}
    assert shell.json["is_within_limit"] is True


def test_check_takes_sizes_from_the_file_system(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    name = folder()
    wrote("each.lam", EACH)
    reads_nothing(monkeypatch)
    assert shell("check", "each.lam", name, "--unread", "--json") == 0
    assert shell.json["bound"]["calls"] == 3
    assert any("context was not read: 32 bytes" in note for note in shell.json["notes"])


def test_check_does_not_read_what_is_too_large_to_be_read(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run on ten gigabytes would cost can be told; the run itself is refused."""
    folder()
    wrote("each.lam", EACH)
    assert shell("check", "each.lam", "docs", "--max-input", "20", "--json") == 0
    assert shell.json["bound"]["calls"] == 3
    assert shell("run", "each.lam", "docs", "--max-input", "20") == 64
    assert "3 files have 32 bytes" in shell.err


@pytest.mark.parametrize(
    ("argument", "words"), [("rows.json", "unknown until the file is read"), ("-", "unknown until it is read")]
)
def test_what_only_reading_can_tell_is_said(shell: Shell, argument: str, words: str) -> None:
    wrote("rows.json", "[1]")
    wrote("n.lam", 'f"{length(context)}"')
    assert shell("check", "n.lam", argument, "--unread") == 64
    assert words in shell.err


# ── audit ──

MODELS = "openai/gpt-5-mini,openai/gpt-4"


def a_log() -> str:
    rows: list[object] = [{"messages": [{"role": "user", "content": "word " * n}]} for n in (10, 100, 9_000)]
    return wrote("log.jsonl", "".join(json.dumps(row) + "\n" for row in [*rows, 17]))


@pytest.mark.slow
def test_an_audit_is_told_in_tables_with_a_plot_and_advice(shell: Shell) -> None:
    assert shell("audit", a_log(), "--models", MODELS) == 0
    told = [" ".join(line.split()) for line in shell.out.split("\n")]
    assert any(line.startswith("openai/gpt-4 105 8,985") and line.endswith("8,192 33.3%") for line in told), shell.out
    assert "up to 16,384 1 ████████████████████████████████████████" in told
    assert any(line.endswith("← window of openai/gpt-4") for line in told)
    assert "openai/gpt-4 66.7% 33.3% 0% 7,168 tokens" in told
    assert any("log.jsonl, line 4: the value is a number" in line for line in told)
    assert "openai/gpt-5-mini: every prompt and its reply fit the context window: ask directly" in told


@pytest.mark.slow
def test_an_audit_as_json_is_one_object(shell: Shell) -> None:
    assert shell("audit", a_log(), "--models", MODELS, "--json") == 0
    found = shell.json
    assert (found["ok"], found["prompts"], found["bad_lines"]) == (True, 3, 1)
    assert found["bad"] == [{"file": "log.jsonl", "line": 4, "reason": "the value is a number, not an object or a string"}]
    small = found["models"][1]
    assert small["ways"] == {"direct": pytest.approx(2 / 3), "plan": pytest.approx(1 / 3), "synth": 0.0}
    assert small["recommendation"]["direct_up_to"] == small["threshold"] == 7_168
    assert shell.err == ""


def test_an_audit_heeds_the_settings_of_the_router(shell: Shell) -> None:
    assert shell("audit", a_log(), "--models", "openai/gpt-4", "--direct-share", "0.2", "--json") == 0
    assert shell.json["models"][0]["threshold"] < 1_000


def test_an_interrupted_audit_tells_what_was_read(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", interrupted(Path(a_log()).read_bytes().splitlines(keepends=True)[:2]))
    assert shell("audit", "-", "--models", "openai/gpt-4") == 130
    assert shell.out.startswith("interrupted after 2 prompts")


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "the log is empty"), ("17\n", "line 1: the value is a number"), (b"\0" * 50, "binary")],
    ids=["empty", "bad", "binary"],
)
def test_a_log_without_prompts_is_wrong_usage(shell: Shell, content: str | bytes, words: str) -> None:
    wrote("log.jsonl", content)
    assert shell("audit", "log.jsonl", "--models", "openai/gpt-4") == 64
    assert words in shell.err
