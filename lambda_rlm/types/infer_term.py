"""The rules for literals, names, data, functions and bindings.

Each function is one judgement Γ ⊢ term : type, with Γ in the checker. A literal's type is a hole with its label or with Int and
Float as heads, so that its neighbors decide.
"""

from __future__ import annotations

from contextlib import ExitStack

from lambda_rlm.source import Span
from lambda_rlm.syntax.term import (
    Auto,
    Block,
    BoolLit,
    Def,
    Fix,
    FloatLit,
    IntLit,
    Item,
    Lam,
    Let,
    ListLit,
    NoneLit,
    Param,
    RecordLit,
    Select,
    Template,
    Term,
    TextLit,
    TypeDef,
    Var,
)
from lambda_rlm.types.checker import PRIMITIVES, Binding, Checker, Use
from lambda_rlm.types.complaints import infinite_result, no_field, not_shown, unknown_name
from lambda_rlm.types.generalize import generalize, instantiate, measure
from lambda_rlm.types.joins import join
from lambda_rlm.types.mismatch import Why
from lambda_rlm.types.open_type import (
    BROKEN,
    FUNCTION,
    LITERAL,
    MAX_DEPTH,
    MAX_SIZE,
    NUM,
    SEQ,
    SHOW,
    T_BOOL,
    T_FLOAT,
    T_INT,
    T_TEXT,
    Broken,
    Effects,
    Fn,
    Hole,
    Labels,
    Named,
    Open,
    Rec,
    find,
    list_of,
    option_of,
)
from lambda_rlm.types.rows import instantiate_row, row_of
from lambda_rlm.types.show import show_open
from lambda_rlm.types.unify import Clash, demand_data, demand_field, fill, fit, restrict
from lambda_rlm.types.written import define_type, open_written


def infer_int(s: Checker, term: IntLit) -> Open:
    hole = Hole(s.level, NUM)
    hole.is_weak = True
    return hole


def infer_text(s: Checker, term: TextLit) -> Open:
    hole = Hole(s.level, LITERAL)
    hole.labels = frozenset((term.value,))
    return hole


def infer_float(s: Checker, term: FloatLit) -> Open:
    return T_FLOAT


def infer_bool(s: Checker, term: BoolLit) -> Open:
    return T_BOOL


def infer_none(s: Checker, term: NoneLit) -> Open:
    return option_of(s.hole())


def infer_auto(s: Checker, term: Auto) -> Open:
    if id(term) not in s.autos:
        s.report(
            "E0216",
            "`auto` cannot be here",
            term.span,
            hint="auto stands directly as the size or count of chunk, windows, pack, batch, split, tree_fold or per_call, or in length(x) <= auto",
        )
    return T_INT


def infer_template(s: Checker, term: Template) -> Open:
    for part in term.parts:
        if not isinstance(part, str):
            shown = s.infer(part)
            if restrict(shown, SHOW):
                not_shown(s, part, shown)
    return T_TEXT


def infer_var(s: Checker, term: Var) -> Open:
    """
    x : ∀α. τ ∈ Γ
    ───────────── (Var)
    Γ ⊢ x : τ[α := fresh]
    """
    binding = s.names.get(term.name)
    if binding is not None and binding.kind == "fix":
        s.report(
            "E0220",
            f"`{term.name}` can only be called, or given to a library function",
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
            "E0218",
            "`iterate` can only be called, with a literal `max`",
            term.span,
            hint="write fn(x) => iterate(x, 10, step, until)",
        )
        return BROKEN
    instance = instantiate_row(row, s.level)
    bind_type_argument(s, term, instance.variables.get("T"))
    required = tuple([t for t, p in zip(instance.parameters, row.parameters, strict=True) if not p.is_optional])
    return Fn(required, instance.result, instance.effect)


def bind_type_argument(s: Checker, term: Var, hole: Hole | None) -> None:
    """T of `llm_call[T]`: what is written, else Text; no functions inside."""
    if hole is None:
        if term.type_argument is not None:
            misplaced_type_argument(s, term)
        return
    if term.type_argument is None:
        fill(hole, T_TEXT)
        return
    written = open_written(s, term.type_argument)
    if demand_data(written):
        s.report(
            "E0215",
            "T cannot hold a function",
            term.type_argument.span,
            given=show_open(written),
            hint="a model answers with data",
        )
        written = BROKEN
    fill(hole, written)


def misplaced_type_argument(s: Checker, term: Var) -> None:
    """`f[T]` where f takes no type."""
    hint = f"write {term.name}(…); only parse, llm_call, llm_samples, llm_map and llm_map_by take a type in brackets"
    if term.name in s.names:
        hint += f", and get({term.name}, i) reads an element of a list"
    s.report("E0215", f"`{term.name}` takes no type argument", term.span, hint=hint)
    if term.type_argument is not None:
        open_written(s, term.type_argument)


def infer_list(s: Checker, term: ListLit) -> Open:
    """
    Γ ⊢ eᵢ : τᵢ    τ = ⊔ τᵢ
    ──────────────────────── (List)
    Γ ⊢ [e₁, …, eₙ] : List[τ]
    """
    if not term.items:
        return list_of(s.hole())
    element = s.infer(term.items[0])
    for number, item in enumerate(term.items[1:], 2):
        element = meet(s, item, element, s.infer(item), ("element", number))
    return list_of(element)


def meet(s: Checker, term: Term, before: Open, given: Open, why: Why) -> Open:
    """Join the type of a further branch or element with that of those before it."""
    joined = join(before, given)
    if isinstance(joined, Clash):
        s.clash(term, given, before, why, joined)
        return before
    return joined


def infer_record(s: Checker, term: RecordLit) -> Open:
    return Rec({field.name: s.infer(field.value) for field in term.fields})


def infer_select(s: Checker, term: Select) -> Open:
    """
    Γ ⊢ r : { f: τ, … }
    ─────────────────── (Select)
    Γ ⊢ r.f : τ
    """
    record = find(s.infer(term.record))
    if isinstance(record, Rec):
        field = record.fields.get(term.field)
        return field if field is not None else no_field(s, term, record)
    if isinstance(record, Hole):
        field = s.hole()
        clash = demand_field(record, term.field, field)
        if clash is None:
            return field
    if isinstance(record, Broken):
        return BROKEN
    return no_field(s, term, record)


def infer_lam(s: Checker, term: Lam) -> Open:
    """
    Γ, x : τ₁ ⊢ e : τ₂ ! ε
    ──────────────────────── (Lam)
    Γ ⊢ fn(x) => e : τ₁ → τ₂ ! ε
    """
    effect = Effects(s.level)
    parameters = [_parameter(s, p) for p in term.params]
    with s.scope(*parameters), s.under(effect):
        result = s.infer(term.body)
    return Fn(tuple([p.type for p in parameters]), result, effect)


def _parameter(s: Checker, param: Param) -> Binding:
    type_ = open_written(s, param.annotation) if param.annotation is not None else s.hole()
    return Binding("local", param.name, type_, param.span)


def infer_fix(s: Checker, term: Fix) -> Open:
    """
    Γ, solve : σ → τ ! ε, p : σ ⊢ e : τ ! ε    σ is Text or a List, τ holds no functions
    ──────────────────────────────────────────────────────────────────────────────────── (Fix)
    Γ ⊢ fix solve(p) => e : σ → τ ! ε
    """
    effect = Effects(s.level)
    param = _parameter(s, term.param)
    if restrict(param.type, SEQ):
        s.report(
            "E0226", f"`{param.name}` must be a Text or a List: its length is what falls", term.param.span, given=show_open(param.type),
            hint="recurse over a text or a list, and keep the rest outside",
        )  # fmt: skip
    result: Open = s.hole()
    function = Fn((param.type,), result, effect)
    with s.scope(Binding("fix", term.name, function, term.span), param), s.under(effect):
        s.check(term.body, result, (f"the result of `{term.name}`",))
    if demand_data(result):
        s.report("E0214", f"`{term.name}` gives a function; the result of fix is data", term.body.span, given=show_open(result))
    return function


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
        s.report("E0212", f"`{item.name}` is defined twice", item.name_span, hint="choose another name")
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
    parameters = [_parameter(s, p) for p in item.params]
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
    if binding.type.size and binding.type.size <= MAX_SIZE:
        return
    size, depth = measure(binding.type)
    if size > MAX_SIZE or depth > MAX_DEPTH:
        infinite_result(s, binding.name, binding.span, size, depth)
        binding.type = BROKEN
        return
    binding.quantified = generalize(binding.type, s.level, is_function, s.next_id)
    s.next_id += len(binding.quantified)
    binding.weight = size


def check_lam(s: Checker, term: Lam, wanted: Open, why: Why) -> Open | None:
    """Push the parameter types that a place gives into a function written there."""
    function = find(wanted)
    if not isinstance(function, Fn) or len(function.parameters) != len(term.params):
        return None
    parameters = []
    for number, (param, given) in enumerate(zip(term.params, function.parameters, strict=True), 1):
        binding = Binding("local", param.name, given, param.span)
        if param.annotation is not None:
            binding.type = open_written(s, param.annotation)
            _annotated(s, param, given, binding.type, number)
        parameters.append(binding)
    with s.scope(*parameters), s.under(function.effect):
        s.check(term.body, function.result, ("result", *why[2:]) if len(why) == 4 and why[0] == "argument" else why)
    return Fn(tuple([p.type for p in parameters]), function.result, function.effect)


def _annotated(s: Checker, param: Param, given: Open, written: Open, number: int) -> None:
    clash = fit(given, written)
    if clash is not None and param.annotation is not None:
        s.report(
            "E0201", f"`{param.name}` is given {show_open(given)}, and written as {show_open(written)}", param.annotation.span,
            expected=show_open(given), given=show_open(written), hint="leave the type out, or write the one that is given",
        )  # fmt: skip


def check_text(s: Checker, term: TextLit, wanted: Open, why: Why) -> Open | None:
    """A literal where Text or an enumeration is wanted."""
    wanted = find(wanted)
    if wanted is T_TEXT:
        return T_TEXT
    if isinstance(wanted, Labels) and term.value in wanted.labels:
        return wanted
    return None


def check_int(s: Checker, term: IntLit, wanted: Open, why: Why) -> Open | None:
    """An Int literal where Int or Float is wanted."""
    wanted = find(wanted)
    return wanted if wanted is T_INT or wanted is T_FLOAT else None


def check_list(s: Checker, term: ListLit, wanted: Open, why: Why) -> Open | None:
    """A list where the type of the elements is known."""
    wanted = find(wanted)
    if not isinstance(wanted, Named) or wanted.name != "List" or not (wanted.size or _is_function(wanted.arguments[0])):
        return None
    for number, item in enumerate(term.items, 1):
        s.check(item, wanted.arguments[0], ("element", number))
    return wanted


def _is_function(node: Open) -> bool:
    node = find(node)
    return not isinstance(node, Hole) and node.bit == FUNCTION


def check_record(s: Checker, term: RecordLit, wanted: Open, why: Why) -> Open | None:
    """A record where its fields are known: each is checked in its place."""
    wanted = find(wanted)
    if not isinstance(wanted, Rec) or wanted.fields.keys() != {f.name for f in term.fields}:
        return None
    for field in term.fields:
        s.check(field.value, wanted.fields[field.name], ("field", field.name))
    return wanted


def check_block(s: Checker, term: Block, wanted: Open, why: Why) -> Open | None:
    """A block's result stands where the block stands."""
    with block_scope(s, term.items):
        s.check(term.result, wanted, why)
    return wanted
