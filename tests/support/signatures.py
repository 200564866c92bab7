"""The public surface of a module as text: one line for each name, field, property and method.

Written from annotations as they stand in the source, so that the text is the same under every supported version of Python.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any, Protocol


def surface(module: ModuleType, names: list[str]) -> str:
    """Every name with its kind and all that it offers, sorted by name."""
    lines: list[str] = []
    for name in sorted(names):
        lines += _entry(f"{module.__name__}.{name}", getattr(module, name))
    return "".join(f"{line}\n" for line in lines)


def _entry(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, FunctionType):
        yield f"{'async ' if inspect.iscoroutinefunction(value) else ''}def {name}{_signature(value)}"
    elif isinstance(value, type):
        yield f"class {name}({', '.join(_bases(value))})"
        yield from (f"    {line}" for line in _members(value))
    elif isinstance(value, str):
        yield f"{name}: str"
    else:
        yield f"{name} = {value!r}".replace("typing.", "").replace("lambda_rlm.events.", "")


def _bases(kind: type) -> Iterator[str]:
    for base in kind.__bases__:
        if base not in (object, Protocol) and not base.__name__.startswith("_"):
            yield base.__name__


def _members(kind: type) -> Iterator[str]:
    if issubclass(kind, Enum):
        yield from (f"{member.name} = {member.value!r}" for member in kind)
        return
    if dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            if field.init and not field.name.startswith("_"):
                marker = "*, " if field.kw_only else ""
                yield f"{marker}{field.name}: {field.type}{_default(field)}"
    elif "__init__" in _public(kind) and Protocol not in kind.__bases__:
        yield f"__init__{_signature(kind.__init__)}"
        yield from _attributes(kind)
    for name, member in sorted(_public(kind).items()):
        if isinstance(member, (property, cached_property)):
            made_by = member.fget if isinstance(member, property) else member.func
            yield f"{name}: {made_by.__annotations__.get('return', '?') if made_by else '?'}"
        elif isinstance(member, (classmethod, staticmethod)):
            yield f"{type(member).__name__} {name}{_signature(member.__func__)}"
        elif isinstance(member, FunctionType) and name != "__init__":
            kind_of = "async def" if inspect.iscoroutinefunction(member) else "def"
            yield f"{kind_of} {name}{_signature(member)}"


def _public(kind: type) -> dict[str, Any]:
    """What a class and its bases in the package define under public names, and operators that it defines itself."""
    found: dict[str, Any] = {}
    for one in reversed(kind.__mro__):
        if one.__module__.startswith("lambda_rlm"):
            found |= {n: m for n, m in vars(one).items() if not n.startswith("_") or n in ("__init__", "__add__", "__call__")}
    return found


def _attributes(kind: type) -> Iterator[str]:
    """What the constructors of a class and its bases set under public names."""
    constructors = [vars(one).get("__init__") for one in kind.__mro__ if one.__module__.startswith("lambda_rlm")]
    sources = [inspect.getsource(one) for one in constructors if one is not None]
    named = {hit for source in sources for hit in re.findall(r"^ +self\.([a-z]\w*)\b[^\n=]*? = ", source, re.MULTILINE)}
    yield from sorted(named)


def _signature(function: Any) -> str:
    parts, star = [], False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            star = True
            parts.append("*")
        star = star or parameter.kind is parameter.VAR_POSITIONAL
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
        default = "" if parameter.default is parameter.empty else f" = {_shown(parameter.default)}"
        parts.append(f"{stars}{parameter.name}{annotation}{default}")
    returned = function.__annotations__.get("return")
    return f"({', '.join(parts)})" + ("" if returned is None else f" -> {returned}")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f" = {_shown(field.default)}"
    return "" if field.default_factory is dataclasses.MISSING else " = …"


def _shown(value: Any) -> str:
    """A default; what is not a plain value by its class alone, since its fields are listed where it is public."""
    return f"{type(value).__name__}(…)" if dataclasses.is_dataclass(value) else repr(value)
