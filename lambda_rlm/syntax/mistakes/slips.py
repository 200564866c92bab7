"""Almost right: what models write out of habit from other languages, and its correction.

Owns the closed list of slips. Each is told by a diagnostic with a fix that a machine may apply without asking; a test applies
them all. The list: `True False None null`, `Some(x)` as a pattern · `&&`, `||`, `!` · `===` · `=` for `==` and the reverse,
`f(a: e)`, `{ a = e }`, `{ "a": e }` · `'text'`, `“text”` and `\"""text\"""` · typographic signs · `//` comments · a code fence
· `x => e`, `(x) => e`, `x -> e`, `fn x => e`, `fn(x) -> e`, `fn(x): e`, `lambda x: e` · `def f(x) => e`, `def f(x) { … }` ·
`return e` · `const x = e`, `var x = e` · `elif` · `if c { … }` · `{ e }` for `(e)` · a missing or needless `;` · doubled braces
and quoted text in templates (these two in `misspelled`, beside the other faults of templates).
"""

from __future__ import annotations

from collections.abc import Callable

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax.grammar.lalr import Unexpected, is_accepted
from lambda_rlm.syntax.grammar.table import ParseTable
from lambda_rlm.syntax.mistakes.codes import EMPTY_BRACES, WRONG_SEMICOLON
from lambda_rlm.syntax.mistakes.fixes import FENCE, instead, slip
from lambda_rlm.syntax.tokens import END, Token

FOREIGN_WORDS = {"True": "true", "False": "false", "None": "none", "null": "none"}
OPENERS = frozenset(("LPAR", "LSQB", "LBRACE"))
CLOSERS = frozenset(("RPAR", "RSQB", "RBRACE"))
ITEM_WORDS = frozenset(("LET", "DEF", "TYPE"))


def code_fence(source: SourceFile) -> Diagnostic:
    """A program in a code fence, perhaps with prose around it."""
    fences = list(FENCE.finditer(source.text))
    first = fences[0]
    edits = [Edit(Span(0, first.end()), "")]
    if len(fences) > 1:
        edits.append(Edit(Span(fences[1].start(), len(source.text)), ""))
    span = Span(first.start(), first.start() + len(first.group().rstrip()))
    return slip("a program must not be in a code fence", span, "remove the fence and everything outside it", *edits)


@dataclass(frozen=True, slots=True)
class SlipPlace:
    """Where the parser is before a token that does not fit."""

    table: ParseTable
    source: SourceFile
    tokens: list[Token]
    error: Unexpected

    @property
    def token(self) -> Token:
        return self.tokens[self.error.index]

    @property
    def previous(self) -> Token | None:
        return self.tokens[self.error.index - 1] if self.error.index else None

    def kind(self, offset: int) -> str:
        """The kind of the token some places from the one that does not fit."""
        at = self.error.index + offset
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else END

    def accepts(self, kind: str) -> bool:
        return is_accepted(self.table, self.error.states, kind)

    def opening(self) -> Token | None:
        """The innermost bracket that is still open."""
        closed = 0
        for value in reversed(self.error.values):
            if isinstance(value, Token) and value.kind in CLOSERS:
                closed += 1
            elif isinstance(value, Token) and value.kind in OPENERS:
                if not closed:
                    return value
                closed -= 1
        return None

    def starts_line(self) -> bool:
        """Whether the token is on a later line than the one before it."""
        before = self.previous
        return before is not None and "\n" in self.source.text[before.end : self.token.start]


def find_slip(place: SlipPlace) -> Diagnostic | None:
    """The slip that explains a token that does not fit."""
    for look in _LOOKS:
        diagnostic = look(place)
        if diagnostic is not None:
            return diagnostic
    return None


def _comma_names(tokens: list[Token], at: int) -> tuple[list[str], int]:
    """Names with commas between them from a place on, and the place behind them."""
    names: list[str] = []
    while at < len(tokens) and tokens[at].kind in ("NAME", "UNDERSCORE"):
        names.append(tokens[at].text)
        at += 1
        if tokens[at].kind != "COMMA":
            break
        at += 1
    return names, at


def _as_fn(place: SlipPlace, first: int, last: int, names: list[str]) -> Diagnostic:
    span = Span(place.tokens[first].start, place.tokens[last].end)
    replacement = f"fn({', '.join(names)}) =>"
    return slip("a function is written `fn(x) => e`", span, f"write `{replacement}`", Edit(span, replacement))


def _arrow_function(place: SlipPlace) -> Diagnostic | None:
    """`x => e`, `(x, y) => e`, and the same with `->`."""
    tokens, at = place.tokens, place.error.index
    arrows = ("ARROW", "RESULT_ARROW")
    if (
        place.token.kind in arrows
        and place.kind(-1) == "NAME"
        and place.kind(-2) not in ("FN", "FIX", "RESULT_ARROW", *ITEM_WORDS)
    ):
        return _as_fn(place, at - 1, at, [tokens[at - 1].text])
    opening = at
    while opening >= 0 and tokens[opening].kind in ("NAME", "UNDERSCORE", "COMMA", "RPAR", *arrows) and at - opening < 16:
        opening -= 1
    if opening < 0 or tokens[opening].kind != "LPAR":
        return None
    names, closing = _comma_names(tokens, opening + 1)
    if closing < len(tokens) and tokens[closing].kind == "RPAR" and tokens[closing + 1].kind in arrows:
        before = tokens[opening - 1].kind if opening else END
        if before not in ("FN", "NAME") and at <= closing + 1:
            return _as_fn(place, opening, closing + 1, names)
    return None


def _lambda(place: SlipPlace) -> Diagnostic | None:
    """`lambda x: e` and `fn x => e`."""
    before = place.previous
    if before is None or not (before.text == "lambda" or before.kind == "FN"):
        return None
    names, end = _comma_names(place.tokens, place.error.index)
    if place.tokens[end].kind in ("COLON", "ARROW", "RESULT_ARROW"):
        return _as_fn(place, place.error.index - 1, end, names)
    return None


def _wrong_arrow(place: SlipPlace) -> Diagnostic | None:
    """`fn(x) -> e`, `fn(x): e`, `fn(x) { … }`, `def f(x) => e`, `def f(x) { … }`."""
    span = place.token.span
    for wanted, sign, what in (("ARROW", "=>", "the body"), ("EQUAL", "=", "the right side")):
        is_argument = place.kind(-1) == "NAME" and place.accepts("COMMA")
        if is_argument or not place.accepts(wanted):
            continue
        if place.token.kind == "LBRACE":
            title = f"add `{sign}` before it"
            return slip(f"{what} comes after `{sign}`", span, title, Edit(Span(span.start, span.start), f"{sign} "))
        if place.token.kind in ("RESULT_ARROW", "COLON", "ARROW", "EQUAL") and not (
            wanted == "EQUAL" and place.token.kind == "COLON"
        ):
            return instead(f"{what} comes after `{sign}`", span, sign)
    return None


def _equals(place: SlipPlace) -> Diagnostic | None:
    """`=` for `==`, `==` for `=`, `===`."""
    token, before = place.token, place.previous
    if token.kind == "EQUAL" and before is not None and before.kind in ("EQUALS", "DIFFERS") and before.end == token.start:
        return instead(f"equality is written `{before.text}`", Span(before.start, token.end), before.text)
    if token.kind == "EQUAL" and place.accepts("EQUALS"):
        return instead("equality is written `==`", token.span, "==")
    if token.kind == "EQUALS" and place.accepts("EQUAL"):
        return instead("a name is bound with `=`", token.span, "=")
    if token.kind == "COLON" and place.kind(-1) == "NAME" and place.accepts("EQUAL") and place.accepts("RPAR"):
        return instead("a keyword argument is written `name=value`", token.span, "=")
    opening = place.opening()
    in_braces = opening is not None and opening.kind == "LBRACE"
    if token.kind == "EQUAL" and place.kind(-1) == "NAME" and in_braces and place.accepts("COLON"):
        return instead("a field is written `name: value`", token.span, ":")
    return None


def _quoted_field(place: SlipPlace) -> Diagnostic | None:
    """`{ "name": e }`."""
    token = place.token
    if token.kind != "TEXT" or place.kind(1) != "COLON" or place.kind(-1) not in ("LBRACE", "COMMA"):
        return None
    name = token.text[1:-1]
    if place.accepts("NAME") and name.isascii() and name.isidentifier():
        return instead("a field name has no quotes", token.span, name)
    return None


def _return(place: SlipPlace) -> Diagnostic | None:
    before = place.previous
    if before is None or before.text != "return":
        return None
    span = Span(before.start, place.token.start)
    return slip("there is no `return`: the last expression is the result", before.span, "remove it", Edit(span, ""))


def _other_let(place: SlipPlace) -> Diagnostic | None:
    """`const x = e`, `var x = e`."""
    before = place.previous
    if before is None or before.text not in ("const", "var", "val") or place.token.kind != "NAME" or place.kind(1) != "EQUAL":
        return None
    return instead("a name is defined with `let`", before.span, "let")


def _elif(place: SlipPlace) -> Diagnostic | None:
    if place.token.text in ("elif", "elsif", "elseif") and place.accepts("ELSE"):
        return instead("the next condition is written `else if`", place.token.span, "else if")
    return None


def _then(place: SlipPlace) -> Diagnostic | None:
    """`if c { … }`, `if c: …`."""
    if not place.accepts("THEN") or place.token.kind not in ("LBRACE", "COLON"):
        return None
    if place.token.kind == "COLON":
        return instead("a conditional is written `if c then a else b`", place.token.span, " then")
    start = place.token.start
    edit = Edit(Span(start, start), "then ")
    return slip("a conditional is written `if c then a else b`", place.token.span, "add `then` before it", edit)


def _plain_braces(place: SlipPlace) -> Diagnostic | None:
    """`{ e }`: braces around an expression without items."""
    opening = place.error.index - 1
    if place.kind(-1) != "LBRACE" and place.kind(-2) == "LBRACE" and place.accepts("COLON"):
        opening -= 1
    elif place.kind(-1) != "LBRACE" or not place.accepts("LET"):
        return None
    closing = _partner(place.tokens, opening)
    if closing is None or closing == opening + 1:
        return None
    first, last = place.tokens[opening].span, place.tokens[closing].span
    return slip(
        "braces hold a record or a block; use parentheses around an expression",
        first,
        "write `(` and `)`",
        Edit(first, "("),
        Edit(last, ")"),
        code=EMPTY_BRACES,
    )


def _partner(tokens: list[Token], opening: int) -> int | None:
    """The place of the bracket that closes one."""
    depth = 0
    for at in range(opening, len(tokens)):
        if tokens[at].kind in OPENERS:
            depth += 1
        elif tokens[at].kind in CLOSERS:
            depth -= 1
            if depth == 0:
                return at if tokens[at].kind == "RBRACE" else None
    return None


def _missing_semicolon(place: SlipPlace) -> Diagnostic | None:
    before = place.previous
    if before is None or not place.accepts("SEMICOLON"):
        return None
    if place.token.kind in ITEM_WORDS or (place.starts_line() and _starts_expression(place.token)):
        edit = Edit(Span(before.end, before.end), ";")
        return slip("missing `;` at the end of this item", before.span, "add `;` after it", edit, code=WRONG_SEMICOLON)
    return None


def _needless_semicolon(place: SlipPlace) -> Diagnostic | None:
    if place.token.kind != "SEMICOLON":
        return None
    closers = (END, "RBRACE")
    if place.kind(-1) == "SEMICOLON" or (place.kind(1) in closers and any(map(place.accepts, closers))):
        return instead("only `let`, `def` and `type` end with `;`", place.token.span, "", code=WRONG_SEMICOLON)
    return None


def _foreign_pattern(place: SlipPlace) -> Diagnostic | None:
    """`None`, `True` or `Some(x)` as a pattern."""
    ours = {**FOREIGN_WORDS, "Some": "some"}.get(place.token.text)
    if ours is None or place.token.kind != "NAME" or not place.accepts(ours.upper()):
        return None
    return instead(f"`{place.token.text}` is written `{ours}`", place.token.span, ours)


def _starts_expression(token: Token) -> bool:
    return token.kind not in (END, *CLOSERS, "COMMA", "SEMICOLON", "COLON", "EQUAL", "ARROW", "THEN", "ELSE")


_LOOKS: tuple[Callable[[SlipPlace], Diagnostic | None], ...] = (
    _return,
    _lambda,
    _arrow_function,
    _equals,
    _other_let,
    _elif,
    _then,
    _wrong_arrow,
    _quoted_field,
    _plain_braces,
    _foreign_pattern,
    _needless_semicolon,
    _missing_semicolon,
)
