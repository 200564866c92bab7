"""A question that follows one which was answered: what it takes over of that, and the question with it.

Owns `follow_up` and `left_by`. Promises that the earlier answer is one of the inputs, named `answer_1`, `answer_2` … along a
chain of questions, unless it is too large, and that of a chain the last few questions are taken over. Asks no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.answering.question import Question
from lambda_rlm.eval.plain import value_with
from lambda_rlm.eval.value import Text
from lambda_rlm.inputs.gather import written
from lambda_rlm.inputs.shape import sound
from lambda_rlm.plan.tasks import FALLBACK
from lambda_rlm.synth.earlier import MOST_EARLIER, EarlierQuestion
from lambda_rlm.types.type import Type, without_quotes

LARGEST_ANSWER: Final = 1_000_000
"""Characters of an answer, as JSON, that is an input of the next question."""

GIVEN: Final = "program"
WRITTEN: Final = "synth"


def left_by(
    *,
    run: str,
    query: str,
    route: str,
    task: str | None,
    program: str,
    type_: Type,
    value: Any,
    is_planned: bool,
    has_seen_contents: bool,
    before: Sequence[EarlierQuestion] = (),
) -> tuple[EarlierQuestion, ...]:
    """What a run leaves to the question that follows it, after what it took over itself. `is_planned` says that a fixed
    strategy stood in for a program. Raises `Unfit` for a value that is not of its type."""
    type_ = without_quotes(type_)
    value_with(value, type_, "the answer", lambda _, text: Text(text))
    way = (task or FALLBACK) if route == WRITTEN and is_planned else route
    is_small = sum(map(len, written(value))) <= LARGEST_ANSWER
    last = EarlierQuestion(
        run=run,
        number=1 + max((one.number for one in before), default=0),
        query=sound(query),
        way=way,
        type=type_,
        value=value if is_small else None,
        name="" if is_small else None,
        program=program if way in (GIVEN, WRITTEN) else None,
        has_seen_contents=has_seen_contents and way == WRITTEN,
    )
    return (*before, last)[-MOST_EARLIER:]


def follow_up(question: Question, earlier: Sequence[EarlierQuestion]) -> Question:
    """The question as one that follows others, their answers among its inputs. A name that an input has already goes to the
    next that is free."""
    inputs, named = question.inputs, list[EarlierQuestion]()
    functions = {function.name for function in inputs.functions}
    for one in earlier:
        if one.name is not None:
            is_free = one.name and one.name not in inputs.types and one.name not in functions
            name = one.name if is_free else inputs.free_name("answer", one.number)
            inputs, one = inputs.with_answer(name, one.type, one.value), replace(one, name=name)
        named.append(one)
    return replace(question, inputs=inputs, earlier=tuple(named))
