"""Classes of a host as types of answers: one of each kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Generic, Literal, NamedTuple, NotRequired, TypeVar

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
)
from typing_extensions import TypedDict


class Color(Enum):
    """A color of a list."""

    RED = "dark red"
    BLUE = "blue"


class Rank(IntEnum):
    LOW = 1
    HIGH = 2


class Place(NamedTuple):
    row: int
    name: str


class Extent(TypedDict):
    width: int
    depth: NotRequired[int]


@dataclass
class Item:
    name: str
    tags: list[str] = field(default_factory=list)
    unit: str = "m"


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Rows(RootModel[list[int]]):
    """The rows that count."""


class Tree(BaseModel):
    """A part and those inside it."""

    name: str = Field(description="as it is printed")
    parts: list[Tree] = []


Kind = TypeVar("Kind")


class Pair(BaseModel, Generic[Kind]):
    first: Kind
    second: Kind


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    größe: int
    名前: str
    given: str = Field(alias="the given name")
    other: int = Field(validation_alias=AliasChoices("an other", "z"))
    let: bool
    _hidden: int = 3

    @computed_field
    def double(self) -> int:
        return 2 * self.größe
