"""The route of 200 questions for a strong, a medium and a weak root model: what is wanted, and what the router chooses.

`python benchmarks/routing.py` asks the product's own router, and no model: those in its place say which task a question is, where
one asks for it, and nothing else. `ask` takes the route that is chosen unless its bound is over the budget
(`tests/plan/test_routing_questions.py` compares the two). For the 80 questions that the router was not developed with, the other
120, and all of them, prints the confusion table of each root model, the right ones by kind, input and language,
and how many of ten groups of ten paraphrases go one way. Exits with 1 where a question that computes over rows goes direct or to
`search`, and `--wrong` lists what is not wanted. `--files questions` leaves out the 80 that the router was not developed with.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.routing_cases import ROOTS, RoutingCase, cases, chosen  # noqa: E402

FILES: Final = ("held_out", "questions")
Gone = tuple[RoutingCase, str]
"""A case and the route that it took."""

BY: Final[dict[str, Callable[[RoutingCase], str]]] = {
    "kind": lambda case: case.kind,
    "input": lambda case: str(case.shape["kind"]),
    "language": lambda case: case.language,
    "asks": lambda case: case.asks,
}


def way(route: str) -> str:
    """The route without the task of a plan."""
    return route.partition(":")[0]


def is_right(root: str, one: Gone) -> bool:
    """Whether the route is one of those wanted."""
    return one[1] in one[0].wanted[root]


def share(root: str, gone: Sequence[Gone]) -> str:
    """How many went a wanted route, of how many."""
    return f"{sum(is_right(root, one) for one in gone)}/{len(gone)}"


def confusion(root: str, gone: Iterable[Gone]) -> list[str]:
    """Rows of wanted ways, columns of the ways taken. A route that is one of several wanted counts in the row of its own way."""
    counted: Counter[tuple[str, str]] = Counter()
    for case, route in gone:
        wanted = case.wanted[root]
        counted[way(route if route in wanted else wanted[0]), way(route)] += 1
    rows, columns = sorted({row for row, _ in counted}), sorted({column for _, column in counted})
    lines = [f"{'wanted':10}" + "".join(f"{column:>10}" for column in columns)]
    return lines + [f"{row:10}" + "".join(f"{counted[row, column]:>10}" for column in columns) for row in rows]


def parts(root: str, gone: Sequence[Gone]) -> list[str]:
    """The right ones by each property of a question."""
    lines = []
    for name, of in BY.items():
        groups: dict[str, list[Gone]] = defaultdict(list)
        for one in gone:
            groups[of(one[0])].append(one)
        lines.append(f"  by {name}: " + ", ".join(f"{key} {share(root, group)}" for key, group in sorted(groups.items())))
    return lines


def agreeing(routes: Mapping[str, set[str]]) -> str:
    """Groups of paraphrases whose ten questions take one route."""
    split = {name: sorted(found) for name, found in routes.items() if len(found) > 1}
    told = "".join(f"\n  {name}: {', '.join(found)}" for name, found in split.items())
    return f"{len(routes) - len(split)} of {len(routes)} groups of paraphrases take one route{told}"


def told(root: str, gone: Mapping[str, Sequence[Gone]], *, lists_wrong: bool) -> None:
    """Prints what there is to say of one root model."""
    print(f"\n{root} ({ROOTS[root].name})")
    for name, some in gone.items():
        print(f"{name}: {share(root, some)} take a wanted route")
        print("\n".join(confusion(root, some)))
    together = [one for some in gone.values() for one in some]
    print("\n".join([f"all: {share(root, together)}", *parts(root, together)]), flush=True)
    if lists_wrong:
        for case, route in together:
            if route not in case.wanted[root]:
                print(f"  {case.id} {route} instead of {' or '.join(case.wanted[root])}: {case.question}")


def main() -> int:
    """The exit code."""
    reader = argparse.ArgumentParser(description="Routes of questions")
    reader.add_argument("--roots", nargs="+", choices=list(ROOTS), default=list(ROOTS))
    reader.add_argument("--files", nargs="+", choices=FILES, default=list(FILES))
    reader.add_argument("--wrong", action="store_true")
    given = reader.parse_args()
    gone: dict[str, dict[str, list[Gone]]] = {root: {name: [] for name in given.files} for root in given.roots}
    alike: dict[str, dict[str, set[str]]] = {root: defaultdict(set) for root in given.roots}
    for name in (*given.files, "paraphrases"):
        for case in cases(name):
            for root in given.roots:  # one after the other, so that the inputs of a question are made once
                if name == "paraphrases":
                    alike[root][case.id].add(chosen(case, root))
                else:
                    gone[root][name].append((case, chosen(case, root)))
    for root in given.roots:
        told(root, gone[root], lists_wrong=given.wrong)
        print(agreeing(alike[root]), flush=True)
    broken = [
        one for root, files in gone.items() for some in files.values() for one in some if one[0].breaks_the_rule(root, one[1])
    ]
    for case, route in broken:
        print(f"computes over rows and goes {route}: {case.id} {case.question}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
