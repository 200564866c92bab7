"""The rules for calls and pipes.

Data first: arguments that are no functions are looked at before those that are, so that a function written as an argument knows
the types of its parameters.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Auto, Lam, Pipe, Var
from lambda_rlm.types.arguments import Callee, Given, infer_all, place
from lambda_rlm.types.checker import PRIMITIVES, Binding, Checker
from lambda_rlm.types.complaints import primitive_signature
from lambda_rlm.types.infer_name import bind_type_argument, use
from lambda_rlm.types.joins import join_all
from lambda_rlm.types.mismatch import Why, because
from lambda_rlm.types.open_type import BROKEN, Broken, Effects, Fn, Hole, Named, Open, find
from lambda_rlm.types.rows import Row, RowInstance, RowType, instantiate_row, row_of
from lambda_rlm.types.show import show_open
from lambda_rlm.types.special import AUTO_PARAMETERS, check_special
from lambda_rlm.types.typed import PIPED
from lambda_rlm.types.unify import Clash, fill, fit


def infer_app(s: Checker, term: App) -> Open:
    """
    Γ ⊢ f : τ₁ → τ₂ ! ε    Γ ⊢ a : τ₁
    ────────────────────────────────── (App)
    Γ ⊢ f(a) : τ₂ ! ε
    """
    return _call(s, term, None)


def infer_pipe(s: Checker, term: Pipe) -> Open:
    """
    Γ ⊢ f(a, b) : τ
    ──────────────── (Pipe)
    Γ ⊢ a |> f(b) : τ
    """
    given = Given(term.head, s.infer(term.head), True)
    for stage in term.stages:
        result = _call(s, stage, given)
        s.types[id(stage)] = result
        given = Given(stage, result, True)
    assert given.type is not None
    return given.type


def _call(s: Checker, app: App, piped: Given | None) -> Open:
    function = app.function
    if isinstance(function, Var):
        binding = s.names.get(function.name)
        if binding is None and function.name in PRIMITIVES:
            return _call_library(s, app, function, PRIMITIVES[function.name], piped)
        callee = use(s, function, binding)
        s.types[id(function)] = callee
        return _call_function(s, app, callee, piped, binding)
    return _call_function(s, app, s.infer(function), piped, None)


def _record(s: Checker, app: App, slots: list[Given | None]) -> None:
    s.arguments[id(app)] = tuple([None if g is None else PIPED if g.is_piped else g.term for g in slots])


def _why(app: App, number: int, given: Given, name: str, called: str) -> Why:
    return ("piped", called, name) if given.is_piped else ("argument", number, called, name)


def _pass(s: Checker, given: Given, wanted: Open, why: Why) -> bool:
    if given.type is not None:
        return s.fits(given.term, given.type, wanted, why)
    return s.check(given.term, wanted, why)


# ── functions of the program ──


def _call_function(s: Checker, app: App, callee: Open, piped: Given | None, binding: Binding | None) -> Open:
    callee = find(callee)
    name = binding.name if binding is not None else "this function"
    if isinstance(callee, Hole):
        return _call_unknown(s, app, callee, piped)
    if not isinstance(callee, Fn):
        if not isinstance(callee, Broken):
            _not_a_function(s, app, callee)
        infer_all(s, app)
        return BROKEN
    is_def = binding is not None and binding.parameters is not None
    if not is_def and _has_named(s, app):
        infer_all(s, app)
        return BROKEN
    names = binding.parameters if binding is not None and binding.parameters is not None else None
    shown = names or tuple([f"argument {i}" for i in range(1, len(callee.parameters) + 1)])
    slots = place(s, app, piped, Callee(name, shown, frozenset(), _signature(name, names, callee)))
    if slots is None:
        infer_all(s, app)
        return BROKEN
    _record(s, app, slots)
    pairs = [
        (number, given, wanted) for number, (given, wanted) in enumerate(zip(slots, callee.parameters, strict=True), 1) if given
    ]
    pairs.sort(key=lambda p: isinstance(p[1].term, Lam))
    is_fine = True
    for number, given, wanted in pairs:
        why = _why(app, number, given, names[number - 1] if names else "", name)
        is_fine = _pass(s, given, wanted, why) and is_fine
    s.perform(callee.effect)
    return callee.result if is_fine else _poisoned(callee.result)


def _poisoned(result: Open) -> Open:
    """The result of a call with a mistake: what it depended on fits everywhere."""
    result = find(result)
    return BROKEN if not result.size else result


def _signature(name: str, names: tuple[str, ...] | None, callee: Fn) -> str:
    shown = [show_open(p) for p in callee.parameters]
    if names is not None:
        shown = [f"{n}: {t}" for n, t in zip(names, shown, strict=True)]
    return f"{name}({', '.join(shown)}) -> {show_open(callee.result)}"


def _call_unknown(s: Checker, app: App, callee: Hole, piped: Given | None) -> Open:
    """A call of something whose type is not known yet: it is a function of what it is given."""
    if _has_named(s, app):
        infer_all(s, app)
        return BROKEN
    given = ([piped] if piped is not None else []) + [Given(a.value) for a in app.arguments]
    parameters = tuple([g.type if g.type is not None else s.infer(g.term) for g in given])
    effect = Effects(s.level)
    result: Open = s.hole()
    function = Fn(parameters, result, effect)
    clash = fill(callee, function)
    if clash is not None:
        if clash.kind == "head":
            _not_a_function(s, app, callee)
        else:
            s.clash(app.function, callee, function, (), clash)
        return BROKEN
    _record(s, app, list(given))
    s.perform(effect)
    return result


def _has_named(s: Checker, app: App) -> bool:
    for argument in app.arguments:
        if argument.name is not None:
            s.report(
                "E0206", f"`{argument.name}` is given by name to a function value", argument.span,
                hint="only defs and library functions have named parameters; give it by place",
            )  # fmt: skip
            return True
    return False


def _not_a_function(s: Checker, app: App, callee: Open) -> None:
    hint = "only functions can be called"
    if isinstance(callee, Named) and callee.name == "List":
        text = s.source.text[app.function.span.start : app.function.span.end]
        hint = f"write get({text}, i) for the element at i; it gives an Option"
    s.report("E0204", f"{show_open(callee)} is not a function", app.function.span, given=show_open(callee), hint=hint)


# ── library functions ──


def _call_library(s: Checker, app: App, function: Var, primitive: Primitive, piped: Given | None) -> Open:
    row = row_of(primitive)
    instance = instantiate_row(row, s.level)
    s.primitives[id(function)] = primitive
    s.types[id(function)] = Fn(instance.parameters, instance.result, instance.effect)
    bind_type_argument(s, function, instance.variables.get("T"))
    callee = Callee(
        primitive.value,
        tuple([p.name for p in row.parameters]),
        frozenset([p.name for p in row.parameters if p.is_optional]),
        primitive_signature(primitive),
    )
    slots = place(s, app, piped, callee)
    if slots is None:
        infer_all(s, app)
        return _poisoned(instance.result)
    _record(s, app, slots)
    is_fine = _pass_library(s, app, primitive, row, instance, slots)
    s.perform(instance.effect)
    check_special(s, primitive, row, slots)
    if is_fine:
        return instance.result
    for hole in instance.variables.values():
        if hole.link is None:
            hole.link = BROKEN
    return _poisoned(instance.result)


def _pass_library(
    s: Checker, app: App, primitive: Primitive, row: Row, instance: RowInstance, slots: list[Given | None]
) -> bool:
    if row.joined:
        slots = _join_first(s, row, instance, slots)
    later: list[int] = []
    is_fine = True
    for index, given in enumerate(slots):
        if given is None:
            continue
        if row.parameters[index].type.is_function:
            later.append(index)
        else:
            is_fine = _pass_data(s, app, primitive, row, instance, index, given) and is_fine
    for index in later:
        given = slots[index]
        assert given is not None
        is_fine = _pass_callback(s, app, primitive, row, instance, index, given, is_fine) and is_fine
    return is_fine


def _pass_data(s: Checker, app: App, primitive: Primitive, row: Row, instance: RowInstance, index: int, given: Given) -> bool:
    name = row.parameters[index].name
    term = given.term
    if isinstance(term, Auto) and (primitive, name) in AUTO_PARAMETERS:
        s.autos[id(term)] = term.span
    why = _why(app, index + 1, given, name, primitive.value)
    if name != "or_else":
        return _pass(s, given, instance.parameters[index], why)
    effect = Effects(s.level)
    effect.pure_for.append(term.span)
    s.pinned.append(effect)
    with s.under(effect):
        return _pass(s, given, instance.parameters[index], why)


def _pass_callback(
    s: Checker, app: App, primitive: Primitive, row: Row, instance: RowInstance, index: int, given: Given, is_fine: bool
) -> bool:
    wanted = instance.parameters[index]
    term = given.term
    if not is_fine:
        _break_open_parameters(wanted)
    why = _why(app, index + 1, given, row.parameters[index].name, primitive.value)
    if isinstance(term, Var) and not given.is_piped:
        binding = s.names.get(term.name)
        if binding is not None and binding.kind == "fix":
            s.types[id(term)] = binding.type
            return s.fits(term, binding.type, wanted, why)
    if primitive in _STEPS and isinstance(term, Lam):
        before = len(s.diagnostics)
        fine = _pass(s, given, wanted, why)
        _explain_step(s, before, primitive)
        return fine
    return _pass(s, given, wanted, why)


_STEPS = frozenset({Primitive.FOLD, Primitive.SCAN, Primitive.ITERATE, Primitive.REDUCE})


def _explain_step(s: Checker, before: int, primitive: Primitive) -> None:
    """A mismatch at the result of a step says that states have one type."""
    for index in range(before, len(s.diagnostics)):
        found = s.diagnostics[index]
        if found.because is not None and found.because.startswith("what the function given as"):
            s.diagnostics[index] = replace(found, because=because(("step", primitive.value)))


def _break_open_parameters(wanted: Open) -> None:
    """After a mistake in the data, a function over that data can be right in any way."""
    wanted = find(wanted)
    if isinstance(wanted, Fn):
        for parameter in wanted.parameters:
            hole = find(parameter)
            if isinstance(hole, Hole):
                hole.link = BROKEN


def _join_first(s: Checker, row: Row, instance: RowInstance, slots: list[Given | None]) -> list[Given | None]:
    """Where one variable stands in several parameters, it is the join of what they are given."""
    known: list[Given | None] = [_known(s, given) if given is not None else None for given in slots]
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


def _known(s: Checker, given: Given) -> Given:
    return given if given.type is not None else Given(given.term, s.infer(given.term), given.is_piped)


def _parts(row_type: RowType, name: str, given: Open) -> list[Open]:
    """What is given where a variable stands in a row's type."""
    if row_type.name == name:
        return [given]
    given = find(given)
    if row_type.arguments and isinstance(given, Named) and given.name == row_type.name:
        return _parts(row_type.arguments[0], name, given.arguments[0])
    return []
