"""The library's signature rows, read and made ready for use.

Owns the little notation of `signatures` (its reader is written by hand: the notation is closed) and its instances. Promises: a
row is read when it is first used, once; every instance has fresh type variables and one fresh effect, shared by its callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.open_type import (
    ANY,
    NUM,
    ORD,
    SCALARS,
    SEQ,
    SHOW,
    Effects,
    Fn,
    Open,
    OpenNamed,
    Rec,
    TypeVariable,
)

_TOKEN: Final = late_pattern(r"->|[A-Za-z_]+|[^\s]")
CONSTRAINTS: Final = {"Num": (NUM, False), "Ord": (ORD, False), "Show": (SHOW, False), "Seq": (SEQ, False)} | {
    "Eq": (ANY, True),
    "Data": (ANY, True),
}


@dataclass(frozen=True, slots=True)
class RowType:
    """A type in a row: a variable, a named type, a record or a function; kept apart by which of the parts is there."""

    name: str = ""
    arguments: tuple[RowType, ...] = ()
    fields: tuple[tuple[str, RowType], ...] = ()
    result: RowType | None = None
    ground: Open | None = None

    @property
    def is_function(self) -> bool:
        return self.result is not None


@dataclass(frozen=True, slots=True)
class RowParameter:
    name: str
    type: RowType
    is_optional: bool


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A signature: parameters, result, the constraint of each variable, whether it asks a model, whether it takes `[T]`."""

    text: str
    parameters: tuple[RowParameter, ...]
    result: RowType
    constraints: dict[str, str]
    asks_model: bool
    has_type_argument: bool
    joined: frozenset[str]
    """Variables that are outside functions in more than one parameter: what is given for them is joined."""


@dataclass(frozen=True, slots=True)
class RowInstance:
    """A row at one place of a program."""

    parameters: tuple[Open, ...]
    result: Open
    effect: Effects
    variables: dict[str, TypeVariable]


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise ValueError(f"expected {wanted or 'a token'} at token {self.at} of {self.tokens!r}")
        self.at += 1
        return token

    def accept(self, token: str) -> bool:
        if self.peek() != token:
            return False
        self.at += 1
        return True

    def separated(self, end: str, one: Callable[[], None]) -> None:
        while not self.accept(end):
            one()
            if not self.accept(","):
                self.take(end)
                return

    def type(self) -> RowType:
        if self.accept("("):
            parameters: list[RowType] = []
            self.separated(")", lambda: parameters.append(self.type()))
            self.take("->")
            return RowType(arguments=tuple(parameters), result=self.type())
        if self.accept("{"):
            fields: list[tuple[str, RowType]] = []
            self.separated("}", lambda: fields.append(self.field()))
            return _with_ground(RowType(fields=tuple(sorted(fields, key=lambda f: f[0]))))
        name = self.take()
        arguments: list[RowType] = []
        if self.accept("["):
            self.separated("]", lambda: arguments.append(self.type()))
        return _with_ground(RowType(name, tuple(arguments)))

    def field(self) -> tuple[str, RowType]:
        name = self.take()
        self.take(":")
        return name, self.type()

    def parameter(self) -> RowParameter:
        name = self.take()
        is_optional = self.accept("?")
        self.take(":")
        return RowParameter(name, self.type(), is_optional)


def _with_ground(row_type: RowType) -> RowType:
    node: Open | None = None
    if row_type.fields:
        fields = {name: field.ground for name, field in row_type.fields}
        if all(fields.values()):
            node = Rec({name: field for name, field in fields.items() if field is not None})
    elif row_type.name in SCALARS:
        node = SCALARS[row_type.name]
    elif row_type.arguments and row_type.arguments[0].ground is not None:
        node = OpenNamed(row_type.name, (row_type.arguments[0].ground,))
    return RowType(row_type.name, row_type.arguments, row_type.fields, None, node) if node is not None else row_type


def read_row(text: str) -> SignatureRow:
    """A row from its notation; raises `ValueError` where it does not follow it."""
    reader = _Reader(text)
    has_type_argument = reader.accept("[")
    if has_type_argument:
        reader.take("T")
        reader.take("]")
    reader.take("(")
    parameters: list[RowParameter] = []
    reader.separated(")", lambda: parameters.append(reader.parameter()))
    reader.take("->")
    result = reader.type()
    asks_model = reader.accept("!")
    if asks_model:
        reader.take("llm")
    constraints: dict[str, str] = {}
    if reader.accept("where"):
        while True:
            variable = reader.take()
            reader.take(":")
            constraints[variable] = reader.take()
            if constraints[variable] not in CONSTRAINTS:
                raise ValueError(f"no constraint {constraints[variable]!r} in {text!r}")
            if not reader.accept(","):
                break
    if reader.peek():
        raise ValueError(f"left over after a signature: {reader.tokens[reader.at :]!r} in {text!r}")
    return SignatureRow(text, tuple(parameters), result, constraints, asks_model, has_type_argument, _joined(parameters))


def _joined(parameters: list[RowParameter]) -> frozenset[str]:
    seen: set[str] = set()
    joined: set[str] = set()
    for parameter in parameters:
        names = _data_variables(parameter.type)
        joined |= seen & names
        seen |= names
    return frozenset(joined)


def _data_variables(row_type: RowType) -> set[str]:
    if row_type.is_function or row_type.ground is not None:
        return set()
    if not row_type.arguments and not row_type.fields:
        return {row_type.name}
    inside = [*row_type.arguments, *(field for _, field in row_type.fields)]
    return set().union(*(_data_variables(t) for t in inside))


@cache
def row_of(primitive: Primitive) -> SignatureRow:
    """The row of a library function, read once."""
    from lambda_rlm.types.signatures import SIGNATURES

    return read_row(SIGNATURES[primitive].text)


def instantiate_row(row: SignatureRow, level: int) -> RowInstance:
    """A row with fresh type variables for its variables and a fresh effect. `T` is a variable like the others."""
    variables: dict[str, TypeVariable] = {}
    effect = Effects(level, row.asks_model)

    def build(row_type: RowType) -> Open:
        if row_type.ground is not None:
            return row_type.ground
        if row_type.result is not None:
            return Fn(tuple([build(p) for p in row_type.arguments]), build(row_type.result), effect)
        if row_type.fields:
            return Rec({name: build(field) for name, field in row_type.fields})
        if row_type.arguments:
            return OpenNamed(row_type.name, tuple([build(a) for a in row_type.arguments]))
        variable = variables.get(row_type.name)
        if variable is None:
            variable = variables[row_type.name] = _variable(row, row_type.name, level)
        return variable

    parameters = tuple([build(p.type) for p in row.parameters])
    return RowInstance(parameters, build(row.result), effect, variables)


def _variable(row: SignatureRow, name: str, level: int) -> TypeVariable:
    variable = TypeVariable(level)
    constraint = row.constraints.get(name)
    if constraint is not None:
        variable.heads, variable.is_data = CONSTRAINTS[constraint]
    return variable
