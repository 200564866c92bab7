"""The rules for calls and pipes; those of library functions are in `infer_library`."""

from __future__ import annotations

from lambda_rlm.syntax.term import App, Lam, Pipe, Var
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
from lambda_rlm.types.checker import PRIMITIVES, Binding, Checker
from lambda_rlm.types.codes import NOT_A_FUNCTION, WRONG_KEYWORD_ARGUMENT
from lambda_rlm.types.infer_library import infer_library
from lambda_rlm.types.infer_name import use
from lambda_rlm.types.open_type import BROKEN, Broken, Effects, Fn, Open, OpenNamed, TypeVariable, find
from lambda_rlm.types.show import show_open
from lambda_rlm.types.unify import bind


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
    piped = GivenArgument(term.head, s.infer(term.head), True)
    for stage in term.stages:
        result = _call(s, stage, piped)
        s.types[id(stage)] = result
        piped = GivenArgument(stage, result, True)
    assert piped.type is not None
    return piped.type


def _call(s: Checker, app: App, piped: GivenArgument | None) -> Open:
    function = app.function
    if isinstance(function, Var):
        binding = s.names.get(function.name)
        if binding is None and function.name in PRIMITIVES:
            return infer_library(s, app, function, PRIMITIVES[function.name], piped)
        callee = use(s, function, binding)
        s.types[id(function)] = callee
        return _call_function(s, app, callee, piped, binding)
    return _call_function(s, app, s.infer(function), piped, None)


# ── functions of the program ──


def _call_function(s: Checker, app: App, callee: Open, piped: GivenArgument | None, binding: Binding | None) -> Open:
    callee = find(callee)
    name = binding.name if binding is not None else "this function"
    if isinstance(callee, TypeVariable):
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
    record_arguments(s, app, slots)
    pairs = [
        (number, given, wanted) for number, (given, wanted) in enumerate(zip(slots, callee.parameters, strict=True), 1) if given
    ]
    pairs.sort(key=lambda p: isinstance(p[1].term, Lam))
    is_fine = True
    for number, given, wanted in pairs:
        why = why_of(number, given, names[number - 1] if names else "", name)
        is_fine = pass_argument(s, given, wanted, why) and is_fine
    s.perform(callee.effect)
    return callee.result if is_fine else poisoned(callee.result)


def _signature(name: str, names: tuple[str, ...] | None, callee: Fn) -> str:
    shown = [show_open(p) for p in callee.parameters]
    if names is not None:
        shown = [f"{n}: {t}" for n, t in zip(names, shown, strict=True)]
    return f"{name}({', '.join(shown)}) -> {show_open(callee.result)}"


def _call_unknown(s: Checker, app: App, callee: TypeVariable, piped: GivenArgument | None) -> Open:
    """A call of something whose type is not known yet: it is a function of what it is given."""
    if _has_named(s, app):
        infer_all(s, app)
        return BROKEN
    passed = ([piped] if piped is not None else []) + [GivenArgument(a.value) for a in app.arguments]
    parameters = tuple([g.type if g.type is not None else s.infer(g.term) for g in passed])
    effect = Effects(s.level)
    result: Open = s.fresh()
    function = Fn(parameters, result, effect)
    clash = bind(callee, function)
    if clash is not None:
        if clash.kind == "head":
            _not_a_function(s, app, callee)
        else:
            s.clash(app.function, callee, function, (), clash)
        return BROKEN
    record_arguments(s, app, list(passed))
    s.perform(effect)
    return result


def _has_named(s: Checker, app: App) -> bool:
    for argument in app.arguments:
        if argument.name is not None:
            s.report(
                WRONG_KEYWORD_ARGUMENT, f"keyword argument `{argument.name}` passed to a function value", argument.span,
                hint="only defs and library functions accept keyword arguments; pass it by position",
            )  # fmt: skip
            return True
    return False


def _not_a_function(s: Checker, app: App, callee: Open) -> None:
    hint = "only functions can be called"
    if isinstance(callee, OpenNamed) and callee.name == "List":
        text = s.source.text[app.function.span.start : app.function.span.end]
        hint = f"to index, write get({text}, i), which gives an Option"
    s.report(NOT_A_FUNCTION, f"{show_open(callee)} is not a function", app.function.span, given=show_open(callee), hint=hint)
