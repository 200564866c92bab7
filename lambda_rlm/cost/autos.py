"""The number that each `auto` of a program stands for when nobody chooses it.

Owns the defaults: text sizes from the model's window, counts by the function they are given to. They depend on the program and the
model alone.
"""

from __future__ import annotations

from lambda_rlm.completion import ModelProfile
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Auto, Infix, Node, Var
from lambda_rlm.types.type import Con
from lambda_rlm.types.typed import Typed

MOST_CHARACTERS = 20_000
"""A text size that `auto` stands for is at most this: what a model reads well at once."""

LEAST_CHARACTERS = 200

TEMPLATE_TOKENS = 512
"""Tokens left for the chat template and the instruction beside the data."""

PER_CALL = 20
"""`auto` as the number of items of one batch or prompt."""

WIDTH = 4
"""`auto` as the number of pieces of `split` or of neighbours in `tree_fold`."""

DEFAULT_OUT = 1_024

_COUNTS = {
    Primitive.BATCH: PER_CALL,
    Primitive.LLM_MAP: PER_CALL,
    Primitive.LLM_MAP_BY: PER_CALL,
    Primitive.TREE_FOLD: WIDTH,
    Primitive.SPLIT: WIDTH,
}


def default_autos(typed: Typed, profile: ModelProfile) -> dict[int, int]:
    """The number of each `auto`, by the term's identity."""
    autos: dict[int, int] = {}
    todo: list[Node] = [typed.program]
    while todo:
        node = todo.pop()
        todo.extend(children(node))
        if isinstance(node, App):
            _arguments(typed, node, profile, autos)
        elif isinstance(node, Infix) and isinstance(node.rest[-1][1], Auto):
            autos[id(node.rest[-1][1])] = _compared(typed, node, profile)
    return autos


def text_size(profile: ModelProfile) -> int:
    """The text size that `auto` stands for: what the model's window holds beside a reply, and no more than it reads well."""
    out = min(DEFAULT_OUT, profile.max_output, profile.window // 4)
    room = int((profile.window - out - TEMPLATE_TOKENS) * profile.min_chars_per_token)
    return min(MOST_CHARACTERS, max(LEAST_CHARACTERS, room))


def _arguments(typed: Typed, app: App, profile: ModelProfile, autos: dict[int, int]) -> None:
    if not isinstance(app.function, Var):
        return
    primitive = typed.primitive_of(app.function)
    if primitive is None:
        return
    for argument in typed.arguments_of(app):
        if isinstance(argument, Auto):
            autos[id(argument)] = _COUNTS.get(primitive) or text_size(profile)


def _compared(typed: Typed, infix: Infix, profile: ModelProfile) -> int:
    """`length(x) <= auto`: a size for a text, a count for a list."""
    measured = infix.first
    if isinstance(measured, App) and isinstance(measured.function, Var) and measured.arguments:
        type_ = typed.type_of(measured.arguments[0].value)
        if isinstance(type_, Con) and type_.name == "List":
            return PER_CALL
    return text_size(profile)
