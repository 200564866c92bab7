"""Dates as people and programs write them: one day, or none where there is no date or more than one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.dates import LONGEST, NumericDate, Orders, day_in, reading

LOGS = """
Fri Jan  6 10:00:00 2023
Fri Jan  6 10:00:00 2023 +0100
Fri Jan  6 10:00:00 UTC 2023
Fri 06 Jan 2023 10:00:00 AM UTC
[Fri Jan 06 10:00:00.123456 2023]
[06/Jan/2023:10:00:00 +0000]
Fri, 6 Jan 2023 10:00:00 +0000 (UTC)
Friday, 06-Jan-23 10:00:00 GMT
06-JAN-2023 10:00:00
Fri Jan 06 2023 10:00:00 GMT+0100 (heure normale d’Europe centrale)
2023-01-06T10:00:00.123+0000
2023-01-06T10:00:00+01:00[Europe/Paris]
2023-01-06 10:00:00,123
2023-01-06 10:00 EST
2023-01-06Z
2023-01-06T10Z
2023/01/06 24:00
20230106T100000Z
20230106_103000
20230106103000
D:20230106100000+01'00'
2023-W01-5
2023W015
2023-006
2023-006T10:00:00Z
@1672999200
1672999200 +0100
/Date(1672999200000)/
"""
PEOPLE = """
the 6th of January 2023
January 6, 2023 at 3 PM
10:00, 6 January 2023
Jan 6, '23
6 Jan '23
06JAN2023
2023 January 6
6.I.2023
06.01.23 10:00
6. 1. 2023, 10.30 Uhr
Fr., 6. Jän. 2023
vendredi 6 janvier 2023 à 10 h 30
viernes, 6 de enero del 2023, 3:00 p. m.
sexta-feira, 6 de janeiro de 2023
6º gennaio 2023
6 ianuarie 2023
6 januari 2023
6. jan. 2023 kl. 10:00
6 stycznia 2023 r.
6. ledna 2023
6. siječnja 2023.
2023. január 6-án
2023 m. sausio 6 d.
2023. gada 6. janvārī
6. tammikuuta 2023 klo 10.30
6 Ocak 2023 Cuma
ngày 6 tháng 1 năm 2023
Παρασκευή, 6 Ιανουαρίου 2023
пятница, 6 января 2023 г.
6-го января 2023 года
6 січня 2023 р.
٦ يناير ٢٠٢٣
6 كانون الثاني 2023
6 בינואר 2023
६ जनवरी २०२३
๖ ม.ค. ๒๕๖๖
วันศุกร์ที่ 6 มกราคม พ.ศ. 2566
2023年1月6日(金)
２０２３年１月６日 星期五 上午10:30
二〇二三年一月六日
令和5年1月6日
民國112年1月6日
2023. 1. 6. 오후 3:00
2023년 1월 6일 금요일
2023‑01‑06
2023−01−06
6 January 2023
"""
NONE = """
03/04/2023
13/01/23
mid-March 2023
March 2023
2023-W01
before 6 January 2023
6 January 2023 (cancelled)
6 January 2023 and/or
6-7 January 2023
2023-01-06 - 2023-01-07
2023-01-06 25:00
29 Feb 2023
2023-366
Jan 6 10:00:00
Jan 6 23
6 Jan 55
3.12.11
v2023.1.6
10.12.20.23
192.168.1.1
06 12 20 23 45
+49 30 12345678
12345678
1672999200
555-12-2023
12-31-23
3/4/2
CVE-2023-0106
4111 1111 1111 1111
6 v 2023
۱۴۰۱/۱۰/۱۶
6. lis. 2023
"""


def rows(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("text", rows(LOGS) + rows(PEOPLE))
def test_one_day_in_the_forms_of_logs_and_people(text: str) -> None:
    assert day_in(text) == date(2023, 1, 6)


@pytest.mark.parametrize("text", rows(NONE))
def test_what_is_no_date_or_has_two_readings_is_none(text: str) -> None:
    assert day_in(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31.12.23", "2023-12-31"),
        ("12/31/23", "2023-12-31"),
        ("31/12/99", "1999-12-31"),
        ("1/13/23", "2023-01-13"),
        ("mar 7 enero 2025", "2025-01-07"),  # Tuesday, not March
        ("Mar 7 2025", "2025-03-07"),
        ("6 listopada 2023", "2023-11-06"),  # Polish
        ("6. listopada 2023.", "2023-10-06"),  # Croatian
        ("6. listopadu 2023", "2023-11-06"),  # Czech
        ("6 KASIM 2023", "2023-11-06"),
        ("二〇二三年十二月二十六日", "2023-12-26"),
        ("平成元年1月8日", "1989-01-08"),
        ("昭和64年1月7日", "1989-01-07"),
        ("昭和64年1月8日", None),  # the day after its last
        ("令和1年1月1日", None),
        ("2024-02-29T23:59:60Z", "2024-02-29"),
        ("1200_07_19", "1200-07-19"),
    ],
)
def test_what_beside_it_settles_the_reading(text: str, day: str | None) -> None:
    assert day_in(text) == (None if day is None else date.fromisoformat(day))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        # dateutil/dateutil #1410: the year of this form is read as the present one
        ("2024_07_19", "2024-07-19"),
        ("2021:06:15 10:30:45Z", "2021-06-15"),
        ("2024_12_31", "2024-12-31"),
        # dateutil/dateutil #1299, #1075: no space after the comma, and the year becomes the present one
        ("april2,2021", "2021-04-02"),
        ("Sep. 19,2013", "2013-09-19"),
        ("january12,2001", "2001-01-12"),
        # scrapinghub/dateparser #395, #415: abbreviations and nominatives of other languages
        ("7. MRZ 2018", "2018-03-07"),
        ("18 sausis 2018", "2018-01-18"),
        ("sausis 18, 2018", "2018-01-18"),
        # dateutil/dateutil #290, #1269, #1354, scrapinghub/dateparser #750, #773: what is no day of a year becomes one
        ("22-23 February", None),
        ("1p9", None),
        ("April", None),
        ("nan", None),
        ("A", None),
        # dateutil/dateutil #293: days near the first year change
        ("0004-04-01 00:00:00", "0004-04-01"),
        ("0012-12-01", "0012-12-01"),
        ("0001-02-01T00:00:00", "0001-02-01"),
    ],
)
def test_dates_that_other_libraries_had_reports_about(text: str, day: str | None) -> None:
    assert day_in(text) == (None if day is None else date.fromisoformat(day))


def test_a_column_reads_the_orders_that_a_row_allows() -> None:
    def orders(text: str) -> dict[str, str]:
        found = reading(text)
        return {order: str(day) for order, day in found.days.items()} if isinstance(found, NumericDate) else {}

    assert orders("03/04/2023 10:00") == {"dmy": "2023-04-03", "mdy": "2023-03-04"}
    assert set(orders("13/01/23")) == {"dmy", "ymd"}
    assert set(orders("13-01-2023")) == {"dmy"}
    assert orders("13 January 2023") == orders("2023-01-13") == orders("99/99/2023") == {}


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        # One order for each sign: strokes say nothing of hyphens, and points say that the day is first only where it can be.
        (("13/02/2023", "01/02/2023", "03-04-2023"), ["2023-02-13", "2023-02-01", None]),
        (("01.02.2023",), ["2023-02-01"]),
        (("12.31.2023", "01.02.2023"), ["2023-12-31", "2023-01-02"]),
        (("13.02.2023", "02.13.2023", "01.02.2023"), ["2023-02-13", "2023-02-13", None]),
        # Of two digits too, the year may be first.
        (("31/12/99", "01/02/03"), ["1999-12-31", "2003-02-01"]),
        (("13/01/23", "01/02/03"), [None, None]),
        (("5/5/2023", "1/2/2023"), ["2023-05-05", None]),
    ],
)
def test_one_order_holds_for_a_column(texts: tuple[str, ...], days: list[str | None]) -> None:
    orders, found = Orders(), [one for text in texts if isinstance(one := reading(text), NumericDate)]
    for one in found:
        orders.see(one)
    assert [day and day.isoformat() for day in map(orders.day, found)] == days


@given(st.dates())
def test_a_day_as_it_is_printed_is_that_day(day: date) -> None:
    assert day_in(day.isoformat()) == day


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)), st.sampled_from(["+0000", "-0800", "+0545"]))
def test_a_day_in_the_forms_of_logs_is_that_day(day: date, zone: str) -> None:
    for form in (
        f"%a %b %d 10:20:30 %Y {zone}",
        f"[%d/%b/%Y:23:59:59 {zone}]",
        f"%a, %d %b %Y 00:00 {zone}",
        f"%Y%m%dT102030{zone}",
    ):
        assert day_in(day.strftime(form)) == day


@given(st.text(max_size=2 * LONGEST) | st.text("0123456789 -/.:年月日janT+(),'", max_size=LONGEST))
def test_any_text_is_a_day_or_none(text: str) -> None:
    assert day_in(text) is None or len(text) <= LONGEST


@given(st.lists(st.integers(0, 999), min_size=4, max_size=4), st.sampled_from([".", "-"]))
def test_four_numbers_are_no_date(numbers: list[int], sign: str) -> None:
    assert day_in(sign.join(map(str, numbers))) is None
