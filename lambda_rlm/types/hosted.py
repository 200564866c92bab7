"""Functions that a host program adds to the language.

Owns `HostFunction` and `HostCost`, what is declared of one: its type, and the most that applying it costs and gives. Promises
that nothing but what is declared here widens the language; the implementation is called by the evaluator only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from lambda_rlm.data_class import dataclass
from lambda_rlm.types.open_type import Effects, Fn
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Arrow, Type


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCost:
    """What one application costs at most: a constant, and so much more for each character of the arguments.

    `steps` of fuel and `bytes` of new storage are charged before it; `characters` is the size of what it gives. The size of a
    text is its characters, that of anything else the characters of its compact JSON.
    """

    steps: int = 1_000
    steps_per_character: int = 0
    bytes: int = 0
    bytes_per_character: int = 0
    characters: int = 1_000
    characters_per_character: int = 0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            number = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < 0:
                raise ValueError(f"the declared {name} must be a whole number of at least 0, not {number!r}")


@dataclass(frozen=True, slots=True, eq=False)
class HostFunction:
    """A function of the host: for programs under its name and type, for the host itself as it was written."""

    name: str
    type: Arrow
    parameters: tuple[str, ...]
    cost: HostCost
    implementation: Callable[..., Any] = field(repr=False)
    doc: str = ""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.implementation(*arguments, **named)

    @property
    def signature(self) -> str:
        """`lookup_part(name: Text) -> Option[Text]`."""
        parameters = ", ".join(
            f"{name}: {show(type_)}" for name, type_ in zip(self.parameters, self.type.parameters, strict=True)
        )
        return f"{self.name}({parameters}) -> {show(self.type.result)}"

    def opened(self, thaw: Callable[[Type], Any], level: int) -> Fn:
        """Its type at one of its uses, as inference sees it."""
        return Fn(tuple([thaw(parameter) for parameter in self.type.parameters]), thaw(self.type.result), Effects(level))
