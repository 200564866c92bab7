"""The fourteen tasks of the first programs, by the names of these programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.support.places import CONFORMANCE
from tests.support.worlds import finding, labelling, writing
from tests.support.worlds.world import World

FOLDER: Final = CONFORMANCE / "programs"

TASKS: Final[Mapping[str, Callable[[int], World]]] = {
    "find_a_number": finding.find_a_number,
    "commonest_label": labelling.commonest_label,
    "pairs_of_users": labelling.pairs_of_users,
    "summarize_a_book": writing.summarize_a_book,
    "three_hops": finding.three_hops,
    "calls_without_timeout": finding.calls_without_timeout,
    "billing_tickets": labelling.billing_tickets,
    "deadlines": writing.deadlines,
    "retries_in_a_log": finding.retries_in_a_log,
    "is_the_claim_supported": finding.is_the_claim_supported,
    "compare_two_policies": writing.compare_two_policies,
    "attitudes": labelling.attitudes,
    "same_questions": writing.same_questions,
    "translate": writing.translate,
}

REPAIRED: Final = {"three_hops": ("28000", "20000")}
"""The smallest fix of the one program that a window of 32,000 characters refuses: its prompts hold the answers to earlier questions
as well, each of up to 8,192 characters, and leave less room for passages."""


def recorded(task: str) -> str:
    """The program that a strong model wrote for a task, as it wrote it."""
    return (FOLDER / f"{task}.lam").read_text(encoding="utf-8")


def repaired(task: str) -> str:
    """The same with the smallest fix, for a program that needs one."""
    before, after = REPAIRED[task]
    return recorded(task).replace(before, after)
