"""Texts of many lines as they are found: logs, transcripts, minutes, lists, with the lines that differ from the others.

Owns a writer of lines for each kind of text in `first_sight/tasks.jsonl`, known by the line that its tasks were recorded with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

START: Final = datetime(2026, 3, 4, 0, 0, 2)
PEOPLE: Final = (
    "Ana Ruiz", "Bo Lindqvist", "Chiara De Luca", "Dmitri Orlov", "Émile Roux", "Fatima Al-Sayed", "Greta O'Neill", "H. Tanaka",
)  # fmt: skip
CITIES: Final = ("Berlin", "Köln", "Bad Homburg", "Paris", "St. Gallen", "Den Haag", "Oslo")
_SAID: Final = (
    "I still think that we should wait for the second quote.", "No.", "Why? We had that in May, and it cost us 1,200 euros.",
    "Agreed", "Could you send me the numbers (all of them) until Friday?", "He said: “not before 2027”, and left.",
    "The budget is 30% over plan; nobody knows why...", "Let's vote.", "I changed my mind: the old supplier is better after all.",
)  # fmt: skip


def log(chance: Random) -> Iterator[str]:
    """Lines of workers, with a stack trace now and then."""
    time = START
    while True:
        time += timedelta(seconds=chance.randrange(0, 40))
        level = chance.choices(("INFO", "WARN", "ERROR", "DEBUG"), (70, 8, 12, 10))[0]
        what = {
            "INFO": ("request served in {}ms", "connection from 10.0.{}.7 accepted", "cache hit"),
            "WARN": ("slow query: {}ms", "retry {} of 5"),
            "ERROR": ("upstream timed out after {}s", "connection reset by peer", "disk full on /var/data{}"),
            "DEBUG": ("queue length {}", "token refreshed"),
        }[level]
        said = chance.choice(what).format(chance.randrange(1, 900))
        yield f"{time:%Y-%m-%dT%H:%M:%SZ} {level} worker-{chance.randrange(1, 24)} req={chance.randrange(16**4):04x} {said}"
        if level == "ERROR" and chance.random() < 0.1:
            yield "Traceback (most recent call last):"
            yield f'  File "/srv/app/fetch.py", line {chance.randrange(10, 400)}, in fetch'
            yield "TimeoutError: upstream"


def access(chance: Random) -> Iterator[str]:
    """Lines of a web server."""
    time = START
    while True:
        time += timedelta(seconds=chance.randrange(0, 9))
        address = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
        path = chance.choice(("/cart", "/", "/item/{}", "/search?q=lamp&page={}", "/api/v2/orders/{}", "/static/app.js"))
        status = chance.choices((200, 304, 404, 500, 502, 503), (80, 8, 6, 2, 3, 1))[0]
        size = "-" if status == 304 else chance.randrange(90, 90_000)
        user = chance.choice(("-", "-", "-", "ana"))
        request = f"{chance.choice(('GET', 'GET', 'GET', 'POST'))} {path.format(chance.randrange(1, 9_000))} HTTP/1.1"
        yield f'{address} - {user} [{time:%d/%b/%Y:%H:%M:%S} +0000] "{request}" {status} {size}'


def questions(chance: Random) -> Iterator[str]:
    """Questions of users, dated."""
    asked = (
        "How far is it from Denver to Aspen ?", "Who was the first man on the moon , and when ?", "What does `` SOS '' stand for ?",
        "What is an atom ?", "Where 's the Louvre ?", "Name 3 rivers of the U.S.", "How many people live in India ?",
    )  # fmt: skip
    while True:
        day = START - timedelta(days=chance.randrange(0, 1_100))
        yield f"Date: {day:%b %d, %Y} || User: {chance.randrange(10**4, 10**5)} || Instance: {chance.choice(asked)}"


def orders(chance: Random) -> Iterator[str]:
    """Orders, their fields between semicolons, with a head and a few that are damaged."""
    yield "id;date;city;amount;state"
    number = 4_711
    while True:
        number += chance.randrange(1, 4)
        day = START - timedelta(days=chance.randrange(0, 400))
        amount = f"{chance.randrange(100, 90_000) / 100:.2f}"
        state = chance.choices(("kept", "returned", "exchanged"), (80, 15, 5))[0]
        fields = [str(number), f"{day:%Y-%m-%d}", chance.choice(CITIES), amount, state]
        if chance.random() < 0.01:
            fields[chance.randrange(5)] = chance.choice(("", "n/a", "?"))
        yield ";".join(fields if chance.random() > 0.003 else fields[:3])


def minutes(chance: Random) -> Iterator[str]:
    """Minutes of a committee."""
    time, item = START, 1
    while True:
        time += timedelta(minutes=chance.randrange(1, 7))
        who, kind = chance.choice((*PEOPLE, "Chair")), chance.random()
        if kind < 0.1:
            item += 1
            yield ""
            yield f"Item {item}: {chance.choice(('Budget 2027', 'New roof', 'Election of the auditors', 'Any other business'))}"
        elif kind < 0.2:
            votes = chance.choice(("two votes against", "no vote against", "5 votes against and 1 abstention"))
            yield f"[{time:%H:%M}] Chair: Item {item} is {chance.choice(('adopted', 'rejected'))} with {votes}."
        else:
            yield f"[{time:%H:%M}] {who}: {chance.choice(_SAID)}"


def transcript(chance: Random) -> Iterator[str]:
    """What people say in a discussion, some of it over several lines."""
    while True:
        yield f"{chance.choice(PEOPLE)}: {' '.join(chance.choices(_SAID, k=chance.randrange(1, 5)))}"
        if chance.random() < 0.1:
            yield chance.choice(("(laughter)", "", f"    {chance.choice(_SAID)}"))


def readings(chance: Random) -> Iterator[str]:
    """Readings of sensors, with some that failed."""
    time = START
    while True:
        time += timedelta(minutes=5)
        value = f"{chance.gauss(21, 4):.1f}" if chance.random() > 0.01 else chance.choice(("ERR", "-999", "nan"))
        yield f"{time:%Y-%m-%d %H:%M} sensor={chance.randrange(1, 13)} temperature={value}"


LINES: Final[dict[str, Callable[[Random], Iterator[str]]]] = {
    "2026-03-04T10:15:02Z ERROR": log,
    "203.0.113.9": access,
    "Date: Jan 06": questions,
    "4711;2026-03-04": orders,
    "[14:02] Chair": minutes,
    "Ana Ruiz": transcript,
    "2026-03-04 10:15 sensor": readings,
}
"""Writers by the beginning of the line that a task was recorded with."""


def lines(recorded: str, characters: int, chance: Random) -> str | None:
    """A text of a number of characters, of the kind of a recorded line; None for a kind that nobody writes."""
    writer = next((one for begin, one in LINES.items() if recorded.startswith(begin)), None)
    if writer is None:
        return None
    written: list[str] = []
    length = 0
    for line in writer(chance):
        written.append(line)
        length += len(line) + 1
        if length > characters:
            break
    return "\n".join(written)[:characters]
