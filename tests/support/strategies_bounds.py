"""Programs that ask models in all the places the library has, as source text that is well typed by construction.

An expression is drawn by kind: t Text, l List[Text], i Int, o Option[Text], r a list of records, b Bool, g a list of lists. Names
are few, so that they shadow each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from lambda_rlm.types.type import INT, TEXT, Record, Type, list_of, option_of

INPUTS: dict[str, Type] = {
    "query": TEXT,
    "context": TEXT,
    "texts": list_of(TEXT),
    "rows": list_of(Record((("id", INT), ("tags", list_of(TEXT)), ("text", TEXT), ("title", option_of(TEXT))))),
    "n": INT,
}
_LETTERS = ("a", "b", "1", " ", "\n", "β", "€", "𝄞", ".", ",", '"', "\\", "ﬃ", "\r")
_NAMES = ("x", "y", "z")
_REGEX = ('r"a"', 'r"^."', 'r"(a)(b)?"', r'r"\\w+"', 'r"^"')

_RULES: dict[str, tuple[str, ...]] = {
    "t": (
        "{T}", "{T}", "context", "query", '"ab"', '"€"', '""',
        "take({t}, {i})", "drop({t}, {i})", "take_last({t}, {i})", "slice({t}, {i}, {i})", "trim({t})", "upper({t})",
        "lower({t})", "reverse({t})", "replace({t}, {s}, {t})", "replace({t}, {t}, {s})", "repeat({t}, {k})",
        "around({t}, {i}, {i})", 'join({l}, {s})', "to_json({l})", "to_json({r})", "to_text({i})", "{t} ++ {t}",
        'replace_regex({t}, {X}, {s})', "escape_regex({t})", "({o} ?? {t})", "unwrap_or({o}, {t})",
        "if {b} then {t} else {t}", "if {b} then {t} else {t}", "match {o} { some({v}) => {t:v}, none => {t} }",
        "{ let {v} = {t}; {t:v} }", "{ let {v} = {t}; {t:v} }",
        "fold({l}, {t}, fn(acc, {v}) => {A})", "(reduce({l}, fn(acc, {v}) => acc ++ {v}) ?? \"\")",
        "(tree_fold({l}, {k}, fn({V}) => {t:V}) ?? \"\")", "(tree_fold({l}, {k}, fn({V}) => llm_call(join({V}, {s}))) ?? \"\")",
        "iterate({t}, {k}, fn({v}) => {t:v}, fn({v}) => {b:v})",
        "fold({l}, { cur: {t}, done: {l} }, fn(acc, {v}) => {P}).cur",
        'join(fold({l}, { cur: "", done: [] }, fn(acc, {v}) => {P}).done, {s})',
        "(fix go(p) => if length(p) <= {K} then {t:p} else split(p, {K}) |> map(go) |> join({s}))({t})",
        "(fix go(p) => if length(p) <= {K} then {t:p} else go(take(p, length(p) - {K})))({t})",
        "(fix go(ps) => if length(ps) <= 1 then join(map(ps, fn({v}) => {t:v}), {s}) else go(drop(ps, 1)) ++ go(take(ps, 1)))({l})",
        "(fix go(p) => if length(p) <= 2 then {t:p} else join(map(chunk(p, max(1, div(length(p), 2))), go), {s}))({t})",
        "llm_call({t})", "llm_call({t}, out={i})", "llm_call({t}, or_else={t0})", 'llm_call(f"{{T}}: {{T}}")',
        "llm_call[{ a: Text, b: List[Text] }]({t}).a", 'to_text(llm_call["yes" | "no"]({t}))',
        "join(llm_call[List[Text]]({t}), {s})", "join(llm_samples({t}, {k}), {s})",
        "(vote(llm_samples({t}, {k})) ?? \"\")", "(llm_choose({t}, {l}) ?? \"\")", "to_text(llm_call[Int]({t}))",
        "join(values(llm_map[Text]({l}, {s}, per_call={k})), {s})",
        "(first(map({l}, fn({v}) => fn(q) => {v} ++ q)) ?? fn(q) => q)({t})",
        "{F}({t})", "{F}({t})", "(find_first({l}, fn({v}) => {b:v}) ?? {t})",
        "join(map(rows, fn(row) => row.text ++ (row.title ?? {t})), {s})",
    ),
    "l": (
        "{L}", "{L}", "texts", "[{t}, {t}]", "[{t}]", '["a", "bb", "€"]',
        "chunk({t}, {i})", "windows({t}, {i}, {i})", "split({t}, {i})", "lines({t})", "words({t})", "paragraphs({t})",
        "split_on({t}, {s})", "pack({l}, {i}, {s})", "map({l}, fn({v}) => {t:v})", "map({l}, fn({v}) => {t:v})",
        "map({l}, fn({v}) => llm_call({t:v}))", "map({l}, fn({v}) => join(map({l}, fn(w) => w ++ {v}), \"\"))",
        "flat_map({l}, fn({v}) => {l:v})", "filter({l}, fn({v}) => {b:v})", "take({l}, {i})", "drop({l}, {i})",
        "reverse({l})", "sort_by({l}, fn({v}) => {i:v})", "top({l}, {i}, fn({v}) => {i:v})", "unique({l})", "{l} ++ {l}",
        "map(zip({l}, {l}), fn(p) => p.first ++ p.second)", "map(pairs({l}), fn(p) => p.first ++ p.second)",
        "map(cross({l}, {l}), fn(p) => p.first ++ p.second)", "map({r}, fn(p) => p.text)", "map({r}, fn(p) => p.text)",
        "map({g}, fn({V}) => {t:V})", "concat({g})", "scan({l}, {t}, fn(acc, {v}) => {A})", "sample({l}, {i})",
        "values(llm_map[Text]({l}, {s}))", "values(llm_map[Text]({l}, {s}, per_call={k}, out={k}, votes={k}))",
        "llm_call[List[Text]]({t})", "llm_samples({t}, {k})", "if {b} then {l} else {l}", "if {b} then {l} else {l}",
        "{ let {V} = {l}; {l:V} }", "union({l}, {l})", "intersect({l}, {l})", "difference({l}, {l})",
        "unique_by({l}, fn({v}) => {i:v})", "partition({l}, fn({v}) => {b:v}).no",
        "fold({l}, { cur: \"\", done: [] }, fn(acc, {v}) => {P}).done",
        "fold({l}, [], fn(acc, {v}) => acc ++ [{t:v}])", "iterate({l}, {k}, fn({V}) => {l:V}, fn({V}) => is_empty({V}))",
        "(fix go(p) => if length(p) <= {K} then p else flat_map(batch(p, {K}), go))({l})",
        "(fix go(ps) => if is_empty(ps) then [] else [{t}] ++ go(drop(ps, 1)))({l})",
    ),
    "r": (
        "map({l}, fn({v}) => { text: {t:v}, size: {i:v} })", "map(sections({t}, {X}), fn(s) => { text: s.head ++ s.body, size: s.start })",
        "map(sections({t}, {X}), fn(s) => { text: s.body, size: s.end })",
        "map(search({t}, {X}), fn(s) => { text: join(s.groups, s.text), size: s.end })",
        "map(rank({l}, {t}, {i}), fn(s) => { text: s.text, size: s.index })", "filter({r}, fn(it) => it.size > {i})",
        "map(tally({l}), fn(p) => { text: p.key, size: p.count })", "llm_call[List[{ text: Text, size: Int }]]({t})",
        "map(enumerate({l}), fn(p) => { text: p.value, size: p.index })", "[{ text: {t}, size: {i} }]",
        "map(llm_map_by[Text](rows, fn(row) => row.text ++ {t}, {s}), fn(p) => { text: (p.reply ?? \"\") ++ p.item.text, size: p.item.id })",
        "map(join_by({l}, {l}, fn({v}) => {i:v}, fn({v}) => {i:v}), fn(p) => { text: p.first ++ p.second, size: 1 })",
        "map(rows, fn(row) => { text: join(row.tags, {s}), size: row.id })",
    ),
    "g": (
        "batch({l}, {i})", "map(group_by({l}, fn({v}) => {i:v}), fn(p) => p.items)", "[{l}, {l}]", "map({l}, fn({v}) => {l:v})",
        "map(rows, fn(row) => row.tags)", "filter({g}, fn({V}) => {b:V})", "llm_call[List[List[Text]]]({t})", "reverse({g})",
    ),
    "i": (
        "{k}", "{k}", "{k}", "n", "-{k}", "length({t})", "length({l})", "count({l}, fn({v}) => {b:v})", "{i} + {i}", "{i} - {i}",
        "{i} * {k}", "div({i}, {K})", "{i} % {K}", "min({i}, {i})", "max({i}, {i})", "abs({i})", "clamp({i}, {i}, {i})",
        "(find({t}, {s}) ?? {i})", "sum(map({l}, fn({v}) => {i:v}))", "sum(map({l}, fn({v}) => length({v})))",
        "llm_call[Int]({t})", "to_int({K} / {K})", "ceil({i} / 3)", "floor(to_float({i}) * 0.7)",
        "fold({l}, {k}, fn(acc, {v}) => {N})", "(parse[Int]({t}) ?? {i})", "(max_by({r}, fn(p) => p.size) |> map_option(fn(p) => p.size) ?? 0)",
    ),
    "o": (
        "first({l})", "last({l})", "get({l}, {i})", "some({t})", "find_first({l}, fn({v}) => {b:v})", "max_by({l}, fn({v}) => {i:v})",
        "llm_choose({t}, {l})", "map_option({o}, fn({v}) => {t:v})", "and_then({o}, fn({v}) => {o:v})", "llm_call[Option[Text]]({t})",
        "tree_fold({l}, {k}, fn({V}) => {t:V})", "vote({l})", "parse[Text]({t})",
    ),
    "b": (
        "true", "length({t}) <= {i}", "length({T}) <= {k}", "length({T}) <= {k}", "length({L}) < {k}", "not (length({T}) > {k})",
        "length({T}) + length({T}) <= {k}", "length({L}) + length({L}) < {k}", "length({T}) > {k} or length({T}) > {k}",
        "not (length({T}) < {k} and length({L}) <= {k})", "is_empty({l})", "{T} == \"ab\"", "{b} and {b}", "{b} or {b}",
        "contains({t}, {s})", "matches({t}, {X})", "any({l}, fn({v}) => {b:v})", "llm_call[Bool]({t})", "{i} < {i}", "{i} >= {k}",
        "length({T}) == {k}", "{T} != \"\"",
    ),
}  # fmt: skip
_RULES["t0"] = ('"else"', "take(context, {k})", '"€€€"')
_RULES["A"] = (
    "acc ++ {t:v}", "{t:v}", "if length(acc) + length({v}) > {k} then {v} else acc ++ {v}", "take(acc ++ {v}, {k})",
    "llm_call(acc ++ {v})", "if length(acc) > {k} then acc else acc ++ {s} ++ {v}",
)  # fmt: skip
_RULES["P"] = (
    "if length(acc.cur) + length({v}) + 1 > {k} then { cur: {v}, done: acc.done ++ [acc.cur] } else { cur: acc.cur ++ \",\" ++ {v}, done: acc.done }",
    "{ cur: take(acc.cur ++ {v}, {k}), done: acc.done ++ [acc.cur] }",
    "{ let {v} = {v} ++ {s}; if length(acc.cur) + length({v}) <= {k} then { let {v} = {t:v}; { cur: acc.cur ++ {v}, done: acc.done } } else { cur: {v}, done: take(acc.done ++ [acc.cur], {k}) } }",
    "{ cur: llm_call(acc.cur ++ {v}), done: acc.done ++ [{t:v}] }",
    "{ cur: {v}, done: if is_empty(acc.done) then [{v}] else acc.done }",
)  # fmt: skip
_RULES["N"] = ("acc + {i:v}", "acc - length({v})", "max(acc, length({v}))", "acc * 2", "acc + 1")


@dataclass(frozen=True)
class Source:
    """A program's text, and plain values of its inputs."""

    text: str
    values: dict[str, Any]

    def __repr__(self) -> str:
        given = "".join(f"# input {name}: {value!r}\n" for name, value in self.values.items())
        return f"\n{given}{self.text}\n"


@st.composite
def sources(draw: st.DrawFn, fuel: int = 6) -> Source:
    """Programs over `INPUTS`: a few lets and defs, and an answer."""
    writer = _Writer(draw)
    scope: list[tuple[str, str]] = []
    items = []
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.integers(0, 3)) == 0:
            if "f" in dict(scope):
                continue
            items.append(f"def f(x: Text) -> Text = {writer.write('t', [*scope, ('x', 't')], fuel // 2)};")
            scope = [*scope, ("f", "F")]
            continue
        kind = draw(st.sampled_from("ttll"))
        name = draw(st.sampled_from(_NAMES if kind == "t" else ("xs", "ys")))
        items.append(f"let {name} = {writer.write(kind, scope, fuel)};")
        scope = [*scope, (name, kind)]
    answer = writer.write(draw(st.sampled_from(("t", "t", "l", "g", "o"))), scope, fuel)
    return Source("\n".join([*items, answer]), draw(values()))


_TEXT = st.one_of(
    st.text(st.sampled_from(_LETTERS), max_size=10),
    st.text(st.sampled_from(("a", " ", "\n")), max_size=40),
    st.sampled_from(("", "a" * 60, "€" * 30, "a b\n\n" * 12, "\n\n\n", "a" * 400)),
)


def values() -> st.SearchStrategy[dict[str, Any]]:
    """Values of the inputs: ASCII, multi-byte, empty, long; lists with one long element among short ones."""
    row = st.fixed_dictionaries(
        {"id": st.integers(-3, 9), "tags": st.lists(_TEXT, max_size=3), "text": _TEXT, "title": st.none() | _TEXT}
    )
    return st.fixed_dictionaries(
        {
            "query": _TEXT,
            "context": _TEXT,
            "texts": st.lists(_TEXT, max_size=6),
            "rows": st.lists(row, max_size=3),
            "n": st.integers(-2, 12),
        }
    )


class _Writer:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def pick(self, options: Any) -> Any:
        return self.draw(_one_of(tuple(options)))

    def write(self, kind: str, scope: list[tuple[str, str]], fuel: int) -> str:
        """An expression of a kind."""
        rules = _RULES[kind]
        if fuel <= 0 and kind in _SMALL:
            rules = _SMALL[kind]
        rule = self.pick(rules)
        return self.filled(rule, scope, fuel - 1)

    def filled(self, rule: str, scope: list[tuple[str, str]], fuel: int) -> str:
        local = self.pick(_NAMES), self.pick(("xs", "ys"))
        parts = _parts(rule)
        share = fuel if len(parts) <= 3 else fuel - 1 if len(parts) <= 7 else fuel - 2
        return "".join([self.hole(part, local, scope, share) if at % 2 else part for at, part in enumerate(parts)])

    def hole(self, hole: str, local: tuple[str, str], scope: list[tuple[str, str]], fuel: int) -> str:
        match hole:
            case "v":
                return str(local[0])
            case "V":
                return str(local[1])
            case "k":
                return str(self.pick((0, 1, 2, 3, 5, 8, 20)))
            case "K":
                return str(self.pick((1, 2, 3, 4)))
            case "s":
                return str(self.pick(('""', '","', '"ab"', '"€"', '"\\n"')))
            case "X":
                return str(self.pick(_REGEX)).replace("\\\\", "\\")
            case "T" | "L" | "F":
                kind = hole.lower() if hole != "F" else "F"
                named = [n for n, k in dict(scope).items() if k == kind]
                if hole == "F":
                    return str(self.pick(named)) if named else "trim"
                return str(self.pick([*named * 3, "context" if hole == "T" else "texts"]))
            case "A" | "P" | "N":
                inner = [*((name, kind) for name, kind in scope if name != "acc"), (local[0], "t")]
                if hole == "A":
                    inner.append(("acc", "t"))
                rule = self.pick(_RULES[hole]).replace("{v}", local[0])
                return self.filled(rule.replace(":v}", "}"), inner, fuel)
        kind, _, bound = hole.partition(":")
        if bound == "v":
            scope = [*scope, (local[0], "t")]
        elif bound == "V":
            scope = [*scope, (local[1], "l")]
        elif bound == "p":
            scope = [*scope, ("p", "t")]
        return f"({self.write(kind, scope, fuel)})"


@cache
def _one_of(options: tuple[str | int, ...]) -> st.SearchStrategy[Any]:
    """One strategy for equal options: making one takes Hypothesis longer than drawing from it."""
    return st.sampled_from(options)


_KINDS = ("t", "l", "r", "g", "i", "o", "b")
_HOLES = (
    "v", "V", "k", "K", "s", "X", "T", "L", "F", "A", "P", "N", "t0", *_KINDS, *(f"{k}:{v}" for k in _KINDS for v in "vVp")
)  # fmt: skip
_HOLE = re.compile("{(" + "|".join(sorted(_HOLES, key=len, reverse=True)) + ")}")


@cache
def _parts(rule: str) -> list[str]:
    """Text and holes of a rule by turns."""
    return _HOLE.split(rule)


_SMALL = {
    "t": ("{T}", "{T}", '"ab"', "llm_call({T})", "take({T}, {k})"),
    "l": ("{L}", "{L}", "texts", "chunk({T}, {k})", "words({T})"),
    "r": ("map({L}, fn({v}) => { text: {v}, size: 1 })",),
    "g": ("batch({L}, {k})", "map(rows, fn(row) => row.tags)"),
    "i": ("{k}", "{k}", "n", "length({T})"),
    "o": ("first({L})", "some({T})"),
    "b": ("length({T}) <= {k}", "is_empty({L})", "length({T}) + length({T}) <= {k}"),
}
