"""The words that are shown are short, have the place, and part no sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.evidence.numbers import dates, numerals, rounds_to
from lambda_rlm.evidence.record import LONGEST
from lambda_rlm.evidence.windows import window
from lambda_rlm.graphemes import whole

SIGNS = ["a", " ", ".", "\n", "\r\n", "é", "e\u0301", "👨‍👩‍👧", "🇩🇪", "กำ", "한", "各", "。", "! ", "word "]


@given(st.lists(st.sampled_from(SIGNS), min_size=1, max_size=600).map("".join), st.data())
def test_a_window_is_short_and_whole(text: str, data: st.DataObject) -> None:
    starts = [at for at in range(len(text)) if whole(text, at) == at]
    start = data.draw(st.sampled_from(starts))
    end = data.draw(st.integers(start + 1, min(len(text), start + 400)))
    while end < len(text) and whole(text, end) != end:
        end += 1
    low, high = window(text, 0, len(text), start, end)
    assert high - low <= LONGEST
    assert whole(text, low) == low and whole(text, high) == high
    if end - start <= LONGEST and text[start:end].strip():
        place = text[start:end].strip()
        assert place in text[low:high]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,50 Euro", "1234.5"), ("1,234.50", "1234.5"), ("1 234 567", "1234567"), ("1'234'567", "1234567"), ("3.2 million", "3200000"),
        ("4,6 млн", "4600000"), ("3万", "30000"), ("12 %", "0.12"), ("٧٤٥٠", "7450"), ("(-42)", "42"), ("12.50", "12.5"),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(text: str, value: str) -> None:
    assert any(value in values for _, _, values in numerals(text))


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-02",
        "2 May 2024",
        "May 2nd, 2024",
        "02.05.2024",
        "2024年5月2日",
        "2 de mayo de 2024",
        "2. Mai 2024",
        "2 мая 2024",
        "2 maja 2024",
    ],
)
def test_a_date_is_read_however_it_is_written(text: str) -> None:
    assert any("2024-05-02" in days for _, _, days in dates(text))


def test_only_a_rough_number_is_rounded() -> None:
    assert rounds_to("3012000", "3000000") and rounds_to("3.14159", "3.14")
    assert not rounds_to("3000000", "3012000") and not rounds_to("3600000", "3000000") and not rounds_to("42", "42")


def test_numbers_and_dates_are_read_as_in_columns() -> None:
    assert [values for *_, values in numerals("0.123, 1234,567; 1.234")] == [{"0.123"}, {"1234.567"}, {"1234", "1.234"}]
    assert [days for *_, days in dates("03.04.2023 or 03/04/2023 or 31/02/2023")] == [
        {"2023-04-03"},
        {"2023-04-03", "2023-03-04"},
    ]
    assert [days for *_, days in dates("5. maj 2023, 6 kolovoza 2023")] == [{"2023-05-05"}, {"2023-08-06"}]
