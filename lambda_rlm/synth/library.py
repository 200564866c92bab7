"""The library as a root model reads it: every function once, in few words, made from the table of signatures.

Owns the short form. Promises that no function is missing and that none is shown which does not exist: the table is the only
source. A function is shown without what is piped in, under what it is given and what it gives; the page around it tells what
its edges are.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.rows import RowParameter, RowType, SignatureRow, row_of

_SELDOM: Final = frozenset({
    P.REPEAT, P.FIND_ALL, P.SIMILARITY, P.PARSE_DURATION, P.TO_JSON, P.ESCAPE_REGEX, P.SCAN, P.REDUCE, P.ITERATE, P.CROSS, P.MIN_BY,
    P.AND_THEN, P.UNWRAP_OR, P.READ_NUMBERS, P.READ_DATES, P.LABEL_IN,
})  # fmt: skip
"""Functions that programs at first sight never used, or hardly ever: they are on one line, with the names of all parameters."""

_SCALARS: Final = ("Int", "Float", "Bool", "Text", "Quote", "T")
_CONSTRAINED: Final = {"Seq": "the same", "Num": "number"}
_TOLD_BY_NAME: Final = ("Int", "Text", "Float")
"""Types that are left out of fields and of arguments of model calls: their names tell."""


def library() -> str:
    """One line for each kind of function; one that begins with its result is given what the line before it is given."""
    from lambda_rlm.types.signatures import SIGNATURES

    groups: dict[str, dict[str, list[str]]] = {}
    for primitive in SIGNATURES:
        if primitive is not P.SOME and primitive not in _SELDOM and not row_of(primitive).asks_model:
            given, result = _kind(row_of(primitive))
            groups.setdefault(given, {}).setdefault(result, []).append(_call(primitive))
    lines = []
    for given, results in groups.items():
        named = [f"-> {result}: {' '.join(calls)}" for result, calls in results.items()]
        lines += [f"{given} {named[0]}", *named[1:]]
    return "\n".join([*lines, "Seldom: " + " ".join(primitive for primitive in SIGNATURES if primitive in _SELDOM)])


def model_calls() -> str:
    """The functions that ask a model, each with its line; `?` marks what may be left out."""
    from lambda_rlm.types.signatures import SIGNATURES

    return "\n".join(_asking(primitive) for primitive in SIGNATURES if row_of(primitive).asks_model)


def _asking(primitive: P) -> str:
    row = row_of(primitive)
    parameters = ", ".join(_asked(parameter) for parameter in row.parameters)
    name = f"{primitive}[T]" if row.has_type_argument else str(primitive)
    return f"{name}({parameters}) -> {_shape(row.result, row)}"


def _asked(parameter: RowParameter) -> str:
    """A parameter of a function that asks a model, with its type where its name does not tell it."""
    name = f"{parameter.name}{'?' if parameter.is_optional else ''}"
    if parameter.type.is_function:
        return f"{name}: fn(item)"
    row = row_of(P.LLM_MAP)
    return name if parameter.type.name in _TOLD_BY_NAME else f"{name}: {_shape(parameter.type, row)}"


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
        return f"{parameter.name}{'?' if parameter.is_optional else ''}"
    given = parameter.type.arguments
    if len(given) == 2:
        return "fn(x, y)" if given[0] == given[1] else "fn(acc, x)"
    return "fn(list)" if given[0].name == "List" else parameter.name


def _shape(type_: RowType, row: SignatureRow) -> str:
    """A type with its variables left out: `List`, `Option`, `{ key, items: List }`."""
    if type_.fields:
        return "{ " + ", ".join(_field(name, field, row) for name, field in type_.fields) + " }"
    if not type_.arguments:
        if type_.name in _SCALARS:
            return type_.name
        return _CONSTRAINED.get(row.constraints.get(type_.name, ""), "")
    inner = ", ".join(_shape(argument, row) for argument in type_.arguments)
    return f"{type_.name}[{inner}]" if inner else type_.name


def _field(name: str, type_: RowType, row: SignatureRow) -> str:
    """A field with its type where its name does not tell it."""
    shape = _shape(type_, row) if type_.arguments or type_.fields else ""
    return f"{name}: {shape}" if shape else name
