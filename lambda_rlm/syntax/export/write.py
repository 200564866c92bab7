"""Rules written down: as a grammar in llguidance's dialect of Lark, and as GBNF.

Owns the two notations. Promises that every character which means something in one of them is escaped, control characters
always: a raw NUL ends a grammar for a decoder written in C, without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.syntax.export.ebnf import (
    LAST_CHARACTER,
    Alt,
    Chars,
    Ebnf,
    LexedText,
    NamedPart,
    Ref,
    Repeat,
    Seq,
    complement,
    seq,
    without,
)

_MEANT: Final = r"\/.^$|?*+()[]{}"
"""Signs that mean something in a regular expression; others are not escaped, since `\\<` is no `<` in some dialects."""

_NUMBER_GOES_ON: Final = late_pattern(r"\\x[0-9A-F]{2}[0-9A-Fa-f]")
"""One reader takes two digits, another all that follow."""

_TIMES: Final = {(0, 1): "?", (0, None): "*", (1, None): "+"}


def lark(rules: Mapping[str, Ebnf]) -> str:
    """Rules and terminals in Lark's syntax; white space is part of the terminals, and nothing is ignored. How many tokens one
    may have at most is an attribute of a rule around it, which llguidance knows alone."""
    terminals = _Terminals(_lark_terminal, "T{}".format)
    limits: dict[str, str] = {}

    def name(token: LexedText) -> str:
        written = terminals.name(token)
        if token.most is None:
            return written
        limits[f"{written.lower()}[max_tokens={token.most}]"] = written
        return written.lower()

    lines = [f"{rule}: {_rule(body, name, str)}" for rule, body in rules.items()]
    shared = {name: f"/{_regex(part)}/" for body in rules.values() for name, part in _named_in(body)}
    return "\n".join([*lines, *(f"{name}: {written}" for name, written in (limits | terminals.all | shared).items())]) + "\n"


def gbnf(rules: Mapping[str, Ebnf]) -> str:
    """Rules in GBNF, from `root`."""
    terminals = _Terminals(lambda part: _rule(part, _no_token, _dashed), "t{}".format)
    lines = [f"{_dashed(name)} ::= {_rule(body, terminals.name, _dashed)}" for name, body in rules.items()]
    lines[0] = lines[0].replace("start ", "root ", 1)
    shared = {_dashed(name): _rule(part, _no_token, _dashed) for body in rules.values() for name, part in _named_in(body)}
    return "\n".join([*lines, *(f"{name} ::= {written}" for name, written in (terminals.all | shared).items())]) + "\n"


class _Terminals:
    """Names for tokens; those that are written alike share one."""

    def __init__(self, write: Callable[[Ebnf], str], label: Callable[[int], str]) -> None:
        self._names: dict[str, str] = {}
        self._write = write
        self._label = label

    @property
    def all(self) -> dict[str, str]:
        return {name: written for written, name in self._names.items()}

    def name(self, token: LexedText) -> str:
        return self._names.setdefault(self._write(token.part), self._label(len(self._names)))


def _named_in(part: Ebnf) -> Iterator[tuple[str, Ebnf]]:
    match part:
        case NamedPart(name, inner):
            yield name, inner
        case Seq(parts) | Alt(parts):
            for inner in parts:
                yield from _named_in(inner)
        case Repeat(inner, _, _) | LexedText(inner):
            yield from _named_in(inner)


def _has_name(part: Ebnf) -> bool:
    return any(True for _ in _named_in(part))


def _lark_terminal(part: Ebnf) -> str:
    """A terminal over others: stretches without a name are one regular expression."""
    match part:
        case NamedPart(name, _):
            return name
        case Seq(parts) if _has_name(part):
            return " ".join(
                _lark_terminal(inner) if isinstance(inner, NamedPart) else _grouped(inner) for inner in _runs(parts)
            )
        case Alt(parts) if _has_name(part):
            return " | ".join(map(_lark_terminal, parts))
        case Repeat(inner, 0, 1) if _has_name(part):
            return f"({_lark_terminal(inner)})?"
    return f"/{_regex(part)}/"


def _grouped(part: Ebnf) -> str:
    written = _lark_terminal(part)
    return f"({written})" if isinstance(part, Alt) and _has_name(part) else written


def _runs(parts: tuple[Ebnf, ...]) -> Iterator[Ebnf]:
    """The parts of a sequence, neighbours without a name as one."""
    run: list[Ebnf] = []
    for part in parts:
        if _has_name(part):
            if run:
                yield seq(run)
            run = []
            yield part
        else:
            run.append(part)
    if run:
        yield seq(run)


def _no_token(token: LexedText) -> str:
    raise ValueError(f"a token in a token: {token}")


def _dashed(rule: str) -> str:
    return rule.replace("_", "-").lower()


def _rule(part: Ebnf, token: Callable[[LexedText], str], name: Callable[[str], str], *, is_inner: bool = False) -> str:
    """An expression; both notations share it but for the tokens."""
    match part:
        case Ref(rule) | NamedPart(rule, _):
            return name(rule)
        case LexedText():
            return token(part)
        case Chars(((low, high),)) if low == high:
            return _gbnf_text(chr(low))
        case Chars():
            return _gbnf_class(part)
        case Repeat(inner, least, most):
            written = _rule(inner, token, name, is_inner=True)
            return written + (_TIMES.get((least, most)) or _times(least, most))
        case Seq(parts):
            written = " ".join(_joined(parts, token, name))
        case Alt(parts):
            written = " | ".join(_rule(inner, token, name) for inner in parts)
    return f"({written})" if is_inner else written


def _joined(parts: tuple[Ebnf, ...], token: Callable[[LexedText], str], name: Callable[[str], str]) -> list[str]:
    """The parts of a sequence, neighbouring characters as one text."""
    out: list[str] = []
    for part in parts:
        written = _rule(part, token, name, is_inner=True)
        is_text = isinstance(part, Chars) and written.startswith('"')
        if is_text and out and out[-1].startswith('"') and out[-1].endswith('"'):
            out[-1] = out[-1][:-1] + written[1:]
        else:
            out.append(written)
    return out


def _gbnf_text(character: str) -> str:
    return '"' + (f"\\{character}" if character in '"\\' else _shortly(character)) + '"'


def _gbnf_class(part: Chars) -> str:
    """A class; a lone `-` is beside it, since each reader has a rule of its own for it within."""
    minus = Chars(((ord("-"), ord("-")),))
    if minus.ranges[0] in part.ranges:
        return f'("-" | {_gbnf_class(without(part, minus))})'
    written = _class(part, lambda sign: f"\\{sign}" if sign in "\\[]" else _shortly(sign))
    if _NUMBER_GOES_ON.search(written):
        raise ValueError(f"readers would differ on where a number ends: {written}")
    return written


def _shortly(character: str) -> str:
    """Line ends and tabs by their short names, others by number."""
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character) or _hex(character)


def _class(part: Chars, escape: Callable[[str], str]) -> str:
    """A class, negated where that is shorter; the halves of surrogate pairs are never named."""
    is_negated = part.ranges[-1][1] == LAST_CHARACTER
    ranges = complement(part).ranges if is_negated else part.ranges
    spans = "".join(escape(chr(low)) + ("" if low == high else "-" + escape(chr(high))) for low, high in ranges)
    return f"[{'^' if is_negated else ''}{spans}]"


def _times(least: int, most: int | None) -> str:
    return f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"


def _hex(character: str) -> str:
    return character if character.isprintable() and character.isascii() else _number(ord(character))


def _hex_of_sign(character: str) -> str:
    return character if character.isalnum() and character.isascii() else _number(ord(character))


def _number(code: int) -> str:
    """The three forms that every reader knows, each of a fixed length."""
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _regex(part: Ebnf, *, is_inner: bool = False) -> str:
    match part:
        case Chars(((low, high),)) if low == high:
            character = chr(low)
            return f"\\{character}" if character in _MEANT else _hex(character)
        case Chars():
            return _class(part, _hex_of_sign)
        case Repeat(inner, least, most):
            return _regex(inner, is_inner=True) + (_TIMES.get((least, most)) or _times(least, most))
        case Seq(parts):
            written = "".join(f"(?:{_regex(i)})" if isinstance(i, Alt) else _regex(i) for i in parts)
        case Alt(parts):
            written = "|".join(map(_regex, parts))
        case _:
            raise ValueError(f"a rule in a token: {part}")
    return f"(?:{written})" if is_inner else written
