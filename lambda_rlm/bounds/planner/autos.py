"""Where `auto` occurs in a program, and its number when nothing is known of the inputs.

Owns the places and the defaults: text sizes from the model's window, counts by the function they are given to. Defaults depend
on the program and the model alone; `choose` does better once the sizes of the inputs are known.
"""

from __future__ import annotations

from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Auto, Infix, Node, Var
from lambda_rlm.types.type import Con
from lambda_rlm.types.typed import Typed

MOST_CHARACTERS = 20_000
"""A text size is at most this by default: what a model reads well at once."""

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


@dataclass(frozen=True, slots=True)
class AutoPlace:
    """One `auto`: the function it is given to (`length` where a length is compared with it), and the count that it stands for
    by default; None where it is a number of characters."""

    auto: Auto
    function: str
    count: int | None

    @property
    def span(self) -> Span:
        return self.auto.span

    @property
    def unit(self) -> str:
        return "characters" if self.count is None else "items"


def places(typed: Typed) -> list[AutoPlace]:
    """Every `auto` of a program, in order."""
    auto_places: list[AutoPlace] = []
    todo: list[Node] = [typed.program]
    while todo:
        node = todo.pop()
        todo.extend(children(node))
        if isinstance(node, App):
            auto_places += _arguments(typed, node)
        elif isinstance(node, Infix) and isinstance(node.rest[-1][1], Auto):
            auto_places.append(AutoPlace(node.rest[-1][1], "length", _compared(typed, node)))
    return sorted(auto_places, key=lambda place: place.span.start)


def default_autos(typed: Typed, profile: ModelProfile) -> dict[int, int]:
    """The number of each `auto`, by the term's identity."""
    size = text_size(profile.room, profile.max_output, profile.min_chars_per_token)
    return {id(place.auto): place.count or size for place in places(typed)}


def text_size(window: int, max_output: int, min_chars_per_token: float) -> int:
    """The text size that `auto` stands for: what the model's window holds beside a reply, and no more than it reads well."""
    return min(MOST_CHARACTERS, room(window, max_output, min_chars_per_token))


def room(window: int, max_output: int, min_chars_per_token: float) -> int:
    """The characters that are sure to fit a window beside a reply and an instruction."""
    out = min(DEFAULT_OUT, max_output, window // 4)
    return max(LEAST_CHARACTERS, int((window - out - TEMPLATE_TOKENS) * min_chars_per_token))


def _arguments(typed: Typed, app: App) -> list[AutoPlace]:
    primitive = typed.primitive_of(app.function) if isinstance(app.function, Var) else None
    if primitive is None:
        return []
    autos = [argument for argument in typed.arguments_of(app) if isinstance(argument, Auto)]
    return [AutoPlace(auto, primitive.value, _COUNTS.get(primitive)) for auto in autos]


def _compared(typed: Typed, infix: Infix) -> int | None:
    """`length(x) <= auto`: a size for a text, a count for a list."""
    measured = infix.first
    if isinstance(measured, App) and isinstance(measured.function, Var) and measured.arguments:
        type_ = typed.type_of(measured.arguments[0].value)
        if isinstance(type_, Con) and type_.name == "List":
            return PER_CALL
    return None
