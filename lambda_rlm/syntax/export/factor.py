"""Rules made fit for a decoder: no left recursion, common beginnings shared, few steps from an expression to its first token.

Owns the changes of form that keep the language. They matter: a decoder that keeps a stack for each open alternative needs time
exponential in the nesting where two alternatives begin alike, and one that keeps a chart pays for every rule that could begin
at each place in each of two hundred thousand tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, TypeGuard

from lambda_rlm.syntax.export.ebnf import EMPTY, Alt, Ebnf, LexedText, Ref, Repeat, Seq, alt, repeat, rules_in, seq
from lambda_rlm.syntax.export.rules import START, Alternatives

Rules = dict[str, Ebnf]
_LIGHT: Final = 8


def factored(rules: Mapping[str, Alternatives]) -> Rules:
    """The same rules, each as one expression; those that are used once are where they are used."""
    opened = _with_units_opened(dict(rules))
    found = {name: _without_left_recursion(name, alternatives) for name, alternatives in opened.items()}
    return _inlined(found)


def _with_units_opened(rules: dict[str, Alternatives]) -> dict[str, Alternatives]:
    """Alternatives that begin with a rule whose alternatives are tokens, once for each of these."""
    is_changed = True
    while is_changed:
        is_changed = False
        for name, alternatives in rules.items():
            if _is_repetition(name, alternatives):
                continue
            new: Alternatives = []
            for alternative in alternatives:
                first = alternative[0]
                if isinstance(first, Ref) and first.rule != name and _is_flat(rules[first.rule]):
                    new += [(*begin, *alternative[1:]) for begin in rules[first.rule]]
                    is_changed = True
                else:
                    new.append(alternative)
            rules[name] = new
    return rules


def _is_flat(alternatives: Alternatives) -> bool:
    begins = all(isinstance(alternative[0], LexedText) for alternative in alternatives)
    return begins and any(len(alternative) == 1 for alternative in alternatives)


def _is_repetition(name: str, alternatives: Alternatives) -> bool:
    """A: B | A B."""
    longer = [alternative[1:] for alternative in alternatives if alternative[0] == Ref(name)]
    return bool(longer) and longer == [alternative for alternative in alternatives if alternative[0] != Ref(name)]


def _without_left_recursion(name: str, alternatives: Alternatives) -> Ebnf:
    """A: B | A t is B t*."""
    tails = [alternative[1:] for alternative in alternatives if alternative[0] == Ref(name)]
    base = _shared([alternative for alternative in alternatives if alternative[0] != Ref(name)])
    if not tails:
        return base
    tail = _shared(tails)
    return repeat(base, 1, None) if tail == base else seq([base, repeat(tail, 0, None)])


def _shared(alternatives: Alternatives) -> Ebnf:
    """A choice whose members begin in different ways."""
    groups: dict[Ebnf, Alternatives] = {}
    for alternative in alternatives:
        parts = _parts(seq(alternative))
        groups.setdefault(parts[0] if parts else EMPTY, []).append(parts[1:])
    alike: dict[Ebnf, list[Ebnf]] = {}
    for first, rests in groups.items():
        alike.setdefault(_shared(rests) if first != EMPTY else EMPTY, []).append(first)
    return alt(seq([begin, rest]) for rest, firsts in alike.items() for begin in _begins(firsts))


def _begins(firsts: list[Ebnf]) -> list[Ebnf]:
    """What is followed by the same: the tokens among it as one."""
    tokens = [first.part for first in firsts if isinstance(first, LexedText)]
    if len(tokens) < 2:
        return firsts
    return [_one_token(tokens), *(first for first in firsts if not isinstance(first, LexedText))]


def _one_token(parts: list[Ebnf]) -> LexedText:
    """Tokens that are alternatives are one token, the white space before them said once."""
    return LexedText(_shared([_parts(part) for part in parts]))


def _inlined(rules: Rules) -> Rules:
    """Rules that are used once, or are hardly more than their name, moved to where they are used."""
    while True:
        uses = Counter(rule for body in rules.values() for rule in rules_in(body))
        name = next(
            (
                name
                for name, body in rules.items()
                if name != START and name not in rules_in(body) and (uses[name] == 1 or _weight(body) <= _LIGHT)
            ),
            None,
        )
        if name is None:
            return {rule: body for rule, body in rules.items() if rule == START or uses[rule]}
        body = rules.pop(name)
        rules = {rule: _put(old, name, body) if name in rules_in(old) else old for rule, old in rules.items()}


def _weight(part: Ebnf) -> int:
    """How much there is to read in an expression."""
    match part:
        case Seq(parts) | Alt(parts):
            return sum(map(_weight, parts))
        case Repeat(inner, _, _):
            return _weight(inner)
    return 1


def _put(part: Ebnf, name: str, body: Ebnf) -> Ebnf:
    match part:
        case Ref(rule):
            return body if rule == name else part
        case Seq(parts):
            return _levelled(seq(_put(inner, name, body) for inner in parts))
        case Alt(parts):
            return alt(_put(inner, name, body) for inner in parts)
        case Repeat(inner, least, most):
            return repeat(_put(inner, name, body), least, most)
    return part


def _levelled(part: Ebnf) -> Ebnf:
    """Two levels of operators as one: t* (s t*)* is (t | s)*."""
    if not isinstance(part, Seq):
        return part
    parts = list(part.parts)
    at = 0
    while at + 1 < len(parts):
        tail, more = parts[at], parts[at + 1]
        if _is_any(tail) and _is_any(more) and isinstance(more.part, Seq) and more.part.parts[-1] == tail:
            parts[at : at + 2] = [repeat(_shared([_parts(tail.part), more.part.parts[:-1]]), 0, None)]
            at = 0
        else:
            at += 1
    return seq(parts)


def _is_any(part: Ebnf) -> TypeGuard[Repeat]:
    return isinstance(part, Repeat) and (part.least, part.most) == (0, None)


def _parts(part: Ebnf) -> tuple[Ebnf, ...]:
    return part.parts if isinstance(part, Seq) else (part,)
