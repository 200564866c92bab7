"""What somebody who is shown no contents may see of a value."""

from __future__ import annotations

import json
import random
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.synth.blind import LONGEST, MOST_ELEMENTS, blind
from lambda_rlm.types.parse_type import parse_type

SECRET = "Zürich-4711"


@pytest.mark.parametrize(
    ("value", "type_", "shown"),
    [
        (351, "Int", "351"),
        (-2.5, "Float", "-2.5"),
        (True, "Bool", "true"),
        ("Kenya: 42", "Text", '"Aaaa: 99"'),
        ("2024-03-01", "Text", '"999-99-99"'),
        ("", "Text", '""'),
        ("a 1\n\nB 2\nc\nd\n", "Text", '"a 9" / "A 9" / "a" / … (4 lines)'),
        ('say "so"', "Quote", '"aaa \\"aa\\""'),
        ("late", '"early" | "late"', '"late"'),
        (None, "Option[Int]", "none"),
        (7, "Option[Int]", "some(7)"),
        ([], "List[Int]", "[]"),
        ([3, 1, 2], "List[Int]", "[3, 1, 2]"),
        (list(range(40)), "List[Int]", "[0, 1, 2, 3, 4, 5, 6, 7, …] (40 elements)"),
        ([None, "x"], "List[Option[Text]]", '[none, some("a")]'),
        ({"n": 2, "who": "Ann"}, "{ who: Text, n: Int }", '{ n: 2, who: "Aaa" }'),
    ],
    ids=str,
)
def test_a_value_is_shown_as_numbers_and_masks(value: Any, type_: str, shown: str) -> None:
    assert blind(value, parse_type(type_)) == shown


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (SECRET, "Text"),
        ([SECRET] * 9, "List[Text]"),
        ({"a": {"b": [SECRET]}}, "{ a: { b: List[Text] } }"),
        (SECRET, "Option[Quote]"),
        ("\n".join([SECRET] * 50), "Text"),
    ],
    ids=str,
)
def test_no_text_is_shown(value: Any, type_: str) -> None:
    shown = blind(value, parse_type(type_))
    assert "rich" not in shown and "4711" not in shown and "ü" not in shown and "?" not in shown


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (["word " * 50] * 10**6, "List[Text]"),
        ([[["x " * 40] * 100] * 100] * 100, "List[List[List[Text]]]"),
        ("a-1 b " * 10**6, "Text"),
        ([2**62] * 500, "List[Int]"),
    ],
    ids=["texts", "nested", "long", "numbers"],
)
def test_a_form_is_short_whatever_the_value(value: Any, type_: str) -> None:
    assert len(blind(value, parse_type(type_))) <= LONGEST


def test_a_form_has_few_elements_of_a_list() -> None:
    assert blind([9] * 1_000, parse_type("List[Int]")).count("9") == MOST_ELEMENTS


ROW = parse_type('{ name: Text, kind: "a" | "b", n: Int, more: List[Option[Text]] }')
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.text(string.ascii_letters + string.digits + " :\n", max_size=30),
            "kind": st.sampled_from("ab"),
            "n": st.integers(-(2**63), 2**63 - 1),
            "more": st.lists(st.none() | st.text(string.ascii_letters, max_size=9), max_size=4),
        }
    ),
    max_size=12,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_texts_of_one_layout_have_one_form(rows: list[dict[str, Any]], chance: random.Random) -> None:
    def other(text: str) -> str:
        kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
        return "".join(chance.choice(next((kind for kind in kinds if sign in kind), sign)) for sign in text)

    twins = [
        {**row, "name": other(row["name"]), "more": [None if one is None else other(one) for one in row["more"]]}
        for row in rows
    ]
    type_ = parse_type(f"List[{ROW!r}]")
    assert blind(rows, type_) == blind(twins, type_)
    assert json.dumps(blind(rows, type_))
