"""The type of an answer, as a host program gives it: a type of the language as text, or a class of Python.

Owns `Returns`. Promises that the answer is an instance of what was asked for, with all that its validators demand, and that
what the class says in words and constraints reaches the model. Refuses, as a `TypeError` that names the place and says what to
use, what no reply can give."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from lambda_rlm.api.returning.answer_part import AnswerPart, guide
from lambda_rlm.api.returning.translation import TooLarge, translated
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.raised import raised
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type

_LONGEST_GUIDE: Final = 20_000
"""Characters of what a model is told of an answer: it is a part of the program, once for each call that may give it."""

_NESTINGS: Final = (64, 8, 6, 5, 4, 3, 2, 1)
"""How deep parts of a class may be nested, tried in turn until the language can write the type."""


@dataclass(frozen=True, slots=True)
class Returns:
    """A type, what makes the value of one from plain data, which raises `ValueError`, and what a model is told of its parts.
    Data is read as JSON: of a Python value a strict class would want an enumeration's member or a tuple, which no program
    gives."""

    type: Type
    made: Callable[[Any], Any]
    guide: str = ""


def returns_of(wanted: Any) -> Returns:
    """What `returns=` means; raises `TypeError`."""
    if isinstance(wanted, str):
        try:
            return Returns(parse_type(wanted), lambda value: value)
        except Rejected as rejected:
            raise TypeError(f"returns={wanted!r}: {rejected.diagnostics[0].message}") from None
    from pydantic import PydanticUserError, TypeAdapter

    from lambda_rlm.api.returning.pydantic_schema import Schemas

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(wanted)
        schema = adapter.json_schema(schema_generator=Schemas)
    except PydanticUserError as error:
        raise TypeError(f"returns={wanted!r:.80}: {error.message.partition(chr(10))[0]}") from None
    except Exception as error:  # noqa: BLE001 - a class of the host's says by itself what its schema is
        raise TypeError(f"returns={type(wanted).__name__}: its schema cannot be made ({raised(error)})") from None
    try:
        part, spoken = _fitting(schema, getattr(wanted, "__name__", repr(wanted)))
    except TypeError as error:
        raise TypeError(f"returns={getattr(wanted, '__name__', repr(wanted)):.80}: {error}") from None
    except (LookupError, AttributeError, ValueError, RecursionError) as error:
        raise TypeError(f"returns={type(wanted).__name__}: its schema cannot be read ({raised(error)})") from None
    told = guide(part)
    if len(told) > _LONGEST_GUIDE:
        raise TypeError(
            f"returns={wanted!r:.80}: its descriptions come to {len(told):,} characters, more than {_LONGEST_GUIDE:,}"
        )
    return Returns(spoken, lambda value: adapter.validate_json(json.dumps(part.back(value))), told)


def _fitting(schema: dict[str, Any], name: str) -> tuple[AnswerPart, Type]:
    """The part of a class and its type, with as much of it as a type as the language can write."""
    for most in _NESTINGS:
        try:
            part = translated(schema, name, most)
            return part, _spoken(part.type)
        except TooLarge:
            if most == _NESTINGS[-1]:
                raise
    raise AssertionError("there is a nesting to try")


def _spoken(type_: Type) -> Type:
    """The type as a program that writes it has it."""
    try:
        return parse_type(show(type_))
    except Rejected as rejected:
        raise TooLarge(f"{rejected.diagnostics[0].message} in {show(type_):.500}") from None
