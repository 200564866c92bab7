"""`--continue RUN`: a question that follows a run of the journal.

Owns how the run and its inputs are found again. Promises that without arguments the inputs are those that the run read, read as
it read them, or the command ends with what differs; and that what is named is read as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from shlex import quote
from typing import Any

from lambda_rlm.answering.question import Question
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.session import arguments_of, requested
from lambda_rlm.cli.settings import Settings
from lambda_rlm.deadline import Deadline
from lambda_rlm.inputs import from_arguments
from lambda_rlm.journal.followed import Followed, followed
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.records import Damaged, RunRow, damage
from lambda_rlm.journal.request import RunRequest, named_as_before, same_inputs
from lambda_rlm.journal.store import JournalProblem


def continued(
    name: str, query: str, arguments: Sequence[str], options: Mapping[str, Any], chosen: Settings, deadline: Deadline
) -> tuple[RunRequest, Settings]:
    """The question as one that follows the run of that name, and the settings with which it is asked."""
    run, row = _followed(name, chosen)
    if arguments:
        inputs = from_arguments(arguments, chosen.reading(deadline.look))
        return requested(query, inputs, arguments, chosen).following(run), chosen
    again = f"lambda-rlm ask --continue {row.id} {quote(query)} NAME=PATH"
    arguments = arguments_of(row, (), again)
    chosen = _reading_as_before(row, options, chosen)
    inputs = named_as_before(row, from_arguments(arguments, chosen.reading(deadline.look)))
    same_inputs(row, inputs, again)
    request = replace(requested(query, inputs, arguments, chosen), folder=row.what.get("folder"))
    return request.following(run), chosen


def posed(
    query: str, arguments: Sequence[str], options: Mapping[str, Any], chosen: Settings, follows: str | None
) -> tuple[Question, Settings]:
    """A question that nobody asks yet, over its inputs, and the settings with which they were read; `follows` names the run
    that it follows, None for none."""
    if follows is None:
        return Question(query=query, inputs=from_arguments(arguments, chosen.reading()), task=chosen.task), chosen
    request, chosen = continued(follows, query, arguments, options, chosen, Deadline(None))
    return request.question, chosen


def _followed(name: str, chosen: Settings) -> tuple[Followed, RunRow]:
    try:
        with Journal(chosen.journal, is_new=False) as journal:
            found = followed(journal, name)
    except JournalProblem as problem:
        hint = problem.hint
        if not isinstance(problem, Damaged) and hint is not None and "resume" not in hint:
            hint = f"{hint}; a run with --no-journal cannot be continued"
        raise UsageProblem(problem.message, hint) from None
    assert found.row is not None
    return found, found.row


def _reading_as_before(row: RunRow, options: Mapping[str, Any], chosen: Settings) -> Settings:
    """The settings with those by which the run found and read its inputs, where this command does not say others."""
    with damage(row.id, "settings"):
        chosen = chosen.reading_as(row.what["settings"], options)
        chosen.reading()
    return chosen
