"""A strategy of the standard library as a program over the inputs at hand.

Owns the instantiation: the numbers a strategy names in its first `let`s are set, and so are `documents`, `records`
and `items` where the inputs have them; a prelude makes one text, `context`, of whatever inputs there are for the
rest. Promises program text that is parsed and checked like any other, and remembers the last ones. Owns the direct call that
may say that the text does not answer, too.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import field, replace
from functools import lru_cache
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.plan import given
from lambda_rlm.plan.given import FORMS, NO_NAMES, AskedBefore
from lambda_rlm.plan.router import Route
from lambda_rlm.resources import folder
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.literals import escaped_piece
from lambda_rlm.syntax.parse import parsed
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.syntax.term import App, If, IntLit, Item, Let, NamedType, Node, Pipe, Program, Template, Term, Var
from lambda_rlm.types.inferred import exactly
from lambda_rlm.types.show import show
from lambda_rlm.types.type import BOOL, TEXT, Con, Enum, Type, option_of

_IN_FORM: Final = (
    'llm_call[TYPE](f"Below is the answer to a question. Give the same answer in the form asked for.\\n\\n'
    'Asked: {query}\\n\\nAnswer:\\n{answer_in_words}")'
)

PLANS_KEPT: Final = 32
"""Texts of plans that are remembered."""


def numbers(route: Route) -> dict[str, int]:
    """The numbers that the file of a route's strategy names in its outermost `let`s."""
    items = parsed(_source(route)).items
    return {one.name: one.value.value for one in items if isinstance(one, Let) and isinstance(one.value, IntLit)}


def plan(
    route: Route,
    inputs: Mapping[str, Type],
    returns: Type | None = None,
    before: AskedBefore | None = None,
    guide: str = "",
    called: Mapping[str, str] = NO_NAMES,
) -> str:
    """The program text for a route over inputs of these types, some of which are `called` otherwise by the user, with an answer
    of the type `returns` (None: that of the strategy, which is a Text for each of the standard library). `before` is what was
    asked before, None for nothing; `guide` is what the call that gives the answer is told of its parts."""
    own = None if route.own is None else (route.own.source, exactly(route.own.type), route.own.forms)
    types = tuple([(name, exactly(type_)) for name, type_ in inputs.items()])
    earlier = None if before is None else (before.questions, before.answer and (before.answer[0], exactly(before.answer[1])))
    form = None if returns is None else exactly(returns)
    sizes = tuple(sorted(route.sizes.items()))
    key = (route.strategy, sizes, own, types, form, earlier, guide, tuple(called.items()))
    return _planned(_Asked(key, route, inputs, returns, before, guide, called))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a plan is wanted for; the key stands for the rest."""

    key: Hashable
    route: Route = field(compare=False)
    inputs: Mapping[str, Type] = field(compare=False)
    returns: Type | None = field(compare=False)
    before: AskedBefore | None = field(compare=False)
    guide: str = field(compare=False)
    called: Mapping[str, str] = field(compare=False)


@lru_cache(maxsize=PLANS_KEPT)
def _planned(asked: _Asked) -> str:
    route, returns, guide = asked.route, asked.returns, asked.guide
    own_type: Type = TEXT if route.own is None else route.own.type
    program = _sized(replace(parsed(_source(route)), comments=()), route.sizes)
    if returns is not None and (returns != own_type or guide):
        program = _returning(program, returns, guide)
    prelude, program = _given(program, asked.inputs, FORMS.keys() if route.own is None else route.own.forms, asked.called)
    prelude += given.query(asked.before) if "query" in _names(program) else ""
    return f"{prelude}\n{pretty(program)}" if prelude else pretty(program)


def answer_or_none(
    inputs: Mapping[str, Type],
    returns: Type | None = None,
    before: AskedBefore | None = None,
    guide: str = "",
    called: Mapping[str, str] = NO_NAMES,
) -> str | None:
    """The program, whose value is none where the text does not say; None for answers of a type that has no place for it.
    A reply says so by being null as a whole: no words of a document inside an answer are taken for it.
    `before` is what was asked before, `guide` what the prompt says of the answer's parts: with it, a Text is one of a form that
    no other words have."""
    if returns is None or (returns == TEXT and not guide):
        returns = option_of(TEXT)
    if not (isinstance(returns, Con) and returns.name == "Option"):
        return None
    inner = returns.arguments[0]
    nothing = "reply none" if isinstance(inner, Enum) or inner == BOOL else "`reply` is null"
    said = f"\\n\\n{escaped_piece(guide)}" if guide else ""
    return f"{given.context(inputs, called)}{given.query(before)}" + (
        f"llm_call[{show(returns)}](\n"
        '  f"Use the text below to do what is asked. Keep to what the text says. '
        f"If the text does not say, {nothing}.\\n\\n"
        "Asked: {query}\\n\\nText:\\n{context}\\n\\nAsked: {query}" + said + '\\nAnswer:"\n)'
    )


def _source(route: Route) -> SourceFile:
    if route.own is not None:
        return route.own.source
    return SourceFile(f"{route.strategy}.lam", strategy_text(route.strategy))


def _returning(program: Program, returns: Type, guide: str) -> Program:
    """The program with an answer of a type: its last call asks for it, or else one more call is given the answer in words."""
    source = SourceFile("answer.lam", _IN_FORM.replace("TYPE", show(returns)))
    last = parsed(source).result
    assert isinstance(last, App) and isinstance(last.function, Var)
    asked, result = last.function, program.result
    last = _guided(last, guide)

    def typed(term: Term) -> Term | None:
        is_call = isinstance(term, App) and isinstance(term.function, Var) and term.function == Var(term.span, "llm_call")
        return _guided(replace(term, function=asked), guide) if isinstance(term, App) and is_call else None

    if isinstance(result, If):
        branches = [(test, typed(then)) for test, then in result.branches]
        otherwise = typed(result.otherwise)
        calls = [(test, then) for test, then in branches if then is not None]
        if otherwise is not None and len(calls) == len(branches):
            return replace(program, result=replace(result, branches=tuple(calls), otherwise=otherwise))
    in_words = Let(result.span, "answer_in_words", None, result, result.span)
    return replace(program, items=(*program.items, in_words), result=last)


def _guided(call: App, guide: str) -> App:
    """The call with its guide in the prompt: after the question where that is a part of it, else at the end."""
    if not guide:
        return call
    prompt, *others = call.arguments
    parts: list[str | Term] = [*prompt.value.parts] if isinstance(prompt.value, Template) else [prompt.value]
    asked = [index for index, part in enumerate(parts) if isinstance(part, Var) and part.name == "query"]
    at, words = asked[-1] + 1 if asked else len(parts), f"\n\n{guide}"
    if at < len(parts) and isinstance(after := parts[at], str):
        parts[at] = words + after
    elif at == len(parts) and isinstance(before := parts[-1], str):
        parts[-1] = before + words
    else:
        parts.insert(at, words)
    told = replace(prompt, value=Template(prompt.value.span, tuple(parts)))
    return replace(call, arguments=(told, *others))


def strategy_text(name: str) -> str:
    """The source of a strategy; raises `FileNotFoundError` for a name that the standard library does not have."""
    return (folder("stdlib") / f"{name}.lam").read_text(encoding="utf-8")


def _given(
    program: Program, inputs: Mapping[str, Type], forms: Collection[str], called: Mapping[str, str]
) -> tuple[str, Program]:
    """The prelude for inputs of these types, and the program with what it takes from it; without what it then has no use
    for."""
    prelude = ""
    forms_of = {"documents": given.documents, "records": given.records, "items": given.items, "heading": given.heading}
    for name, made in forms_of.items():
        form = made(inputs, called)
        if name in forms and form is not None and any(isinstance(item, Let) and item.name == name for item in program.items):
            before, value = form
            prelude += before
            program = _with_value(program, name, parsed(SourceFile(f"{name}.lam", value)).result)
    program = _needed(program)
    return (prelude + given.context(inputs, called) if "context" in _names(program) else prelude), program


def _with_value(program: Program, name: str, value: Term) -> Program:
    """The program with another value for an outermost `let`."""
    items = tuple(
        replace(item, value=_in_place(item.value, value)) if isinstance(item, Let) and item.name == name else item
        for item in program.items
    )
    return replace(program, items=items)


def _in_place(old: Term, new: Term) -> Term:
    """What reads the text, replaced: all of a value, or the head of its pipe."""
    return replace(old, head=new) if isinstance(old, Pipe) else new


def _needed(program: Program) -> Program:
    """The program without items that nothing uses."""
    names = _names(program.result)
    kept: list[Item] = []
    for item in reversed(program.items):
        if item.name in names:
            kept.insert(0, item)
            names |= _names(item)
    return replace(program, items=tuple(kept))


def _names(node: Node) -> set[str]:
    """Every name that is in it, of a value or a type."""
    names: set[str] = set()
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, Var | NamedType):
            names.add(node.name)
        todo.extend(children(node))
    return names


def _sized(program: Program, sizes: Mapping[str, int]) -> Program:
    """The program with the numbers of its outermost `let`s replaced, where `sizes` names them."""

    def sized(item: Item) -> Item:
        if isinstance(item, Let) and isinstance(item.value, IntLit) and item.name in sizes:
            return replace(item, value=IntLit(item.value.span, sizes[item.name]))
        return item

    return replace(program, items=tuple(sized(item) for item in program.items))
