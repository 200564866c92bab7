"""Rows of data: typed by all of them, renamed and filled up aloud, refused with the line that is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambda_rlm.execution.check import check
from lambda_rlm.inputs import Reading, from_arguments, from_values
from lambda_rlm.inputs.field_names import field_names
from lambda_rlm.inputs.shape import shaped
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Con, Record, list_of, option_of, record_of
from tests.support.input_files import problem, written


def test_the_type_of_rows_is_inferred_from_all_of_them(tmp_path: Path) -> None:
    rows = [{"id": 1, "score": 1, "tags": []}, {"id": 2, "score": 2.5, "note": None, "tags": ["x"], "ok": True}]
    inputs = from_arguments([written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n")])
    expected = record_of(id=INT, score=FLOAT, tags=list_of(TEXT), note=option_of(TEXT), ok=option_of(BOOL))
    assert inputs.types == {"context": list_of(expected)}
    assert inputs.values["context"][0] == {"id": 1, "score": 1.0, "tags": [], "note": None, "ok": None}


def test_keys_that_are_no_identifiers_are_renamed_and_said() -> None:
    found = shaped([{"user id": 1, "user-id": 2, "2nd": 3, "": 4, "user_id": 5, "größe": 6, "if": 7}], "rows")
    assert isinstance(found.type, Con) and isinstance(found.type.arguments[0], Record)
    assert found.value == [{"user_id_2": 1, "user_id_3": 2, "_2nd": 3, "field": 4, "user_id": 5, "grosse": 6, "if": 7}]
    assert any("'user id' is user_id_2" in note for note in found.notes)


def test_renamed_keys_never_collide() -> None:
    names = field_names(["a b", "a_b", "a-b", "a_b_2"])
    assert len(set(names.values())) == 4
    assert names["a_b"] == "a_b"
    assert names["a_b_2"] == "a_b_2"


def test_values_that_do_not_agree_are_given_as_their_json() -> None:
    found = shaped([{"x": 1}, {"x": "one"}, {"x": [1]}], "rows")
    assert found.type == list_of(record_of(x=TEXT))
    assert [row["x"] for row in found.value] == ["1", "one", "[1]"]
    assert any("different types" in note for note in found.notes)


def test_large_numbers_deep_data_and_wide_objects_become_text() -> None:
    assert shaped([2**70, 1], "x").value == [str(2**70), "1"]
    deep: object = 1
    for _ in range(40):
        deep = [deep]
    assert shaped(deep, "x").type == list_of(list_of(list_of(list_of(list_of(list_of(TEXT))))))
    wide = {f"k{i}": i for i in range(101)}
    assert json.loads(shaped([wide], "x").value[0]) == wide
    assert shaped([{}], "x").value == ["{}"]


def test_lone_surrogates_are_replaced() -> None:
    assert shaped({"a": "\ud800"}, "x").value == {"a": "�"}
    assert from_values({"context": "a\udfffb"}).values == {"context": "a�b"}


def test_the_columns_of_a_csv_have_types(tmp_path: Path) -> None:
    text = 'id,zip,price,ok,name\n1,01234,2.5,true,"Ann, B"\n2,99999,,false,\n'
    inputs = from_arguments([written(tmp_path, "a.csv", text)])
    assert inputs.types == {"context": list_of(record_of(id=INT, zip=TEXT, price=option_of(FLOAT), ok=BOOL, name=TEXT))}
    assert inputs.values["context"][1] == {"id": 2, "zip": "99999", "price": None, "ok": False, "name": ""}


def test_a_csv_may_use_semicolons_or_tabs_and_long_cells(tmp_path: Path) -> None:
    assert from_arguments([written(tmp_path, "a.csv", "a;b\n1;2\n")]).values["context"] == [{"a": 1, "b": 2}]
    assert from_arguments([written(tmp_path, "a.tsv", "a\tb\n1\t2\n")]).values["context"] == [{"a": 1, "b": 2}]
    long = "x" * 200_000
    assert from_arguments([written(tmp_path, "b.csv", f"a,b\n{long},2\n")]).values["context"][0]["a"] == long


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "", "is empty"),
        ("a.json", '{"a": 1', "line 1"),
        ("a.json", "[" * 100_000, "nested"),
        ("a.json", "[" + "9" * 5_000 + "]", "too many digits"),
        ("a.jsonl", "9" * 5_000, "too many digits"),
        ("a.json", "1\n2\n", "Extra data"),
        ("a.jsonl", '{"a": 1}\n{"a": \n', "line 2"),
        ("a.csv", 'a,b\n1,2\n"x\ny",2,3\n', "line 4"),
        ("a.csv", "a,b\n1,2,3\n", "line 2"),
        ("a.csv", 'a,b\n1,2\n"x', "not valid CSV"),
        ("a.csv", 'a,b\n1,2\n"x', "line 3"),
    ],
)
def test_malformed_rows_are_a_problem_that_says_where(tmp_path: Path, name: str, content: str, words: str) -> None:
    assert words in problem(written(tmp_path, name, content)).message


def test_the_delimiter_is_the_one_that_lines_agree_on(tmp_path: Path) -> None:
    """The header alone would not tell: a name of a column may hold more commas than there are columns."""
    text = '"name, first, last, title";n\nAnn;1\nBob;2\n'
    rows = from_arguments([written(tmp_path, "a.csv", text)]).values["context"]
    assert [row["n"] for row in rows] == [1, 2]
    assert from_arguments([written(tmp_path, "d.csv", "a,b,c;n\n1;2\n3;4\n")]).values["context"][1] == {"a_b_c": 3, "n": 4}
    assert from_arguments([written(tmp_path, "b.csv", "a|b\n1,5,x|2\n")]).values["context"] == [{"a": "1,5,x", "b": 2}]
    assert from_arguments([written(tmp_path, "c.csv", "sep=;\r\na;b\r\n1;2\r\n")]).values["context"] == [{"a": 1, "b": 2}]
    for sign in ("\r", '"'):  # no delimiter: some versions of the reader raise on them
        assert "line 2" in problem(written(tmp_path, "e.csv", f"sep={sign}\na,b\n1,2\n".encode())).message


def test_cells_in_quotes_may_hold_line_ends_and_quotes(tmp_path: Path) -> None:
    text = b'\xef\xbb\xbfa,b\r\n"one\r\ntwo","say ""hi"""\r\n'
    assert from_arguments([written(tmp_path, "a.csv", text)]).values["context"] == [{"a": "one\r\ntwo", "b": 'say "hi"'}]


def test_columns_without_a_name_of_their_own_get_one_aloud(tmp_path: Path) -> None:
    inputs = from_arguments([written(tmp_path, "a.csv", "a,,a,a_2\n1,2,3,4\n")])
    assert inputs.values["context"] == [{"a": 1, "column_2": 2, "a_3": 3, "a_2": 4}]
    assert any("column 2 ('') is column_2, column 3 ('a') is a_3" in note for note in inputs.notes)


def test_rows_that_are_too_short_are_filled_up_aloud(tmp_path: Path) -> None:
    inputs = from_arguments([written(tmp_path, "a.csv", "a,b\n1,2\n3\n")])
    assert inputs.values["context"] == [{"a": 1, "b": 2}, {"a": 3, "b": None}]
    assert any("1 row is shorter than the header (first: line 3)" in note for note in inputs.notes)


def test_an_object_with_a_key_twice_is_told(tmp_path: Path) -> None:
    inputs = from_arguments([written(tmp_path, "a.json", '{"a": 1, "b": {"a": 2}, "a": 3}')])
    assert inputs.values["context"] == {"a": 3, "b": {"a": 2}}
    assert any("1 duplicate keys in objects ('a')" in note for note in inputs.notes)


def test_multiline_json_with_the_jsonl_ending_gets_a_hint(tmp_path: Path) -> None:
    assert ".json" in (problem(written(tmp_path, "a.jsonl", '{\n  "a": 1\n}\n')).hint or "")


@pytest.mark.parametrize(
    ("format_", "text", "words"),
    [
        ("jsonl", '{\n"a": 1\n}', "--stdin-format json"),
        ("json", '{"a": 1}\n{"a": 2}\n', "--stdin-format jsonl"),
        ("json", " ", "text"),
    ],
)
def test_standard_input_is_not_to_be_renamed(monkeypatch: pytest.MonkeyPatch, format_: str, text: str, words: str) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text.encode()), closed=False))
    hint = problem("-", reading=Reading(stdin_format=format_)).hint or ""
    assert words in hint and "rename" not in hint


@pytest.mark.parametrize("first", ["1,2.5,x", "2020-01-02,7,y", "true,5,n", "12.5,2019,x"])
def test_a_first_line_that_may_be_a_row_is_told(tmp_path: Path, first: str) -> None:
    below = "\n".join([first] * 2)
    notes = from_arguments([written(tmp_path, "a.csv", f"{first}\n{below}\n")]).notes
    assert any("may be a row" in note for note in notes)


@pytest.mark.parametrize(
    "text", ["country,2019,2020\nDE,1,2\n", "id,1,2\n7,1,2\n", "2019\n1\n", "1,2\nx,y\n", "day,x\n2020-01-02,y\n"]
)
def test_names_that_are_numbers_are_no_row(tmp_path: Path, text: str) -> None:
    assert not any("may be a row" in note for note in from_arguments([written(tmp_path, "a.csv", text)]).notes)


def test_a_table_without_rows_is_told(tmp_path: Path) -> None:
    inputs = from_arguments([written(tmp_path, "a.csv", "hello world\n")])
    assert inputs.values["context"] == [] and any("names of columns only" in note for note in inputs.notes)


def test_a_tsv_without_tabs_is_divided_as_its_lines_agree(tmp_path: Path) -> None:
    inputs = from_arguments([written(tmp_path, "a.tsv", "a,b\n1,2\n")])
    assert inputs.values["context"] == [{"a": 1, "b": 2}]


def nested(depth: int) -> object:
    """Objects in lists in objects, each of which is missing somewhere."""
    return 1 if depth == 0 else {"a": nested(depth - 1), "b": [None, {"c": nested(depth - 1)}]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "wild",
    [
        {f"k{i}": {f"f{j}": {"x": 1, "y": [i]} for j in range(100)} for i in range(100)},
        [{f"k{i}": None if j else {"x": 1} for i in range(100)} for j in range(2)],
        [nested(8), None, {"a": None}],
    ],
    ids=["wide", "missing", "deep"],
)
def test_the_type_of_wild_data_stays_small_enough_to_be_checked(tmp_path: Path, wild: object) -> None:
    """A type that the checker refuses would make the data unusable for every program."""
    inputs = from_arguments([written(tmp_path, "a.json", json.dumps(wild))])
    program = "[{ first: context, second: [context] }] |> map(fn(r) => to_json(r)) |> join(query)"
    assert [d.message for d in check(program, inputs.with_query("").types).diagnostics] == []
    assert any("too large" in note for note in inputs.notes)


def test_data_with_types_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    from lambda_rlm.inputs import Reading

    path = written(tmp_path, "a.json", json.dumps(list(range(1000))))
    assert "--raw" in (problem(path, reading=Reading(most_bytes=20_000)).hint or "")
    assert from_arguments([path], Reading(most_bytes=20_000, raw=True)).types == {"context": TEXT}
