"""From program text to a checked program, without an exception for a bad one.

Owns `check` and `Checked`. Promises all mistakes that one pass can find, with their fixes, and the same result for a program
whoever wrote it. Runs nothing and asks no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_rlm.completion import ModelProfile
from lambda_rlm.cost.admit import Admitted, admit
from lambda_rlm.cost.budget import Budget
from lambda_rlm.diagnostics import Diagnostic, Rejected
from lambda_rlm.inputs import from_values
from lambda_rlm.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.term import Program
from lambda_rlm.types.infer import infer
from lambda_rlm.types.type import TEXT, Arrow, Con, Enum, Erroneous, Record, Type, Variable
from lambda_rlm.types.typed import Typed

ANY_MODEL: Final = ModelProfile(name="any", window=8_192, max_output=2_048)
"""What is assumed of a model that is not known yet: a window that every model in use has."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker found: a typed program, or the mistakes; warnings in any case."""

    source: SourceFile
    inputs: Mapping[str, Type]
    diagnostics: tuple[Diagnostic, ...]
    program: Program | None = field(default=None, repr=False)
    typed: Typed | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return self.typed is not None

    def admit(self, budget: Budget | None = None, profile: ModelProfile = ANY_MODEL) -> Admitted:
        """The program, to be run within a budget; raises `Rejected` when it has mistakes.

        What `auto` stands for depends on the model's window: with no profile given, that of a small model.
        """
        if self.typed is None:
            raise Rejected(self.source, self.diagnostics)
        return admit(self.typed, budget or Budget(), profile)


def check(source: str | SourceFile, inputs: Mapping[str, Any] | None = None) -> Checked:
    """Parse and type a program over inputs, each given as data or as a type.

    `query: Text` is always bound; with no inputs given, `context: Text` is. Raises only for inputs that are not plain data.
    """
    file = source if isinstance(source, SourceFile) else SourceFile("program", source)
    types = _types({"context": TEXT} if inputs is None else inputs)
    program: Program | None = None
    try:
        program = parse(file)
        typed = infer(program, types)
    except Rejected as rejected:
        return Checked(file, types, rejected.diagnostics, program)
    return Checked(file, types, tuple(typed.warnings), program, typed)


def _types(inputs: Mapping[str, Any]) -> dict[str, Type]:
    given = {name: value for name, value in inputs.items() if isinstance(value, _TYPES)}
    data = {name: value for name, value in inputs.items() if name not in given and name != "query"}
    return {"query": TEXT, **from_values(data).types, **given}


_TYPES = (Con, Record, Enum, Arrow, Variable, Erroneous)
