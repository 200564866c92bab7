"""A program and its inputs to one closure: the table of the rules, and the compilation of a whole program.

Owns `compile_program`, and `compiler_of` for terms apart from their program. Promises: types decide everything here, once; a
polymorphic binding is compiled once for each ground instance that is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lambda_rlm.bounds.admit import Admitted
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.compile.compiled import Compiled, Frame, charged, constant
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.rules.bindings import bind_block, compile_block
from lambda_rlm.eval.compile.rules.calls import compile_app, compile_pipe
from lambda_rlm.eval.compile.rules.choices import compile_if, compile_match
from lambda_rlm.eval.compile.rules.data import (
    compile_auto,
    compile_constant,
    compile_int,
    compile_list,
    compile_none,
    compile_record,
    compile_select,
    compile_template,
    compile_text,
)
from lambda_rlm.eval.compile.rules.functions import compile_lam
from lambda_rlm.eval.compile.rules.names import compile_var
from lambda_rlm.eval.compile.rules.operators import compile_infix, compile_prefix
from lambda_rlm.eval.compile.rules.recursion import compile_fix
from lambda_rlm.eval.compile.scope import Binding, Hosted, Local
from lambda_rlm.eval.compile.stack import ASYNC_FRAMES, FRAMES, Stack
from lambda_rlm.eval.provenance.cuts import Cuts
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax import term as t
from lambda_rlm.types.typed import EMPTY, Typed

RULES = {
    t.IntLit: compile_int,
    t.FloatLit: compile_constant,
    t.BoolLit: compile_constant,
    t.TextLit: compile_text,
    t.NoneLit: compile_none,
    t.Auto: compile_auto,
    t.Template: compile_template,
    t.Var: compile_var,
    t.ListLit: compile_list,
    t.RecordLit: compile_record,
    t.Select: compile_select,
    t.Lam: compile_lam,
    t.App: compile_app,
    t.Pipe: compile_pipe,
    t.Infix: compile_infix,
    t.Prefix: compile_prefix,
    t.If: compile_if,
    t.Match: compile_match,
    t.Fix: compile_fix,
    t.Block: compile_block,
}
"""The rule for each form of the language."""

_NOTHING: Mapping[int, Value] = MappingProxyType({})


def compiler_of(
    typed: Typed,
    autos: Mapping[int, int],
    meter: Meter,
    stack: Stack,
    asker: Asker | None = None,
    kept: Mapping[int, Value] | None = None,
    cuts: Cuts | None = None,
) -> Compiler:
    """A compiler of the terms of a program, with all rules. `kept` has the values of terms that are known, by the term's
    identity."""
    return Compiler(RULES, typed, autos, meter, stack, asker, kept or _NOTHING, cuts)  # type: ignore[arg-type]


def compile_program(
    admitted: Admitted,
    inputs: Mapping[str, Value],
    meter: Meter,
    asker: Asker | None,
    kept: Mapping[int, Value] | None = None,
) -> tuple[Compiled, Frame, Stack]:
    """The code of a program, an empty frame for it, and the stack that it counts its calls on."""
    typed = admitted.typed
    stack = Stack(meter, FRAMES if asker is None else FRAMES - ASYNC_FRAMES, has_room=asker is None)
    c = compiler_of(typed, admitted.autos, meter, stack, asker, kept, None if asker is None else asker.coverage.cuts)
    scope: dict[str, Binding] = {name: Hosted(function) for name, function in typed.functions.items()}
    scope |= {name: Local(constant(inputs[name])) for name in typed.inputs}
    code = bind_block(c, typed.program.items, typed.program.result, scope, EMPTY)
    return charged(code, meter), c.slots.frame(), stack
