"""From program text to a checked program, without an exception for a bad one.

Owns `check` and `Checked`. Promises all mistakes that one pass can find, with their fixes, and the same result for a program
whoever wrote it. Asks no model. What a program can cost is worked out when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Diagnostics, Rejected, Severity
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.inputs import Reading, from_values
from lambda_rlm.inputs.gather import DOCUMENTS
from lambda_rlm.inputs.reading import Format
from lambda_rlm.inputs.shape import sound
from lambda_rlm.syntax.parse import parsed
from lambda_rlm.types.called import called_in
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.inferred import inferred
from lambda_rlm.types.show import show
from lambda_rlm.types.type import TEXT, Arrow, Con, Enum, Erroneous, Record, Type, Variable

if TYPE_CHECKING:
    from lambda_rlm.bounds.admit import Admitted
    from lambda_rlm.bounds.bound import Bound
    from lambda_rlm.bounds.declared import Size
    from lambda_rlm.execution.prospect import Prospect
    from lambda_rlm.syntax.term import Program
    from lambda_rlm.types.typed import Typed

ANY_MODEL: Final = ModelProfile(name="any", window=8_192, max_output=2_048)
"""What is assumed of a model that is not known yet: a window that every model in use has."""

_ROOMY: Final = replace(ANY_MODEL, window=100_000_000)
"""With no model named, a program is refused only where this window does not help either."""

_ENOUGH: Final = 2**62
_SHOWN: Final = 120

Door = Callable[[Diagnostic], Diagnostic]
"""Puts what a diagnostic says in the words of a library or of a command line."""


def _cropped(text: str) -> str:
    from lambda_rlm.graphemes import begun

    return text if len(text) <= _SHOWN else f"{begun(text, _SHOWN)}…"


@dataclass(frozen=True, repr=False)
class Checked:
    """What the checker found: a typed program, or the mistakes; warnings in any case.

    `sizes` are those that were declared, `data` the inputs that were given, as the program gets them. `assumed` are the inputs
    given by a size alone: their types are those that the program uses them with. `door` puts what a refusal says in the words
    of whoever asked, None as it is.
    """

    source: SourceFile
    inputs: Mapping[str, Type]
    diagnostics: Diagnostics
    program: Program | None = field(default=None, repr=False)
    typed: Typed | None = field(default=None, repr=False)
    sizes: Mapping[str, Size] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    assumed: frozenset[str] = frozenset()
    door: Door | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        if self.typed is None:
            found = ", ".join(dict.fromkeys(one.code for one in self.errors))
        else:
            inputs = ", ".join(f"{name}: {show(type_)}" for name, type_ in self.inputs.items())
            found = f"({inputs}) -> {show(self.typed.type)}"
        return visible_line(f"<Checked {self.source.name}: {_cropped(found)}>")

    def render(self) -> str:
        """All diagnostics with their places and hints, as the command line shows them; empty for none."""
        return str(self.diagnostics)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The mistakes, without warnings."""
        return tuple(one for one in self.diagnostics if one.severity is Severity.ERROR)

    @property
    def ok(self) -> bool:
        return self.typed is not None

    @cached_property
    def bound(self) -> Bound | None:
        """What the program can cost at most on the inputs that were given, and on any of the declared sizes where those were,
        for a model with a context window of 8,192 tokens and no price; see `prospect` for another. Computed when it is first
        asked for, with all that needs no reply; no model is asked.

        None for a program with mistakes, where of an input only the type is known, and where a limit of the default budget is
        met before the first call. Raises `Rejected` for a program that is too complex to bound.
        """
        prospect = self.prospect()
        return None if prospect is None else prospect.bound

    def prospect(self, budget: Budget | None = None, profile: ModelProfile = ANY_MODEL) -> Prospect | None:
        """What the program would cost on the inputs that were given or declared; None where `bound` is. A question that is not
        given counts with 2,000 characters where the program uses it."""
        return self._foreseen(budget, profile, is_counted=True)

    def _foreseen(self, budget: Budget | None, profile: ModelProfile, *, is_counted: bool) -> Prospect | None:
        """That; without `is_counted` the vocabulary is asked only where bytes do not fit the budget."""
        from lambda_rlm.execution.prospect import foresee, foresee_sizes

        if self.typed is None:
            return None
        data = {name: value for name, value in self.data.items() if name not in self.sizes}
        if "query" not in {**data, **self.sizes} and not _uses_query(self.typed.program):
            data["query"] = ""
        unknown = self.inputs.keys() - self.sizes.keys() - data.keys()
        if unknown - {"query"}:
            return None
        budget = budget or Budget()
        try:
            if unknown or self.sizes.keys() & self.inputs.keys():
                return foresee_sizes(self.typed, data, self.sizes, profile, budget)
            return foresee(self.typed, data, profile, budget, is_counted=is_counted)
        except Fault:  # the run will meet it too
            return None

    def admit(self, budget: Budget | None = None, profile: ModelProfile = ANY_MODEL) -> Admitted:
        """The program, to be run within a budget, with its bound where that is known; raises `Rejected`, with the places, when
        it has mistakes or does not fit.

        What does not fit is judged for the model of this profile, on the inputs that were given, or at the declared sizes; then
        a run refuses larger inputs. With no profile the bound is for a small model, as `bound` is, and the program is refused
        only where no context window helps: for its calls, never for tokens or dollars. On data without the question that the
        program uses nothing is refused: the question may decide. In any case a run holds the bound at its own inputs, for its
        own model, against the budget before the first call.
        """
        from lambda_rlm.bounds.admit import defer

        if self.typed is None:
            raise Rejected(self.source, self.diagnostics)
        budget = budget or Budget()
        admitted = defer(self.typed, budget, profile)
        within = replace(budget, usd=None) if profile is ANY_MODEL else budget
        prospect = self._foreseen(within, profile, is_counted=False)
        if prospect is None:
            return admitted
        sizes = {name: size for name, size in self.sizes.items() if name in self.inputs}
        against = _errors(prospect) if sizes or prospect.bounded.is_final else []
        if against and profile is ANY_MODEL:
            roomy = self.prospect(replace(budget, usd=None, tokens=_ENOUGH), _ROOMY)
            against = [] if roomy is None else _errors(roomy)
        if against:
            raise Rejected(self.source, against if self.door is None else map(self.door, against))
        return replace(admitted, bound=prospect.bound, is_proved=prospect.is_proved, sizes=sizes, assumed=self.assumed)


def check(
    source: str | SourceFile,
    inputs: Mapping[str, Any] | None = None,
    sizes: Mapping[str, Size] | None = None,
    *,
    primitives: Iterable[HostFunction] = (),
    formats: Iterable[Format] = (),
) -> Checked:
    """Parse and type a program over inputs, each given as data (as `RLM.ask` takes it), as a type or as a `Size`.

    A `Size` alone means a Text, and with a count what a folder is, a list of documents; where the program uses the input
    otherwise, what it uses: a list of texts, rows with the fields that it names. To say the type, give it as input and its
    size in `sizes`. `query: Text` is always bound; with no inputs given, `context: Text` is. `primitives` are functions of the
    host that the program may use beside the library, `formats` input formats of the host, for inputs that are a `Path`.
    Raises only for inputs that are not plain data, and names that two have.
    """
    from lambda_rlm.bounds.declared import Size
    from lambda_rlm.execution.host_functions import by_name
    from lambda_rlm.types.spelled import with_identifiers

    file = source if isinstance(source, SourceFile) else SourceFile("program", source)
    inputs = {"context": TEXT} if inputs is None else inputs
    types: Mapping[str, Type]
    types, data = _given(inputs, Reading(formats=tuple(formats)))
    sizes = {**{name: value for name, value in inputs.items() if isinstance(value, Size)}, **(sizes or {})}
    by_size = {name: value for name, value in inputs.items() if isinstance(value, Size) and name != "query"}
    program: Program | None = None
    functions = by_name(primitives, types) if (primitives := tuple(primitives)) else {}
    try:
        program = parsed(file)
        types = _as_used(program, types, by_size, functions)
        typed = inferred(program, types, functions)
    except Rejected as rejected:
        mistakes = rejected.diagnostics
        if called := called_in(types):
            mistakes = Diagnostics(file, with_identifiers(file, mistakes, called))
        return Checked(file, types, mistakes, program, sizes=sizes, data=data)
    return Checked(file, types, Diagnostics(file, typed.warnings), program, typed, sizes, data, frozenset(by_size))


def for_inputs(admitted: Admitted, types: Mapping[str, Type]) -> Admitted:
    """An admitted program on inputs of these types, where its own were only assumed, and with what their data calls fields.
    Raises `Rejected` where it does not fit them."""
    from lambda_rlm.bounds.admit import defer

    typed = admitted.typed
    named = {name: types[name] if types.get(name) == type_ else type_ for name, type_ in typed.inputs.items()}
    if called_in(named) != typed.called:
        typed = replace(typed, inputs=named)
        admitted = replace(admitted, typed=typed)
    real = {name: types[name] for name in admitted.assumed if name in types and types[name] != typed.inputs[name]}
    if not real:
        return admitted
    typed = inferred(typed.program, {**typed.inputs, **real}, typed.functions)
    return replace(defer(typed, admitted.budget, admitted.profile), sizes=admitted.sizes)


def _given(inputs: Mapping[str, Any], reading: Reading) -> tuple[dict[str, Type], dict[str, Any]]:
    """The types of all inputs, of a size alone what it means first, and the data of those that are here."""
    from lambda_rlm.bounds.declared import Size

    declared = {name: value for name, value in inputs.items() if isinstance(value, _TYPES)}
    declared |= {name: TEXT if value.count is None else DOCUMENTS for name, value in inputs.items() if isinstance(value, Size)}
    read = from_values({name: value for name, value in inputs.items() if name not in declared and name != "query"}, reading)
    query = inputs.get("query")
    data = {**read.values, "query": sound(query)} if isinstance(query, str) else dict(read.values)
    return {"query": TEXT, **read.types, **declared}, data


def _as_used(
    program: Program, types: Mapping[str, Type], sizes: Mapping[str, Size], functions: Mapping[str, HostFunction]
) -> Mapping[str, Type]:
    """The types of all inputs: of those with a size alone what that means first, and where the program has fewer mistakes so,
    what it uses."""
    from lambda_rlm.types.infer import used_as

    mistakes = _mistakes(program, types, functions) if sizes else 0
    if not mistakes:
        return types
    others = {name: type_ for name, type_ in types.items() if name not in sizes}
    used = used_as(program, others, {name: size.count is not None for name, size in sizes.items()}, functions)
    kept = {name: type_ for name, type_ in used.items() if types[name] != DOCUMENTS or not _are_documents(type_)}
    return {**types, **kept} if _mistakes(program, {**types, **kept}, functions) < mistakes else types


def _mistakes(program: Program, types: Mapping[str, Type], functions: Mapping[str, HostFunction]) -> int:

    try:
        inferred(program, types, functions)
    except Rejected as rejected:
        return len(rejected.diagnostics)
    return 0


def _are_documents(used: Type) -> bool:
    """Whether documents have all that is used of a list."""
    match used:
        case Con("List", (Record(fields),)):
            return all(name in ("name", "text") and type_ == TEXT for name, type_ in fields)
    return False


def _uses_query(program: Program) -> bool:
    from lambda_rlm.bounds.names import free_names
    from lambda_rlm.syntax.term import Block

    return "query" in free_names(Block(program.span, program.items, program.result))


def _errors(prospect: Prospect) -> list[Diagnostic]:
    return [d for d in prospect.diagnostics if d.severity is Severity.ERROR]


_TYPES = (Con, Record, Enum, Arrow, Variable, Erroneous)
