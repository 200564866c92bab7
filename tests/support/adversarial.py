"""Programs that make each library function work as hard as it can for what it is charged.

Owns `ROWS`: for every function at least one program over inputs of a size `n`, chosen against what the function does; and what
one of them came to. Programs are run by the evaluator alone, so that nothing but the function is measured.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random
from time import process_time
from typing import Any

import anyio

from lambda_rlm.bounds.admit import defer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.evaluate import evaluate
from lambda_rlm.eval.plain import to_value
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.infer import infer
from lambda_rlm.types.parse_type import parse_type
from tests.support.asking import FakeModel

PROFILE = ModelProfile("large", window=10**7, max_output=10**6, input_price=0.0, output_price=0.0)
BUDGET = Budget(calls=10**6, tokens=10**12, fuel=10**12, memory=10**13)
Inputs = Callable[[int], Mapping[str, Any]]


class Solver:
    """A sub-model that answers at once."""

    async def solve(self, query: Any, text: Any, calls: int, asker: Asker, span: Any) -> Any:
        return query


@dataclass(frozen=True, slots=True)
class Row:
    """A program that uses one function hardest; `types` of its inputs, which `inputs` makes for a size; what a model replies."""

    name: str
    program: str
    types: Mapping[str, str]
    inputs: Inputs
    reply: Callable[[int], str] | None = None
    scale: int = 1
    """How many times larger than those of other rows its inputs are."""

    @property
    def primitive(self) -> Primitive:
        return Primitive(self.name.partition(" ")[0])


@dataclass(frozen=True, slots=True)
class Came:
    """What a run came to: steps and bytes charged, seconds of processor time, looks at the clock."""

    steps: int
    bytes: int
    seconds: float
    looks: int
    fault: str | None = None


def prepared(row: Row, n: int) -> Callable[[], Came]:
    """A run of a row at a size, with its inputs made; what is called is the evaluation alone."""
    types = {name: parse_type(type_) for name, type_ in {"query": "Text", **row.types}.items()}
    typed = infer(parse(SourceFile("adversarial", row.program)), types)
    data = {"query": "", **row.inputs(n * row.scale)}
    reply = "" if row.reply is None else row.reply(n * row.scale)
    model = FakeModel(reply, PROFILE)
    admitted = defer(typed, BUDGET, model.profile)
    values = {name: to_value(data[name], type_, name, Meter(BUDGET), []) for name, type_ in types.items()}

    async def evaluated(meter: Meter) -> None:
        settings = AskSettings(key=b"key", program="p", solver=Solver(), max_reply=10**8)
        async with Asker(model, meter, settings).opened() as asker:
            await evaluate(admitted, values, asker)

    def run() -> Came:
        meter, looks = Meter(BUDGET), [0]

        def look() -> None:
            looks[0] += 1

        meter.watch(look)
        started = process_time()
        code = None
        try:
            anyio.run(partial(evaluated, meter))
        except Fault as fault:
            code = fault.code
        return Came(meter.steps, meter.bytes, process_time() - started, looks[0], code)

    return run


def text(make: Callable[[int], str]) -> tuple[Mapping[str, str], Inputs]:
    """One input, a text."""
    return {"t": "Text"}, lambda n: {"t": make(n)}


def two(make: Callable[[int], str], part: Callable[[int], str]) -> tuple[Mapping[str, str], Inputs]:
    """A text and one to look for in it."""
    return {"t": "Text", "p": "Text"}, lambda n: {"t": make(n), "p": part(n)}


def numbers(make: Callable[[int], list[Any]] = lambda n: list(range(n))) -> tuple[Mapping[str, str], Inputs]:
    """A list of whole numbers."""
    return {"xs": "List[Int]"}, lambda n: {"xs": make(n)}


def texts(make: Callable[[int], list[str]]) -> tuple[Mapping[str, str], Inputs]:
    """A list of texts."""
    return {"ts": "List[Text]"}, lambda n: {"ts": make(n)}


def colliding(n: int) -> list[dict[str, int]]:
    """Records of two numbers whose tuples have one hash in CPython: the second is solved for from the first."""
    one, two, five = 11400714785074694791, 14029467366897019727, 2870177450012600261
    word, inverse = (1 << 64) - 1, pow(two, -1, 1 << 64)
    rows: list[dict[str, int]] = []
    number = 0
    while len(rows) < n:
        number += 1
        state = five + number * two & word
        state = (state << 31 | state >> 33) * one & word
        other = (12345 - state) * inverse & word
        if other < (1 << 61) - 1:
            rows.append({"a": number, "b": other})
    return rows


def equal_rows() -> tuple[Mapping[str, str], Inputs]:
    """Records whose hashes are one."""
    return {"rs": "List[{ a: Int, b: Int }]"}, lambda n: {"rs": colliding(n // 8)}


def spread(n: int) -> list[int]:
    """Numbers of which eight at a time have one hash."""
    return [k + j * ((1 << 61) - 1) for k in range(n // 4) for j in range(4)]


def alike(n: int) -> list[str]:
    """Long texts that differ at their ends only."""
    return ["a" * 1_000 + str(i) for i in range(max(2, n // 1_000))]


def chinese(n: int) -> str:
    """Characters without a space, half of them pairs that somebody looks for."""
    return "中文" * (n // 2)


def quoted(n: int) -> str:
    """A reply of many long quotes, each of which is found late or not at all."""
    return json.dumps([" ".join(f"word{(i * 7 + j) % 997}" for j in range(70)) for i in range(max(1, n // 400))])


PROSE = "one two three. "


def mixed(n: int) -> str:
    """Two letters in no order: the engine meets ever new states."""
    return f"{Random(1).getrandbits(n):0{n}b}".translate({48: "a", 49: "b"})


def worst_part(n: int) -> str:
    """A text that nearly occurs at every place of a row of one letter."""
    return "a" * (n // 2 - 3) + "ba"


def _searching() -> Iterator[Row]:
    near = two(lambda n: "a" * n, worst_part)
    small = {"ts": "List[Text]", "p": "Text"}, lambda n: {"ts": ["a" * 2_400] * (n // 400), "p": "a" * 1_200 + "ba"}
    for name, call in (
        ("contains", "contains(t, p)"), ("find", "find(t, p)"), ("find_all", "find_all(t, p)"), ("split_on", "split_on(t, p)"),
        ("replace", 'replace(t, p, "x")'),
    ):  # fmt: skip
        yield Row(f"{name} a…aba", call, *near)
        yield Row(f"{name} in short texts", f"map(ts, fn(t) => {call})", *small)
    yield Row("find_all all", 'find_all(t, "a")', *text(lambda n: "a" * n))
    yield Row("split_on line ends", 'split_on(t, "\\n")', *text(lambda n: "\r\n" * (n // 2)))
    yield Row("split_on all", 'split_on(t, "aa")', *text(lambda n: "a" * n))
    yield Row("replace all", 'replace(t, "a", "bbbbbbbbbbbb")', *text(lambda n: "a" * n))
    yield Row("starts_with", "starts_with(t, p)", *two(lambda n: "a" * n, lambda n: "a" * (n - 1) + "b"), scale=8)
    yield Row("ends_with", "ends_with(t, p)", *two(lambda n: "a" * n, lambda n: "b" + "a" * (n - 1)), scale=8)
    for pattern in ("(?:a|b)*a(?:a|b){12}c", "(?:a|b)*a(?:a|b){40}c", "[ab]?" * 9 + "[cd]", "(?:a?b?){100}c"):
        yield Row(f"matches {pattern[:20]}", f'matches(t, r"{pattern}")', *text(mixed))
        yield Row(
            f"matches {pattern[:20]} in short texts", f'count(ts, fn(t) => matches(t, r"{pattern}"))', *texts(lambda n: [mixed(500)] * (n // 100))
        )  # fmt: skip
    yield Row("matches a+b in short texts", 'count(ts, fn(t) => matches(t, "a+b"))', *texts(lambda n: ["a" * 500] * (n // 100)))
    yield Row(
        "matches computed",
        'count(ts, fn(t) => matches("ab", t))',
        *texts(lambda n: [f"(?i)x{i}[a-z]*" for i in range(n // 100)]),
    )
    yield Row(
        "matches huge", 'count(ts, fn(t) => matches("ab", t))', *texts(lambda n: [f"x{i}\\pL{{10}}" for i in range(n // 4_000)])
    )
    yield Row(
        "matches computed long",
        'count(ts, fn(t) => matches("ab", t))',
        *texts(lambda n: [r"\w?" * 200 + str(i) for i in range(n // 1_000)]),
    )
    yield Row("search all", 'search(t, "a")', *text(lambda n: "a" * n))
    yield Row("search words of many scripts", 'search(t, r"\\b\\w+\\b")', *text(lambda n: "é中 म\u0905\u0902 " * (n // 8)))
    yield Row(
        "search letters of many",
        'search(t, r"(?i)[a-z]\\W")',
        *text(lambda n: "".join(map(chr, range(0x4E00, 0x4E00 + min(n // 4, 20_000)))) * 4),
    )
    yield Row("search groups", 'search(t, "((a|b)*a(a|b){20})")', *text(lambda n: "ab" * (n // 2)))
    yield Row("search ahead", 'search(t, "(?s)c.*z|c")', *text(lambda n: "c" * (n // 100)))
    yield Row("replace_regex all", 'replace_regex(t, "(a)", r"\\1\\1\\1")', *text(lambda n: "é" + "a" * n))
    yield Row("sections all", 'sections(t, "^")', *text(lambda n: "\n" * n))
    yield Row("escape_regex", "escape_regex(t)", *text(lambda n: "." * n))


def _texts() -> Iterator[Row]:
    yield Row("trim", "trim(t)", *text(lambda n: " " * n), scale=8)
    yield Row("lower", "lower(t)", *text(lambda n: "İ" * n))
    yield Row("upper", "upper(t)", *text(lambda n: "ΐ" * n))
    yield Row("reverse", "reverse(t)", *text(lambda n: "𝒳" * n), scale=8)
    yield Row("repeat", "repeat(t, 16)", *text(lambda n: "𝒳" * n))
    yield Row("lines", "lines(t)", *text(lambda n: "\n" * n))
    yield Row("lines of other ends", "lines(t)", *text(lambda n: "\u2028" * n))
    yield Row("lines returned", "lines(t)", *text(lambda n: "\r" * n))
    yield Row("words", "words(t)", *text(lambda n: "a " * (n // 2)))
    yield Row("words blank", "words(t)", *text(lambda n: " " * n))
    yield Row("paragraphs", "paragraphs(t)", *text(lambda n: "a\n\n" * (n // 3)))
    yield Row("paragraphs blank", "paragraphs(t)", *text(lambda n: "\n" * n))
    yield Row("join", 'join(ts, "")', *texts(lambda n: ["a"] * n))
    yield Row("chunk", "chunk(t, 8)", *text(lambda n: "a" * n))
    yield Row("windows", "windows(t, 8, 4)", *text(lambda n: "a" * n))
    yield Row("chunk of marks", "chunk(t, 8)", *text(lambda n: "a\u0301\u0302" * (n // 3)))
    yield Row("chunk of flags", "chunk(t, 65)", *text(lambda n: "\U0001f1e9" * n))
    yield Row("windows of marks", "windows(t, 8, 4)", *text(lambda n: "e\u0301" * (n // 2)))
    yield Row("split", "split(t, length(t))", *text(lambda n: "a" * n))
    yield Row("pack", 'pack(ts, 2, "")', *texts(lambda n: ["abcd"] * (n // 4)))
    yield Row("rank", 'rank(ts, "中文", 9)', *texts(lambda n: [chinese(n)]))
    yield Row("rank accents", 'rank(ts, "é è", 9)', *texts(lambda n: ["éà" * n, "é ḕ " * (n // 8)]))
    yield Row("rank a wide form", 'rank(ts, "ab", 9)', *texts(lambda n: ["\ufdfa" * (n // 16)]))
    yield Row("rank marks", 'rank(ts, "น้ำมา", 9)', *texts(lambda n: ["น้ำมา" * (n // 4)]))
    yield Row("rank words", 'rank(ts, "a b", 9)', *texts(lambda n: ["a é b " * (n // 60)] * 10))
    yield Row("similarity", "similarity(t, p)", *two(lambda n: "ab" * (n // 32), lambda n: "ba" * (n // 32)))
    yield Row(
        "similarity of wide forms", "similarity(t, p)", *two(lambda n: "\ufdfa" * (n // 512), lambda n: "\ufdfb" * (n // 512))
    )
    yield Row("similarity of many letters", "similarity(t, p)", *two(lambda n: "".join(map(chr, range(0x4E00, 0x4E00 + min(n // 16, 20_000)))), lambda n: "".join(map(chr, range(0x4E01, 0x4E01 + min(n // 16, 20_000))))))  # fmt: skip
    yield Row("parse lists", "parse[List[Int]](t)", *text(lambda n: "[" + "1," * (n // 2) + "1]"))
    yield Row("parse nested", "parse[List[List[Int]]](t)", *text(lambda n: "[" + "[]," * (n // 3) + "[]]"))
    fields = ", ".join(f"f{i}: Option[Int]" for i in range(20))
    yield Row("parse wide", f"parse[List[{{ {fields} }}]](t)", *text(lambda n: "[" + "{}," * (n // 3) + "{}]"))
    yield Row("parse other", "parse[List[Text]](t)", *text(lambda n: "[" + '"",' * (n // 3) + '""]'))
    yield Row("parse digits", "map(ts, fn(t) => parse[Int](t))", *texts(lambda n: ["9" * 390] * (n // 400)))
    yield Row(
        "parse_date",
        "map(ts, fn(t) => parse_date(t))",
        *texts(lambda n: ["wednesday 6 september of 20234 at 12:30:15.123"] * (n // 50)),
    )
    yield Row(
        "parse_date of wide forms", "map(ts, fn(t) => parse_date(t))", *texts(lambda n: ["1\u5e74\ufdfa12[" * 14] * (n // 70))
    )
    yield Row(
        "days_between",
        "map(ts, fn(t) => days_between(t, t))",
        *texts(lambda n: ["wednesday, 6th of september, 2023, at 12:30:15.123"] * (n // 50)),
    )
    yield Row(
        "read_numbers",
        "read_numbers(ts)",
        *texts(lambda n: ["USD 1,234,567,890,123,456,789.123456789 per square kilometers"] * (n // 60)),
    )
    yield Row("read_numbers of no numbers", "read_numbers(ts)", *texts(lambda n: ["1,2.3 4'5" * 8] * (n // 72)))
    yield Row("read_numbers of short cells", "read_numbers(ts)", *texts(lambda n: ["7"] * n))
    yield Row("read_dates", "read_dates(ts)", *texts(lambda n: ["12/01/2023 at 12:30:15.123 pm utc +01:00"] * (n // 40)))
    yield Row(
        "read_dates of other words",
        "read_dates(ts)",
        *texts(lambda n: ["wednesday 6 september of 20234 at 12:30:15.123"] * (n // 50)),
    )
    yield Row(
        "label_in",
        'map(ts, fn(t) => label_in(t, ["yes", "no"]))',
        *texts(lambda n: ["the final answer is **yes**, " * 8] * (n // 224)),
    )
    for name, call in (("add_days", "add_days(t, 40)"), ("weekday", "weekday(t)"), ("month", "month(t)")):
        yield Row(
            name,
            f"map(ts, fn(t) => {call})",
            *texts(lambda n: ["wednesday, 6th of september, 2023, at 12:30:15.123"] * (n // 50)),
        )
    yield Row(
        "parse_duration",
        "map(ts, fn(t) => parse_duration(t))",
        *texts(lambda n: ["1 hour and 2 minutes and 3 seconds and 4 days x"] * (n // 50)),
    )


def _lists() -> Iterator[Row]:
    yield Row("to_text", "map(xs, fn(x) => to_text(x))", *numbers())
    yield Row("to_json", "to_json(xs)", *numbers(lambda n: [(1 << 62) + i for i in range(n)]))
    yield Row("to_json texts", "to_json(ts)", *texts(lambda n: ["\x01" * 60] * (n // 60)))
    for name, call in (
        ("map", "map(xs, fn(x) => x)"), ("filter", "filter(xs, fn(x) => true)"), ("flat_map", "flat_map(xs, fn(x) => [x])"),
        ("partition", "partition(xs, fn(x) => true)"), ("any", "any(xs, fn(x) => false)"), ("all", "all(xs, fn(x) => true)"),
        ("count", "count(xs, fn(x) => true)"), ("find_first", "find_first(xs, fn(x) => false)"),
        ("fold", "fold(xs, 0, fn(a, x) => x)"), ("reduce", "reduce(xs, fn(a, x) => x)"),
        ("tree_fold", "tree_fold(xs, 2, fn(g) => length(g))"), ("iterate", "iterate(0, 1000, fn(i) => i, fn(i) => false)"),
        ("scan", "scan(xs, 0, fn(a, x) => x)"), ("zip", "zip(xs, xs)"), ("enumerate", "enumerate(xs)"),
        ("range", "range(0, length(xs))"), ("get", "map(xs, fn(i) => get(xs, i))"), ("first", "map(xs, fn(i) => first(xs))"),
        ("last", "map(xs, fn(i) => last(xs))"), ("max_by", "max_by(xs, fn(x) => x)"), ("min_by", "min_by(xs, fn(x) => 0 - x)"),
        ("sort_by", "sort_by(xs, fn(x) => x * 7919 % 10007)"), ("sort_desc", "sort_desc(xs, fn(x) => x * 7919 % 10007)"),
        ("top", "top(xs, 3, fn(x) => x * 7919 % 10007)"), ("sample", "sample(xs, length(xs) - 1)"), ("batch", "batch(xs, 1)"),
        ("concat", "concat([xs, xs])"), ("sum", "sum(xs)"), ("mean", "mean(xs)"),
        ("median", "median(map(xs, fn(x) => x * 7919 % 10007))"), ("percentile", "percentile(map(xs, fn(x) => x * 7919 % 10007), 99.9)"),
        ("median few", "map(xs, fn(x) => median([x, 4000000000000000000]))"),
        ("percentile few", "map(xs, fn(x) => percentile([to_float(x) * 1e300, 1e-300], 33.3))"),
        ("round digits", "map(xs, fn(x) => round(to_float(x) * 1e290, 7))"), ("round tens", "map(xs, fn(x) => round(to_float(x) * 1e290, -280))"),
        ("format_number", "map(xs, fn(x) => format_number(to_float(x) * 1e15, 20))"),
        ("format_number whole", "map(xs, fn(x) => format_number(x - 4000000000000000000))"), ("values", "values(map(xs, fn(x) => some(x)))"),
        ("some", "map(xs, fn(x) => some(x))"), ("unwrap_or", "map(xs, fn(x) => unwrap_or(none, x))"),
        ("is_some", "map(xs, fn(x) => is_some(some(x)))"), ("map_option", "map(xs, fn(x) => map_option(some(x), fn(y) => y))"),
        ("and_then", "map(xs, fn(x) => and_then(some(x), fn(y) => some(y)))"), ("abs", "map(xs, fn(x) => abs(x))"),
        ("min", "map(xs, fn(x) => min(x, 1))"), ("max", "map(xs, fn(x) => max(x, 1))"), ("round", "map(xs, fn(x) => round(x))"),
        ("floor", "map(xs, fn(x) => floor(to_float(x)))"), ("ceil", "map(xs, fn(x) => ceil(to_float(x)))"),
        ("div", "map(xs, fn(x) => div(x, 3))"), ("to_float", "map(xs, fn(x) => to_float(x))"),
        ("to_int", "map(xs, fn(x) => to_int(1.5))"), ("clamp", "map(xs, fn(x) => clamp(x, 1, 2))"),
        ("length", "map(xs, fn(x) => length(xs))"), ("is_empty", "map(xs, fn(x) => is_empty(xs))"),
        ("take", "take(xs, length(xs) - 1)"), ("drop", "drop(xs, 1)"), ("take_last", "take_last(xs, length(xs) - 1)"),
        ("slice", "slice(xs, 1, length(xs))"),
    ):  # fmt: skip
        yield Row(name, call, *numbers())
    yield Row("around", "map(range(0, length(t)), fn(i) => around(t, i, 9))", *text(lambda n: "a" * n))
    yield Row("take texts", "map(range(0, length(t)), fn(i) => take(t, i))", *text(lambda n: "a" * n))
    yield Row("cross", "cross(take(xs, 100), xs)", *numbers(lambda n: list(range(max(1, n // 100)))))
    yield Row("pairs", "pairs(xs)", *numbers(lambda n: list(range(int(n**0.5)))))
    yield Row("member", "member(xs, -1)", *numbers())
    yield Row("member texts", "member(ts, t)", {"ts": "List[Text]", "t": "Text"}, lambda n: {"ts": alike(n), "t": "a" * 1_000 + "b"}, scale=8)  # fmt: skip
    yield Row("sort_by texts", "sort_by(ts, fn(t) => t)", *texts(alike), scale=8)
    yield Row("top texts", "top(ts, 3, fn(t) => t)", *texts(alike), scale=8)
    yield Row("max_by texts", "max_by(ts, fn(t) => t)", *texts(alike), scale=8)


def _sets() -> Iterator[Row]:
    keyed = {
        "unique": "unique(X)", "tally": "tally(X)", "vote": "vote(X)", "union": "union(X, X)", "intersect": "intersect(X, X)",
        "difference": "difference(X, X)", "unique_by": "unique_by(X, fn(x) => x)", "group_by": "group_by(X, fn(x) => x)",
        "sum_by": "sum_by(X, fn(x) => x, fn(x) => 1)", "mean_by": "mean_by(X, fn(x) => x, fn(x) => 1.5)",
        "join_by": "join_by(X, X, fn(x) => x, fn(x) => x)",
    }  # fmt: skip
    for name, call in keyed.items():
        yield Row(f"{name} equal hashes", call.replace("X", "rs"), *equal_rows())
        yield Row(f"{name} numbers", call.replace("X", "xs"), *numbers(spread))
        yield Row(f"{name} texts", call.replace("X", "ts"), *texts(alike), scale=8)


def _models() -> Iterator[Row]:
    prompt = {"t": "Text"}
    words: Inputs = lambda n: {"t": " ".join(f"word{i % 1009}" for i in range(n // 8))}  # noqa: E731
    signs: Inputs = lambda n: {"t": "é—“a” " * (n // 6)}  # noqa: E731
    yield Row(
        "llm_call quotes of print", 'llm_call[List[Quote]](f"{t}", out=100000)', prompt, signs, lambda _: '["e-b", "“b”"]'
    )
    yield Row("llm_call quotes", 'llm_call[List[Quote]](f"{t}", out=100000)', prompt, words, quoted)
    yield Row("llm_call nested", "llm_call[List[Int]](t, out=100000)", prompt, words, lambda n: "['" * (n // 2))
    yield Row("llm_call many", "llm_call[List[Int]](t, out=100000)", prompt, words, lambda n: "[" + "1," * (n // 2) + "1]")
    yield Row("llm_call label", 'llm_call["yes" | "no"](t, out=100000)', prompt, words, lambda n: "yes " * (n // 4))
    yield Row("llm_samples", "llm_samples[Text](t, 8, out=100000)", prompt, words, lambda n: " " * n)
    yield Row(
        "llm_map", "llm_map[Text](words(t), \"Say it.\", out=1000)", prompt, lambda n: {"t": "a " * min(200, n // 100)},
        lambda n: json.dumps({str(i): "a" * 900 for i in range(1, 17)}),
    )  # fmt: skip
    yield Row(
        "llm_map_by", "llm_map_by[Text](words(t), fn(w) => w, \"Say it.\", out=1000)", prompt,
        lambda n: {"t": "a " * min(200, n // 100)}, lambda n: json.dumps({str(i): "a" * 900 for i in range(1, 17)}),
    )  # fmt: skip
    yield Row(
        "llm_choose", "llm_choose(\"Which?\", words(t))", prompt, lambda n: {"t": " ".join(f"w{i}" for i in range(min(2_000, n // 8)))},
        lambda n: "w1 " + "w " * (n // 8),
    )  # fmt: skip
    yield Row("rlm_call", 'rlm_call("q", t, 3)', prompt, words)
    yield Row("where", "map(llm_call[List[Quote]](t, out=100000), fn(q) => where(q))", prompt, words, quoted)


ROWS: tuple[Row, ...] = (*_searching(), *_texts(), *_lists(), *_sets(), *_models())
