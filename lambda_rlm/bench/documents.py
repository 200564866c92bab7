"""A collection of documents in which a question has to be followed from one to another (`multidoc`).

Owns the generator, after multi-hop search over fixed collections: half of the documents are about a town, half about a person
who built the mill of one, all names are invented, and the facts are between sentences that have nothing to do with them.
Promises that equal seeds give equal tasks, and that no question can be answered from one document.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any, Final

from lambda_rlm.bench.task import Task, length
from lambda_rlm.bench.words import CHARACTERS_PER_TOKEN, names, prose
from lambda_rlm.llm.simulated_reader.chain import BUILT, FACTS

_DOCUMENT_TOKENS: Final = 500
_FIRST_NAMES: Final = ("Agnes", "Bertram", "Cecily", "Dorian", "Esther", "Fabian", "Gwendolen", "Horace", "Imogen", "Jasper")
_INSTRUMENTS: Final = ("bassoon", "cittern", "dulcimer", "flageolet", "hautboy", "lute", "spinet", "viol", "zither")


def multidoc(tokens: int, count: int, seed: int) -> list[Task]:
    """Questions of two hops, all over one collection."""
    random = Random(f"multidoc {seed} {tokens}")
    pairs = max(2, tokens // _DOCUMENT_TOKENS // 2)
    fresh = names(random)
    towns = [next(fresh) for _ in range(pairs)]
    people = [f"{random.choice(_FIRST_NAMES)} {next(fresh)}" for _ in range(pairs)]
    places = [next(fresh) for _ in range(pairs)]
    said = [
        dict(zip(FACTS, (str(random.randrange(1600, 1800)), random.choice(_INSTRUMENTS), place), strict=True))
        for place in places
    ]
    inputs = partial(_collection, towns, people, said, random.getrandbits(32))
    tasks = []
    for number in range(count):
        index = random.randrange(pairs)
        wording = list(FACTS)[number % len(FACTS)]
        gold = {"scorer": "alias", "answer": said[index][wording], "answer_type": "SHORT", "aliases": []}
        question = wording.format(towns[index])
        tasks.append(Task(f"multidoc-{length(tokens)}-{number}", "multidoc", question, gold, tokens, inputs))
    return tasks


def _collection(towns: list[str], people: list[str], said: list[dict[str, str]], seed: int) -> Mapping[str, Any]:
    random = Random(seed)
    documents = [
        {"name": f"The town of {town}", "text": _between([BUILT.format(town, who)], random)}
        for town, who in zip(towns, people, strict=True)
    ]
    for who, facts in zip(people, said, strict=True):
        stated = [FACTS[wording].format(who, value) for wording, value in facts.items()]
        documents.append({"name": who, "text": _between(stated, random)})
    random.shuffle(documents)
    return {"context": documents}


def _between(facts: list[str], random: Random) -> str:
    """A document: the facts at places between sentences of something else."""
    text = prose(int(_DOCUMENT_TOKENS * CHARACTERS_PER_TOKEN * 0.95), random)
    for fact in facts:
        text.insert(random.randrange(len(text) + 1), fact)
    return " ".join(text)
