"""Inputs of a shape: tables, logs, prose, documents and code, made in memory from their size alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import cycle, islice
from random import Random
from typing import Any, Final

from lambda_rlm.bench.words import prose
from lambda_rlm.inputs import Inputs, from_values

_DIFFERENT: Final = 61
"""Rows, lines and files that differ; a larger input has them over and over."""


@cache
def _prose() -> str:
    return "\n\n".join(prose(20_000, Random(1))) + "\n\n"


_COLUMNS: Final = {
    "orders": "order_id:id date:date customer:code country:place sku:code quantity:int unit_price:float status:word note:words",
    "customers": "customer:code name:name city:place since:date tier:word",
    "employees": "name:name department:word hired:date salary:float manager:name",
    "tickets": "id:id opened:date closed:date channel:word message:text",
    "sensors": "station:code at:stamp temperature:float humidity:int",
    "students": "student:id name:name class:word",
    "exams": "student:id subject:word grade:float date:date",
    "countries": "name:place region:word population:int area:float capital:place background:text",
    "invoices": "number:id issued:date due:date paid:date supplier:name amount:float",
    "payments": "invoice:id paid_on:date amount:float",
    "bookings": "guest:name room:int arrival:date departure:date price:float",
    "reviews": "id:id product:code stars:int date:date text:text",
    "stock": "sku:code warehouse:place stock:int reorder_level:int",
    "loans": "reader:name isbn:id lent:date due:date returned:date",
    "books": "isbn:id title:words author:name year:int",
    "trips": "trip:id started:stamp destination:place kilometers:float bike:code",
    "donations": "donor:name amount:float date:date",
    "readings": "meter:code at:date value:int",
    "products": "sku:code name:words category:word price:float",
    "messages": "id:id sender:name sent:stamp text:text",
    "shifts": "employee:name date:date hours:float",
    "matches": "home:place away:place home_goals:int away_goals:int date:date",
    "leases": "tenant:name street:words rent:float square_meters:float from:date until:date",
}
_WORDS: Final = [
    "north",
    "south",
    "open",
    "closed",
    "gold",
    "silver",
    "web",
    "mail",
    "shop",
    "red",
    "green",
    "blue",
    "early",
    "late",
    "small",
    "large",
]
_NAMES: Final = ["Ida Moran", "Paul Lambert", "Chen Wei", "Ana Ruiz", "Jonas Weber", "Marta Silva", "Li Na", "Tom Okafor"]
_PLACES: Final = ["Kenya", "Norway", "Japan", "Chile", "Lyon", "Bremen", "Quito", "Suzhou"]
_MAKERS: Final[Mapping[str, Callable[[Random, int], Any]]] = {
    "id": lambda r, n: 10_000 + n,
    "int": lambda r, n: r.randrange(0, 900),
    "float": lambda r, n: r.randrange(100, 90_000) / 100,
    "date": lambda r, n: (date(2023, 1, 1) + timedelta(days=r.randrange(900))).isoformat(),
    "stamp": lambda r, n: f"2026-03-{r.randrange(1, 29):02d}T{r.randrange(24):02d}:{r.randrange(60):02d}:00",
    "code": lambda r, n: f"C{r.randrange(1_000):04d}",
    "word": lambda r, n: r.choice(_WORDS),
    "words": lambda r, n: " ".join(r.choices(_WORDS, k=3)),
    "name": lambda r, n: r.choice(_NAMES),
    "place": lambda r, n: r.choice(_PLACES),
    "text": lambda r, n: " ".join(r.choices(_prose().split(), k=25)),
}
_LINES: Final = {
    "service": "2026-03-01T{h:02d}:{m:02d}:{s:02d}.120 {level:5} [payments] trace={n:05x} latency={n}ms request served",
    "access": '203.0.113.{s} - - [01/Mar/2026:{h:02d}:{m:02d}:{s:02d} +0000] "GET /checkout/{n} HTTP/1.1" {status} {n} {m}',
    "device": "2026-03-01 {h:02d}:{m:02d}:{s:02d} station-{s:02d} temperature={h}.{m} humidity={m}",
    "mail": "Mar  1 {h:02d}:{m:02d}:{s:02d} relay mailer[{n}]: {level}: message {n:05x} to user{s}@example.org: deferred",
    "build": "[{h:02d}:{m:02d}:{s:02d}] {level} step {s} of module_{n}: finished after {m} s",
}
_LEVELS: Final = ("INFO", "WARN", "ERROR", "DEBUG")


def made(shape: Mapping[str, Any]) -> Inputs:
    """Inputs of a shape as the questions in `benchmarks/routing` state it: tables by their names, everything else as
    `context`."""
    kind, about, chars = shape["kind"], shape.get("about", ""), shape["chars"]
    if kind == "table":
        tables = {table["name"]: _rows(table["name"], table["rows"]) for table in shape["tables"]}
        return from_values(tables if len(tables) > 1 else {"context": next(iter(tables.values()))})
    if kind == "log":
        return from_values({"context": "".join(islice(cycle(_log(about)), shape["rows"]))})
    if kind in {"documents", "code"} and shape["rows"] > 1:
        ending = "md" if kind == "documents" else about
        files = _files(about, shape["rows"], chars, is_code=kind == "code", ending=ending)
        return replace(from_values({"context": files}), documents=frozenset({"context"}))
    return from_values({"context": _text(chars, is_code=kind == "code")})


def _rows(name: str, count: int) -> list[dict[str, Any]]:
    """Rows of a table; numbers of rows count up, so that no two rows are the same."""
    draw, columns = Random(name), [column.split(":") for column in _COLUMNS[name].split()]
    different = [{column: _MAKERS[kind](draw, n) for column, kind in columns} for n in range(min(count, _DIFFERENT))]
    ids = [column for column, kind in columns if kind == "id"]
    return [{**different[n % _DIFFERENT], **dict.fromkeys(ids, 10000 + n)} for n in range(count)]


def _log(about: str) -> list[str]:
    draw, lines = Random(about), list[str]()
    for second in range(_DIFFERENT):
        facts = {"h": second // 3, "m": second % 60, "s": second % 50, "n": draw.randrange(5_000)}
        level, status = draw.choice(_LEVELS), draw.choice([200, 200, 304, 500])
        lines.append(_LINES[about].format(level=level, status=status, **facts) + "\n")
    return lines


def _files(about: str, count: int, chars: int, *, is_code: bool, ending: str) -> list[dict[str, str]]:
    text = _text(max(1, chars // count), is_code=is_code)
    folder = about.replace(" ", "_")
    return [{"name": f"{folder}/{n:03d}.{ending}", "text": f"{n}\n{text}"} for n in range(count)]


def _text(chars: int, *, is_code: bool = False) -> str:
    piece = _CODE if is_code else _prose()
    return (piece * (chars // len(piece) + 1))[:chars]


_CODE: Final = '''"""Keeps what was read."""

from store import open_store

LIMIT = 30


def kept(name, value, limit=LIMIT):
    """The value, if there is room for it."""
    with open_store(name) as store:
        if len(store) > limit:
            raise ValueError(f"{name} is full")
        store.add(value)
    return value


'''
