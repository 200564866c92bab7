"""The stages of a program as text: what `check --emit` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax.grammar.table import table
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.syntax.term import Block, Item, Let, Node
from lambda_rlm.syntax.tokens import scan
from lambda_rlm.types.infer import infer
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type
from lambda_rlm.types.typed import Typed

STAGES: Final = ("tokens", "tree", "term", "types")
COSTS: Final = ("bound", "cost", "plan")
"""What `--emit` knows beside them, where the sizes of the inputs are known."""


def stage(name: str, source: SourceFile, types: Mapping[str, Type]) -> str:
    """A stage of a program, a line for each of its parts; raises `Rejected`."""
    if name == "tokens":
        tokens = scan(table(), source, 0, len(source.text)).tokens
        return "\n".join(f"{_place(source, t.span)} {t.kind} {t.text}" for t in tokens if t.text)
    program = parse(source)
    if name == "tree":
        return "\n".join(_tree(program, source, 0, ""))
    if name == "term":
        return pretty(program)
    typed = infer(program, types)
    lines = [f"{item.name}: {show(typed.type_of(item.value))}" for item in _lets(program.items)]
    return "\n".join([*lines, f"(the answer): {show(typed.type)} ! {_effect(typed)}"])


def _effect(typed: Typed) -> str:
    return typed.effect.value


def _lets(items: tuple[Item, ...]) -> Iterator[Let]:
    for item in items:
        if isinstance(item, Let):
            yield item
            if isinstance(item.value, Block):
                yield from _lets(item.value.items)


def _tree(node: Node, source: SourceFile, depth: int, label: str) -> Iterator[str]:
    """One line for each node, indented by its depth, with its place and its own plain fields."""
    plain: list[str] = []
    below: list[tuple[str, Node]] = []
    for field in fields(node):
        if field.name in ("span", "source", "comments") or field.name.endswith("_span"):
            continue
        found = list(_nodes(getattr(node, field.name)))
        below += [(field.name, inner) for inner in found]
        if not found and getattr(node, field.name) not in ((), None):
            plain.append(f"{field.name}={getattr(node, field.name)!r}")
    yield " ".join([f"{'  ' * depth}{label}{type(node).__name__}", _place(source, node.span), *plain])
    for name, inner in below:
        yield from _tree(inner, source, depth + 1, f"{name}: ")


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)
    elif is_dataclass(value) and isinstance(value, Node):
        yield value


def _place(source: SourceFile, span: Span) -> str:
    line, column = source.line_column(span.start)
    return f"{line}:{column}"
