"""Promises that hold by the shape of the code: who may ask a model, no import circles, a rule for each form of the language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import get_args

from lambda_rlm.eval.compile.assembly import RULES
from lambda_rlm.syntax.term import Term
from tests.support.places import ROOT

PACKAGE = ROOT / "lambda_rlm"
TREES = {p.relative_to(PACKAGE).as_posix(): ast.parse(p.read_text(encoding="utf-8")) for p in sorted(PACKAGE.rglob("*.py"))}

WRAPPERS = ("llm/wrappers/", "llm/recorded.py")
"""Models that delegate to the model they hold."""


def uses_of_complete(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, str]]:
    """Each use of an attribute `complete`: the function in which it is, and what it is an attribute of."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr == "complete":
            yield inside, ast.unparse(node.value)
        if isinstance(node, ast.Call) and "complete" in [getattr(argument, "value", None) for argument in node.args]:
            yield inside, ast.unparse(node)
        name = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else inside
        yield from uses_of_complete(node, name)


def may_complete(path: str, inside: str, owner: str) -> bool:
    """`pay` asks a model; a wrapper asks the model it holds; a model of `llm` may ask itself again."""
    if path == "budget/paying.py":
        return inside == "pay"
    return path.startswith(WRAPPERS) or (path.startswith("llm/") and owner == "self")


def test_only_pay_and_wrappers_ask_a_model() -> None:
    """A request that does not go through `pay` is one that no budget has reserved."""
    unpaid = [
        f"{path}: {owner}.complete in {inside or 'the module'}"
        for path, tree in TREES.items()
        for inside, owner in uses_of_complete(tree)
        if not may_complete(path, inside, owner)
    ]
    assert unpaid == []


def test_an_unpaid_request_would_be_seen() -> None:
    """The test above reads the code of `pay` and of wrappers, and would see calls, references and look-ups by name elsewhere."""
    text = "async def f(model):\n    await model.complete(1)\n    g = model.complete\n    getattr(model, 'complete')\n"
    seen = list(uses_of_complete(ast.parse(text)))
    assert len(seen) == 3
    assert not any(may_complete("answering/ask.py", *use) for use in seen)
    assert list(uses_of_complete(TREES["budget/paying.py"])) == [("pay", "model")]
    assert {path for path, tree in TREES.items() if path.startswith(WRAPPERS) and any(uses_of_complete(tree))} != set()


def module_name(path: str) -> str:
    dotted = "lambda_rlm." + path.removesuffix(".py").replace("/", ".")
    return dotted.removesuffix(".__init__")


MODULES = {module_name(path): tree for path, tree in TREES.items()}


def imports_of(tree: ast.AST) -> set[str]:
    """The modules of the package that a module imports, at the top, in functions and for types alike."""
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            imported |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    return imported & MODULES.keys()


CIRCULAR = ("lambda_rlm.bounds.", "lambda_rlm.cli", "lambda_rlm.inputs.formats.")
"""Rooms that still have a circle."""


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """What a module imports, directly or not."""
    seen: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(graph[name])
    return seen


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The sets of modules that import each other, directly or not."""
    below = {name: reachable(graph, name) for name in graph}
    found = {tuple(sorted(other for other in below[name] if name in below[other])) for name in graph if name in below[name]}
    return [list(names) for names in sorted(found)]


def test_no_modules_import_each_other() -> None:
    """Imports inside functions and under `TYPE_CHECKING` count: whoever reads one module of a circle must read them all."""
    found = circles({name: imports_of(tree) for name, tree in MODULES.items()})
    assert [names for names in found if not names[0].startswith(CIRCULAR)] == []


def test_a_circle_would_be_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": {"e"}, "e": {"f"}, "f": {"e"}}) == [["b", "c"], ["e", "f"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_every_form_of_the_language_has_a_rule_of_compilation() -> None:
    assert set(RULES) == set(get_args(Term))
