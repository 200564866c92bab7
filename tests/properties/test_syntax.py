"""The theorems of the front end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark
from lark.exceptions import LarkError

from lambda_rlm.diagnostics.diagnostic import Rejected, apply_fix
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.resources import grammar_table, grammar_text
from lambda_rlm.syntax.grammar.table import table
from lambda_rlm.syntax.grammar.tabulate import tabulate
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.syntax.term import Program, Term, TypeDef
from lambda_rlm.syntax.tokens import END, scan
from tests.support.strategies_syntax import near_programs, programs, soups, terms, types

pytestmark = pytest.mark.slow


def parsed(text: str) -> Program:
    return parse(SourceFile("drawn", text))


@cache
def strict_lark() -> Lark:
    return Lark(grammar_text(), parser="lalr", lexer="basic", strict=True, start=["program", "hole"], maybe_placeholders=False)


@cache
def lark_scanner() -> Lark:
    """Without a parser: one that has a parser makes its lexer anew for each text."""
    return Lark(grammar_text(), parser=None, lexer="basic", start=["program", "hole"])


@given(terms)
def test_a_term_is_what_its_canonical_text_means(term: Term) -> None:
    assert parsed(pretty(term)).result == term


@given(programs)
def test_a_program_is_what_its_canonical_text_means(program: Program) -> None:
    assert parsed(pretty(program)) == program


@given(types)
def test_a_type_is_what_its_canonical_text_means(type_: object) -> None:
    item = parsed(f"type T = {pretty(type_)};\n1").items[0]  # type: ignore[arg-type]
    assert isinstance(item, TypeDef)
    assert item.type == type_


@given(programs)
def test_formatting_twice_is_formatting_once(program: Program) -> None:
    text = pretty(program)
    assert pretty(parsed(text)) == text


@given(programs, st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["\n", " ", "\n\n", ""])), max_size=5))
def test_comments_anywhere_are_kept_and_stay_where_they_are(program: Program, places: list[tuple[int, str]]) -> None:
    """Wherever a comment is put, formatting keeps it, changes no term, and the second formatting changes nothing."""
    text = pretty(program)
    tokens = scan(table(), SourceFile("drawn", text), 0, len(text)).tokens
    for i, (place, lead) in sorted(enumerate(places), key=lambda p: -(p[1][0] % len(tokens))):
        at = tokens[place % len(tokens)].start
        text = f"{text[:at]}{lead}# note {i}\n{text[at:]}"
    commented = parsed(text)
    formatted = pretty(commented)
    again = parsed(formatted)
    assert again == commented == program
    assert Counter(comment for _, comment in again.comments) == Counter(comment for _, comment in commented.comments)
    assert pretty(again) == formatted


@given(near_programs)
def test_any_text_gives_a_program_or_is_rejected(text: str) -> None:
    try:
        program = parsed(text)
    except Rejected as rejected:
        for diagnostic in rejected.diagnostics:
            assert 0 <= diagnostic.primary.start <= diagnostic.primary.end <= len(text)
            for fix in diagnostic.fixes:
                assert apply_fix(text, fix) != text
    else:
        assert parsed(pretty(program)) == program


@given(soups)
def test_the_parser_accepts_what_lark_accepts(text: str) -> None:
    """The automaton and the scanner are ours, the grammar is Lark's: they agree but for what no grammar can say."""
    try:
        strict_lark().parse(text, start="program")
        is_accepted = True
    except LarkError:
        is_accepted = False
    try:
        parsed(text)
    except Rejected as rejected:
        codes = {d.code for d in rejected.diagnostics}
        beyond_the_grammar = {"E0114", "E0116", "E0101", "E0106"}
        assert not is_accepted or codes <= beyond_the_grammar
        assert not is_accepted or "E0101" not in codes or "{1 +}" in text
    else:
        assert is_accepted


@given(programs)
def test_the_scanner_reads_what_larks_lexer_reads(program: Program) -> None:
    text = pretty(program)
    ours = [(token.kind, token.text, token.start) for token in scan(table(), SourceFile("drawn", text), 0, len(text)).tokens]
    theirs = [(token.type, str(token), token.start_pos) for token in lark_scanner().lex(text)]
    assert ours == [*theirs, (END, "", len(text))]


def test_the_grammar_has_no_conflicts_and_no_ambiguous_terminals() -> None:
    """`strict` raises for both."""
    assert strict_lark().rules


def test_the_stored_table_is_the_grammars() -> None:
    """`python -m lambda_rlm.syntax.grammar.tabulate > grammar/lambda_rlm.table.json` renews it."""
    assert json.loads(grammar_table() or "{}") == tabulate(grammar_text())


def test_a_stale_table_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_rlm.syntax.grammar.table.grammar_table", lambda: '{"grammar": "another"}')
    assert table.__wrapped__() == table()


def test_parsing_loads_no_lark() -> None:
    """Starting up must not pay for the reading of the grammar."""
    code = "import sys; from lambda_rlm.diagnostics import source; from lambda_rlm.syntax import parse; from lambda_rlm.syntax.printing import pretty;"
    code += "pretty.pretty(parse.parse(source.SourceFile('x', '1'))); sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
