"""Tables and a log made from a seed, questions that want computing over them, and the answers in plain Python.

Nothing of the language is used for the answers. `Written` is a root model with programs on record: it replies with that for the
question it is asked, and fails where what it was sent lacks something that the program uses.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final

from lambda_rlm.answering.ask import ask
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_arguments
from lambda_rlm.llm.failures import NO_RULE, failure
from lambda_rlm.plan.router import Choice
from lambda_rlm.syntax.primitive import Primitive

MOST_CALLS: Final = 2
"""Of the leaf model, for each question."""
CHOICE: Final[Choice] = "auto"
"""What is asked for: nothing, since a program is the route of such questions."""
PROGRAMS: Final = Path(__file__).resolve().parents[2] / "benchmarks" / "rows"
Row = dict[str, Any]

_COUNTRIES: Final = ("Austria", "Bolivia", "Cuba", "Denmark", "Estonia", "Fiji", "Ghana", "Haiti", "Iceland", "Jordan")
_STATUSES: Final = ("delivered", "cancelled", "returned", "pending")
_REMARKS: Final = ("", "", "ring twice", "a gift, wrap it", 'says "too late"', "exchange, size 9", "VIP")
_SERVICES: Final = {"edge": 3.1, "payments": 4.7, "mailer": 4.0, "catalog": 3.6, "stock": 3.9, "login": 2.8}
_SAYS: Final = ("request served", "retrying upstream", "cache miss", "queue drained")


def orders(count: int) -> list[Row]:
    """Rows of orders over three years, of some hundred customers."""
    draw, rows = Random(41), list[Row]()
    for number in range(count):
        customer = draw.randrange(1, 1 + max(20, count // 40))
        rows.append(
            {
                "order_id": 500_000 + number,
                "date": (date(2023, 1, 1) + timedelta(days=draw.randrange(1_000))).isoformat(),
                "customer": f"K{customer:04d}",
                "country": _COUNTRIES[customer % len(_COUNTRIES)],
                "quantity": draw.randrange(1, 15),
                "unit_price": draw.randrange(150, 60_000) / 100,
                "status": draw.choices(_STATUSES, [78, 11, 7, 4])[0],
                "note": draw.choice(_REMARKS),
            }
        )
    return rows


def log(count: int) -> list[Row]:
    """Entries of a log: `time`, `level`, `service`, `trace`, `ms`, `says`."""
    draw, rows, now = Random(43), list[Row](), datetime(2026, 5, 4)
    names = list(_SERVICES)
    for _ in range(count):
        now += timedelta(milliseconds=draw.randrange(3, 700))
        service = draw.choice(names)
        level = draw.choices(["INFO", "WARN", "ERROR", "DEBUG"], [68, 14, 5, 13])[0]
        ms = int(draw.lognormvariate(_SERVICES[service], 0.7))
        trace = f"{draw.randrange(max(40, count // 6)):05x}"
        rows.append({"time": now, "level": level, "service": service, "trace": trace, "ms": ms, "says": draw.choice(_SAYS)})
    return rows


def islands(count: int) -> list[Row]:
    """Rows whose cells are for people: numbers among words, units, some missing."""
    draw, rows = Random(47), list[Row]()
    for number in range(count):
        area, people = draw.randrange(900, 3_000_000), draw.randrange(2_000, 9_000_000)
        cell = draw.choice(["total: {:,} sq km; land: {:,} sq km", "total area {:,} sq km (land {:,} sq km)"])
        few = [f"total: {people:,} (2025 est.)", f"total {people / 1e6:.3f} million", "not counted; visitors: 1,200 a year"]
        rows.append(
            {
                "name": f"Island {number:03d}",
                "region": draw.choice(["north", "South", "south ", "east", "west"]),
                "area": cell.format(area, area * 9 // 10),
                "population": draw.choices(few, [6, 3, 1])[0],
            }
        )
    return rows


def write(folder: Path, sizes: Mapping[str, int]) -> None:
    """The files `orders.csv`, `server.log` and `islands.jsonl`, with a number of rows each."""
    rows = orders(sizes["orders"])
    with (folder / "orders.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "unit_price": f"{row['unit_price']:.2f}"} for row in rows)
    with (folder / "server.log").open("w") as file:
        file.writelines(_line(row) for row in log(sizes["log"]))
    with (folder / "islands.jsonl").open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in islands(sizes["islands"]))


def _line(row: Row) -> str:
    stamp = row["time"].isoformat(timespec="milliseconds")
    return f"{stamp} {row['level']:5} [{row['service']}] trace={row['trace']} latency={row['ms']}ms {row['says']}\n"


@dataclass(frozen=True, slots=True)
class Computed:
    """A question over a file, and what must be in its answer, in this order, worked out from the rows."""

    id: str
    file: str
    question: str
    right: Callable[[Mapping[str, int]], Sequence[str]]

    @property
    def program(self) -> str:
        """The program on record."""
        return (PROGRAMS / f"{self.id}.lam").read_text(encoding="utf-8")

    def is_right(self, answer: str, sizes: Mapping[str, int]) -> bool:
        """What is wanted is all there, word for word, and in order."""
        pattern = ".*?".join(rf"(?<![\w.]){re.escape(part)}(?![\w]|\.\d)" for part in self.right(sizes))
        return re.search(pattern, answer, re.DOTALL) is not None


def _revenue(sizes: Mapping[str, int]) -> list[str]:
    totals: dict[str, float] = defaultdict(float)
    for row in orders(sizes["orders"]):
        if row["status"] == "delivered":
            totals[row["country"]] += row["quantity"] * row["unit_price"]
    best = sorted(totals.items(), key=lambda pair: -pair[1])[:3]
    return [part for country, total in best for part in (country, str(round(total)))]


def _cancelled(sizes: Mapping[str, int]) -> list[str]:
    counted = {f"2024-{month:02d}": 0 for month in range(1, 13)}
    for row in orders(sizes["orders"]):
        if row["status"] == "cancelled" and row["date"][:7] in counted:
            counted[row["date"][:7]] += 1
    return [part for month, count in counted.items() for part in (month, str(count))]


def _gap(sizes: Mapping[str, int]) -> list[str]:
    dates: dict[str, list[date]] = defaultdict(list)
    for row in orders(sizes["orders"]):
        dates[row["customer"]].append(date.fromisoformat(row["date"]))
    gaps = {who: max(((b - a).days for a, b in pairwise(sorted(days))), default=0) for who, days in dates.items()}
    who = max(gaps, key=lambda one: gaps[one])
    return [who, str(gaps[who])]


def _slowest(sizes: Mapping[str, int]) -> list[str]:
    times: dict[str, list[int]] = defaultdict(list)
    for row in log(sizes["log"]):
        times[row["service"]].append(row["ms"])
    worst = {name: sorted(ms)[ceil(0.95 * len(ms)) - 1] for name, ms in times.items()}
    name = max(worst, key=lambda one: worst[one])
    return [name, str(worst[name])]


def _followed(sizes: Mapping[str, int]) -> list[str]:
    failed, found = set[str](), set[str]()
    for row in log(sizes["log"]):
        if (row["level"], row["service"]) == ("ERROR", "payments"):
            failed.add(row["trace"])
        if (row["level"], row["service"]) == ("WARN", "mailer") and row["trace"] in failed:
            found.add(row["trace"])
    return [str(len(found))]


def _largest(sizes: Mapping[str, int]) -> list[str]:
    south = [row for row in islands(sizes["islands"]) if row["region"].strip().lower() == "south"]
    areas = {row["name"]: int(row["area"].replace(",", "").split(" sq km")[0].split()[-1]) for row in south}
    best = sorted(areas.items(), key=lambda pair: -pair[1])[:5]
    return [part for name, area in best for part in (name, str(area))]


def _middle(sizes: Mapping[str, int]) -> list[str]:
    people = list[int]()
    for row in islands(sizes["islands"]):
        words = row["population"].replace(",", "").replace(":", "").split()
        if row["region"] == "west" and words[0] == "total":
            people.append(round(float(words[1]) * (1_000_000 if "million" in words else 1)))
    middle = median(people)
    return [str(int(middle) if middle == int(middle) else middle)]


TASKS: Final = (
    Computed(
        "revenue",
        "orders.csv",
        "Which three countries brought the most revenue (quantity times unit price) with delivered orders? Give each with "
        "its revenue, rounded to a whole number.",
        _revenue,
    ),
    Computed(
        "cancelled",
        "orders.csv",
        "How many orders were cancelled in each month of 2024? A line for each month, as YYYY-MM: count.",
        _cancelled,
    ),
    Computed("gap", "orders.csv", "Which customer stayed away longest between two orders, and for how many days?", _gap),
    Computed(
        "slowest",
        "server.log",
        "Which service has the highest 95th percentile of latency (nearest rank), and how many ms is it?",
        _slowest,
    ),
    Computed("followed", "server.log", "How many traces have an ERROR of payments and later a WARN of mailer?", _followed),
    Computed(
        "largest", "islands.jsonl", "Name the five islands of the south with the largest total area, and that area.", _largest
    ),
    Computed(
        "middle",
        "islands.jsonl",
        "What is the median population of the islands in the west, of those that give a total population?",
        _middle,
    ),
)


class Written:
    """A root model with a program on record for each question; `lacks` has what a page did not say."""

    profile: Final = ModelProfile("openai/gpt-5", 272_000, 128_000, input_price=1.25e-6, output_price=1e-5)

    def __init__(self, programs: Mapping[str, str]) -> None:
        self.programs = programs
        self.lacks: list[str] = []
        self.requests: list[CompletionRequest] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        sent = "\n".join(message.content for message in request.messages)
        program = next((program for question, program in self.programs.items() if question in sent), None)
        if program is None:
            raise failure(NO_RULE, "no program is on record for this question")
        if unsaid := unexplained(program, sent):
            self.lacks += unsaid
            raise failure(NO_RULE, f"what was sent says nothing of {', '.join(unsaid)}")
        usage = Usage(self.count_tokens(request.messages), len(program) // 4 + 1)
        return Completion(program, usage, StopReason.STOP, self.profile.name)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) // 4 + 4 for message in messages)

    async def aclose(self) -> None:
        """Nothing to close."""


class Unasked:
    """A leaf model that none of the programs needs."""

    profile: Final = ModelProfile("openai/gpt-5-mini", 272_000, 128_000, input_price=2.5e-7, output_price=2e-6)

    async def complete(self, request: CompletionRequest) -> Completion:
        raise failure(NO_RULE, "no program on record asks the leaf model")

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) // 4 + 4 for message in messages)

    async def aclose(self) -> None:
        """Nothing to close."""


async def asked(task: Computed, folder: Path, choice: Choice = CHOICE) -> tuple[Run, Written]:
    """The run of a question over its file, and the root model that was asked for the program."""
    root = Written({task.question: task.program})
    question = Question(query=task.question, inputs=from_arguments([str(folder / task.file)]))
    return await ask(question, Setup(leaf=Unasked(), root=root, choice=choice)), root


def unexplained(program: str, sent: str) -> list[str]:
    """Functions of the library and fields of records that a program uses, and that neither it nor what was sent to its author
    names."""
    plain = re.sub(r'r?"[^"\n]*"', '""', re.sub(r"#.*", "", program))
    own = set(re.findall(r"\bdef (\w+)", plain)) | set(re.findall(r"\blet (\w+)", plain))
    functions = (set(re.findall(r"\b([a-z]\w*)(?:\[\w+\])?\(", plain)) | set(re.findall(r"\|> (\w+)", plain))) - own
    fields = set(re.findall(r"\w\.([a-z]\w*)", plain)) - set(re.findall(r"\b(\w+):", plain))
    names = (functions & _LIBRARY) | (functions - _SYNTAX) | fields
    return sorted(name for name in names if not re.search(rf"\b{name}\b", sent))


_SYNTAX: Final = {"fn", "if", "match", "some", "none", "and", "or", "not", "then", "else", "in"}
_LIBRARY: Final = {primitive.value for primitive in Primitive}
