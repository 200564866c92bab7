"""The library as a root model reads it: every function once, in few words, made from the table of signatures.

Owns the short form. Promises that no function is missing and that none is shown which does not exist: the table is the only
source. A function is shown without what is piped in, under what it is given and what it gives.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.rows import RowParameter, RowType, SignatureRow, row_of
from lambda_rlm.types.signatures import SIGNATURES

_EXPLAINED: Final = (P.CHUNK, P.PACK, P.SECTIONS, P.TREE_FOLD, P.ITERATE, P.RANK, P.SEARCH, P.TALLY, P.RANGE, P.CLAMP)
"""Functions whose edges or results readers asked for."""


def library() -> str:
    """One line for each kind of function, then a line for each whose edges matter."""
    groups: dict[tuple[str, str], list[str]] = {}
    for primitive in SIGNATURES:
        if primitive is not P.SOME and not row_of(primitive).asks_model:
            groups.setdefault(_kind(row_of(primitive)), []).append(_call(primitive))
    lines = [f"{given} -> {result}: {'  '.join(calls)}" for (given, result), calls in groups.items()]
    return "\n".join([*lines, *(f"# {primitive}: {SIGNATURES[primitive].doc}" for primitive in _EXPLAINED)])


def model_calls() -> str:
    """The functions that ask a model, each with its line; `?` marks what may be left out."""
    asking = [primitive for primitive in SIGNATURES if row_of(primitive).asks_model]
    return "\n".join(f"{primitive}{SIGNATURES[primitive].text.removesuffix(' ! llm')}" for primitive in asking)


def _kind(row: SignatureRow) -> tuple[str, str]:
    """What is given first and what comes back."""
    return _given(row, row.parameters[0]), _shape(row.result, row) or _same(row)


def _same(row: SignatureRow) -> str:
    """What a result that is a variable stands for."""
    first = row.parameters[0].type
    return "its value" if first.name == "Option" else "the accumulator"


def _given(row: SignatureRow, parameter: RowParameter) -> str:
    if row.constraints.get(parameter.type.name) == "Seq":
        return "Text or List"
    if parameter.type.name == "n":
        return "number"
    return _shape(parameter.type, row) or "any"


def _call(primitive: P) -> str:
    rest = [_parameter(parameter) for parameter in row_of(primitive).parameters[1:]]
    name = f"{primitive}[T]" if row_of(primitive).has_type_argument else str(primitive)
    return f"{name}({', '.join(rest)})" if rest else name


def _parameter(parameter: RowParameter) -> str:
    """A parameter by its name; a callback of two arguments, or of a list, with these."""
    if not parameter.type.is_function:
        return parameter.name
    given = parameter.type.arguments
    if len(given) == 2:
        return "fn(x, y)" if given[0] == given[1] else "fn(acc, x)"
    return "fn(list)" if given[0].name == "List" else parameter.name


def _shape(type_: RowType, row: SignatureRow) -> str:
    """A type with its variables left out: `List`, `Option`, `{ key, items: List }`."""
    if type_.fields:
        shapes = ((name, _shape(field, row)) for name, field in type_.fields)
        return "{ " + ", ".join(f"{name}: {shape}" if shape else name for name, shape in shapes) + " }"
    if not type_.arguments:
        if type_.name in _SCALARS:
            return type_.name
        return _CONSTRAINED.get(row.constraints.get(type_.name, ""), "")
    inner = ", ".join(_shape(argument, row) for argument in type_.arguments)
    return f"{type_.name}[{inner}]" if inner else type_.name


_SCALARS: Final = ("Int", "Float", "Bool", "Text", "Quote", "T")
_CONSTRAINED: Final = {"Seq": "the same", "Num": "number"}
