"""Syntax errors by example: slips with their fixes, messages, hints."""

from __future__ import annotations

import re

import pytest

from lambda_rlm.diagnostics.diagnostic import Rejected
from tests.support.parsing import codes, corrected, parsed, rejected

# ── slips ────────────────────────────────────────────────────────────────────

SLIPS = [
    ("if a == True then None else null", "if a == true then none else none"),
    ("a&&b || !c", "a and b or not c"),
    ("if a === b then 1 else 2", "if a == b then 1 else 2"),
    ("if a !== b then 1 else 2", "if a != b then 1 else 2"),
    ("if a = b then 1 else 2", "if a == b then 1 else 2"),
    ("let x == 3; x", "let x = 3; x"),
    ("llm_call(p, out: 3)", "llm_call(p, out=3)"),
    ("{ a = 1 }", "{ a: 1 }"),
    ('{ "a": 1, "b": 2 }', "{ a: 1, b: 2 }"),
    ("f('abc', 'it\\'s \"x\"')", 'f("abc", "it\'s \\"x\\"")'),
    ("f'{a} b'", 'f"{a} b"'),
    ("f(“abc”)", 'f("abc")'),
    ('"""a "quoted" text"""', '"a \\"quoted\\" text"'),
    ('f"""a {b} "c" """', 'f"a {b} \\"c\\" "'),
    ("a ≤ b − c", "a <= b - c"),
    ("\ufeffa\u00a0+\u200bb", "a + b"),
    ('contains(a, "x\u202ey\x1b")', 'contains(a, "x\\u202ey\\u001b")'),
    ('f"\u2066{a\u200b}\U000e0041"', 'f"\\u2066{a}\\udb40\\udc41"'),
    ("a # no\u200bte\x07", "a # note"),
    ("a +\r b", "a + b"),
    ("let a = 1; // it's a comment\na", "let a = 1; # it's a comment\na"),
    ("Here it is, don't worry:\n```lambda\nlet a = 1;\na\n```\nDone.", "let a = 1;\na"),
    ("```\na\n```", "a"),
    ("map(xs, x => x + 1)", "map(xs, fn(x) => x + 1)"),
    ("fold(xs, 0, (a, x) => a + x)", "fold(xs, 0, fn(a, x) => a + x)"),
    ("map(xs, (x) => x)", "map(xs, fn(x) => x)"),
    ("map(xs, x -> x)", "map(xs, fn(x) => x)"),
    ("map(xs, fn x => x)", "map(xs, fn(x) => x)"),
    ("map(xs, fn(x) -> x)", "map(xs, fn(x) => x)"),
    ("map(xs, fn(x): x)", "map(xs, fn(x) => x)"),
    ("map(xs, fn(x) { let y = x; y })", "map(xs, fn(x) => { let y = x; y })"),
    ("fold(xs, 0, lambda a, x: a)", "fold(xs, 0, fn(a, x) => a)"),
    ("match x { none -> 1, _ => 2 }", "match x { none => 1, _ => 2 }"),
    ("def f(x) => x; f(1)", "def f(x) = x; f(1)"),
    ("def f(x: Int) -> Int => x; f(1)", "def f(x: Int) -> Int = x; f(1)"),
    ("match first([1]) { Some(x) => x, None => 0 }", "match first([1]) { some(x) => x, none => 0 }"),
    ("match 1 > 0 { True => 1, False => 0 }", "match 1 > 0 { true => 1, false => 0 }"),
    ("let a = “”; a", 'let a = ""; a'),
    ("let a = ‘’; a", 'let a = ""; a'),
    ("def f(x) -> Int { let a = 1; a }; f(1)", "def f(x) -> Int = { let a = 1; a }; f(1)"),
    ("def f(x) = { let a = x; return a; }; return f(1);", "def f(x) = { let a = x; a }; f(1)"),
    ("const a = 1; var b = 2; a + b", "let a = 1; let b = 2; a + b"),
    ("if a then b elif c then d else e", "if a then b else if c then d else e"),
    ("if (a) { b } else { c }", "if a then b else c"),
    ("if a: b else c", "if a then b else c"),
    ("map(xs, fn(x) => { f(x) })", "map(xs, fn(x) => f(x))"),
    ("let a = 1\nlet b = 2\na + b", "let a = 1; let b = 2; a + b"),
    ("let a = 1;\na;", "let a = 1; a"),
    ('f"{{x}} {y}"', 'f"\\{x\\} {y}"'),
    ('f"a {join(x, "\\n")} b {join(y, "; ")}"', 'let text_1 = "\\n"; let text_2 = "; "; f"a {join(x, text_1)} b {join(y, text_2)}"'),
    ("f\"a {join(x, ', ')} b\"", 'let text_1 = ", "; f"a {join(x, text_1)} b"'),
    ('let a = 1;\nf"a {join(x, \\"; \\")} b"', 'let text_1 = "; "; let a = 1; f"a {join(x, text_1)} b"'),
    ('f"Reply as {"a": 1}"', 'f"Reply as \\{\\"a\\": 1\\}"'),
    ('f"a } b {} {"', 'f"a \\} b \\{\\} \\{"'),
    ('f"{f(a,\n  b)}"', 'f"{f(a, b)}"'),
    ('search(x, "\\d+")', 'search(x, "\\\\d+")'),
    ('xs |> f ++ "a"', '(xs |> f) ++ "a"'),
    ("a < f(b) + 1 < c", "a < f(b) + 1 and f(b) + 1 < c"),
    ("f(a, g(b)", "f(a, g(b))"),
    ("let x = f([a, b);\nx", "let x = f([a, b]);\nx"),
    ("f(a))", "f(a)"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), SLIPS, ids=[written for written, _ in SLIPS])
def test_the_fixes_of_a_slip_lead_to_what_was_meant(written: str, meant: str) -> None:
    """All fixes applied together, a few times over, as synthesis does without asking the model again."""
    text = written
    for _ in range(4):
        text = corrected(text)
        try:
            program = parsed(text)
        except Rejected:
            continue
        assert program == parsed(meant)
        return
    pytest.fail(f"not yet a program: {text!r}")


# ── messages ─────────────────────────────────────────────────────────────────

MESSAGES = [
    ("fn(x) =>", "expected an expression after `=>`, found the end"),
    ("f(a, , b)", "expected an expression after `,`, found `,`"),
    ("let x = f(\n  a;\nx", "missing `)` to close the `(` at 1:10"),
    ("let = 3; x", "expected a name after `let`, found `=`"),
    ("type A = ; a", "expected a type after `=`, found `;`"),
    ("r.1", "expected a field's name after `.`, found `1`"),
    ("match x { 1.5 => 2 }", "expected a pattern: `some(x)`, `none`, a literal or `_` after `{`, found `1.5`"),
    ("a |> 3", "expected a function, such as `f`, `f(b)` or one in parentheses after `|>`, found `3`"),
    ("let x = 3 y", "expected an operator or `;` after `3`, found `y`"),
    ('f"{1 +}"', "expected an expression after `+`, found the end"),
    ("match x { none 1 }", "expected `=>` after `none`, found `1`"),
    ("+ 1", "expected an item or an expression, found `+`"),
]


@pytest.mark.parametrize(("text", "message"), MESSAGES, ids=[text for text, _ in MESSAGES])
def test_a_message_names_what_was_expected_and_what_stands_there(text: str, message: str) -> None:
    assert [d.message for d in rejected(text).diagnostics] == [message]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[f(x) for x in xs]", "`map`"),
        ("while a < 3: b", "`fold`"),
        ("a if b else c", "`if c then a else b`"),
        ("if x in xs then 1 else 2", "`member(list, x)`"),
        ("xs[0]", "`get(xs, 0)`"),
        ("xs |> fn(x) => x", "needs parentheses"),
        ("1 + if a then b else c", "needs parentheses"),
        ("a == not b", "needs parentheses"),
        ("import json", "no imports"),
    ],
)
def test_a_form_that_the_language_has_not_brings_a_hint(text: str, hint: str) -> None:
    (diagnostic,) = rejected(text).diagnostics
    assert diagnostic.hint is not None
    assert hint in diagnostic.hint


@pytest.mark.parametrize("text", ["sum(a) // length(a)", "let m = n // 2;\nm", "f(7 //2)"])
def test_a_stroke_that_may_divide_is_not_made_a_comment(text: str) -> None:
    """A fix is applied without asking: it must not drop a divisor."""
    (mistake,) = rejected(text).diagnostics
    assert not mistake.fixes
    assert "div(a, b)" in str(mistake.hint)


def test_backticks_within_a_line_are_no_code_fence() -> None:
    assert codes("0```") == {"E0103"}
    assert parsed('"a\n```\nb"').result == parsed('"a\\n```\\nb"').result


def test_no_message_names_a_terminal_or_a_rule() -> None:
    for text, _ in [*SLIPS, *MESSAGES]:
        for d in rejected(text).diagnostics:
            assert not re.search(r"(?<!U\+)\b[A-Z]{3,}\b|__|\$END", d.message + (d.hint or "")), d


def test_all_lexical_mistakes_are_told_at_once() -> None:
    text = 'let a = 1 § 2;\nlet b = "\\q";\nf"{a + } }" && \'x\''
    assert [d.code for d in rejected(text).diagnostics] == ["E0103", "E0105", "E0106", "E0116", "E0116"]


def test_mistakes_in_holes_are_told_beside_those_outside() -> None:
    assert [d.code for d in rejected('let a = f"{1 +} {x y}";\nlet b = ;').diagnostics] == ["E0101", "E0101", "E0101"]
