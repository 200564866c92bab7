"""The rules for data: literals, `auto`, templates, lists, records and their fields."""

from __future__ import annotations

from lambda_rlm.bounds.analysis import Analysis
from lambda_rlm.bounds.domain.abstract import (
    EMPTY_LIST,
    NONE,
    OPAQUE,
    AbstractBool,
    AbstractList,
    AbstractRecord,
    AbstractResult,
    AbstractText,
    number,
    text_of,
)
from lambda_rlm.bounds.domain.guards import Environment, Place, place_of
from lambda_rlm.bounds.domain.joining import join_lists
from lambda_rlm.bounds.domain.makeup import literal_text, put_together
from lambda_rlm.bounds.domain.size import ONE, ZERO, SizeBound, largest
from lambda_rlm.bounds.domain.totals import fresh
from lambda_rlm.bounds.transfer.texts import shown_chars
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.syntax import term as t
from lambda_rlm.types.type import INT


def number_literal(analysis: Analysis, literal: t.IntLit | t.FloatLit, env: Environment) -> AbstractResult:
    return AbstractResult(number(literal.value, literal.value, is_int=analysis.typed.types.get(id(literal)) == INT))


def bool_literal(analysis: Analysis, literal: t.BoolLit, env: Environment) -> AbstractResult:
    return AbstractResult(AbstractBool(literal.value))


def text_literal(analysis: Analysis, literal: t.TextLit, env: Environment) -> AbstractResult:
    return AbstractResult(literal_text(literal.value, analysis.rates.vocabulary))


def none_literal(analysis: Analysis, literal: t.NoneLit, env: Environment) -> AbstractResult:
    return AbstractResult(NONE)


def auto(analysis: Analysis, term: t.Auto, env: Environment) -> AbstractResult:
    """The number that the planner has chosen."""
    chosen = analysis.autos[id(term)]
    return AbstractResult(number(chosen, chosen, is_int=True))


def template(analysis: Analysis, term: t.Template, env: Environment) -> AbstractResult:
    """A rope: the holes are computed at once, nothing is copied."""
    chars, bytes_, beyond, width, low, chains = ZERO, ZERO, ZERO, 1, 0.0, [ZERO]
    widest: tuple[SizeBound, Span] | None = None
    operands: list[tuple[Place | None, SizeBound]] = []
    together: list[AbstractText] = []
    for part in term.parts:
        if isinstance(part, str):
            shown = literal_text(part, analysis.rates.vocabulary)
        else:
            value, chain = analysis.sized(part, env)
            chains.append(chain)
            shown = shown_chars(value)
            if widest is None or shown.chars.value > widest[0].value:
                widest = shown.chars, part.span
        together.append(shown)
        operands.append((None if isinstance(part, str) else place_of(part), shown.chars))
        chars, bytes_, beyond = chars + shown.chars, bytes_ + shown.bytes, beyond + shown.wide
        width, low = max(width, shown.width), low + shown.low
    made = put_together(together)
    text = text_of(analysis.narrowed(chars, operands), width, low, bytes_, beyond, made=made)
    if widest is not None:
        analysis.holes[id(text)] = (text, widest[1], widest[0])
    return AbstractResult(text, largest(chains))


def list_(analysis: Analysis, term: t.ListLit, env: Environment) -> AbstractResult:
    outcomes = [analysis.sized(item, env) for item in term.items]
    value = EMPTY_LIST
    for outcome in outcomes:
        one = AbstractList(ONE, outcome.value, fresh(), 1)
        value = join_lists(value, one, value.length + ONE, value.low + 1, is_both=True)
    return AbstractResult(value, largest(outcome.chain for outcome in outcomes))


def record(analysis: Analysis, term: t.RecordLit, env: Environment) -> AbstractResult:
    """Its fields in the order of their names."""
    outcomes = {field.name: analysis.term(field.value, env) for field in term.fields}
    fields = tuple((name, outcomes[name].value) for name in sorted(outcomes))
    return AbstractResult(AbstractRecord(fields), largest(outcome.chain for outcome in outcomes.values()))


def select(analysis: Analysis, term: t.Select, env: Environment) -> AbstractResult:
    """A field of a record; of a value whose type stays open nothing is known."""
    value, chain = analysis.sized(term.record, env)
    return AbstractResult(value.field(term.field) if isinstance(value, AbstractRecord) else OPAQUE, chain)
