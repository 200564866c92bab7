"""A function is short enough to be read without scrolling, and a docstring to be read without a wide screen."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.support.sources import PACKAGE, trees

MAX_LINES = 40
"""Of a function, its docstring not counted."""
MAX_COLUMNS = 128
"""Of a docstring, as of every other line of code."""

LONGER: dict[str, str] = {
    "api/rlm.py RLM.__init__": "the settings of a host are its parameters",
    "api/programs.py run": "the same, of one run",
    "rlms/ported.py PortedRLM.__init__": "its parameters are those of rlms",
}
"""Functions that are longer, with the reason why they are easier to read so."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, Function]]:
    """All functions under a node, by their qualified names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function | ast.ClassDef):
            name = f"{within}.{node.name}" if within else node.name
            if isinstance(node, Function):
                yield name, node
            yield from functions(node, name)
        else:
            yield from functions(node, within)


def docstring(node: ast.AST) -> ast.Expr | None:
    """The statement that documents a module, a class or a function."""
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return first if is_text and isinstance(first, ast.Expr) else None


def extent(node: ast.stmt | None) -> int:
    """The lines that a statement takes."""
    return 0 if node is None or node.end_lineno is None else node.end_lineno - node.lineno + 1


def test_functions_are_short() -> None:
    """An exception that is none any more is to be removed from the table."""
    longer = {
        f"{path} {name}"
        for path, tree in trees().items()
        for name, function in functions(tree)
        if extent(function) - extent(docstring(function)) > MAX_LINES
    }
    assert sorted(longer) == sorted(LONGER)


def test_docstrings_keep_to_the_width_of_the_code() -> None:
    wide = []
    for path, tree in trees().items():
        lines = (PACKAGE / path).read_text(encoding="utf-8").split("\n")
        for node in ast.walk(tree):
            place = docstring(node)
            if place is not None:
                numbers = range(place.lineno, place.lineno + extent(place))
                wide += [f"{path}:{number}" for number in numbers if len(lines[number - 1]) > MAX_COLUMNS]
    assert wide == []
