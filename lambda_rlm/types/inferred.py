"""Programs that were type-checked a moment ago: the same question asked again need not type its program again.

Owns `inferred`, which remembers what `infer` found. Promises what `infer` gives: a program counts as the same when it is the
same tree, its inputs when their types are the same to the order and names of fields. Mistakes are not remembered.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.syntax.term import Program
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.type import Arrow, Con, Record, Type
from lambda_rlm.types.typed import Typed

TYPED_KEPT: Final = 32
"""Typed programs that are remembered; what is found out about one has the size of its tree."""


def inferred(
    program: Program, inputs: Mapping[str, Type], functions: Mapping[str, HostFunction] = MappingProxyType({})
) -> Typed:
    """The program with its types, as `infer` gives it; raises `Rejected` as that does."""
    key = (
        id(program),
        tuple([(name, exactly(type_)) for name, type_ in inputs.items()]),
        tuple([(name, id(function)) for name, function in functions.items()]),
    )
    return _typed(_Asked(key, program, inputs, functions))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be typed. The key stands for the rest, which is kept with it, so that no identity in it is given again."""

    key: Hashable
    program: Program = field(compare=False)
    inputs: Mapping[str, Type] = field(compare=False)
    functions: Mapping[str, HostFunction] = field(compare=False)


@lru_cache(maxsize=TYPED_KEPT)
def _typed(asked: _Asked) -> Typed:
    from lambda_rlm.types.infer import infer

    return infer(asked.program, asked.inputs, asked.functions)


def exactly(type_: Type) -> Hashable:
    """A key that is equal for types that are the same in all that records have beside what makes them equal: the order of their
    fields, and what the data calls these."""
    match type_:
        case Con(name, arguments):
            return (name, *map(exactly, arguments))
        case Record(fields, order, called):
            return (tuple([(name, exactly(field_)) for name, field_ in fields]), order, called)
        case Arrow(parameters, result, effect):
            return (tuple(map(exactly, parameters)), exactly(result), effect)
        case _:
            return type_
