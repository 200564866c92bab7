"""What single library functions ask for beyond their row: literal maxima, patterns that compile, where `auto` is allowed, and
results that an optional argument changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import IntLit, TextLit
from lambda_rlm.types.arguments import GivenArgument
from lambda_rlm.types.checker import Checker
from lambda_rlm.types.codes import BAD_REGULAR_EXPRESSION, MAX_NOT_LITERAL
from lambda_rlm.types.open_type import T_FLOAT, Open
from lambda_rlm.types.rows import SignatureRow

AUTO_PARAMETERS = frozenset(
    {
        (Primitive.CHUNK, "max"),
        (Primitive.WINDOWS, "max"),
        (Primitive.PACK, "max"),
        (Primitive.BATCH, "n"),
        (Primitive.SPLIT, "k"),
        (Primitive.TREE_FOLD, "group"),
        (Primitive.LLM_MAP, "per_call"),
        (Primitive.LLM_MAP_BY, "per_call"),
    }
)

RESULTS_WITH: Final = {(Primitive.ROUND, "digits"): T_FLOAT}
"""Results that are not those of the row where an optional argument is given."""


def result_of(primitive: Primitive, row: SignatureRow, slots: Sequence[GivenArgument | None], usual: Open) -> Open:
    """The result of a library function with its arguments, `usual` by its row."""
    given = [RESULTS_WITH.get((primitive, p.name)) for p, g in zip(row.parameters, slots, strict=True) if g is not None]
    return next((result for result in given if result is not None), usual)


def check_special(s: Checker, primitive: Primitive, row: SignatureRow, slots: Sequence[GivenArgument | None]) -> None:
    """Check what the row of a library function cannot say."""
    check = _CHECKS.get(primitive)
    if check is not None:
        check(s, {p.name: g for p, g in zip(row.parameters, slots, strict=True) if g is not None})


def _iterate(s: Checker, arguments: dict[str, GivenArgument]) -> None:
    most = arguments["max"].term
    if not isinstance(most, IntLit):
        s.report(
            MAX_NOT_LITERAL,
            "`max` of iterate must be a literal",
            most.span,
            hint="write a number such as 10: the bound must be known before the run",
        )


def _pattern(s: Checker, arguments: dict[str, GivenArgument]) -> None:
    term = arguments["regex"].term
    if isinstance(term, TextLit) and not arguments["regex"].is_piped:
        problem = pattern_problem(term.value)
        if problem is not None:
            hint = 'patterns use RE2 syntax, without lookahead, lookbehind or backreferences; write r"…" so that \\ needs no escape'
            s.report(BAD_REGULAR_EXPRESSION, f"invalid regular expression: {problem}", term.span, hint=hint)


def pattern_problem(pattern: str) -> str | None:
    """What RE2 says against a pattern."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        detail = error.args[0] if error.args else "it does not compile"
        return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
    return None


_CHECKS: dict[Primitive, Callable[[Checker, dict[str, GivenArgument]], None]] = {
    Primitive.ITERATE: _iterate,
    Primitive.MATCHES: _pattern,
    Primitive.SEARCH: _pattern,
    Primitive.SECTIONS: _pattern,
    Primitive.REPLACE_REGEX: _pattern,
}
