"""What is left of a text when its contents are masked."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.synth.masked import SIGNS, masked

ALPHABET = frozenset("aA9 \t" + SIGNS)


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("", ""),
        ("Kenya: 4878352", "Aaaa: 999"),
        ("2024-03-01T10:05:59.123 WARN  [mailer] id=x7", "999-99-99A99:99:99.999 AAA  [aaa] aa=a9"),
        ("Ötztal Ελλάδα Москва", "Aaaa Aaaa Aaaa"),
        ("東京 القاهرة नमस्ते", "aa aaa aaa"),
        ("e\u0301te\u0301 E\u0301TE\u0301", "aaa AAA"),
        ("١٢ १२ 1２ ½ Ⅷ", "99 99 99 9 9"),
        ("a\tb\nc\r\nd\u2028e\u00a0f", "a\ta a  a a a"),
        ("€5 – “x” №7", "?9 ? ?a? ?9"),
        ("----- ===== ??????", "--- === ???"),
        ("a\u202eb\u200bc\u2066d\x00\x1b[0m\ufeff", "aaa[9a"),
        ("\ue000\U000e0041\ud800x", "?a"),
        ("|" + "x" * 10**6 + "|", "|aaa"),
    ],
    ids=repr,
)
def test_contents_go_and_layout_stays(text: str, mask: str) -> None:
    assert masked(text) == mask


def test_a_mask_is_cut() -> None:
    assert masked("ab-" * 100) == ("aa-" * 100)[:100]
    assert masked("a-b-", 3) == "a-a"
    assert masked("abc", 0) == ""


def test_the_signs_are_a_closed_list_of_ascii() -> None:
    assert len(SIGNS) == 32 and set(SIGNS) == set(string.punctuation)


@given(st.text())
def test_a_mask_has_no_sign_of_its_text_beyond_the_list(text: str) -> None:
    shown = masked(text)
    assert len(shown) <= 100 and set(shown) <= ALPHABET
    assert not any(sign * 4 in shown for sign in ALPHABET)
    assert masked(shown) == shown


@given(st.lists(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), max_size=90))
def test_texts_that_differ_in_letters_alone_have_one_mask(signs: list[str]) -> None:
    """Each letter replaced by another of its case, each digit by another."""
    other = {"Lu": "Ж", "Ll": "q", "Lo": "語", "Nd": "٣"}
    assert masked("".join(signs)) == masked("".join(other[unicodedata.category(sign)] for sign in signs))


def test_every_code_point_has_a_mask_of_the_alphabet() -> None:
    assert all(set(masked(chr(code))) <= ALPHABET for code in range(0x110000))
