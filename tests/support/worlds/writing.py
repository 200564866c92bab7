"""Worlds in which a long text is to be written anew: summed up, drawn up as a table, compared, matched, translated."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.support.worlds.finding import prose
from tests.support.worlds.world import World, between


def summarize_a_book(seed: int) -> World:
    """There is no one right summary; a good one tells what happens in each chapter, in order."""
    draw = Random(seed)
    heroes, places = ("Ines", "Marek", "Olu", "Sana"), ("Lisbon", "Cairo", "Tromso", "Quito", "Hanoi")
    events = [f"{draw.choice(heroes)} reaches {draw.choice(places)} in chapter {n + 1}." for n in range(24)]
    book = "\n\n".join(f"{' '.join(prose(draw, 4_000))} {event} {' '.join(prose(draw, 4_000))}" for event in events)

    def told(text: str) -> list[str]:
        return list(dict.fromkeys(re.findall(r"\w+ reaches \w+ in chapter \d+\.", text)))

    return World({"book": book}, "Summarise the book in one page.", lambda prompt: " ".join(told(prompt)), told, events)


_DUTIES = ("deliver the turbines", "report the output", "train the operators", "remove the scaffolding", "renew the permit")


def deadlines(seed: int) -> World:
    draw = Random(seed)
    effective = date(2026, 1, 1) + timedelta(draw.randrange(90))
    parts = [
        f'This contract is made between Nordwind ("Supplier") and the Port. The Effective Date is {effective.isoformat()}.'
    ]
    expected = []
    for n in range(1, 41):
        duty, clause = draw.choice(_DUTIES), f"{n}.{draw.randrange(1, 9)}"
        filler = " ".join(prose(draw, 900))
        if n % 3 == 0:
            days = draw.randrange(10, 200)
            due, words = effective + timedelta(days), f"within {days} days after the Effective Date"
        elif n % 3 == 1:
            due = date(2026, 6, 1) + timedelta(draw.randrange(300))
            words = f"no later than {due.isoformat()}"
        else:
            parts.append(f"{clause} The Port shall {duty} when it suits the Port. {filler}")
            continue
        parts.append(f"{clause} The Supplier shall {duty} {words}. {filler}")
        expected.append(f"{due.isoformat()} | Supplier | {duty} | clause {clause} | {words}")

    def reply(prompt: str) -> str:
        if prompt.startswith("From these parts"):
            found = re.search(r"Effective Date is ([\d-]+)\.", prompt)
            return f"Supplier: Nordwind\nEffective Date: {found.group(1) if found else 'unknown'}"
        start = date.fromisoformat(between(prompt, "Effective Date: ", "\n").strip())
        part, tail = between(prompt, "\n\nPART:\n", "\n\nTAIL:\n"), between(prompt, "\n\nTAIL:\n")
        sentence = (
            r"(\d+\.\d) The Supplier shall ([a-z ]+?) (within (\d+) days after the Effective Date|no later than ([\d-]+))\."
        )
        rows: list[dict[str, Any]] = []
        for found in re.finditer(sentence, part.rstrip("\n") + tail):
            if found.start() < len(part.rstrip("\n")):
                due = start + timedelta(int(found[4])) if found[4] else date.fromisoformat(found[5])
                row = {"party": "Supplier", "duty": found[2], "deadline": due.isoformat(), "deadline_words": found[3]}
                rows.append({**row, "clause": found[1]})
        return json.dumps(rows, separators=(",", ":"))

    def read(answer: str) -> list[str]:
        rows = answer.split("\n")[1:]
        assert [row[:10] for row in rows] == sorted(row[:10] for row in rows), "in order of deadline"
        return sorted(rows)

    query = (
        "List every obligation of the supplier with a deadline: the party, what must be done, the deadline, and the clause "
        "number, in order of deadline."
    )
    return World({"contract": "\n".join(parts)}, query, reply, read, sorted(expected), out=2_048)


def compare_two_policies(seed: int) -> World:
    draw = Random(seed)
    old, new, expected = [], [], {}
    for n in range(1, 19):
        body, days = " ".join(prose(draw, 600)), draw.randrange(10, 90)
        kind = draw.choice(["same", "reworded", "changed", "removed", "added"])
        heading, text = f"Section {n}. Title {n}", f"{body}\n\nClaims are made within {days} days."
        if kind != "added":
            old.append(f"{heading}\n{text}\n")
        if kind == "changed":
            text = f"{body}\n\nClaims are made within {days + 5} days."
            expected[heading] = f"from {days} to {days + 5} days"
        elif kind == "reworded":
            text = f"{body}\n\nOne has {days} days to make a claim."
        elif kind == "removed":
            expected[f"{heading} (removed in b)"] = f"removed: {days} days"
        elif kind == "added":
            expected[f"{heading} (new in b)"] = f"added: {days} days"
        if kind != "removed":
            new.append(f"{heading}\n{text}\n")

    def reply(prompt: str) -> str:
        before, after = between(prompt, "VERSION A:\n", "VERSION B:\n"), between(prompt, "VERSION B:\n")
        a, b = (re.search(r"(\d+) days", text) for text in (before, after))
        if a and b:
            return "null" if a[1] == b[1] else json.dumps(f"from {a[1]} to {b[1]} days")
        return json.dumps(f"removed: {a[1]} days" if a else f"added: {b[1]} days" if b else None)

    def read(answer: str) -> dict[str, str]:
        found = {}
        for block in answer.split("\n\n"):
            heading, note = block.split("\n")
            found[heading] = note
        return found

    query = "What changed in meaning between version a and version b, section by section?"
    return World({"a": "\n".join(old), "b": "\n".join(new)}, query, reply, read, expected)


_ASKED = (
    ("How tall is {}?", "What height does the peak called {} reach?"),
    ("Who painted {}?", "Which artist made the picture known as {}?"),
    ("When was {} founded?", "In which year did people start {}?"),
)


def same_questions(seed: int) -> World:
    draw = Random(seed)
    subjects = [
        f"{a}{b}" for a in ("Kar", "Mol", "Ven", "Tas", "Rud") for b in ("anda", "ino", "esk", "ulo", "imar", "ost", "edy")
    ]
    draw.shuffle(subjects)
    asked = [(forms[0].format(subject), (kind, subject)) for subject in subjects[10:] for kind, forms in enumerate(_ASKED)]
    for subject in subjects[:10]:
        kind = draw.randrange(3)
        asked += [(form.format(subject), (kind, subject)) for form in _ASKED[kind]]
    asked += [(f"What is the colour of thing {n}?", (9, str(n))) for n in range(260)]
    draw.shuffle(asked)
    ids = draw.sample(range(10_000), len(asked))
    rows = [{"id": number, "question": question} for number, (question, _) in zip(ids, asked, strict=True)]
    by_meaning: dict[tuple[int, str], list[int]] = {}
    for number, (_, meant) in zip(ids, asked, strict=True):
        by_meaning.setdefault(meant, []).append(number)
    expected = {(min(same), max(same)) for same in by_meaning.values() if len(same) == 2}

    def meaning(question: str) -> tuple[int, str] | None:
        for kind, forms in enumerate(_ASKED):
            for form in forms:
                found = re.fullmatch(re.escape(form).replace(r"\{\}", r"(\w+)"), question)
                if found:
                    return kind, found[1]
        return None

    def reply(prompt: str) -> str:
        if "Give the numbers of the lines" in prompt:
            lines = re.findall(r"^(\d+): A: (.*\?) B: (.*\?)$", prompt, re.MULTILINE)
            return json.dumps([int(n) for n, a, b in lines if meaning(a) is not None and meaning(a) == meaning(b)])
        known: dict[tuple[int, str], int] = {}
        pairs = []
        for number, question in re.findall(r"^(\d+): (.*\?)$", prompt, re.MULTILINE):
            what = meaning(question)
            if what is not None and known.setdefault(what, int(number)) != int(number):
                pairs.append({"first_id": known[what], "second_id": int(number)})
        return json.dumps(pairs[:10])

    def read(answer: str) -> set[tuple[int, int]]:
        return {(int(a), int(b)) for a, b in re.findall(r"^(\d+) and (\d+):$", answer, re.MULTILINE)}

    query = "Find the ten pairs of questions that ask the same thing in the most different words."
    return World({"rows": rows}, query, reply, read, expected)


_WORDS = {
    "人民": "people", "水源": "water", "法院": "court", "国家": "state", "土地": "land", "工人": "worker", "年度": "year", "合同": "deal",
}  # fmt: skip


def translate(seed: int) -> World:
    draw = Random(seed)
    articles = [draw.choices(list(_WORDS), k=draw.randrange(10, 30)) for _ in range(400)]
    lines = [f"第{n}条 {''.join(words)}。" for n, words in enumerate(articles, start=1)]

    def english(line: str) -> str:
        found = re.fullmatch(r"第(\d+)条 (.*)。", line)
        return "" if found is None else f"Article {found[1]}: {' '.join(_WORDS[w] for w in re.findall('..', found[2]))}."

    def reply(prompt: str) -> str:
        if "List the 80 most important" in prompt:
            return "\n".join(f"{chinese} = {word}" for chinese, word in _WORDS.items() if chinese in prompt)
        return "\n".join(filter(None, map(english, between(prompt, "TEXT:\n").splitlines())))

    def read(answer: str) -> list[str]:
        return [line for line in answer.split("\n") if line]

    expected = [f"Article {n}: {' '.join(_WORDS[word] for word in words)}." for n, words in enumerate(articles, start=1)]
    return World({"context": "\n".join(lines)}, "Translate it to English, keeping order.", reply, read, expected, out=5_000)
