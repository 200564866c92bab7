"""Text to tokens.

Owns `Token` and the scanning of a text, or of a template's hole, by the grammar's terminals. Promises to read on after a
mistake, so that all lexical ones are told at once; keeps the comments apart. Refuses texts with too many tokens or brackets
too deep before anything else works on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from re import Match
from typing import NamedTuple, cast

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.syntax.caps import MAX_NESTING, MAX_TOKENS
from lambda_rlm.syntax.grammar.table import ParseTable
from lambda_rlm.syntax.keywords import INFIX_WORDS
from lambda_rlm.syntax.mistakes.codes import FOREIGN_HABIT, NESTED_TOO_DEEP, PROGRAM_TOO_LARGE, UNCLOSED_TEXT, UNKNOWN_CHARACTER
from lambda_rlm.syntax.mistakes.fixes import FENCE, instead, slip
from lambda_rlm.syntax.mistakes.misspelled import doubled_bar, misspelled
from lambda_rlm.syntax.templates import Hoist

END = "$END"
MAX_MISTAKES = 20
_STEPS = {"LPAR": 1, "LSQB": 1, "LBRACE": 1, "RPAR": -1, "RSQB": -1, "RBRACE": -1}
_ENDS_OF_TERMS = frozenset(("INT", "FLOAT", "TEXT", "RAW_TEXT", "TEMPLATE", "RPAR", "RSQB", "RBRACE"))
"""Tokens that a word can touch without becoming part of them, and before no name of a field."""
_SUSPECTS = frozenset(("TEXT", "TEMPLATE", "SLASH", "VBAR", "NAME"))


class Token(NamedTuple):
    """A terminal's name, its text, and its place."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(slots=True)
class Tokens:
    """What scanning found; `tokens` ends with the end mark. `is_fenced`: a code fence is outside of any literal."""

    tokens: list[Token] = field(default_factory=list)
    comments: list[tuple[Span, str]] = field(default_factory=list)
    mistakes: list[Diagnostic] = field(default_factory=list)
    is_fenced: bool = False


def scan(table: ParseTable, source: SourceFile, start: int, end: int, hoist: Hoist | None = None) -> Tokens:
    """The tokens of a stretch of a source text; with `hoist` it is the hole of a template."""
    scanned = Tokens()
    text, tokens, keywords, depth, at = source.text, scanned.tokens, table.keywords, 0, start
    hoist = hoist or Hoist(source)
    match = _matcher(table, text, at, end)
    while at < end:
        hit = match()
        kind = hit.lastgroup if hit else None
        begin = at
        if hit is None or kind is None:
            at = _read_on(scanned, source, begin, end, hoist)
        elif kind == "WHITE_SPACE":
            at = hit.end()
            continue
        elif kind == "COMMENT":
            at = hit.end()
            scanned.comments.append((Span(begin, at), text[begin:at]))
            continue
        else:
            at = hit.end()
            meets = kind in _SUSPECTS and tokens and tokens[-1].end == begin
            if meets and (to := _suspect(scanned, source, begin, at, end, hoist)):
                at = to
            else:
                word = text[begin:at]
                if kind == "NAME":
                    kind = keywords.get(word, kind)
                tokens.append(Token(kind, word, begin, at))
                if kind in _STEPS:
                    depth += _STEPS[kind]
                if depth > MAX_NESTING or len(tokens) > MAX_TOKENS:
                    scanned.mistakes.append(_too_nested(Span(begin, at)) if depth > MAX_NESTING else _too_long(Span(begin, at)))
                    break
                continue
        if len(scanned.mistakes) >= MAX_MISTAKES:
            break
        match = _matcher(table, text, at, end)
    tokens.append(Token(END, "", end, end))
    return scanned


def _matcher(table: ParseTable, text: str, start: int, end: int) -> Callable[[], Match[str] | None]:
    """A function that gives one token's match after the other."""
    scanner = table.tokens.scanner(text, start, end)  # type: ignore[attr-defined]
    return cast("Callable[[], Match[str] | None]", scanner.match)


def _read_on(scanned: Tokens, source: SourceFile, at: int, end: int, hoist: Hoist) -> int:
    """Tell what is wrong where no terminal fits, and where to read on."""
    tokens = scanned.tokens
    if _is_fence(source.text, at):
        scanned.is_fenced = True
        scanned.mistakes.append(Diagnostic(UNKNOWN_CHARACTER, "a code fence", Span(at, at + 3)))
        return at + 3
    if source.text[at] == '"' and tokens and tokens[-1].end == at and tokens[-1].text == "f":
        at = tokens.pop().start
    if hoist.offset is None and tokens:
        hoist.offset = tokens[0].start
    mistakes, after = misspelled(source, at, end, hoist)
    last = scanned.mistakes[-1] if scanned.mistakes else None
    if last and mistakes and last.code == mistakes[0].code == UNKNOWN_CHARACTER and last.primary.end == at:
        span = Span(last.primary.start, mistakes[0].primary.end)
        scanned.mistakes[-1] = Diagnostic(UNKNOWN_CHARACTER, "these characters are not allowed outside of a text", span)
    else:
        scanned.mistakes += mistakes
    return after


def _is_fence(text: str, at: int) -> bool:
    """Whether a code fence is there. A line's beginning is looked for only where one can be: of a long line, not from each
    sign."""
    if not text.startswith("```", at) or text[max(0, at - 1) : at] not in ("", "\n", " ", "\t"):
        return False
    return FENCE.match(text, text.rfind("\n", 0, at) + 1) is not None


def _suspect(scanned: Tokens, source: SourceFile, begin: int, at: int, end: int, hoist: Hoist) -> int | None:
    """Tokens that fit one by one, but never side by side: where to read on when it is a mistake."""
    text, before = source.text, scanned.tokens[-1]
    first = text[begin]
    if before.kind in _ENDS_OF_TERMS and text[begin:at] in INFIX_WORDS:
        message = f"missing white space before `{text[begin:at]}`"
        scanned.mistakes.append(slip(message, Span(begin, at), "add a space before it", Edit(Span(begin, begin), " ")))
        return at
    if first == '"' and before.text == "f":
        return _read_on(scanned, source, begin, end, hoist)
    if first == '"' and before.kind in ("TEXT", "TEMPLATE") and before.text in ('""', 'f""'):
        return _triple_quotes(scanned, source, begin, end)
    if first == "/" and before.kind == "SLASH":
        scanned.tokens.pop()
        scanned.mistakes.append(_double_stroke(scanned.tokens, source, Span(before.start, at)))
        line_end = text.find("\n", at, end)
        return line_end if line_end >= 0 else end
    if first == "|" and before.kind == "VBAR":
        scanned.tokens.pop()
        scanned.mistakes.append(doubled_bar(text, Span(before.start, at)))
        return at
    if before.kind == "NAME" and begin - before.start == 64 and (text[begin].isalnum() or text[begin] == "_"):
        scanned.mistakes.append(Diagnostic(PROGRAM_TOO_LARGE, "a name has at most 64 characters", Span(before.start, at)))
        return at
    return None


def _double_stroke(tokens: list[Token], source: SourceFile, span: Span) -> Diagnostic:
    """`//`: a comment at the beginning of a line or behind a sign. Behind a term it may be meant as a division, and a fix that
    makes a comment of the divisor would change what is computed: no fix."""
    before = tokens[-1] if tokens else None
    if before is None or before.kind not in (*_ENDS_OF_TERMS, "NAME") or "\n" in source.text[before.end : span.start]:
        return instead("a comment starts with `#`", span, "#")
    hint = "for the whole quotient write `div(a, b)`; a comment starts with `#`"
    return Diagnostic(FOREIGN_HABIT, "there is no `//`", span, hint=hint)


def _triple_quotes(scanned: Tokens, source: SourceFile, begin: int, end: int) -> int:
    '''`"""text"""`: one pair of quotes is enough, since a text may span lines.'''
    opening = scanned.tokens.pop()
    closing = source.text.find('"""', begin + 1, end)
    if closing < 0:
        scanned.mistakes.append(Diagnostic(UNCLOSED_TEXT, "this text is not closed", Span(opening.start, begin + 1)))
        return end
    inner = source.text[begin + 1 : closing].replace('\\"', '"').replace('"', '\\"')
    span = Span(opening.start, closing + 3)
    written = opening.text[:-1] + inner + '"'
    scanned.mistakes.append(instead('a text has one `"` at each end; it may span lines', span, written))
    return closing + 3


def _too_long(span: Span) -> Diagnostic:
    return Diagnostic(PROGRAM_TOO_LARGE, f"the program has more than {MAX_TOKENS:,} tokens", span)


def _too_nested(span: Span) -> Diagnostic:
    message = f"brackets are nested deeper than {MAX_NESTING} levels here"
    return Diagnostic(NESTED_TOO_DEEP, message, span, hint="name an inner part with `let` or `def`")
