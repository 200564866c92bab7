"""The reference evaluator: what a program means, as short and plain as it can be said.

Synchronous, one rule a form, no meter, no spans, no cleverness. Texts are `str`, lists `list`, records `dict`, an Option is None
or a 1-tuple, functions are Python callables. `ask(prompt, type, sample)` answers a model call with a value of that type or
raises `Fault`. Library functions stand in `reference_library`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import FLOAT, TEXT, Type
from lambda_rlm.types.typed import Typed
from tests.differential.reference_library import LIBRARY, PARAMETERS, Fault, number, show

Environment = dict[str, Any]
Ask = Callable[[str, Type, int | None], Any]


def evaluate(typed: Typed, inputs: Environment, ask: Ask) -> Any:
    """The value of a checked program; raises `Fault`."""
    return _Reference(typed, ask).program(dict(inputs))


class _Reference:
    def __init__(self, typed: Typed, ask: Ask) -> None:
        self.typed = typed
        self.ask = ask

    def program(self, env: Environment) -> Any:
        return self.body(self.typed.program.items, self.typed.program.result, env)

    def body(self, items: tuple[t.Item, ...], result: t.Term, env: Environment) -> Any:
        env = dict(env)
        for item in items:
            if isinstance(item, t.Let):
                env[item.name] = self.eval(item.value, env)
            elif isinstance(item, t.Def):
                env[item.name] = self.function(item.params, item.body, dict(env))
        return self.eval(result, env)

    def function(self, params: tuple[t.Param, ...], body: t.Term, env: Environment) -> Callable[..., Any]:
        names = [p.name for p in params]

        def apply(*values: Any, **named: Any) -> Any:
            return self.eval(body, env | dict(zip(names, values, strict=False)) | named)

        return apply

    def eval(self, term: t.Term, env: Environment) -> Any:
        match term:
            case t.IntLit(value=value):
                return float(value) if self.typed.type_of(term) == FLOAT else value
            case t.FloatLit(value=value) | t.BoolLit(value=value) | t.TextLit(value=value):
                return value
            case t.NoneLit():
                return None
            case t.Template(parts=parts):
                return "".join([p if isinstance(p, str) else show(self.eval(p, env)) for p in parts])
            case t.Var():
                return env[term.name] if term.name in env else self.library(term)
            case t.ListLit(items=items):
                return [self.eval(item, env) for item in items]
            case t.RecordLit(fields=fields):
                return {field.name: self.eval(field.value, env) for field in fields}
            case t.Select(record=record, field=field):
                return self.eval(record, env)[field]
            case t.Lam(params=params, body=body):
                return self.function(params, body, env)
            case t.App(function=function, arguments=arguments):
                return self.apply(function, [], arguments, env)
            case t.Pipe(head=head, stages=stages):
                value = self.eval(head, env)
                for stage in stages:
                    value = self.apply(stage.function, [value], stage.arguments, env)
                return value
            case t.Infix():
                return self.infix(term, env)
            case t.Prefix(operator=operator, term=inner):
                value = self.eval(inner, env)
                return not value if operator == "not" else number(-value)
            case t.If(branches=branches, otherwise=otherwise):
                for condition, branch in branches:
                    if self.eval(condition, env):
                        return self.eval(branch, env)
                return self.eval(otherwise, env)
            case t.Match(subject=subject, arms=arms):
                return self.match(self.eval(subject, env), arms, env)
            case t.Fix():
                return self.fix(term, env, math.inf)
            case t.Block(items=items, result=result):
                return self.body(items, result, env)
        raise AssertionError(f"no rule for {term!r}")

    def apply(self, function: t.Term, first: list[Any], arguments: tuple[t.Argument, ...], env: Environment) -> Any:
        """Function first, then arguments from left to right; `llm_call`'s `or_else` is a value like any other."""
        callee = self.eval(function, env)
        places = first + [self.eval(a.value, env) for a in arguments if a.name is None]
        named = {a.name: self.eval(a.value, env) for a in arguments if a.name is not None}
        return callee(*places, **named)

    def infix(self, term: t.Infix, env: Environment) -> Any:
        if term.rest[0][0] == "??":
            options = [term.first, *[operand for _, operand in term.rest]]
            for option in options[:-1]:
                value = self.eval(option, env)
                if value is not None:
                    return value[0]
            return self.eval(options[-1], env)
        value = self.eval(term.first, env)
        for operator, operand in term.rest:
            if (operator == "and" and not value) or (operator == "or" and value):
                return value
            value = OPERATORS[operator](value, self.eval(operand, env))
        return value

    def match(self, value: Any, arms: tuple[t.Arm, ...], env: Environment) -> Any:
        for arm in arms:
            match arm.pattern:
                case t.SomePattern(name=name) if isinstance(value, tuple):
                    return self.eval(arm.body, env | ({name: value[0]} if name else {}))
                case t.NonePattern() if value is None:
                    return self.eval(arm.body, env)
                case t.LiteralPattern(literal=literal) if literal.value == value:
                    return self.eval(arm.body, env)
                case t.AnyPattern():
                    return self.eval(arm.body, env)
        raise AssertionError(f"no arm for {value!r}")

    def fix(self, term: t.Fix, env: Environment, limit: float) -> Callable[[Any], Any]:
        """The function itself, refusing an argument that is not shorter than the activation it was made in."""

        def solve(value: Any) -> Any:
            if len(value) >= limit:
                raise Fault("E0414")
            inner = self.fix(term, env, len(value))
            return self.eval(term.body, env | {term.name: inner, term.param.name: value})

        return solve

    def library(self, var: t.Var) -> Callable[..., Any]:
        primitive = Primitive(var.name)
        wanted = TEXT if var.type_argument is None else self.typed.type_written(var.type_argument)

        def call(*values: Any, **named: Any) -> Any:
            arguments = dict(zip(PARAMETERS[primitive], values, strict=False)) | named
            if primitive in MODEL_CALLS:
                return MODEL_CALLS[primitive](self.ask, wanted, **arguments)
            if primitive is Primitive.PARSE:
                return LIBRARY[primitive](arguments["text"], wanted)
            return LIBRARY[primitive](**arguments)

        return call


def _llm_call(ask: Ask, wanted: Type, prompt: str, out: int | None = None, **or_else: Any) -> Any:
    try:
        return ask(prompt, wanted, None)
    except Fault:
        if or_else:
            return or_else["or_else"]
        raise


def _llm_samples(ask: Ask, wanted: Type, prompt: str, n: int, out: int | None = None) -> list[Any]:
    return [ask(prompt, wanted, sample) for sample in range(n)]


MODEL_CALLS: dict[Primitive, Callable[..., Any]] = {Primitive.LLM_CALL: _llm_call, Primitive.LLM_SAMPLES: _llm_samples}


def _divided(a: float, b: float) -> Any:
    return number(a / b) if b else _by_zero()


def _remainder(a: Any, b: Any) -> Any:
    return number(a % b) if b else _by_zero()


def _by_zero() -> Any:
    raise Fault("E0413")


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "or": lambda a, b: a or b,
    "and": lambda a, b: a and b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "++": lambda a, b: a + b,
    "+": lambda a, b: number(a + b),
    "-": lambda a, b: number(a - b),
    "*": lambda a, b: number(a * b),
    "/": _divided,
    "%": _remainder,
}
