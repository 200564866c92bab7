"""Words for a token that fits nowhere.

Owns the explanation of the automaton's mismatch: the slips first, then the mistakes that have a name, then what was expected.
Promises exactly one diagnostic, which names things as a person would and never a terminal or a rule.
"""

from __future__ import annotations

from collections.abc import Callable

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit, Label, QuickFix
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax.keywords import KEYWORDS
from lambda_rlm.syntax.mistakes.codes import (
    CHAINED_COMPARISON,
    EMPTY_BRACES,
    IF_WITHOUT_ELSE,
    NO_RESULT,
    OPERATOR_AFTER_STAGE,
    POSITIONAL_AFTER_KEYWORD,
    RESERVED_WORD,
    UNBALANCED_BRACKET,
    UNEXPECTED,
)
from lambda_rlm.syntax.mistakes.fixes import slip
from lambda_rlm.syntax.mistakes.slips import CLOSERS, ITEM_WORDS, SlipPlace, find_slip
from lambda_rlm.syntax.term import Argument
from lambda_rlm.syntax.tokens import END, Token

_OPENERS = {"LPAR": ("(", "RPAR", ")"), "LSQB": ("[", "RSQB", "]"), "LBRACE": ("{", "RBRACE", "}")}
_COMPARATORS = ("EQUALS", "DIFFERS", "LESSTHAN", "AT_MOST", "MORETHAN", "AT_LEAST")
_TIGHTER = ("JOIN", "PLUS", "MINUS", "STAR", "SLASH", "PERCENT")
_KEYWORDS = frozenset([*map(str.upper, KEYWORDS), "UNDERSCORE"])
_LOOPS = "there are no loops; use `map`, `filter`, `fold` or `iterate`"
_ABSENT = {
    "for": _LOOPS,
    "while": _LOOPS,
    "in": "to test membership, use `member(list, x)` or `contains(text, part)`",
    "import": "there are no imports; all library functions are available",
    "class": "records need no class: `{ name: e }`, with `type Name = { name: T };` for their type",
    "try": "there are no exceptions; `or_else=` gives the value to use when a model call fails",
}
_AFTER_EXPRESSION = {
    "SEMICOLON": "`;`", "COMMA": "`,`", "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`", "LBRACE": "`{`", "THEN": "`then`",
    "ELSE": "`else`", "EQUAL": "`=`", "ARROW": "`=>`", "RESULT_ARROW": "`->`", "COLON": "`:`", "LPAR": "`(`", "VBAR": "`|`",
}  # fmt: skip


def explain(place: SlipPlace) -> Diagnostic:
    """What is wrong where the parser stopped."""
    for look in (find_slip, *_LOOKS):
        diagnostic = look(place)
        if diagnostic is not None:
            return diagnostic
    return _generic(place)


# ── mistakes with a name ─────────────────────────────────────────────────────


def _chained_comparison(place: SlipPlace) -> Diagnostic | None:
    """`a < b < c`."""
    if place.token.kind not in _COMPARATORS or not place.accepts("AND"):
        return None
    first = next((v for v in reversed(place.error.values) if isinstance(v, Token) and v.kind in _COMPARATORS), None)
    before = place.previous
    if first is None or before is None:
        return None
    middle = place.source.text[first.end : before.end].strip()
    edit = Edit(Span(before.end, before.end), f" and {middle}")
    return Diagnostic(
        CHAINED_COMPARISON,
        "comparisons cannot be chained",
        place.token.span,
        secondary=(Label(first.span, "the first comparison"),),
        hint="join them with `and`",
        fixes=(QuickFix(f"write `and {middle}` before it", (edit,)),),
    )


def _operator_behind_stage(place: SlipPlace) -> Diagnostic | None:
    """`a |> f ++ b`."""
    before, values = place.previous, place.error.values
    if place.token.kind not in _TIGHTER or before is None or not place.accepts("AND"):
        return None
    pipe = max((i for i, v in enumerate(values) if isinstance(v, Token) and v.kind == "PIPE"), default=0)
    if not pipe:
        return None
    head = pipe - 2 if type(values[pipe - 1]) is list else pipe - 1
    start = place.error.starts[head]
    return slip(
        f"`{place.token.text}` after a pipe needs parentheses around the pipe",
        place.token.span,
        "put the pipe in parentheses",
        Edit(Span(start, start), "("),
        Edit(Span(before.end, before.end), ")"),
        code=OPERATOR_AFTER_STAGE,
    )


def _positional_behind_named(place: SlipPlace) -> Diagnostic | None:
    """`f(max=20, a)`."""
    for value in reversed(place.error.values):
        if isinstance(value, Token) and value.kind == "LPAR":
            return None
        last = value[-1] if type(value) is list and value else value
        if isinstance(last, Argument) and last.name is not None:
            break
    else:
        return None
    at = place.token if place.kind(-1) == "COMMA" and place.token.kind not in CLOSERS else place.previous
    if at is None or at.kind == "COMMA" or not (place.accepts("NAME") or place.accepts("EQUAL")):
        return None
    hint = "put positional arguments first"
    return Diagnostic(POSITIONAL_AFTER_KEYWORD, "positional argument follows keyword argument", at.span, hint=hint)


def _keyword_as_name(place: SlipPlace) -> Diagnostic | None:
    if place.token.kind not in _KEYWORDS or place.accepts("SOME") or not place.accepts("NAME"):
        return None
    message = f"`{place.token.text}` is a reserved word and cannot be used as a name"
    return Diagnostic(
        RESERVED_WORD, message, place.token.span, hint=f"choose another name, e.g. `{place.token.text.strip('_')}_1`"
    )


def _missing_answer(place: SlipPlace) -> Diagnostic | None:
    """Items without a result, or nothing at all."""
    if place.token.kind not in (END, "RBRACE") or not place.accepts("LET") or not place.accepts("INT"):
        return None
    before = place.previous
    if before is None:
        hint = "write zero or more items, then an expression: the answer"
        return Diagnostic(NO_RESULT, "the program is empty", place.token.span, hint=hint)
    whole = "the program" if place.token.kind == END else "the block"
    hint = "end it with an expression without `;`"
    return Diagnostic(NO_RESULT, f"{whole} has items but no result", Span(before.start, place.token.end), hint=hint)


def _empty_braces(place: SlipPlace) -> Diagnostic | None:
    before = place.previous
    if place.token.kind != "RBRACE" or before is None or before.kind != "LBRACE":
        return None
    hint = "a record has at least one field, a block at least one item, a `match` at least one arm"
    return Diagnostic(EMPTY_BRACES, "these braces are empty", Span(before.start, place.token.end), hint=hint)


def _missing_else(place: SlipPlace) -> Diagnostic | None:
    ends = (END, "SEMICOLON", "COMMA", *CLOSERS, *ITEM_WORDS)
    if place.token.kind not in ends or not place.accepts("ELSE"):
        return None
    opening = next((v for v in reversed(place.error.values) if isinstance(v, Token) and v.kind == "IF"), None)
    span = opening.span if opening else place.token.span
    return Diagnostic(IF_WITHOUT_ELSE, "this `if` has no `else`", span, hint="write both branches: `if c then a else b`")


def _brackets(place: SlipPlace) -> Diagnostic | None:
    token, before = place.token, place.previous
    if token.kind not in (END, "SEMICOLON", "THEN", "ELSE", *CLOSERS, *ITEM_WORDS) or before is None:
        return None
    opening = place.opening()
    if opening is None:
        if token.kind not in CLOSERS:
            return None
        return slip(f"unmatched `{token.text}`", token.span, "remove it", Edit(token.span, ""), code=UNBALANCED_BRACKET)
    sign, closer, closing = _OPENERS[opening.kind]
    if token.kind == closer:
        return None
    line, column = place.source.line_column(opening.start)
    message = f"missing `{closing}` to close the `{sign}` at {line}:{column}"
    label = Label(opening.span, "opened here")
    if not place.accepts(closer):
        return (
            Diagnostic(UNBALANCED_BRACKET, message, token.span, secondary=(label,)) if token.kind in (*CLOSERS, END) else None
        )
    edit = Edit(Span(before.end, before.end), closing)
    return Diagnostic(
        UNBALANCED_BRACKET, message, token.span, secondary=(label,), fixes=(QuickFix(f"add `{closing}` there", (edit,)),)
    )


_LOOKS: tuple[Callable[[SlipPlace], Diagnostic | None], ...] = (
    _chained_comparison,
    _operator_behind_stage,
    _missing_answer,
    _empty_braces,
    _missing_else,
    _positional_behind_named,
    _keyword_as_name,
    _brackets,
)

# ── what was expected ────────────────────────────────────────────────────────


def _generic(place: SlipPlace) -> Diagnostic:
    expected = _expected(place)
    before = place.previous
    after = f" after {_shown(before)}" if before else ""
    shown = _shown(place.token)
    return Diagnostic(
        UNEXPECTED,
        f"expected {expected}{after}, found {shown}",
        place.token.span,
        hint=_hint(place, expected),
        expected=expected,
        given=shown,
    )


def _hint(place: SlipPlace, expected: str) -> str | None:
    """What to write instead, for forms that the language has not."""
    before = place.previous
    for token in (before, place.token):
        if token is not None and token.kind == "NAME" and token.text in _ABSENT:
            return _ABSENT[token.text]
    if place.token.kind in ("FN", "FIX", "IF", "NOT") and expected.startswith(("an expression", "a function")):
        return f"an expression that starts with {_shown(place.token)} needs parentheses here"
    if place.token.kind == "IF" and place.accepts("AND"):
        return "a conditional is written `if c then a else b`"
    if expected == "a type" and before is not None and before.kind == "LSQB" and place.kind(-2) == "NAME":
        name = place.tokens[place.error.index - 2].text
        return (
            f"brackets hold a type argument; to index, write `get({name}, 0)`, which gives an Option, or `slice({name}, 1, 3)`"
        )
    return None


def _shown(token: Token) -> str:
    if token.kind == END:
        return "the end"
    if len(token.text) <= 30 and "\n" not in token.text:
        return f"`{token.text}`"
    return "this text" if '"' in token.text else f"`{token.text[:27]}…`"


def _expected(place: SlipPlace) -> str:
    """What could come next, in a person's words."""
    accepts = place.accepts
    if accepts("LET") and accepts("THEN"):
        return "a field's name"
    if accepts("FLOAT"):
        return "an item or an expression" if accepts("LET") and not accepts("COLON") else "an expression"
    if accepts("INT") and accepts("SOME"):
        return "a pattern: `some(x)`, `none`, a literal or `_`"
    if accepts("INT"):
        return "a number"
    if accepts("AND"):
        signs = [sign for kind, sign in _AFTER_EXPRESSION.items() if kind != "LPAR" and accepts(kind)]
        return _listed(["an operator", *signs])
    if accepts("SOME") and accepts("NAME"):
        return "a function, such as `f`, `f(b)` or one in parentheses"
    if accepts("NAME") and accepts("TEXT"):
        return "a type"
    signs = [sign for kind, sign in _AFTER_EXPRESSION.items() if accepts(kind)]
    names = ["a name"] if accepts("NAME") else ["a text"] if accepts("TEXT") else []
    return _listed([*names, *signs]) or "the end"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""
