"""Typed functions of a host program, for the programs that it runs.

Owns `primitive`, which makes one of a Python function. Promises that it is checked when it is made: its name, its type, the
number of its parameters. There is no registry: who checks or asks names the functions that may be used.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.syntax.keywords import KEYWORDS
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.hosted import HostCost, HostFunction
from lambda_rlm.types.parse_type import parse_function
from lambda_rlm.types.type import Arrow, Con, Record, Type

_LIBRARY = frozenset(map(str, Primitive))


def primitive(
    name: str, signature: str, *, cost: HostCost | int | None = None, doc: str | None = None, shadows: bool = False
) -> Callable[[Callable[..., Any]], HostFunction]:
    """Make a function of Python one of the language: `@primitive("lookup_part", "(Text) -> Option[Text]",
    cost=HostCost(steps=500))`.

    It takes and gives plain data (str, int, float, bool, None, list, dict), must be pure, and is called in the thread of the
    run, so it must not wait for long. `cost` is what one application costs at most, a number for its steps alone (None: see
    `HostCost`); `doc` the line that whoever writes programs reads (None: the first of its docstring). `shadows` allows the name
    of a library function. Raises `ValueError`.
    """
    if not name.isidentifier() or not name.isascii() or not name[0].islower() or name in KEYWORDS or name == "query":
        raise ValueError(f"invalid primitive name {name!r}: use lowercase letters, digits and `_`, and no reserved word")
    if name in _LIBRARY and not shadows:
        raise ValueError(f"{name!r} is a library function; pass shadows=True to replace it")
    try:
        type_ = parse_function(signature)
    except Rejected as rejected:
        raise ValueError(f"the signature {signature!r} of {name}: {rejected.diagnostics[0].message}") from None
    if any(map(_has_quote, (*type_.parameters, type_.result))):
        raise ValueError(f"the signature {signature!r} of {name}: only a model call returns a Quote; use Text")
    declared = HostCost(steps=cost) if isinstance(cost, int) else cost or HostCost()

    def primitive_of(function: Callable[..., Any]) -> HostFunction:
        if inspect.iscoroutinefunction(function):
            raise ValueError(f"{name} is a coroutine function; a primitive must be a plain function")
        lines = (inspect.getdoc(function) or "").splitlines()
        line = " ".join((doc if doc is not None else lines[0] if lines else "").split())
        return HostFunction(name, type_, _parameters(name, type_, function), declared, function, line)

    return primitive_of


def by_name(primitives: Iterable[HostFunction], inputs: Iterable[str] = ()) -> Mapping[str, HostFunction]:
    """Functions by their names; raises `ValueError` for two of one name, and for the name of an input."""
    functions: dict[str, HostFunction] = {}
    taken = set(inputs)
    for one in primitives:
        if not isinstance(one, HostFunction):
            raise TypeError(f"expected a function decorated with @lambda_rlm.primitive, not {one!r}")
        if one.name in functions or one.name in taken:
            raise ValueError(
                f"{'two primitives are' if one.name in functions else 'an input and a primitive are'} named {one.name!r}"
            )
        functions[one.name] = one
    return functions


def _parameters(name: str, type_: Arrow, function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the parameters, which programs may give arguments by."""
    count = len(type_.parameters)
    try:
        signature = inspect.signature(function)
        signature.bind(*range(count))
    except (TypeError, ValueError):
        raise ValueError(
            f"the signature of {name} has {count} parameters, but {function!r} cannot be called with {count} arguments"
        ) from None
    names = [p.name for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_POSITIONAL][:count]
    are_usable = len(names) == count and all(n.isascii() and n not in KEYWORDS and n != "_" for n in names)
    return tuple(names) if are_usable else tuple(f"argument_{number}" for number in range(1, count + 1))


def _has_quote(type_: Type) -> bool:
    match type_:
        case Con(name, arguments):
            return name == "Quote" or any(map(_has_quote, arguments))
        case Record(fields):
            return any(_has_quote(field) for _, field in fields)
    return False
