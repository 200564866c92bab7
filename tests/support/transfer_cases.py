"""One library function applied, and a model asked about what comes out, so that every size of the result reaches a cost.

`case` draws a program for any `Primitive`, by its signature: arguments of drawn types and sizes, edge cases among them, and one of
the observations that its result type allows. Everything is drawn by one function that picks from a sequence, so that Hypothesis and
a seeded generator draw alike. A function whose parameters nothing here can draw raises `AssertionError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.rows import RowParameter, RowType, row_of
from lambda_rlm.types.show import show
from lambda_rlm.types.special import RESULTS_WITH
from lambda_rlm.types.type import INT, QUOTE, TEXT, Arrow, Con, Enum, Record, Type, list_of, option_of
from tests.support.row_matching import closed, variables
from tests.support.transfer_values import BY_NAME, BY_PARAMETER, MOST_INT, ROOM, ROW, SHOWN, TYPES, Pick, value, written

Scope = tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class TransferCase:
    """A program that applies a library function to inputs, and plain values of these; `at` is where the function is named."""

    primitive: P
    text: str
    at: int
    inputs: dict[str, Type]
    values: dict[str, Any]
    asked: Type | None = None
    """What the function asks the model for."""

    @property
    def applied(self) -> str:
        """The program that gives what the function gives."""
        return self.text.rpartition("\n")[0] + "\nanswer"

    def __repr__(self) -> str:
        written = "".join(f"# {name}: {show(self.inputs[name])} = {value!r}\n" for name, value in self.values.items())
        return f"\n{written}{self.text}\n"


def case(primitive: P, pick: Pick, asked: Type | None = None) -> TransferCase:
    """A function applied, and one observation of its result; `asked` is its type argument, where it has one."""
    row = row_of(primitive)
    known = {name: _type_of(name, row.constraints.get(name), pick) for name in sorted(variables(row))}
    if asked is not None:
        known["T"] = asked
    inputs: dict[str, Type] = {"query": TEXT, "context": TEXT}
    values: dict[str, Any] = {"query": "why?", "context": "x" * 4_000}
    arguments: list[str] = []
    result = row.result
    for parameter in row.parameters:
        if parameter.is_optional and pick((False, True)):
            continue
        if (primitive, parameter.name) in RESULTS_WITH:
            result = RowType("Float")
        type_ = closed(parameter.type, known)
        term = _literal(primitive, parameter, type_, pick)
        if term is None:
            name = f"a_{parameter.name}"
            inputs[name], values[name] = type_, value(type_, _pool(primitive, parameter, type_, known), pick)
            term = name
        arguments.append(f"{parameter.name}={term}" if parameter.is_optional else term)
    argument = f"[{show(known['T'])}]" if row.has_type_argument else ""
    answer = closed(result, known)
    observed = pick(observations(answer, "answer"))
    head = f"let answer: {show(answer)} = "
    text = f"{head}{primitive.value}{argument}({', '.join(arguments)});\n{observed}"
    if QUOTE in inputs.values():
        raise AssertionError(f"no quotes are drawn as inputs of {primitive}")
    return TransferCase(primitive, text, len(head), inputs, values, known.get("T") if row.asks_model else None)


def _type_of(name: str, constraint: str | None, pick: Pick) -> Type:
    if constraint == "Show":
        return pick(SHOWN)
    if constraint == "Ord":
        return pick((INT, TEXT))
    if constraint == "Seq":
        return pick(TYPES["s"])
    if constraint == "Num":
        return pick(TYPES["n"])
    if name not in TYPES:
        raise AssertionError(f"no types are drawn for the variable {name}")
    return pick(TYPES[name])


def _literal(primitive: P, parameter: RowParameter, type_: Type, pick: Pick) -> str | None:
    """An argument that is written in the program; None for one that is an input."""
    if isinstance(type_, Arrow):
        names = ("p", "q", "r")[: len(type_.parameters)]
        scope = tuple(zip(names, type_.parameters, strict=True))
        return f"fn({', '.join(names)}) => {pick(terms(type_.result, scope))}"
    if primitive is P.ITERATE and parameter.name == "max":
        return str(pick((0, 1, 2, 3, 5, 11, 80)))
    if type_ == QUOTE:
        # The adversary's longest reply is one letter again and again, which is a quote of this.
        return "llm_call[Quote](context)"
    if primitive is P.RLM_CALL and parameter.name == "query":
        return '"How often?"'
    if parameter.name == "or_else":
        return pick(terms(type_, (("query", TEXT),), asks=False))
    if parameter.name in ("n", "max", "start", "end") and pick((False, False, False, True)):
        return pick(("length(query)", "if length(query) > 3 then 2 else 9", "clamp(length(query), 1, 3)"))
    return None


def _pool(primitive: P, parameter: RowParameter, type_: Type, known: dict[str, Type]) -> tuple[Any, ...]:
    """Values to draw from; empty where the type says all."""
    if primitive is P.PARSE:
        return (*written(known["T"], ROOM), "x", "")
    own = BY_PARAMETER.get((primitive, parameter.name), ())
    if own and isinstance(own[0], tuple) == (type_ == list_of(TEXT)):
        return own
    pool = BY_NAME.get(parameter.name, ())
    return pool if pool and type_ in (TEXT, INT) and isinstance(pool[0], str) == (type_ == TEXT) else ()


def terms(type_: Type, scope: Scope, *, asks: bool = True) -> list[str]:
    """Terms of a type over some names, some of which ask a model."""
    found = [name for name, known in scope if known == type_]
    texts = [name for name, known in scope if known == TEXT]
    texts += [f"{name}.t" for name, known in scope if known == ROW]
    texts += [f'join({name}, "")' for name, known in scope if known == list_of(TEXT)]
    texts += [f'({name} ?? "né")' for name, known in scope if known == option_of(TEXT)]
    numbers = [name for name, known in scope if known == INT]
    numbers += [f"{name}.n" for name, known in scope if known == ROW]
    lengths = [f"length({name})" for name, known in scope if isinstance(known, Con) and known.name == "List"]
    lengths += [f"length({text})" for text in texts]
    match type_:
        case Con("Text"):
            found += [*texts, *(f'{text} ++ "€"' for text in texts), *(f"take({text}, 2)" for text in texts), '"é"']
            found += [f"to_text({number})" for number in numbers]
            found += [f"{a} ++ {b}" for a in texts[:1] for b in texts[1:]]
            found += [f"llm_call({text})" for text in texts] if asks else []
        case Con("Int"):
            found += [*numbers, *lengths, *(f"{number} + 1" for number in numbers), "7"]
            found += [f"llm_call[Int]({text})" for text in texts[:1]] if asks else []
        case Con("Bool"):
            found += ["true", "false", *(f"{length} > 1" for length in lengths), *(f"{number} > 1" for number in numbers)]
            found += [f"llm_call[Bool]({text})" for text in texts] if asks else []
        case Con("Float"):
            found += ["0.5", *(f"to_float({number})" for number in numbers)]
        case Con("List", (inner,)):
            parts = terms(inner, scope, asks=asks)
            found += [f"[{part}]" for part in parts[:3]] + [f"[{parts[0]}, {parts[-1]}, {parts[0]}]", "[]"]
            found += [f"chunk({text}, 2)" for text in texts] if inner == TEXT else []
        case Con("Option", (inner,)):
            found += [f"some({part})" for part in terms(inner, scope, asks=asks)[:4]] + ["none"]
        case Record(fields):
            options = [terms(field, scope, asks=asks) for _, field in fields]
            for at in (0, -1):
                found.append("{ " + ", ".join(f"{name}: {o[at]}" for (name, _), o in zip(fields, options, strict=True)) + " }")
        case Enum(labels):
            found += [f'"{label}"' for label in labels]
    if not found:
        raise AssertionError(f"no terms are drawn for {show(type_)}")
    return found


_MOST: Final = 90
"""Calls of one observation: numbers beyond it are looked at from their end."""


def observations(type_: Type, term: str) -> list[str]:
    """Terms that ask a model as often, or about as much, as one size of a value tells."""
    match type_:
        case Con("Text") | Enum():
            return [
                f"llm_call({term})",
                f"llm_call(take({term}, 3))",
                f"llm_call(take({term}, 1))",
                f"llm_call(drop({term}, 1))",
                _asked(f"{_MOST} - length({term})"),
            ]
        case Con("Int"):
            return [
                _asked(f"min({term}, {_MOST})"),
                _asked(f"{_MOST} - {term}"),
                _asked(f"max(0, {term} - {MOST_INT - _MOST})"),
                _asked(f"max(0, 0 - {MOST_INT - _MOST} - {term})"),
            ]
        case Con("Float"):
            return [_asked(f"min(floor({term}), {_MOST})"), _asked(f"{_MOST} - ceil({term})")]
        case Con("Bool"):
            return [_asked(f"if {term} then 2 else 3"), _asked(f"if {term} then 3 else 2")]
        case Con("Option", (inner,)):
            return [f"map_option({term}, fn(o) => {seen})" for seen in observations(inner, "o")]
        case Record(fields):
            return [seen for name, field in fields for seen in observations(field, f"{term}.{name}")]
        case Con("List", (inner,)):
            found = [_asked(f"min(length({term}), {_MOST})"), _asked(f"{_MOST} - length({term})")]
            if inner == TEXT:
                found.append(f'llm_call(join({term}, ""))')
                found.append(f'llm_call(join(map({term}, fn(e) => take(e, 1)), ""))')
            if inner == INT:
                found.append(_asked(f"min(sum({term}), {_MOST})"))
            if isinstance(inner, Con) and inner.name == "List":
                found += observations(inner, f"concat({term})")
            numbered = f"enumerate({term})"
            found += [f"map({numbered}, fn(e) => {seen})" for seen in observations(inner, "e.value")]
            found += [f"map_option(first({term}), fn(e) => {seen})" for seen in observations(inner, "e")]
            found += [f"map_option(last({term}), fn(e) => {seen})" for seen in observations(inner, "e")]
            return found
        case Con("Quote"):
            return [f'llm_call(f"{{{term}}}")']
    raise AssertionError(f"no observation of {show(type_)}")


def _asked(count: str) -> str:
    return f'llm_samples("n", {count})'
