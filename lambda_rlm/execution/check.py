"""From program text to a checked program, without an exception for a bad one.

Owns `check` and `Checked`. Promises all mistakes that one pass can find, with their fixes, and the same result for a program
whoever wrote it. Asks no model. What a program can cost is worked out when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.bounds.admit import Admitted, defer
from lambda_rlm.bounds.declared import Size
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.host_functions import by_name
from lambda_rlm.inputs import Reading, from_values
from lambda_rlm.inputs.gather import DOCUMENTS
from lambda_rlm.inputs.reading import Format
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.term import Program
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.infer import infer
from lambda_rlm.types.type import TEXT, Arrow, Con, Enum, Erroneous, Record, Type, Variable
from lambda_rlm.types.typed import Typed

if TYPE_CHECKING:
    from lambda_rlm.bounds.bound import Bound
    from lambda_rlm.execution.prospect import Prospect

ANY_MODEL: Final = ModelProfile(name="any", window=8_192, max_output=2_048)
"""What is assumed of a model that is not known yet: a window that every model in use has."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker found: a typed program, or the mistakes; warnings in any case. `sizes` are those that were declared."""

    source: SourceFile
    inputs: Mapping[str, Type]
    diagnostics: tuple[Diagnostic, ...]
    program: Program | None = field(default=None, repr=False)
    typed: Typed | None = field(default=None, repr=False)
    sizes: Mapping[str, Size] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.typed is not None

    @property
    def bound(self) -> Bound | None:
        """What the program can cost at most on inputs of the declared sizes, for a small model; see `prospect` for another.

        None for a program with mistakes, and where an input has no size.
        """
        prospect = self.prospect()
        return None if prospect is None else prospect.bound

    def prospect(self, budget: Budget | None = None, profile: ModelProfile = ANY_MODEL) -> Prospect | None:
        """What the program would cost on inputs of the declared sizes; None where nothing can be said."""
        from lambda_rlm.execution.prospect import foresee_sizes

        if self.typed is None or self.inputs.keys() - self.sizes.keys() - {"query"}:
            return None
        return foresee_sizes(self.typed, {}, self.sizes, profile, budget or Budget())

    def admit(self, budget: Budget | None = None, profile: ModelProfile = ANY_MODEL) -> Admitted:
        """The program, to be run within a budget; raises `Rejected` when it has mistakes.

        Where sizes are declared, also when its bound at these sizes is over the budget; then a run refuses larger inputs. In
        any case a run holds the bound at its real inputs against the budget, before the first call. What `auto` stands for here
        depends on the model's window: with no profile given, that of a small model, whose price is no matter.
        """
        if self.typed is None:
            raise Rejected(self.source, self.diagnostics)
        budget = budget or Budget()
        admitted = defer(self.typed, budget, profile)
        prospect = self.prospect(replace(budget, usd=None) if profile is ANY_MODEL else budget, profile)
        if prospect is None:
            return admitted
        if prospect.over_budget:
            raise Rejected(self.source, prospect.over_budget)
        sizes = {name: size for name, size in self.sizes.items() if name in self.inputs}
        return replace(admitted, bound=prospect.bound, is_proved=prospect.is_proved, sizes=sizes)


def check(
    source: str | SourceFile,
    inputs: Mapping[str, Any] | None = None,
    sizes: Mapping[str, Size] | None = None,
    *,
    primitives: Iterable[HostFunction] = (),
    formats: Iterable[Format] = (),
) -> Checked:
    """Parse and type a program over inputs, each given as data, as a type or as a `Size`.

    A `Size` alone means a Text, and with a count what a folder is: a list of documents; for other types give the type as input
    and its size in `sizes`. `query: Text` is always bound; with no inputs given, `context: Text` is. `primitives` are functions
    of the host that the program may use beside the library, `formats` input formats of the host, for inputs that are a `Path`.
    Raises only for inputs that are not plain data, and names that two have.
    """
    file = source if isinstance(source, SourceFile) else SourceFile("program", source)
    inputs = {"context": TEXT} if inputs is None else inputs
    types = _types(inputs, Reading(formats=tuple(formats)))
    sizes = {**{name: value for name, value in inputs.items() if isinstance(value, Size)}, **(sizes or {})}
    program: Program | None = None
    functions = by_name(primitives, types) if (primitives := tuple(primitives)) else {}
    try:
        program = parse(file)
        typed = infer(program, types, functions)
    except Rejected as rejected:
        return Checked(file, types, rejected.diagnostics, program, sizes=sizes)
    return Checked(file, types, tuple(typed.warnings), program, typed, sizes)


def _types(inputs: Mapping[str, Any], reading: Reading) -> dict[str, Type]:
    declared = {name: value for name, value in inputs.items() if isinstance(value, _TYPES)}
    declared |= {name: TEXT if value.count is None else DOCUMENTS for name, value in inputs.items() if isinstance(value, Size)}
    data = {name: value for name, value in inputs.items() if name not in declared and name != "query"}
    return {"query": TEXT, **from_values(data, reading).types, **declared}


_TYPES = (Con, Record, Enum, Arrow, Variable, Erroneous)
