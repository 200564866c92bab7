"""What a person or a host gives a program to work on: read strictly, typed by all rows, refused with a way out."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambda_rlm.inputs import InputProblem, from_arguments, from_values
from lambda_rlm.inputs.files import decode
from lambda_rlm.inputs.shape import field_names, shaped
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Record, list_of, option_of, record_of

DOCUMENTS = list_of(record_of(name=TEXT, text=TEXT))


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def problem(*arguments: str) -> InputProblem:
    with pytest.raises(InputProblem) as caught:
        from_arguments(arguments)
    return caught.value


# ── files ──


def test_one_file_is_the_text_context(tmp_path: Path) -> None:
    inputs = from_arguments([written(tmp_path, "a.txt", "hélo\r\nworld")])
    assert inputs.values == {"context": "hélo\r\nworld"}
    assert inputs.types == {"context": TEXT}


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert from_arguments([written(tmp_path, "a.txt", b"\xef\xbb\xbfhello")]).values == {"context": "hello"}


def test_an_empty_file_is_the_empty_text(tmp_path: Path) -> None:
    assert from_arguments([written(tmp_path, "a.txt", "")]).values == {"context": ""}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    found = problem(str(tmp_path / "nothing.txt"))
    assert "nothing.txt" in found.message
    assert found.hint is not None


def test_invalid_utf8_says_where_and_what_to_do(tmp_path: Path) -> None:
    found = problem(written(tmp_path, "a.txt", b"one\ntwo \xe9t\xe9\n"))
    assert "byte 0xe9 at offset 8 (line 2)" in found.message
    assert "iconv" in (found.hint or "")


def test_the_offset_of_invalid_utf8_counts_the_byte_order_mark() -> None:
    with pytest.raises(InputProblem, match="offset 4 "):
        decode(b"\xef\xbb\xbfa\xff", "x")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"abc\0def", "binary"),
        (b"%PDF-1.7 text", "PDF"),
        (b"\x1f\x8b\x08abc", "gzip"),
        ("text".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04abc", "zip"),
    ],
)
def test_what_is_no_text_is_recognized(tmp_path: Path, content: bytes, words: str) -> None:
    found = problem(written(tmp_path, "a.txt", content))
    assert words in found.message
    assert found.hint is not None


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.txt", "x" * 1000)
    reads: list[Path] = []
    original = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: reads.append(self) or original(self))
    from_arguments([path])
    assert len(reads) == 1


def test_a_file_that_may_not_be_read_is_a_problem(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "x")
    os.chmod(path, 0)
    if os.access(path, os.R_OK):
        os.unlink(path)
        assert "no file" in problem(path).message
    else:
        assert "permission" in problem(path).message


# ── folders and several files ──


def test_a_folder_is_documents_in_sorted_order_without_hidden_binary_and_tool_files(tmp_path: Path) -> None:
    for name, content in {
        "b.txt": "B",
        "a/z.txt": "Z",
        "a/empty.txt": "",
        ".hidden": "no",
        ".git/config": "no",
        "node_modules/x.js": "no",
        "mine/pyvenv.cfg": "no",
        "mine/lib.py": "no",
        "image.png": b"\x89PNG\0",
        "latin.txt": b"\xe9",
    }.items():
        written(tmp_path, name, content)
    inputs = from_arguments([str(tmp_path)])
    assert inputs.types == {"context": DOCUMENTS}
    assert [row["name"] for row in inputs.values["context"]] == ["b.txt", "a/empty.txt", "a/z.txt"]
    assert any("left out 2 (binary or not UTF-8)" in note for note in inputs.notes)
    assert any("left out 4 (hidden or a folder of tools)" in note for note in inputs.notes)


def test_a_folder_without_text_is_a_problem(tmp_path: Path) -> None:
    written(tmp_path, "x.bin", b"\0")
    assert "no text files" in problem(str(tmp_path)).message


def test_several_files_are_documents_under_the_names_given(tmp_path: Path) -> None:
    one, two = written(tmp_path, "1.txt", "one"), written(tmp_path, "2.txt", "two")
    assert from_arguments([two, one]).values["context"] == [{"name": two, "text": "two"}, {"name": one, "text": "one"}]


def test_a_pattern_gives_the_files_it_matches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.md", "a.md", "c.txt", "deep/d.md"):
        written(tmp_path, name, name)
    monkeypatch.chdir(tmp_path)
    assert [row["text"] for row in from_arguments(["*.md"]).values["context"]] == ["a.md", "b.md"]
    assert len(from_arguments(["**/*.md"]).values["context"]) == 3
    assert from_arguments(["*.txt"]).values["context"] == "c.txt"
    assert "matches" in problem("*.pdf").message


# ── names ──


def test_named_inputs_keep_their_names(tmp_path: Path) -> None:
    a, b = written(tmp_path, "a.txt", "A"), written(tmp_path, "b.json", '{"n": 1}')
    inputs = from_arguments([f"left={a}", f"right={b}"])
    assert inputs.values == {"left": "A", "right": {"n": 1}}
    assert inputs.types["right"] == record_of(n=INT)


def test_a_file_whose_name_has_an_equals_sign_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "a=b.txt", "x")
    monkeypatch.chdir(tmp_path)
    assert from_arguments(["a=b.txt"]).values == {"context": "x"}


@pytest.mark.parametrize("name", ["query", "let", "_"])
def test_names_that_programs_could_not_use_are_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, "a.txt", "A")
    assert name in problem(f"{name}={path}").message


def test_two_inputs_of_one_name_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "A")
    assert "two inputs" in problem(f"a={path}", f"a={path}").message
    assert "taken" in problem(path, f"context={path}").message


def test_standard_input_is_read_as_text_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO("λ".encode()), closed=False))
    assert from_arguments(["-"]).values == {"context": "λ"}
    assert "once" in problem("a=-", "b=-").message


# ── rows ──


def test_the_type_of_rows_is_inferred_from_all_of_them(tmp_path: Path) -> None:
    rows = [{"id": 1, "score": 1, "tags": []}, {"id": 2, "score": 2.5, "note": None, "tags": ["x"], "ok": True}]
    inputs = from_arguments([written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n")])
    expected = record_of(id=INT, score=FLOAT, tags=list_of(TEXT), note=option_of(TEXT), ok=option_of(BOOL))
    assert inputs.types == {"context": list_of(expected)}
    assert inputs.values["context"][0] == {"id": 1, "score": 1.0, "tags": [], "note": None, "ok": None}


def test_keys_that_are_no_identifiers_are_renamed_and_said() -> None:
    found = shaped([{"user id": 1, "user-id": 2, "2nd": 3, "": 4, "user_id": 5, "größe": 6, "if": 7}], "rows")
    assert isinstance(found.type.arguments[0], Record)
    assert found.value == [{"user_id_2": 1, "user_id_3": 2, "_2nd": 3, "field": 4, "user_id": 5, "gr_e": 6, "if": 7}]
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
    assert any("different kinds" in note for note in found.notes)


def test_large_numbers_deep_data_and_wide_objects_are_given_as_text() -> None:
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
        ("a.json", '{"a": NaN}', "NaN"),
        ("a.json", "[" * 100_000, "nested"),
        ("a.json", "[" + "9" * 5_000 + "]", "too many digits"),
        ("a.jsonl", "9" * 5_000, "too many digits"),
        ("a.json", "1\n2\n", "Extra data"),
        ("a.jsonl", '{"a": 1}\n{"a": \n', "line 2"),
        ("a.csv", "a,a\n1,2\n", "two columns"),
        ("a.csv", "a,b\n1,2,3\n", "line 2"),
        ("a.csv", 'a,b\n"x', "not CSV"),
    ],
)
def test_malformed_rows_are_a_problem_that_says_where(tmp_path: Path, name: str, content: str, words: str) -> None:
    assert words in problem(written(tmp_path, name, content)).message


# ── hosts ──


def test_a_host_gives_texts_plain_data_and_paths(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "a.csv", "n\n1\n"))
    inputs = from_values({"text": "T", "names": ["a", "b"], "rows": path})
    assert inputs.types == {"text": TEXT, "names": list_of(TEXT), "rows": list_of(record_of(n=INT))}


@pytest.mark.parametrize(("value", "error"), [(object(), TypeError), ({1: 2}, TypeError), (float("nan"), ValueError)])
def test_what_is_not_plain_data_is_refused_with_its_value(value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="x"):
        from_values({"x": value})


def test_the_question_joins_the_inputs() -> None:
    inputs = from_values({"context": "c"}).with_query("why?")
    assert inputs.values["query"] == "why?"
    assert inputs.types["query"] == TEXT
