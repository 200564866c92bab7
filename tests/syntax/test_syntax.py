"""The front end by example: what texts mean and where terms stand."""

from __future__ import annotations

import re

import pytest

from lambda_rlm.resources import grammar_text
from lambda_rlm.syntax.keywords import KEYWORDS
from lambda_rlm.syntax.term import App, Infix, IntLit, Lam, Pipe, RecordLit, Template, Var
from tests.support.parsing import codes, parsed
from tests.support.places import CONFORMANCE

CASES = CONFORMANCE / "syntax"
MARK = re.compile(r"#! (E\d{4}(?: E\d{4})*)\s*$", re.MULTILINE)

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
    assert isinstance(low, IntLit) and isinstance(high, IntLit)
    assert (low.value, high.value) == (-(2**63), 2**63 - 1)
    for text in (
        "9223372036854775808",
        "-9223372036854775809",
        "-(9223372036854775808)",
        "1" * 5_000,
        "match x { -9223372036854775809 => 1 }",
    ):
        assert codes(text) == {"E0107"}


def test_the_keywords_are_those_of_the_grammar() -> None:
    assert set(re.findall(r'"([a-z]+)"', grammar_text())) == set(KEYWORDS)


def test_keywords_and_capitals_are_field_names() -> None:
    words = [*KEYWORDS, "Name", "True", "null"]
    record = parsed("{ " + ", ".join(f"{word}: x.{word}" for word in words) + " }").result
    assert isinstance(record, RecordLit)
    assert [f.name for f in record.fields] == words
    parsed("type T = { " + ", ".join(f"{word}: Int" for word in words) + " };\n1")


def test_some_is_a_function_value_and_minus_part_of_a_literal() -> None:
    assert parsed("map(xs, some)").result == App(None, Var(None, "map"), parsed("f(xs, some)").result.arguments)  # type: ignore[arg-type, union-attr]
    assert parsed("- 3").result == IntLit(None, -3)  # type: ignore[arg-type]


def test_escapes_are_those_of_json() -> None:
    assert parsed(r'"\"\\\/\b\f\n\r\tA😀é"').result.value == '"\\/\b\f\n\r\tA😀é'  # type: ignore[union-attr]
    assert parsed('f"\\{\\}\\"{x}\\\\{y}"').result.parts[::2] == ('{}"', "\\")  # type: ignore[union-attr]
    assert codes(r'"\ud800"') == codes(r'"\ud800A"') == codes(r'f"\udc00"') == {"E0105"}
    assert parsed('r"\\d\n{x}"').result.value == "\\d\n{x}"  # type: ignore[union-attr]
