"""Promises that hold by the shape of the code: who may ask a model, a rule for each form of the language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import get_args

import pytest

from lambda_rlm.eval.compile.assembly import RULES
from lambda_rlm.syntax.term import Term
from tests.support.sources import trees

WRAPPERS = ("llm/wrappers/", "llm/recorded.py")
"""Models that delegate to the model they hold."""

CONTRACT = "testing/model_contract.py"
"""What a host checks its own model with, outside of any run."""


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
    """`pay` asks a model, by the tab that it keeps; a wrapper asks the model it holds; a model of `llm` may ask itself again."""
    if path == "budget/paying.py":
        return inside == "asked"
    return path == CONTRACT or path.startswith(WRAPPERS) or (path.startswith("llm/") and owner == "self")


@pytest.mark.slow
def test_only_pay_and_wrappers_ask_a_model() -> None:
    """A request that does not go through `pay` is one that no budget has reserved."""
    unpaid = [
        f"{path}: {owner}.complete in {inside or 'the module'}"
        for path, tree in trees().items()
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
    assert list(uses_of_complete(trees()["budget/paying.py"])) == [("asked", "model")]
    assert {path for path, tree in trees().items() if path.startswith(WRAPPERS) and any(uses_of_complete(tree))} != set()


def test_every_form_of_the_language_has_a_rule_of_compilation() -> None:
    assert set(RULES) == set(get_args(Term))
