"""Needles in running text: one sentence to be found (`s_niah`), dated entries to be put in order (`seq_niah`).

Owns their generators, after RULER's niah_single and Sequential-NIAH: the wording of needles and questions follows those, names
and texts are new. Promises that equal seeds give equal tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from lambda_rlm.bench.task import Task, length
from lambda_rlm.bench.words import CHARACTERS_PER_TOKEN, names, prose
from lambda_rlm.llm.simulated_reader.needle import ADJECTIVES, NOUNS, some_value

_PERSONS: Final = ("Ada", "Bruno", "Clara", "Desmond", "Edith", "Felix", "Greta", "Hugo", "Ida", "Jonas", "Klara", "Leopold")
_DEEDS: Final = (
    "planted a hedge of sweet briar",
    "sold the brass telescope",
    "mended the weather vane",
    "wrote to the customs house",
    "won a goose at the raffle",
    "painted the summer house green",
    "caught a pike in the mill race",
    "lost a glove at the theatre",
    "bound two volumes of sermons",
    "tuned the piano of the inn",
    "counted the lambs on the hill",
    "read aloud to the ferryman",
)
_ENTRIES: Final = (
    "On {day}, according to the diary, {person} {deed}.",
    "Diary of {person}, {day}: {person} {deed}.",
    "The diary of {person} notes for {day}: {person} {deed}.",
)


def s_niah(tokens: int, count: int, seed: int) -> list[Task]:
    """Tasks with one needle each, at depths from the start to the end of the text."""
    return [_needle(tokens, number, count, Random(f"s_niah {seed} {tokens} {number}")) for number in range(count)]


def seq_niah(tokens: int, count: int, seed: int) -> list[Task]:
    """Tasks with the diary of one person each."""
    return [_diary(tokens, number, Random(f"seq_niah {seed} {tokens} {number}")) for number in range(count)]


def _needle(tokens: int, number: int, count: int, random: Random) -> Task:
    kind = random.choices(("number", "uuid", "phrase"), (6, 2, 2))[0]
    key = f"{random.choice(ADJECTIVES)}-{random.choice(NOUNS)}"
    value = some_value(kind, random)
    sentence = f"One of the special magic {kind}s for {key} is: {value}."
    question = f"A special magic {kind} is hidden within the text. What is the special magic {kind} for {key} mentioned in the provided text?"
    gold = {"scorer": "contains", "answer": value, "answer_type": kind.upper()}
    depth = (number + random.random()) / count
    inputs = partial(_scattered, tokens, [sentence], [depth], random.getrandbits(32))
    return Task(f"s_niah-{length(tokens)}-{number}", "s_niah", question, gold, tokens, inputs)


def _diary(tokens: int, number: int, random: Random) -> Task:
    person = f"{random.choice(_PERSONS)} {next(names(random)).title()}"
    many = random.randint(5, 10)
    deeds = random.sample(_DEEDS, many)
    start = date(1970, 1, 1) + timedelta(random.randrange(16_000))
    days = sorted(start + timedelta(offset) for offset in random.sample(range(90), many))
    entries = [
        random.choice(_ENTRIES).format(day=f"{day:%B} {day.day}, {day.year}", person=person, deed=deed)
        for day, deed in zip(days, deeds, strict=True)
    ]
    random.shuffle(entries)
    question = (
        f"The text contains {many} dated diary entries of {person}, scattered and out of order. List what {person} did, one entry per line "
        "in chronological order, in the form 'YYYY-MM-DD: what was done'."
    )
    answer = [f"{day.isoformat()}: {deed}" for day, deed in zip(days, deeds, strict=True)]
    gold = {"scorer": "ordered_list", "answer": answer, "answer_type": "ORDERED_LIST"}
    depths = [random.random() for _ in entries]
    inputs = partial(_scattered, tokens, entries, depths, random.getrandbits(32))
    return Task(f"seq_niah-{length(tokens)}-{number}", "seq_niah", question, gold, tokens, inputs)


def _scattered(tokens: int, needles: list[str], depths: list[float], seed: int) -> Mapping[str, Any]:
    """Running text of about N tokens with needles between its sentences, each at its depth."""
    taken = sum(map(len, needles))
    text = prose(int(tokens * CHARACTERS_PER_TOKEN) - taken, Random(seed))
    for depth, needle in sorted(zip(depths, needles, strict=True), reverse=True):
        text.insert(int(depth * (len(text) + 1)), needle)
    return {"context": " ".join(text)}
