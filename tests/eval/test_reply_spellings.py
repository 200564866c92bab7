"""Replies of small models as they come: what is around a label or number, and what must not be read over."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Enum, Type, list_of, option_of, record_of
from tests.eval.test_named import label, read
from tests.eval.test_numbered_replies import JUDGED, WET
from tests.eval.test_numbered_replies import read as read_items

MOOD = ("positive", "negative")
LANGUAGES = ("C", "C#", "C++", "Objective-C")
GRADES = ("A", "B", "C")
GENRES = ("fiction", "non-fiction", "sci-fi", "science fiction")

NAMED = [
    ("[x] positive", MOOD, "positive"),
    ("positive<|im_end|>", MOOD, "positive"),
    ("positive</s>", MOOD, "positive"),
    ("Sure! positive", MOOD, "positive"),
    ("Sure, here is the answer: positive", MOOD, "positive"),
    ("Here's the label: Positive", MOOD, "positive"),
    ("Based on the review, I would classify it as: negative", MOOD, "negative"),
    ("The sentiment expressed in the text is positive.", MOOD, "positive"),
    ("I think it is positive.", MOOD, "positive"),
    ("Positive\n\nExplanation: the author likes it, and it is positive throughout.", MOOD, "positive"),
    ("**Negative**\n\n**Reasoning:** it broke.", MOOD, "negative"),
    ("Ulasan ini positif", ("positif", "negatif"), "positif"),
    ("این نظر مثبت است", ("مثبت", "منفی"), "مثبت"),
    ("Score: -1", ("-1", "0", "+1"), "-1"),
    ("−1", ("-1", "0", "1"), "-1"),
    ("Feature Request", ("bug", "feature_request"), "feature_request"),
    ("not\\_spam", ("spam", "not_spam"), "not_spam"),
    ("not spam", ("spam", "not_spam"), "not_spam"),
    ("Non\u2011Fiction", GENRES, "non-fiction"),
    ("Science-Fiction", GENRES, "science fiction"),
    ("It's a B", GRADES, "B"),
    ("The answer is A", GRADES, "A"),
]

NO_LABEL = [
    ("[ ] positive", MOOD),
    ("un-positive", MOOD),
    ("C+", LANGUAGES),
    ("C-", LANGUAGES),
    ("C ++", LANGUAGES),
    ("C+++", LANGUAGES),
    ("C#", ("C", "Java")),
    ("- 1", ("-1", "0", "1")),
    ("Answer - 1", ("-1", "0", "1")),
    ("- $5", ("$5", "-$5")),
    ("a review", GRADES),
    ("It's a", GRADES),
    ("nonfiction", GENRES),
    ("是不是", ("是", "不是")),
    ("positive\n\nExplanation: it is negative", MOOD),
    ("positive\n\nBut that is wrong.", MOOD),
]


@pytest.mark.parametrize(("reply", "labels", "meant"), NAMED)
def test_a_label_is_read_as_small_models_write_it(reply: str, labels: tuple[str, ...], meant: str) -> None:
    assert label(reply, labels) == meant


@pytest.mark.parametrize(("reply", "labels"), NO_LABEL)
def test_what_may_be_another_label_is_none(reply: str, labels: tuple[str, ...]) -> None:
    assert label(reply, labels) is None


SPOILED = (
    "–3|- 3|− 3|3?|3+|3-|500-|(500)|($500)|USD (500)|not 3|isn't 3|nicht 3|ei 3|nem 3|не 3|ليس 3|לא 3|3 नहीं|không 3|tidak 3|3ではない|"
    "3个都没有|3개 없음|ไม่ใช่ 3|minus 3|negative 3|moins 3|минус 3|负3|マイナス3|ลบ 3|at least 3|mindestens 3|最多3|3以上|3 or more|"
    "über 3|less than 3|5 ezer|3 millió|5 tuhatta|elfu 3|3 elfu|3 mii|3 duizend|none, 3|3 3 3 3 3 3 3 3 3 3"
)


@pytest.mark.parametrize("reply", SPOILED.split("|"))
def test_a_number_that_is_denied_bounded_or_multiplied_is_none(reply: str) -> None:
    for type_ in (INT, FLOAT):
        with pytest.raises(BadReply):
            read(reply, type_)


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("-$3", -3),
        ("−€1,200.00", -1200),
        ("$-3", -3),
        ("-US$ 3", -3),
        ("three (3)", 3),
        ("[3]", 3),
        ("No. 3", 3),
        ("about 3 miles", 3),
        ("Answer: 3\nExplanation: 1 red and 2 blue", 3),
        ("3\n\nReason: 1 red and 2 blue", 3),
        ("En total hay 3", 3),
        ("Not all pages count.\nAnswer: 3", 3),
    ],
)
def test_a_number_keeps_the_sign_that_is_written(reply: str, value: int) -> None:
    assert read(reply, INT) == value


@pytest.mark.parametrize(("reply", "value"), [("ndiyo", True), ("Hapana.", False), ("Yes\n\nExplanation: not spam", True)])
def test_a_word_for_true_or_false_is_read(reply: str, value: bool) -> None:
    assert read(reply, BOOL) is value


def test_none_is_the_label_where_there_is_one() -> None:
    optional = option_of(Enum(("bug", "none")))
    assert read("None", optional) == ("none",)
    assert read("null", optional) is None
    assert read("None", option_of(INT)) is None


YES_NO_YES = {1: "yes", 2: "no", 3: "yes"}
IN_ORDER = {1: ("yes", "a"), 2: ("no", "b")}


@pytest.mark.parametrize(
    ("type_", "items", "reply", "values"),
    [
        (WET, 3, "1: yes, 2: no, 3: yes", YES_NO_YES),
        (WET, 3, "1. yes 2. no 3. yes", YES_NO_YES),
        (WET, 3, "Q1: yes\nQ2: no\nQ3: yes", YES_NO_YES),
        (WET, 3, "Respuesta 1: yes\nRespuesta 2: no\nRespuesta 3: yes", YES_NO_YES),
        (WET, 3, "第1项：yes\n第2项：no\n第3项：yes", YES_NO_YES),
        (WET, 3, "number\tlabel\n1\tyes\n2\tno\n3\tyes", YES_NO_YES),
        (WET, 3, "{1: yes, 2: no, 3: yes}", YES_NO_YES),
        (WET, 3, '{"1": ["yes"], "2": ["no"], "3": ["yes"]}', YES_NO_YES),
        (WET, 3, '["[1] yes", "[2] no", "[3] yes"]', YES_NO_YES),
        (WET, 3, '["2. no", "3. yes", "1. yes"]', YES_NO_YES),
        (WET, 3, "Step 1: read.\nStep 2: judge.\n\n1. yes\n2. no\n3. yes", YES_NO_YES),
        (WET, 3, '{"-1": "yes", "-2": "no", "-3": "yes"}', {}),
        (TEXT, 2, "1. pozo 2. río", {}),
        (TEXT, 2, '["1. pozo", "2. río"]', {1: "pozo", 2: "río"}),
        (TEXT, 2, '["3. Juli", "1. Mai"]', {1: "3. Juli", 2: "1. Mai"}),
        (JUDGED, 2, '{"why": "a", "label": "yes"}\n{"why": "b", "label": "no"}', IN_ORDER),
        (INT, 2, '{"1": "-$5", "2": "(5)"}', {1: -5}),
    ],
)
def test_items_are_read_as_small_models_number_them(type_: Type, items: int, reply: str, values: dict[int, Any]) -> None:
    assert read_items(type_, items, reply)[0] == values


def test_a_word_without_quotes_is_a_text() -> None:
    named = record_of(name=TEXT)
    assert read("{name: Ada}", named) == ("Ada",)
    assert read('{"name": "Ada // Bo" // the author\n}', named) == ("Ada // Bo",)
    for value in ("NaN", "Infinity", "undefined", "nil"):
        with pytest.raises(BadReply):
            read(f"{{name: {value}}}", named)


@pytest.mark.parametrize("type_", [option_of(INT), option_of(WET), list_of(TEXT), option_of(list_of(INT))])
@pytest.mark.parametrize("reply", ["", " \n", "<think>hm</think>"])
def test_no_reply_is_no_null(reply: str, type_: Type) -> None:
    with pytest.raises(BadReply):
        read(reply, type_)


def test_an_empty_entry_is_no_null() -> None:
    assert read_items(option_of(WET), 3, "1. yes\n2.\n3. null")[0] == {1: ("yes",), 3: None}


@pytest.mark.parametrize(
    ("type_", "reply", "values"),
    [
        (list_of(TEXT), "Here are the names:\n- Ada\n- Bo", ["Ada", "Bo"]),
        (list_of(TEXT), "以下です：\n1. 東京\n2. 京都", ["東京", "京都"]),
        (list_of(INT), "3, 5, -7", [3, 5, -7]),
        (list_of(INT), "-3\n-5", [-3, -5]),
        (list_of(FLOAT), "0.5, 2", [0.5, 2.0]),
        (list_of(WET), "Yes, no, yes.", ["yes", "no", "yes"]),
    ],
)
def test_a_list_is_read_as_small_models_write_it(type_: Type, reply: str, values: list[Any]) -> None:
    assert read(reply, type_) == values


@pytest.mark.parametrize(
    ("type_", "reply"),
    [
        (list_of(INT), "3,5"),
        (list_of(INT), "3, about 5"),
        (list_of(WET), "yes, not no"),
        (list_of(Enum(("no", "yes", "yes, partly"))), "yes, partly"),
        (list_of(TEXT), "Ada, Bo"),
    ],
)
def test_what_may_be_no_list_is_none(type_: Type, reply: str) -> None:
    with pytest.raises(BadReply):
        read(reply, type_)
