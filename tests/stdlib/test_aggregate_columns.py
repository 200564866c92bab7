"""What `aggregate` calculates over columns is what plain Python calculates, in one call, whatever the table looks like."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import pairwise
from random import Random
from statistics import median
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from tests.stdlib.test_strategies import WIDE
from tests.support.answering import ask
from tests.support.faithful import Faithful, plans

pytestmark = pytest.mark.slow

COUNTING = "Say what has to be counted"
Rows = list[dict[str, Any]]


def that(field: str, test: str, *values: str) -> dict[str, Any]:
    return {"field": field, "test": test, "values": list(values)}


def asked(given: Rows | str, labels: tuple[str, ...] = (), question: str = "What is it?", **plan: Any) -> Run:
    """A question over rows, or over a text, whose plan is the one of a count with these changes."""
    model = Faithful(WIDE, {COUNTING: {**plans(labels)[COUNTING], "first": [], **plan}})
    inputs = from_values({"context": given} if isinstance(given, str) else {"rows": given})
    run = anyio.run(lambda: ask(question, inputs, model, Budget(), choice="plan", task="aggregate"))
    assert run.fault is None, run.fault
    assert run.bound is not None
    assert run.usage.calls <= (run.bound.calls or 0)
    return run


def answer(given: Rows | str, **plan: Any) -> str:
    """The answer without the line that tells how it was calculated."""
    run = asked(given, **plan)
    assert run.usage.calls == 1
    return "\n".join(line for line in str(run.value).split("\n") if not line.startswith("("))


def written(x: float | Fraction, digits: int) -> str:
    """A number as an answer has it: no zeros at its end."""
    text = f"{round(float(x), digits):.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# ── the questions that people ask of tables ──


@cache
def orders() -> tuple[dict[str, Any], ...]:
    draw = Random(20261201)
    countries = ["Kenya", "Chile", "Japan", "Norway"]
    return tuple(
        {
            "order_id": 100_000 + n,
            "date": date.fromordinal(date(2023, 11, 1).toordinal() + draw.randrange(500)).isoformat(),
            "customer": f"C{draw.randrange(1, 12):04d}",
            "country": countries[draw.randrange(4)],
            "quantity": draw.randrange(1, 12),
            "unit_price": draw.randrange(199, 49_999) / 100,
            "status": draw.choice(["delivered", "delivered", "cancelled", "returned"]),
        }
        for n in range(160)
    )


def by(rows: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], str]) -> dict[str, Rows]:
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def test_the_three_countries_with_the_highest_revenue() -> None:
    delivered = [row for row in orders() if row["status"] == "delivered"]
    revenue = {
        country: sum(Fraction(row["quantity"]) * Fraction(str(row["unit_price"])) for row in rows)
        for country, rows in by(delivered, lambda row: row["country"]).items()
    }
    best = sorted(revenue, key=lambda country: -revenue[country])[:3]
    run = asked(
        list(orders()),
        where=[that("status", "is", "delivered")],
        measure="sum", of="quantity", times="unit_price", ask="top", by="country", number=3, decimals=0,
    )  # fmt: skip
    assert run.value == "\n".join(
        [
            *(f"{country}: {round(revenue[country])}" for country in best),
            f"(sum of quantity × unit_price; where status = delivered; {len(delivered)} of 160 rows)",
        ]
    )


def test_how_many_were_cancelled_in_each_month_of_a_year() -> None:
    cancelled = [row for row in orders() if row["status"] == "cancelled" and row["date"].startswith("2024")]
    counts = {month: len(rows) for month, rows in by(cancelled, lambda row: row["date"][:7]).items()}
    where = [that("status", "is", "Cancelled"), that("year of date", "is", "2024")]
    table = answer(list(orders()), where=where, ask="table", by="month of date")
    assert table == "\n".join(f"{month}: {count}" for month, count in sorted(counts.items()))


def test_the_customer_with_the_longest_gap_between_two_orders() -> None:
    gaps: dict[str, int] = {}
    for customer, rows in by(orders(), lambda row: row["customer"]).items():
        days = sorted(date.fromisoformat(row["date"]).toordinal() for row in rows)
        gaps[customer] = max(later - earlier for earlier, later in pairwise(days))
    longest = max(gaps.values())
    found = answer(list(orders()), measure="longest gap", of="date", ask="most", by="customer", number=1)
    assert found == "\n".join(f"{customer}: {gap}" for customer, gap in sorted(gaps.items()) if gap == longest)


@cache
def log() -> tuple[dict[str, Any], ...]:
    draw = Random(7)
    services = ["gateway", "payments", "mailer"]
    return tuple(
        {
            "time": f"2026-03-01T00:{n // 60:02}:{n % 60:02}",
            "level": draw.choice(["INFO", "WARN", "ERROR"]),
            "service": draw.choice(services),
            "trace": f"{draw.randrange(30):05x}",
            "latency": f"{draw.randrange(1, 900)}ms",
        }
        for n in range(200)
    )


def test_the_service_with_the_highest_percentile_of_latency() -> None:
    found = {}
    for service, rows in by(log(), lambda row: row["service"]).items():
        ordered = sorted(int(row["latency"][:-2]) for row in rows)
        place = Fraction(95, 100) * (len(ordered) - 1)
        low = math.floor(place)
        found[service] = ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])
    best = max(found, key=lambda service: found[service])
    plan: dict[str, Any] = {
        "measure": "percentile",
        "of": "latency",
        "percent": 95,
        "ask": "most",
        "by": "service",
        "number": 1,
    }
    assert answer(list(log()), **plan) == f"{best}: {written(found[best], 4)}"
    assert "(ms)" in str(asked(list(log()), **plan).value)


def test_traces_in_which_one_thing_comes_before_another() -> None:
    count = 0
    for rows in by(log(), lambda row: row["trace"]).values():
        errors = [n for n, row in enumerate(rows) if (row["level"], row["service"]) == ("ERROR", "payments")]
        warnings = [n for n, row in enumerate(rows) if (row["level"], row["service"]) == ("WARN", "mailer")]
        count += bool(errors and warnings and errors[0] < warnings[-1])
    assert count > 0
    first = [that("level", "is", "ERROR"), that("service", "is", "payments")]
    second = [that("level", "is", "WARN"), that("service", "is", "mailer")]
    plan: dict[str, Any] = {"first": first, "second": second, "ask": "groups", "by": "trace", "test": "first before second"}
    assert answer(list(log()), **plan) == str(count)


LANDS: Rows = [
    {"name": "Algeria", "region": "africa", "area": "2,381,740 sq km", "people": 47_735_685},
    {"name": "Chad", "region": "africa", "area": "1,284,000 sq km", "people": 19_674_004},
    {"name": "Burundi", "region": "africa", "area": "27,830 sq km", "people": 13_590_102},
    {"name": "Malta", "region": "europe", "area": "316 sq km", "people": 469_730},
    {"name": "Norway", "region": "europe", "area": "323,802 sq km", "people": 5_509_733},
    {"name": "Svalbard", "region": "europe", "area": "62,045 sq km", "people": None},
    {"name": "Andorra", "region": "europe", "area": "468 sq km", "people": 85_370},
    {"name": "Greece", "region": "europe", "area": "131,957 sq km", "people": 10_461_091},
]


def test_the_largest_countries_of_a_region() -> None:
    plan: dict[str, Any] = {
        "where": [that("region", "is", "Africa")],
        "measure": "highest",
        "of": "area",
        "ask": "top",
        "by": "name",
    }
    assert answer(LANDS, **plan, number=2) == "Algeria: 2381740\nChad: 1284000"
    assert answer(LANDS, **{**plan, "ask": "bottom"}, number=1) == "Burundi: 27830"


def test_the_median_of_those_that_give_a_number() -> None:
    people = [row["people"] for row in LANDS if row["region"] == "europe" and row["people"] is not None]
    run = asked(LANDS, where=[that("region", "is", "europe")], measure="median", of="people")
    assert run.value == f"{median(people):.1f}\n(median of people; where region = europe; 4 of 8 rows)"


def test_one_of_several_numbers_in_a_cell() -> None:
    rows = [
        {"land": "a", "area": "total : 1,200,000 sq km land: 900 sq km"},
        {"land": "b", "area": "land: 1,500 sq km total: 1,700 sq km"},
        {"land": "c", "area": "many"},
    ]
    run = asked(rows, measure="sum", of="area", after="total")
    told = "1 of 3 rows are left out: this cannot be read in `area`: many"
    assert run.value == f"{told}\n1201700\n(sum of area (sq km); 2 of 3 rows)"


# ── each measure, condition and order ──

SALES: Rows = [
    {"city": "Rome", "amount": 0.1, "day": "2023-03-02", "note": "late"},
    {"city": "Oslo", "amount": 0.2, "day": "2023-03-09", "note": "fine"},
    {"city": "Rome", "amount": 0.2, "day": "2023-04-01", "note": "came late"},
    {"city": "Bern", "amount": -1.5, "day": "2024-03-31", "note": ""},
    {"city": "Oslo", "amount": 0.1, "day": "2024-05-05", "note": "fine"},
]


@pytest.mark.parametrize(
    ("expected", "plan"),
    [
        ("Rome: 0.3\nOslo: 0.3\nBern: -1.5", {"measure": "sum", "ask": "table"}),
        ("Oslo: 0.3\nRome: 0.3", {"measure": "sum", "ask": "most", "number": 1}),
        ("Bern: -1.5", {"measure": "sum", "ask": "least", "number": 1}),
        ("Oslo: 0.3\nRome: 0.3", {"measure": "sum", "ask": "top", "number": 1}),
        ("0.15", {"measure": "mean", "by": None, "where": [that("month name of day", "is", "March"), that("amount", "after", "0")]}),
        ("-0.18", {"measure": "mean", "by": None}),
        ("0.1", {"measure": "median", "by": None}),
        ("0.2", {"measure": "highest", "by": None}),
        ("-1.5", {"measure": "lowest", "by": None}),
        ("3", {"measure": "distinct", "of": "city", "by": None}),
        ("2", {"measure": "distinct", "of": "city", "by": None, "where": [that("note", "contains", "e")]}),
        ("40%", {"measure": "share", "of": None, "by": None, "first": [that("city", "is", "rome")]}),
        ("Oslo: 40%\nRome: 40%\nBern: 20%", {"measure": "share", "of": None, "ask": "table"}),
        ("Rome: 100%\nOslo: 50%\nBern: 0%", {"measure": "share", "of": None, "ask": "table", "first": [that("year of day", "is", "2023")]}),
        ("0.10", {"measure": "sum", "by": None, "decimals": 2, "where": [that("day", "to", "2023-03-05")]}),
        ("0.3", {"measure": "sum", "by": None, "where": [that("day", "from", "2023-03-01"), that("day", "before", "2023-04")]}),
        ("none", {"measure": "mean", "by": None, "where": [that("city", "is", "Paris")]}),
        ("more", {"measure": "sum", "ask": "compare", "by": None, "first": [that("city", "is", "Rome")], "second": [that("city", "is", "Bern")]}),
        ("2", {"measure": "sum", "ask": "groups", "test": "at least", "number": 0}),
        ("Thursday: 0.3\nSunday: 0.1\nSaturday: 0.2", {"measure": "sum", "ask": "table", "by": "weekday of day", "where": [that("amount", "after", "0")]}),
    ],
)  # fmt: skip
def test_a_measure_of_a_column(expected: str, plan: dict[str, Any]) -> None:
    found = answer(SALES, **{"of": "amount", "by": "city", **plan})
    if "\n" in expected:
        assert sorted(found.split("\n")) == sorted(expected.split("\n"))
    else:
        assert found == expected


def test_columns_of_a_text_are_calculated_too() -> None:
    text = "\n".join(
        f"who: {who} | paid: {paid}" for who, paid in [("ann", "1.200,50 €"), ("bob", "3,25 €"), ("ann", "1.000 €")]
    )
    assert answer(text, measure="sum", of="paid", ask="table", by="who") == "ann: 2200.5\nbob: 3.25"


def test_labels_are_calculated_where_no_column_has_what_is_asked() -> None:
    rows = [{"text": f"[k={'late' if n % 3 else 'fine'}]", "paid": n} for n in range(9)]
    late = that("label", "is", "late")
    run = asked(rows, ("late", "fine"), first=[late], measure="sum", of="paid")
    assert str(run.value).split("\n")[0] == str(sum(n for n in range(9) if n % 3))
    assert run.usage.calls == 2


# ── what cannot be read is told ──


def test_what_is_no_number_is_counted_and_shown() -> None:
    rows = [{"w": "5 kg"}, {"w": "n/a"}, {"w": ""}, {"w": "1,5 kg"}]
    assert asked(rows, measure="sum", of="w").value == (
        "1 of 4 rows are left out: this cannot be read in `w`: n/a\n6.5\n(sum of w (kg); 2 of 4 rows)"
    )


def test_dates_that_could_be_two_are_counted_and_shown() -> None:
    text = "\n".join(f"day: {day} | who: x" for day in ("1/2/2023", "2/2/2023", "3/4/2023"))
    told = "of 3 rows are left out: this cannot be read in"
    assert asked(text, where=[that("month of day", "is", "2023-02")]).value == f"2 {told} `month of day`: 1/2/2023\n1"
    assert asked(text, where=[that("day", "before", "2023-03-01")]).value == f"2 {told} `day`: 1/2/2023\n1"


def test_several_units_are_not_added_up() -> None:
    rows = [{"w": "5 kg", "k": "a"}, {"w": "300 g", "k": "a"}, {"w": "2 kg", "k": "b"}]
    assert asked(rows, measure="sum", of="w").value == "cannot be calculated: several units in `w`: kg, g"
    assert answer(rows, measure="sum", of="w", where=[that("k", "is", "b")]) == "2"


def test_units_of_both_factors_are_looked_at() -> None:
    rows = [{"n": 2, "price": "5 €"}, {"n": 1, "price": "3 $"}]
    assert asked(rows, measure="sum", of="n", times="price").value == "cannot be calculated: several units in `n × price`: €, $"
    assert asked(rows[:1], measure="sum", of="n", times="price").value == "10\n(sum of n × price (€); 1 of 1 rows)"


@pytest.mark.parametrize("value", ["5", "5.0", "5.00 kg"])
def test_equal_numbers_are_the_same_however_they_are_written(value: str) -> None:
    rows = [{"w": "5.0 kg", "n": 2}, {"w": "50 kg", "n": 4}]
    assert answer(rows, measure="sum", of="n", where=[that("w", "is", value)]) == "2"


def test_a_value_that_is_spelled_as_in_the_column_is_that_one() -> None:
    rows = [{"version": version} for version in ("1.10", "1.9", "1.1")]
    assert answer(rows, where=[that("version", "is", "1.1")]) == "1"
    assert answer(rows, ask="groups", by="version", test="at least", number=1) == "3"


@pytest.mark.parametrize("cells", [("300 g", "5 kg"), ("AB12", "AA1"), ("5 $", "4 €")])
def test_numbers_of_several_units_are_not_compared(cells: tuple[str, str]) -> None:
    rows = [{"w": cell} for cell in cells]
    units = [re.sub(r"[\d ]", "", cell) for cell in cells]
    told = f"cannot be calculated: several units in `w`: {', '.join(units)}"
    assert asked(rows, where=[that("w", "from", cells[1])]).value == told


def test_nothing_is_labelled_where_a_column_is_not_there() -> None:
    rows = [{"text": "[k=late]"}, {"text": "[k=fine]"}]
    run = asked(rows, ("late", "fine"), first=[that("label", "is", "late")], measure="sum", of="price")
    assert (run.value, run.usage.calls) == ("The text has no field `price`.", 1)


def test_a_column_that_is_not_there_is_named() -> None:
    assert answer(SALES, measure="sum", of="price") == "The text has no field `price`."
    assert answer(SALES, measure="sum", of="amount", times="count") == "The text has no field `count`."


# ── reports of other projects ──


@pytest.mark.parametrize("numbers", [(2**53 + 1, 0), (2**53 + 1, 2**53), (2**62, 14), (-(2**53) - 1, 0, 0)])
def test_whole_numbers_keep_all_their_digits(numbers: tuple[int, ...]) -> None:
    """pandas-dev/pandas #34681 and GreptimeTeam/greptimedb #829: sums by group of numbers beyond 2^53 were rounded."""
    rows = [{"k": "a", "n": number} for number in numbers]
    assert answer(rows, measure="sum", of="n", ask="table", by="k") == f"a: {sum(numbers)}"
    assert answer(rows, measure="highest", of="n") == str(max(numbers))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("ann", 3), ("bob", 3), ("cy", 2)], "ann: 3\nbob: 3"),
        ([("cy", 2), ("bob", 3), ("ann", 1), ("dee", 3)], "bob: 3\ndee: 3"),
        ([("ann", 2**53), ("bob", 2**53 + 1)], f"bob: {2**53 + 1}"),
    ],
)
def test_all_that_share_the_first_place_are_named(rows: list[tuple[str, int]], expected: str) -> None:
    """pandas-dev/pandas #34205: of several rows with the largest value only the first is given."""
    given = [{"who": who, "n": number} for who, number in rows]
    assert answer(given, measure="sum", of="n", ask="most", by="who", number=1) == expected


@pytest.mark.parametrize(
    ("cells", "total", "mean"),
    [(("1", "2"), "3", "1.5"), (("1", "2", "x3"), "3", "1.5"), (("$10", "$2.50"), "12.5", "6.25")],
)
def test_numbers_that_are_written_as_texts_are_added(cells: tuple[str, ...], total: str, mean: str) -> None:
    """pandas-dev/pandas #44008: the sum of '1' and '2' was '12', and their mean 6."""
    rows = [{"n": cell, "k": "a"} for cell in cells]
    last = [line.split("\n")[-1] for line in (answer(rows, measure=how, of="n") for how in ("sum", "mean"))]
    assert last == [total, mean]


@pytest.mark.parametrize("size", [6, 50, 700])
def test_every_row_is_counted_however_many_there_are(size: int) -> None:
    """langchain-ai/langchain #12962: an agent over a CSV file counted the five rows that it was shown."""
    rows = [{"kind": "a" if n % 2 else "b", "n": n} for n in range(size)]
    assert answer(rows) == str(size)
    assert answer(rows, measure="sum", of="n", where=[that("kind", "is", "a")]) == str(sum(range(1, size, 2)))


# ── languages ──

LANGUAGES = [
    ("English", "What is the total amount per city?", {"city": "Rome", "amount": "1,234.50", "day": "3/2/2023"}, "sum of amount; where city = Rome; 2 of 3 rows"),
    ("German", "Wie hoch ist die Summe je Stadt?", {"Stadt": "Köln", "Betrag": "1.234,50", "Tag": "2.3.2023"}, "Summe von Betrag; mit Stadt = Köln; 2 von 3 Zeilen"),
    ("French", "Quel est le total par ville ?", {"ville": "Orléans", "montant": "1 234,50", "jour": "2023-03-02"}, "somme de montant; où ville = Orléans; 2 sur 3 lignes"),
    ("Spanish", "¿Cuál es el total por ciudad?", {"ciudad": "Málaga", "importe": "1.234,50", "fecha": "2023-03-02"}, "suma de importe; donde ciudad = Málaga; 2 de 3 filas"),
    ("Chinese", "每个城市的总额是多少？", {"城市": "北京", "金额": "１,234.50", "日期": "2023年3月2日"}, "总和： 金额; 条件： 城市 = 北京; 2 / 3 行"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "question", "row", "how"), LANGUAGES, ids=[one[0] for one in LANGUAGES])
def test_one_call_and_an_account_in_the_language_of_the_question(
    language: str, question: str, row: dict[str, str], how: str
) -> None:
    place, amount, _ = row
    others = [{**row, amount: row[amount][-4:]}, {**row, place: "X"}]
    text = "\n".join(" | ".join(f"{name}: {cell}" for name, cell in one.items()) for one in [row, *others])
    where = [that(place, "is", row[place])]
    run = asked(text, question=question, language=language, where=where, measure="sum", of=amount)
    assert (run.value, run.usage.calls) == (f"1239\n({how})", 1)
