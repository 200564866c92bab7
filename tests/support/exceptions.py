"""The exception classes of the package, found by looking through all of its modules."""

from __future__ import annotations

import importlib
import pkgutil

import lambda_rlm


def exceptions_of_the_package() -> set[type[BaseException]]:
    """Every exception class that a module of the package defines; modules whose extra is not installed are passed over."""
    found: set[type[BaseException]] = set()
    for row in pkgutil.walk_packages(lambda_rlm.__path__, "lambda_rlm."):
        if row.name == "lambda_rlm.__main__":
            continue
        try:
            module = importlib.import_module(row.name)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("lambda_rlm"):
                raise
            continue
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, BaseException) and value.__module__ == row.name:
                found.add(value)
    return found
