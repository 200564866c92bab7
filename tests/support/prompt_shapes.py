"""The prompts of the strategies as their source has them, for the page that documents them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.plan.plan import strategy_text
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.syntax.term import App, Def, Node, Template, Term, Var


@dataclass(frozen=True)
class Shape:
    """One model call of a strategy: the `def` it stands in, what it asks for, and its prompt with the holes in braces."""

    strategy: str
    place: str
    call: str
    prompt: str


def shapes(strategy: str) -> Iterator[Shape]:
    """The model calls of a strategy, from top to bottom."""
    program = parse(SourceFile(f"{strategy}.lam", strategy_text(strategy)))
    yield from _within(program, strategy, strategy)


def written(shape: Shape) -> str:
    """A shape as the page has it."""
    return f"**`{shape.place}`**, `{shape.call}`\n\n```text\n{shape.prompt}\n```"


def _within(node: Node, strategy: str, place: str) -> Iterator[Shape]:
    if isinstance(node, Def):
        place = node.name
    if isinstance(node, App) and isinstance(node.function, Var) and node.function.name in ("llm_call", "llm_map"):
        asked = node.function
        templates = [argument.value for argument in node.arguments if isinstance(argument.value, Template)]
        prompt = "".join(map(_part, templates[0].parts)) if templates else f"{{{pretty(node.arguments[0].value)}}}"
        type_ = "" if asked.type_argument is None else f"[{pretty(asked.type_argument)}]"
        yield Shape(strategy, place, asked.name + type_, prompt)
    for child in children(node):
        yield from _within(child, strategy, place)


def _part(part: str | Term) -> str:
    return part if isinstance(part, str) else f"{{{pretty(part)}}}"
