"""What a checker makes of the JSON of a cost tree, without the package."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

SPENT: Final = ("calls", "input_tokens", "output_tokens", "picodollars")


def recomputed(node: dict[str, Any]) -> list[int | None]:
    """The figures of a node from its leaves alone; None is no limit."""
    if node["kind"] in ("call", "pool"):
        return [node[name] for name in SPENT]
    parts = [recomputed(part) for part in node["of"]]
    if node["kind"] == "sum":
        return [None if None in column else sum(column) for column in _columns(parts)]
    mixed = [node["mixed"][name] for name in SPENT]
    dearest = [None if None in column else max(column, default=0) for column in _columns(parts)]
    return [None if None in pair else sum(pair) for pair in zip(dearest, mixed, strict=True)]


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All nodes below one."""
    for part in node.get("of", ()):
        yield part
        yield from nodes(part)


def _columns(parts: list[list[int | None]]) -> Iterator[tuple[Any, ...]]:
    return zip(*parts, strict=True) if parts else iter([()] * len(SPENT))
