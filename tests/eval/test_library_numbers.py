"""Medians, rounding, numbers as they are written, and days of the calendar, at their edges."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.diagnostics.faults import PrimitiveFault
from lambda_rlm.eval.provenance.told import told, told_origin
from lambda_rlm.eval.value import Reply, Stretch, Value, origin_of
from lambda_rlm.limits import MOST_DECIMALS
from lambda_rlm.types.type import FLOAT, INT, TEXT, list_of
from tests.support.applying import apply, document, read


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("median", ([],), None),
        ("median", ([3],), (3.0,)),
        ("median", ([3, 1, 2],), (2.0,)),
        ("median", ([4, 1, 3, 2],), (2.5,)),
        ("median", ([1, 1, 1, 9],), (1.0,)),
        # Neither lost nor too large on the way.
        ("median", ([1.7e308, 1.7e308],), (1.7e308,)),
        ("median", ([-1.7e308, 1.7e308],), (0.0,)),
        ("median", ([2**63 - 1, 2**63 - 3],), (float(2**63),)),
        ("percentile", ([], 50), None),
        ("percentile", ([5], 99), (5.0,)),
        ("percentile", ([4, 1, 3, 2], 25), (1.75,)),
        ("percentile", ([15, 20, 35, 40, 50], 40), (29.0,)),
        ("percentile", ([1.0, 2.0], 12.5), (1.125,)),
        ("percentile", ([3, 1, 2], 0), (1.0,)),
        ("percentile", ([3, 1, 2], 100), (3.0,)),
        ("percentile", ([3, 1, 2], 100.001), None),
        ("percentile", ([3, 1, 2], -1), None),
        # A share of 57 hundredths is none of a Float: numpy gives 56.99999999999999 here.
        ("percentile", ([*range(101)], 57), (57.0,)),
        ("round", (2.5, 0), 2.0),
        ("round", (2.675, 2), 2.67),
        ("round", (0.125, 2), 0.12),
        ("round", (1234.5, -2), 1200.0),
        ("round", (1250, -2), 1200.0),
        ("round", (7, 2), 7.0),
        ("round", (1.5, 2**63 - 1), 1.5),
        ("round", (1.5, -(2**63)), 0.0),
        ("round", (2**63 - 1, -(2**63)), 0.0),
        ("format_number", (0,), "0"),
        ("format_number", (999,), "999"),
        ("format_number", (-1234567,), "-1,234,567"),
        ("format_number", (-(2**63),), "-9,223,372,036,854,775,808"),
        ("format_number", (2**63 - 1, 2), "9,223,372,036,854,775,807.00"),
        ("format_number", (1234.5,), "1,234.5"),
        ("format_number", (1234.0,), "1,234.0"),
        ("format_number", (1234.5, 0), "1,234"),
        ("format_number", (1234.567, 2), "1,234.57"),
        ("format_number", (-0.001, 2), "0.00"),
        ("format_number", (1234567, -3), "1,234,567"),
        ("format_number", (0.5, 99), "0.50000000000000000000"),
        ("format_number", (1e300, 2), "1e+300"),
        ("format_number", (999999999999999900000.0, 20), "999,999,999,999,999,868,928." + "0" * 20),
        ("days_between", ("2024-02-28", "2024-03-01"), (2,)),
        ("days_between", ("2023-02-28", "2023-03-01"), (1,)),
        ("days_between", ("1 March 2024", "2024-02-28T10:00:00Z"), (-2,)),
        ("days_between", ("0001-01-01", "9999-12-31"), (3652058,)),
        ("days_between", ("2024-01-01", "soon"), None),
        ("days_between", ("soon", "2024-01-01"), None),
        ("add_days", ("2024-02-28", 1), ("2024-02-29",)),
        ("add_days", ("2024-03-01", -1), ("2024-02-29",)),
        ("add_days", ("0001-01-01", -1), None),
        ("add_days", ("9999-12-31", 1), None),
        ("add_days", ("9999-12-30", 1), ("9999-12-31",)),
        ("add_days", ("2024-01-01", 2**63 - 1), None),
        ("add_days", ("2024-01-01", -(2**63)), None),
        ("add_days", ("May 2024", 1), None),
        ("weekday", ("2024-02-29",), (4,)),
        ("weekday", ("x" * 200,), None),
        ("month", ("31/12/2024",), (12,)),
        ("month", ("12/11/2024",), None),
    ],
)
def test_edges(name: str, arguments: tuple[Value, ...], expected: Value) -> None:
    given_types = {"median": (list_of(INT),), "percentile": (list_of(INT), INT)} if arguments[0] == [] else {}
    assert read(apply(name, *arguments, types=given_types.get(name))) == expected


def test_what_rounds_past_the_largest_float_is_a_fault() -> None:
    with pytest.raises(PrimitiveFault) as caught:
        apply("round", 1.7e308, -308)
    assert caught.value.code == "E0412" and caught.value.span is not None


days = st.dates()


@given(days, days)
def test_adding_the_days_between_leads_to_the_other_date(a: date, b: date) -> None:
    (n,) = apply("days_between", a.isoformat(), b.isoformat())
    assert read(apply("add_days", a.isoformat(), n)) == (b.isoformat(),)
    assert apply("days_between", b.isoformat(), a.isoformat()) == (-n,)


@given(days)
def test_a_weekday_is_that_of_the_calendar(day: date) -> None:
    assert apply("weekday", day.strftime("%d.%m.") + f"{day.year:04}") == (day.isoweekday(),)
    assert apply("month", day.isoformat()) == (day.month,)


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1).map(float)


@given(st.lists(numbers, min_size=1, max_size=9), st.floats(0, 100), st.floats(0, 100))
def test_percentiles_rise_with_p_and_stay_among_the_numbers(xs: list[float], p: float, q: float) -> None:
    (low,), (high,) = apply("percentile", xs, min(p, q)), apply("percentile", xs, max(p, q))
    assert min(xs) <= low <= high <= max(xs)
    assert apply("percentile", xs, 50) == apply("median", xs)


@given(numbers, st.integers(-9, 30))
def test_a_written_number_is_the_number_rounded(x: float, digits: int) -> None:
    s = apply("format_number", x, digits).s
    decimals = max(0, min(digits, MOST_DECIMALS))
    assert float(s.replace(",", "")) == (round(x, decimals) + 0.0 if abs(x) < 1e21 else x)
    assert abs(x) >= 1e21 or len(s.partition(".")[2]) == decimals


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_written_whole_number_loses_no_digit(n: int) -> None:
    s = apply("format_number", n).s
    assert int(s.replace(",", "")) == n
    assert all(len(group) == 3 for group in s.lstrip("-").split(",")[1:])


def test_a_written_number_of_a_reply_knows_its_origin() -> None:
    reply = Reply(1, None)
    assert told_origin(apply("format_number", told(12345, reply), types=(INT,))) is reply
    assert apply("format_number", told(12345.5, reply), 1, types=(FLOAT, INT)).s == "12,345.5"
    assert told_origin(apply("format_number", 12345)) is None


def test_a_date_that_is_counted_from_another_covers_it() -> None:
    text = document("2024-02-28")
    (later,) = apply("add_days", text, 2, types=(TEXT, INT))
    stretch = origin_of(later)
    assert later.s == "2024-03-01" and isinstance(stretch, Stretch) and (stretch.start, stretch.end) == (0, 10)
