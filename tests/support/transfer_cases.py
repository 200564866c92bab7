"""One library function applied, and a model asked about what comes out, so that every size of the result reaches a cost.

`case` draws a program for any `Primitive`, by its signature: arguments of drawn types and sizes, edge cases among them, and one of
the observations that its result type allows. Everything is drawn by one function that picks from a sequence, so that Hypothesis and
a seeded generator draw alike. A function whose parameters nothing here can draw raises `AssertionError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.rows import RowParameter, row_of
from lambda_rlm.types.show import show
from lambda_rlm.types.type import BOOL, FLOAT, INT, QUOTE, TEXT, Arrow, Con, Enum, Record, Type, list_of, option_of, record_of
from tests.support.row_matching import closed, variables

Pick = Callable[[Sequence[Any]], Any]
Scope = tuple[tuple[str, Type], ...]

YES_NO: Final = Enum(("no", "yes"))
WIDE: Final = Enum(("no", "𝄞𝄞𝄞𝄞"))
ROW: Final = record_of(n=INT, t=TEXT)
MOST_INT: Final = 2**63 - 1

TYPES: Final[dict[str, tuple[Type, ...]]] = {
    "s": (TEXT, list_of(TEXT)),
    "n": (INT, FLOAT),
    "k": (INT, TEXT),
    "T": (
        TEXT,
        INT,
        list_of(TEXT),
        record_of(a=TEXT, b=list_of(INT)),
        option_of(TEXT),
        WIDE,
        BOOL,
        FLOAT,
        list_of(list_of(TEXT)),
    ),
    "a": (TEXT, INT, ROW, list_of(TEXT), option_of(TEXT)),
    "b": (TEXT, INT, list_of(TEXT), ROW),
}
SHOWN: Final[tuple[Type, ...]] = (TEXT, INT, FLOAT, YES_NO, BOOL)

TEXTS: Final = (
    "a", "", "ab", "\x00" * 12, "Ⱥ" * 9, "a b c d e f g", "abcdefghijklmnopqrstuvwxyz", "€€€€€€€", "ﬃﬃﬃﬃﬃ", "ΐΐΐΐΐΐ", "𝄞𝄞𝄞aaaaaaaa", "a€a€a€a€",
    "€€€aaaaaaaaaaaaaaaaaa", "a\n\nb\n\nc\n\nd", "x,y,,z,", "\n\n\n\n\n\n", "\x01" * 12, "a" * 60, "aaaaaaaaaaaaaaaa aaa", "one two\nthree\r\nfour",
    "𝄞" * 21, "aaaaaaaaaa€", " aaaa ", "b" * 33 + "€€", "İİİİİİİİ",
    "€" * 40, "𝄞aaaaaaa", "€aaaaaaaaaaaa", "ﬃ" * 20, "a" * 30 + " " + "a" * 29, "\x01" * 40, "a " * 20,
)  # fmt: skip
"""Empty, narrow, wide, mixed, and such as grow when they are changed."""

LISTS: Final = (
    ("a", "bb", "ccc"), (), ("",), ("a" * 40, "b", "c"), ("€€€", "𝄞", "é", "a"), tuple("abcdefghijkl"), ("x", "x", "x", "y"),
    ("a" * 9, "b" * 9, "c" * 9, "d" * 9), ("€€aaaa", "€€bbbb", "€€cccc"), ("a b", "b c", "c d", "d a"), ("", "", "a" * 20),
    tuple(f"{i:02}" for i in range(24)), ("ab\ncd\nef",), ("𝄞" * 12, "𝄞" * 11), ("€aaaaaa", "€bbbbb", "€cccc"), ("€" * 30,), ("€aaa", "bbb"), ("x" * 30, "y" * 30),
)  # fmt: skip
INTS: Final = (0, 1, 2, 3, 5, 8, 20, 12, 40, -1, -20, 100)
FLOATS: Final = (0.0, 0.5, 2.0, 7.0, -3.0, 20.0, -0.25, 40.0)
INT_LISTS: Final = (
    (1, 2, 3),
    (),
    (0,),
    (20, 1, 1),
    (7, 7, 7, 7),
    (-5, 5),
    (12, 30),
    (-20, -1),
    tuple(range(12)),
    (40,),
    (33,),
    (30, 30),
)

BY_NAME: Final[dict[str, tuple[Any, ...]]] = {
    "regex": ("a", ".", "", "^", "(a)(b)?", "[a-z]+", "(?s)(.+)", "()", "(?s).+", "(.)(.)?", "(€+)", "^.", "\\n"),
    "part": ("a", "", "€", "ab", ",", "g", "z"),
    "old": ("a", "", "€", "ab", ","),
    "new": ("", "b", "€€", "xyz", "\\1\\1", "\\0", "𝄞"),
    "sep": ("", ",", "€", "ab", "\n", "--"),
    "overlap": (0, 1, 2, 5, 30, -1),
    "max": (1, 2, 3, 5, 7, 8, 9, 20, 16, 50, 0),
    "per_call": (1, 2, 3, 20, 0),
    "votes": (1, 2, 3, 0),
    "out": (1, 3, 10, 40, 0),
    "calls": (1, 2, 3, 0, 5),
    "instruction": ("Say", "€" * 5, ""),
}
BY_PARAMETER: Final[dict[tuple[P, str], tuple[Any, ...]]] = {
    (P.PARSE_DATE, "text"): ("2024-01-31", "31 January 2024", "x", "", "9999-12-31"),
    (P.PARSE_DURATION, "text"): ("1:00:20", "20s", "x", "40 s", "1h", "0s"),
    (P.RANK, "query"): ("a", "a b c d l", "zz", ""),
    (P.RANK, "texts"): (("a a a a a a", "b", "€ c"), ("€ €€ €€€ a", "b", "€€ c"), tuple("abcdefghijkl"), ()),
    (P.REDUCE, "list"): (tuple("abcdefghijkl"), tuple(f"{i:02}" for i in range(24)), ("€", "a"), (), ("a" * 9,)),
    **{
        (primitive, "text"): ("a", "\n" * 30, "aaa\n" * 4, "€a" * 12, "", "a" * 40, "𝄞aaaa\n€a", "abababab")
        for primitive in (P.SECTIONS, P.SEARCH, P.REPLACE_REGEX)
    },
    **{
        (primitive, "text"): (
            "a",
            "a\nb\nc",
            "",
            "\n" * 30,
            "a b c d e f g h i j k l",
            "a\n\nb\n\nc\n\nd",
            "€€ 𝄞 a",
            "€a\n€b\n€c",
            "a" * 40,
            "€" * 40,
        )
        for primitive in (P.LINES, P.WORDS, P.PARAGRAPHS)
    },
    (P.GET, "i"): (0, 1, 2, 13, -1, 100),
    (P.FIND, "text"): ("aaaaaaaaaaaaaaaaaaaaaaaaaaag", "ab", "€" * 9),
    (P.FIND_ALL, "text"): ("a" * 40, "aaaaaaaaaaaaaaaaaaaaaaaaaaag", "ab", "€" * 9),
    (P.FIND, "part"): ("g", "a", ""),
    (P.FIND_ALL, "part"): ("g", "a", "ab", "€"),
    (P.SPLIT_ON, "text"): ("," * 30, "a,b", "", "€,a", "€" * 40, "a" * 30),
    (P.SPLIT_ON, "sep"): (",", "", "€", "a"),
    (P.LLM_SAMPLES, "n"): (0, 1, 2, 5, 11, -1),
    (P.REPEAT, "n"): (0, 1, 2, 5, 11, -1),
}
ROOM: Final = 161
"""Characters of what `parse` is given, where it is as large as may be."""


def written(type_: Type, room: int) -> list[str]:
    """Texts of at most `room` characters that are read as a type, leniently, each as large in one way as may be."""
    many = ",".join(["0"] * ((room - 1) // 2))
    fewer = ",".join(["2"] * ((room - 14) // 2))
    match type_:
        case Con("Text"):
            return ["a" * room, "𝄞" * room, "€" + "a" * (room - 1)]
        case Con("Int"):
            return ["7", str(MOST_INT)[:room], str(-MOST_INT - 1)[:room], "-40"]
        case Con("Float"):
            return ["7.0", "-3.5", "1e300"]
        case Con("Bool"):
            return ["true", "false"]
        case Enum(labels):
            return list(labels)
        case Con("Option"):
            return ["null", "a" * room, "𝄞" * room, '"' + "𝄞" * (room - 2) + '"', '"' + "a" * (room - 2) + '"']
        case Con("List", (Con("Text"),)):
            return [f"[{many}]", '["' + "𝄞" * (room - 4) + '"]', '["' + "a" * (room - 4) + '"]', "[]"]
        case Con("List", (Con("List"),)):
            return [f"[{many}]", f"[[{many[2:]}]]", '[["' + "𝄞" * (room - 6) + '"]]', "[[],[]]"]
        case Record():
            extremes = f'{{"a":"","b":[{MOST_INT},{-MOST_INT - 1}]}}'
            return [
                f'{{"a":"{"𝄞" * (room - 15)}","b":[]}}',
                f'{{"a":"","b":[{fewer}]}}',
                extremes if len(extremes) <= room else "{}",
            ]
    raise AssertionError(f"no text is drawn that is read as {show(type_)}")


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
    for parameter in row.parameters:
        if parameter.is_optional and pick((False, True)):
            continue
        type_ = closed(parameter.type, known)
        term = _literal(primitive, parameter, type_, pick)
        if term is None:
            name = f"a_{parameter.name}"
            inputs[name], values[name] = type_, _value(type_, _pool(primitive, parameter, type_, known), pick)
            term = name
        arguments.append(f"{parameter.name}={term}" if parameter.is_optional else term)
    argument = f"[{show(known['T'])}]" if row.has_type_argument else ""
    answer = closed(row.result, known)
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


def _value(type_: Type, pool: Sequence[Any], pick: Pick) -> Any:
    if pool:
        drawn = pick(pool)
        return list(drawn) if isinstance(drawn, tuple) else drawn
    match type_:
        case Con("Int"):
            return pick(INTS)
        case Con("Float"):
            return pick(FLOATS)
        case Con("Bool"):
            return pick((False, True))
        case Con("Text"):
            return pick(TEXTS)
        case Enum(labels):
            return pick(labels)
        case Con("List", (inner,)):
            return pick((_list, _list, _heavy_first, _heavy_last, _alike))(inner, pick)
        case Con("Option", (inner,)):
            return _value(inner, (), pick) if pick((True, True, False)) else None
        case Record(fields):
            return {name: _value(inner, (), pick) for name, inner in fields}
    raise AssertionError(f"no values are drawn for {show(type_)}")


def _list(inner: Type, pick: Pick) -> list[Any]:
    if inner == TEXT:
        return list(pick(LISTS))
    if inner in (INT, FLOAT):
        return [number if inner == INT else float(number) for number in pick(INT_LISTS)]
    return [_value(inner, (), pick) for _ in range(pick((2, 0, 1, 3, 7)))]


def _heavy_first(inner: Type, pick: Pick) -> list[Any]:
    """A list whose sizes are those of its first element."""
    return [extreme(inner, 1), *[extreme(inner, 0)] * 13]


def _heavy_last(inner: Type, pick: Pick) -> list[Any]:
    return _heavy_first(inner, pick)[::-1]


def _alike(inner: Type, pick: Pick) -> list[Any]:
    return [extreme(inner, 1)] * 3


def extreme(type_: Type, size: int) -> Any:
    """A value that has everything, for a size of 1, or nothing, for 0."""
    match type_:
        case Con("Int"):
            return 20 * size
        case Con("Float"):
            return 20.0 * size
        case Con("Bool"):
            return bool(size)
        case Con("Text"):
            return "€" * 40 * size
        case Enum(labels):
            return labels[size]
        case Con("List", (inner,)):
            return [extreme(inner, 1)] * 30 * size
        case Con("Option", (inner,)):
            return extreme(inner, size)
        case Record(fields):
            return {name: extreme(inner, size) for name, inner in fields}
    raise AssertionError(f"no values are drawn for {show(type_)}")


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
