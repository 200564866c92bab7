"""Lines whose labels have to be told from their words: counts and comparisons (`oolong`), pairs of users (`oolong_pairs`).

Owns their generators, after OOLONG-synth and OOLONG-Pairs: the wording of contexts and questions follows those; the questions
on the lines are the labelled pool that is shipped. It is small: in long contexts a question is on many lines. Promises that
no gold answer is one of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from itertools import count as numbers
from random import Random
from typing import Any, Final

from lambda_rlm.bench.task import Task, length
from lambda_rlm.llm.simulated_reader.aggregate import Kind, tally_of
from lambda_rlm.llm.simulated_reader.dates import MONTHS
from lambda_rlm.llm.simulated_reader.instances import LABELS, Instance
from lambda_rlm.llm.simulated_reader.key import shipped_questions
from lambda_rlm.llm.simulated_reader.pairwise import pairing_of

_START: Final = date(2022, 2, 16)
_DAYS: Final = 1_222
_TOKENS_PER_LINE: Final = 39
_FRAME_TOKENS: Final = 418
_COMMON: Final = 0.8
_PER_CONTEXT: Final = 10
_DATA: Final = "In the above data,"
_NUMBER: Final = "Give your final answer in the form 'Answer: number'."
_LABEL: Final = "Give your final answer in the form 'Label: answer' where answer is one of the labels: {labels}."
_USER: Final = "Give your final answer in the form 'User: [X]', where [X] is the user ID."
_COMPARED: Final = (
    "is label '{a}' more common, less common, or the same frequency as label '{b}'? Give your final answer in the form "
    "'Answer: {a} is [X] {b}', where [X] is 'more common than', 'less common than', or 'same frequency as'."
)
_HOW_MANY: Final = "how many data points should be classified as label '{a}'? " + _NUMBER
_ONLY: Final = "For the following question, only consider the subset of instances that "
_SOME_USERS: Final = "are associated with user IDs {users}. Among instances associated with these users, "

_WORDINGS: Final = (
    f"{_DATA} {_HOW_MANY}",
    f"{_DATA} {_COMPARED}",
    f"{_DATA} which of the labels is the most common? {_LABEL}",
    f"{_ONLY}{_SOME_USERS}{_HOW_MANY}",
    f"{_DATA} {_HOW_MANY}",
    f"{_DATA} which user has the most instances with the label {{a}}? {_USER}",
    f"{_ONLY}occur in {{month}} of any year. Among instances occuring in {{month}}, {_COMPARED}",
    f"{_DATA} which of the labels is the least common? {_LABEL}",
    f"{_ONLY}occur between {{day}} and {{later}}, inclusive. Among instances occuring in this date range, {_HOW_MANY}",
    f"{_DATA} which user is represented most often? {_USER}",
    f"{_DATA} which user has more instances with the label {{a}}: User {{first}} or User {{second}}? {_USER}",
    "In which month did the label '{a}' first occur more often than the label '{b}'? Give your final answer in the form 'Answer: [month] "
    "[year]', where [month] is the name of the month and [year] is the four-digit year.",
    "For how many months does the label '{a}' occur more frequently than the label '{b}'? Disregard months where there is a tie. Give your "
    "final answer in the form 'Answer: [X]', where [X] is the number of months.",
    f"{_DATA} how many dates are represented exactly 2 times? Give your final answer in the form 'Answer: [X]'.",
)
_PAIRS: Final = (
    "both users have at least one instance with {a_one} or {b}",
    "both users have at least one instance with {a_one} or {b}, and all instances that are {a_one} for both users must be after {written}",
    "such that one user has at least one instance with {a} and one with {b}, and the other user has exactly one instance with {a}",
    "such that one user has at least two instances with {a}, and the other user has at least one instance with {b} and at least one "
    "instance with {c}",
)
_PAIRS_FRAME: Final = (
    "In the above data, list all pairs of user IDs (no duplicate pairs, list lower ID first) {condition}. Each of the questions can be "
    "labelled as one of the labels (the data does not provide the labels, you need to figure out the label from the semantics of the "
    "question): {labels}. In your answer, list all pairs in the format (user_id_1, user_id_2), separated by newlines."
)
_HEAD: Final = (
    "The following lines contain {n} general-knowledge questions, one per line. Each question has an answer that can be described as one "
    "of 6 categories: {labels}.\n\nYou will be asked to answer questions about the aggregate label statistics across all {n} examples in "
    "this dataset. Do not try to guess, estimate, or approximate the result. Calculate the exact answer given these datapoints.\n"
)
_TYPES: Final = {
    "COMPARISON": (Kind.COMPARE,),
    "NUMERIC": (Kind.COUNT, Kind.MONTHS_OF_TWO, Kind.DATES_REPRESENTED),
    "LABEL": (Kind.MOST_COMMON, Kind.LEAST_COMMON),
    "USER": (Kind.FIRST_USER, Kind.USER_WITH_MOST, Kind.USER_WITH_MORE),
    "MONTH_YEAR": (Kind.FIRST_MONTH,),
}


def oolong(tokens: int, count: int, seed: int) -> list[Task]:
    """Questions over labelled lines, ten to a context."""
    return _tasks("oolong", tokens, count, seed, _aggregates)


def oolong_pairs(tokens: int, count: int, seed: int) -> list[Task]:
    """Questions after pairs of users, ten to a context."""
    return _tasks("oolong_pairs", tokens, count, seed, _pairs)


Asked = Iterator[tuple[str, dict[str, Any]]]
"""Questions with their golds, without end."""


def _tasks(name: str, tokens: int, count: int, seed: int, ask: Callable[[list[Instance], Random], Asked]) -> list[Task]:
    tasks: list[Task] = []
    for number in numbers():
        random = Random(f"oolong {seed} {tokens} {number}")
        lines = _lines(max(12, int((0.95 * tokens - _FRAME_TOKENS) / _TOKENS_PER_LINE)), random)
        asked = ask(lines, random)
        for _ in range(min(_PER_CONTEXT, count - len(tasks))):
            question, gold = next(asked)
            inputs = partial(_context, lines)
            tasks.append(Task(f"{name}-{length(tokens)}-{len(tasks)}", name, question, gold, tokens, inputs))
        if len(tasks) == count:
            break
    return tasks


def _lines(many: int, random: Random) -> list[Instance]:
    """So many lines: labels unevenly mixed, four fifths of them by few users, dates evenly spread."""
    by_label: dict[str, list[str]] = {}
    for text, label in shipped_questions():
        by_label.setdefault(label, []).append(text)
    weights = [random.randint(1, 30) ** 0.5 for _ in LABELS]
    common = [random.randrange(10_000, 99_999) for _ in range(max(2, many // 10))]
    rare = [random.randrange(10_000, 99_999) for _ in range(many)]
    lines = []
    for label in random.choices(LABELS, weights, k=many):
        text = random.choice(by_label[label])
        user = random.choice(common if random.random() < _COMMON else rare)
        day = _START + timedelta(random.randrange(_DAYS))
        lines.append(Instance(f"Date: {day:%b %d, %Y} || User: {user} || Instance: {text}", day, user, text, label))
    return lines


def _context(lines: list[Instance]) -> dict[str, Any]:
    head = _HEAD.format(n=len(lines), labels=", ".join(f"'{label}'" for label in LABELS))
    recall = head.replace("The following lines contain", "Recall: the preceding lines contain")
    return {"context": "\n".join([head, *(line.line for line in lines), recall])}


def _aggregates(lines: list[Instance], random: Random) -> Asked:
    for wording in _without_end(_WORDINGS):
        question = wording.format(**_particulars(lines, random))
        tally = tally_of(question)
        assert tally is not None, question
        answer = tally.answer(lines)
        if answer is None:
            continue
        kind = next(name for name, kinds in _TYPES.items() if tally.kind in kinds)
        short = answer[0].split(": ", 1)[1]
        if kind == "COMPARISON":
            short = short.removeprefix(f"{tally.labels[0]} is ").removesuffix(f" {tally.labels[1]}")
        yield question, {"scorer": "oolong", "answer": short, "answer_type": kind}


def _pairs(lines: list[Instance], random: Random) -> Asked:
    for wording in _without_end(_PAIRS):
        particulars = _particulars(lines, random)
        condition = wording.format(**particulars)
        if condition.startswith("both"):
            condition = f"where {condition}"
        question = _PAIRS_FRAME.format(condition=condition, labels=particulars["labels"])
        pairing = pairing_of(question)
        assert pairing is not None, question
        yield question, {"scorer": "pairs_f1", "answer": pairing.pairs(lines), "answer_type": "PAIRS"}


def _particulars(lines: list[Instance], random: Random) -> dict[str, str]:
    """What the wordings leave open."""
    a, b, c = random.sample(LABELS, 3)
    users = sorted({line.user for line in lines})
    first, second = random.sample(users, 2)
    day = _START + timedelta(random.randrange(_DAYS // 2))
    later = day + timedelta(random.randrange(200, _DAYS // 2))
    return {
        "a": a,
        "a_one": f"{'an' if a[0] in 'ae' else 'a'} {a}",
        "b": b,
        "c": c,
        "labels": ", ".join(random.sample(LABELS, len(LABELS))),
        "first": str(first),
        "second": str(second),
        "users": ", ".join(map(str, random.sample(users, min(3, len(users))))),
        "month": random.choice(MONTHS),
        "day": f"{day:%b %d, %Y}",
        "later": f"{later:%b %d, %Y}",
        "written": f"{day:%B} {day.day}, {day.year}",
    }


def _without_end(wordings: tuple[str, ...]) -> Iterator[str]:
    while True:
        yield from wordings
