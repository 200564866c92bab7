"""What names mean while a program is compiled.

Owns the bindings and the numbering of slots. A binding that is used at several types is compiled once for each ground instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.compile.compiled import Compiled, Frame, Run
from lambda_rlm.eval.value import Value
from lambda_rlm.syntax.term import Def, Fix, Lam, Param, Term
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.type import AnyEffect, EffectVariable, Type, Variable
from lambda_rlm.types.typed import Substitution, ground

Instance = tuple[tuple[tuple[int, bool], Type | AnyEffect], ...]
"""A ground instance of a scheme, as a key: what each variable is, in the order of their numbers."""


@dataclass(slots=True)
class Local:
    """A value that is there: an input, a parameter, what a pattern binds, a `let` with one type. `slot`: where it is, for a
    code that does not read it in place."""

    code: Compiled
    slot: int = -1


@dataclass(slots=True)
class Spread:
    """A record that is never made: its fields are in slots, or what `codes` give."""

    fields: Mapping[str, int]
    whole: Compiled
    codes: Mapping[str, Compiled] = field(default_factory=dict)


@dataclass(slots=True)
class Function:
    """A function compiled for one instance: call it by putting the arguments in `slots` and running `body` in the same frame.

    `reads` are the slots of bindings outside that the body reads.
    """

    slots: tuple[int, ...]
    body: Compiled
    reads: frozenset[int]


@dataclass(slots=True)
class KnownFunction:
    """A `def`, or a `let` whose value is written as a function: calls of it need no function value."""

    term: Lam | Def
    scope: Scope
    substitution: Substitution
    instances: dict[Instance, Function] = field(default_factory=dict)

    @property
    def params(self) -> tuple[Param, ...]:
        """Its parameters."""
        return self.term.params


@dataclass(slots=True)
class Generic:
    """A `let` that is no function and has several types: a slot and a code for each instance that is used."""

    term: Term
    scope: Scope
    substitution: Substitution
    instances: dict[Instance, tuple[int, Compiled, frozenset[int]]] = field(default_factory=dict)


@dataclass(slots=True)
class Recursion:
    """A `fix` compiled for one instance. An activation has its argument in `slot`; `run` is there once it is compiled. What one
    activation of a pure one costs whatever its values are is `steps` and `bytes`."""

    slot: int
    size: Callable[[Value], int]
    is_async: bool
    run: Run | None = None
    need: int = 0
    reads: frozenset[int] = frozenset()
    steps: int = 0
    bytes: int = 0


@dataclass(slots=True)
class ActiveRecursion:
    """The name of a `fix` in its own body: the argument must be shorter than that of the activation."""

    recursion: Recursion


@dataclass(slots=True)
class KnownRecursion:
    """A `let` whose value is a `fix`."""

    term: Fix
    scope: Scope
    substitution: Substitution
    instances: dict[Instance, Recursion] = field(default_factory=dict)


@dataclass(slots=True)
class Hosted:
    """A function that the host adds."""

    function: HostFunction


Binding = Hosted | Local | Spread | KnownFunction | Generic | ActiveRecursion | KnownRecursion
Scope = Mapping[str, Binding]


def instance_key(instance: Substitution, outer: Substitution) -> Instance:
    """The instance with the outer substitution applied, as a key."""
    rows: list[tuple[tuple[int, bool], Type | AnyEffect]] = []
    for variable, what in instance.items():
        if isinstance(variable, EffectVariable):
            effect: AnyEffect = what  # type: ignore[assignment]
            rows.append(((variable.id, True), outer.get(effect, effect) if isinstance(effect, EffectVariable) else effect))
        else:
            rows.append(((variable.id, False), ground(what, outer)))  # type: ignore[arg-type]
    return tuple(sorted(rows, key=lambda row: row[0]))


def substitution_of(key: Instance, outer: Substitution) -> Substitution:
    """The substitution inside a binding that is used at an instance."""
    if not key:
        return outer
    inner: dict[Variable | EffectVariable, Type | AnyEffect] = dict(outer)
    for (number, is_effect), what in key:
        inner[EffectVariable(number) if is_effect else Variable(number)] = what
    return inner


class Slots:
    """Numbers the slots of a program's frame. `charged` is how many a copy of it is charged for: all but those `beside`."""

    __slots__ = ("_is_beside", "charged", "count")

    def __init__(self) -> None:
        self.count = 0
        self.charged = 0
        self._is_beside = False

    def new(self) -> int:
        """The next slot."""
        self.count += 1
        self.charged += not self._is_beside
        return self.count - 1

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Slots numbered while this is open are there for another way to run the same, which charges no more for them."""
        outer, self._is_beside = self._is_beside, True
        try:
            yield
        finally:
            self._is_beside = outer

    def frame(self) -> Frame:
        """An empty frame, once all slots are numbered."""
        return [None] * self.count
