"""The front end by example: conformance cases, slips with their fixes, limits, places."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from lambda_rlm.codes.syntax import TABLE
from lambda_rlm.diagnostics import Edit, Fix, Rejected, apply_fix
from lambda_rlm.source import SourceFile
from lambda_rlm.syntax import caps
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.pretty import pretty
from lambda_rlm.syntax.term import App, Infix, IntLit, Lam, Pipe, Program, RecordLit, Template, Var

CASES = Path(__file__).parent / "conformance" / "syntax"
MARK = re.compile(r"#! (E\d{4}(?: E\d{4})*)\s*$", re.MULTILINE)


def parsed(text: str) -> Program:
    return parse(SourceFile("test", text))


def rejected(text: str) -> Rejected:
    with pytest.raises(Rejected) as caught:
        parsed(text)
    return caught.value


def codes(text: str) -> set[str]:
    return {d.code for d in rejected(text).diagnostics}


def corrected(text: str) -> str:
    """The text after all fixes that its diagnostics bring, applied together."""
    edits: dict[Edit, None] = {}
    for diagnostic in rejected(text).diagnostics:
        assert diagnostic.fixes, f"no fix for {diagnostic}"
        edits |= dict.fromkeys(diagnostic.fixes[0].edits)
    return apply_fix(text, Fix("all", tuple(edits)))


# ── conformance ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", sorted(CASES.glob("accept/*.lam")), ids=lambda p: p.stem)
def test_a_case_is_accepted_and_formatted_as_expected(path: Path) -> None:
    program = parsed(path.read_text(encoding="utf-8"))
    formatted = pretty(program)
    assert formatted == path.with_suffix(".expect").read_text(encoding="utf-8")
    assert parsed(formatted) == program
    assert pretty(parsed(formatted)) == formatted


@pytest.mark.parametrize("path", sorted(CASES.glob("reject/*.lam")), ids=lambda p: p.stem)
def test_a_case_is_rejected_where_it_says(path: Path) -> None:
    """Each error stands on a line that is marked with its code; a missing or extra error fails."""
    text = path.read_text(encoding="utf-8")
    source = SourceFile(path.name, text)
    marked = [(source.line_column(m.start())[0], code) for m in MARK.finditer(text) for code in m.group(1).split()]
    found = [(source.line_column(d.primary.start)[0], d.code) for d in rejected(text).diagnostics]
    assert sorted(found) == sorted(marked)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_the_bad_program_of_a_code_yields_it_and_the_fixed_one_parses(row: object) -> None:
    assert codes(row.bad) == {row.code}  # type: ignore[attr-defined]
    parsed(row.fixed)  # type: ignore[attr-defined]


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
    ("let x = f(\n  a;\nx", "a `)` is missing to close the `(` at 1:10"),
    ("let = 3; x", "expected a name after `let`, found `=`"),
    ("type A = ; a", "expected a type after `=`, found `;`"),
    ("r.1", "expected a field's name after `.`, found `1`"),
    ("match x { 1.5 => 2 }", "expected a pattern: `some(x)`, `none`, a literal or `_` after `{`, found `1.5`"),
    ("a |> 3", "expected a function, as `f`, `f(b)` or one in parentheses after `|>`, found `3`"),
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
        ("import json", "nothing to import"),
    ],
)
def test_a_form_that_the_language_has_not_brings_a_hint(text: str, hint: str) -> None:
    (diagnostic,) = rejected(text).diagnostics
    assert diagnostic.hint is not None
    assert hint in diagnostic.hint


def test_backticks_within_a_line_are_no_code_fence() -> None:
    assert codes("0```") == {"E0103"}
    assert parsed('"a\n```\nb"').result == parsed('"a\\n```\\nb"').result


def test_no_message_names_a_terminal_or_a_rule() -> None:
    for text, _ in [*SLIPS, *MESSAGES]:
        for d in rejected(text).diagnostics:
            assert not re.search(r"\b[A-Z]{3,}\b|__|\$END", d.message + (d.hint or "")), d


def test_all_lexical_mistakes_are_told_at_once() -> None:
    text = 'let a = 1 § 2;\nlet b = "\\q";\nf"{a + } }" && \'x\''
    assert [d.code for d in rejected(text).diagnostics] == ["E0103", "E0105", "E0106", "E0116", "E0116"]


def test_mistakes_in_holes_are_told_beside_those_outside() -> None:
    assert [d.code for d in rejected('let a = f"{1 +} {x y}";\nlet b = ;').diagnostics] == ["E0101", "E0101", "E0101"]


# ── meaning and places ───────────────────────────────────────────────────────


def test_spans_are_places_in_the_text_parentheses_left_out() -> None:
    text = 'let total = (a + b) * f"x{ c.d }";\ntotal'
    program = parsed(text)
    let = program.items[0]
    product = let.value  # type: ignore[union-attr]
    assert isinstance(product, Infix)
    (_, template), *_ = product.rest
    assert isinstance(template, Template)
    shown = [text[n.span.start : n.span.end] for n in (let, product, product.first, template, template.parts[1])]  # type: ignore[union-attr]
    assert shown == ['let total = (a + b) * f"x{ c.d }";', '(a + b) * f"x{ c.d }"', "a + b", 'f"x{ c.d }"', "c.d"]
    assert text[let.name_span.start : let.name_span.end] == "total"


def test_a_stage_is_a_call_that_lacks_its_first_argument() -> None:
    def stages(text: str) -> tuple[App, ...]:
        pipe = parsed(text).result
        assert isinstance(pipe, Pipe)
        return pipe.stages

    assert stages("a |> f") == stages("a |> f()") == stages("a |> (f)")
    assert stages("a |> f(b)") != stages("a |> (f(b))")
    (curried,) = stages("a |> (f(b))")
    assert isinstance(curried.function, App)
    (anonymous,) = stages("a |> (fn(x) => x)")
    assert isinstance(anonymous.function, Lam)
    assert len(stages("(a |> f) |> g")) == 2


@pytest.mark.parametrize(
    ("loose", "tight"),
    [
        ("a ?? b ?? c", "a ?? (b ?? c)"),
        ("a - b - c", "(a - b) - c"),
        ("xs |> count(f) > 2", "(xs |> count(f)) > 2"),
        ("xs |> first ?? d", "(xs |> first) ?? d"),
        ("not a == b and c", "(not (a == b)) and c"),
        ("a or b and c", "a or (b and c)"),
        ("a ++ b + c * -d.e(1)", "a ++ (b + (c * (-((d.e)(1)))))"),
        ("a ?? if b then c else d ?? e", "a ?? (if b then c else (d ?? e))"),
        ("fn(x) => x |> f ?? 1", "fn(x) => ((x |> f) ?? 1)"),
        ("if a then b else if c then d else e", "if a then b else (if c then d else e)"),
    ],
)
def test_operators_group_as_the_table_says(loose: str, tight: str) -> None:
    assert parsed(loose) == parsed(tight)


@pytest.mark.parametrize(
    ("one", "other"), [("(a ?? b) ?? c", "a ?? b ?? c"), ("a - (b - c)", "a - b - c"), ("-(3)", "-3"), ("a |> f(b)", "f(a, b)")]
)
def test_different_terms_stay_different(one: str, other: str) -> None:
    assert parsed(one) != parsed(other)


def test_the_ends_of_int_are_literals_and_no_more() -> None:
    low, high = parsed("[-9223372036854775808, 9223372036854775807]").result.items  # type: ignore[union-attr]
    assert (low.value, high.value) == (-(2**63), 2**63 - 1)
    for text in (
        "9223372036854775808",
        "-9223372036854775809",
        "-(9223372036854775808)",
        "1" * 5_000,
        "match x { -9223372036854775809 => 1 }",
    ):
        assert codes(text) == {"E0107"}


def test_keywords_and_capitals_are_field_names() -> None:
    words = [
        "let",
        "def",
        "type",
        "fn",
        "fix",
        "if",
        "then",
        "else",
        "match",
        "and",
        "or",
        "not",
        "true",
        "false",
        "some",
        "none",
        "auto",
        "Name",
        "True",
        "null",
    ]
    record = parsed("{ " + ", ".join(f"{word}: x.{word}" for word in words) + " }").result
    assert isinstance(record, RecordLit)
    assert [f.name for f in record.fields] == words
    parsed("type T = { " + ", ".join(f"{word}: Int" for word in words) + " };\n1")


def test_some_is_a_function_value_and_minus_belongs_to_the_literal() -> None:
    assert parsed("map(xs, some)").result == App(None, Var(None, "map"), parsed("f(xs, some)").result.arguments)  # type: ignore[arg-type, union-attr]
    assert parsed("- 3").result == IntLit(None, -3)  # type: ignore[arg-type]


def test_escapes_are_those_of_json() -> None:
    assert parsed(r'"\"\\\/\b\f\n\r\tA😀é"').result.value == '"\\/\b\f\n\r\tA😀é'  # type: ignore[union-attr]
    assert parsed('f"\\{\\}\\"{x}\\\\{y}"').result.parts[::2] == ('{}"', "\\")  # type: ignore[union-attr]
    assert codes(r'"\ud800"') == codes(r'"\ud800A"') == codes(r'f"\udc00"') == {"E0105"}
    assert parsed('r"\\d\n{x}"').result.value == "\\d\n{x}"  # type: ignore[union-attr]


# ── limits ───────────────────────────────────────────────────────────────────

MANY = 100_000
DEEP = {
    "parentheses": ("(", "1", ")"),
    "lists": ("[", "", "]"),
    "braces": ("{ a: ", "1", " }"),
    "blocks": ("{ let x = ", "1", "; x }"),
    "calls": ("f(", "", ")"),
    "functions": ("fn(x) => ", "x", ""),
    "fixes": ("fix f(x) => ", "x", ""),
    "choices": ("if a then ", "1", " else 2"),
    "else choices in conditions": ("if ", "a", " then b else c"),
    "matches": ("match ", "a", " { _ => 1 }"),
    "arms": ("match a { _ => ", "1", " }"),
    "minus": ("-", "x", ""),
    "not": ("not ", "x", ""),
    "right operands": ("a ?? if b then c else ", "d", ""),
    "holes": ('f"{', "x", '}" ++ '),
    "brackets in a hole": ("", 'f"{' + "(" * MANY + '}"', ""),
    "fields": ("", "x" + ".y" * MANY, ""),
    "calls of calls": ("", "f" + "()" * MANY, ""),
    "types": ("def f(x: ", "1", ""),
    "type arguments": ("", "f[" + "List[" * MANY, ""),
    "function types": ("", "f[" + "() -> " * MANY + "Int]", ""),
    "closing brackets": ("", ")" * MANY, ""),
    "quotes": ("", '"' * (MANY + 1), ""),
    "open templates": ("", 'f"' * MANY, ""),
    "open holes": ("", 'f"' + "{" * MANY, ""),
    "backslashes": ("", '"' + "\\" * (MANY + 1), ""),
    "apostrophes in a hole": ("", 'f"{' + "'" * MANY + '"', ""),
    "stray characters": ("", "§ " * MANY, ""),
    "digits": ("", "9" * MANY, ""),
    "fences": ("", "```\n" * (MANY // 4), ""),
    "bars": ("", "|" * MANY, ""),
    "arrows": ("", "(x, " * 4_000 + "=> ", ""),
}


@pytest.mark.parametrize("kind", DEEP)
def test_a_huge_text_is_rejected_quickly(kind: str) -> None:
    """Whatever is repeated a hundred thousand times: diagnostics, no exception, no long wait."""
    before, middle, after = DEEP[kind]
    room = caps.MAX_CHARACTERS - len(middle)
    times = min(MANY, room // max(1, len(before) + len(after)))
    text = before * times + middle + after * times if before else middle
    parsed("1")
    start = time.process_time()
    rejected(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("kind", [kind for kind, (before, _, _) in DEEP.items() if before])
def test_the_deepest_program_can_be_walked_by_plain_recursion(kind: str) -> None:
    """The largest number of repetitions that is accepted: printed, compared and hashed without deep recursion."""
    before, middle, after = DEEP[kind]
    if kind in ("types", "holes"):
        before, middle, after = "List[", "Int", "]"
    wrap = (lambda text: f"def f(x: {text}) = x;\n1") if kind == "types" else str
    deepest = None
    for times in range(1, 70):
        try:
            deepest = parsed(wrap(before * times + middle + after * times))
        except Rejected:
            break
    assert deepest is not None
    assert parsed(pretty(deepest)) == deepest
    assert repr(deepest)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#" * (caps.MAX_CHARACTERS + 1), "E0118"),
        ("1 + " * caps.MAX_TOKENS + "1", "E0118"),
        ("[" + "1, " * caps.MAX_NODES + "1]", "E0118"),
        ('f"' + "{f(x)}" * caps.MAX_NODES + '"', "E0118"),
        ("(" * (caps.MAX_NESTING + 1) + "1" + ")" * (caps.MAX_NESTING + 1), "E0117"),
        ("fn(x) => " * caps.MAX_DEPTH + "1", "E0117"),
        ('f"{' + "-" * caps.MAX_DEPTH + 'x}"', "E0117"),
        ("type T = " + "List[" * caps.MAX_TYPE_DEPTH + "Int" + "]" * caps.MAX_TYPE_DEPTH + ";\n1", "E0119"),
        ("type T = { " + ", ".join(f"f{i}: Int" for i in range(caps.MAX_TYPE_SIZE)) + " };\n1", "E0119"),
    ],
)
def test_each_limit_has_its_diagnostic(text: str, code: str) -> None:
    assert codes(text) == {code}


def test_what_reaches_each_limit_is_accepted() -> None:
    parsed("fn(x) => " * (caps.MAX_DEPTH - 1) + "1")
    parsed("(" * caps.MAX_NESTING + "1" + ")" * caps.MAX_NESTING)
    parsed("[" + "1, " * (caps.MAX_NODES - 2) + "1]")
    parsed("type T = " + "List[" * (caps.MAX_TYPE_DEPTH - 1) + "Int" + "]" * (caps.MAX_TYPE_DEPTH - 1) + ";\n1")
    parsed("1 + " * 900 + "1")
    parsed("if a then b else " * 600 + "c")
    parsed("x" + " |> f" * 900)


def test_halves_of_surrogate_pairs_are_no_characters() -> None:
    assert codes('"\ud800"') == codes("# \udfff\n1") == {"E0103"}
