"""Which rows of the library fit a type: one-way matching of a row's notation against types."""

from __future__ import annotations

from lambda_rlm.types.rows import RowType, SignatureRow
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Arrow, Con, Enum, Record, Type

SHOWN: tuple[Type, ...] = (TEXT, INT, BOOL, FLOAT, Enum(("no", "yes")))


def matches(row: RowType, type_: Type, known: dict[str, Type]) -> bool:
    if row.is_function:
        return False
    if row.fields:
        if not isinstance(type_, Record) or tuple(n for n, _ in row.fields) != tuple(n for n, _ in type_.fields):
            return False
        return all(matches(inner, given, known) for (_, inner), (_, given) in zip(row.fields, type_.fields, strict=True))
    if row.arguments or (row.name[0].isupper() and row.name != "T"):
        if not isinstance(type_, Con) or type_.name != row.name:
            return False
        return all(matches(inner, given, known) for inner, given in zip(row.arguments, type_.arguments, strict=True))
    return known.setdefault(row.name, type_) == type_


def fits(row: SignatureRow, arrow: Arrow) -> bool:
    required = [p for p in row.parameters if not p.is_optional]
    known: dict[str, Type] = {}
    if row.has_type_argument or len(required) != len(arrow.parameters):
        return False
    parameters = zip(required, arrow.parameters, strict=True)
    is_match = all(matches(p.type, given, known) for p, given in parameters) and matches(row.result, arrow.result, known)
    return (
        is_match
        and all(is_allowed(row, name, type_) for name, type_ in known.items())
        and all(p.name != "regex" for p in required)
    )


def is_allowed(row: SignatureRow, name: str, type_: Type) -> bool:
    match row.constraints.get(name):
        case "Num":
            return type_ in (INT, FLOAT)
        case "Ord":
            return type_ in (INT, FLOAT, TEXT)
        case "Show":
            return type_ in SHOWN
        case "Seq":
            return type_ == TEXT or (isinstance(type_, Con) and type_.name == "List")
    return True


def variables(row: SignatureRow) -> set[str]:
    names: set[str] = set()

    def walk(row_type: RowType) -> None:
        if row_type.name and not row_type.arguments and (row_type.name == "T" or row_type.name[0].islower()):
            names.add(row_type.name)
        for inner in (*row_type.arguments, *(f for _, f in row_type.fields), *((row_type.result,) if row_type.result else ())):
            walk(inner)

    for parameter in row.parameters:
        walk(parameter.type)
    walk(row.result)
    return names


def closed(row: RowType, known: dict[str, Type]) -> Type:
    if row.result is not None:
        return Arrow(tuple(closed(a, known) for a in row.arguments), closed(row.result, known))
    if row.fields:
        return Record(tuple((name, closed(inner, known)) for name, inner in row.fields))
    if row.name in known:
        return known[row.name]
    return Con(row.name, tuple(closed(a, known) for a in row.arguments))
