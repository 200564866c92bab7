"""Columns are judged as wholes: dates, numbers with signs, codes, missing values; by all rows, never by one cell."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_rlm.inputs import Inputs, from_arguments
from lambda_rlm.inputs.formats import arrow
from tests.support.input_files import written


def read(folder: Path, cells: list[str], *, delimiter: str = ",", name: str = "x") -> Inputs:
    """A column of a CSV between two others, each cell in quotes."""
    lines = [delimiter.join(["a", name, "z"]), *(delimiter.join(["1", f'"{cell}"', "w"]) for cell in cells)]
    return from_arguments([written(folder, "a.csv", "\n".join(lines) + "\n")])


def values(inputs: Inputs, name: str = "x") -> list[Any]:
    return [row[name] for row in inputs.values["context"]]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # pandas-dev/pandas #19402: day first by the rows beyond the 12th, and each row judged alone
        (["11/03/2011", "03/05/2011", "20/10/2011"], ["2011-03-11", "2011-05-03", "2011-10-20"]),
        # pandas-dev/pandas #14301: the first row was not judged again after the second
        (["10/9/2016", "30/9/2016"], ["2016-09-10", "2016-09-30"]),
        # pandas-dev/pandas #12585: with a time
        (["03/09/2018 12:02:00", "14/09/2018 14:09:00"], ["2018-09-03T12:02:00", "2018-09-14T14:09:00"]),
        # pandas-dev/pandas #25847: all days of a month
        ([f"{day:02}/01/2018" for day in range(1, 32)], [f"2018-01-{day:02}" for day in range(1, 32)]),
        (["2/13/2023", "2/1/2023", "12/3/2023"], ["2023-02-13", "2023-02-01", "2023-12-03"]),
        (["13-02-2023", "01-02-2023"], ["2023-02-13", "2023-02-01"]),
        (["01.02.2023", "3.4.2023"], ["2023-02-01", "2023-04-03"]),
        (["05/05/2023", "06/06/2023"], ["2023-05-05", "2023-06-06"]),
        (["02/13/2023 9:30 PM", "02/01/2023 12:05 am"], ["2023-02-13T21:30", "2023-02-01T00:05"]),
        (["2023-01-06", "13/01/2023", "Jan 7, 2023", "8 January 2023", "2023年1月9日", "02/01/2023"],
         ["2023-01-06", "2023-01-13", "2023-01-07", "2023-01-08", "2023-01-09", "2023-01-02"]),
        (["13/02/2023", "", "01/02/2023", "NA"], ["2023-02-13", "", "2023-02-01", ""]),
        (["13/02/2023", "on request", "01/02/2023", "31/02/2023"], ["2023-02-13", "on request", "2023-02-01", "31/02/2023"]),
        (["2023-02-13", "2023-02-14 08:00"], ["2023-02-13", "2023-02-14 08:00"]),
        (["09:30", "10:15"], ["09:30", "10:15"]),
    ],
)  # fmt: skip
def test_dates_are_read_by_the_order_that_all_rows_settle(tmp_path: Path, cells: list[str], expected: list[str]) -> None:
    inputs = read(tmp_path, cells)
    assert values(inputs) == expected
    assert any("read as YYYY-MM-DD" in note for note in inputs.notes) == (cells != expected)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["01/02/2023", "03/04/2023"], "no row settles the order"),
        (["13/02/2023", "02/14/2023", "01/02/2023"], "some begin with the day"),
        (["13/02/23", "01/02/23"], "without a century"),
    ],
)
def test_dates_that_no_row_settles_stay_aloud(tmp_path: Path, cells: list[str], words: str) -> None:
    inputs = read(tmp_path, cells)
    assert values(inputs) == cells
    assert any(words in note and "'x' stays text" in note for note in inputs.notes)


@pytest.mark.parametrize(
    ("cells", "delimiter", "expected"),
    [
        # wireservice/csvkit #805, #876: a comma was always taken for a grouping sign
        (["1,2", "3,25"], ",", [1.2, 3.25]),
        (["2523,00", "2143,50"], ",", [2523.0, 2143.5]),
        (["1,234", "5,678"], ",", [1234, 5678]),
        (["1.234,50", "99,00", "7"], ";", [1234.5, 99.0, 7.0]),
        (["1,234.50", "99.00", "7"], "\t", [1234.5, 99.0, 7.0]),
        (["1.234.567", "12"], ";", [1234567, 12]),
        (["12,34,567", "1,00,000"], "\t", [1234567, 100000]),
        (["1'234.50", "10.00"], ",", [1234.5, 10.0]),
        (["1’234", "12’345’678"], ";", [1234, 12345678]),
        (["1 234,50", "7,00"], ";", [1234.5, 7.0]),
        (["1\u00a0234", "12\u202f345\u202f678"], ";", [1234, 12345678]),
        (["0,5", "1,234"], ",", [0.5, 1.234]),
        (["1.234", "0.5"], ";", [1.234, 0.5]),
        (["1.234", "5"], ",", [1.234, 5.0]),
        (["+5", "−3", "-2"], ",", [5, -3, -2]),
        (["(1,234)", "500"], ",", [-1234, 500]),
        (["1.234,50-", "3,00"], ";", [-1234.5, 3.0]),
        (["$1,234.50", "$2.00", ""], ",", [1234.5, 2.0, None]),
        (["-$5", "$7"], ",", [-5, 7]),
        (["12,50 €", "3,00 €"], ";", [12.5, 3.0]),
        (["12%", "5.5%"], ",", [12.0, 5.5]),
        (["2,5", "NA", "n/a"], ";", [2.5, None, None]),
        (["1.5e3", "2e-05", ".5"], ",", [1500.0, 2e-05, 0.5]),
    ],
)  # fmt: skip
def test_signs_of_numbers_are_read_as_the_column_settles_them(
    tmp_path: Path, cells: list[str], delimiter: str, expected: list[Any]
) -> None:
    inputs = read(tmp_path, cells, delimiter=delimiter)
    found = values(inputs)
    assert found == expected and list(map(type, found)) == list(map(type, expected))


@pytest.mark.parametrize(
    ("cells", "delimiter", "words"),
    [
        (["1,234", "5"], ";", "decimal or grouping signs"),
        (["1,234", "5,678"], "\t", "decimal or grouping signs"),
        (["1.234", "5"], ";", "decimal or grouping signs"),
        (["1,5", "1.5"], ";", "decimal or grouping signs"),
        (["$5", "€5"], ",", "units"),
        (["12%", "0.12"], ",", "units"),
        (["(1)", "(2)"], ",", "parentheses"),
        (["+4915112345678", "+4915112345679"], ",", "phone numbers"),
        (["501 234 567", "601 999 888"], ";", "phone numbers"),
        (["192.168.100.200", "192.168.100.201"], ",", "addresses"),
        (["1.9", "1.10", "1.11"], ",", "versions"),
        (["12E5", "3E7"], ",", "codes"),
        (["5", "6", "n. d."], ",", "1 of 3 cells no numbers (first: 'n. d.')"),
        (["1.5", "2", "inf"], ",", "1 of 3 cells no numbers (first: 'inf')"),
        # tidyverse/readr #976: ids of more than 64 bits
        (["11898508762506083287", "3266119658877827603"], ",", "exceed 64 bits"),
        (["-9223372036854775809", "5"], ",", "exceed 64 bits"),
        (["340282366920938463463374607431768211455", ""], ";", "exceed 64 bits"),
        (["9007199254740993", "1.5"], ",", "exactly"),
        (["12345678901234567.25", "1.5"], ",", "exactly"),
    ],
)
def test_numbers_that_may_be_something_else_stay_text_aloud(
    tmp_path: Path, cells: list[str], delimiter: str, words: str
) -> None:
    inputs = read(tmp_path, cells, delimiter=delimiter)
    assert values(inputs) == cells
    assert any("column 'x' stays text" in note and words in note for note in inputs.notes)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["007", "12"], ["007", "12"]),
        (["1-800-555", "1-800-556"], ["1-800-555", "1-800-556"]),
        (["1_000", "2_000"], ["1_000", "2_000"]),
        # pandas-dev/pandas #48170, #32453: digits lost where a cell is missing
        (["1234567890123456789", ""], [1234567890123456789, None]),
        (["1577134800018226901", "1577134800018267738", "NA"], [1577134800018226901, 1577134800018267738, None]),
        (["", "-9007199254740993", ""], [None, -9007199254740993, None]),
        (["-9223372036854775808", "9223372036854775807"], [-(2**63), 2**63 - 1]),
        (["true", "FALSE", "NA"], [True, False, None]),
        (["true", "1"], ["true", "1"]),
        (["NA", "NA"], ["NA", "NA"]),
        (["None", "Namibia"], ["None", "Namibia"]),
    ],
)
def test_codes_and_long_numbers_keep_every_digit(tmp_path: Path, cells: list[str], expected: list[Any]) -> None:
    assert values(read(tmp_path, cells)) == expected


def test_digits_that_a_float_does_not_keep_are_told(tmp_path: Path) -> None:
    inputs = read(tmp_path, ["0.1234567890123456789", "1.5"])
    assert values(inputs) == [0.12345678901234568, 1.5]
    assert any("1 number of more digits" in note and "signs" not in note for note in inputs.notes)
    assert values(read(tmp_path, ["123456789012345680.000", "1.5"])) == [123456789012345680.0, 1.5]


@pytest.mark.parametrize("rare", ["2024-02-29", "2023-02-29", "2023-02-30", "2023-04-31"])
def test_days_that_not_every_year_has_are_looked_at_alone(tmp_path: Path, rare: str) -> None:
    """Among days as programs write them; with one of a form of its own the column is read, and the day is as it was written."""
    assert values(read(tmp_path, ["2023-01-02", rare])) == ["2023-01-02", rare]
    inputs = read(tmp_path, ["2023-01-02", rare, "13/02/2023"])
    assert values(inputs) == ["2023-01-02", rare, "2023-02-13"]
    is_day = rare == "2024-02-29"
    assert any((f"{'3' if is_day else '2'} dates" in note) and (rare in note) != is_day for note in inputs.notes)


def test_a_column_named_version_stays_as_it_is_written(tmp_path: Path) -> None:
    assert values(read(tmp_path, ["1.0", "2.10"], name="App Version"), "App_Version") == ["1.0", "2.10"]
    assert values(read(tmp_path, ["1.0", "2.10"], name="price"), "price") == ["1.0", "2.10"]
    assert values(read(tmp_path, ["1.00", "2.10"], name="price"), "price") == [1.0, 2.1]


def test_columns_tell_each_other_the_decimal_sign(tmp_path: Path) -> None:
    """ngrunwald/meta-csv #5: German counts were read as fractions beside rates with a comma."""
    one = from_arguments([written(tmp_path, "a.csv", "cases;per\n2.155;19,47\n12;0,5\n")])
    assert one.values["context"] == [{"cases": 2155, "per": 19.47}, {"cases": 12, "per": 0.5}]
    two = from_arguments([written(tmp_path, "b.csv", "cases;per\n2,155;19.47\n12;0.5\n")])
    assert two.values["context"] == [{"cases": 2155, "per": 19.47}, {"cases": 12, "per": 0.5}]
    # The delimiter and the other column say different things.
    three = from_arguments([written(tmp_path, "c.csv", 'cases,per\n"2,155","19,47"\n12,"0,5"\n')])
    assert [row["cases"] for row in three.values["context"]] == ["2,155", "12"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # BurntSushi/rust-csv #337, mholt/PapaParse #941: quotes behind a space were words of the cell, or ended it
        ('a, b, c\n1, "x, y", z\n2, "w", "q"\n', [{"a": 1, "b": "x, y", "c": "z"}, {"a": 2, "b": "w", "c": "q"}]),
        ('a;b\n1;   "p ""q""; r"\n', [{"a": 1, "b": 'p "q"; r'}]),
        ('"a", "b"\n"1", "two\nlines"\n', [{"a": 1, "b": "two\nlines"}]),
        ('a,b\nx, "hi" he said\n', [{"a": "x", "b": ' "hi" he said'}]),
        ('a,b\n"u, ""v""", w\n', [{"a": 'u, "v"', "b": " w"}]),
    ],
)
def test_spaces_before_quotes_are_passed_over(tmp_path: Path, text: str, expected: list[Any]) -> None:
    inputs = from_arguments([written(tmp_path, "a.csv", text)])
    assert inputs.values["context"] == expected
    has_passed = not any(str(one).startswith(" ") for row in expected for one in row.values())
    assert any("spaces before cells" in note for note in inputs.notes) == has_passed


def test_marks_within_joined_files_are_passed_over(tmp_path: Path) -> None:
    inputs = from_arguments([written(tmp_path, "a.jsonl", '\ufeff{"a": 1}\r\n\ufeff{"a": 2}\n\ufeff\n\ufeff{"a": 3}')])
    assert inputs.values["context"] == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert any("3 byte order marks" in note for note in inputs.notes)
    inputs = from_arguments([written(tmp_path, "a.csv", "\ufeffid,n\n1,2\n\ufeff3,4\n")])
    assert inputs.values["context"] == [{"id": 1, "n": 2}, {"id": 3, "n": 4}]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.jsonl", '{"a": 1}\n{"a": NaN}\n{"a": -Infinity}\n', [{"a": 1}, {"a": None}, {"a": None}]),
        ("a.json", '[{"a": 1.5, "b": {"c": [NaN, 2]}}]', [{"a": 1.5, "b": {"c": [None, 2]}}]),
        ("a.json", "[" + '{"a": 1},' * 40_000 + '{"a": Infinity}]', [{"a": 1}] * 40_000 + [{"a": None}]),
    ],
    ids=["lines", "nested", "large"],
)
def test_values_that_json_does_not_have_are_null_aloud(tmp_path: Path, name: str, text: str, expected: list[Any]) -> None:
    inputs = from_arguments([written(tmp_path, name, text)])
    assert inputs.values["context"] == expected
    assert any("are read as null" in note for note in inputs.notes)


def test_texts_of_json_are_judged_by_place(tmp_path: Path) -> None:
    rows = [
        {"id": "12", "d": "13/02/2023", "price": "1.234,50", "who": "Ann", "in": {"days": ["2/13/2023", "2/1/2023"]}},
        {"id": "007", "d": "01/02/2023", "price": "3,10", "who": "1,5", "in": {"days": []}},
    ]
    for name, text in (("a.json", json.dumps(rows)), ("a.jsonl", "\n".join(map(json.dumps, rows)))):
        inputs = from_arguments([written(tmp_path, name, text)])
        first, second = inputs.values["context"]
        assert [first["d"], second["d"]] == ["2023-02-13", "2023-02-01"]
        assert [first["price"], second["price"]] == ["1234.5", "3.1"]
        assert first["in"]["days"] == ["2023-02-13", "2023-02-01"]
        assert (first["id"], second["id"], first["who"], second["who"]) == ("12", "007", "Ann", "1,5")
        assert len([note for note in inputs.notes if "field " in note]) == 3


def test_texts_of_json_that_nothing_settles_stay_aloud(tmp_path: Path) -> None:
    inputs = from_arguments(
        [written(tmp_path, "a.jsonl", '{"d": "01/02/2023", "n": "1,234"}\n{"d": "03/04/2023", "n": "5,678"}')]
    )
    assert inputs.values["context"][0] == {"d": "01/02/2023", "n": "1,234"}
    assert any("no row settles" in note for note in inputs.notes) and any("decimal or grouping" in n for n in inputs.notes)


def test_whole_numbers_of_json_keep_their_digits(tmp_path: Path) -> None:
    inputs = from_arguments([written(tmp_path, "a.jsonl", '{"a": 9007199254740993}\n{"a": 1.5}\n')])
    assert values(inputs, "a") == ["9007199254740993", "1.5"]
    inputs = from_arguments([written(tmp_path, "b.jsonl", '{"a": 9007199254740993}\n{"a": null}\n')])
    assert values(inputs, "a") == [9007199254740993, None]


def test_a_column_is_judged_beyond_its_first_rows(tmp_path: Path) -> None:
    dates = ["01/02/2023"] * 700 + ["13/02/2023"]
    assert values(read(tmp_path, dates))[0] == "2023-02-01"
    numbers = ["5"] * 700 + ["x"]
    assert values(read(tmp_path, numbers))[:1] == ["5"]
    words = ["a word"] * 700 + ["13/02/2023"]
    assert values(read(tmp_path, words)) == words


@pytest.mark.parametrize("pyarrow", [None, SimpleNamespace(__version__="16.1.0"), SimpleNamespace(__version__="9.0.0.dev1")])
def test_a_pyarrow_that_does_not_load_or_is_too_old_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pyarrow: SimpleNamespace | None
) -> None:
    """Other libraries bring old versions along, without the extra `tables`."""
    monkeypatch.setitem(sys.modules, "pyarrow", pyarrow)
    arrow.is_installed.cache_clear()
    try:
        found = values(read(tmp_path, ["1,5"] * (arrow.WORTH // 8)))
    finally:
        arrow.is_installed.cache_clear()
    assert set(found) == {1.5}
