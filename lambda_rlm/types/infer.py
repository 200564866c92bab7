"""Type inference: a program and the types of its inputs to a `Typed`, or all its type errors at once.

Owns `infer`, the assembly of the rules, and what is decided once all terms were seen: effects that must be pure, how many
instances there are, the program's own type. Promises `Typed` or `Rejected` for every program that the parser gives, in bounded
time and memory. Refuses to know sizes, prices or values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected, Severity
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax import term as t
from lambda_rlm.types.checker import Binding, Checker, TooMuchWork
from lambda_rlm.types.codes import FUNCTION_MISPLACED, MISPLACED_AUTO, NEEDLESS_OR_ELSE, TYPE_TOO_LARGE
from lambda_rlm.types.effects import find_effect
from lambda_rlm.types.finish import Finisher, thaw
from lambda_rlm.types.generalize import inside, measure
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.infer_bindings import block_scope, check_block, infer_block
from lambda_rlm.types.infer_call import infer_app, infer_pipe
from lambda_rlm.types.infer_function import check_lam, infer_fix, infer_lam
from lambda_rlm.types.infer_match import check_match, infer_match
from lambda_rlm.types.infer_name import infer_var
from lambda_rlm.types.infer_operator import check_if, infer_if, infer_infix, infer_prefix
from lambda_rlm.types.infer_term import (
    check_int,
    check_list,
    check_record,
    check_text,
    infer_auto,
    infer_bool,
    infer_float,
    infer_int,
    infer_list,
    infer_none,
    infer_record,
    infer_select,
    infer_template,
    infer_text,
)
from lambda_rlm.types.instances import count_instances
from lambda_rlm.types.open_type import BROKEN, MAX_DEPTH, MAX_SIZE, T_TEXT, Open, OpenNamed, TypeVariable, find
from lambda_rlm.types.show import show_open
from lambda_rlm.types.type import TEXT, Con, Effect, Enum, Record, Type, Variable
from lambda_rlm.types.typed import Substitution, Typed
from lambda_rlm.types.unify import demand_data

MAX_AUTOS = 6
NONE: Mapping[str, HostFunction] = MappingProxyType({})

_RULES = {
    t.IntLit: infer_int,
    t.FloatLit: infer_float,
    t.BoolLit: infer_bool,
    t.TextLit: infer_text,
    t.NoneLit: infer_none,
    t.Auto: infer_auto,
    t.Template: infer_template,
    t.Var: infer_var,
    t.ListLit: infer_list,
    t.RecordLit: infer_record,
    t.Select: infer_select,
    t.Lam: infer_lam,
    t.App: infer_app,
    t.Pipe: infer_pipe,
    t.Infix: infer_infix,
    t.Prefix: infer_prefix,
    t.If: infer_if,
    t.Match: infer_match,
    t.Fix: infer_fix,
    t.Block: infer_block,
}
_CHECK_RULES = {
    t.IntLit: check_int,
    t.TextLit: check_text,
    t.ListLit: check_list,
    t.RecordLit: check_record,
    t.Lam: check_lam,
    t.If: check_if,
    t.Match: check_match,
    t.Block: check_block,
}


def infer(program: t.Program, inputs: Mapping[str, Type], functions: Mapping[str, HostFunction] = NONE) -> Typed:
    """
    The program with its types and effects, under the types of its inputs (`query: Text` is among them in any case) and those of
    the functions that the host adds.

    Raises `Rejected` with every type error, sorted by place.
    """
    known = {"query": TEXT, **inputs}
    s = _checker(program, {name: thaw(type_) for name, type_ in known.items()}, functions)
    result = _whole(s, program)
    errors = [d for d in s.diagnostics if d.severity is Severity.ERROR]
    if errors:
        raise Rejected(program.source, _distinct(s.diagnostics))
    return replace(_typed(s, program, known, result), functions=functions)


def used_as(
    program: t.Program,
    inputs: Mapping[str, Type],
    unknown: Mapping[str, bool],
    functions: Mapping[str, HostFunction] = NONE,
) -> dict[str, Type]:
    """The types that a program uses some inputs with, of which is known only whether they are lists; without those whose use
    tells nothing. Records have the fields that the program names, and what may be anything is Text. Whether the program fits
    these types is for `infer` to say."""
    open_types: dict[str, Open] = {
        name: OpenNamed("List", (TypeVariable(0),)) if is_list else TypeVariable(0) for name, is_list in unknown.items()
    }
    known = {"query": TEXT, **inputs}
    s = _checker(program, {**{name: thaw(type_) for name, type_ in known.items()}, **open_types}, functions)
    _whole(s, program)
    freeze = Finisher(s.next_id).freeze
    found = {name: _closed(freeze(node)) for name, node in open_types.items() if not demand_data(node)}
    return {name: type_ for name, type_ in found.items() if type_ is not None}


def _closed(type_: Type) -> Type | None:
    """A type with Text for what is open in it; None where something in it is unknown because of a mistake."""
    match type_:
        case Variable():
            return TEXT
        case Con(name, arguments):
            inner = [_closed(argument) for argument in arguments]
            return None if None in inner else Con(name, tuple(inner))  # type: ignore[arg-type]
        case Record(fields):
            closed = [(name, _closed(field)) for name, field in fields]
            return None if any(field is None for _, field in closed) else Record(tuple(closed), type_.order)  # type: ignore[arg-type]
        case Enum():
            return type_
        case _:
            return None


def _checker(program: t.Program, inputs: Mapping[str, Open], functions: Mapping[str, HostFunction]) -> Checker:
    s = Checker(program.source, _RULES, _CHECK_RULES)  # type: ignore[arg-type]
    for name, type_ in inputs.items():
        s.names[name] = Binding("input", name, type_, Span(0, 0))
    for function in functions.values():
        opened = partial(function.opened, thaw)
        s.names[function.name] = Binding(
            "host", function.name, opened(0), Span(0, 0), parameters=function.parameters, opened=opened
        )
    return s


def _whole(s: Checker, program: t.Program) -> Open:
    try:
        block_scope(s, program.items)
        result = s.infer(program.result)
        _after(s)
        return _answer(s, program, result)
    except TooMuchWork:
        return BROKEN


def _answer(s: Checker, program: t.Program, result: Open) -> Open:
    """The type of the answer: data, within the caps, nothing left open."""
    if demand_data(result):
        s.report(
            FUNCTION_MISPLACED, "the answer of a program cannot contain functions", program.result.span, given=show_open(result),
            hint="call the function with its arguments",
        )  # fmt: skip
    size, depth = measure(result)
    if size > MAX_SIZE or depth > MAX_DEPTH:
        s.report(TYPE_TOO_LARGE, "the type of the answer is too large", program.result.span, hint="return a smaller record")
    _close_answer(result)
    return result


def _close_answer(result: Open) -> None:
    """The answer's type is ground: what is left open in it holds no value, and is Text."""
    stack: list[Open] = [result]
    while stack:
        node = find(stack.pop())
        if node.size:
            continue
        if isinstance(node, TypeVariable):
            if not node.is_constrained or (node.heads & T_TEXT.bit and not node.is_weak and node.fields is None):
                node.link = T_TEXT
            else:
                stack.extend(inside(node))
        else:
            stack.extend(inside(node))


def _after(s: Checker) -> None:
    """What is decided once all terms were seen."""
    reported: set[Span] = set()
    for effect in s.pinned:
        effect = find_effect(effect)
        for span in effect.pure_for if effect.is_llm else ():
            if isinstance(span, Span) and span not in reported:
                reported.add(span)
                s.report(
                    NEEDLESS_OR_ELSE,
                    "`or_else` must not ask a model",
                    span,
                    hint='use a plain value, such as none or ""',
                )
    for number, span in enumerate(s.autos.values(), 1):
        if number > MAX_AUTOS:
            s.report(MISPLACED_AUTO, f"a program has at most {MAX_AUTOS} `auto`", span, hint="write a number here")
            break


def _distinct(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    return list({(d.code, d.primary): d for d in reversed(diagnostics)}.values())


def _typed(s: Checker, program: t.Program, inputs: Mapping[str, Type], result: Open) -> Typed:
    finisher = Finisher(s.next_id)
    freeze = finisher.freeze
    answer = freeze(result)
    types = {key: freeze(node) for key, node in s.types.items()}
    instances: dict[int, Substitution] = {key: finisher.substitution(m) for key, m in s.instances.items()}
    too_many = count_instances(s.uses, finisher)
    if too_many is not None:
        raise Rejected(program.source, [*s.diagnostics, too_many])
    effect = Effect.LLM if find_effect(s.effect).is_llm else Effect.PURE
    written = {key: freeze(node) for key, node in s.written.items()}
    warnings = tuple(sorted(s.diagnostics, key=lambda d: (d.primary, d.code)))
    return Typed(program, inputs, answer, effect, warnings, types, s.primitives, instances, s.arguments, written)
