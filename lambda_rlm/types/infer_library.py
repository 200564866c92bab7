"""The rule for calls of library functions: rows, callbacks, states.

Data first: arguments that are no functions are looked at before those that are, so that a function written as an argument knows
the types of its parameters.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.data_class import dataclass
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Auto, Lam, Var
from lambda_rlm.types.arguments import (
    Callee,
    GivenArgument,
    infer_all,
    pass_argument,
    place,
    poisoned,
    record_arguments,
    why_of,
)
from lambda_rlm.types.checker import Checker
from lambda_rlm.types.infer_name import bind_type_argument
from lambda_rlm.types.joins import join_all
from lambda_rlm.types.mismatch import Why, because
from lambda_rlm.types.open_type import BROKEN, T_QUOTE, T_TEXT, Effects, Fn, Labels, Open, OpenNamed, TypeVariable, find
from lambda_rlm.types.rows import RowInstance, RowType, SignatureRow, instantiate_row, row_of
from lambda_rlm.types.special import AUTO_PARAMETERS, check_special, result_of
from lambda_rlm.types.unify import Clash, bind, fit


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a library function: its arguments in the order of the parameters, and the instance of its row."""

    app: App
    primitive: Primitive
    row: SignatureRow
    slots: list[GivenArgument | None]
    instance: RowInstance

    def why(self, index: int, argument: GivenArgument) -> Why:
        return why_of(index + 1, argument, self.row.parameters[index].name, self.primitive.value)


def infer_library(s: Checker, app: App, function: Var, primitive: Primitive, piped: GivenArgument | None) -> Open:
    """The rule (App) for a library function: its row is instantiated, data goes in first, then functions."""
    row = row_of(primitive)
    instance = instantiate_row(row, s.level)
    s.primitives[id(function)] = primitive
    s.types[id(function)] = Fn(instance.parameters, instance.result, instance.effect)
    bind_type_argument(s, function, instance.variables.get("T"))
    slots = place(s, app, piped, _callee(primitive, row))
    if slots is None:
        infer_all(s, app)
        return poisoned(instance.result)
    record_arguments(s, app, slots)
    result = result_of(primitive, row, slots, instance.result)
    if result is not instance.result:
        instance = replace(instance, result=result)
        s.types[id(function)] = Fn(instance.parameters, result, instance.effect)
    if row.joined:
        slots = _join_first(s, row, instance, slots)
    call = _Call(app, primitive, row, slots, instance)
    is_fine = _pass_all_data(s, call)
    if is_fine:
        call, is_fine = _with_state(s, call, function)
    else:
        _pass_callbacks(s, call, False)
    s.perform(call.instance.effect)
    check_special(s, primitive, row, slots)
    if is_fine:
        return call.instance.result
    for variable in call.instance.variables.values():
        if variable.link is None:
            variable.link = BROKEN
    return poisoned(call.instance.result)


def _callee(primitive: Primitive, row: SignatureRow) -> Callee:
    return Callee(
        primitive.value,
        tuple([p.name for p in row.parameters]),
        frozenset([p.name for p in row.parameters if p.is_optional]),
        f"{primitive.value}{row.text}",
    )


def _pass_all_data(s: Checker, call: _Call) -> bool:
    is_fine = True
    for index, argument in enumerate(call.slots):
        if argument is not None and not call.row.parameters[index].type.is_function:
            is_fine = _pass_data(s, call, index, argument) and is_fine
    return is_fine


def _pass_callbacks(s: Checker, call: _Call, is_fine: bool) -> bool:
    for index, argument in enumerate(call.slots):
        if argument is not None and call.row.parameters[index].type.is_function:
            is_fine = _pass_callback(s, call, index, argument, is_fine) and is_fine
    return is_fine


_STATES = {Primitive.FOLD: "b", Primitive.SCAN: "b", Primitive.ITERATE: "a", Primitive.REDUCE: "a", Primitive.TREE_FOLD: "a"}
RETRY_STEPS = 500


def _with_state(s: Checker, call: _Call, function: Var) -> tuple[_Call, bool]:
    """Pass the functions. A state that starts as a Quote or a label and goes on as a Text is a Text: then once more, with
    that."""
    before = len(s.diagnostics)
    is_fine = _pass_callbacks(s, call, True)
    name = _STATES.get(call.primitive, "")
    state = find(call.instance.variables[name]) if name else BROKEN
    if is_fine or not (isinstance(state, Labels) or state is T_QUOTE):
        return call, is_fine
    s.charge(RETRY_STEPS, call.app.span)
    first = s.diagnostics[before:]
    del s.diagnostics[before:]
    instance = instantiate_row(call.row, s.level)
    bind(instance.variables[name], T_TEXT)
    s.types[id(function)] = Fn(instance.parameters, instance.result, instance.effect)
    known = [
        given if given is None or parameter.type.is_function else _known(s, given)
        for given, parameter in zip(call.slots, call.row.parameters, strict=True)
    ]
    again = _Call(call.app, call.primitive, call.row, known, instance)
    _pass_all_data(s, again)
    if _pass_callbacks(s, again, True):
        return again, True
    s.diagnostics[before:] = first
    return again, False


def _pass_data(s: Checker, call: _Call, index: int, argument: GivenArgument) -> bool:
    name = call.row.parameters[index].name
    term = argument.term
    if isinstance(term, Auto) and (call.primitive, name) in AUTO_PARAMETERS:
        s.autos[id(term)] = term.span
    why = call.why(index, argument)
    if name != "or_else":
        return pass_argument(s, argument, call.instance.parameters[index], why)
    effect = Effects(s.level)
    effect.pure_for.append(term.span)
    s.pinned.append(effect)
    with s.under(effect):
        return pass_argument(s, argument, call.instance.parameters[index], why)


def _pass_callback(s: Checker, call: _Call, index: int, argument: GivenArgument, is_fine: bool) -> bool:
    wanted = call.instance.parameters[index]
    term = argument.term
    if not is_fine:
        _break_open_parameters(wanted)
    why = call.why(index, argument)
    if isinstance(term, Var) and not argument.is_piped:
        binding = s.names.get(term.name)
        if binding is not None and binding.kind == "fix":
            s.types[id(term)] = binding.type
            return s.fits(term, binding.type, wanted, why)
    if call.primitive in _STEPS and isinstance(term, Lam):
        before = len(s.diagnostics)
        fine = pass_argument(s, argument, wanted, why)
        _explain_step(s, before, call.primitive)
        return fine
    return pass_argument(s, argument, wanted, why)


_STEPS = frozenset({Primitive.FOLD, Primitive.SCAN, Primitive.ITERATE, Primitive.REDUCE})


def _explain_step(s: Checker, before: int, primitive: Primitive) -> None:
    """A mismatch at the result of a step says that states have one type."""
    for index in range(before, len(s.diagnostics)):
        diagnostic = s.diagnostics[index]
        if diagnostic.because is not None and diagnostic.because.startswith("the result of the function passed as"):
            s.diagnostics[index] = replace(diagnostic, because=because(("step", primitive.value)))


def _break_open_parameters(wanted: Open) -> None:
    """After a mistake in the data, a function over that data can be right in any way."""
    wanted = find(wanted)
    if isinstance(wanted, Fn):
        for parameter in wanted.parameters:
            variable = find(parameter)
            if isinstance(variable, TypeVariable):
                variable.link = BROKEN


def _join_first(
    s: Checker, row: SignatureRow, instance: RowInstance, slots: list[GivenArgument | None]
) -> list[GivenArgument | None]:
    """Where one variable is in several parameters, it is the join of what they are given."""
    known: list[GivenArgument | None] = [_known(s, given) if given is not None else None for given in slots]
    for name in row.joined:
        parts = [
            part
            for parameter, given in zip(row.parameters, known, strict=True)
            if given is not None and given.type is not None
            for part in _parts(parameter.type, name, given.type)
        ]
        if len(parts) < 2:
            continue
        joined = join_all(parts[1:], parts[0])
        if not isinstance(joined, Clash):
            fit(joined, instance.variables[name])
    return known


def _known(s: Checker, argument: GivenArgument) -> GivenArgument:
    """An argument with its type, which is inferred only once."""
    if argument.type is not None:
        return argument
    return GivenArgument(argument.term, s.types.get(id(argument.term)) or s.infer(argument.term), argument.is_piped)


def _parts(row_type: RowType, name: str, given: Open) -> list[Open]:
    """What is given where a variable is in a row's type."""
    if row_type.name == name:
        return [given]
    given = find(given)
    if row_type.arguments and isinstance(given, OpenNamed) and given.name == row_type.name:
        return _parts(row_type.arguments[0], name, given.arguments[0])
    return []
