"""A strategy of the standard library as a program over the inputs at hand.

Owns the instantiation: a prelude in the language itself makes one text, `context`, of whatever inputs there are, and the numbers
a strategy names in its first `let`s are set. Promises program text that is parsed and checked like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lambda_rlm.plan.strategy import Route
from lambda_rlm.resources import folder
from lambda_rlm.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.pretty import pretty
from lambda_rlm.syntax.term import App, If, IntLit, Item, Let, Program, Term, Var
from lambda_rlm.types.show import show
from lambda_rlm.types.type import TEXT, Con, Type, list_of, record_of

_IN_FORM: Final = (
    'llm_call[TYPE](f"Below is the answer to a question. Give the same answer in the form asked for.\\n\\n'
    'Asked: {query}\\n\\nAnswer:\\n{answer_in_words}")'
)
_DOCUMENTS = list_of(record_of(name=TEXT, text=TEXT))


def plan(route: Route, inputs: Mapping[str, Type], returns: Type | None = None) -> str:
    """The program text for a route over inputs of these types, with an answer of the type `returns` (None: a Text)."""
    source = SourceFile(f"{route.strategy}.lam", strategy_text(route.strategy))
    program = _sized(replace(parse(source), comments=()), route.sizes)
    if returns is not None and returns != TEXT:
        program = _returning(program, returns)
    return prelude(inputs) + pretty(program)


def _returning(program: Program, returns: Type) -> Program:
    """The program with an answer of a type: its last call asks for it, or else one more call is given the answer in words."""
    source = SourceFile("answer.lam", _IN_FORM.replace("TYPE", show(returns)))
    last = parse(source).result
    assert isinstance(last, App) and isinstance(last.function, Var)
    asked, result = last.function, program.result

    def typed(term: Term) -> Term | None:
        is_call = isinstance(term, App) and isinstance(term.function, Var) and term.function == Var(term.span, "llm_call")
        return replace(term, function=asked) if isinstance(term, App) and is_call else None

    if isinstance(result, If):
        branches = [(test, typed(then)) for test, then in result.branches]
        otherwise = typed(result.otherwise)
        calls = [(test, then) for test, then in branches if then is not None]
        if otherwise is not None and len(calls) == len(branches):
            return replace(program, result=replace(result, branches=tuple(calls), otherwise=otherwise))
    in_words = Let(result.span, "answer_in_words", None, result, result.span)
    return replace(program, items=(*program.items, in_words), result=last)


def strategy_text(name: str) -> str:
    """The source of a strategy; raises `FileNotFoundError` for a name that the standard library does not have."""
    return (folder("stdlib") / f"{name}.lam").read_text(encoding="utf-8")


def prelude(inputs: Mapping[str, Type]) -> str:
    """Items that bind `context`, a Text, to all inputs but `query`; none when that is what they are."""
    others = {name: type_ for name, type_ in inputs.items() if name != "query"}
    if others == {"context": TEXT}:
        return ""
    if not others:
        return 'let context = "";\n\n'
    if len(others) == 1:
        ((name, type_),) = others.items()
        return f"let context = {_as_text(name, type_)};\n\n"
    lines = [f"let {name} = {_as_text(name, type_)};" for name, type_ in others.items() if type_ != TEXT]
    parts = "\\n\\n".join(f"# {name}\\n{{{name}}}" for name in others)
    return "\n".join([*lines, f'let context = f"{parts}";', "", ""])


def _as_text(name: str, type_: Type) -> str:
    if type_ == TEXT:
        return name
    if type_ == _DOCUMENTS:
        return f'{name} |> map(fn(document) => f"# {{document.name}}\\n{{document.text}}") |> join("\\n\\n")'
    if type_ == list_of(TEXT):
        return f'join({name}, "\\n\\n")'
    if isinstance(type_, Con) and type_.name == "List":
        return f'{name} |> map(fn(row) => to_json(row)) |> join("\\n")'
    return f"to_json({name})"


def _sized(program: Program, sizes: Mapping[str, int]) -> Program:
    """The program with the numbers of its outermost `let`s replaced, where `sizes` names them."""

    def sized(item: Item) -> Item:
        if isinstance(item, Let) and isinstance(item.value, IntLit) and item.name in sizes:
            return replace(item, value=IntLit(item.value.span, sizes[item.name]))
        return item

    return replace(program, items=tuple(sized(item) for item in program.items))
