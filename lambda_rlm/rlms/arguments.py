"""The arguments of `rlms`' `RLM` as limits and settings of this package.

Owns what each means here. Promises that one without a meaning is named in `without_meaning`, and one that contradicts how this
package works is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, Final, get_type_hints

from lambda_rlm.budget.budget import Budget
from lambda_rlm.data_class import dataclass
from lambda_rlm.execution.host_functions import primitive
from lambda_rlm.plan.router import Choice
from lambda_rlm.settings.variables import unless_said
from lambda_rlm.synth.writing import MOST_ROUNDS, Writing
from lambda_rlm.types.hosted import HostFunction

_ENVIRONMENTS: Final = ("local", "ipython", "docker", "modal", "prime", "daytona", "e2b")
_MOST_DEPTH: Final = 4
_MOST_REPAIRS: Final = 10

_SILENT: Final[Mapping[str, Any]] = {
    "environment": None,
    "environment_kwargs": None,
    "depth": 0,
    "custom_system_prompt": None,
    "custom_sub_tools": None,
    "compaction": False,
    "compaction_threshold_pct": 0.85,
    "orchestrator": True,
    "user_prologue": None,
}
"""The arguments that mean nothing here, with the values that say nothing."""

_TYPES: Final[Mapping[Any, str]] = {
    str: "Text", int: "Int", float: "Float", bool: "Bool",
    list[str]: "List[Text]", list[int]: "List[Int]", list[float]: "List[Float]", list[bool]: "List[Bool]",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What the arguments mean: `budget` and `writing` of each run, `strategy` (None: the usual route), functions and data that
    programs may use, and the names of the arguments that mean nothing."""

    budget: Budget
    writing: Writing
    strategy: Choice | None
    primitives: tuple[HostFunction, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    without_meaning: tuple[str, ...] = ()


def meaning(
    *,
    max_depth: int | None,
    max_iterations: int | None,
    max_budget: float | None,
    max_timeout: float | None,
    max_tokens: int | None,
    max_errors: int | None,
    max_concurrent_subcalls: int | None,
    custom_tools: Mapping[str, Any] | None,
    **others: Any,
) -> Arguments:
    """The arguments as this package takes them, None where nothing is said. Raises `ValueError` and `TypeError`."""
    for name, number in (("max_depth", max_depth), ("max_iterations", max_iterations), ("max_errors", max_errors)):
        least = 1 if name == "max_iterations" else 0
        if number is not None and not (type(number) is int and number >= least):
            raise ValueError(f"{name} must be a whole number of at least {least}, not {number!r:.80}")
    for name, limit in (("max_budget", max_budget), ("max_timeout", max_timeout), ("max_tokens", max_tokens)):
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or not limit >= 0):
            raise ValueError(f"{name} must be a number of at least 0, not {limit!r:.80}")
    if (environment := others.get("environment")) is not None and environment not in _ENVIRONMENTS:
        raise ValueError(f"unknown environment {environment!r:.80}; the environments are {', '.join(_ENVIRONMENTS)}")
    limits: dict[str, Any] = {"usd": max_budget, "seconds": max_timeout, "tokens": max_tokens}
    limits["concurrency"] = max_concurrent_subcalls
    writing: dict[str, Any] = {"rounds": max_iterations and min(max_iterations, MOST_ROUNDS)}
    writing["depth"] = max_depth and min(max_depth - 1, _MOST_DEPTH)
    writing["repairs"] = None if max_errors is None else min(max_errors, _MOST_REPAIRS)
    unsaid = unless_said()  # a limit of a variable counts where no argument says another
    unused = [name for name, silent in _SILENT.items() if others.get(name, silent) not in (silent, None, {})]
    tools = {} if custom_tools is None else dict(map(_tool, custom_tools.items()))
    return Arguments(
        budget=replace(unsaid.budget(), **{name: value for name, value in limits.items() if value is not None}),
        writing=replace(unsaid.writing(), **{name: value for name, value in writing.items() if value is not None}),
        strategy="direct" if max_depth == 0 else None,
        primitives=tuple(tool for tool in tools.values() if isinstance(tool, HostFunction)),
        data={name: tool for name, tool in tools.items() if not isinstance(tool, HostFunction)},
        without_meaning=tuple(unused),
    )


def _tool(named: tuple[str, Any]) -> tuple[str, Any]:
    """A function that programs may call, or data that they may read."""
    name, tool = named
    doc = None
    if isinstance(tool, Mapping) and "tool" in tool:
        doc, tool = tool.get("description"), tool["tool"]
    if isinstance(tool, HostFunction) or not callable(tool):
        return name, tool
    return name, primitive(name, _signature(name, tool), doc=doc)(tool)


def _signature(name: str, function: Callable[..., Any]) -> str:
    """The type of a function from its annotations; raises `TypeError` where they do not tell it."""
    try:
        hints = get_type_hints(function)
        kinds = [hints.get(parameter) for parameter in inspect.signature(function).parameters]
        written = [_TYPES[kind] for kind in (*kinds, hints.get("return"))]
    except (KeyError, TypeError, ValueError, NameError):
        raise TypeError(
            f"custom tool {name!r}: its annotations must be str, int, float, bool or lists of these; for other types decorate it: "
            f'@lambda_rlm.primitive("{name}", "(Text) -> Option[Text]")'
        ) from None
    return f"({', '.join(written[:-1])}) -> {written[-1]}"
