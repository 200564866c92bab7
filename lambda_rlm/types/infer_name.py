"""The rule for names: bindings and their instances, library functions as values, type arguments."""

from __future__ import annotations

from lambda_rlm.syntax.term import (
    Var,
)
from lambda_rlm.types.checker import PRIMITIVES, Binding, Checker, Use
from lambda_rlm.types.codes import FIX_NOT_CALLED, MAX_NOT_LITERAL, MISPLACED_TYPE_ARGUMENT
from lambda_rlm.types.complaints import unknown_name
from lambda_rlm.types.generalize import instantiate
from lambda_rlm.types.open_type import (
    BROKEN,
    T_TEXT,
    Effects,
    Fn,
    Open,
    TypeVariable,
    find,
)
from lambda_rlm.types.rows import instantiate_row, row_of
from lambda_rlm.types.show import show_open
from lambda_rlm.types.unify import bind, demand_data
from lambda_rlm.types.written import open_written


def infer_var(s: Checker, term: Var) -> Open:
    """
    x : ∀α. τ ∈ Γ
    ───────────── (Var)
    Γ ⊢ x : τ[α := fresh]
    """
    binding = s.names.get(term.name)
    if binding is not None and binding.kind == "fix":
        s.report(
            FIX_NOT_CALLED,
            f"`{term.name}` can only be called, or passed to a library function",
            term.span,
            hint=f"write {term.name}(…) or map(parts, {term.name})",
        )
        return BROKEN
    return use(s, term, binding)


def use(s: Checker, term: Var, binding: Binding | None) -> Open:
    """The type of a name at one of its uses."""
    if binding is None:
        primitive = PRIMITIVES.get(term.name)
        if primitive is None:
            return unknown_name(s, term)
        return _library_value(s, term)
    if term.type_argument is not None:
        misplaced_type_argument(s, term)
    if binding.opened is not None:
        return binding.opened(s.level)
    if not binding.quantified:
        return binding.type
    s.charge(binding.weight, term.span)
    copied, mapping = instantiate(binding.type, binding.quantified, s.level)
    s.instances[id(term)] = mapping
    s.uses.append(Use(s.owner, binding, mapping, term.span))
    s.pinned.extend(e for e in mapping.values() if isinstance(e, Effects) and e.pure_for)
    return copied


def _library_value(s: Checker, term: Var) -> Open:
    """A library function as a value: its required parameters only."""
    primitive = PRIMITIVES[term.name]
    row = row_of(primitive)
    s.primitives[id(term)] = primitive
    if term.name == "iterate":
        s.report(
            MAX_NOT_LITERAL,
            "`iterate` can only be called, with a literal `max`",
            term.span,
            hint="write fn(x) => iterate(x, 10, step, until)",
        )
        return BROKEN
    instance = instantiate_row(row, s.level)
    bind_type_argument(s, term, instance.variables.get("T"))
    required = tuple([t for t, p in zip(instance.parameters, row.parameters, strict=True) if not p.is_optional])
    return Fn(required, instance.result, instance.effect)


def bind_type_argument(s: Checker, term: Var, variable: TypeVariable | None) -> None:
    """T of `llm_call[T]`: what is written, else Text; no functions inside."""
    if variable is None:
        if term.type_argument is not None:
            misplaced_type_argument(s, term)
        return
    if term.type_argument is None:
        bind(variable, T_TEXT)
        return
    written = open_written(s, term.type_argument)
    if demand_data(written):
        s.report(
            MISPLACED_TYPE_ARGUMENT,
            "T cannot contain a function",
            term.type_argument.span,
            given=show_open(written),
            hint="a model returns data",
        )
        written = BROKEN
    bind(variable, written)


def misplaced_type_argument(s: Checker, term: Var) -> None:
    """`f[T]` where f takes no type."""
    hint = f"write {term.name}(…): only parse, llm_call, llm_samples, llm_map and llm_map_by take a type argument"
    binding = s.names.get(term.name)
    if binding is not None and not isinstance(find(binding.type), Fn):
        hint = f"to index, write get({term.name}, i), which gives an Option"
    s.report(MISPLACED_TYPE_ARGUMENT, f"`{term.name}` takes no type argument", term.span, hint=hint)
