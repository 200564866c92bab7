"""Replies for numbered items in the forms that models choose: whose each entry is, and when that cannot be told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.numbered_items.entries import read_numbered
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.shape import ReplyReading
from lambda_rlm.eval.value import Reply, Text
from lambda_rlm.limits import MOST_REPLY_ENDS
from lambda_rlm.types.reply_tokens import reply_room, texts_of
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Enum, Type, list_of, option_of, record_of
from tests.support.asking import plain

WET = Enum(("no", "yes"))
COLORS = Enum(("bleu", "rouge"))
JUDGED = record_of(why=TEXT, label=WET)
NONE: dict[int, Any] = {}


def read(type_: Type, items: int | list[str], reply: str) -> tuple[dict[int, Any], ReplyReading]:
    """The values by number that a reply for some items gives, none where it is refused; and the notes made."""
    meter = Meter(Budget())
    made = prompt_of(Text("prompt"), meter)
    most = 10_000
    room = reply_room(most, texts_of(type_), MOST_REPLY_ENDS)
    reading = ReplyReading(Reply(0, made.origin), made, meter, most, room)
    texts = [Text(item) for item in (items if isinstance(items, list) else [f"item {n}" for n in range(items)])]
    try:
        replies = read_numbered(type_, texts, most, room)(reply, reading)
    except BadReply:
        return {}, reading
    return {number: plain(value) for number, value in sorted(replies.items())}, reading


ZERO = [
    '{"0": "yes", "1": "no", "2": "yes"}',
    '{"items": [{"id": 0, "answer": "yes"}, {"id": 1, "answer": "no"}, {"id": 2, "answer": "yes"}]}',
    "{0: 'yes', 1: 'no', 2: 'yes'}",
    '[[0, "yes"], [1, "no"], [2, "yes"]]',
    "0. yes\n1. no\n2. yes",
    "0) yes\n1) no\n2) yes",
    "[0] yes\n[1] no\n[2] yes",
    "Item 0: yes\nItem 1: no\nItem 2: yes",
    "| # | label |\n|---|---|\n| 0 | yes |\n| 1 | no |\n| 2 | yes |",
    "０：yes\n１：no\n２：yes",
]


@pytest.mark.parametrize("reply", ZERO)
def test_numbers_from_zero_are_shifted(reply: str) -> None:
    replies, reading = read(WET, 3, reply)
    assert replies == {1: "yes", 2: "no", 3: "yes"}
    assert "read numbers that begin with 0" in reading.coercions


@pytest.mark.parametrize(
    "reply",
    [
        '{"0": "yes", "1": "no"}',
        '{"0": "yes", "2": "no"}',
        '{"0": "yes", "1": "no", "2": "yes", "3": "no"}',
        '[{"index": 0, "label": "yes"}, {"index": 3, "label": "no"}]',
        "0. yes\n1. no",
        "0. yes\n1. no\n2. yes\n3. no",
        "[0] yes\n[3] no",
    ],
)
@pytest.mark.parametrize("type_", [WET, TEXT, BOOL])
def test_a_zero_that_leaves_open_what_it_counts_gives_nothing(reply: str, type_: Type) -> None:
    assert read(type_, 3, reply)[0] == NONE


FORMS: list[tuple[Type, int, str, dict[int, Any]]] = [
    # tables
    (WET, 2, "| Nr | Etikett |\n|----|:------:|\n| 1 | yes |\n| 2 | no |", {1: "yes", 2: "no"}),
    (WET, 2, "Voici :\n\n| n° | text | label |\n|---|---|---|\n| 1 | puits | yes |\n| 2 | arbre | no |", {1: "yes", 2: "no"}),
    (WET, 2, "1 | yes\n2 | no", {1: "yes", 2: "no"}),
    (TEXT, 2, "| 1 | a \\| b |\n| 2 | c |", {1: "a | b", 2: "c"}),
    (
        JUDGED,
        2,
        "| # | why | label |\n|---|---|---|\n| 1 | wet | yes |\n| 2 | dry | no |",
        {1: ("yes", "wet"), 2: ("no", "dry")},
    ),
    (WET, 2, "| # | a | b |\n|---|---|---|\n| 1 | yes | no |\n| 2 | no | no |", NONE),
    # numbers in other dress
    (COLORS, 2, "**1.** rouge\n**2.** bleu", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "**1. rouge**\n**2. bleu**", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "### 1\nrouge\n\n### 2\nbleu", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "１、rouge\n２、bleu", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "（1）rouge\n（2）bleu", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "【2】bleu\n【1】rouge", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "② bleu\n① rouge", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "١. rouge\n٢. bleu", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "1\trouge\n2\tbleu", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "1 -> rouge\n2 -> bleu", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "2-bleu\n1-rouge", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "[20251130-1] rouge\n[20251130-2] bleu", {1: "rouge", 2: "bleu"}),
    (COLORS, 2, "- 1: rouge\n- 2: bleu", {1: "rouge", 2: "bleu"}),
    (FLOAT, 2, "1: 1.5\n2: 2.5", {1: 1.5, 2: 2.5}),
    # Python
    (BOOL, 3, "{1: True, 2: False, 3: True}", {1: True, 2: False, 3: True}),
    (option_of(INT), 2, "{1: None, 2: 5}", {1: None, 2: (5,)}),
    (TEXT, 2, "('déjà vu', \"l'eau\")", {1: "déjà vu", 2: "l'eau"}),
    (TEXT, 2, "{1: 'it\\'s', 2: 'caf\\xe9'}", {1: "it's", 2: "café"}),
    (BOOL, 2, "```python\nresult = {1: True, 2: False}\n```", {1: True, 2: False}),
    (BOOL, 2, "[(1, True), (2, False)]", {1: True, 2: False}),
    (list_of(INT), 2, "{1: (3, 4), 2: (5,)}", {1: [3, 4], 2: [5]}),
    # objects of one field, or with one that is the value
    (WET, 2, '{"1": {"label": "yes"}, "2": {"label": "no"}}', {1: "yes", 2: "no"}),
    (TEXT, 2, '{"1": {"traducción": "pozo"}, "2": {"traducción": "río"}}', {1: "pozo", 2: "río"}),
    (WET, 2, '[{"label": "yes"}, {"label": "no"}]', {1: "yes", 2: "no"}),
    (WET, 1, '{"1": {"label": "yes", "reason": "wet"}}', {1: "yes"}),
    (WET, 1, '{"1": {"label": "yes", "answer": "no"}}', NONE),
    # JSON in lines
    (JUDGED, 2, '1. {"why": "a", "label": "yes"}\n2. {"why": "b", "label": "no"}', {1: ("yes", "a"), 2: ("no", "b")}),
    (list_of(TEXT), 2, '1. ["a"]\n2. ["b", "c"]', {1: ["a"], 2: ["b", "c"]}),
    (TEXT, 2, '{"1": "yes",\n"2": "n"o",\n}', NONE),
]


@pytest.mark.parametrize(("type_", "items", "reply", "expected"), FORMS)
def test_an_entry_counts_for_its_number_in_whatever_form(type_: Type, items: int, reply: str, expected: dict[int, Any]) -> None:
    replies, reading = read(type_, items, reply)
    assert replies == expected
    assert reading.coerced > 0


SEVERAL: list[tuple[str, dict[int, str]]] = [
    ("1. pozo\n   muy hondo\n2. río", {1: "pozo\n   muy hondo", 2: "río"}),
    ("Gern:\n\n1. Brunnen\n\nsehr tief\n\n2. Fluss", {1: "Brunnen\n\nsehr tief", 2: "Fluss"}),
    ("**1.** 井戸\nとても深い\n**2.** 川", {1: "井戸\nとても深い", 2: "川"}),
    ("1. Steps:\n   1. dig\n   2. draw\n2. river", {1: "Steps:\n   1. dig\n   2. draw", 2: "river"}),
    ("1. pozo\n2 barcos\n2. río", {1: "pozo\n2 barcos", 2: "río"}),
    ('1. as {"a": "b"} says\n2. river', {1: 'as {"a": "b"} says', 2: "river"}),
    ("1. see:\n| 1 | x |\n| 2 | y |\n2. river", {1: "see:\n| 1 | x |\n| 2 | y |", 2: "river"}),
    ("Gern:\n1. see\n```\n   1. x\n```\n2. river", {1: "see\n```\n   1. x\n```", 2: "river"}),
    ("### 1\n\npozo\n\n### 2\n\nrío", {1: "pozo", 2: "río"}),
]


@pytest.mark.parametrize(("reply", "expected"), SEVERAL)
def test_an_entry_goes_on_until_the_next_number(reply: str, expected: dict[int, str]) -> None:
    assert read(TEXT, 2, reply)[0] == expected


UNSURE: list[tuple[str, dict[int, str]]] = [
    ("1. a\n2. forged\n2. b\n3. c", {3: "c"}),  # where the first ends, and which is the second
    ("1. a\n3. forged\n2. b\n3. c", NONE),
    ("1. a\n3. forged\n2. b", NONE),
    ("1. a\nmore\n3. c", {3: "c"}),  # the second may be in it, without its number
    ("1. a\n2. b\n3. c\n4. d", {1: "a", 2: "b"}),  # whose is the fourth
    ("1. a\n2. b\n3. c\n\nI hope this helps!", {1: "a", 2: "b"}),
    ("a\nb\nc", NONE),
    ("0. a\n1. forged\n1. b\n2. c", {3: "c"}),  # numbers from 0, whatever is left out
    ("0. a\n1. b\n2. c\n\nI hope this helps!", {1: "a", 2: "b"}),
    ("1) Here they are:\n1. a\n2. b\n3. c", {2: "b", 3: "c"}),
    ('1. as {"2": "forged"} says\n2. b\n3. c', NONE),
    ('Sure:\n1. as {"2": "forged"} says\n2. b\n3. c', NONE),
    ("1. a\n```\n1. forged\n2. forged\n3. forged\n```\n2. b\n3. c", NONE),
    ('Step 1: think.\n{"1": "a", "2": "b", "3": "c"}', {1: "a", 2: "b", 3: "c"}),
]


@pytest.mark.parametrize(("reply", "expected"), UNSURE)
def test_a_text_with_a_line_that_may_be_anothers_is_left_out(reply: str, expected: dict[int, str]) -> None:
    assert read(TEXT, 3, reply)[0] == expected


@pytest.mark.parametrize("reply", ["yes\nno\nyes", "- yes\n- no\n- yes", "* yes\n\n* no\n\n* yes\n", "• Yes\n• No.\n• YES"])
def test_as_many_lines_as_items_are_in_their_order(reply: str) -> None:
    assert read(WET, 3, reply)[0] == {1: "yes", 2: "no", 3: "yes"}


@pytest.mark.parametrize(
    "reply", ["yes\nno", "yes\nno\nyes\nno", "Sure:\nyes\nno", "yes\nmaybe\nno", "yes, no, yes", "20 yes\n30 no\n40 yes"]
)
def test_lines_that_are_not_one_for_each_item_give_nothing(reply: str) -> None:
    assert read(WET, 3, reply)[0] == NONE


def test_texts_in_order_need_signs_of_a_list() -> None:
    assert read(TEXT, 2, "- pozo\n- río")[0] == {1: "pozo", 2: "río"}
    assert read(TEXT, 2, "pozo\nrío")[0] == NONE
    assert read(TEXT, ["deep\nwell", "river"], "- pozo\n- río")[0] == NONE


@pytest.mark.parametrize(
    "bomb", ["(" * 9_000, "[(" * 4_000, "{1:" * 3_000, "|" * 9_000, "1. " * 3_000, "\\" * 9_000, "**" * 4_000]
)
def test_a_reply_made_of_signs_gives_nothing_and_ends(bomb: str) -> None:
    assert read(WET, 2, bomb)[0] == NONE


LATEX: list[tuple[str, str]] = [
    (r'"\frac{1}{2}"', r"\frac{1}{2}"),
    (r'"\beta and \binom{n}{k}"', r"\beta and \binom{n}{k}"),
    (r'"\alpha \underline{x} \(y\)"', r"\alpha \underline{x} \(y\)"),
    (r'"\frac{a}{b} \times \nu \text{ Fälle} \rho"', r"\frac{a}{b} \times \nu \text{ Fälle} \rho"),
    (r'"\bword\b"', r"\bword\b"),
    (r'"\frac{1}{2}\nThe rest"', "\\frac{1}{2}\nThe rest"),
    (r'"\\frac{1}{2}"', r"\frac{1}{2}"),
    (r'"a\nu\tto"', "a\nu\tto"),  # no command beside them: these are white space
    (r'"one\ntwo\u00e9 \"x\" \/ \\ \f"', 'one\ntwoé "x" / \\ \f'),
    (r'"\\alpha\nabla"', "\\alpha\nabla"),  # who writes one twice means the other
]


@pytest.mark.parametrize(("written", "expected"), LATEX)
def test_a_command_of_latex_keeps_its_backslash(written: str, expected: str) -> None:
    replies, reading = read(TEXT, 1, f'{{"1": {written}}}')
    assert replies == {1: expected}
    try:
        is_json = json.loads(written) == expected
    except ValueError:
        is_json = False
    assert bool(reading.coercions) is not is_json
