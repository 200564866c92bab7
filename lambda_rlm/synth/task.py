"""What a root model sees of one question: its inputs by name, type and size, what it may spend, and the question.

Owns the first turn. Promises that of an input nothing but its shape is in it unless `peek` says so; contents, file names and
names of fields are data, and are cut, a peek to its number of characters for each input.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import field
from typing import Any, Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.synth.earlier import EarlierQuestion, shown
from lambda_rlm.synth.input_shape import InputShape, shape
from lambda_rlm.synth.layout.layout import Layout
from lambda_rlm.synth.layout.words import LEGEND, MOST_LINES, layout_lines
from lambda_rlm.synth.turn import Piece, Turn, typed
from lambda_rlm.table import is_list
from lambda_rlm.types.called import names_said, shown_name
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type

NOTHING: Final[frozenset[str]] = frozenset()
Shapes = dict[tuple[str, bool], InputShape]
"""Shapes of the inputs of one question by name, and by whether their sizes are rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingTask:
    """A question and what stands around it. `leaf` is the model that answers a program's calls, `out` the tokens of its reply
    where the program does not say; `peek` the characters of each input that the root model is shown; `returns` the type that
    the answer must have, and `guide` what is said of its parts; `may_look` says that a first program may only look; `functions`
    what the host adds to the library. `documents` are the names of inputs whose documents are named after files, `answers`
    those that are answers of earlier rounds or questions; `called` has what the user calls inputs; `earlier` are the questions
    that this one follows; `layouts` are the masked layouts that the root model is shown, by the names of inputs; with
    `hides_texts` it is shown no masks of texts either."""

    query: str
    inputs: Mapping[str, Any]
    types: Mapping[str, Type]
    leaf: ModelProfile
    budget: Budget
    out: int
    peek: int = 0
    returns: Type | None = None
    guide: str = ""
    wants_confidence: bool = False
    may_look: bool = False
    writing: int = 1
    """Calls of the budget that are taken before a first program is judged."""
    correcting: int = 1
    """Calls that each further reply of the author takes."""
    functions: Sequence[HostFunction] = ()
    documents: Set[str] = NOTHING
    answers: Set[str] = NOTHING
    called: Mapping[str, str] = field(default_factory=dict)
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    earlier: Sequence[EarlierQuestion] = ()
    hides_texts: bool = False
    shapes: Shapes = field(default_factory=dict, compare=False, repr=False)
    """Those of inputs that were looked at: tasks of one question share them."""


def first_turn(task: WritingTask) -> Turn:
    """The task as the root model is given it, after the reference."""
    pieces = [Piece("# Task\nInputs, already bound:\n"), *_inputs(task)]
    pieces.append(Piece(f"  query: Text - {len(task.query):,} characters, below\n{_legend(task)}{_limits(task)}"))
    if task.functions:
        pieces.append(Piece("Functions of this task, beside the library; pure, each call costs no model call:\n"))
        pieces += [Piece(f"  {one.signature}{one.doc and f'  # {one.doc}'}\n") for one in task.functions]
    pieces += shown(task.earlier, task.peek, task.types, hides_texts=task.hides_texts)
    return Turn("user", (*pieces, Piece(f"\nquery:\n{task.query}\n\nWrite the program.")))


def described(
    inputs: Mapping[str, Any],
    types: Mapping[str, Type],
    peek: int,
    documents: Set[str] = NOTHING,
    answers: Set[str] = NOTHING,
    layouts: Mapping[str, Layout] | None = None,
    called: Mapping[str, str] | None = None,
    shapes: Shapes | None = None,
) -> list[Piece]:
    """The description of the inputs: a line for each with its name, type and size, file names, its masked layout, and as much
    of its beginning as may be seen. What was found of their `shapes` is taken from there, and added."""
    pieces: list[Piece] = []
    room, known, found = MOST_LINES, layouts or {}, {} if shapes is None else shapes
    for name, type_ in types.items():
        if name == "query":
            continue
        value, is_rough = inputs[name], name in answers and not peek
        layout = known.get(name)
        one = found.get((name, is_rough))
        if one is None:
            one = shape(name, type_, value, is_documents=name in documents, is_rough=is_rough, with_size=False)
            found[name, is_rough] = one
        lines = [] if layout is None else layout_lines(layout, room)
        room -= len(lines)
        pieces += [
            *_shown(one, (called or {}).get(name)),
            Piece("".join(lines), is_data=layout is not None and bool(layout.columns)),
        ]
        if peek:
            pieces += [Piece(f"    the first {peek:,} characters:\n"), Piece(_beginning(value, peek) + "\n", is_data=True)]
    return pieces


def _inputs(task: WritingTask) -> list[Piece]:
    names = task.documents, task.answers
    return described(task.inputs, task.types, task.peek, *names, task.layouts, task.called, task.shapes)


def _legend(task: WritingTask) -> str:
    return LEGEND if any(layout.has_shapes for layout in task.layouts.values()) else ""


def _limits(task: WritingTask) -> str:
    from lambda_rlm.synth.rounds import HIDDEN, HOW_TO_LOOK, MASKED

    leaf, budget = task.leaf, task.budget
    out = min(task.out, leaf.max_output, leaf.room // 4)
    free = max(0, leaf.room - out - leaf.template_tokens)
    lines = [
        f"Leaf model: a prompt has at most {int(free * leaf.min_chars_per_token):,} characters, and {leaf.min_chars_per_token:g} "
        f"fewer for each token of out above {out:,}; a reply has {out:,} tokens unless out says otherwise, at most {leaf.max_output:,}.",
        f"Budget: {max(0, budget.calls - task.writing):,} model calls are left for the program"
        + (f", and ${budget.usd:g} for it and this conversation" if budget.usd is not None else "")
        + f"; each further reply of yours takes {task.correcting:,} of them. Few calls are better.",
    ]
    if task.returns is not None:
        lines.append(f"The answer must have the type {show(task.returns)}.")
    if task.guide:
        lines.append(
            f"{task.guide}\nWrite these lines into the prompts of the calls that they concern: no call sees them otherwise."
        )
    if task.wants_confidence:
        lines.append("First line of the program: # confidence: N, from 0 to 1, how sure you are that it answers the query.")
    if task.may_look:
        lines.append(HOW_TO_LOOK.replace(MASKED, HIDDEN) if task.hides_texts else HOW_TO_LOOK)
    return "\n".join(lines) + "\n"


def _shown(one: InputShape, called: str | None) -> list[Piece]:
    pieces = [Piece(f"  {one.name}: "), typed(one.type), Piece(f" - {_size(one)}\n")]
    if called is not None:
        pieces += [Piece("    called by the user: "), Piece(shown_name(called), is_data=True), Piece("\n")]
    if names := names_said(one.type):
        pieces += [Piece("    in the data, and in to_json: "), Piece(names, is_data=True), Piece("\n")]
    if one.names:
        listed = "\n".join(json.dumps(name, ensure_ascii=False) for name in one.names)
        more = (one.count or 0) - len(one.names)
        pieces += [Piece("    named:\n"), Piece(listed + "\n", is_data=True)]
        pieces += [Piece(f"    and {more:,} more\n")] if more else []
    return pieces


def _size(one: InputShape) -> str:
    about = "at most " if one.is_rough else ""
    if one.lines is not None:
        return f"{about}{one.characters:,} characters, {one.lines:,} lines"
    if one.count is not None:
        return f"{about}{one.count:,} {'documents' if one.is_documents else 'elements'}, {one.characters:,} characters"
    return f"{about}{one.characters:,} characters as JSON"


def _beginning(value: Any, peek: int) -> str:
    if isinstance(value, str):
        return value[:peek]
    shown: list[str] = []
    for item in value if is_list(value) else [value]:
        shown.append(json.dumps(item, ensure_ascii=False)[:peek])
        if sum(map(len, shown)) >= peek:
            break
    return "\n".join(shown)[:peek]
