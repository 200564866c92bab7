"""The rules for what binds names: blocks, `let`, `def`.

A binding's value is looked at one level deeper, so that what it leaves open can be told from what is open around it.
"""

from __future__ import annotations

from contextlib import ExitStack

from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.term import (
    Block,
    Def,
    Fix,
    Item,
    Lam,
    Let,
    TypeDef,
)
from lambda_rlm.types.checker import Binding, Checker
from lambda_rlm.types.codes import DEFINED_TWICE
from lambda_rlm.types.complaints import infinite_result
from lambda_rlm.types.generalize import generalize, measure
from lambda_rlm.types.infer_function import parameter
from lambda_rlm.types.mismatch import Why
from lambda_rlm.types.open_type import (
    BROKEN,
    MAX_DEPTH,
    MAX_SIZE,
    Effects,
    Fn,
    Open,
)
from lambda_rlm.types.written import define_type, open_written


def infer_block(s: Checker, term: Block) -> Open:
    with block_scope(s, term.items):
        return s.infer(term.result)


def block_scope(s: Checker, items: tuple[Item, ...]) -> ExitStack:
    """Check items in order; the scope they make lasts as long as what is returned is open."""
    stack = ExitStack()
    defined: dict[tuple[bool, str], Span] = {}
    for item in items:
        run_item(s, item, defined, stack)
    return stack


def run_item(s: Checker, item: Item, defined: dict[tuple[bool, str], Span], stack: ExitStack) -> None:
    """Check one item and bring its name into scope. A `let` may reuse a name; `def` and `type` may not."""
    is_type = isinstance(item, TypeDef)
    before = defined.get((is_type, item.name))
    if before is not None and not isinstance(item, Let):
        s.report(DEFINED_TWICE, f"`{item.name}` is defined twice", item.name_span, hint="choose another name")
    defined[is_type, item.name] = item.name_span
    if isinstance(item, TypeDef):
        old = s.abbreviations.get(item.name)
        define_type(s, item)
        if old is not None:
            stack.callback(s.abbreviations.__setitem__, item.name, old)
        else:
            stack.callback(s.abbreviations.pop, item.name, None)
        return
    binding = _let(s, item) if isinstance(item, Let) else _def(s, item)
    stack.callback(s.restore, item.name, s.names.get(item.name))
    s.names[item.name] = binding


def _let(s: Checker, item: Let) -> Binding:
    """
    Γ ⊢ e₁ : τ₁    Γ, x : gen(τ₁) ⊢ e₂ : τ₂
    ──────────────────────────────────────── (Let)
    Γ ⊢ let x = e₁; e₂ : τ₂
    """
    binding = Binding("let", item.name, BROKEN, item.name_span, owner=s.owner)
    owner, s.owner = s.owner, binding
    s.level += 1
    if item.annotation is not None:
        binding.type = open_written(s, item.annotation)
        s.check(item.value, binding.type, ("annotation", item.name))
    else:
        binding.type = s.infer(item.value)
    s.level -= 1
    s.owner = owner
    _close(s, binding, isinstance(item.value, Lam | Fix))
    return binding


def _def(s: Checker, item: Def) -> Binding:
    """A def is a let of a function whose parameters may be named in calls."""
    binding = Binding("def", item.name, BROKEN, item.name_span, (), tuple([p.name for p in item.params]), s.owner)
    owner, s.owner = s.owner, binding
    s.level += 1
    effect = Effects(s.level)
    parameters = [parameter(s, p) for p in item.params]
    with s.scope(*parameters), s.under(effect):
        if item.result is not None:
            result = open_written(s, item.result)
            s.check(item.body, result, ("def", item.name))
        else:
            result = s.infer(item.body)
    s.level -= 1
    s.owner = owner
    binding.type = Fn(tuple([p.type for p in parameters]), result, effect)
    _close(s, binding, True)
    return binding


def _close(s: Checker, binding: Binding, is_function: bool) -> None:
    """Quantify a binding's type, within the cap on its size."""
    if 0 < binding.type.size <= MAX_DEPTH:
        return
    size, depth = measure(binding.type)
    if size > MAX_SIZE or depth > MAX_DEPTH:
        infinite_result(s, binding.name, binding.span, size, depth)
        binding.type = BROKEN
        return
    binding.quantified = generalize(binding.type, s.level, is_function, s.next_id)
    s.next_id += len(binding.quantified)
    binding.weight = size


def check_block(s: Checker, term: Block, wanted: Open, why: Why) -> Open | None:
    """A block's result is where the block stands."""
    with block_scope(s, term.items):
        s.check(term.result, wanted, why)
    return wanted
