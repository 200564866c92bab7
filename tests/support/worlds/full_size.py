"""The inputs of the fourteen tasks at the sizes that the tasks state, made of small worlds said again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lambda_rlm.bounds.declared import Size
from tests.support.worlds.all_tasks import TASKS
from tests.support.worlds.world import World

_MILLION: Final = 1_000_000

STATED: Final[Mapping[str, tuple[int, int]]] = {
    "find_a_number": (1, 1_200_000),
    "commonest_label": (1, 600_000),
    "pairs_of_users": (1, 600_000),
    "summarize_a_book": (1, 3 * _MILLION),
    "three_hops": (1_000, 6_000),
    "calls_without_timeout": (400, 10_000),
    "billing_tickets": (20_000, 1_000),
    "deadlines": (1, 400_000),
    "retries_in_a_log": (1, 50 * _MILLION),
    "is_the_claim_supported": (1, 2 * _MILLION),
    "compare_two_policies": (1, 500_000),
    "attitudes": (1, 900_000),
    "same_questions": (5_000, 100),
    "translate": (1, 10 * _MILLION),
}
"""How many elements an input has, and how many characters each; those that no task states (of a file, a ticket, a question) are ours."""


def full_size(task: str, seed: int) -> tuple[World, dict[str, Any]]:
    """A small world of a task, and its inputs enlarged to the stated size."""
    world = TASKS[task](seed)
    return world, {name: _enlarged(value, *STATED[task]) for name, value in world.inputs.items()}


def declared(task: str) -> dict[str, Size]:
    """The stated sizes as `check --size` takes them."""
    count, chars = STATED[task]
    names = TASKS[task](1).inputs
    return {name: Size(chars) if count == 1 else Size(chars, count=count) for name in names}


def _enlarged(value: Any, count: int, chars: int) -> Any:
    if isinstance(value, str):
        return ((value + "\n") * (chars // (len(value) + 1) + 1))[:chars]
    return [_another(value[number % len(value)], number) for number in range(count)]


def _another(element: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The same element under another number or name."""
    made = dict(element)
    if "id" in made:
        made["id"] = number
    if "name" in made:
        made["name"] = f"{number}/{made['name']}"
    return made
