"""One diagnostic, three renderings; the human one is kept as golden text."""

from __future__ import annotations

import json
import os

import pytest

from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit, Label, QuickFix, Severity
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.diagnostics.render import as_json, fault_json, model
from lambda_rlm.diagnostics.source import SourceFile, Span
from tests.support.places import GOLDEN
from tests.support.plain_text import human, human_fault


def at(source: SourceFile, part: str) -> Span:
    start = source.text.index(part)
    return Span(start, start + len(part))


PLAIN = SourceFile("answer.lam", 'let n = length(context);\nlet t = "a" ++ n;\n\tjoin(t, ", ")\n')
WIDE = SourceFile("wide.lam", 'let 名 = "漢字" ++ value;')
LONG = SourceFile("long.lam", "let x = [" + "1, " * 200 + "oops, " + "2, " * 200 + "3];\nx")
LINES = SourceFile("lines.lam", "if true then\n  1\nelse\n  f(2)")
EMPTY = SourceFile("empty.lam", "")

CASES: dict[str, tuple[SourceFile, list[Diagnostic]]] = {
    "two_types_met": (
        PLAIN,
        [
            Diagnostic(
                "E0203",
                "`++` joins two texts or two lists",
                Span(40, 41),
                secondary=(Label(at(PLAIN, "length(context)"), "`n` is an Int because of this"),),
                hint='put it in a template: f"a{n}"',
                expected="Text",
                given="Int",
                because="both sides of `++` have one type",
            )
        ],
    ),
    "tab_before_the_place": (PLAIN, [Diagnostic("E0201", "unknown name", at(PLAIN, "join"), Severity.WARNING)]),
    "wide_characters": (WIDE, [Diagnostic("E0201", "unknown name `value`", at(WIDE, "value"))]),
    "long_line": (LONG, [Diagnostic("E0201", "unknown name `oops`", at(LONG, "oops"))]),
    "several_lines": (LINES, [Diagnostic("E0203", "branches differ", Span(0, len(LINES.text)))]),
    "empty_program": (EMPTY, [Diagnostic("E0102", "the program is empty", Span(0, 0), hint="write an expression")]),
    "a_fix": (
        LINES,
        [
            Diagnostic(
                "E0104", "no `True`", at(LINES, "true"), fixes=(QuickFix("write `true`", (Edit(at(LINES, "true"), "true"),)),)
            )
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_human_form_is_as_kept(name: str) -> None:
    """Rewrite with UPDATE_GOLDEN=1, then read the difference."""
    source, diagnostics = CASES[name]
    shown = human(diagnostics, source)
    path = GOLDEN / f"diagnostic_{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_no_line_of_the_human_form_is_wider_than_a_screen(name: str) -> None:
    source, diagnostics = CASES[name]
    assert max(len(line) for line in human(diagnostics, source).split("\n")) <= 120


@pytest.mark.parametrize("name", CASES)
def test_the_models_form_always_has_a_hint_and_the_exact_text(name: str) -> None:
    source, diagnostics = CASES[name]
    shown = model(diagnostics, source)
    assert shown.count("hint: ") == len(diagnostics)
    span = diagnostics[0].primary
    assert source.text[span.start : span.end][:20] in shown


def test_the_json_form_has_the_promised_keys() -> None:
    source, diagnostics = CASES["two_types_met"]
    data = json.loads(json.dumps(as_json(diagnostics[0], source)))
    promised = {"code", "severity", "message", "span", "expected", "given", "because", "hint", "secondary"}
    assert promised <= data.keys()
    assert data["span"]["start"] == {"offset": 40, "line": 2, "column": 16}
    assert data["severity"] == "error"
    assert data["secondary"][0]["span"]["start"]["line"] == 1


def test_a_fault_shows_its_place_and_code() -> None:
    fault = ModelFailure("E0501", "the provider failed", at(LINES, "f(2)"))
    assert "fault[E0501]: the provider failed" in human_fault(fault, LINES)
    assert "lines.lam:4:3" in human_fault(fault, LINES)
    assert human_fault(fault) == "fault[E0501]: the provider failed\n"
    assert fault_json(fault, LINES)["span"]["start"]["line"] == 4
    assert fault_json(fault, None) == {"code": "E0501", "message": "the provider failed", "span": None}


def test_control_characters_of_a_program_reach_no_terminal() -> None:
    source = SourceFile("evil.lam", "\x1b[31mred\x07 oops")
    assert "\x1b" not in human([Diagnostic("E0201", "unknown", at(source, "oops"))], source)


def test_without_a_hint_the_code_table_gives_one() -> None:
    for code, row in CODES.items():
        shown = model([Diagnostic(code, "message", Span(0, 0))], EMPTY)
        assert row.text.split(". ")[0].strip() in shown
