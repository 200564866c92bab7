"""The type of an answer, as a host program gives it: a type of the language as text, or a class of Python.

Owns `Returns`. Promises that the answer is an instance of what was asked for, with all that its validators demand, and that
what the class says in words and constraints reaches the model. Refuses, as a `TypeError` that names the place and says what to
use, what no reply can give."""

from __future__ import annotations

import json
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final

from lambda_rlm.api.returning.answer_part import AnswerPart, guide
from lambda_rlm.api.returning.translation import TooLarge, translated
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.diagnostics.raised import raised
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.failures import BAD_REPLY
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type

_LONGEST_GUIDE: Final = 20_000
"""The most characters of the guide, which is in the prompt of each call that may give the answer."""

_MOST_REFUSED: Final = 5
"""Parts of an answer that a message names."""

_OWN_NAMES: Final = {
    "int": "Int", "integer": "Int", "float": "Float", "number": "Float", "str": "Text", "string": "Text", "text": "Text",
    "bool": "Bool", "boolean": "Bool", "list": "List[…]", "optional": "Option[…]", "dict": "{ name: Type }",
    "literal": '"a" | "b"',
}  # fmt: skip
"""How the language writes what Python and JSON have other names for."""

_PLAIN: Final = frozenset({bool, int, float, bytes, list, dict, set, tuple, FunctionType, BuiltinFunctionType})
"""Classes whose values are no types."""

_NESTINGS: Final = (64, 8, 6, 5, 4, 3, 2, 1)
"""How deep parts of a class may be nested, tried in turn until the language can write the type."""


@dataclass(frozen=True, slots=True)
class Returns:
    """A type, what makes the value of one from plain data, which raises `ValueError`, and what prompts say about its parts.
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
            own = _OWN_NAMES.get(wanted.partition("[")[0].strip().lower())
            hint = "" if own is None else f"; the language writes {own}, and a class of Python is given without quotes"
            raise TypeError(f"returns={wanted!r:.200}: {rejected.diagnostics[0].message}{hint}") from None
    if not _is_a_type(wanted):
        raise TypeError(f"returns must be a type, as a class or as text, not the value {_shown(wanted)}")
    from pydantic import PydanticUserError, TypeAdapter

    from lambda_rlm.api.returning.pydantic_schema import Schemas

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(wanted)
        schema = adapter.json_schema(schema_generator=Schemas)
    except PydanticUserError as error:
        raise TypeError(f"returns={wanted!r:.80}: {error.message.partition(chr(10))[0]}") from None
    except Exception as error:  # noqa: BLE001 - a class of the host's says by itself what its schema is
        raise TypeError(f"returns={type(wanted).__name__}: its schema cannot be made ({raised(error)})") from None
    name = getattr(wanted, "__name__", repr(wanted))
    try:
        part, spoken = _fitting(schema, name)
    except TypeError as error:
        raise TypeError(f"returns={name:.80}: {str(error).removeprefix(f'{name}: ')}") from None
    except (LookupError, AttributeError, ValueError, RecursionError) as error:
        raise TypeError(f"returns={type(wanted).__name__}: its schema cannot be read ({raised(error)})") from None
    told = guide(part)
    if len(told) > _LONGEST_GUIDE:
        raise TypeError(
            f"returns={wanted!r:.80}: its descriptions come to {len(told):,} characters, more than {_LONGEST_GUIDE:,}"
        )
    return Returns(spoken, lambda value: adapter.validate_json(json.dumps(part.back(value))), told)


def refused(error: ValueError) -> str:
    """Why a class does not take an answer: of each part what is wrong with it and the value, without pydantic's links."""
    listed = getattr(error, "errors", None)
    try:
        parts = [] if listed is None else listed(include_url=False, include_context=False)
        said = [_of_part(one) for one in parts[:_MOST_REFUSED]]
        more = f"; and {len(parts) - _MOST_REFUSED} more" if len(parts) > _MOST_REFUSED else ""
        return "; ".join(said) + more if said else raised(error).partition(": ")[2]
    except Exception:  # noqa: BLE001 - an exception of the host's own, whose `errors` is something else
        return raised(error).partition(": ")[2]


def _of_part(one: Mapping[str, Any]) -> str:
    place = ".".join(map(str, one["loc"]))
    words = str(one["msg"]).removeprefix("Value error, ")
    return f"{f'{place}: ' if place else ''}{words}, not {one['input']!r:.80}"


def _is_a_type(wanted: Any) -> bool:
    """Something that may be meant as a type: no plain value, no function, and no instance of a model or dataclass."""
    class_ = type(wanted)
    has_fields = hasattr(class_, "model_fields") or hasattr(class_, "__dataclass_fields__")
    return isinstance(wanted, type) or not (class_ in _PLAIN or has_fields)


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except Exception:  # noqa: BLE001 - its class is the host's
        return f"of the class {type(value).__name__}"


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


def of_type(run: Run, returns: Returns) -> Run:
    """The run with its value as the caller's type has it; one that its validators refuse is a fault."""
    if run.fault is not None:
        return run
    try:
        return replace(run, value=returns.made(run.value))
    except (Exception, CancelledError, GeneratorExit) as error:  # noqa: BLE001 - validators are the host's code; the answer is paid for whatever they raise
        why = (
            refused(error) if isinstance(error, ValueError) else f"its validator raised {raised(error)}, for {run.value!r:.200}"
        )
        fault = ModelFailure(BAD_REPLY, f"the answer does not match the requested type: {why}")
        fault.usage, fault.run, fault.value = run.usage.tokens, run.id, run.value
        return replace(run, value=None, fault=fault)
