"""α-renaming: every name that a program binds itself, replaced by a numbered one; inputs, library, type and field names stay.

Owns `renamed`. Promises that two programs which differ in bound names alone become equal, and that the meaning stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lambda_rlm.syntax import term as t

Names = Mapping[str, str]


def renamed(program: t.Program) -> t.Program:
    """The same program with names in the order they are bound, and without comments."""
    renamer = _Renamer()
    items, names = renamer.items(program.items, {})
    return replace(program, items=items, result=renamer.term(program.result, names), comments=())


class _Renamer:
    def __init__(self) -> None:
        self.count = 0
        self.parameters: dict[str, Names] = {}
        """For each renamed `def`, what its parameters are called now."""

    def fresh(self, names: Names, name: str) -> tuple[str, Names]:
        if name == "_":
            return name, names
        self.count += 1
        new = f"renamed_{self.count}"
        return new, {**names, name: new}

    def items(self, items: tuple[t.Item, ...], names: Names) -> tuple[tuple[t.Item, ...], Names]:
        out: list[t.Item] = []
        for item in items:
            match item:
                case t.Let():
                    value = self.term(item.value, names)
                    name, names = self.fresh(names, item.name)
                    out.append(replace(item, name=name, value=value))
                case t.Def():
                    params, inner = self.params(item.params, names)
                    body = self.term(item.body, inner)
                    name, names = self.fresh(names, item.name)
                    self.parameters[name] = {old.name: new.name for old, new in zip(item.params, params, strict=True)}
                    out.append(replace(item, name=name, params=params, body=body))
                case t.TypeDef():
                    out.append(item)
        return tuple(out), names

    def params(self, params: tuple[t.Param, ...], names: Names) -> tuple[tuple[t.Param, ...], Names]:
        out = []
        for param in params:
            name, names = self.fresh(names, param.name)
            out.append(replace(param, name=name))
        return tuple(out), names

    def term(self, term: t.Term, names: Names) -> t.Term:
        match term:
            case t.Var():
                return replace(term, name=names.get(term.name, term.name))
            case t.Lam() | t.Fix() | t.Block() | t.Match():
                return self.binder(term, names)
            case t.App():
                return self.application(term, names)
            case t.Pipe():
                stages = tuple(self.application(stage, names) for stage in term.stages)
                return replace(term, head=self.term(term.head, names), stages=stages)
        return self.parts(term, names)

    def binder(self, term: t.Lam | t.Fix | t.Block | t.Match, names: Names) -> t.Term:
        """A term that binds names."""
        match term:
            case t.Lam():
                params, inner = self.params(term.params, names)
                return replace(term, params=params, body=self.term(term.body, inner))
            case t.Fix():
                name, outer = self.fresh(names, term.name)
                (param,), inner = self.params((term.param,), outer)
                return replace(term, name=name, param=param, body=self.term(term.body, inner))
            case t.Block():
                items, inner = self.items(term.items, names)
                return replace(term, items=items, result=self.term(term.result, inner))
            case t.Match():
                arms = tuple(self.arm(arm, names) for arm in term.arms)
                return replace(term, subject=self.term(term.subject, names), arms=arms)

    def parts(self, term: t.Term, names: Names) -> t.Term:
        """A term that binds nothing, with its parts renamed."""

        def go(inner: t.Term) -> t.Term:
            return self.term(inner, names)

        match term:
            case t.Template():
                return replace(term, parts=tuple(p if isinstance(p, str) else go(p) for p in term.parts))
            case t.ListLit():
                return replace(term, items=tuple(map(go, term.items)))
            case t.RecordLit():
                return replace(term, fields=tuple(replace(f, value=go(f.value)) for f in term.fields))
            case t.Select():
                return replace(term, record=go(term.record))
            case t.Infix():
                return replace(term, first=go(term.first), rest=tuple((o, go(operand)) for o, operand in term.rest))
            case t.Prefix():
                return replace(term, term=go(term.term))
            case t.If():
                branches = tuple((go(condition), go(branch)) for condition, branch in term.branches)
                return replace(term, branches=branches, otherwise=go(term.otherwise))
        return term

    def application(self, app: t.App, names: Names) -> t.App:
        function = self.term(app.function, names)
        called = self.parameters.get(function.name, {}) if isinstance(function, t.Var) else {}
        arguments = tuple(
            replace(a, value=self.term(a.value, names), name=a.name and called.get(a.name, a.name)) for a in app.arguments
        )
        return replace(app, function=function, arguments=arguments)

    def arm(self, arm: t.Arm, names: Names) -> t.Arm:
        if isinstance(arm.pattern, t.SomePattern) and arm.pattern.name is not None:
            name, inner = self.fresh(names, arm.pattern.name)
            return replace(arm, pattern=replace(arm.pattern, name=name), body=self.term(arm.body, inner))
        return replace(arm, body=self.term(arm.body, names))
