"""The modules of the package as syntax trees, parsed once for all tests that look at the code."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache

from tests.support.places import ROOT

PACKAGE = ROOT / "lambda_rlm"


@cache
def trees() -> Mapping[str, ast.Module]:
    """Each module's tree by its path within the package, as `eval/place.py`."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def module_of(path: str) -> str:
    """The dotted name of a module of the package, by its path within it."""
    return ".".join(("lambda_rlm", *path.removesuffix(".py").removesuffix("__init__").strip("/").split("/"))).strip(".")
