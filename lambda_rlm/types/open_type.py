"""Types while they are being found out: trees with mutable type variables, and effects as a growing relation.

Owns the mutable state of inference, one node at a time; `unify` and `joins` are its only writers besides generalization.
Promises: a node whose `size` is above 0 is *ground*: it holds no type variable and no effect, so that it may be shared and
never walked. Refuses to leave the room: `finish` turns everything into the frozen data of `type`.
"""

from __future__ import annotations

from typing import Final

INT: Final = 1
FLOAT: Final = 2
BOOL: Final = 4
TEXT: Final = 8
QUOTE: Final = 16
ENUM: Final = 32
LIST: Final = 64
OPTION: Final = 128
RECORD: Final = 256
FUNCTION: Final = 512
ANY: Final = 1023

NUM: Final = INT | FLOAT
TEXTS: Final = TEXT | QUOTE | ENUM
ORD: Final = INT | FLOAT | TEXT | QUOTE
SHOW: Final = INT | FLOAT | BOOL | TEXTS
SEQ: Final = TEXT | LIST
LITERAL: Final = TEXT | ENUM

GENERIC: Final = 1 << 30
"""The level of a quantified type variable or effect: it belongs to a scheme and is never bound again."""

MAX_SIZE: Final = 500
MAX_DEPTH: Final = 8


class Effects:
    """One class of effects. Raised to `llm` by a model call under it; then everything `above` it is raised too."""

    __slots__ = ("above", "id", "is_llm", "level", "link", "pure_for")

    def __init__(self, level: int, is_llm: bool = False) -> None:
        self.link: Effects | None = None
        self.level = level
        self.is_llm = is_llm
        self.above: list[Effects] = []
        self.pure_for: list[object] = []
        self.id = 0


class OpenNamed:
    """`Int Float Bool Text Quote`, `List[T]`, `Option[T]`."""

    __slots__ = ("arguments", "bit", "frozen", "name", "size")

    def __init__(self, name: str, arguments: tuple[Open, ...] = ()) -> None:
        self.name = name
        self.arguments = arguments
        self.bit = _BITS[name]
        self.frozen: object | None = None
        self.size: int
        size = 1
        for argument in arguments:
            if not argument.size:
                size = 0
                break
            size += argument.size
        self.size = size


class Rec:
    """A record; the fields are in the order of their names, and `order` is that in which they are given or, beside them, were
    written."""

    __slots__ = ("fields", "frozen", "order", "size")
    bit: Final = RECORD

    def __init__(self, fields: dict[str, Open], order: tuple[str, ...] = ()) -> None:
        self.fields = dict(sorted(fields.items()))
        self.order = order or tuple(fields)
        self.frozen: object | None = None
        self.size: int
        size = 1
        for field in fields.values():
            if not field.size:
                size = 0
                break
            size += field.size
        self.size = size


class Labels:
    """An enumeration."""

    __slots__ = ("frozen", "labels", "size")
    bit: Final = ENUM

    def __init__(self, labels: frozenset[str]) -> None:
        self.labels = labels
        self.frozen: object | None = None
        self.size = 1


class Fn:
    """A function type."""

    __slots__ = ("effect", "frozen", "parameters", "result")
    bit: Final = FUNCTION
    size: Final[int] = 0

    def __init__(self, parameters: tuple[Open, ...], result: Open, effect: Effects) -> None:
        self.parameters = parameters
        self.result = result
        self.effect = effect
        self.frozen: object | None = None


class TypeVariable:
    """A type not yet known, with what is known of it: allowed heads, fields it has, labels it was met with, no functions
    inside.

    `is_weak`: an integer literal touched it, so that it is never quantified.
    """

    __slots__ = ("fields", "heads", "id", "is_data", "is_weak", "labels", "level", "link")
    size: Final[int] = 0

    def __init__(self, level: int, heads: int = ANY) -> None:
        self.link: Open | None = None
        self.level = level
        self.heads = heads
        self.fields: dict[str, Open] | None = None
        self.labels: frozenset[str] | None = None
        self.is_data = False
        self.is_weak = False
        self.id = 0

    @property
    def is_constrained(self) -> bool:
        return self.heads != ANY or self.is_data or self.fields is not None or self.labels is not None


class Broken:
    """The type of something with a reported mistake: fits everywhere."""

    __slots__ = ("frozen",)
    size: Final[int] = 1
    bit: Final = ANY

    def __init__(self) -> None:
        self.frozen: object | None = None


Open = OpenNamed | Rec | Labels | Fn | TypeVariable | Broken

_BITS: Final = {
    "Int": INT,
    "Float": FLOAT,
    "Bool": BOOL,
    "Text": TEXT,
    "Quote": QUOTE,
    "List": LIST,
    "Option": OPTION,
}

T_INT: Final = OpenNamed("Int")
T_FLOAT: Final = OpenNamed("Float")
T_BOOL: Final = OpenNamed("Bool")
T_TEXT: Final = OpenNamed("Text")
T_QUOTE: Final = OpenNamed("Quote")
BROKEN: Final = Broken()

SCALARS: Final = {node.name: node for node in (T_INT, T_FLOAT, T_BOOL, T_TEXT, T_QUOTE)}


def list_of(element: Open) -> OpenNamed:
    return OpenNamed("List", (element,))


def option_of(element: Open) -> OpenNamed:
    return OpenNamed("Option", (element,))


def find(node: Open) -> Open:
    """What is at the end of a chain of bound type variables; shortens the chain."""
    if not isinstance(node, TypeVariable) or node.link is None:
        return node
    end: Open = node.link
    while isinstance(end, TypeVariable) and end.link is not None:
        end = end.link
    while isinstance(node, TypeVariable) and node.link is not None and node.link is not end:
        node.link, node = end, node.link
    return end


def bits(node: Open) -> int:
    """The heads that a found node may have."""
    return node.heads if isinstance(node, TypeVariable) else node.bit
