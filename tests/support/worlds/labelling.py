"""Worlds in which many small things are to be judged and counted: questions, tickets, the lines of a conversation."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from random import Random

from tests.support.worlds.finding import prose
from tests.support.worlds.world import World, between

_QUESTIONS = {
    "entity": ("What animal", "What animal is on the flag of {} ?"),
    "location": ("Where", "Where is the town of {} ?"),
    "numeric value": ("How many", "How many people live in {} ?"),
    "human being": ("Who", "Who founded {} ?"),
    "abbreviation": ("What does", "What does {} stand for ?"),
    "description and abstract concept": ("Why", "Why did {} decline ?"),
}
_PLACES = ("Aspen", "Denver", "Lund", "Porto", "Ghent", "Cork", "Riga", "Split")
_LEFT_OUT = 41
"""In a long list the model overlooks every line whose number divides by this."""


def _questions(seed: int, count: int, users: int) -> tuple[str, list[tuple[int, str]]]:
    """The lines, and for each the user and the label that its question has."""
    draw = Random(seed)
    favourite = draw.choice(list(_QUESTIONS))
    labels = draw.choices(list(_QUESTIONS), [3 if label == favourite else 2 for label in _QUESTIONS], k=count)
    ids = [draw.randrange(10_000, 99_999) for _ in range(users)]
    held = [(draw.choice(ids), label) for label in labels]
    lines = [
        f"Date: Jan {n % 28 + 1:02}, 2023 || User: {user} || Instance: {_QUESTIONS[label][1].format(draw.choice(_PLACES))}"
        for n, (user, label) in enumerate(held)
    ]
    return "\n".join(lines), held


def _labelled(prompt: str) -> str:
    """One label for every line with a number, by the question's first words."""
    rows = re.findall(r"^(\d+): (.*)$", prompt, re.MULTILINE)
    tags = [
        {"id": int(number), "label": label}
        for number, question in rows
        for label, (begins, _) in _QUESTIONS.items()
        if question.startswith(begins) and not (len(rows) > 20 and int(number) % _LEFT_OUT == 0)
    ]
    return json.dumps(tags, separators=(",", ":"))


def commonest_label(seed: int) -> World:
    context, held = _questions(seed, 430, 20)
    ((label, count),) = Counter(label for _, label in held).most_common(1)
    query = (
        "Which of the labels entity, location, numeric value, human being, abbreviation, description and abstract concept is the "
        "most common among the questions, and how many times does it occur?"
    )
    expected = f"The most common label is {label}; it occurs {count} times."
    return World({"context": context}, query, _labelled, str, expected)


def pairs_of_users(seed: int) -> World:
    context, held = _questions(seed, 60, 25)
    users = sorted({user for user, label in held if label in ("numeric value", "location")})
    expected = [f"({a}, {b})" for a, b in combinations(users, 2)]
    query = (
        "List all pairs of user ids (no duplicates, lower id first) where both users have at least one instance with a numeric "
        "value or location. One pair per line as (id1, id2)."
    )
    return World({"context": context}, query, _labelled, lambda answer: answer.split("\n"), expected)


_NAMED = {"Brandt": 21, "Costa": 15, "Dietz": 11, "Eriksen": 8, "Fabre": 5, "Gallo": 3, "Hauser": 1}
"""How often customers are named in the tickets that count; the names are shuffled."""


def billing_tickets(seed: int) -> World:
    draw = Random(seed)
    customers = draw.sample(list(_NAMED), len(_NAMED))
    billing = dict(zip(customers, _NAMED.values(), strict=True))
    drawn = [(3, True, customer) for customer, times in billing.items() for _ in range(times)]
    drawn += [
        (month, money, draw.choice(customers))
        for month, money in draw.choices([(2, True), (3, False), (4, True), (4, False)], k=200)
    ]
    draw.shuffle(drawn)
    tickets = []
    for n, (month, is_about_money, customer) in enumerate(drawn):
        what = "was charged twice for one invoice" if is_about_money else "cannot open the report"
        body = f"The customer {customer} {what}. " + " ".join(prose(draw, 500))
        tickets.append({"id": n, "opened": f"2026-{month:02}-{n % 28 + 1:02}", "body": body})

    def reply(prompt: str) -> str:
        verdicts = []
        for part in prompt.split("=== TICKET ")[1:]:
            number, _, body = part.partition("\n")
            names = re.findall(r"customer ([A-Z]\w+)", body)
            verdicts.append({"id": int(number), "billing_complaint": "charged" in body, "customers": names})
        return json.dumps(verdicts, separators=(",", ":"))

    def read(answer: str) -> tuple[int, list[tuple[str, int]]]:
        first, _, *rows = answer.split("\n")
        named = [re.fullmatch(r"- (\w+): (\d+) tickets", row) for row in rows]
        return int(first.split()[0]), sorted((m.group(1), int(m.group(2))) for m in named if m)

    query = (
        "How many tickets opened in March 2026 complain about billing, and which five customers are most often named in them?"
    )
    first = sorted(billing.items(), key=lambda named: -named[1])[:5]
    return World({"tickets": tickets}, query, reply, read, (sum(billing.values()), sorted(first)))


_SPEAKERS = ("Ann", "Ben", "Cleo", "Dora", "Emil", "Finn")


def attitudes(seed: int) -> World:
    draw = Random(seed)
    leaning = dict(
        zip(_SPEAKERS, draw.sample(["positive", "negative", "mixed", "positive", "mixed", "none expressed"], 6), strict=True)
    )
    said = {
        "positive": "The proposal is good for all of us.",
        "negative": "I am against the proposal.",
        "none expressed": "Has anybody seen my umbrella?",
    }
    lines, opinions = [], Counter[str]()
    for n in range(700):
        speaker, leans = draw.choice(_SPEAKERS), ""
        leans = leaning[speaker]
        if n % 9 == 0 and leans != "none expressed":
            opinions[speaker] += 1
            side = ("positive", "negative")[opinions[speaker] % 2] if leans == "mixed" else leans
            lines.append(f"{speaker}: {said[side]}")
        else:
            lines.append(f"{speaker}: {said['none expressed']} {' '.join(prose(draw, 60))}")

    def reply(prompt: str) -> str:
        if "Is the speaker's overall attitude" in prompt:
            sides = {side for side in ("positive", "negative") if f"- {side}:" in prompt}
            return "mixed" if len(sides) == 2 else sides.pop()
        found: dict[tuple[str, str], dict[str, str]] = {}
        for line in between(prompt, "who show none.").splitlines():
            speaker, _, message = line.partition(": ")
            for side in ("positive", "negative"):
                if message == said[side]:
                    found[speaker, side] = {"speaker": speaker, "attitude": side, "evidence": message}
        return json.dumps(list(found.values()), separators=(",", ":"))

    def read(answer: str) -> dict[str, str]:
        rows = [row.strip("| ").split(" | ") for row in answer.split("\n")[2:]]
        return {row[0]: row[1] for row in rows}

    query = "For each speaker, is their overall attitude to the proposal positive, negative or mixed? Give a table."
    return World({"context": "\n".join(lines)}, query, reply, read, leaning)
