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
from lambda_rlm.inputs.letters.encodings import _CODECS, _OF_PAGES, codec_of
from tests.support.input_files import names_of, problem, written
from tests.support.texts_of_languages import TEXTS, of_length

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


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(FRENCH, "cp1252"), (RUSSIAN, "koi8_r"), (RUSSIAN, "cp1251"), ("吾輩は猫である。名前はまだ無い。", "cp932")],
)
def test_an_encoding_is_inferred_with_its_confidence(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding), "x.txt")
    assert found.text == text
    assert f"decoded as {encoding}," in (found.note or "")
    assert "% likely" in (found.note or "")


@pytest.mark.slow
@pytest.mark.parametrize("language", TEXTS)
def test_texts_of_many_languages_are_read_in_their_encodings(language: str) -> None:
    """Of 200 characters and more all; shorter ones at least never wrong."""
    text, encodings = TEXTS[language]
    for encoding in encodings:
        for length in (50, 200, 900):
            part = of_length(text, length, 1)
            try:
                found = decode(part.encode(encoding), "x.txt")
            except InputProblem:
                assert length == 50, encoding
            else:
                assert found.text == part, (encoding, found.note)
                assert found.note or part.isascii()


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        # jawah/charset_normalizer #371: Bulgarian and French become Baltic
        ("Bсеки човек има право на образование.", "cp1251 iso8859_5"),
        ("Bonjour, je suis à la recherche d'une aide sur les étoiles", "cp1252 cp850 mac_roman"),
        ("Où êtes-vous allés ? Nous avons été très déçus de ce séjour.", "cp1252 cp850"),
        # jawah/charset_normalizer #358: Spanish becomes Chinese or Croatian
        ("Probar los siguientes términos: ñandú, ándale, ésta, índice, cargó, último", "cp1252 cp850"),
        ("La señora compró más jamón, piñas y limón en la estación.", "cp1252 mac_roman"),
        ("José García\nMaría Núñez\nBegoña Ibáñez\nÍñigo Peña\n", "cp1252 cp850"),
        # chardet/chardet #87, PyYoshi/cChardet #101, jawah/charset_normalizer #571, #672: Central European becomes Western
        ("Proszę państwa, sklep będzie jutro zamknięty z powodu święta.", "cp1250 iso8859_2 cp852"),
        ("Vážený zákazníku, děkujeme Vám za objednávku. Zboží odešleme během dvou dnů.", "cp1250 iso8859_2 cp852"),
        ("Dragi kupče, roba će biti poslata u roku od dva dana, želimo vam prijatan dan.", "cp1250"),
        # chardet/chardet #179, jawah/charset_normalizer #407: Turkish becomes Western
        ("Sayın müşterimiz, siparişiniz için teşekkür ederiz. Ürünleriniz iki gün içinde gönderilecektir.", "cp1254 cp857"),
        ("Bu akşam çocuklarla birlikte ırmağa gideceğiz, yağmur yağmazsa.", "cp1254 iso8859_9"),
        ("Şöför, aracı kapının önüne bıraktı ve anahtarı görevliye verdi.", "cp1254 cp857"),
        # jawah/charset_normalizer #130: Estonian becomes a code page of DOS
        (
            "Lugupeetud klient, täname tellimuse eest. Saadame kauba kahe päeva jooksul, kui õnnestub.",
            "cp1252 cp1257 iso8859_15",
        ),
        ("Õhtul jõudsime väikesesse külla, kus ööbisime vana veski kõrval põllu ääres.", "cp1252 cp1257"),
        ("Järgmisel päeval sõitsime üle jõe ja ostsime turult värskeid mõõdukalt küpseid õunu.", "cp1252 cp1257"),
        ("УВАЖАЕМЫЙ КЛИЕНТ, СПАСИБО ЗА ЗАКАЗ. ТОВАР БУДЕТ ОТПРАВЛЕН ЗАВТРА.", "cp1251 koi8_r cp866"),
        ("ÉCOLE PRIMAIRE, ANNÉE 2023, ÉLÈVES ADMIS À L'EXAMEN", "cp1252"),
        (
            "お客様各位、ご注文ありがとうございます。商品は二日以内に発送いたします。",
            "cp932 euc_jp iso2022_jp utf_16_le utf_16_be",
        ),
        ("고객님, 주문해 주셔서 감사합니다. 상품은 이틀 안에 발송됩니다.", "cp949 utf_16_be"),
    ],
)
def test_texts_that_other_detectors_had_reports_about(text: str, encodings: str) -> None:
    for encoding in encodings.split():
        found = decode(text.encode(encoding), "x.txt")
        assert found.text == text, (encoding, found.note)
        assert "decoded as" in (found.note or "")


# chardet/chardet #219, #294: one or two signs become letters of another script, "99%" sure.
@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        ("ναι", "cp1253 iso8859_7"),
        ("Νίκος Βόλο", "cp1253 iso8859_7"),
        ("κακό", "cp1253"),
        ("הסירות חזרו בצהריים.", "cp1255 iso8859_8"),
        ("חדר {} היה יפה.", "cp1255"),
        ("דוד צפת", "cp862"),
        ("آدم إربد", "cp1256 iso8859_6"),
        ("Пётр Твери", "mac_cyrillic"),
        ("中", "gb18030"),
        ("*file_import {D:/设计-1.step} {Step Files}", "gb18030"),
        ("北京", "gb18030"),
        ("赵敏 开封", "gb18030"),
        ("山坡上下了雨。", "big5"),
        ("面包还热着。", "utf_16_le utf_16_be"),
        ("東京", "cp932 euc_jp"),
        ("次郎 松江", "euc_jp"),
        ("名前,都市\n花子,奈良\n", "cp932"),
        ("丘に雨が降った。", "utf_16_le utf_16_be"),
        ("テスト", "cp932 utf_16_le utf_16_be"),
        ("서울", "cp949 utf_16_be"),
        ("나쁨", "cp949 utf_16_be"),
    ],
)
def test_a_few_letters_are_read_right_or_not_at_all(text: str, encodings: str) -> None:
    for encoding in encodings.split():
        try:
            found = decode(text.encode(encoding), "x.txt")
        except InputProblem as problem:
            assert "--encoding" in (problem.hint or "")
        else:
            assert found.text == text, (encoding, found.note)


# Alexey-T/CudaText #1869: UTF-16 without a mark is seen in English alone.
@pytest.mark.parametrize(
    "text", ["Собрание", "ВстречаЗавтра", "الاجتماعات", "การประชุมจะมีขึ้นในวันพุธ", "が少ないので、い", "Żółć, ęśąćż"]
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_two_bytes_a_letter_are_seen_where_no_byte_is_zero(text: str, encoding: str) -> None:
    """Their bytes are ASCII with control characters: valid UTF-8."""
    found = decode(text.encode(encoding), "x.txt")
    assert found.text == text
    assert "decoded as UTF-16" in (found.note or "")


@pytest.mark.parametrize("text", ["\x01\x02\x03", "a\x01b\x02c\x03" * 50, "the\x1fcat\x1fsat\x1fon\x1e" * 9])
def test_many_control_characters_are_told(text: str) -> None:
    found = decode(text.encode(), "x.txt")
    assert found.text == text
    assert "many control characters" in (found.note or "")


@pytest.mark.parametrize(
    "text", ["plain words \x1b[31mred\x1b[0m of a terminal", "an escape \x1b$B at the end", "\x1b$B\x7f\x7f"]
)
def test_escapes_that_are_not_of_iso_2022_stay(text: str) -> None:
    assert decode(text.encode(), "x").text == text


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
        ("§ 12 Abs. 3: 45 % ± 2 °C\n".encode("cp1252") * 30, "--encoding cp1252"),
        (("déjà vu — naïve café. " * 50).encode() + b"\xe9 end", "--encoding utf-8:replace"),
        (bytes(range(1, 256)) * 4, "--encoding"),
    ],
    ids=["short", "signs only", "damaged UTF-8", "no text"],
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
