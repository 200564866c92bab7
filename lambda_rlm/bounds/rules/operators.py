"""The rules for operators: what they do to sizes, and which operands they compute.

Owns `infix`, `prefix` and the arithmetic of limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractResult,
    AbstractText,
    text_of,
)
from lambda_rlm.bounds.domain.guards import Environment, GuardedBranch, Place, place_of
from lambda_rlm.bounds.domain.joining import join, join_lists
from lambda_rlm.bounds.domain.makeup import put_together
from lambda_rlm.bounds.domain.size import LARGEST, UNLIMITED, ZERO, SizeBound, largest, less, size_of, times
from lambda_rlm.bounds.transfer.numbers import divide, magnitude
from lambda_rlm.syntax import term as t


def infix(analysis: Analysis, term: t.Infix, env: Environment) -> AbstractResult:
    first, rest = term.first, term.rest
    operator = rest[0][0]
    if operator in ("and", "or"):
        return _connective(analysis, operator == "and", (first, *(term for _, term in rest)), env)
    if operator == "??":
        return _coalescing(analysis, (first, *(term for _, term in rest)), env)
    value, chain = analysis.sized(first, env)
    chains = [chain]
    operands = [(place_of(first), _extent(value))]
    for op, operand in rest:
        right, chain = analysis.sized(operand, env)
        chains.append(chain)
        operands.append((place_of(operand), _extent(right)))
        value = _operated(op, value, right)
    return AbstractResult(_narrowed(analysis, value, operands) if operator == "++" else value, largest(chains))


def prefix(analysis: Analysis, term: t.Prefix, env: Environment) -> AbstractResult:
    value, chain = analysis.sized(term.term, env)
    if term.operator == "not":
        holds = value.value if isinstance(value, AbstractBool) else None
        return AbstractResult(AbstractBool(None if holds is None else not holds), chain)
    assert isinstance(value, AbstractNumber)
    return AbstractResult(_negated(value), chain)


def _extent(value: Abstract) -> SizeBound:
    """The length of a text or a list."""
    match value:
        case AbstractText(chars=size) | AbstractList(length=size):
            return size
        case _:
            return UNLIMITED


def _narrowed(analysis: Analysis, value: Abstract, operands: Sequence[tuple[Place | None, SizeBound]]) -> Abstract:
    """What `++` gives, held against what is known of the operands together."""
    match value:
        case AbstractText(chars, bytes_, width, low, beyond, made):
            return text_of(analysis.narrowed(chars, operands), width, low, bytes_, beyond, made=made)
        case AbstractList(length, element, owner, low):
            return AbstractList(analysis.narrowed(length, operands), element, owner, low)
        case _:
            return value


def _operated(op: str, a: Abstract, b: Abstract) -> Abstract:
    match a, b:
        case (AbstractText(), AbstractText()) if op == "++":
            made = put_together((a, b))
            width, low = max(a.width, b.width), a.low + b.low
            return text_of(a.chars + b.chars, width, low, a.bytes + b.bytes, a.wide + b.wide, made=made)
        case (AbstractList(), AbstractList()) if op == "++":
            return join_lists(a, b, a.length + b.length, a.low + b.low, is_both=True)
        case AbstractNumber(), AbstractNumber():
            return arithmetic(op, a, b)
        case _:
            return EITHER


def _connective(analysis: Analysis, is_and: bool, terms: tuple[t.Term, ...], env: Environment) -> AbstractResult:
    """Each operand is computed only where those before it leave the matter open."""
    branch = GuardedBranch(env, analysis.facts)
    chain, value = ZERO, AbstractBool(is_and)
    saved = analysis.facts
    for term in terms:
        analysis.facts = branch.facts
        right, right_chain = analysis.sized(term, branch.env)
        chain = chain + right_chain
        known = right.value if isinstance(right, AbstractBool) else None
        if known is (not is_and):
            value = AbstractBool(not is_and if value.value is is_and else None)
            break
        if known is None:
            value = EITHER
        branch = analysis.guard.refined(term, is_and, branch)
    analysis.facts = saved
    return AbstractResult(value, chain)


def _coalescing(analysis: Analysis, terms: tuple[t.Term, ...], env: Environment) -> AbstractResult:
    """`a ?? b ?? c` groups to the right: every operand but the last is an Option."""
    values: list[Abstract] = []
    chain = ZERO
    for term in terms:
        value, own = analysis.sized(term, env)
        chain = chain + own
        values.append(value)
    result = values[-1]
    for value in reversed(values[:-1]):
        if isinstance(value, AbstractOption) and value.inner is not None:
            result = join(value.inner, result)
    return AbstractResult(result, chain)


def arithmetic(op: str, a: AbstractNumber, b: AbstractNumber) -> Abstract:
    """The limits of `a op b`; numbers that would grow long are replaced by what is surely below them."""
    result = _arithmetic(op, a, b)
    if not isinstance(result, AbstractNumber):
        return result
    low = result.low if abs(result.low) <= LARGEST else LARGEST if result.low > 0 else -math.inf
    return AbstractNumber(low, result.high, a.is_int and b.is_int and op != "/")


def _arithmetic(op: str, a: AbstractNumber, b: AbstractNumber) -> Abstract:
    match op:
        case "+":
            return AbstractNumber(a.low + b.low, a.high + b.high)
        case "-":
            return _difference(a, b)
        case "*":
            if a.low >= 0 and b.low >= 0:
                return AbstractNumber(a.low * b.low if a.low and b.low else 0, times(a.high, b.high))
            bound = times(magnitude(a), magnitude(b))
            return AbstractNumber(-bound.value, bound)
        case "/":
            return divide(a, b)
        case "%":
            return AbstractNumber(0 if b.low > 0 else -magnitude(b).value, magnitude(b))
        case "<" | "<=":
            return _below(a, b, op == "<=")
        case ">" | ">=":
            return _below(b, a, op == ">=")
        case _:
            return EITHER


def _below(a: AbstractNumber, b: AbstractNumber, is_equal_enough: bool) -> AbstractBool:
    """a < b, or a ≤ b, where the limits decide it."""
    if a.high.value < b.low or (is_equal_enough and a.high.value == b.low):
        return AbstractBool(True)
    if a.low > b.high.value or (not is_equal_enough and a.low == b.high.value):
        return AbstractBool(False)
    return EITHER


def _difference(a: AbstractNumber, b: AbstractNumber) -> AbstractNumber:
    low = a.low - b.high.value if b.high.value != float("inf") else -float("inf")
    if b.low <= 0:
        grown = a.high if b.low == 0 else a.high + size_of(-b.low)
        return AbstractNumber(low, grown)
    rest = less(a.high, size_of(math.floor(b.low))) if b.low != math.inf else ZERO
    if rest is None and a.high.is_constant:
        rest = size_of(a.high.value - b.low)
    return AbstractNumber(low, a.high if rest is None else rest)


def _negated(value: AbstractNumber) -> AbstractNumber:
    high = value.high.value
    return AbstractNumber(
        -high if high else 0, size_of(max(0, -value.low)) if value.low != -float("inf") else UNLIMITED, value.is_int
    )
