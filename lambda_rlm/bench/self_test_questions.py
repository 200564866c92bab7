"""The ten questions of a self-test, each with the one right answer: five programs, three tasks, two replies of a type.

Owns questions, data and answers. Promises that everything a program needs to know of its data is said in the question, and
that no model call is needed to answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from lambda_rlm.data_class import dataclass

_ROWS: Final = 240
_CITIES: Final = ("Oslo", "Lima", "Accra", "Kyoto", "Turin")
_STATES: Final = ("paid", "open", "cancelled")
_LEVELS: Final = ("INFO", "INFO", "WARN", "ERROR", "INFO", "ERROR", "DEBUG")


@dataclass(frozen=True, slots=True)
class ProgramQuestion:
    """A question for which a program is to be written: its answer has the type `returns` and is `answer`."""

    query: str
    inputs: Mapping[str, Any] = field(repr=False)
    returns: str
    answer: Any


@dataclass(frozen=True, slots=True)
class TaskQuestion:
    """A question about a long text, and its task."""

    query: str
    task: str


@dataclass(frozen=True, slots=True)
class TypedQuestion:
    """A program of one call, and the value that its reply is to have; `about` says what it asks for."""

    about: str
    program: str
    answer: Any


def _orders() -> list[dict[str, Any]]:
    return [
        {
            "id": 1000 + number,
            "city": _CITIES[number * 7 % 5],
            "state": _STATES[(number * number + number // 4) % 3],
            "amount": 10 + number * 37 % 91,
            "day": f"2024-{1 + number * 11 % 12:02d}-{1 + number * 5 % 28:02d}",
        }
        for number in range(_ROWS)
    ]


def _log() -> str:
    return "\n".join(
        f"2024-05-{1 + number % 28:02d} {_LEVELS[(number * number + number // 5) % 7]} "
        f"user=u{number * number // 3 % 83} took {5 + number * 29 % 97} ms"
        for number in range(_ROWS)
    )


def _customers() -> list[dict[str, Any]]:
    return [{"id": number, "name": f"customer {number}"} for number in range(40)]


def _visits() -> list[dict[str, Any]]:
    return [{"customer": number * number % 37, "minutes": 5 + number * 17 % 50} for number in range(120)]


PROGRAMS: Final = (
    ProgramQuestion("What is the total amount of the orders whose state is paid?", {"orders": _orders()}, "Int", 5403),
    ProgramQuestion(
        "In which month (as YYYY-MM) is the total amount of all orders highest?", {"orders": _orders()}, "Text", "2024-08"
    ),
    ProgramQuestion(
        "How many different users have at least one ERROR? Each line of the log is: DATE LEVEL user=NAME took N ms.",
        {"log": _log()},
        "Int",
        39,
    ),
    ProgramQuestion(
        "What is the largest number of ms that a WARN took? Each line of the log is: DATE LEVEL user=NAME took N ms.",
        {"log": _log()},
        "Int",
        100,
    ),
    ProgramQuestion(
        "How many customers have no visit at all? A visit names the id of its customer.",
        {"customers": _customers(), "visits": _visits()},
        "Int",
        21,
    ),
)

TASKS: Final = (
    TaskQuestion("How many of the messages complain about the delivery?", "aggregate"),
    TaskQuestion("Put the whole letter into German.", "translate"),
    TaskQuestion("In which year did the observatory on the hill open?", "search"),
)

TYPED: Final = (
    TypedQuestion(
        "a list of people with their ages",
        'llm_call[List[{ name: Text, age: Int }]](\n  "List the people in the order of the text, with their ages.\\n\\n'
        'Ann is 31 years old, her son Bob is seven, and Cem, who was born in 1950, was 60 in 2010 and is 74 now.",\n  out=200\n)',
        [{"name": "Ann", "age": 31}, {"name": "Bob", "age": 7}, {"name": "Cem", "age": 74}],
    ),
    TypedQuestion(
        "a record with a field that the text does not give",
        'llm_call[{ city: Text, is_capital: Bool, mayor: Option[Text] }](\n  "Fill in the record from the text alone; what it does '
        'not say is null.\\n\\nOslo is the capital of Norway and its largest city.",\n  out=100\n)',
        {"city": "Oslo", "is_capital": True, "mayor": None},
    ),
)
