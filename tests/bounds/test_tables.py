"""The analysis is put together from two tables, of rules for terms and of transfers of library functions, and has no circles."""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from unittest.mock import patch

import pytest

from lambda_rlm.bounds.analyse import RULES, analyse
from lambda_rlm.bounds.domain.makeup import literal_text
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.bounds.transfer.table import TRANSFERS
from lambda_rlm.bounds.transfer.texts import GROWTH, WIDER_IN_LOWER, WIDER_IN_UPPER
from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.execution.check import check
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Term
from lambda_rlm.types.type import TEXT
from tests.support.places import ROOT


def bound() -> None:
    """Bound a small program."""
    typed = check("take(context, 3)", {"context": TEXT}).typed
    assert typed is not None
    analyse(typed, {"context": literal_text("abc"), "query": literal_text("")}, Rates(window=1_000, max_output=10), {})


def test_every_library_function_has_a_transfer() -> None:
    assert set(TRANSFERS) == set(Primitive)


def test_every_class_of_terms_has_a_rule() -> None:
    assert set(RULES) == set(Term.__args__)


def test_a_missing_transfer_is_an_internal_error_with_its_name() -> None:
    with patch.dict(TRANSFERS), pytest.raises(InternalError, match="no transfer for the library function `take`"):
        del TRANSFERS[Primitive.TAKE]
        bound()


def test_a_missing_rule_is_an_internal_error_with_its_name() -> None:
    with patch.dict(RULES), pytest.raises(InternalError, match="no rule for App"):
        del RULES[App]
        bound()


@pytest.mark.parametrize("room", ["bounds", "types"])
def test_no_two_modules_of_a_pass_import_each_other(room: str) -> None:
    """Imports for the type checker alone and imports inside functions count too."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in (ROOT / "lambda_rlm" / room).rglob("*.py")
    }
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
        wanted = {node.module for node in froms} | {f"{node.module}.{alias.name}" for node in froms for alias in node.names}
        graph[name] = {module for module in wanted if module in paths}
    assert len(graph) > 10
    TopologicalSorter(graph).prepare()


@pytest.mark.slow
def test_changing_case_widens_characters_as_the_transfer_says() -> None:
    """Every character there is: how many it becomes, and the bytes beyond one for each."""
    for character in map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]):
        beyond = len(character.encode()) - 1
        for changed, wider in ((character.upper(), WIDER_IN_UPPER), (character.lower(), WIDER_IN_LOWER)):
            assert len(changed) <= GROWTH
            assert len(changed.encode()) - len(changed) <= beyond * wider
