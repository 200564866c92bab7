"""Labels, truth values, numbers and null in replies as models write them, in many languages: what is listed is read, all else is not."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.eval.asking.shape import ReplyReading
from lambda_rlm.eval.named.labels import named
from lambda_rlm.eval.named.truth import NO, TRUTHS, YES
from lambda_rlm.eval.value import Reply, Text
from lambda_rlm.folding import folded
from lambda_rlm.limits import MOST_REPLY_ENDS
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.reply_tokens import reply_room, texts_of
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Enum, Type, list_of, option_of, record_of
from tests.support.asking import Desk, data, plain, template

MOOD = ("positive", "negative")
AGREE = ("agree", "strongly agree", "disagree", "strongly disagree")
CHINESE, JAPANESE, THAI, KOREAN = ("正面", "负面"), ("肯定", "否定"), ("บวก", "ลบ"), ("긍정", "부정")
ARABIC, HINDI, RUSSIAN = ("إيجابي", "سلبي"), ("सकारात्मक", "नकारात्मक"), ("положительный", "отрицательный")
TURKISH, GREEK, GERMAN, FRENCH = ("olumlu", "olumsuz"), ("θετικό", "αρνητικό"), ("positiv", "negativ"), ("positif", "négatif")


def label(reply: str, labels: tuple[str, ...]) -> str | None:
    return named(reply, {label: label for label in labels})


def read(reply: str, type_: Type) -> Any:
    meter = Meter(Budget())
    made = prompt_of(Text("prompt"), meter)
    reading = ReplyReading(Reply(0, made.origin), made, meter, 10_000, reply_room(10_000, texts_of(type_), MOST_REPLY_ENDS))
    return plain(shape_of(type_).read(reply, reading))


LONGEST = [
    ("Strongly agree", AGREE, "strongly agree"),
    ("STRONGLY  DISAGREE.", AGREE, "strongly disagree"),
    ("**Agree**", AGREE, "agree"),
    ("Very Good", ("good", "very good"), "very good"),
    ("Label: Security Bug", ("bug", "security bug"), "security bug"),
    ("Nicht gut.", ("gut", "nicht gut"), "nicht gut"),
    ("Pas Satisfait", ("satisfait", "pas satisfait"), "pas satisfait"),
    ("非常满意", ("满意", "非常满意"), "非常满意"),
    ("「とても良い」です", ("良い", "とても良い"), "とても良い"),
    ("ดีมาก", ("ดี", "ดีมาก"), "ดีมาก"),
    ("Не Согласен", ("согласен", "не согласен"), "не согласен"),
    ("C++", ("C", "C++", "C#"), "C++"),
    ("12", ("1", "2", "12"), "12"),
]

FRAMED = [
    ("Label: positive.", MOOD, "positive"),
    ("**Sentiment:** Positive", MOOD, "positive"),
    ("The final answer is **negative**.", MOOD, "negative"),
    ("I would say positive", MOOD, "positive"),
    ("The sentiment of this review is positive.", MOOD, "positive"),
    ("It's a positive review.", MOOD, "positive"),
    ("positive\n\nPositive", MOOD, "positive"),
    ("<answer>positive</answer>", MOOD, "positive"),
    ("\\boxed{positive}", MOOD, "positive"),
    ("1. positive", MOOD, "positive"),
    ("✅ positive", MOOD, "positive"),
    ("It could be negative at first.\nBut no.\n\nAnswer: positive", MOOD, "positive"),
    ("Label: positive\nReason: the author likes it", MOOD, "positive"),
    ("(B)", ("A", "B"), "B"),
    ("The answer is A", ("A", "B"), "A"),
    ("Option 2", ("1", "2"), "2"),
    ("Die Antwort lautet: positiv.", GERMAN, "positiv"),
    ("C'est négatif.", FRENCH, "négatif"),
    ("La respuesta es positivo", ("positivo", "negativo"), "positivo"),
    ("Этот отзыв — положительный.", RUSSIAN, "положительный"),
    ("Απάντηση: θετικό", GREEK, "θετικό"),
    ("Bu yorum olumlu.", TURKISH, "olumlu"),
    ("olumludur", TURKISH, "olumlu"),
    ("هذا التعليق إيجابي", ARABIC, "إيجابي"),
    ("الإيجابي", ARABIC, "إيجابي"),
    ("यह समीक्षा सकारात्मक है।", HINDI, "सकारात्मक"),
    ("这条评论是正面的", CHINESE, "正面"),
    ("正面评价", CHINESE, "正面"),
    ("最终答案：负面。", CHINESE, "负面"),
    ("答案是：否", ("是", "否"), "否"),
    ("肯定です", JAPANESE, "肯定"),
    ("答えは「否定」です。", JAPANESE, "否定"),
    ("정답은 긍정입니다.", KOREAN, "긍정"),
    ("긍정적입니다", KOREAN, "긍정"),
    ("เป็นบวก", THAI, "บวก"),
    ("รีวิวนี้เป็นลบครับ", THAI, "ลบ"),
]

ALIKE = [
    ("OLUMLU", TURKISH, "olumlu"),
    ("IŞIK", ("ışık", "diğer"), "ışık"),
    ("iyi", ("İYİ", "KÖTÜ"), "İYİ"),
    ("GROSS", ("groß", "klein"), "groß"),
    ("ΘΕΤΙΚΟ", GREEK, "θετικό"),
    ("ΛΟΓΟΣ", ("λόγος", "άλλο"), "λόγος"),
    (unicodedata.normalize("NFD", "négatif"), FRENCH, "négatif"),
    ("NEGATIF", FRENCH, "négatif"),
    (unicodedata.normalize("NFD", "긍정"), KOREAN, "긍정"),
    ("ｐｏｓｉｔｉｖｅ", MOOD, "positive"),
    ("👍🏽", ("👍", "👎"), "👍"),
    ("✔\ufe0f", ("✔", "✘"), "✔"),
    ("ايجابي", ARABIC, "إيجابي"),
    ("US", ("US", "us"), "US"),
    ("the answer is us.", ("US", "us"), "us"),
    ("Ol", ("ol", "öl"), "ol"),
    ("ÖL", ("ol", "öl"), "öl"),
]


@pytest.mark.parametrize(("reply", "labels", "expected"), [*LONGEST, *FRAMED, *ALIKE], ids=lambda value: str(value)[:30])
def test_a_label_beside_signs_and_listed_frames_is_read(reply: str, labels: tuple[str, ...], expected: str) -> None:
    assert label(reply, labels) == expected
    assert read(reply, Enum(labels)) == expected


UNSURE = [
    ("not very positive", MOOD),
    ("hardly positive", MOOD),
    ("anything but positive", MOOD),
    ("positive? No", MOOD),
    ("positive is wrong", MOOD),
    ("positive, or so they say", MOOD),
    ("positive - because the author likes it", MOOD),
    ("non-positive", MOOD),
    ("un- positive", MOOD),
    ("!positive", MOOD),
    ("~~positive~~", MOOD),
    ("❌ positive", MOOD),
    ("positive 👎", MOOD),
    ("positive (0.1)", MOOD),
    ("positive/negative", MOOD),
    ("Answer: positive\nAnswer: negative", MOOD),
    ("Answer: positive\nThat is what they want to hear.", MOOD),
    ("Answer: positive\nReason: less negative than the rest", MOOD),
    ("Answer: positive\nOn second thought: not at all", MOOD),
    ("Answer: not positive", MOOD),
    ("valid", ("invalid", "in")),
    ("invalid", ("valid", "other")),
    ("nicht positiv", GERMAN),
    ("alles andere als positiv", GERMAN),
    ("pas positif", FRENCH),
    ("Ce n'est pas positif", FRENCH),
    ("No es positivo", ("positivo", "negativo")),
    ("не положительный", RUSSIAN),
    ("Вряд ли положительный", RUSSIAN),
    ("δεν είναι θετικό", GREEK),
    ("olumlu değil", TURKISH),
    ("olumlu değildir", TURKISH),
    ("ليس إيجابي", ARABIC),
    ("غير إيجابي", ARABIC),
    ("सकारात्मक नहीं है", HINDI),
    ("不是正面的", CHINESE),
    ("这条评论不是正面的", CHINESE),
    ("并非正面", CHINESE),
    ("正面的反面", CHINESE),
    ("正面吗？", CHINESE),
    ("肯定ではない", JAPANESE),
    ("肯定的とは言えません", JAPANESE),
    ("긍정이 아닙니다", KOREAN),
    ("긍정적이지 않습니다", KOREAN),
    ("ไม่เป็นบวก", THAI),
    ("ไม่บวก", THAI),
    ("không phải tích cực", ("tích cực", "tiêu cực")),
    ("bukan positif", ("positif", "negatif")),
    ("nie pozytywny", ("pozytywny", "negatywny")),
    ("1, 2", ("1", "2")),
    ("-2", ("1", "2")),
    ("2.5", ("2", "3")),
    ("👎👍", ("👍", "👎")),
    ("👨\u200d👩", ("👨", "x")),
    ("UŚ", ("US", "us")),
    ("", MOOD),
]


@pytest.mark.parametrize(("reply", "labels"), UNSURE, ids=lambda value: str(value)[:30])
def test_a_label_beside_anything_else_is_none(reply: str, labels: tuple[str, ...]) -> None:
    assert label(reply, labels) is None
    with pytest.raises(BadReply):
        read(reply, Enum(labels))
    with pytest.raises(BadReply):
        read(f'{{"mood": {Text(reply).s!r}}}', record_of(mood=Enum(labels)))


def test_long_replies_take_no_long_time() -> None:
    """Frames without an end, labels without an end, and lines marked without an end."""
    for reply in ("the " * 100_000, "positive " * 100_000 + "not", "Answer: \n" * 100_000, "not " * 100_000 + "positive"):
        assert label(reply, MOOD) is None


def test_a_choice_is_read_from_the_json_that_names_it() -> None:
    assert read('{"label": "Positive"}', Enum(MOOD)) == "positive"
    assert read('```json\n{"label": "positive", "reason": "not negative"}\n```', Enum(MOOD)) == "positive"
    assert read("```\nnegative\n```", Enum(MOOD)) == "negative"
    assert read('{"grade": 2}', record_of(grade=Enum(("1", "2")))) == ("2",)
    for reply in (
        '{"positive": ""}',
        '{"positive": false}',
        '{"label": "not positive"}',
        '{"label": ["positive", "negative"]}',
    ):
        with pytest.raises(BadReply):
            read(reply, Enum(MOOD))


TRUE = [
    "yes",
    "Yes.",
    "是",
    "はい",
    "네",
    "ja",
    "sí",
    "да",
    "EVET",
    "True",
    "نعم",
    "हाँ",
    "ใช่",
    "Yes, it is.",
    "Answer: oui",
    "是的。",
]
FALSE = [
    "no",
    "否",
    "いいえ",
    "아니요",
    "nein",
    "não",
    "нет",
    "hayır",
    "HAYIR",
    "False",
    "لا",
    "नहीं",
    "ไม่ใช่",
    "No, it isn't.",
    "不是",
]


@pytest.mark.parametrize("reply", [*TRUE, *FALSE])
def test_words_for_true_and_false_are_read_in_the_main_languages(reply: str) -> None:
    assert read(reply, BOOL) is (reply in TRUE)
    assert read(f'[{{"is": "{reply}"}}]', list_of(record_of(**{"is": BOOL}))) == [(reply in TRUE,)]


@pytest.mark.parametrize(
    "reply", ["yes and no", "не да", "不确定", "yes, but it is not so", "nicht ja", "wrong", "ไม่แน่ใจ", "はいではない"]
)
def test_what_is_neither_true_nor_false_is_none(reply: str) -> None:
    with pytest.raises(BadReply):
        read(reply, BOOL)


def test_no_word_is_both_true_and_false() -> None:
    true = {folded(word) for word, meaning in TRUTHS.items() if meaning == YES}
    false = {folded(word) for word, meaning in TRUTHS.items() if meaning == NO}
    assert not true & false


WHOLE = [
    ("3个", 3),
    ("第7章", 7),
    ("全部で7件です", 7),
    ("총 3명입니다", 3),
    ("บทที่7", 7),
    ("7वां", 7),
    ("7'dir", 7),
    ("٣٤", 34),
    ("１２３", 123),
    ("1,234", 1234),
    ("1.234.567", 1_234_567),
    ("1'234", 1234),
    ("1 234", 1234),
    ("1\u202f234 mots", 1234),
    ("12,34,567", 1_234_567),
    ("1_000", 1000),
    ("1{,}234", 1234),
    ("-5", -5),
    ("−5", -5),
    ("about 7", 7),
    ("No.7", 7),
    ("Answer:7", 7),
    ("\\boxed{42}", 42),
    ("<answer>5</answer>", 5),
    ("H2O has 3 atoms", 3),
    ("45%", 45),
    ("6 * 7 = 42\nAnswer: 42", 42),
    ("42.0", 42),
]
DECIMAL = [
    ("1.234,56 €", 1234.56),
    ("1,234.56", 1234.56),
    ("12 345,67", 12345.67),
    ("١٬٢٣٤٫٥", 1234.5),
    ("2,5", 2.5),
    ("0,125", 0.125),
    ("about 0.125", 0.125),
    ("3.142", 3.142),
    ('{"reply": "3.142"}', 3.142),
    ('{"reply": 3.000}', 3.0),
    (".5", 0.5),
    ("1.234e5 kg", 123_400.0),
    ("全長は2.5メートル", 2.5),
]


@pytest.mark.parametrize(("reply", "value"), WHOLE)
def test_a_whole_number_is_read_by_what_the_text_shows(reply: str, value: int) -> None:
    assert read(reply, INT) == value
    assert read(f"• {reply}", option_of(INT)) == (value,)


@pytest.mark.parametrize(("reply", "value"), DECIMAL)
def test_a_number_is_read_by_what_the_text_shows(reply: str, value: float) -> None:
    assert read(reply, FLOAT) == value


TWO_WAYS = (
    "about 3.000|3万|3億|5천|3 ล้าน|3 million|2,5 Mio.|5 тыс.|3k|3-5|3–5|3 to 5|3~5|3-3|7/10|7 of 10|10:30|2024-05-01|1.2.3|"
    "1,2345,6|1.000.00|10²|3½|≥5|<5|±5|7th|1٢|x|4 or 5|page 3 400|①"
)


@pytest.mark.parametrize("type_", [INT, FLOAT], ids=["Int", "Float"])
@pytest.mark.parametrize("reply", [*TWO_WAYS.split("|"), "1,111" * 500, "9" * 500])
def test_a_number_that_can_be_read_in_two_ways_is_none(reply: str, type_: Type) -> None:
    with pytest.raises(BadReply):
        read(reply, type_)


@pytest.mark.parametrize(
    ("reply", "type_"),
    [
        ("3.000", INT),
        ("1.234", INT),
        ("1,234", FLOAT),
        ("about 3.142", FLOAT),
        ("45 %", FLOAT),
        ("百分之7", FLOAT),
        ("2,5", INT),
    ],
)
def test_what_the_type_does_not_settle_is_none(reply: str, type_: Type) -> None:
    with pytest.raises(BadReply):
        read(reply, type_)


@pytest.mark.parametrize("word", ["null", "None.", '"null"', "**none**", "(nil)", "`NULL`"])
def test_null_is_read_by_its_word(word: str) -> None:
    assert read(word, option_of(INT)) is None
    assert read(word, option_of(Enum(MOOD))) is None


def test_null_is_nothing_but_its_word() -> None:
    assert read('{"reply": "None of these"}', option_of(TEXT)) == ("None of these",)
    assert read('{"reply": "non"}', option_of(TEXT)) == ("non",)
    assert read('{"reply": "None."}', option_of(Enum(("none", "some")))) == ("none",)
    for reply in ("None of these", "not none", "none, or positive"):
        with pytest.raises(BadReply):
            read(reply, option_of(Enum(MOOD)))


@pytest.mark.parametrize("reply", ["2", "2.", "Option 2", "2. a long answer\nof two lines", "A long answer of two lines"])
def test_options_of_documents_are_named_by_number_or_in_full(reply: str) -> None:
    desk = Desk(reply)
    choose = desk.function(Primitive.LLM_CHOOSE, option_of(TEXT))
    options = [data("the sea", "menu"), data("a long answer\nof two lines", "other")]
    (option,) = desk.run(lambda: choose(Text("Which?"), options))
    assert option.s == "a long answer\nof two lines"


def test_a_reply_that_denies_is_asked_again() -> None:
    replies = iter(["not positive", "negative"])
    desk = Desk(lambda request: next(replies), repairs=1)
    assert plain(desk.call(template("Read:\n", data("x")), Enum(MOOD))) == "negative"
    assert len(desk.model.requests) == 2
