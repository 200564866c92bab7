"""Rows on standard input, which has no name that says what it holds."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambda_rlm.inputs.reading import STANDARD_INPUT_FORMATS
from lambda_rlm.settings.keys import SETTINGS
from tests.support.shell import Shell, wrote

pytestmark = pytest.mark.usefixtures("alone")

ROWS = [{"name": "Anna", "text": "hi", "n": 1}, {"name": "Bob", "text": "ho", "n": 2}]
FORMS = {
    "csv": "name,text,n\nAnna,hi,1\nBob,ho,2\n",
    "jsonl": "".join(json.dumps(row) + "\n" for row in ROWS),
    "json": json.dumps(ROWS),
}
WHOLE = "context"


def typed(monkeypatch: pytest.MonkeyPatch, data: str) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data.encode()), closed=False, isatty=lambda: False))


@pytest.mark.parametrize("where", ["-", "/dev/stdin", "context=-"])
@pytest.mark.parametrize("form", FORMS)
def test_rows_are_read_as_from_a_file(shell: Shell, monkeypatch: pytest.MonkeyPatch, form: str, where: str) -> None:
    """duckdb/duckdb #13794: names such as `text` were changed on their way through standard input."""
    wrote(f"rows.{form}", FORMS[form])
    assert shell("run", wrote("p.lam", WHOLE), f"rows.{form}", "--json", "--no-journal") == 0, shell.err
    from_file = shell.json
    typed(monkeypatch, FORMS[form])
    assert shell("run", "p.lam", where, "--stdin-format", form, "--json", "--no-journal") == 0, shell.err
    assert (
        (shell.json["value"], shell.json["type"])
        == (from_file["value"], from_file["type"])
        == (ROWS, "List[{ n: Int, name: Text, text: Text }]")
    )


@pytest.mark.parametrize("more", [[], ["--stdin-format", "text"], ["--stdin-format", "csv", "--raw"]])
def test_without_a_format_and_with_raw_it_is_a_text(shell: Shell, monkeypatch: pytest.MonkeyPatch, more: list[str]) -> None:
    typed(monkeypatch, FORMS["csv"])
    assert shell("run", wrote("p.lam", WHOLE), "-", *more, "--no-journal") == 0, shell.err
    assert shell.out == FORMS["csv"]


def test_a_setting_says_it_as_well(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for set_it in (
        lambda: monkeypatch.setenv("LAMBDA_RLM_STDIN_FORMAT", "jsonl"),
        lambda: wrote("lambda-rlm.toml", 'stdin_format = "jsonl"\n'),
    ):
        set_it()
        typed(monkeypatch, FORMS["jsonl"])
        assert shell("run", wrote("p.lam", "length(context)"), "-", "--no-journal") == 0, shell.err
        assert shell.out == "2\n"
        monkeypatch.delenv("LAMBDA_RLM_STDIN_FORMAT", raising=False)
    assert SETTINGS["stdin_format"].about.choices == STANDARD_INPUT_FORMATS


@pytest.mark.parametrize(
    ("form", "data", "said"),
    [
        ("jsonl", '{"a": 1}\n{"a":\n', "line 2 of standard input is not valid JSON"),
        ("json", "", "standard input is empty, not JSON"),
        ("csv", "a,b\n1,2,3\n", "line 2 of standard input has 3 cells, but the header has 2"),
        ("xls", "a\n", "unknown stdin_format 'xls'"),
    ],
)
def test_what_is_wrong_names_standard_input(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, form: str, data: str, said: str
) -> None:
    typed(monkeypatch, data)
    assert shell("run", wrote("p.lam", WHOLE), "-", "--stdin-format", form, "--no-journal") != 0
    assert said in shell.err


def test_among_several_files_it_is_a_document(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, FORMS["csv"])
    wrote("a.txt", "A")
    assert (
        shell("run", wrote("p.lam", "map(context, fn(d) => d.text)"), "a.txt", "-", "--stdin-format", "csv", "--no-journal")
        == 0
    ), shell.err
    assert json.loads(shell.out) == ["A", FORMS["csv"]]


def test_what_would_be_read_is_told(shell: Shell) -> None:
    assert shell("inputs", "-", "--stdin-format", "csv", "--json") == 0
    assert shell.json["inputs"][0]["kind"] == "CSV"
    assert not Path("rows.csv").exists()
