"""Bytes to text: by a mark, as UTF-8, by zero bytes, by letters aloud, or not at all."""

from __future__ import annotations

import io
from encodings.aliases import aliases
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.inputs import InputProblem, Reading, from_arguments
from lambda_rlm.inputs.decode import Decoded, decode
from lambda_rlm.inputs.encodings import _CODECS, _OF_PAGES, codec_of
from tests.support.input_files import names_of, problem, written

FRENCH = "Il était une fois un garçon très élégant qui n'aimait guère la mer, où ses frères pêchaient l'été. " * 5
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. " * 5


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_or_zero_bytes_tell_the_encoding(encoding: str) -> None:
    text = "Größe, naïve and plain words 1234"
    found = decode(text.encode(encoding), "x")
    assert found.text == text
    assert (found.note is None) == (encoding == "utf-8-sig"), "anything but UTF-8 is said"


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_valid_utf8_is_read_as_utf8_or_refused_as_binary(text: str) -> None:
    """Never as anything else, whatever it looks like."""
    data = text.encode()
    try:
        found = decode(data, "x")
    except InputProblem:
        assert b"\0" in data or data.startswith((b"PK\x03\x04", b"BZh", b"GIF8"))
    else:
        assert found.text == text.removeprefix("\ufeff") or "\0" in text


@given(st.binary(max_size=300))
def test_any_bytes_give_a_text_or_an_input_problem(data: bytes) -> None:
    try:
        found = decode(data, "x")
    except InputProblem as refused:
        assert refused.hint
    else:
        assert isinstance(found, Decoded)
        assert found.note is not None or found.text.encode() in (data, data.removeprefix(b"\xef\xbb\xbf"))


@pytest.mark.parametrize(("text", "encoding"), [(FRENCH, "cp1252"), (RUSSIAN, "koi8_r")])
def test_an_encoding_is_inferred_with_its_confidence(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding), "x.txt")
    assert found.text == text
    assert f"decoded as {encoding}," in (found.note or "")
    assert "% likely" in (found.note or "")


def test_encoding_inference_reads_the_whole_file() -> None:
    data = b"plain words of ascii\n" * 20_000 + FRENCH.encode("cp1252")
    assert decode(data, "x").text.endswith(FRENCH)


def test_a_sample_is_taken_from_all_of_a_large_file() -> None:
    """Signs at its start tell nothing of the letters that follow."""
    data = b"\xa7 1 and so on\n" * 25_000 + FRENCH.encode("cp1252") * 1_200
    assert decode(data, "x").text.endswith(FRENCH)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"one\ntwo \xe9t\xe9\n", "--encoding cp1252"),
        ("吾輩は猫である。名前はまだ無い。".encode("shift_jis"), "(it may be cp9"),
        (RUSSIAN.encode("cp1251"), "it may be cp1251 or koi8_r"),
        ("§ 12 Abs. 3: 45 % ± 2 °C\n".encode("cp1252") * 30, "--encoding cp1252"),
        (("déjà vu — naïve café. " * 50).encode() + b"\xe9 end", "--encoding utf-8:replace"),
        (bytes(range(1, 256)) * 4, "--encoding"),
    ],
    ids=["short", "two without letters", "two by letters", "signs only", "damaged UTF-8", "no text"],
)
def test_an_ambiguous_encoding_is_refused_with_advice(data: bytes, hint: str) -> None:
    with pytest.raises(InputProblem) as caught:
        decode(data, "x.txt")
    assert "offset" in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_person_may_name_the_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "吾輩は猫である".encode("shift_jis"))
    assert from_arguments([path], Reading(encoding="shift_jis")).values == {"context": "吾輩は猫である"}
    assert "is not valid ASCII" in problem(path, reading=Reading(encoding="ascii")).message
    marked = written(tmp_path, "b.txt", b"\xef\xbb\xbfhello")
    assert from_arguments([marked], Reading(encoding="utf-8")).values == {"context": "hello"}


def test_what_is_wrong_may_be_replaced_and_is_counted(tmp_path: Path) -> None:
    """What was U+FFFD in the file before is not counted as replaced."""
    path = written(tmp_path, "a.txt", "caf\ufffd ".encode() + b"\xe9 and \xe8.")
    inputs = from_arguments([path], Reading(encoding="utf-8:replace"))
    assert inputs.values == {"context": "caf\ufffd \ufffd and \ufffd."}
    assert "2 byte sequences are not valid utf-8" in inputs.notes[0]


def test_zero_characters_in_a_text_are_told(tmp_path: Path) -> None:
    late = written(tmp_path, "late.txt", b"x" * 10_000 + b"\0y")
    assert "1 NUL characters" in from_arguments([late]).notes[0]
    early = written(tmp_path, "early.txt", b"x\0y")
    assert "binary" in problem(early).message
    assert from_arguments([early], Reading(encoding="utf-8")).values == {"context": "x\0y"}


@pytest.mark.parametrize(
    "label",
    [
        *("punycode", "unicode_escape", "raw_unicode_escape", "idna", "utf-7", "zip", "zlib_codec", "bz2", "base64", "hex"),
        *("rot13", "uu", "quopri", "undefined", "charmap", "mbcs", "oem", "../../etc", "a" * 10_000, "ütf", ""),
    ],
)
def test_codecs_that_are_no_encodings_of_texts_are_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(InputProblem, match="unknown encoding"):
        Reading(encoding=label)
    page = f'<meta charset="{label}"><p>a\\u0041 xn--bcher-kva +AGE-</p>'.encode()
    assert from_arguments([written(tmp_path, "a.html", page)]).values["context"] == "a\\u0041 xn--bcher-kva +AGE-"


def test_every_encoding_of_the_list_decodes() -> None:
    for name in sorted(_CODECS | _OF_PAGES.keys() | aliases.keys()):
        codec = codec_of(name)
        assert codec is None or isinstance(b"".decode(codec), str)
        assert codec is not None or name not in _CODECS | _OF_PAGES.keys()


@pytest.mark.parametrize(("slip", "meant"), [("uft-8", "utf-8"), ("cp1253x", "cp1253"), ("shift_jsi", "shift-jis")])
def test_a_slip_in_the_name_of_an_encoding_brings_the_nearest(slip: str, meant: str) -> None:
    with pytest.raises(InputProblem, match=f"did you mean {meant}"):
        Reading(encoding=slip)


@pytest.mark.parametrize(
    ("label", "encoding"),
    [("iso-8859-1", "cp1252"), ("x-sjis", "cp932"), ("gb2312", "gbk"), ("windows-874", "cp874"), ("utf-16", "utf-8")],
)
def test_a_page_is_read_as_browsers_understand_its_label(tmp_path: Path, label: str, encoding: str) -> None:
    text = {"cp1252": "€ é", "cp932": "①", "gbk": "镕", "cp874": "…ก", "utf-8": "λ"}[encoding]
    page = f'<meta charset="{label}"><p>{text}</p>'.encode(encoding)
    assert from_arguments([written(tmp_path, "a.html", page)]).values["context"] == text


def test_a_folder_says_which_of_its_files_are_not_utf8(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", FRENCH.encode("cp1252"))
    written(tmp_path, "b.txt", b"\xe9")
    written(tmp_path, "c.txt", "plain")
    assert names_of(tmp_path) == ["a.txt", "c.txt"]
    notes = "\n".join(from_arguments([str(tmp_path)]).notes)
    assert "a.txt: not UTF-8; decoded as cp1252" in notes
    assert "skipped 1 (of an unknown encoding): b.txt" in notes


def test_standard_input_is_decoded_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(FRENCH.encode("cp1252")), closed=False))
    inputs = from_arguments(["-"])
    assert inputs.values == {"context": FRENCH}
    assert "standard input: not UTF-8" in inputs.notes[0]


@pytest.mark.parametrize(
    "declared",
    ['<meta charset="cp037">', '<!-- <meta charset="shift_jis"> --><meta charset="utf-8">', '<meta charset="mac-turkish">'],
)
def test_a_page_declares_as_a_browser_understands_it(tmp_path: Path, declared: str) -> None:
    """Not in a comment, and no encoding of old systems: a model would read other words than a person sees."""
    assert from_arguments([written(tmp_path, "a.html", f"{declared}<p>Zoë owes 100</p>")]).values == {"context": "Zoë owes 100"}
