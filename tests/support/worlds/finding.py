"""Worlds in which something is to be found: a number, a chain of facts, calls in code, lines of a log, support for a claim."""

from __future__ import annotations

import json
import re
from random import Random

from tests.support.worlds.world import World, between

_FILLER = (
    "The ferry leaves when the tide allows it and nobody keeps a list of who is on board.",
    "It is said that the old library burned twice, once by accident and once by design.",
    "Most gardens in the north face away from the wind, and so do most people.",
    "A good essay ends before its reader does.",
    "The number of lamps in a street says little about how dark it is.",
)
_CITIES = ("Oslo", "Bergen", "Turku", "Aarhus", "Malmo", "Tartu", "Gdansk")


def prose(draw: Random, characters: int) -> list[str]:
    """Sentences that say nothing of importance."""
    sentences: list[str] = []
    while sum(map(len, sentences)) < characters:
        sentences.append(draw.choice(_FILLER))
    return sentences


def find_a_number(seed: int) -> World:
    draw = Random(seed)
    numbers = {city: draw.randrange(1_000, 10_000) for city in _CITIES}
    sentences = prose(draw, 60_000)
    for city, number in numbers.items():
        sentences.insert(draw.randrange(len(sentences)), f"The special magic number for {city} is: {number}.")
        sentences.insert(draw.randrange(len(sentences)), f"In {city} it rained again.")

    def reply(prompt: str) -> str:
        found = re.search(r"magic number for Oslo is: (\d+)", prompt)
        return found.group(1) if found else "null"

    query = "What is the special magic number for Oslo mentioned in the text?"
    return World({"context": " ".join(sentences)}, query, reply, str.strip, str(numbers["Oslo"]))


_NAMES = ("Ilse Varga", "Tom Okoro", "Mina Petrov", "Jon Aasen", "Rosa Lind", "Pau Serra", "Ada Moreau", "Kofi Mensah")
_FILMS = ("The Salt Road", "Nine Bridges", "Winter Post", "A House of Glass", "The Long Tide", "Paper Birds")


def three_hops(seed: int) -> World:
    draw = Random(seed)
    people, films = draw.sample(_NAMES, 6), draw.sample(_FILMS, 3)
    composer, director, others = people[0], people[1], people[2:]
    facts = [
        f"The Harbour Suite of 1987 was composed by {composer}.",
        f"{composer.split()[1]} has a cameo as a ferryman in the film {films[0]}.",
        f"{films[0]} was directed by {director}.",
        f"The Mountain Suite of 1988 was composed by {others[0]}.",
        f"{others[0].split()[1]} has a cameo as a judge in the film {films[1]}.",
        f"{films[1]} was directed by {others[1]}.",
        f"{films[2]} was directed by {others[2]}.",
    ]
    docs = [{"name": f"doc{n:03}.txt", "text": " ".join(prose(draw, 4_000))} for n in range(40)]
    for fact in facts:
        doc = draw.choice(docs)
        at = doc["text"].index(" ", draw.randrange(3_000))
        doc["text"] = f"{doc['text'][:at]} {fact}{doc['text'][at:]}"

    def reply(prompt: str) -> str:
        question, passages = between(prompt, "Question: ", "\n\nPassages:"), between(prompt, "Passages:")
        if "Who composed" in question:
            pattern = r"Harbour Suite of 1987 was composed by ([A-Z]\w+ [A-Z]\w+)"
        elif "make a cameo" in question:
            surname = between(question, "composer ", " make").split()[-1]
            pattern = rf"{surname} has a cameo as a \w+ in the film ([^.]+)\."
        else:
            pattern = rf"{re.escape(between(question, 'directed the film ', '?'))} was directed by ([A-Z]\w+ [A-Z]\w+)"
        found = re.search(pattern, passages)
        answer = found.group(1).strip() if found else "unknown"
        return json.dumps({"answer": answer, "other_names": [answer.split()[-1]] if found else []})

    query = "Who directed the film in which the composer of the 1987 'Harbour Suite' made a cameo?"
    expected = f"{director} (composer of the Harbour Suite: {composer}; film with the cameo: {films[0]})"
    return World({"docs": docs}, query, reply, str.strip, expected)


def calls_without_timeout(seed: int) -> World:
    draw = Random(seed)
    files, expected = [], set[str]()
    for n in range(30):
        name = f"pkg/module_{n:02}.py" if n % 5 else f"tests/test_{n:02}.py"
        parts = ["import os\nimport subprocess\n" if n % 3 else "import os\n"]
        for k in range(draw.randrange(3, 9)):
            function = draw.choice(["", "_"]) + f"job_{k}"
            kind = draw.choice(["bare", "timed", "none"]) if n % 3 else "none"
            timeout = ", timeout=30" if kind == "timed" else ""
            body = "return os.getcwd()" if kind == "none" else f"return subprocess.run(command, check=True{timeout})"
            parts.append(f'def {function}(command):\n    """{draw.choice(_FILLER)}"""\n    {body}\n')
            if kind == "bare" and not function.startswith("_") and name.startswith("pkg/"):
                expected.add(f"{name}: {function}")
        files.append({"name": name, "text": "\n\n".join(parts)})

    def reply(prompt: str) -> str:
        found = []
        for block in re.split(r"^(?=def )", between(prompt, "\n\nPIECE:\n"), flags=re.MULTILINE):
            name = re.match(r"def (\w+)", block)
            if name and "subprocess." in block and "timeout" not in block:
                found.append({"function_name": name.group(1), "is_public": not name.group(1).startswith("_")})
        return json.dumps(found)

    query = "Which public functions in the package call subprocess without a timeout? Give file and function name."
    return World({"files": files}, query, reply, lambda answer: set(answer.split("\n")), expected)


def retries_in_a_log(seed: int) -> World:
    draw = Random(seed)
    kinds = draw.choices(["INFO", "RETRY", "ERROR"], [90, 4, 6], k=3_000)
    requests = [f"r{draw.randrange(700):04x}" for _ in kinds]
    lines = [f"2026-03-01T00:{n % 60:02} {kind} req={requests[n]} took {n % 97} ms" for n, kind in enumerate(kinds)]
    expected = {
        requests[n + step]
        for n, kind in enumerate(kinds)
        if kind == "RETRY"
        for step in range(1, 6)
        if n + step < len(kinds) and kinds[n + step] == "ERROR"
    }

    def reply(prompt: str) -> str:
        return json.dumps({"regex": r"req=(\w+)" if "req=" in prompt else "(x)"})

    query = "How many distinct request ids have an ERROR line within 5 lines after a line containing RETRY?"
    return World({"log": "\n".join(lines)}, query, reply, int, len(expected))


def is_the_claim_supported(seed: int) -> World:
    draw = Random(seed)
    approved, finished = draw.sample(range(1, 29), 2)
    board = f"The board approved the merger on {approved} May 2026 after a short debate."
    audit = f"The audit was finished on {finished} May 2026 and its report filed."
    paragraphs = [" ".join(prose(draw, 800)) for _ in range(90)]
    for fact in (board, audit, "Nobody asked the board about the audit of the canteen."):
        at = draw.randrange(len(paragraphs))
        paragraphs[at] = f"{paragraphs[at]} {fact}"

    def day(text: str, pattern: str) -> int | None:
        found = re.search(pattern + r" on (\d+) May", text)
        return int(found.group(1)) if found else None

    def reply(prompt: str) -> str:
        if "Copy from the text" in prompt:
            sentences = re.split(r"(?<=\.) |\n", between(prompt, "Text:\n"))
            return json.dumps([s for s in sentences if "approved the merger" in s or "audit was finished" in s])
        quotes = between(prompt, "Quotes:\n")
        if "Give the numbers" in prompt:
            return json.dumps([int(n) for n in re.findall(r"^\[(\d+)\] The (?:board|audit)", quotes, re.MULTILINE)])
        first, second = day(quotes, "approved the merger"), day(quotes, "audit was finished")
        return "unclear" if first is None or second is None else "yes" if first < second else "no"

    query = (
        "Is the claim 'the board approved the merger before the audit was finished' supported? "
        "Answer yes, no or unclear, with the two most relevant quotes."
    )
    expected = ("yes" if approved < finished else "no", {f'- "{board}"', f'- "{audit}"'})

    def read(answer: str) -> tuple[str, set[str]]:
        verdict, *quotes = answer.split("\n")
        return verdict, set(quotes)

    return World({"context": "\n\n".join(paragraphs)}, query, reply, read, expected)
