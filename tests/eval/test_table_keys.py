"""Keys of values in tables: equal exactly where the values are, whoever made them."""

from __future__ import annotations

import pytest

from lambda_rlm.eval.library.keys import key_of, keys_of
from lambda_rlm.eval.provenance.told import COMPUTED, told
from lambda_rlm.types.parse_type import parse_type


@pytest.mark.parametrize(
    ("type_", "own", "replied"),
    [
        ("Float", 0.0, told(-0.0, COMPUTED)),
        ("List[Float]", [0.0], [told(-0.0, COMPUTED)]),
        ("{ a: Float, b: Int }", (0.0, 1), (told(-0.0, COMPUTED), told(1, COMPUTED))),
    ],
)
def test_numbers_of_replies_have_the_keys_of_their_equals(type_: str, own: object, replied: object) -> None:
    type_read = parse_type(type_)
    assert own == replied
    assert key_of(type_read)(own) == key_of(type_read)(replied)
    assert keys_of(type_read)([own]) == keys_of(type_read)([replied])
