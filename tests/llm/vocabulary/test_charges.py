"""Charges of texts add up, bound every part, and are found for parts of counted texts without counting again."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.completion import ModelProfile, TokenSize
from lambda_rlm.eval.document import Document
from lambda_rlm.llm.vocabulary.byte_pair import PATTERNS, BytePairVocabulary, encoder, known_vocabulary, vocabulary_named
from lambda_rlm.llm.vocabulary.charges import LONGEST_EXACT, LONGEST_PIECE, Charges
from lambda_rlm.llm.vocabulary.seams import rule_of
from tests.support.hard_texts import fragment_texts, hard_texts

both = pytest.mark.parametrize("name", PATTERNS)


def known(name: str) -> BytePairVocabulary:
    return vocabulary_named(name)


def in_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@both
@given(
    parts=st.lists(fragment_texts, max_size=5), joint=st.sampled_from(["", "\n", "\n\n", "'", "/", " ", "!", "\r\n", "\u0301"])
)
def test_joined_texts_have_at_most_the_sum_of_charges(name: str, parts: list[str], joint: str) -> None:
    vocabulary = known(name)
    whole = joint.join(parts)
    charged = sum(vocabulary.size(part).tokens for part in parts) + max(0, len(parts) - 1) * vocabulary.size(joint).tokens
    assert encoder(name)(whole) <= vocabulary.size(whole).tokens <= charged


@both
@given(text=fragment_texts, data=st.data())
def test_a_part_is_charged_at_most_what_the_whole_says(name: str, text: str, data: st.DataObject) -> None:
    vocabulary, place = known(name), st.integers(0, len(text))
    start, end = sorted((data.draw(place), data.draw(place)))
    size, part = vocabulary.size(text), vocabulary.size(text[start:end])
    assert encoder(name)(text[start:end]) <= part.tokens <= min(in_bytes(text[start:end]), size.tokens + 2 * size.piece)


@both
@pytest.mark.parametrize("kind", hard_texts())
def test_parts_and_joins_of_each_kind_are_bounded(name: str, kind: str) -> None:
    text, vocabulary, count, dice = hard_texts()[kind], known(name), encoder(name), random.Random(5)
    whole, counted = vocabulary.size(text), vocabulary.counted(text)
    assert counted.size.tokens == whole.tokens and counted.size.piece == whole.piece
    assert vocabulary.exact(text) == count(text) <= whole.tokens <= in_bytes(text)
    before = ""
    for _ in range(30):
        start = dice.randrange(len(text))
        part = text[start : start + dice.choice((1, 3, 20, 300, 1500))]
        size, found = vocabulary.size(part), counted.part(start, start + len(part))
        assert count(part) <= size.tokens == found.tokens <= whole.tokens + 2 * whole.piece
        assert size.piece <= found.piece <= LONGEST_PIECE
        assert count(before + part) <= vocabulary.size(before).tokens + size.tokens
        before = part


@both
@pytest.mark.parametrize("kind", hard_texts())
def test_no_window_is_charged_more_than_the_most(name: str, kind: str) -> None:
    """All windows of a length over some of the text, and shorter ones: a shorter one may cost more."""
    text, vocabulary, dice = hard_texts()[kind], known(name), random.Random(7)
    counted = vocabulary.counted(text)
    for characters in (1, 2, 5, 40, 300, len(text), 2 * len(text)):
        most = counted.most(characters)
        assert most <= min(in_bytes(text), 4 * characters)
        assert most == counted.most(characters)
        for _ in range(60):
            length = characters if dice.random() < 0.5 else dice.randint(1, min(characters, len(text)))
            start = dice.randrange(len(text))
            assert vocabulary.size(text[start : start + length]).tokens <= most


@given(text=fragment_texts, characters=st.integers(0, 30))
def test_no_part_of_a_short_text_is_charged_more_than_the_most(text: str, characters: int) -> None:
    vocabulary = known("o200k_base")
    counted = vocabulary.counted(text)
    parts = (text[start : start + size] for size in range(characters + 1) for start in range(len(text)))
    assert max((vocabulary.size(part).tokens for part in parts), default=0) <= counted.most(characters)


def test_a_part_that_ends_in_a_long_word_is_in_the_most() -> None:
    """Where a longer part goes on and ends in a short word, it costs less: a cut word costs its bytes."""
    text, vocabulary = "some words here and internationalization of it", known("o200k_base")
    counted = vocabulary.counted(text)
    dearest = vocabulary.size(text[: text.index(" of")]).tokens
    assert vocabulary.size(text).tokens < dearest <= counted.most(len(text))


def test_the_most_is_close_in_ordinary_texts() -> None:
    """Within a tenth of the dearest window there is, where that has a thousand characters."""
    for kind in ("prose", "german", "code", "log", "json", "words"):
        text, vocabulary = hard_texts()[kind], known("o200k_base")
        dearest = max(vocabulary.size(text[start : start + 1000]).tokens for start in range(0, len(text) - 1000, 3))
        assert vocabulary.counted(text).most(1000) <= 1.1 * dearest


@both
@pytest.mark.parametrize(
    "text",
    [
        "",
        "'s" * 1000,
        "漢A" * 1000,
        "7" * 60_000,
        "!!abc",
        "   1",
        "e\u0301",
        "!\n/b",
        "x \n\n y",
        "a\x1cb\x85c\u1c89d",
        "\ud83d\ude00\ud83d",
        "rearguard",
        "swiftness",
        "*`${\n",
        "we'rE they'LL",
        "~`.;>):\n\n\n",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_named_texts_are_bounded_wherever_they_are_cut(name: str, text: str) -> None:
    vocabulary, count = known(name), encoder(name)
    size, counted = vocabulary.size(text), vocabulary.counted(text)
    for place in {0, 1, 2, 3, len(text) // 2, len(text) - 1, len(text)}:
        left, right = text[:place], text[place:]
        assert count(text) <= vocabulary.size(left).tokens + vocabulary.size(right).tokens
        for part in (left, right):
            charged = vocabulary.size(part).tokens
            assert count(part) <= charged <= size.tokens + 2 * size.piece
            assert charged <= counted.most(len(part))
        assert counted.part(place, len(text)).tokens == vocabulary.size(right).tokens


def test_a_cut_word_may_have_fewer_tokens_than_the_whole() -> None:
    """Why the first and the last piece are charged by their bytes."""
    count = encoder("o200k_base")
    assert count(" rear") + count("guard") < count(" rearguard") <= known("o200k_base").size(" rearguard").tokens
    assert count("versammlun") > count("versammlung")


@both
def test_a_letter_before_a_word_makes_it_dearer(name: str) -> None:
    """So the first piece is charged by its bytes too: `q` and `update` are two tokens, `qupdate` is three."""
    vocabulary, count = known(name), encoder(name)
    assert count("q") + count("update") < count("qupdate") == 3
    assert count("qupdate ") <= vocabulary.size("q").tokens + vocabulary.size("update ").tokens


@both
@pytest.mark.parametrize("character", [" ", "=", "\n", "漢", "7", "a"])
def test_a_million_of_one_character_breaks_nothing(name: str, character: str) -> None:
    """tiktoken panics on a million spaces, with an exception that `except Exception` does not catch."""
    vocabulary, text = known(name), character * 1_000_000
    bytes_of = in_bytes(text)
    assert vocabulary.exact(text) == bytes_of
    assert vocabulary.size(text) == TokenSize(bytes_of, 0)
    assert vocabulary.counted(text).most(1000) == in_bytes(text[:1000])


@both
def test_no_long_piece_is_given_to_the_tokenizer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece between seams goes to it whole, but none that is longer than the limit."""
    vocabulary, count, longest = known(name), encoder(name), 0

    def watched(text: str) -> int:
        nonlocal longest
        longest = max(longest, *(len(word) for word in text.split()))
        return count(text)

    monkeypatch.setattr(vocabulary._charges, "_counter", lambda: watched)
    text = " ".join(("a" * 15_000, "b" * 25_000, "c" * 300, "d" * 19_000)) * 3
    assert vocabulary.exact(text) >= count(text)
    vocabulary.size(text)
    vocabulary.counted(text)
    assert 15_000 < longest <= LONGEST_EXACT


def test_there_is_one_of_each_vocabulary_in_a_process() -> None:
    """A profile that is copied or written down copies no ranks."""
    assert known_vocabulary("o200k_base") is known_vocabulary("o200k_base")
    assert known_vocabulary("p50k_base") is None
    profile = ModelProfile("m", 100, 10, vocabulary=known("o200k_base"))
    assert deepcopy(profile).vocabulary is profile.vocabulary
    assert asdict(profile)["vocabulary"] is profile.vocabulary


@both
def test_a_text_is_counted_by_itself_as_in_its_cells(name: str) -> None:
    """Also where one word is too long for the tokenizer, between ordinary ones."""
    dice = random.Random(8)
    parts = [part for kind in hard_texts().values() for part in (kind, "x" * dice.choice((1, 19_999, 20_001, 70_000)))]
    text, charges = " ".join(parts), known(name)._charges
    assert charges.exact(text) == sum(charges.of_cell(cell) for cell in charges.cells(text, 4096, LONGEST_EXACT))


def test_a_text_is_counted_once_while_somebody_holds_it() -> None:
    vocabulary, text = known("o200k_base"), "One of the inputs. " * 50
    held = vocabulary.counted(text)
    assert vocabulary.counted("".join(text)) is held
    kept = len(vocabulary._counted)
    del held
    assert len(vocabulary._counted) < kept


@both
@pytest.mark.parametrize("kind", hard_texts())
def test_a_short_text_is_charged_as_a_part_of_a_long_one_is(name: str, kind: str) -> None:
    """It is split once, where a long one is searched for its first and last seam and goes in cells."""
    text, dice = hard_texts()[kind], random.Random(11)
    rule = rule_of(PATTERNS[name])
    assert rule is not None
    charges = Charges(rule, lambda: encoder(name))
    for _ in range(60):
        start = dice.randrange(len(text))
        part = text[start : start + dice.choice((1, 2, 3, 9, 40, 300, 2_000, 6_000))]
        for before, after in ((True, True), (True, False), (False, True), (False, False)):
            begin = rule.after(part, 1) if before else 0
            end = rule.last(part) if after else len(part)
            if begin > end:
                wanted = TokenSize(in_bytes(part), 0)
            else:
                cells = list(charges.cells(part[begin:end], 64))
                tokens = in_bytes(part[:begin]) + in_bytes(part[end:]) + sum(map(charges.of_cell, cells))
                wanted = TokenSize(tokens, max((cell.piece for cell in cells), default=0))
            assert charges.size(part, joins_before=before, joins_after=after) == wanted, (part, before, after)


@both
def test_a_whole_document_is_counted_as_its_cells_are(name: str) -> None:
    """Many short texts are counted without cells; the charge is that of the part which is the whole."""
    for text in (*hard_texts().values(), "", "a", "word", " two words", "x" * 300):
        part = text[:3_000]
        counted = known(name).counted(part).size
        assert Document("d", part).size(known(name)) == counted
        document = Document("d", part)
        document.counted(known(name))
        assert document.size(known(name)) == counted
