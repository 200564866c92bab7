"""Search in texts as they are written: `rank`, and what it folds. Each group is from a report about another search."""

from __future__ import annotations

import pytest

from lambda_rlm.eval.library.small_words import small_words
from tests.support.applying import apply


def found(query: str, *texts: str) -> list[int]:
    """The places of the texts that are found, the best first."""
    return [index for index, _, _ in apply("rank", list(texts), query, len(texts))]


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        # meilisearch/meilisearch #864: words in the middle of a Thai sentence are not found.
        ("ข้าว", ("เขากำลังดื่มน้ำ", "เขากำลังกินข้าวอยู่")),
        ("กิน", ("ห้องสมุดปิด", "เขากำลังกินข้าว")),
        ("สถานีรถไฟอยู่ที่ไหน", ("ตลาดอยู่ในเมือง", "ใกล้สถานีรถไฟมีสวน")),
        # typesense/typesense #228: nor are those of a Khmer one; the same holds of Lao, Burmese, Javanese and Tibetan.
        ("ទិញថ្នាំ", ("មនុស្សដែលបានឃើញ", "ងាយស្រួលក្នុងការទិញថ្នាំ")),
        ("ຢາ", ("ຕະຫຼາດເປີດ", "ລາວຊື້ຢາແລ້ວ")),
        ("ဆေး", ("ဈေးဖွင့်သည်", "သူသည်ဆေးဝယ်သည်")),
        ("ꦏꦸꦕꦶꦁ", ("ꦲꦱꦸꦩꦭꦪꦸ", "ꦲꦤꦏꦸꦕꦶꦁꦲꦶꦉꦁ")),
        ("དེབ", ("ཁྱི་ཆེན་པོ", "ངའི་དེབ་འདི")),
        # run-llama/llama_index #13866: BM25 finds nothing in Chinese.
        ("李", ("王先生来了", "李先生走了")),
        ("水在哪里？", ("山上有一座庙", "井里没有水了")),
        ("鍵はどこですか", ("窓が開いている", "机の上に鍵がある")),
        ("図書館", ("市場は休み", "町の図書館は三階")),
        # Words of several scripts in one run.
        ("ประภาคาร lighthouse", ("at the market", "เรือใกล้ประภาคารlighthouse")),
        ("USB端口", ("电源开关", "背面的USB端口坏了")),
    ],
)
def test_words_are_found_where_no_space_parts_them(query: str, texts: tuple[str, ...]) -> None:
    assert found(query, *texts)[:1] == [1]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        # olivernn/lunr.js #269: 'genéral' does not find 'général'; MihaiValentin/lunr-languages #71: nor 'équipement' itself.
        ("genéral", "le général est là"),
        ("EQUIPEMENT", "l’équipement du barrage"),
        ("sarap", "kırmızı şarap"),
        ("isparta", "ISPARTA"),
        ("ısparta", "Isparta"),
        ("istanbul", "İSTANBUL"),
        ("lodz", "Łódź"),
        ("елка", "новогодняя ёлка"),
        ("ελλαδα", "η Ελλάδα"),
        ("οδος", "ΟΔΌΣ"),
        ("da nang", "Đà Nẵng"),
        ("strasse", "lange Straße"),
        ("Muenchen", "in München"),
        ("Köln", "Koeln am Rhein"),
        ("smorrebrod", "smørrebrød"),
        ("محمد", "قال مُحَمَّد"),
        ("الاسلام", "تاريخ الإسلام"),
        ("کتابی", "كتابي الجديد"),
        ("שלום", "שָׁלוֹם לך"),
        ("कलम", "लाल क़लम"),
        ("2019", "वर्ष २०१९"),
        ("1402", "سال ۱۴۰۲"),
        # TheZupZup/Linthra #605: decomposed letters part words at their marks.
        ("motley", "Mo\u0308tley"),
        ("crue", "Cru\u0308e"),
        ("Hòa", "Ho\u0300a"),
        # ShokoAnime/ShokoServer #1338: full-width letters, half-width kana and signs of compatibility are other words.
        ("gintama", "Ｇｉｎｔａｍａ"),
        ("ガギグ", "ｶﾞｷﾞｸﾞ"),
        ("office", "the oﬃce"),
        ("①", "1"),
        # basicmachines-co/basic-memory #1269: invisible signs in a word part it.
        ("перевод", "пере\u00adвод"),
        ("password", "pass\u200bword"),
        ("میروم", "می\u200cروم"),
        ("محمد", "محـــمد"),
        ("information", "an infor-\nmation desk"),
        ("Donaudampfer", "der Donau\u2010\r\n  dampfer"),
        ("п'ять", "п\u02bcять"),
    ],
)
def test_a_word_is_found_however_it_is_written(query: str, text: str) -> None:
    assert found(query, "nothing 0 of it", text) == [1]


@pytest.mark.parametrize(
    ("query", "same", "other"),
    [
        ("María", "María", "Maria"),
        ("Maria", "Maria", "María"),
        ("Müller", "Müller", "Mueller"),
        ("ёлка", "ёлка", "елка"),
        ("محمد", "محمد", "مُحَمَّد"),
        ("ขาว", "ขาว", "ข่าว"),
    ],
)
def test_what_is_written_as_in_the_query_is_first(query: str, same: str, other: str) -> None:
    assert found(query, other, same) == [1, 0]
    assert found(query, same, other) == [0, 1]


@pytest.mark.parametrize(
    ("query", "other"),
    [("มา", "ม้า"), ("น้ำ", "นำ"), ("कम", "काम"), ("ぱん", "はん"), ("cat", "cats"), ("10", "1-0"), ("ship", "ships")],
)
def test_another_word_is_not_found(query: str, other: str) -> None:
    """Vowel and tone marks of other scripts are letters, and words stay whole."""
    assert found(query, other) == []


def test_a_hyphen_at_a_line_end_parts_no_compound() -> None:
    text = "a well-\nknown man"
    assert found("known", text) == found("well", text) == found("wellknown", text) == [0]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("Where did the captain hide?", {"captain", "hide"}),
        ("¿Qué vio María en el puerto?", {"vio", "maría", "puerto"}),
        ("Où est née la reine ?", {"née", "reine"}),
        ("Wo ist die Mühle im Krieg?", {"mühle", "krieg"}),
        ("Где живёт Анна?", {"живёт", "анна"}),
        ("where was the war", {"war"}),
        ("wo war der Müller", {"müller"}),
        ("beyaz at nerede", {"beyaz", "at", "nerede"}),
        ("vitamin a", {"vitamin", "a"}),
    ],
)
def test_small_words_are_those_of_the_language_of_the_query(query: str, left: set[str]) -> None:
    """MihaiValentin/lunr-languages and others cut words of a fixed language, and parts of words with accents."""
    words = set(query.lower().replace("?", "").replace("¿", "").split())
    assert words - small_words(words) == left


def test_small_words_count_where_there_are_no_others() -> None:
    assert found("Where is the mill?", "is the the where", "a mill") == [1]
    assert found("who is it", "who knows", "a mill") == [0]
    assert found("l'île", "l'ami", "une île") == [1]


def test_a_word_in_capitals_is_no_small_word() -> None:
    assert found("Who runs IT?", "it is so", "IT is on floor 2", "who said it") == [1]
    assert found("What did the WHO say?", "who is who", "the WHO says") == [1]
    assert found("IT", "it is so", "the IT team") == [1, 0]
    assert found("WHERE IS THE MILL", "where is it", "the mill") == [1]


def test_a_small_word_that_is_written_as_a_name_is_none() -> None:
    assert found("Who wrote It?", "who wrote it here", "King wrote It alone", "it was here") == [1, 0]
    assert found("Who directed Her?", "who directed her home", "Jonze directed Her", "Her cat ran") == [1, 2, 0]
    assert found("How old is The Who?", "the old mill", "The Who is an old band", "who is old") == [1, 0, 2]
    assert found("Where Is It?", "it is here", "where it was") == found("where is it", "it is here", "where it was")


def test_similarity_folds_both_texts() -> None:
    assert apply("similarity", "Straße", "STRASSE") == 1.0
    assert apply("similarity", "María", "Mari\u0301a") == apply("similarity", "ﬁsh", "fish") == 1.0
    assert apply("similarity", "ขาว", "ข่าว") == 0.75
    assert apply("similarity", "\u00ad", "") == 1.0
