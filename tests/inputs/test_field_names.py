"""Names of columns and keys in every script: an identifier for the language, and the name of the data beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.inputs import from_arguments, from_values
from lambda_rlm.inputs.field_names import LONGEST_KEY, FieldNames
from lambda_rlm.types.called import called_in, line_name, shown_name, written_names
from lambda_rlm.types.type import Con, Record, Type

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,80}\Z")


def fields_of(type_: Type) -> Record:
    assert isinstance(type_, Con) and isinstance(type_.arguments[0], Record)
    return type_.arguments[0]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("Größe", "Grosse"),
        ("Straße", "Strasse"),
        ("prénom", "prenom"),
        ("łódź", "lodz"),
        ("İl adı", "Il_adi"),
        ("cœur", "coeur"),
        ("Đường", "Duong"),
        ("Ｎａｍｅ", "Name"),
        ("№ заказа", "No"),
        ("sepal.length", "sepal_length"),
        ("2024", "_2024"),
        ("城市", "field"),
        ("city", "city"),
        ("if", "if"),
        ("", "field"),
    ],
)
def test_an_identifier_keeps_what_letters_there_are(key: str, name: str) -> None:
    assert FieldNames().of([key]) == {key: name}


@given(
    st.lists(
        st.lists(st.text(max_size=6) | st.sampled_from(["a b", "a_b", "a-b", "город", "Näme", "Name"]), max_size=8), max_size=4
    )
)
def test_a_key_has_one_identifier_and_shares_it_with_none(records: list[list[str]]) -> None:
    names, identifiers, keys = FieldNames(), dict[str, str](), dict[str, str]()
    for record in records:
        for key, name in names.of(list(dict.fromkeys(record))).items():
            assert IDENTIFIER.match(name)
            assert identifiers.setdefault(key, name) == name
            assert keys.setdefault(name, key) == key


def test_two_tables_keep_the_names_of_both() -> None:
    """Each alone would give its first column the same identifier."""
    inputs = from_values({"a": [{"город": 1, "имя": 2}], "b": [{"имя": 3, "возраст": 4}]})
    assert called_in(inputs.types) == {"field": "город", "field_2": "имя", "field_3": "возраст"}
    assert inputs.values["b"] == [{"field_2": 3, "field_3": 4}]


def test_a_name_that_was_given_away_is_not_taken_back() -> None:
    inputs = from_values({"a": [{"Näme": 1}], "b": [{"Name": 2}]})
    assert called_in(inputs.types) == {"Name": "Näme", "Name_2": "Name"}
    assert any("'Name' is Name_2" in note for note in inputs.notes)


def test_inputs_read_apart_never_lend_each_other_names() -> None:
    """A field that two inputs call differently keeps its identifier."""
    first, second = (from_values({name: [{key: 1}]}).types for name, key in (("a", "город"), ("b", "имя")))
    assert called_in({**first, **second}) == {}
    plain = from_values({"b": [{"field": 1}]}).types
    assert called_in({**first, **plain}) == {}


def test_names_below_names_are_kept() -> None:
    inputs = from_values({"rows": [{"имя": "Анна", "адрес": {"город": "Омск", "дом": [{"№": 1}]}}]})
    assert set(called_in(inputs.types).values()) == {"имя", "адрес", "город", "дом", "№"}


def test_a_very_long_name_is_cut() -> None:
    inputs = from_values({"rows": [{"я" * 10_000: 1}]})
    (name,) = called_in(inputs.types).values()
    assert name == "я" * (LONGEST_KEY - 1) + "…"
    assert len(shown_name(name)) == 82 and len(line_name(name)) == 80


def test_two_names_that_are_cut_alike_do_not_become_one() -> None:
    rows = [{"я" * 500 + "1": 1, "я" * 500 + "2": 2}]
    inputs = from_values({"rows": rows})
    record = fields_of(inputs.types["rows"])
    assert written_names([name for name, _ in record.fields], called_in(inputs.types)) == ("field", "field_2")


@pytest.mark.parametrize("name", ["a\nb", 'x"y', "a\u202eb", "a\u200bb", "\ufeffa", "a\x1b[2Jb", "a\x00b", "a\\b", "a\u2028b"])
def test_a_name_stays_on_its_line_and_shows_what_is_not_seen(name: str) -> None:
    for shown in (shown_name(name), line_name(name)):
        assert len(shown.splitlines()) == 1
        assert not re.search("[\x00-\x1f\u200b\u202e\ufeff\u2028]", shown)


@pytest.mark.parametrize("name", ["城市", "город", "שם", "العمر", "Größe", "ชื่อ", "이름", "όνομα"])
def test_a_word_of_any_script_is_shown_as_it_is(name: str) -> None:
    assert shown_name(name) == line_name(name) == name


# ── kinds that other projects had to learn of ──


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("id,name,dept,ID,PREFIX,NAME", ["id", "name", "dept", "ID", "PREFIX", "NAME"]),
        ("Task ID,task_id,TASK ID", ["Task ID", "task_id", "TASK ID"]),
        ("имя,Имя,ИМЯ", ["имя", "Имя", "ИМЯ"]),
        ("prénom,prenom,Prénom", ["prénom", "prenom", "Prénom"]),
    ],
)
def test_names_that_differ_by_case_accents_or_signs_stay_apart(tmp_path: Path, head: str, names: list[str]) -> None:
    """simoc/csvjdbc #37, PostHog/posthog #71982: such heads collapsed to one name."""
    file = tmp_path / "a.csv"
    file.write_text(f"{head}\n{','.join('123456'[: len(names)])}\n", "utf-8")
    inputs = from_arguments([str(file)])
    (row,) = inputs.values["context"]
    called = called_in(inputs.types)
    assert {called.get(name, name): value for name, value in row.items()} == {key: n for n, key in enumerate(names, start=1)}


@pytest.mark.parametrize(("head", "name"), [('"foo ""bar",n', 'foo "bar'), ('"a\nb",n', "a\nb"), ('"it\'s, so",n', "it's, so")])
def test_quotes_commas_and_line_ends_in_a_head_are_kept(tmp_path: Path, head: str, name: str) -> None:
    """duckdb/duckdb #9602: the quotes of a head were lost."""
    file = tmp_path / "a.csv"
    file.write_text(f"{head}\n1,2\n", "utf-8")
    assert list(called_in(from_arguments([str(file)]).types).values()) == [name]


@pytest.mark.parametrize("keys", [["_id", "id"], ["yield", "a b", "16SenDVote"], ["A", "A.1", "B"]])
def test_a_frame_keeps_the_names_of_its_columns(keys: list[str]) -> None:
    """pandas-dev/pandas #12799, #50836, #15212: columns whose names are no identifiers became _1, _2."""

    class Frame:
        columns = keys

        def to_dict(self, orient: str) -> list[dict[str, Any]]:
            assert orient == "records"
            return [dict.fromkeys(keys, 1)]

    inputs = from_values({"rows": Frame().to_dict("records")})
    (row,), called = inputs.values["rows"], called_in(inputs.types)
    assert {called.get(name, name) for name in row} == set(keys)
    assert not [name for name in row if re.fullmatch(r"_\d+", name)]


def test_empty_heads_and_twins_are_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("город,,город\n1,2,3\n", "utf-8")
    inputs = from_arguments([str(file)])
    called = called_in(inputs.types)
    assert sorted(called.get(name, name) for name, _ in fields_of(inputs.types["context"]).fields) == [
        "column_2",
        "город",
        "город_2",
    ]
    assert any("column 2 ('') is column_2" in note and "column 3 ('город') is город_2" in note for note in inputs.notes)
