"""Rows as they are found: values that vary, are missing, or are written in more than one way.

Owns a writer of cells for each column of the rows in `first_sight/tasks.jsonl`, known by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final

from benchmarks.contents.lines import CITIES, PEOPLE, START

_SENTENCES: Final = (
    "The invoice of January was charged twice, please check.", "Parcel #4711 is still not here!", "Good sound.", "Why??",
    "The battery is empty after 2 hours, and the case (new!) is scratched.", "Works as described; would buy again :-)",
    "Called on 3 March: no answer.", "Size 42 fits, 43 does not.", "I will send you the numbers until Friday.",
)  # fmt: skip
_SPECIES: Final = ("Vanessa atalanta", "Pieris rapae", "Aglais io", "Apis mellifera", "cf. Maniola jurtina", "Bombus sp.")


def _prose(chance: Random) -> str:
    return " ".join(chance.choices(_SENTENCES, k=chance.randrange(1, 12)))


def _day(chance: Random) -> str:
    return f"{START - timedelta(days=chance.randrange(0, 700)):%Y-%m-%d}"


def _mail(chance: Random) -> str:
    return (
        f"{chance.choice(('ana', 'bo.lindqvist', 'c_deluca', 'office'))}@{chance.choice(('example.org', 'mail.example.com'))}"
    )


CELLS: Final[dict[str, Callable[[Random, int], Any]]] = {
    "id": lambda chance, row: row + 1,
    "opened": lambda chance, row: _day(chance),
    "closed": lambda chance, row: _day(chance) if chance.random() < 0.7 else None,
    "body": lambda chance, row: _prose(chance),
    "text": lambda chance, row: _prose(chance),
    "remark": lambda chance, row: _prose(chance) if chance.random() < 0.6 else "",
    "title": lambda chance, row: chance.choice(_SENTENCES),
    "stars": lambda chance, row: chance.randrange(1, 6),
    "verified": lambda chance, row: chance.random() < 0.6,
    "customer": lambda chance, row: f"C-{chance.randrange(1, 900)}",
    "date": lambda chance, row: _day(chance),
    "amount": lambda chance, row: chance.randrange(100, 90_000) / 100,
    "name": lambda chance, row: f"{chance.choice(PEOPLE)} {row + 1}",
    "since": lambda chance, row: chance.randrange(1990, 2026),
    "source": lambda chance, row: chance.choice(("daily", "The Evening Post", "rtv-24")),
    "age": lambda chance, row: chance.randrange(0, 100),
    "species": lambda chance, row: chance.choice(_SPECIES),
    "site": lambda chance, row: f"{chance.choice(('North', 'South'))} {chance.choice(('meadow', 'shore', f'plot {row % 9}'))}",
    "from": lambda chance, row: _mail(chance),
    "to": lambda chance, row: _mail(chance),
    "subject": lambda chance, row: chance.choice(("Numbers", "Re: Numbers", "AW: offer 12/2026", f"{chance.choice(CITIES)}?")),
}
"""Writers of cells by the names of columns."""


def rows(recorded: dict[str, Any], count: int, chance: Random) -> list[dict[str, Any]] | None:
    """Rows with the columns of a recorded one; None where nobody writes one of them, or writes it in another type."""
    if not recorded.keys() <= CELLS.keys():
        return None
    made = [{name: CELLS[name](chance, row) for name in recorded} for row in range(count)]
    fits = all(value is None or isinstance(made[0][name], type(value)) for name, value in recorded.items())
    return made if fits else None
