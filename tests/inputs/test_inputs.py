"""What a person or a host gives a program to work on: read strictly, typed by all rows, refused with a way out."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_rlm.inputs import InputProblem, from_arguments, from_values
from lambda_rlm.inputs.decode import decode
from lambda_rlm.inputs.gather import written as written_in_parts
from lambda_rlm.types.type import INT, TEXT, list_of, record_of
from tests.support.input_files import problem, written

DOCUMENTS = list_of(record_of(name=TEXT, text=TEXT))


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
    assert "--encoding" in (found.hint or "")


def test_the_offset_of_invalid_utf8_counts_the_byte_order_mark() -> None:
    with pytest.raises(InputProblem, match="offset 4 "):
        decode(b"\xef\xbb\xbfa\xff", "x")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"abc\0def", "binary"),
        (b"\x1f\x8b\x08abc", "gzip"),
        (b"PK\x03\x04abc", "zip"),
    ],
)
def test_what_is_no_text_is_recognized(tmp_path: Path, content: bytes, words: str) -> None:
    found = problem(written(tmp_path, "a.txt", content))
    assert words in found.message
    assert found.hint is not None


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.txt", "x" * 1000)
    opened: list[str] = []
    original = os.open

    def counting(file: Any, *rest: Any, **more: Any) -> Any:
        opened.append(str(file))
        return original(file, *rest, **more)

    monkeypatch.setattr(os, "open", counting)
    from_arguments([path])
    assert opened.count(path) == 1


def test_a_file_that_may_not_be_read_is_a_problem(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "x")
    os.chmod(path, 0)
    if os.access(path, os.R_OK):
        os.unlink(path)
        assert "no such file" in problem(path).message
    else:
        assert "permission" in problem(path).message


# ── folders and several files ──


def test_a_folder_is_documents_in_order_without_hidden_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
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
    }
    for name, content in files.items():
        written(tmp_path, name, content)
    inputs = from_arguments([str(tmp_path)])
    assert inputs.types == {"context": DOCUMENTS}
    assert [row["name"] for row in inputs.values["context"]] == ["b.txt", "a/empty.txt", "a/z.txt"]
    for account in ("1 (an image): image.png", "1 (of an unknown encoding): latin.txt", "2 (hidden)", "2 (tool folder)"):
        assert any(f"skipped {account}" in note for note in inputs.notes), account


def test_a_folder_without_text_is_a_problem(tmp_path: Path) -> None:
    written(tmp_path, "x.bin", b"\0")
    found = problem(str(tmp_path))
    assert "no text files" in found.message
    assert "1 binary data" in (found.hint or "")


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
    assert "duplicate input name" in problem(f"a={path}", f"a={path}").message
    assert "already used" in problem(path, f"context={path}").message


def test_standard_input_is_read_as_text_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO("λ".encode()), closed=False))
    assert from_arguments(["-"]).values == {"context": "λ"}
    assert "once" in problem("a=-", "b=-").message


# ── hosts ──


def test_a_host_gives_texts_plain_data_and_paths(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "a.csv", "n\n1\n"))
    inputs = from_values({"text": "T", "names": ["a", "b"], "rows": path})
    assert inputs.types == {"text": TEXT, "names": list_of(TEXT), "rows": list_of(record_of(n=INT))}


@pytest.mark.parametrize(("value", "error"), [(object(), TypeError), ({None: 2}, TypeError), (float("nan"), ValueError)])
def test_what_is_not_plain_data_is_refused_with_its_value(value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="x"):
        from_values({"x": value})


def test_the_question_joins_the_inputs() -> None:
    inputs = from_values({"context": "c"}).with_query("why?")
    assert inputs.values["query"] == "why?"
    assert inputs.types["query"] == TEXT


def test_long_texts_of_documents_are_written_in_stretches() -> None:
    """What is hashed of an input is never held whole: a document of signs that JSON escapes is six times its size."""
    value = [{"name": "a", "text": "\0é" * 1_000_000}, {"name": "b", "text": "short"}, {"text": "x" * 2_000_000, "name": "c"}]
    for encoder in (json.JSONEncoder(sort_keys=True), json.JSONEncoder(ensure_ascii=False, sort_keys=True)):
        pieces = list(written_in_parts(value, encoder))
        assert "".join(pieces) == encoder.encode(value)
        assert max(map(len, pieces)) <= 6 * (1 << 20)
