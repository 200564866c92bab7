"""Columns of texts, read by the evidence of all cells: numbers with units, dates; and labels, read as replies are."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm.eval.library.cells import dates_of, numbers_of
from lambda_rlm.inputs import from_arguments
from lambda_rlm.written_numbers import settled_number
from tests.support.applying import apply, read


def numbers(*cells: str) -> list[str | None]:
    return [None if found is None else found[0] for found in numbers_of(cells)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # One cell tells the signs of all.
        (("1.234,50", "1.234", "7"), ["1234.50", "1234", "7"]),
        (("1,234.50", "1,234", "7"), ["1234.50", "1234", "7"]),
        (("0,5", "1,234"), ["0.5", "1.234"]),
        (("1,234,567", "1,234"), ["1234567", "1234"]),
        (("1.234.567", "1.234"), ["1234567", "1234"]),
        (("12,25", "1,500"), ["12.25", "1.500"]),
        # None tells: 1,234 may be either, and stays unread.
        (("1,234", "7"), [None, "7"]),
        (("1.234",), [None]),
        # They disagree: what can be read in two ways is not.
        (("0.5", "0,5", "1,234"), ["0.5", "0.5", None]),
        # Signs that part thousands and nothing else.
        (("1 234 567", "1\u202f234", "1'234", "1_000"), ["1234567", "1234", "1234", "1000"]),
        (("1,23,45,678.90",), ["12345678.90"]),
        (("1,2,3", "1.2.3", "12,34,56"), [None, None, None]),
        # Negative, in every way that tables write it.
        (("-5", "\u22125", "(5)", "-$5", "$-5", "+5"), ["-5", "-5", "-5", "-5", "-5", "5"]),
        (("(100,00 €)", "($5)", "(1 234,5 kg)", "(5", "5)"), ["-100.00", "-5", "-1234.5", None, None]),
        # Digits of any script; every digit is kept.
        (("１２３", "٣٫٥", "९"), ["123", "3.5", "9"]),
        (("9007199254740993", "0.1234567890123456789"), ["9007199254740993", "0.1234567890123456789"]),
        (("1e300", "1.5E-7", ".5"), ["1e300", "1.5E-7", ".5"]),
        # No number, or more than one.
        (("", "n/a", "3-5", "1/2", "12:30", "2023-01-05", "2 to 3", "A7", "v1", "7-", "5 (est.)"), [None] * 11),
    ],
)
def test_numbers_are_read_by_the_signs_of_their_column(cells: tuple[str, ...], expected: list[str | None]) -> None:
    assert numbers(*cells) == expected


def test_what_is_written_around_a_number_is_its_unit() -> None:
    cells = ("5 kg", "300 g", "$5", "5\u00a0€", "US$ 5", "USD5", "12 km2", "1.5 m/s", "5万", "50 %", "7")
    assert [found and found[1] for found in numbers_of(cells)] == [
        "kg", "g", "$", "€", "US$", "USD", "km2", "m/s", "万", "%", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # pandas-dev/pandas #12585, #26304: each value took the order that happened to be possible for it alone.
        (("31/12/2014", "10/03/2011"), ["2014-12-31", "2011-03-10"]),
        (("12/31/2014", "10/03/2011"), ["2014-12-31", "2011-10-03"]),
        (("12-01-2017 17:18", "01-02-2017 11:12", "15-04-2017 02:40"), ["2017-01-12", "2017-02-01", "2017-04-15"]),
        # None settles it, or two cells settle it in two ways: a date that could be two is none.
        (("1/2/2023", "3/4/2023"), [None, None]),
        (("13/02/2023", "2/13/2023", "1/2/2023"), ["2023-02-13", "2023-02-13", None]),
        # Other forms of a date say nothing of the order, and stay what they are.
        (("2023-01-05", "Jan 5, 2023", "1/2/2023", "5/5/2023", ""), ["2023-01-05", "2023-01-05", None, "2023-05-05", None]),
    ],
)
def test_dates_are_read_in_the_order_that_their_column_settles(cells: tuple[str, ...], expected: list[str | None]) -> None:
    assert dates_of(cells) == expected


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("Yes.", "yes"),
        ("**no**", "no"),
        ("The answer is: not spam", "not spam"),
        ("这条评论是垃圾的", "垃圾"),
        ("Etiqueta: sí", "sí"),
        ("not yes", None),
        ("yes or no", None),
        ("Yes?", None),
        ("Not Spam", "not spam"),
    ],
)
def test_labels_in_texts_are_read_as_replies_are(reply: str, label: str | None) -> None:
    labels = ["yes", "no", "spam", "not spam", "垃圾", "sí"]
    assert read(apply("label_in", reply, labels)) == (None if label is None else (label,))


@pytest.mark.parametrize(
    "cells",
    [
        ("31/12/2014", "10/03/2011"),
        ("12.31.2014", "10.03.2011"),
        ("13/02/2023", "03-04-2023"),
        ("1/2/2023", "3/4/2023"),
        ("13/02/2023", "2/13/2023", "1/2/2023"),
        ("6 janvier 2023", "vendredi 13 janvier 2023", "01.02.2023"),
        ("5. Januar 2023", "6 stycznia 2023 r."),
    ],
)
def test_dates_are_judged_alike_in_files_and_cells(tmp_path: Path, cells: tuple[str, ...]) -> None:
    (tmp_path / "a.csv").write_text("x;n\n" + "".join(f"{cell};1\n" for cell in cells), encoding="utf-8")
    rows = from_arguments([str(tmp_path / "a.csv")]).values["context"]
    days = dates_of(cells)
    assert [row["x"] for row in rows] == (list(cells) if None in days else days)


@pytest.mark.parametrize(
    "cells",
    [
        ("1.234,50", "1.234", "7"),
        ("1,234.50", "1,234", "7"),
        ("12,34,567", "1,234"),
        ("1.234.567", "1.234"),
        ("1,234", "7"),
        ("0.5", "0,5", "1,234"),
        ("007", "5"),
        ("1'234.5", "1 234.5", "−5"),
        ("1,2,3", "12,34,56"),
    ],
)
def test_numbers_are_judged_alike_in_files_and_cells(tmp_path: Path, cells: tuple[str, ...]) -> None:
    (tmp_path / "a.csv").write_text("x;n\n" + "".join(f"{cell};1\n" for cell in cells), encoding="utf-8")
    rows = from_arguments([str(tmp_path / "a.csv")]).values["context"]
    read_alike = [None if number is None else float(number) for number in numbers(*cells)]
    assert [row["x"] for row in rows] == (list(cells) if None in read_alike else read_alike)
    for cell in cells:
        alone, by_itself = settled_number(cell), numbers(cell)[0]
        assert alone == by_itself
