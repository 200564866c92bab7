r"""Programs whose bound is stated as formulas: `tests/conformance/bounds`. The headers of `cases`, and these:

# profile: window=8192 retries=2            what is assumed of the model, where it is not the default
# where NAME = FORMULA                      a name for a formula, which those below it may use
# bound NAME = FORMULA                      a component of the bound: calls, attempts, span, depth or prompt, in this order
# at NAME=SIZE …: calls=N … prompt=N        declared sizes, and the components there; SIZE is CHARS, or COUNTxCHARS of a list
# span: CODE => TEXT                        the text of the program that an error underlines
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from lambda_rlm.bounds.admit import refusals
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.declared import QUERY_SIZE, Size
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.diagnostic import Diagnostic
from lambda_rlm.execution.check import ANY_MODEL
from lambda_rlm.execution.prospect import Prospect
from tests.support.cases import Case, read_case
from tests.support.formulas import value_of

COMPONENTS: Final = ("calls", "attempts", "span", "depth", "prompt")
"""What a case states. Tokens and dollars depend on how a prompt is framed, and are no part of the suite."""

_LINE: Final = re.compile(r"# (profile|where|bound|at|span):? (.*)$")
_NO_LIMIT: Final = {"calls": 10**12, "tokens": 10**18}


@dataclass(frozen=True)
class Column:
    """Declared sizes, and what the components of the bound are there; none for a program that is refused."""

    sizes: Mapping[str, Size]
    stated: Mapping[str, int]

    def names(self) -> dict[str, int]:
        """The sizes by the names that formulas use."""
        named: dict[str, int] = {}
        for name, size in self.sizes.items():
            named[name] = size.chars if size.count is None else size.count
            if size.count is not None:
                named[f"each({name})"], named[f"chars({name})"] = size.chars, size.count * size.chars
        return named


@dataclass
class BoundCase:
    """A case of `tests/conformance/bounds`."""

    case: Case
    profile: ModelProfile = ANY_MODEL
    where: dict[str, str] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    columns: list[Column] = field(default_factory=list)
    spans: list[tuple[str, str]] = field(default_factory=list)

    def expected(self, column: Column) -> dict[str, int]:
        """The formulas' values at the sizes of a column."""
        sizes = {"query": QUERY_SIZE.chars, **column.names()}
        for name, formula in (*self.where.items(), *self.formulas.items()):
            sizes[name] = _whole(value_of(formula, sizes), name)
        return {name: sizes[name] for name in self.formulas}

    def prospect(self, column: Column) -> Prospect:
        """The bound at the sizes of a column; the budget is what the case says, and has no limit where it says nothing."""
        checked = replace(self.case.check(), sizes=column.sizes)
        assert checked.typed is not None, [d.message for d in checked.diagnostics]
        found = checked.prospect(Budget(**{**_NO_LIMIT, **self.case.budget}), self.profile)
        assert found is not None, f"{self.case.name}: an input has no size"
        return found

    def refused(self, column: Column) -> list[Diagnostic]:
        """What speaks against running the program at these sizes."""
        found = self.prospect(column)
        return refusals(found.bounded, found.budget)


def read_bound_case(path: Path) -> BoundCase:
    """The one case of a file."""
    case = BoundCase(read_case(path))
    for line in case.case.text.split("\n"):
        if hit := _LINE.match(line):
            HEADERS[hit[1]](case, hit[2])
    return case


def components(bound: Bound) -> dict[str, int | None]:
    """The components that a case states, of a bound."""
    return {name: getattr(bound, "prompt_chars" if name == "prompt" else name) for name in COMPONENTS}


def _profile(case: BoundCase, rest: str) -> None:
    changed: dict[str, Any] = {key: int(number) for key, number in _pairs(rest)}
    case.profile = replace(case.profile, **changed)


def _where(case: BoundCase, rest: str) -> None:
    name, _, formula = rest.partition(" = ")
    assert name not in case.where, f"{case.case.name}: {name} is defined twice"
    case.where[name] = formula


def _bound(case: BoundCase, rest: str) -> None:
    name, _, formula = rest.partition(" = ")
    assert name in COMPONENTS and name not in case.formulas, f"{case.case.name}: # bound {rest}"
    case.formulas[name] = formula


def _at(case: BoundCase, rest: str) -> None:
    sizes, _, stated = rest.partition(": ")
    case.columns.append(
        Column({name: _size(size) for name, size in _pairs(sizes)}, {name: int(number) for name, number in _pairs(stated)})
    )


def _span(case: BoundCase, rest: str) -> None:
    code, _, text = rest.partition(" => ")
    case.spans.append((code, text))


HEADERS: Final[Mapping[str, Callable[[BoundCase, str], None]]] = {
    "profile": _profile,
    "where": _where,
    "bound": _bound,
    "at": _at,
    "span": _span,
}
"""The keys that only cases of this suite have."""


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in text.split())]


def _size(written: str) -> Size:
    count, times, chars = written.rpartition("x")
    return Size(int(chars), count=int(count) if times else None)


def _whole(value: Fraction | float, name: str) -> int:
    assert value == int(value), f"{name} is {value}, which is no whole number: round it with ceil or floor"
    return int(value)
