"""Every error code is written once as a constant, used, and explained."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from lambda_rlm.diagnostics.codes import CODES
from tests.support.sources import module_of, trees

ONLY_IN_TABLES = {("lambda_rlm.llm.failures", "QUOTE_NOT_FOUND")}
"""A script may fail with this code, so that it has a row in `FATES`; the evaluator raises it by a constant of its own."""

Constant = tuple[str, str]
"""The module and the name of a constant."""


def is_code(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[EW]\d{4}", node.value) is not None


@cache
def modules() -> dict[str, ast.Module]:
    """The modules that use codes, by their names: all but the tables that explain them."""
    return {module_of(path): tree for path, tree in trees().items() if "/codes/" not in path}


@cache
def constants() -> dict[Constant, str]:
    """The codes of the constants of modules."""
    found: dict[Constant, str] = {}
    for module, tree in modules().items():
        for node in tree.body:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets if isinstance(node, ast.Assign) else []
            value = node.value if isinstance(node, ast.AnnAssign | ast.Assign) else None
            if is_code(value) and isinstance(value, ast.Constant) and isinstance(targets[0], ast.Name):
                found[module, targets[0].id] = str(value.value)
    return found


def bare() -> list[tuple[str, str]]:
    """Codes that are written where they are used, with their modules."""
    defined = {
        id(node.value) for tree in modules().values() for node in tree.body if isinstance(node, ast.AnnAssign | ast.Assign)
    }
    return [
        (module, str(node.value))
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and is_code(node) and id(node) not in defined
    ]


def loads(tree: ast.AST) -> Iterator[str]:
    """The names that are read, and the dotted ones of one dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def imports(tree: ast.AST) -> Iterator[tuple[str, Constant]]:
    """The names that an import binds, with the module and the name that each comes from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, (node.module, alias.name)


@cache
def used() -> set[Constant]:
    """The constants that a function of their module reads, or anything in another module. A table of their own module, such as that
    of what may be done about each failure, is no use."""
    read: set[Constant] = set()
    for module, tree in modules().items():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        read |= {(module, name) for function in functions for name in loads(function)}
        names = set(loads(tree))
        dotted_names = {name for name in names if "." in name}
        for bound, (home, name) in imports(tree):
            if bound in names:
                read.add((home, name))
            read |= {(f"{home}.{name}", dotted.split(".")[1]) for dotted in dotted_names if dotted.startswith(f"{bound}.")}
    return read & constants().keys()


@pytest.mark.slow
def test_every_constant_of_a_code_is_used() -> None:
    defined = constants()
    assert len(defined) > 60
    assert sorted(defined.keys() - used()) == sorted(ONLY_IN_TABLES)


def test_every_code_in_use_is_explained() -> None:
    assert sorted(set(constants().values()) - CODES.keys()) == []


def test_every_code_explained_is_in_use() -> None:
    defined = constants()
    in_use = {defined[constant] for constant in used()}
    assert sorted(CODES.keys() - in_use) == []


def test_codes_are_written_as_constants() -> None:
    """In every room, a code is written in the definition of its constant and nowhere else."""
    assert bare() == []


def test_a_room_has_one_constant_for_a_code() -> None:
    names = Counter((module.split(".")[1], code) for (module, _), code in constants().items())
    assert [room for room, count in names.items() if count > 1] == []


def test_codes_are_numbered_by_the_room_they_belong_to() -> None:
    from lambda_rlm.diagnostics.codes import admission, evaluation, model, policy, syntax, types

    tables = {"E01": syntax, "E02": types, "E03": admission, "E04": evaluation, "E05": model, "E06": policy}
    wrong = [row.code for prefix, table in tables.items() for row in table.TABLE if not re.match(f"[EW]{prefix[1:]}", row.code)]
    assert wrong == []
