"""Strategies for untyped terms and programs in the parser's normal form, and for texts that are nearly programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.keywords import KEYWORDS
from lambda_rlm.syntax.literals import is_raw_text
from lambda_rlm.syntax.operators import LEVELS

NOWHERE = Span(0, 0)
SOUP = [
    *KEYWORDS, *[";", ",", ":", ".", "(", ")", "[", "]", "{", "}", "=", "==", "!=", "<", "<=", ">", ">=", "=>", "->", "|>", "??", "++", "+", "-", "*", "/", "%", "|", "_", "x", "y", "f", "Int", "List", "1", "2.5", "0"],
    '"a"', 'r"b"', 'f"c{x}"', 'f"{1 +}"', "# c\n", "True", "return", "lambda", '"', "'", "{{", "\\", "!", "&&", "```\n", "é", "\n",
]  # fmt: skip

names = st.sampled_from(["x", "y", "f", "acc", "query", "llm_call", "Long_Name_9"])
type_names = st.sampled_from(["Int", "Text", "Row"])
field_names = st.one_of(names, st.sampled_from([*KEYWORDS, "True", "null"]))
texts = st.text(max_size=12)
ints = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def tuples_of(strategy: st.SearchStrategy[Any], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def _types_over(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.lists(st.tuples(field_names, inner), min_size=1, max_size=3, unique_by=lambda m: m[0]).map(tuple)
    return st.one_of(
        st.builds(t.NamedType, st.just(NOWHERE), type_names, tuples_of(inner, 1, 2)),
        st.builds(t.RecordType, st.just(NOWHERE), members),
        st.builds(t.FunctionType, st.just(NOWHERE), tuples_of(inner), inner),
    )


_types = st.recursive(
    st.one_of(
        st.builds(t.NamedType, st.just(NOWHERE), type_names),
        st.builds(t.EnumType, st.just(NOWHERE), st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)),
    ),
    _types_over,
    max_leaves=4,
)


@st.composite
def drawn(draw: st.DrawFn, _name: str, make: Callable[[], st.SearchStrategy[Any]]) -> Any:
    """What another strategy draws, under a short name: its own representation would hold that of all strategies in it."""
    return draw(make())


types = drawn("types", lambda: _types)


def _named(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, span=st.just(NOWHERE), **fields)


def _infix(draw: tuple[str, list[str], list[Any]]) -> Any:
    """A chain of one level, grouped as the parser groups it."""
    operator, more, operands = draw
    level = LEVELS[operator]
    same = [name for name in LEVELS if LEVELS[name] == level]
    count = 1 if operator in ("==", "!=", "<", "<=", ">", ">=") else min(len(more), len(operands) - 1)
    operators = [operator, *(same[len(name) % len(same)] for name in more)][:count]
    first, rest = operands[0], operands[1 : count + 1]
    if operator == "??":
        rest[-1] = _without_level(rest[-1], level)
    elif operator not in ("==", "!=", "<", "<=", ">", ">="):
        first = _without_level(first, level)
    return t.Infix(NOWHERE, first, tuple(zip(operators, rest, strict=True)))


def _without_level(term: Any, level: int) -> Any:
    while isinstance(term, t.Infix) and LEVELS[term.rest[0][0]] == level:
        term = term.first
    return term


def _infixes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    operators = st.sampled_from(list(LEVELS))
    return st.tuples(operators, st.lists(names, min_size=1, max_size=3), st.lists(inner, min_size=4, max_size=4)).map(_infix)


def _choice(draw: tuple[tuple[Any, ...], Any]) -> Any:
    branches, otherwise = draw
    if isinstance(otherwise, t.If):
        return t.If(NOWHERE, (*branches, *otherwise.branches), otherwise.otherwise)
    return t.If(NOWHERE, branches, otherwise)


def _pipe(draw: tuple[Any, tuple[Any, ...]]) -> Any:
    head, stages = draw
    return t.Pipe(NOWHERE, head.head if isinstance(head, t.Pipe) else head, stages)


def _distinct_names(arguments: list[Any]) -> list[Any]:
    return list({argument.name: argument for argument in arguments}.values())


def _arguments(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    positional = st.lists(_named(t.Argument, name=st.none(), value=inner), max_size=2)
    named = st.lists(_named(t.Argument, name=names, value=inner), max_size=2).map(_distinct_names)
    return st.tuples(positional, named).map(lambda both: (*both[0], *both[1]))


def _params(least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    params = _named(t.Param, name=st.one_of(names, st.just("_")), annotation=optional(types))
    unique = st.lists(params, min_size=least, max_size=2, unique_by=lambda p: p.name)
    return unique.map(tuple)


patterns = st.one_of(
    _named(t.SomePattern, name=optional(names)),
    _named(t.NonePattern),
    _named(t.AnyPattern),
    _named(
        t.LiteralPattern,
        literal=st.one_of(_named(t.IntLit, value=ints), _named(t.BoolLit, value=st.booleans()), _named(t.TextLit, value=texts)),
    ),
)
simple = st.one_of(
    _named(t.Var, name=names),
    _named(t.IntLit, value=ints),
    _named(t.FloatLit, value=floats),
    _named(t.BoolLit, value=st.booleans()),
    _named(t.NoneLit),
    _named(t.Auto),
    _named(t.Var, name=st.just("some")),
)


def _without_quotes_or_braces(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Terms that may stand in the hole of a template, and everywhere else."""
    apps = _named(t.App, function=inner, arguments=_arguments(inner))
    return st.one_of(
        apps,
        _named(t.Select, record=inner, field=field_names, field_span=st.just(NOWHERE)),
        _named(t.ListLit, items=tuples_of(inner)),
        _infixes(inner),
        _named(t.Prefix, operator=st.sampled_from(["not", "-"]), term=inner).map(_without_signed_zero),
        st.tuples(tuples_of(st.tuples(inner, inner), 1, 2), inner).map(_choice),
        st.tuples(inner, tuples_of(apps, 1)).map(_pipe),
    )


def _without_signed_zero(prefix: t.Prefix) -> Any:
    """`-(0.0)` and `-0.0` are equal as numbers but not as terms, so neither is drawn."""
    is_zero = isinstance(prefix.term, t.FloatLit) and prefix.term.value == 0
    return prefix.term if prefix.operator == "-" and is_zero else prefix


_holes = st.recursive(simple, _without_quotes_or_braces, max_leaves=4)

holes = drawn("holes", lambda: _holes)


def _template(pieces: list[Any]) -> t.Template:
    parts: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and (not piece or (parts and isinstance(parts[-1], str))):
            continue
        parts.append(piece)
    return t.Template(NOWHERE, tuple(parts))


leaves = st.one_of(
    simple,
    _named(t.TextLit, value=texts),
    _named(t.TextLit, value=texts.filter(is_raw_text), is_raw=st.just(True)),
    _named(t.Var, name=names, type_argument=types),
    st.lists(st.one_of(texts, holes), max_size=4).map(_template),
)


def _items(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    place = st.just(NOWHERE)
    return st.one_of(
        _named(t.Let, name=names, annotation=optional(types), value=inner, name_span=place),
        _named(t.Def, name=names, params=_params(), result=optional(types), body=inner, name_span=place),
        _named(t.TypeDef, name=type_names, type=types, name_span=place),
    )


def _terms_over(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.lists(_named(t.RecordField, name=field_names, value=inner), min_size=1, max_size=3, unique_by=lambda m: m.name)
    arms = tuples_of(_named(t.Arm, pattern=patterns, body=inner), 1)
    return st.one_of(
        _without_quotes_or_braces(inner),
        _named(t.Lam, params=_params(), body=inner),
        _named(t.Fix, name=names, param=_params(1).map(lambda params: params[0]), body=inner),
        _named(t.RecordLit, fields=members.map(tuple)),
        _named(t.Match, subject=inner, arms=arms),
        _named(t.Block, items=tuples_of(_items(inner), 1, 2), result=inner),
    )


_terms = st.recursive(leaves, _terms_over, max_leaves=10)
terms = drawn("terms", lambda: _terms)
programs = st.builds(
    t.Program, st.just(NOWHERE), tuples_of(_items(terms)), terms, st.just(SourceFile("drawn", "")), st.just(())
)
soups = st.lists(st.sampled_from(SOUP), max_size=30).map(" ".join)
near_programs = st.one_of(st.text(max_size=60), soups, st.lists(st.sampled_from(SOUP), max_size=12).map("".join))
