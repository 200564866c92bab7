"""Which terms of a program can be computed before the run, and when to ask for it.

Owns `Staging`, the analysis's side; the computing itself is a `Computer`, given by whoever can evaluate. What needs no reply of
a model is computed; what is at the top level is kept for the run. A list that is known is gone through element by element
when its function branches, so that each element takes its real branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from lambda_rlm.bounds.domain.abstract import Abstract, AbstractFunction, StagedValue
from lambda_rlm.bounds.names import free_names
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import Arrow, Con, Record, Type, Variable
from lambda_rlm.types.typed import Typed

MOST_ELEMENTS: Final = 256
"""A known list with more elements is looked at as a whole."""

ASKING: Final = frozenset((P.LLM_CALL, P.LLM_SAMPLES, P.LLM_MAP, P.LLM_MAP_BY, P.LLM_CHOOSE, P.RLM_CALL))
PIPED: Final = "|>"
"""The name of what a pipe hands to its next stage; no variable is called so."""
_COMPUTED: Final = (
    t.App, t.Pipe, t.Infix, t.Template, t.If, t.Match, t.Block, t.RecordLit, t.ListLit, t.Select, t.Prefix
)  # fmt: skip
_LITERALS: Final = (t.IntLit, t.FloatLit, t.TextLit, t.BoolLit)


class Computer(Protocol):
    """Evaluates pure terms whose free names are known."""

    def compute(self, term: t.Term, type_: Type, env: Mapping[str, Abstract], *, key: int | None) -> StagedValue | None: ...

    def elements(self, list_: StagedValue) -> list[StagedValue]: ...


class Staging:
    """What can be computed, at the place where the analysis is. Without a computer, nothing can."""

    def __init__(self, typed: Typed, computer: Computer | None) -> None:
        self.typed = typed
        self.computer = computer
        self._level = 0
        self._is_ground = True
        self._names: dict[int, frozenset[str]] = {}
        self._ground: dict[int, bool] = {}
        self._asking: dict[int, bool] = {}

    @contextmanager
    def inside(self, body: t.Term) -> Iterator[None]:
        """While a function's body is analysed: what is computed there is not kept, and nothing is where types are open."""
        if self.computer is None:
            yield
            return
        was_ground = self._is_ground
        self._level += 1
        self._is_ground = was_ground and self._is_ground_below(body)
        try:
            yield
        finally:
            self._level -= 1
            self._is_ground = was_ground

    def computed(self, term: t.Term, env: Mapping[str, Abstract]) -> StagedValue | None:
        """The value of a term, when it can be computed."""
        if self.computer is None or not self._is_ground or not isinstance(term, _COMPUTED):
            return None
        type_ = self.typed.type_of(term)
        if holds_function(type_) or not self._is_known(term, env):
            return None
        return self.computer.compute(term, type_, env, key=None if self._level else id(term))

    def literal(self, term: t.Term) -> StagedValue | None:
        """A literal that gets a name is a value, so that what uses the name can be computed."""
        if self.computer is None or not self._is_ground or not isinstance(term, _LITERALS):
            return None
        type_ = self.typed.type_of(term)
        return self.computer.compute(term, type_, {}, key=None) if is_ground(type_) else None

    def piped(self, stage: t.App, value: Abstract, env: Mapping[str, Abstract]) -> StagedValue | None:
        """The value of a pipe's stage on a known value."""
        if self.computer is None or not self._is_ground or not isinstance(value, StagedValue) or not self._is_known(stage, env):
            return None
        arrow = self.typed.type_of(stage.function)
        assert isinstance(arrow, Arrow)
        if holds_function(arrow.result):
            return None
        term = t.Pipe(stage.span, t.Var(stage.span, PIPED), (stage,))
        return self.computer.compute(term, arrow.result, {**env, PIPED: value}, key=None if self._level else id(stage))

    def arm(self, match_: t.Match, subject: Abstract) -> tuple[t.Term, dict[str, Abstract]] | None:
        """The arm that a known Option takes."""
        if not isinstance(subject, StagedValue) or not isinstance(subject.type, Con) or subject.type.name != "Option":
            return None
        assert self.computer is not None
        for arm in match_.arms:
            match arm.pattern:
                case t.SomePattern(name=name) if subject.value is not None:
                    return arm.body, {} if name is None else {name: self.computer.elements(subject)[0]}
                case t.NonePattern() if subject.value is None:
                    return arm.body, {}
                case t.AnyPattern():
                    return arm.body, {}
        return None

    def elements(self, list_: Abstract | None, f: Abstract | None) -> Sequence[Abstract] | None:
        """The elements of a known list, when going through them one by one tells more than looking at the whole: a function
        that branches takes its real branch."""
        return self._known_elements(list_, f, self._branches)

    def elements_asked_about(self, list_: Abstract | None, f: Abstract | None) -> Sequence[Abstract] | None:
        """The elements of a known list whose function asks a model, with prompts that may be known."""
        return self._known_elements(list_, f, self._asks_by)

    def _known_elements(
        self, list_: Abstract | None, f: Abstract | None, is_worth_it: Callable[[AbstractFunction], bool]
    ) -> Sequence[Abstract] | None:
        if (
            self.computer is None
            or not isinstance(list_, StagedValue)
            or not isinstance(f, AbstractFunction)
            or f.source is None
        ):
            return None
        if len(list_.value) > MOST_ELEMENTS or not is_worth_it(f):  # type: ignore[arg-type]
            return None
        return self.computer.elements(list_)

    def _is_known(self, term: t.Node, env: Mapping[str, Abstract]) -> bool:
        return not self._asks(term) and all(self._is_known_name(name, env) for name in self._free(term))

    def _is_known_name(self, name: str, env: Mapping[str, Abstract]) -> bool:
        value = env.get(name)
        if value is None or isinstance(value, StagedValue):
            return True
        if not isinstance(value, AbstractFunction) or value.source is None:
            return False
        return self._is_known(value.source, value.env)

    def _asks_by(self, f: AbstractFunction) -> bool:
        assert f.source is not None
        return self._asks(f.source) or any(self._asks_by(g) for g in self._callees(f))

    def _branches(self, f: AbstractFunction) -> bool:
        assert f.source is not None
        if _contains(f.source, lambda node: isinstance(node, t.If | t.Match)):
            return True
        return any(self._branches(g) for g in self._callees(f))

    def _callees(self, f: AbstractFunction) -> Iterator[AbstractFunction]:
        """The functions of the program that a function names."""
        assert f.source is not None
        for name in self._free(f.source):
            g = f.env.get(name)
            if isinstance(g, AbstractFunction) and g.source is not None:
                yield g

    def _free(self, term: t.Node) -> frozenset[str]:
        names = self._names.get(id(term))
        if names is None:
            names = self._names[id(term)] = free_names(term)
        return names

    def _asks(self, term: t.Node) -> bool:
        is_asking = self._asking.get(id(term))
        if is_asking is None:
            is_asking = _contains(term, lambda node: isinstance(node, t.Var) and self.typed.primitive_of(node) in ASKING)
            self._asking[id(term)] = is_asking
        return is_asking

    def _is_ground_below(self, body: t.Term) -> bool:
        is_closed = self._ground.get(id(body))
        if is_closed is None:
            types = self.typed.types
            is_closed = not _contains(body, lambda node: id(node) in types and not is_ground(types[id(node)]))
            self._ground[id(body)] = is_closed
        return is_closed


def _contains(node: t.Node, is_wanted: Callable[[t.Node], bool]) -> bool:
    return is_wanted(node) or any(_contains(child, is_wanted) for child in children(node))


def holds_function(type_: Type) -> bool:
    """A function is one of its parts: the analysis applies functions itself."""
    match type_:
        case Arrow():
            return True
        case Con(_, arguments):
            return any(map(holds_function, arguments))
        case Record(fields):
            return any(holds_function(field) for _, field in fields)
        case _:
            return False


def is_ground(type_: Type) -> bool:
    """No variable occurs in it."""
    match type_:
        case Variable():
            return False
        case Con(_, arguments):
            return all(map(is_ground, arguments))
        case Record(fields):
            return all(is_ground(field) for _, field in fields)
        case Arrow(parameters, result, _):
            return all(map(is_ground, (*parameters, result)))
        case _:
            return True
