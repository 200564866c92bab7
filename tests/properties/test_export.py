"""The theorems of the exported grammars: parser and decoders take the same programs."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.llm.vocabulary.byte_pair import PATTERNS, ranks
from lambda_rlm.syntax.export.forms import export, short_programs
from lambda_rlm.syntax.grammar.table import table
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.syntax.tokens import END, scan
from lambda_rlm.synth.reference import shown_to
from lambda_rlm.synth.turn import Turn
from tests.support import gbnf
from tests.support.extras import WITHOUT_LOCAL
from tests.support.strategies_syntax import SOUP, drawn, near_programs, programs

pytestmark = pytest.mark.slow

BEYOND = {"E0107", "E0114", "E0117", "E0118", "E0119"}
"""What no grammar says: numbers that do not fit, names given twice, the caps."""

PROGRAMS = sorted(
    [*Path("stdlib").glob("*.lam"), *Path("tests/conformance/programs").glob("*.lam"), *Path("examples").rglob("*.lam")]
)
WRITTEN = [*PROGRAMS, *sorted(Path("tests/conformance").rglob("accept/*.lam"))]


GRAMMARS = ("programs", "short programs")


@cache
def written(grammar: str) -> str:
    """A grammar in the form of the decoder; each takes longer to write than all tests take to be collected."""
    return export("openai") if grammar == "programs" else short_programs()


@cache
def recognizer(grammar: str) -> Any:
    llguidance = pytest.importorskip("llguidance", reason=WITHOUT_LOCAL)
    return llguidance.LLMatcher(llguidance.LLTokenizer("byte"), llguidance.LLMatcher.grammar_from_lark(written(grammar)))


def matcher(grammar: str = "programs") -> Any:
    fresh = recognizer(grammar).deep_copy()
    assert not fresh.is_error(), fresh.get_error()
    return fresh


@cache
def large_vocabulary() -> tuple[Any, Any]:
    """Two hundred thousand tokens of many languages, and the same for the decoder."""
    import tiktoken

    pytest.importorskip("llguidance", reason=WITHOUT_LOCAL)
    from llguidance.tiktoken import lltokenizer_from_encoding

    name = "o200k_base"
    encoding = tiktoken.Encoding(
        name, pat_str=PATTERNS[name], mergeable_ranks=ranks(name), special_tokens={"<|endoftext|>": 199_999}
    )
    return encoding, lltokenizer_from_encoding(encoding)


@cache
def rules() -> gbnf.Gbnf:
    return gbnf.read(export("gbnf"))


def by_lark(text: str) -> bool:
    found = matcher()
    data = list(text.encode())
    return bool(found.validate_tokens(data) == len(data) and found.consume_tokens(data) and found.is_accepting())


def by_gbnf(text: str) -> bool:
    return rules().accepts(text)


def verdict(text: str) -> bool | None:
    """Whether the parser takes a text; None where a grammar need not know."""
    try:
        parse(SourceFile("drawn", text))
    except Rejected as rejected:
        found = {d.code for d in rejected.diagnostics}
        return None if found <= BEYOND else False
    return True


def agree(text: str) -> None:
    expected = verdict(text)
    assume(expected is not None)
    assert by_lark(text) is expected, f"{text!r} by llguidance"
    assert by_gbnf(text) is expected, f"{text!r} by GBNF"


@st.composite
def rewritten(draw: st.DrawFn) -> str:
    """A program with other white space: none where none is needed, or much, or comments."""
    text = pretty(draw(drawn("programs", lambda: programs)))
    source = SourceFile("drawn", text)
    tokens = [token for token in scan(table(), source, 0, len(text)).tokens if token.kind != END]
    gaps = st.sampled_from(["", "", "", " ", "\n", "\t \r\n", "# and so on\n", " #\n\n"])
    return (
        draw(gaps) + "".join(token.text + draw(gaps) for token in tokens) + draw(st.sampled_from(["", "# end", " # end", "\n"]))
    )


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A program with a few places cut out, doubled or written over."""
    text = pretty(draw(drawn("programs", lambda: programs)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        until = min(len(text), at + draw(st.integers(0, 3)))
        text = text[:at] + draw(st.sampled_from(["", "", text[at:until] * 2, *SOUP])) + text[until:]
    return text


@pytest.mark.parametrize("path", WRITTEN, ids=str)
def test_what_is_written_is_decodable(path: Path) -> None:
    """The programs of strong models among them: a decoder that refused one of these would make a model worse."""
    text = path.read_text(encoding="utf-8")
    assert by_lark(text)
    assert by_gbnf(text)


@pytest.mark.integration
@pytest.mark.parametrize("grammar", GRAMMARS)
@pytest.mark.parametrize("path", PROGRAMS, ids=str)
def test_a_large_vocabulary_stays_within_the_decoder_limits(path: Path, grammar: str) -> None:
    """A decoder gives up, without a word, on a mask that takes it too many steps; no vocabulary of bytes ever shows it."""
    encoding, tokenizer = large_vocabulary()
    llguidance = pytest.importorskip("llguidance", reason=WITHOUT_LOCAL)
    found = llguidance.LLMatcher(tokenizer, llguidance.LLMatcher.grammar_from_lark(written(grammar)), log_level=0)
    for token in encoding.encode_ordinary(path.read_text(encoding="utf-8")):
        mask = found.compute_bitmask()
        assert not found.is_error(), found.get_error()[:200]
        if grammar == "short programs" and not mask[token // 8] >> token % 8 & 1:
            return
        assert mask[token // 8] >> token % 8 & 1, encoding.decode([token])
        assert found.consume_token(token)
    assert found.is_accepting()


@given(rewritten())
def test_white_space_is_needed_where_the_parser_needs_it(text: str) -> None:
    agree(text)


@given(mutated())
def test_parser_and_exports_judge_mutants_alike(text: str) -> None:
    agree(text)


@given(near_programs)
def test_parser_and_exports_judge_near_programs_alike(text: str) -> None:
    agree(text)


@pytest.mark.parametrize(
    "text",
    [
        "if(x)then(y)else(z)", "if (x) then(y) else(z)", "if x then 2else 3", "if x then y elsez", "not(x)", "notx", "1.x", "1 .x", "1.5.x",
        "1e5", "1.e5", "if x then 1else 2", "f(-1)", "a++b", "a+ +b", "r.then", "{then: 1}", "{ a: 1,or: 2 }", "r .if", "x #c", "x#c\n+1#d",
        'f"a{x}b{ f(1) }"', 'f"{}"', 'f"{ }"', 'f"{x.y+}"', 'f"\\{x\\}"', 'f"{[a, b]}"', "f\"{x['a']}\"", 'elser"a"', 'f"{if a then b else c}"',
        'f"{if(a)then b else c}"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\q"', 'r"\\q"', "let if = 1; 2", "True", "True[Int]", "let True = 1; 2",
        "fn(_) => 1", "fn(_, __) => 1", "_", "match x { -1 => 1, _ => 2, }", "f(a, b = 1, c)", "f(a, b = 1,)", "f(,)", "a < b < c", "a ?? b ?? c",
        "a |> f |> g.h(1)", "a |> f + 1", "fn(x) => fn(y) => x", "{ let a = 1; a }", "{ a }", "{ a: 1 }", "x" * 64 + "y", "- - 1", "--1", "not not a",
        "type T = (Int, Text) -> List[Int]; 1", 'type T = "a"|"b"; 1', "type T = { a: Int, }; 1", "type T = (Int); 1", "1 # only", "# only", "",
    ],
)  # fmt: skip
def test_parser_and_exports_judge_a_text_alike(text: str) -> None:
    """Where a decoder without lookahead is easily wrong."""
    expected = verdict(text)
    if expected is not None:
        assert (by_lark(text), by_gbnf(text)) == (expected, expected)


ENDINGS = [
    ")",
    "]",
    "}",
    '"',
    ";1",
    "1",
    "x",
    " then 1",
    " else 1",
    "=>1",
    ":1",
    "=1",
    "(",
    "_=>1",
    ":Int",
    "Int",
    "->Int",
    "{",
    "\\n",
    "u0041",
    "0",
]


def walked(source: random.Random, steps: int, grammar: str) -> str | None:
    """A text that the masks of the decoder led to, by bytes and by larger steps."""
    found = matcher(grammar)
    out = b""
    for step in range(steps + 60):
        if found.is_accepting() and (step >= steps or source.random() < 0.05):
            return out.decode("utf-8", "replace")
        choices = ENDINGS if step >= steps else source.sample(SOUP, len(SOUP))
        taken = next((c for c in choices if _fits(found, c)), None)
        if taken is None or (step < steps and source.random() < 0.3):
            mask = found.compute_logit_bias()
            taken_bytes = bytes([source.choice([b for b in range(256) if mask[b]] or [32])])
        else:
            taken_bytes = taken.encode()
        if not found.consume_tokens(list(taken_bytes)):
            assert "panic" not in found.get_error(), (out, taken_bytes, found.get_error()[:200])
            return None
        out += taken_bytes
    return None


def _fits(found: Any, text: str) -> bool:
    data = list(text.encode())
    return bool(found.validate_tokens(data) == len(data))


@pytest.mark.parametrize("grammar", GRAMMARS)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 40))
def test_what_the_masks_lead_to_parses(grammar: str, seed: int, steps: int) -> None:
    text = walked(random.Random(seed), steps, grammar)
    assume(text is not None and "\ufffd" not in text)
    assert text is not None
    assert verdict(text) is not False, repr(text)
    assert by_lark(text), repr(text)


@pytest.mark.parametrize(
    "text", ["let x = 1;" * 40 + "x", "x" + " |> f" * 40, "x" + " + x" * 40, f"f({'x, ' * 40}x)", f'"{"a" * 1_000}"', "x" + " " * 100 + "+ x", "x # on and on", 'f"' + "a" * 1_000 + '"', "x" + " ?? x" * 40, "f(" * 20 + "x" + ")" * 20, "not " * 20 + "x", "-" * 20 + "1", "fn(x) => " * 20 + "x", "if x then x else " * 20 + "x", "{ let x = 1; " * 20 + "x" + "}" * 20, "[" * 20 + "]" * 20, "let x: " + "List[" * 20 + "Int" + "]" * 20 + " = x; x", "take(x, " + "3" + "0" * 15 + ")", "0." + "3" * 15]
)  # fmt: skip
def test_nothing_goes_on_and_on_in_a_short_program(text: str) -> None:
    """What small models do when they have lost their way; the language itself allows it."""
    data = list(text.encode())
    assert by_lark(text)
    assert matcher("short programs").validate_tokens(data) < len(data)


@pytest.mark.parametrize("turn", [turn for turn in shown_to(is_small=True)[1] if turn.role == "assistant"])
def test_what_small_models_are_shown_is_short(turn: Turn) -> None:
    """Else they would be held to what nobody showed them."""
    encoding, tokenizer = large_vocabulary()
    llguidance = pytest.importorskip("llguidance", reason=WITHOUT_LOCAL)
    found = llguidance.LLMatcher(tokenizer, llguidance.LLMatcher.grammar_from_lark(written("short programs")))
    assert found.consume_tokens(encoding.encode_ordinary(turn.text))
    assert found.is_accepting()


@pytest.mark.parametrize(
    "program", ["{}", "let {} = 1; 2", "x.{}", "fn({}) => 1", "f({} = 1)", 'f"{{{}}}"', "type {} = Int; 1", "f[{}](1)"]
)
def test_a_name_in_a_short_program_comes_to_its_end(program: str) -> None:
    """Where a small model has begun to repeat itself within one, it may only go on with what can follow a name."""
    encoding, tokenizer = large_vocabulary()
    llguidance = pytest.importorskip("llguidance", reason=WITHOUT_LOCAL)
    for name, is_short in (("rows_of_the_table", True), ("String" + "ToString" * 12, False)):
        found = llguidance.LLMatcher(tokenizer, llguidance.LLMatcher.grammar_from_lark(written("short programs")), log_level=0)
        assert found.consume_tokens(encoding.encode_ordinary(program.format(name))) is is_short


@given(st.integers(0, 2**32))
def test_what_gbnf_generates_parses(seed: int) -> None:
    text = gbnf.drawn(rules(), random.Random(seed))
    assert verdict(text) is not False, repr(text)
