"""Theorems about parsing, printing and inference, on drawn programs and on any text at all."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambda_rlm.diagnostics.diagnostic import Rejected, Severity
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.alpha import renamed
from lambda_rlm.syntax.keywords import KEYWORDS
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.types.infer import infer
from lambda_rlm.types.type import TEXT
from tests.support.strategies import Drawn, programs

pytestmark = pytest.mark.slow

TOKENS = st.sampled_from(
    [
        *KEYWORDS,
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        ":",
        ".",
        "=",
        "=>",
        "->",
        "|>",
        "++",
        "+",
        "-",
        "*",
        "/",
        "%",
        "??",
        "==",
        "<",
        "!=",
        "x",
        "y",
        "context",
        "query",
        "map",
        "filter",
        "llm_call",
        "1",
        "2.5",
        '"a"',
        'f"{x}"',
        'r"a"',
        "#",
        "@",
        "$",
        "\\",
        "'",
        "“",
        "True",
        "None",
        "&&",
        "||",
        "return",
        "lambda",
        "```",
        "∞",
        "λ",
    ]
)


@given(programs())
def test_what_is_printed_parses_to_the_same_program(drawn: Drawn) -> None:
    assert parse(SourceFile("drawn", pretty(drawn.program))) == drawn.program


@given(programs())
def test_printing_is_idempotent(drawn: Drawn) -> None:
    once = pretty(drawn.program)
    assert pretty(parse(SourceFile("drawn", once))) == once


@given(programs(is_open=False))
def test_the_type_a_program_was_drawn_for_is_inferred(drawn: Drawn) -> None:
    typed = infer(parse(SourceFile("drawn", pretty(drawn.program))), drawn.inputs)
    assert typed.type == drawn.type


@given(programs(is_open=True))
def test_every_program_drawn_by_type_is_accepted(drawn: Drawn) -> None:
    typed = infer(parse(SourceFile("drawn", pretty(drawn.program))), drawn.inputs)
    assert typed.type == drawn.type


@given(programs(is_open=False))
def test_the_names_a_program_binds_mean_nothing_to_its_type(drawn: Drawn) -> None:
    source = pretty(drawn.program)
    first = infer(parse(SourceFile("drawn", source)), drawn.inputs)
    second = infer(parse(SourceFile("renamed", pretty(renamed(drawn.program)))), drawn.inputs)
    assert (first.type, first.effect) == (second.type, second.effect)


def outcome(text: str) -> object:
    """`Program` through inference, or the diagnostics; anything else is a bug and passes through."""
    try:
        return infer(parse(SourceFile("any", text)), {"context": TEXT})
    except Rejected as rejected:
        return rejected.diagnostics


@given(st.text(max_size=80))
@example("")
@example("\x00")
@example('f"{"')
@example("[" * 5_000)
def test_any_text_is_a_program_or_rejected_at_a_place_in_it(text: str) -> None:
    found = outcome(text)
    if isinstance(found, tuple):
        assert any(d.severity is Severity.ERROR for d in found)
        assert all(0 <= d.primary.start <= d.primary.end <= len(text) for d in found)


@given(st.lists(TOKENS, max_size=30).map(" ".join))
def test_any_tokens_are_a_program_or_rejected_at_a_place(text: str) -> None:
    found = outcome(text)
    if isinstance(found, tuple):
        assert all(0 <= d.primary.start <= d.primary.end <= len(text) for d in found)


@given(programs(), st.data())
def test_a_broken_program_is_rejected_or_means_something(drawn: Drawn, data: st.DataObject) -> None:
    """One token of a good program left out or doubled: the front end never fails in any other way."""
    words = pretty(drawn.program).split(" ")
    at = data.draw(st.integers(0, len(words) - 1))
    outcome(" ".join(words[:at] + words[at + 1 :]))
    outcome(" ".join(words[: at + 1] + words[at:]))
