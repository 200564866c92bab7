"""Characters that nobody sees are refused wherever they are in a program."""

from __future__ import annotations

import re
import unicodedata

import pytest

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.diagnostics.visible import HIDDEN, HIDDEN_CHARACTER, visible
from lambda_rlm.resources import grammar_text
from lambda_rlm.syntax.grammar.table import table
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.syntax.tokens import scan

ENDS = [*sorted({code for span in HIDDEN for code in span}), 0x0D]
PLACES = {
    "comment": "1 # a{}b\n",
    "text": '"a{}b"',
    "template": 'f"a{}b"',
    "hole": 'f"{{cont{}ext}}"',
    "raw": 'r"a{}b"',
    "code": "1{} + 2",
    "name": "cont{}ext",
    "end": "1{}",
    "start": "{}1",
    "label": 'type T = "a{}b"; 1',
}
REFUSED = [
    *"\x00\x07\x08\x0b\x0c\x1b\x7f\x80\x85\x9b\xad\u034f\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2064"
]
REFUSED += [*"\u2066\u2069\u206f\u3164\ufe0f\ufeff\ufff9\U000e0041\U000e01ef"]


def refused(text: str) -> set[str]:
    try:
        parse(SourceFile("drawn", text))
    except Rejected as rejected:
        return {found.code for found in rejected.diagnostics}
    return set()


@pytest.mark.parametrize("place", PLACES)
def test_no_place_of_a_program_takes_a_hidden_character(place: str) -> None:
    for code in {*ENDS, *map(ord, REFUSED)}:
        text = PLACES[place].format(chr(code))
        assert refused(text) == {"E0121"}, ascii(text)
        scanned = scan(table(), SourceFile("drawn", text), 0, len(text))
        seen = [*(token.text for token in scanned.tokens), *(comment for _, comment in scanned.comments)]
        assert scanned.mistakes or not any(chr(code) in part for part in seen), "the grammar takes it"


def test_what_a_person_sees_may_be_in_a_program() -> None:
    """Line ends of two characters, tabs, accents made of two characters, other scripts, emoji."""
    for text in (
        "1 # a\r\n+ 2\r\n",
        '"a\r\nb"',
        "\t1",
        '"\u00e9e\u0301"',
        '"日本語 العربية עברית"',
        '"\U0001f600"',
        "1 # – “x” → ∀",
    ):
        assert refused(text) == set(), ascii(text)


def test_the_grammar_lists_the_hidden_characters() -> None:
    """In each class of a terminal that is made of all other characters."""
    classes = [one for one in re.findall(r"\[\^(?:\\.|[^\]])*\]", grammar_text()) if "u2028" in one]
    assert len(classes) == 8
    for one in classes:
        written = re.compile(one)
        for low, high in HIDDEN:
            assert not written.match(chr(low)) and not written.match(chr(high)), (one, hex(low))
            assert (
                any(low - 1 in span or low == 0 for span in map(_within, HIDDEN))
                or written.match(chr(low - 1))
                or low - 1 in b'\r\n"\\'
            )
    assert "[^" not in re.sub(r"\[\^(?:\\.|[^\]])*\]", lambda hit: "" if "u2028" in hit[0] else hit[0], grammar_text())


def _within(span: tuple[int, int]) -> range:
    return range(span[0], span[1] + 1)


def test_all_that_unicode_hides_is_hidden() -> None:
    """Every control character, separator of lines and mark of direction that this Python knows."""
    seen = {"\t", "\n"}
    for code in range(0x110000):
        character = chr(code)
        is_turning = unicodedata.bidirectional(character) in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
            "BN",
        )
        if code < 0xFFFE and (unicodedata.category(character) in ("Cc", "Zl", "Zp") or is_turning) and character not in seen:
            assert HIDDEN_CHARACTER.match(character), hex(code)


@pytest.mark.parametrize("character", REFUSED)
def test_an_escape_means_the_character_and_stays_an_escape(character: str) -> None:
    written = "".join(f"\\u{unit:04x}" for unit in _units(character))
    program = parse(SourceFile("drawn", f'"{written}"'))
    shown = pretty(program)
    assert HIDDEN_CHARACTER.search(shown) is None
    assert parse(SourceFile("drawn", shown)) == program
    assert visible(character) != character


def _units(character: str) -> list[int]:
    data = character.encode("utf-16-be")
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def test_all_are_told_once_for_each_literal_and_comment() -> None:
    with pytest.raises(Rejected) as caught:
        parse(SourceFile("drawn", '"a\u200b\u200bb" # \x1b[2K\n++ "c\u202e"'))
    first, second, third = caught.value.diagnostics
    assert first.message == "hidden character U+200B (zero width space), and 1 more like it"
    assert (first.hint, second.hint, third.hint) == (
        "write `\\u200b`",
        "remove it: a comment means the same without it",
        "write `\\u202e`",
    )
    assert second.message == "hidden character U+001B (escape)"


@pytest.mark.parametrize("character", ["\r", "\u2028", "\x85", "\x0b"])
def test_what_may_end_a_comment_has_no_fix(character: str) -> None:
    """What follows would begin to run, or no longer run: nobody but its author can say."""
    with pytest.raises(Rejected) as caught:
        parse(SourceFile("drawn", f"1 # a{character}llm_call(query)"))
    assert caught.value.diagnostics[0].fixes == ()


@pytest.mark.parametrize(
    "text",
    [
        "\u200b" * 150_000,
        "#\u200b\n" * 60_000 + "1",
        'f"' + "{a}\u200b" * 40_000 + '"',
        '"\\' * 90_000 + "\u200b",
        'f"' + "\u200b\\" * 90_000,
    ],
    ids=["code", "comments", "holes", "never closed", "escapes"],
)
def test_many_are_told_in_few_diagnostics_of_bounded_size(text: str) -> None:
    """A program may be made of nothing else: each character is looked at once, and no fix has more than a thousand edits."""
    with pytest.raises(Rejected) as caught:
        parse(SourceFile("drawn", text))
    found = caught.value.diagnostics
    assert {one.code for one in found} == {"E0121"}
    assert len(found) <= 20
    assert sum(len(fix.edits) for one in found for fix in one.fixes) <= 1_000
