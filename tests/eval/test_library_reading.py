"""Reading values, dates and durations from texts, and writing JSON."""

from __future__ import annotations

import pytest

from lambda_rlm.eval.value import Stretch, Value, origin_of
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Enum, Type, list_of, option_of, record_of
from tests.support.applying import apply, document, read

RECORD = record_of(a=INT, b=option_of(TEXT), c=list_of(FLOAT))


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        (INT, " 12\n", (12,)),
        (INT, "1.0", None),
        (INT, "9223372036854775808", None),
        (INT, "9" * 5000, None),
        (FLOAT, "-2", (-2.0,)),
        (FLOAT, "1e999", None),
        (FLOAT, "nan", None),
        (BOOL, "True", (True,)),
        (BOOL, "1", None),
        (Enum(("no", "yes")), "yes ", ("yes",)),
        (Enum(("no", "yes")), '"no"', ("no",)),
        (Enum(("no", "yes")), "maybe", None),
        (TEXT, "plain words", ("plain words",)),
        (TEXT, '"a\\ud83d\\ude00\\ud800"', ("a😀\N{REPLACEMENT CHARACTER}",)),
        (option_of(INT), "null", (None,)),
        (option_of(INT), "3", ((3,),)),
        (RECORD, '{"a":1,"c":[1,2.5],"z":{}}', ((1, None, [1.0, 2.5]),)),
        (RECORD, '{"a":1.5,"c":[]}', None),
        (RECORD, '{"a":true,"c":[]}', None),
        (RECORD, '{"a":1}', None),
        (list_of(FLOAT), "[NaN]", None),
        (list_of(INT), "[" * 200_000, None),
    ],
)
def test_parse(type_: Type, text: str, expected: Value) -> None:
    assert read(apply("parse", text, result=option_of(type_))) == expected


def test_to_json_is_compact_and_covers_the_texts_in_it() -> None:
    text = apply("to_json", (1, (document('q"é'),), [1.0]), types=(RECORD,))
    assert text.s == '{"a":1,"b":"q\\"é","c":[1.0]}'
    assert isinstance(origin_of(text), Stretch)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-01-06", "2023-01-06"),
        ("2023-1-6T10:00:00Z", "2023-01-06"),
        ("20230106", "2023-01-06"),
        ("2023年1月6日", "2023-01-06"),
        ("Jan 06, 2023", "2023-01-06"),
        ("Mon, 06 Jan 2023 10:00:00 +0000", "2023-01-06"),
        ("6th of January, 2023", "2023-01-06"),
        ("Friday, January 6, 2023 at 5:00 pm", "2023-01-06"),
        ("6.1.2023", "2023-01-06"),
        ("13/01/2023", "2023-01-13"),
        ("01-13-2023", "2023-01-13"),
        ("05/05/2023", "2023-05-05"),
        ("29 Feb 2024", "2024-02-29"),
        ("01/02/2023", None),
        ("29 Feb 2023", None),
        ("0000-01-01", None),
        ("6 Jan 23", "2023-01-06"),
        ("2023-1/6", None),
        ("6 Januember 2023", None),
        ("2023-01-06 " + "x" * 100, None),
    ],
)
def test_parse_date(text: str, expected: str | None) -> None:
    assert read(apply("parse_date", text)) == (None if expected is None else (expected,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1h 30m", 5400),
        ("90 minutes", 5400),
        ("1 hour and 30 min", 5400),
        ("1.5 hours", 5400),
        ("PT1H30M", 5400),
        ("P1DT12H", 129600),
        ("01:30:00", 5400),
        ("2 days, 3 h", 183600),
        ("0.5s", 0),
        ("1.5s", 2),
        ("1:30", None),
        ("90", None),
        ("1h 2h", None),
        ("PT", None),
        ("3 months", None),
        ("", None),
    ],
)
def test_parse_duration(text: str, expected: int | None) -> None:
    assert apply("parse_duration", text) == (None if expected is None else (expected,))
