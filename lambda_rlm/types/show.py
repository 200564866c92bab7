"""Types as people read them: `List[{ id: Int, opened: Text }]`, `(a) -> b ! llm`, `"no" | "yes"`.

Promises: equal types print equally; variables are named a, b, c … in the order they are met. In messages long enumerations are
cut with `…`. An effect is printed where a model is asked, or where it depends on the effect of another function in the type.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from heapq import nsmallest

from lambda_rlm.types.open_type import (
    BOOL,
    ENUM,
    FLOAT,
    INT,
    LIST,
    QUOTE,
    TEXT,
    Broken,
    Effects,
    Fn,
    Labels,
    Open,
    OpenNamed,
    Rec,
    TypeVariable,
    find,
)
from lambda_rlm.types.type import Type, VariableNames

MAX_LABELS = 12
_HEADS = ((INT, "Int"), (FLOAT, "Float"), (BOOL, "Bool"), (TEXT, "Text"), (QUOTE, "Quote"), (ENUM, "a label"), (LIST, "List"))


def show(type_: Type) -> str:
    """A type as written in the language; effects follow `!`."""
    return repr(type_)


def show_open(node: Open) -> str:
    """A type under inference, for a message: what is not known yet shows as what is known of it."""
    return _Shower().open(node, 0)


def show_labels(labels: Collection[str], most: int = MAX_LABELS) -> str:
    """Labels as an enumeration is written, for a message: not more than `most`."""
    shown = " | ".join(json.dumps(label, ensure_ascii=False) for label in nsmallest(most, labels))
    return shown + (f" | … {len(labels) - most} more" if len(labels) > most else "")


class _Shower:
    def __init__(self) -> None:
        self.names = VariableNames()

    def open(self, node: Open, depth: int) -> str:
        node = find(node)
        if depth > 12:
            return "…"
        if isinstance(node, OpenNamed):
            return node.name + (f"[{', '.join(self.open(a, depth + 1) for a in node.arguments)}]" if node.arguments else "")
        if isinstance(node, Rec):
            return self._fields(node.fields, depth)
        if isinstance(node, Labels):
            return show_labels(node.labels)
        if isinstance(node, Fn):
            shown = ", ".join(self.open(p, depth + 1) for p in node.parameters)
            return f"({shown}) -> {self.open(node.result, depth + 1)}{self._open_effect(node.effect)}"
        if isinstance(node, Broken):
            return "?"
        return self._variable(node, depth)

    def _open_effect(self, effect: Effects) -> str:
        from lambda_rlm.types.effects import find_effect

        return " ! llm" if find_effect(effect).is_llm else ""

    def _fields(self, fields: dict[str, Open], depth: int, tail: str = "") -> str:
        return "{ " + ", ".join(f"{n}: {self.open(t, depth + 1)}" for n, t in fields.items()) + f"{tail} }}"

    def _variable(self, variable: TypeVariable, depth: int) -> str:
        if variable.fields is not None:
            return self._fields(variable.fields, depth, ", …")
        if variable.labels is not None:
            return show_labels(variable.labels) if not variable.heads & TEXT else "Text"
        if variable.is_weak:
            return "Int"
        heads = [name for bit, name in _HEADS if variable.heads & bit]
        if len(heads) + 3 <= len(_HEADS):
            return " or ".join(heads)
        return self.names.name(id(variable))
