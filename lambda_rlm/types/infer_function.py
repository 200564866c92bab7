"""The rules for functions: `fn` and `fix`."""

from __future__ import annotations

from lambda_rlm.syntax.term import (
    Fix,
    Lam,
    Param,
)
from lambda_rlm.types.checker import Binding, Checker
from lambda_rlm.types.codes import FUNCTION_MISPLACED, TYPE_MISMATCH, UNSIZED_RECURSION
from lambda_rlm.types.mismatch import Why
from lambda_rlm.types.open_type import (
    SEQ,
    Effects,
    Fn,
    Open,
    find,
)
from lambda_rlm.types.show import show_open
from lambda_rlm.types.unify import demand_data, fit, restrict
from lambda_rlm.types.written import open_written


def infer_lam(s: Checker, term: Lam) -> Open:
    """
    Γ, x : τ₁ ⊢ e : τ₂ ! ε
    ──────────────────────── (Lam)
    Γ ⊢ fn(x) => e : τ₁ → τ₂ ! ε
    """
    effect = Effects(s.level)
    parameters = [parameter(s, p) for p in term.params]
    with s.scope(*parameters), s.under(effect):
        result = s.infer(term.body)
    return Fn(tuple([p.type for p in parameters]), result, effect)


def parameter(s: Checker, param: Param) -> Binding:
    """What a parameter brings into scope."""
    type_ = open_written(s, param.annotation) if param.annotation is not None else s.fresh()
    return Binding("local", param.name, type_, param.span)


def infer_fix(s: Checker, term: Fix) -> Open:
    """
    Γ, solve : σ → τ ! ε, p : σ ⊢ e : τ ! ε    σ is Text or a List, τ holds no functions
    ──────────────────────────────────────────────────────────────────────────────────── (Fix)
    Γ ⊢ fix solve(p) => e : σ → τ ! ε
    """
    effect = Effects(s.level)
    param = parameter(s, term.param)
    if restrict(param.type, SEQ):
        s.report(
            UNSIZED_RECURSION, f"the parameter `{param.name}` of `fix` must be a Text or a List, because recursion is on its length", term.param.span, given=show_open(param.type),
            hint="recurse over a Text or a List, and keep other values outside",
        )  # fmt: skip
    result: Open = s.fresh()
    function = Fn((param.type,), result, effect)
    with s.scope(Binding("fix", term.name, function, term.span), param), s.under(effect):
        s.check(term.body, result, (f"the result of `{term.name}`",))
    if demand_data(result):
        s.report(
            FUNCTION_MISPLACED, f"`{term.name}` returns a function; the result of `fix` must be data", term.body.span, given=show_open(result),
            hint="return data from the recursion, and build the function outside",
        )  # fmt: skip
    return function


def check_lam(s: Checker, term: Lam, wanted: Open, why: Why) -> Open | None:
    """Push the parameter types that a place gives into a function written there."""
    function = find(wanted)
    if not isinstance(function, Fn) or len(function.parameters) != len(term.params):
        return None
    parameters = []
    for param, given in zip(term.params, function.parameters, strict=True):
        binding = Binding("local", param.name, given, param.span)
        if param.annotation is not None:
            binding.type = open_written(s, param.annotation)
            _annotated(s, param, given, binding.type)
        parameters.append(binding)
    with s.scope(*parameters), s.under(function.effect):
        s.check(term.body, function.result, ("result", *why[2:]) if len(why) == 4 and why[0] == "argument" else why)
    return Fn(tuple([p.type for p in parameters]), function.result, function.effect)


def _annotated(s: Checker, param: Param, given: Open, written: Open) -> None:
    clash = fit(given, written)
    if clash is not None and param.annotation is not None:
        s.report(
            TYPE_MISMATCH, f"`{param.name}` is annotated as {show_open(written)}, but receives {show_open(given)}", param.annotation.span,
            expected=show_open(given), given=show_open(written), hint="remove the type annotation, or correct it",
        )  # fmt: skip
