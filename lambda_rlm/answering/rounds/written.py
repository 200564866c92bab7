"""What a program itself says: the texts that it gives where it finds nothing, and those that it looks for.

Owns `written`. Reads the text of a program, and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.parse import parsed
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import (
    App,
    Block,
    If,
    Infix,
    IntLit,
    Let,
    Match,
    Node,
    NonePattern,
    Pipe,
    TextLit,
    Var,
)

_BY_PATTERN: Final = (Primitive.SEARCH, Primitive.MATCHES, Primitive.SECTIONS, Primitive.REPLACE_REGEX)
_BY_TEXT: Final = (Primitive.CONTAINS, Primitive.FIND, Primitive.FIND_ALL, Primitive.STARTS_WITH, Primitive.ENDS_WITH)


@dataclass(frozen=True, slots=True)
class Written:
    """`fallbacks` are texts that stand where nothing was found; `patterns` and `texts` what the program looks for, in the
    order of the program, each once."""

    fallbacks: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def written(source: SourceFile) -> Written:
    """What a program says; nothing of a text that is none."""
    try:
        program = parsed(source)
    except Rejected:
        return Written()
    nodes = list(_all(program))
    named = {node.name: node.value.value for node in nodes if isinstance(node, Let) and isinstance(node.value, TextLit)}
    patterns, texts = dict[str, None](), dict[str, None]()
    for name, argument in _calls(nodes):
        value = (
            argument.value if isinstance(argument, TextLit) else named.get(argument.name) if isinstance(argument, Var) else None
        )
        if value:
            (patterns if name in _BY_PATTERN else texts)[value] = None
    fallbacks = frozenset(one.strip() for node in nodes for one in _fallbacks(node) if one.strip())
    return Written(fallbacks, tuple(patterns), tuple(texts))


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from _all(child)


def _calls(nodes: list[Node]) -> Iterator[tuple[str, Node]]:
    """Each use of a function that looks for something, with what it looks for: its second argument, the first of a stage."""
    staged = {id(stage) for node in nodes if isinstance(node, Pipe) for stage in node.stages}
    for node in nodes:
        if not (isinstance(node, App) and isinstance(node.function, Var)):
            continue
        name, at = node.function.name, 0 if id(node) in staged else 1
        if (name in _BY_PATTERN or name in _BY_TEXT) and len(node.arguments) > at:
            yield name, node.arguments[at].value


def _fallbacks(node: Node) -> Iterator[str]:
    """Literals for the case that there is nothing: of `none =>` beside another arm, after `??`, in `unwrap_or`, and where a
    list or text is empty; not where the other case is a literal too, for then either is an answer."""
    match node:
        case Match(arms=arms):
            ends = [(arm.pattern, _literal(arm.body)) for arm in arms]
            if not all(literal is not None for _, literal in ends):
                yield from (literal for pattern, literal in ends if isinstance(pattern, NonePattern) and literal is not None)
        case Infix(rest=rest):
            yield from (literal for sign, term in rest if sign == "??" and (literal := _literal(term)) is not None)
        case If(branches=branches, otherwise=otherwise):
            ends_ = [(condition, _literal(then)) for condition, then in branches]
            if _literal(otherwise) is None:
                yield from (literal for condition, literal in ends_ if literal is not None and _asks_for_nothing(condition))
        case App(function=Var(name=Primitive.UNWRAP_OR), arguments=arguments):
            yield from (literal for one in arguments if (literal := _literal(one.value)) is not None)


def _literal(node: Node) -> str | None:
    while isinstance(node, Block):
        node = node.result
    return node.value if isinstance(node, TextLit) else None


def _asks_for_nothing(condition: Node) -> bool:
    """`is_empty(…)`, or a comparison with 0."""
    for node in _all(condition):
        if isinstance(node, Var) and node.name == Primitive.IS_EMPTY:
            return True
        if isinstance(node, Infix) and len(node.rest) == 1:
            sign, other = node.rest[0]
            if sign == "==" and isinstance(other, IntLit) and other.value == 0:
                return True
    return False
