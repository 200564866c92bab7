"""A run of the journal that a new question follows, and what the journal keeps of that.

Owns `Followed` and the JSON of earlier questions. Promises that the record of the new run holds all that was taken over, so
that it is resumed and replayed without the earlier run, and the head of that run's records, so that the two are one chain.
Refuses a run without an answer, and one whose records are not as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lambda_rlm.answering.follow_up import left_by
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.records import Damaged, RunRow, damage
from lambda_rlm.journal.store import JournalProblem
from lambda_rlm.policy.gates import allow_source
from lambda_rlm.synth.earlier import EarlierQuestion
from lambda_rlm.types.called import called_in, calling, with_fields
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.show import show

_ENDS: Final = {"faulted": "stopped with a fault", "rejected": "was rejected"}
"""How a run without an answer ended, by its state."""
_NEEDED: Final = frozenset(("query", "inputs", "arguments", "settings"))
_ANSWER: Final = "its answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A run that a question follows: what it left, the head of its records (empty where no journal has it), and from which
    files and folders its answers were made, as arguments of a command line."""

    run: str
    earlier: tuple[EarlierQuestion, ...]
    head: str = ""
    sources: tuple[str, ...] = ()
    row: RunRow | None = None

    def as_kept(self) -> dict[str, Any]:
        """As the journal keeps it."""
        return {
            "follows": {"run": self.run, "head": self.head, "sources": list(self.sources)},
            "earlier": [_as_kept(one) for one in self.earlier],
        }


def followed(journal: Journal, name: str) -> Followed:
    """The run of a name (see `Journal.run`) that has an answer; raises `JournalProblem`, and `PolicyViolation` where no input
    of today may come from where its answer does."""
    row = journal.run(name)
    journal.intact(row.id)
    if row.is_going_on:
        raise JournalProblem(f"run {row.id} is still in progress", "wait until it ends")
    if row.state != "answered" or row.outcome is None:
        raise JournalProblem(
            f"run {row.id} has no answer to continue from: it {_ENDS.get(row.state, 'was interrupted')}",
            f"finish it (lambda-rlm resume {row.id}), or name another run (lambda-rlm runs)",
        )
    if not row.what.keys() >= _NEEDED:
        raise Damaged(row.id, "a part of it is missing")
    with damage(row.id, _ANSWER):
        before = row.what.get("follows") or {}
        sources = tuple(dict.fromkeys((*before.get("sources", ()), *row.what["arguments"])))
        try:
            left = _left(row, row.outcome)
        except Rejected:  # a type that is none
            raise Damaged(row.id, _ANSWER) from None
    allow_source(sources)
    return Followed(run=row.id, earlier=left, head=row.head, sources=sources, row=row)


def earlier_in(row: RunRow) -> tuple[EarlierQuestion, ...]:
    """The questions that a run of the journal followed itself; raises `Damaged`."""
    with damage(row.id, "what it took over"):
        try:
            return tuple(map(_read, row.what.get("earlier") or ()))
        except Rejected:
            raise Damaged(row.id, "what it took over") from None


def _left(row: RunRow, outcome: Mapping[str, Any]) -> tuple[EarlierQuestion, ...]:
    synthesis, type_ = outcome.get("synthesis") or {}, parse_type(outcome["type"])
    called = outcome.get("called") or {}
    value = outcome["value"] if "value" in outcome else outcome["answer"]
    return left_by(
        run=row.id,
        query=str(row.what["query"] or ""),
        route=outcome["route"],
        task=outcome.get("task"),
        program=outcome["program"],
        type_=calling(type_, called),
        value=with_fields(value, type_, called),
        is_planned=synthesis.get("fallback") is not None,
        has_seen_contents=bool(row.what["settings"].get("peek")),
        before=earlier_in(row),
    )


def _as_kept(one: EarlierQuestion) -> dict[str, Any]:
    kept = {name: getattr(one, name) for name in ("run", "number", "query", "way", "value", "name", "program")}
    return {**kept, "type": show(one.type), "called": called_in({"": one.type}), "has_seen_contents": one.has_seen_contents}


def _read(kept: Mapping[str, Any]) -> EarlierQuestion:
    called = kept.get("called") or {}
    others = {name: value for name, value in kept.items() if name != "called"}
    return EarlierQuestion(**{**others, "type": calling(parse_type(kept["type"]), called)})
