"""The rule of seams against the patterns themselves, as tiktoken's own engine reads them."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from itertools import pairwise, product

import pytest
import regex
import tiktoken
from hypothesis import given

from lambda_rlm.llm.vocabulary import characters
from lambda_rlm.llm.vocabulary.byte_pair import PATTERNS, encoder, vocabulary_of
from lambda_rlm.llm.vocabulary.seams import SeamRule, rule_of
from tests.support.hard_texts import fragment_texts, hard_texts

_BYTES = {bytes([byte]): byte for byte in range(256)}
_CLASSES = {
    characters.UPPER: r"[\p{Lu}\p{Lt}]",
    characters.ENDS_CONTRACTION: r"[EL]",
    characters.LOWER: r"\p{Ll}",
    characters.IN_CONTRACTION: r"[rvl]",
    characters.CASELESS: r"[\p{Lm}\p{Lo}]",
    characters.MARK: r"\p{M}",
    characters.NUMBER: r"\p{N}",
    characters.SPACE: r"[^\S\r\n]",
    characters.LINE_END: r"[\r\n]",
    characters.APOSTROPHE: r"'",
    characters.SLASH: r"/",
    characters.OTHER: r"[^\s\p{L}\p{N}\p{M}'/]",
}
_SAMPLES = {
    characters.UPPER: "AǅR",
    characters.ENDS_CONTRACTION: "EL",
    characters.LOWER: "sétſ",
    characters.IN_CONTRACTION: "rvl",
    characters.CASELESS: "漢ʰ",
    characters.MARK: "\u0301\u0903",
    characters.NUMBER: "7½",
    characters.SPACE: " \u3000\x85",
    characters.LINE_END: "\n\r",
    characters.APOSTROPHE: "'",
    characters.SLASH: "/",
    characters.OTHER: "!😀\x1c",
    characters.UNKNOWN: "\u1c89",
}

both = pytest.mark.parametrize("name", PATTERNS)


def rule(name: str) -> SeamRule:
    found = rule_of(PATTERNS[name])
    assert found is not None
    return found


def seams(name: str, text: str) -> list[int]:
    """The places of the seams of a text."""
    lengths, _ = rule(name).pieces(text)
    return [sum(lengths[:count]) for count in range(1, len(lengths))]


def boundaries(name: str, text: str) -> set[int]:
    """Where the pattern itself cuts a text."""
    return {match.start() for match in regex.finditer(PATTERNS[name], text)}


def test_a_pattern_that_is_not_proved_has_no_vocabulary() -> None:
    """A letter more in the pattern may move a boundary: such a tokenizer's texts are counted by their bytes."""
    assert vocabulary_of("other", PATTERNS["o200k_base"], lambda: len) is not None
    assert vocabulary_of("other", PATTERNS["o200k_base"] + "|x", lambda: len) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", _CLASSES)
def test_kinds_of_characters_are_those_of_the_tokenizer(kind: str) -> None:
    """Every code point that our table knows is what tiktoken's engine takes it for. A newer one is of no kind here."""
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1))))
    kinds = every.translate(characters.tables()[0])
    ours = {character for character, found in zip(every, kinds, strict=True) if found == kind}
    matching = tiktoken.Encoding("kind", pat_str=_CLASSES[kind], mergeable_ranks=_BYTES, special_tokens={})
    theirs = set(bytes(matching.encode_ordinary(every)).decode())
    if kind == characters.LOWER:
        theirs -= set("rvl")
    if kind == characters.UPPER:
        theirs -= set("EL")
    assert ours <= theirs
    assert not {character for character in theirs - ours if character.translate(characters.tables()[0]) != characters.UNKNOWN}
    assert ours


def test_unassigned_characters_and_surrogates_are_of_no_kind() -> None:
    table = characters.tables()[0]
    assert {text.translate(table) for text in ("\u1c89", "\ud83d", "\ude00", "\uffff", "\U0010ffff")} == {characters.UNKNOWN}


@both
def test_a_seam_is_a_boundary_between_any_neighbors(name: str) -> None:
    """Every pair of kinds, in the midst of characters drawn at random."""
    dice = random.Random(3)
    pool = "".join(_SAMPLES.values()) + "'''eErRlLvVsS"
    for before, behind in product(_SAMPLES, repeat=2):
        for _ in range(12):
            middle = dice.choice(_SAMPLES[before]) + dice.choice(_SAMPLES[behind])
            text = "".join(dice.choices(pool, k=7)) + middle + "".join(dice.choices(pool, k=7))
            assert set(seams(name, text)) <= boundaries(name, text), ascii(text)


@both
@pytest.mark.slow
def test_a_seam_is_a_boundary_in_every_short_text(name: str) -> None:
    """All texts of up to four characters, one or two for each kind."""
    alphabet = "AELsrvl漢\u03017 \n'/!"
    for length in range(2, 5):
        for drawn in product(alphabet, repeat=length):
            text = "".join(drawn)
            assert set(seams(name, text)) <= boundaries(name, text), ascii(text)


@both
def test_the_rule_leaves_out_no_pair_that_always_parts(name: str) -> None:
    """It is as fine as two characters can tell: of each pair without a seam there is a text that holds both in one word."""
    held = set()
    alphabet = "AELsrvl漢\u03017 \n'/!"
    for text in map("".join, product(alphabet, repeat=4)):
        cuts = boundaries(name, text)
        held |= {(text[place - 1], text[place]) for place in range(1, 4) if place not in cuts}
    without = {pair for pair in product(alphabet, repeat=2) if not seams(name, "".join(pair))}
    white = {(before, behind) for before, behind in without if before in " \n"}
    # Behind white space it depends on what follows. Of contractions the rule knows the letters, and not which belong together.
    assert without - held - white <= set(product("rvl", "EL")) | {("l", "E")}


@both
@given(text=fragment_texts)
def test_pieces_have_the_tokens_of_the_whole(name: str, text: str) -> None:
    count = encoder(name)
    places = [0, *seams(name, text), len(text)]
    assert sum(count(text[start:end]) for start, end in pairwise(places)) == count(text)


@both
@pytest.mark.parametrize("kind", hard_texts())
def test_pieces_of_each_kind_have_the_tokens_of_the_whole(name: str, kind: str) -> None:
    text, count = hard_texts()[kind], encoder(name)
    lengths, sizes = rule(name).pieces(text)
    places = [0, *seams(name, text), len(text)]
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert sum(map(count, pieces)) == count(text)
    assert [len(piece) for piece in pieces] == lengths
    assert [len(piece.encode("utf-8", "surrogatepass")) for piece in pieces] == sizes


@pytest.mark.parametrize("text", ["we'rE", "I'Ll", "you'vE", "A'lL", "漢'rE", "e\u0301'vE"])
def test_a_contraction_of_mixed_case_is_one_word(text: str) -> None:
    """Contractions match in any case: only there does a word have a capital letter after a small one."""
    assert boundaries("o200k_base", text) == {0}
    assert seams("o200k_base", text) == []


@both
@given(text=fragment_texts)
def test_the_first_and_last_seam_are_found_alone(name: str, text: str) -> None:
    padded: tuple[Callable[[str], str], ...] = (str, lambda x: x * 9, lambda x: "=" * 200 + x + "9" * 300)
    for pad in padded:
        places = seams(name, pad(text))
        assert rule(name).after(pad(text), 1) == min(places, default=len(pad(text)))
        assert rule(name).last(pad(text)) == max(places, default=0)
