"""What texts of a typed reply may come to: one that keeps to its tokens is never refused for the measure alone."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.bounds.domain.abstract import AbstractList, AbstractRecord, AbstractText
from lambda_rlm.bounds.domain.makeup import DATA
from lambda_rlm.bounds.domain.reply_size import ReplyHeld
from lambda_rlm.bounds.domain.reply_size import value_of as value_of_type
from lambda_rlm.bounds.domain.size import size_of
from lambda_rlm.bounds.domain.totals import total
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.eval.asking.shape import ReplyReading
from lambda_rlm.eval.value import Reply, Text
from lambda_rlm.execution.scripts import reply_ends
from lambda_rlm.limits import MOST_REPLY_ENDS, REPLY_CHARACTERS_PER_TOKEN, REPLY_PIECE, reply_tokens
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.types.reply_tokens import ONE_TEXT, TextsOf, reply_room, texts_of
from lambda_rlm.types.type import BOOL, INT, QUOTE, TEXT, Enum, Type, list_of, option_of, record_of
from tests.support.examples import examples

O200K: Final = vocabulary_named("o200k_base")
WORDS: Final = {
    "English": [
        "Alexander",
        "Hamilton",
        "met",
        "Elizabeth",
        "Bennet",
        "at",
        "the",
        "International",
        "Exhibition;",
        "it rained.",
    ],
    "German": ["Bundesverfassungsgericht", "und", "Donaudampfschifffahrtsgesellschaft", "grüßen", "Maria Müller,", "früh."],
    "Chinese": ["船长亚哈", "驾驶着捕鲸船", "裴廓德号", "在海上追逐", "白色抹香鲸", "最终", "撞沉了船只"],
    "Thai": ["กรุงเทพมหานคร", "เป็นเมืองหลวง", "และนครที่มีประชากร", "มากที่สุด", "ของประเทศไทย"],
    "code": ["def total(values):", "return sum(v for v in values)", "# only these", "    x += 1", "self._counter()"],
}
LABEL: Final = Enum(("rather a long label, that is", "short"))
PAIR: Final = record_of(name=TEXT, note=option_of(TEXT), kind=LABEL)
TYPES: Final = (list_of(TEXT), list_of(PAIR), PAIR, record_of(title=TEXT, lines=list_of(TEXT)), list_of(list_of(TEXT)))


@st.composite
def texts(draw: st.DrawFn, script: str) -> str:
    """A name, a line or a paragraph."""
    words = draw(st.lists(st.sampled_from(WORDS[script]), min_size=1, max_size=draw(st.sampled_from([1, 3, 12, 60]))))
    return ("" if script in ("Chinese", "Thai") else " ").join(words)


def value_of(draw: Any, type_: Type, text: st.SearchStrategy[str]) -> Any:
    if type_ == TEXT:
        return draw(text)
    if type_ == LABEL:
        return draw(st.sampled_from(LABEL.labels))
    if type_ == PAIR:
        return {"name": draw(text), "note": draw(st.none() | text), "kind": draw(st.sampled_from(LABEL.labels))}
    if type_ == TYPES[3]:
        return {"title": draw(text), "lines": draw(st.lists(text, max_size=80))}
    inner = type_.arguments[0]  # type: ignore[union-attr]
    return [value_of(draw, inner, text) for _ in range(draw(st.sampled_from([1, 2, 9, 40])))]


def read(reply: str, type_: Type, out: int, script: str) -> Any:
    """The value of a reply of so many tokens in a run about texts of a script."""
    ends = reply_ends([" ".join(WORDS[script])])
    meter, shape = Meter(Budget()), shape_of(type_)
    limits = REPLY_CHARACTERS_PER_TOKEN * out, reply_room(out, shape.texts, ends), O200K
    return shape.read(reply, ReplyReading(Reply(0, None), prompt_of(Text("ask"), meter), meter, *limits))


@settings(deadline=None, max_examples=examples(150))
@given(st.data(), st.sampled_from(sorted(WORDS)), st.sampled_from(TYPES))
def test_no_reply_that_keeps_to_its_tokens_is_refused(data: st.DataObject, script: str, type_: Type) -> None:
    value = value_of(data.draw, type_, texts(script))
    is_wrapped = not isinstance(value, dict)
    reply = json.dumps({"reply": value} if is_wrapped else value, ensure_ascii=False)
    out = max(O200K.exact(reply), -(-len(reply) // REPLY_CHARACTERS_PER_TOKEN))  # of more characters none is read
    read(reply, type_, out, script)


@settings(deadline=None, max_examples=examples(200))
@given(
    st.text(max_size=300) | st.text("=漢 a\ud800", max_size=300) | st.just("<think>so</think>It is."),
    st.integers(1, 40),
    st.booleans(),
)
def test_no_reply_is_a_bad_text(reply: str, out: int, is_complete: bool) -> None:
    """A call for Text is never repaired: what is too long is cut, and nothing is still a text."""
    meter, one = Meter(Budget()), reply_tokens(out)
    most = REPLY_CHARACTERS_PER_TOKEN * out
    room = reply_room(out, ONE_TEXT, MOST_REPLY_ENDS)
    reading = ReplyReading(Reply(0, None), prompt_of(Text("ask"), meter), meter, most, room, O200K, is_complete)
    assert O200K.size(shape_of(TEXT).read(reply, reading).s).tokens <= one


def test_a_list_of_many_names_is_read() -> None:
    names = [f"{first} {last}" for first in ("Alexander", "Elizabeth", "Fitzwilliam") for last in WORDS["English"][:5]] * 10
    reply = json.dumps({"reply": names})
    assert len(read(reply, list_of(TEXT), O200K.exact(reply), "English")) == 150


def test_a_list_of_thai_lines_is_read() -> None:
    """A line without spaces is one piece, of nine bytes for each token."""
    reply = json.dumps({"reply": ["".join(WORDS["Thai"] * 6)] * 20}, ensure_ascii=False)
    assert len(read(reply, list_of(TEXT), O200K.exact(reply), "Thai")) == 20


def test_texts_of_a_reply_keep_to_one_limit_and_a_joint_one() -> None:
    long = json.dumps({"reply": ["漢" * 40]}, ensure_ascii=False)
    many = json.dumps({"reply": ["漢" * 20] * 6}, ensure_ascii=False)
    for reply, most in ((long, "84"), (many, "224")):
        with pytest.raises(BadReply, match=f"more than {most} tokens"):
            read(reply, list_of(TEXT), 20, "English")


@pytest.mark.parametrize("type_", [list_of(TEXT), list_of(list_of(TEXT)), TYPES[3]])
def test_the_analysis_knows_what_texts_of_lists_have_together(type_: Type) -> None:
    """Each at most 84 tokens, and all of them what eight for each token of the reply come to, and the ends of one."""
    texts_are = DATA._replace(counted=size_of(84), piece=REPLY_PIECE)
    value = value_of_type(type_, size_of(160), ReplyHeld(size_of(20), texts_are, size_of(224), size_of(326)))
    if isinstance(value, AbstractRecord):
        title, value = value.field("title"), value.field("lines")
        assert isinstance(title, AbstractText) and title.tokens.value == 84
    counts = []
    while isinstance(value, AbstractList) and value.element is not None:
        counts.append((value.length, value.owner))
        value = value.element
    assert isinstance(value, AbstractText)
    assert value.tokens.value == 84
    tokens = value.tokens
    for length, owner in reversed(counts):
        tokens = total(tokens, length, owner)
    assert tokens.value == 224


@pytest.mark.parametrize(("type_", "texts_in"), [
    (TEXT, TextsOf(1)), (INT, TextsOf()), (list_of(BOOL), TextsOf()), (list_of(LABEL), TextsOf()), (PAIR, TextsOf(2)),
    (list_of(TEXT), TextsOf(0, Fraction(1, 2))), (list_of(PAIR), TextsOf(0, Fraction(2, 12))),
    (TYPES[3], TextsOf(1, Fraction(1, 2))), (TYPES[4], TextsOf(0, Fraction(1, 2))),
    (list_of(record_of(n=INT, said=QUOTE, pair=PAIR, also=option_of(INT))), TextsOf(0, Fraction(3, 22))),
])  # fmt: skip
def test_labels_numbers_and_booleans_are_none_of_the_texts(type_: Type, texts_in: TextsOf) -> None:
    assert texts_of(type_) == texts_in
