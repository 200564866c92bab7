"""Whole packages of source text, and questions that are answered by lines scattered over their files (`codeqa`).

Owns the generator, after the repository questions of LongBench v2: invented Python packages, questions after direct base
classes, imports and functions that raise. Promises that golds are known from how the files were made, not from reading them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import partial
from random import Random
from typing import Any, Final

from lambda_rlm.bench.task import Task, length
from lambda_rlm.bench.words import names
from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.simulated_reader.code import HEADER

_FILE_TOKENS: Final = 800
_FUNCTION_TOKENS: Final = 60
_BASES: Final = ("Node", "Visitor", "Store", "Rule")
_ERRORS: Final = ("MissingPart", "BadShape", "OutOfRange")
_ROOTS: Final = ("shapes", "parts", "walks")


@dataclass(slots=True)
class _Package:
    """Files by path, and what a question may ask of them."""

    files: dict[str, str] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=lambda: {base: [] for base in _BASES})
    importers: dict[str, list[str]] = field(default_factory=lambda: {root: [] for root in _ROOTS})
    raisers: dict[str, list[str]] = field(default_factory=lambda: {error: [] for error in _ERRORS})


def codeqa(tokens: int, count: int, seed: int) -> list[Task]:
    """Questions over one package."""
    random = Random(f"codeqa {seed} {tokens}")
    package = _package(max(4, tokens // _FILE_TOKENS), random)
    inputs = partial(_joined, package.files)
    asked = _questions(package)
    random.shuffle(asked)
    return [
        Task(f"codeqa-{length(tokens)}-{number}", "codeqa", *asked[number % len(asked)], tokens, inputs)
        for number in range(count)
    ]


def _joined(files: Mapping[str, str]) -> Mapping[str, Any]:
    return {"context": "\n".join(f"{HEADER.format(path)}\n{text}" for path, text in files.items())}


def _questions(package: _Package) -> list[tuple[str, dict[str, Any]]]:
    asked: list[tuple[str, dict[str, Any]]] = []
    for base, classes in package.bases.items():
        asked.append((f"Which classes inherit directly from {base}? List their names.", _set(classes)))
        asked.append((f"How many classes in the package inherit directly from {base}?", _number(classes)))
    for root, paths in package.importers.items():
        asked.append((f"Which files of the package import something from pack/{root}.py? Give their paths.", _set(paths)))
    for error, functions in package.raisers.items():
        words = "Which functions or methods of the package contain a statement that raises"
        asked.append((f"{words} {error}? Give their bare names.", _set(functions)))
    return [(question, gold) for question, gold in asked if gold["answer"]]


def _set(members: list[str]) -> dict[str, Any]:
    return {"scorer": "set_f1", "answer": sorted(members), "answer_type": "SET"}


def _number(members: list[str]) -> dict[str, Any]:
    return {"scorer": "numeric_exact", "answer": len(members), "answer_type": "NUMERIC"}


def _package(many: int, random: Random) -> _Package:
    package = _Package()
    package.files["pack/errors.py"] = "\n".join(f"class {error}(Exception):\n    pass\n" for error in _ERRORS)
    for root in _ROOTS:
        package.files[f"pack/{root}.py"] = "\n".join(f"class {base}:\n    pass\n" for base in _BASES)
    fresh = names(random)
    for _ in range(many):
        name = next(fresh)
        package.files[f"pack/{name.lower()}.py"] = _file(name, package, random)
    return package


def _file(name: str, package: _Package, random: Random) -> str:
    path = f"pack/{name.lower()}.py"
    root = random.choice(_ROOTS)
    package.importers[root].append(path)
    lines = [f"from pack.{root} import {', '.join(_BASES)}", f"from pack.errors import {', '.join(_ERRORS)}", ""]
    for number in range(_FILE_TOKENS // _FUNCTION_TOKENS // 4):
        base = random.choice((*_BASES, ""))
        title = f"{name}{('Left', 'Right', 'Inner', 'Outer')[number % 4]}"
        if base:
            package.bases[base].append(title)
        lines += ["", f"class {title}({base}):" if base else f"class {title}:"]
        for part in range(4):
            lines += _method(f"{title.lower()}_{part}", package, random)
    return "\n".join(lines)


def _method(name: str, package: _Package, random: Random) -> list[str]:
    threshold, factor = random.randrange(2, 90), random.randrange(2, 9)
    lines = [f"    def {name}(self, value, others=()):", f"        total = value * {factor}", "        for other in others:"]
    lines += [f"            total += other.weight % {threshold}", f"        if total > {threshold * 10}:"]
    if random.random() < 0.04:
        error = random.choice(_ERRORS)
        package.raisers[error].append(name)
        lines.append(f"            raise {error}(total)")
    else:
        lines.append("            return self.fallback(total)")
    return [*lines, "        return total", ""]
