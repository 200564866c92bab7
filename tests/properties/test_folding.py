"""A text that was folded leads back to the places it came from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.named.replaced_text import PrintedText
from lambda_rlm.evidence.folded import Folded, fold
from lambda_rlm.folding import marked, printed, unmarked

SIGNS = "aZé ß\u0301\u00ad-—–\n\r\t.…“”'’ﬁﬃ½ｶﾞ한\u1112\u1161\u11abกน้ำ中。 \u00a0\u200b\u064eمŁ١ıİ\u0308ŉ⁻⁗ﹱ" + "x" * 8
TEXTS = st.text(alphabet=st.sampled_from(SIGNS), max_size=40)


@given(TEXTS, TEXTS, TEXTS)
def test_a_part_of_a_text_is_found_in_it_with_its_own_place(before: str, part: str, after: str) -> None:
    """Words of a text, folded, are in the folded text; and the place they lead back to folds to no less than they."""
    meter = Meter(Budget())
    text = f"{before} xx{part}xx {after}"
    folded, wanted = PrintedText(text, meter), PrintedText(f"xx{part}xx", meter).text
    at = folded.text.find(wanted)
    assert at >= 0
    start, end = folded.original(at, at + len(wanted))
    assert 0 <= start < end <= len(text)
    assert wanted in PrintedText(text[start:end], meter).text


@given(TEXTS)
def test_every_place_leads_back_in_order(text: str) -> None:
    folded = PrintedText(text, Meter(Budget()))
    places = [folded.original(at, at + 1) for at in range(len(folded.text))]
    assert all(0 <= start <= end <= len(text) for start, end in places)
    assert places == sorted(places)


@given(TEXTS)
def test_folding_twice_folds_no_further(text: str) -> None:
    assert unmarked(unmarked(marked(text))) == unmarked(marked(text))
    assert printed(printed(text)) == printed(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_text_has_one_form(text: str) -> None:
    assert marked(text) == text.lower() == unmarked(marked(text))
    assert printed(text) == text


@given(TEXTS, TEXTS, TEXTS)
def test_evidence_is_found_where_its_words_are(before: str, part: str, after: str) -> None:
    text = f"{before} xx{part}xx {after}"
    folded, wanted = Folded(text), fold(f"xx{part}xx")
    assert folded.text == fold(text)
    start, end = next(folded.find(wanted, 1))
    assert wanted in fold(text[start:end])


def test_a_long_word_is_searched_in_time_linear_in_it() -> None:
    # Each place was found again by folding the word up to it: some hours for this text.
    folded = Folded("各" * 100_000 + "…" + "国" * 100_000)
    assert [place for place, _ in folded.find("国国", 3)] == [100_001, 100_002, 100_003]
