"""The limits on the size of a program, and their measuring.

Owns the numbers and the walk that holds a program to them. Promises to walk without recursion, so that whatever passed it
can be walked plainly by every later pass. The counts made on tokens stand with the tokenizer.
"""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax import term
from lambda_rlm.syntax.mistakes.codes import NESTED_TOO_DEEP, PROGRAM_TOO_LARGE, WRITTEN_TYPE_TOO_LARGE
from lambda_rlm.syntax.term import Node, Program, Term, TypeTerm

MAX_CHARACTERS = 200_000
MAX_TOKENS = 20_000
MAX_NESTING = 64
MAX_DEPTH = 64
MAX_NODES = 4_000
MAX_TYPE_SIZE = 500
MAX_TYPE_DEPTH = 8

_TERMS = frozenset(get_args(Term))
_TYPES = frozenset(get_args(TypeTerm))


def over_caps(program: Program) -> list[Diagnostic]:
    """The first limit that a program breaks, if any."""
    nodes = 0
    todo: list[tuple[Node, int]] = [(child, 1) for child in reversed(children(program))]
    while todo:
        node, depth = todo.pop()
        nodes += 1
        if nodes > MAX_NODES:
            return [_too_large(node.span)]
        if type(node) in _TYPES:
            nodes, mistake = _measure_type(node, nodes)
            if mistake is not None:
                return [mistake]
            continue
        if depth > MAX_DEPTH:
            return [_too_deep(node.span)]
        deeper = depth + 1 if type(node) in _TERMS else depth
        todo.extend((child, deeper) for child in reversed(children(node)))
    return []


def _measure_type(root: Node, nodes: int) -> tuple[int, Diagnostic | None]:
    """The count of nodes with those of a type added, and the limit that the type breaks."""
    size = 0
    todo = [(root, 1)]
    while todo:
        node, depth = todo.pop()
        size += 1
        if size > MAX_TYPE_SIZE or depth > MAX_TYPE_DEPTH:
            what = f"more than {MAX_TYPE_SIZE} parts" if size > MAX_TYPE_SIZE else f"more than {MAX_TYPE_DEPTH} levels"
            hint = "name a part of it with `type Name = …;`"
            return nodes, Diagnostic(WRITTEN_TYPE_TOO_LARGE, f"this type has {what}", root.span, hint=hint)
        todo.extend((child, depth + 1) for child in children(node))
    return nodes + size - 1, None


def _too_large(span: Span) -> Diagnostic:
    return Diagnostic(
        PROGRAM_TOO_LARGE,
        f"the program has more than {MAX_NODES:,} parts",
        span,
        hint="shorten it: loop with `map` or `fold`, or move repeated code into a `def`",
    )


def _too_deep(span: Span) -> Diagnostic:
    message = f"the program is nested deeper than {MAX_DEPTH} levels here"
    return Diagnostic(NESTED_TOO_DEEP, message, span, hint="name an inner part with `let` or `def`")


def children(node: Node) -> list[Node]:
    """The nodes directly below a node, in the order of the text."""
    out: list[Node] = []
    for name in _FIELDS[type(node)]:
        _collect(getattr(node, name), out)
    return out


def _collect(value: object, out: list[Node]) -> None:
    """Nodes in a field; tuples are at most two deep in one another."""
    if isinstance(value, Node):
        out.append(value)
    elif type(value) is tuple:
        for element in value:
            if isinstance(element, Node):
                out.append(element)
            elif type(element) is tuple:
                out.extend(part for part in element if isinstance(part, Node))


def _node_types() -> list[type[Node]]:
    return [kind for kind in vars(term).values() if isinstance(kind, type) and issubclass(kind, Node)]


def _field_names(kind: type[Node]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if f.name not in _LEAVES)


_LEAVES = frozenset(("span", "name_span", "field_span", "source", "comments", "name"))
_FIELDS = {kind: _field_names(kind) for kind in _node_types()}
