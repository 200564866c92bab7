"""The grammar's rules for a decoder that has no lexer of the parser's kind: white space written out, words kept apart.

Owns the step from the parse table to rules over characters. A rule comes in as many copies as the places it is in differ:
after a word, where another word needs white space before it, and in a template's hole, where only some characters may stand.
Promises that the rules accept what the parser accepts, save what no grammar can say: numbers that do not fit, fields named
twice, and the caps. Refuses a grammar in which it could not tell where white space is needed.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.syntax.export.ebnf import (
    EMPTY,
    Chars,
    Ebnf,
    LexedText,
    NamedPart,
    Ref,
    Repeat,
    Seq,
    alt,
    complement,
    optional,
    repeat,
    restricted,
    rules_in,
    seq,
    text,
)
from lambda_rlm.syntax.export.ends import Ends
from lambda_rlm.syntax.export.names import names_without
from lambda_rlm.syntax.export.regex import expression
from lambda_rlm.syntax.grammar.table import ParseTable
from lambda_rlm.syntax.keywords import INFIX_WORDS
from lambda_rlm.syntax.mistakes.slips import FOREIGN_WORDS

Alternatives = list[tuple[Ebnf, ...]]
START: Final = "start"
_IGNORED: Final = ("WHITE_SPACE", "COMMENT")
_VALUE_NAME: Final = "VALUE_NAME"
_WRITTEN_ONCE: Final = ("TEXT", "RAW_TEXT")
_OPEN, _CLOSE = text("{"), text("}")


@dataclass(frozen=True, slots=True)
class SymbolPlace:
    """A rule or terminal and where it stands: `after_word` is None where what is before may end with a word or not."""

    symbol: str
    after_word: bool | None = False
    in_hole: bool = False

    @property
    def name(self) -> str:
        suffix = {False: "", True: "_after_word", None: "_after_any"}[self.after_word]
        return self.symbol.strip("_") + suffix + ("_in_hole" if self.in_hole else "")


def rules_over_characters(table: ParseTable) -> dict[str, Alternatives]:
    """The rules of a whole program, the first of them `start`."""
    writer = _Writer(table)
    first = SymbolPlace("program")
    rules: dict[str, Alternatives] = {START: [(Ref(first.name),), (Ref(first.name), writer.ending())]}
    todo, seen = [first], {first}
    for place in todo:
        rules[place.name] = writer.alternatives(place)
        fresh = dict.fromkeys(found for found in writer.named if found not in seen)
        writer.named.clear()
        seen |= fresh.keys()
        todo += fresh
    return rules


class _Writer:
    def __init__(self, table: ParseTable) -> None:
        self.named: list[SymbolPlace] = []
        self._rules: dict[str, list[tuple[str, ...]]] = {}
        for rule in table.rules:
            right = tuple(_VALUE_NAME if rule.origin == "name" and s == "NAME" else s for s in rule.symbols)
            self._rules.setdefault(rule.origin, []).append(right)
        self._terminals = _terminals(table)
        self._infix = {name for word, name in table.keywords.items() if word in INFIX_WORDS}
        self._ends = Ends(self._rules, self._terminals)
        hole = _hole_in(expression(table.patterns["TEMPLATE"]))
        assert hole is not None
        self._forbidden = complement(hole)
        space, comment = (expression(table.patterns[name]) for name in _IGNORED)
        self._comment = comment
        gap = {in_hole: self._gap(space, comment, in_hole) for in_hole in (False, True)}
        self._spaces = {
            (in_hole, least): NamedPart(
                f"{'SPACE' if least else 'ANY_SPACE'}{'_IN_HOLE' if in_hole else ''}", repeat(gap[in_hole], least, None)
            )
            for in_hole in (False, True)
            for least in (0, 1)
        }
        self._possible = self._possible_in_hole()

    def alternatives(self, place: SymbolPlace) -> Alternatives:
        """The right sides of a rule at a place."""
        return [
            self._sequence(right, place)
            for right in self._rules[place.symbol]
            if not place.in_hole or all(symbol in self._possible for symbol in right)
        ]

    def ending(self) -> Ebnf:
        """White space and a comment after the program."""
        return LexedText(alt([seq([self._spaces[False, 1], optional(self._comment)]), self._comment]))

    def _sequence(self, right: tuple[str, ...], place: SymbolPlace) -> tuple[Ebnf, ...]:
        out: list[Ebnf] = []
        after = place.after_word
        for symbol in right:
            here = SymbolPlace(symbol, after if self._ends.begins_with_word(symbol) else False, place.in_hole)
            if symbol in self._rules:
                self._refuse_unclear(here)
                self.named.append(here)
                out.append(Ref(here.name))
            else:
                out += self._token(here)
            after = self._ends.ends_with_word(symbol)
        return tuple(out)

    def _token(self, here: SymbolPlace) -> list[Ebnf]:
        """A terminal with the white space before it; in as few pieces as can be, since each costs a decoder time."""
        if here.after_word is None and here.symbol not in self._infix:
            raise ValueError(f"whether {here.symbol} needs white space before it cannot be told")
        if here.symbol == "TEMPLATE":
            return self._template(self._spaced(here, self._terminals["TEMPLATE"]))
        written = self._terminals[here.symbol]
        if here.in_hole:
            allowed = restricted(written, self._forbidden)
            assert allowed is not None
            written = allowed
        shorter = next((name for name, whole in self._terminals.items() if _is_begun_by(written, whole)), None)
        if shorter is None:
            return [LexedText(self._spaced(here, written))]
        assert isinstance(written, Seq)
        # A lexer that has read `1.` may not go back to `1` and a point: what may follow a number is a token of its own.
        return [LexedText(self._spaced(here, written.parts[0])), LexedText(seq(written.parts[1:]))]

    def _spaced(self, here: SymbolPlace, written: Ebnf) -> Ebnf:
        return seq([self._spaces[here.in_hole, 0 if here.after_word is False else 1], written])

    def _template(self, written: Ebnf) -> list[Ebnf]:
        hole = SymbolPlace("hole", in_hole=True)
        self.named.append(hole)
        closed = seq([self._spaces[True, 0], _CLOSE])
        return [_in_tokens(_with_hole(written, seq([_OPEN, Ref(hole.name), closed])))]

    def _refuse_unclear(self, here: SymbolPlace) -> None:
        unclear = self._ends.first_words(here.symbol) - self._infix
        if here.after_word is None and unclear:
            raise ValueError(f"whether {sorted(unclear)} need white space before them in {here.symbol} cannot be told")

    def _gap(self, space: Ebnf, comment: Ebnf, in_hole: bool) -> Ebnf:
        """White space of one character, or of one line end, or a comment with the end of its line."""
        assert isinstance(space, Repeat)
        line_ends = alt([text("\n"), text("\r\n")])
        both = alt([space.part, seq([comment, line_ends])])
        allowed = restricted(both, self._forbidden) if in_hole else both
        assert allowed is not None
        return allowed

    def _possible_in_hole(self) -> set[str]:
        """The symbols that stand for texts without a forbidden character."""
        possible = {name for name, written in self._terminals.items() if restricted(written, self._forbidden) is not None}
        while more := {
            origin
            for origin, rights in self._rules.items()
            if origin not in possible and any(possible.issuperset(right) for right in rights)
        }:
            possible |= more
        return possible


def _terminals(table: ParseTable) -> dict[str, Ebnf]:
    """What the terminals stand for: names without the keywords, and, where a value is named, without other languages' words."""
    terminals = {name: expression(pattern) for name, pattern in table.patterns.items() if name not in _IGNORED}
    terminals |= {name: text(word) for word, name in table.keywords.items()}
    pattern = terminals["NAME"]
    terminals["NAME"] = NamedPart("NAME", names_without(pattern, table.keywords))
    terminals[_VALUE_NAME] = NamedPart(_VALUE_NAME, names_without(pattern, (*table.keywords, *FOREIGN_WORDS)))
    return terminals | {name: NamedPart(name, terminals[name]) for name in _WRITTEN_ONCE if name in terminals}


def _is_begun_by(written: Ebnf, whole: Ebnf) -> bool:
    return isinstance(written, Seq) and isinstance(whole, Repeat) and written.parts[0] == whole


def _hole_in(part: Ebnf) -> Chars | None:
    """The characters that a hole may be made of."""
    if isinstance(part, Seq):
        for opening, inside, closing in zip(part.parts, part.parts[1:], part.parts[2:], strict=False):
            if (opening, closing) == (_OPEN, _CLOSE) and isinstance(inside, Repeat) and isinstance(inside.part, Chars):
                return inside.part
    return next((hole for inner in _inner(part) if (hole := _hole_in(inner)) is not None), None)


def _with_hole(part: Ebnf, hole: Ebnf) -> Ebnf:
    """The expression with a rule where any text between braces stood."""
    match part:
        case Seq((*before, opening, Repeat(Chars(), _, _), closing)) if (opening, closing) == (_OPEN, _CLOSE):
            return seq([*(_with_hole(inner, hole) for inner in before), hole])
        case Seq((*before, last)):
            return seq([_with_hole(seq(before), hole), _with_hole(last, hole)])
        case Repeat(inner, least, most):
            return repeat(_with_hole(inner, hole), least, most)
    inner_parts = _inner(part)
    return alt(_with_hole(inner, hole) for inner in inner_parts) if inner_parts else part


def _inner(part: Ebnf) -> tuple[Ebnf, ...]:
    match part:
        case Chars() | Ref() | NamedPart():
            return ()
        case Repeat(inner, _, _) | LexedText(inner):
            return (inner,)
    return part.parts


def _in_tokens(part: Ebnf) -> Ebnf:
    """The expression with every longest stretch without a rule as a token."""
    if not rules_in(part):
        return _as_token(part)
    match part:
        case Seq(parts):
            out: list[Ebnf] = []
            stretch: list[Ebnf] = []
            for inner in parts:
                if rules_in(inner):
                    out += [_as_token(seq(stretch)), _in_tokens(inner)]
                    stretch = []
                else:
                    stretch.append(inner)
            return seq([*out, _as_token(seq(stretch))])
        case Repeat(inner, least, most):
            return repeat(_in_tokens(inner), least, most)
    inner_parts = _inner(part)
    return alt(map(_in_tokens, inner_parts)) if inner_parts else part


def _as_token(part: Ebnf) -> Ebnf:
    """A token is never the empty text."""
    if isinstance(part, Repeat) and part.least == 0:
        return optional(LexedText(repeat(part.part, 1, part.most)))
    return EMPTY if part == EMPTY else LexedText(part)
