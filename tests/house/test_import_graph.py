"""The package as a graph: no circles between files, folders that can be surveyed, and a class name for one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.support.sources import PACKAGE, module_of, trees

MOST_ENTRIES = 16
"""Modules and folders in a folder, `__init__` and data not counted."""

LARGER: dict[str, str] = {
    ".": "the rooms of the house, and its leaves",
    "eval": "the rooms of evaluation, and the values that they share",
    "eval/library": "one family: the implementations of the library, a kind of value each",
    "llm/simulated_reader": "one family: a reader for each kind of question",
    "types": "one family: the rules `infer_*`, a form of term each",
}
"""Folders with more entries, with the reason."""


@cache
def named() -> Mapping[str, ast.Module]:
    """The modules of the package by their names."""
    return {module_of(path): tree for path, tree in trees().items()}


def imports_of(tree: ast.Module) -> Iterator[str]:
    """The modules of the package that a module imports, under `TYPE_CHECKING` and inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in named() else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def graph() -> dict[str, list[str]]:
    """What each module imports."""
    return {name: sorted({found for found in imports_of(tree) if found in named()}) for name, tree in named().items()}


def circles(edges: Mapping[str, list[str]]) -> list[list[str]]:
    """The strongly connected components of more than one node, or of one with an edge to itself (Kosaraju)."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(node: str, following: Mapping[str, list[str]], into: list[str]) -> None:
        stack = [(node, iter(following[node]))]
        seen.add(node)
        while stack:
            at, rest = stack[-1]
            step = next((n for n in rest if n not in seen), None)
            if step is None:
                into.append(at)
                stack.pop()
            else:
                seen.add(step)
                stack.append((step, iter(following[step])))

    for node in edges:
        if node not in seen:
            visit(node, edges, order)
    backward: dict[str, list[str]] = {node: [] for node in edges}
    for node, targets in edges.items():
        for target in targets:
            backward[target].append(node)
    seen.clear()
    found = []
    for node in reversed(order):
        if node not in seen:
            component: list[str] = []
            visit(node, backward, component)
            if len(component) > 1 or node in edges[node]:
                found.append(sorted(component))
    return sorted(found)


def test_the_search_finds_circles() -> None:
    edges = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": ["e"], "e": [], "f": ["f"]}
    assert circles(edges) == [["a", "b", "c"], ["f"]]


def test_imports_have_no_circles() -> None:
    """Whatever a file needs can be read before it; an import for types alone or inside a function is a need too."""
    assert circles(graph()) == []


def entries(folder: Path) -> int:
    """The modules and the folders of code in a folder."""
    return sum(
        (path.suffix == ".py" and path.name != "__init__.py") or (path.is_dir() and (path / "__init__.py").exists())
        for path in folder.iterdir()
    )


def test_folders_can_be_surveyed() -> None:
    """An exception that is none any more is to be removed from the table."""
    folders = [path.parent for path in sorted(PACKAGE.rglob("__init__.py"))]
    larger = [folder.relative_to(PACKAGE).as_posix() for folder in folders if entries(folder) > MOST_ENTRIES]
    assert sorted(larger) == sorted(LARGER)


def test_a_public_class_name_is_defined_once() -> None:
    """Who searches for a class finds one."""
    homes: dict[str, list[str]] = defaultdict(list)
    for module, tree in named().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(module)
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}
