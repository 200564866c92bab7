"""Matching arguments with parameters: positional, keyword, and the value that is piped in.

Promises one diagnostic for a call that does not fit, with the signature of what is called.
"""

from __future__ import annotations

from collections.abc import Sequence

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Edit, QuickFix
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.syntax.term import App, Argument, Term
from lambda_rlm.types.checker import Checker
from lambda_rlm.types.codes import WRONG_ARGUMENT_COUNT, WRONG_KEYWORD_ARGUMENT
from lambda_rlm.types.mismatch import Why
from lambda_rlm.types.nearest import nearest, rename
from lambda_rlm.types.open_type import BROKEN, Open, find
from lambda_rlm.types.typed import PIPED


@dataclass(frozen=True, slots=True)
class GivenArgument:
    """An argument: its term, and its type when it was inferred before."""

    term: Term
    type: Open | None = None
    is_piped: bool = False


@dataclass(frozen=True, slots=True)
class Callee:
    """What is called, for messages: its name, its parameters' names, how many of them must be given, its signature."""

    name: str
    parameters: tuple[str, ...]
    optional: frozenset[str]
    signature: str


def place(s: Checker, app: App, piped: GivenArgument | None, callee: Callee) -> list[GivenArgument | None] | None:
    """Arguments in the order of the parameters, None for an optional one left out; None altogether when they do not fit."""
    slots: list[GivenArgument | None] = [None] * len(callee.parameters)
    positional = [GivenArgument(a.value) for a in app.arguments if a.name is None]
    if piped is not None:
        positional.insert(0, piped)
    if len(positional) > len(slots):
        _too_many(s, app, callee, len(positional), piped is not None)
        return None
    slots[: len(positional)] = positional
    for argument in app.arguments:
        if argument.name is not None and not _place_named(s, argument, slots, callee):
            return None
    missing = [n for n, slot in zip(callee.parameters, slots, strict=True) if slot is None and n not in callee.optional]
    if missing:
        _missing(s, app, callee, missing)
        return None
    return slots


def _place_named(s: Checker, argument: Argument, slots: list[GivenArgument | None], callee: Callee) -> bool:
    name = argument.name or ""
    span = Span(argument.span.start, argument.span.start + len(name))
    if name not in callee.parameters:
        meant = nearest(name, callee.parameters)
        hint = f"did you mean `{meant}`? " if meant else ""
        s.report(
            WRONG_KEYWORD_ARGUMENT, f"`{callee.name}` has no parameter `{name}`", span, hint=f"{hint}its signature is {callee.signature}",
            fixes=rename(span, meant) if meant else (),
        )  # fmt: skip
        return False
    index = callee.parameters.index(name)
    if slots[index] is not None:
        s.report(
            WRONG_KEYWORD_ARGUMENT,
            f"duplicate argument `{name}` of `{callee.name}`",
            span,
            hint=f"its signature is {callee.signature}",
        )
        return False
    slots[index] = GivenArgument(argument.value)
    return True


def _too_many(s: Checker, app: App, callee: Callee, count: int, is_piped: bool) -> None:
    most = len(callee.parameters)
    piped = ", including the piped value," if is_piped else ""
    takes = f"{most} argument{'' if most == 1 else 's'}" if not callee.optional else f"at most {most} arguments"
    message = f"`{callee.name}` takes {takes}, got {count}{piped}".rstrip(",")
    s.report(WRONG_ARGUMENT_COUNT, message, app.span, hint=f"its signature is {callee.signature}")


def _missing(s: Checker, app: App, callee: Callee, missing: Sequence[str]) -> None:
    names = ", ".join(f"`{name}`" for name in missing)
    message, hint = f"missing argument of `{callee.name}`: {names}", f"its signature is {callee.signature}"
    fixes = _from_nought(app) if callee.name == P.RANGE and missing == ["end"] else ()
    s.report(WRONG_ARGUMENT_COUNT, message, app.span, hint=hint, fixes=fixes)


def _from_nought(app: App) -> tuple[QuickFix, ...]:
    """`range(n)` as other languages have it."""
    if len(app.arguments) != 1 or app.arguments[0].name is not None:
        return ()
    start = app.arguments[0].span.start
    return (QuickFix("write `range(0, …)`", (Edit(Span(start, start), "0, "),)),)


def infer_all(s: Checker, app: App) -> None:
    """Look at the arguments of a call that is wrong as a whole, so that mistakes inside them are reported too."""
    for argument in app.arguments:
        s.infer(argument.value)


def record_arguments(s: Checker, app: App, slots: list[GivenArgument | None]) -> None:
    """Keep the arguments of a call in the order of its parameters."""
    s.arguments[id(app)] = tuple([None if g is None else PIPED if g.is_piped else g.term for g in slots])


def why_of(number: int, argument: GivenArgument, name: str, called: str) -> Why:
    """Why an argument meets its parameter."""
    return ("piped", called, name) if argument.is_piped else ("argument", number, called, name)


def pass_argument(s: Checker, argument: GivenArgument, wanted: Open, why: Why) -> bool:
    """Let an argument flow into its parameter; False when a mistake was reported."""
    if argument.type is not None:
        return s.fits(argument.term, argument.type, wanted, why)
    return s.check(argument.term, wanted, why)


def poisoned(result: Open) -> Open:
    """The result of a call with a mistake: what it depended on fits everywhere."""
    result = find(result)
    return BROKEN if not result.size else result
