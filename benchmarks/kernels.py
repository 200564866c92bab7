"""Kernels of pure programs as models write them, each with the same job in plain Python functions: what `pure.py` measures."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

RANDOM = Random(1)
WORDS = ["alpha", "beta", "gamma", "delta", "2024-01-02", "ERROR", "warn", "user:", "123", "foo", "bar", "Oslo"]
PATTERN = r"\d{4}-\d{2}-\d{2} ERROR"
NAMES = ["ann", "bob", "cai", "dov", "eve", "fay", "gus", "hal"]
KINDS = ["error", "warning", "info"]
ROW = "List[{ name: Text, kind: Text, date: Text, a: Int, b: Int }]"
LABELLED = 'List[{ name: Text, kind: "error" | "warning" | "info", date: Text, a: Int, b: Int }]'
BY_KIND = {"error": 5, "warning": 2, "info": 1}


@dataclass(frozen=True)
class Kernel:
    """A program, the types and the data of its inputs, and the same job as a Python function of them."""

    name: str
    text: str
    types: Mapping[str, str]
    data: Mapping[str, Any]
    plain: Callable[..., Any]

    @property
    def limit(self) -> float:
        """Of the ratio."""
        return LIMITS.get(self.name, 5)


def row(at: int) -> dict[str, Any]:
    """A row of an input."""
    date = f"2024-{RANDOM.randint(1, 12):02}-{RANDOM.randint(1, 28):02}"
    return {
        "name": f"{RANDOM.choice(NAMES)}{at % 50}", "kind": RANDOM.choice(KINDS), "date": date,
        "a": RANDOM.randint(0, 999), "b": RANDOM.randint(1, 99),
    }  # fmt: skip


NUMBERS = list(range(10**6))
MIXED = [RANDOM.randint(0, 10**6) for _ in range(100_000)]
ROWS = [row(at) for at in range(30_000)]
LINES = [" ".join(RANDOM.choices(WORDS, k=12)) for _ in range(10**5)]
LOG = [f"{r['date']} {r['kind'].upper()} user={r['name']} ms={r['a']} path=/{r['b']}" for r in ROWS]
TABLE = [f"{r['name']},{r['kind']},{r['a']},{r['b']}" for r in ROWS]


def folded(step: Callable[[int, int], int]) -> Callable[[list[int]], int]:
    """A loop that calls a function for each number."""

    def job(xs: list[int]) -> int:
        total = 0
        for number in xs:
            total = step(total, number)
        return total

    return job


def searched(ts: list[str]) -> int:
    engine = re.compile(PATTERN)
    return len(list(filter(lambda t: engine.search(t) is not None, map(lambda t: t[:60], ts))))  # noqa: C417


def fib(xs: list[int]) -> int:
    return len(xs) if len(xs) < 2 else fib(xs[1:]) + fib(xs[2:])


def quicksort(xs: list[int]) -> list[int]:
    if len(xs) <= 1:
        return xs
    pivot, rest = xs[0], xs[1:]
    return [*quicksort([x for x in rest if x < pivot]), pivot, *quicksort([x for x in rest if x >= pivot])]


def counted_by_parts(text: str) -> int:
    if len(text) <= 40:
        return len(text)
    parts = [text[len(text) * i // 4 : len(text) * (i + 1) // 4] for i in range(4)]
    return sum(map(counted_by_parts, parts))


def halved(xs: list[int]) -> int:
    if len(xs) <= 1:
        return xs[0] if xs else 0
    middle = len(xs) // 2
    return max(halved(xs[:middle]), halved(xs[middle:]))


def described(rows: list[dict[str, Any]]) -> str:
    return "\n".join([f"- {r['name']}: {r['a']} of {r['b']} ({r['kind']})" for r in rows])


def totals_by_name(rows: list[dict[str, Any]]) -> int:
    made = [{"name": r["name"], "points": r["a"] * 2 + r["b"]} for r in rows]
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in made:
        groups[item["name"]].append(item)
    return max(sum([item["points"] for item in items]) for items in groups.values())


def neighbours(xs: list[int]) -> int:
    total = 0
    for at in range(len(xs)):
        before = xs[at - 1] if at > 0 else 0
        after = xs[at + 1] if at + 1 < len(xs) else 0
        total += after - before
    return total


def level(a: int) -> str:
    if a > 900:
        return "high"
    return "middle" if a > 500 else "low"


def score(a: int, b: int) -> int:
    return a * 3 + b % 7


def levels(rows: list[dict[str, Any]]) -> int:
    return sum([score(r["a"], r["b"]) for r in rows if level(r["a"]) != "low"])


def milliseconds(ts: list[str]) -> int:
    engine = re.compile(r"user=(\w+) ms=(\d+)")
    total = 0
    for t in ts:
        found = engine.search(t)
        if found is not None and found.group(1).startswith("a"):
            total += int(found.group(2))
    return total


def packed(ts: list[str]) -> int:
    done, current = [], ""
    for t in ts:
        if current != "" and len(current) + len(t) > 6_000:
            done.append(current)
            current = t
        else:
            current = current + "\n" + t
    done.append(current)
    return len(done)


def third_cells(ts: list[str]) -> int:
    total = 0
    for t in ts:
        cells = t.split(",")
        total += int(cells[2]) if len(cells) > 2 else 0
    return total


def titled(ts: list[str]) -> int:
    return len([t for t in ts if "error" in t.lower() and t.strip().startswith("2024-0")])


def largest(rows: list[dict[str, Any]]) -> str:
    best = sorted(rows, key=lambda r: (-r["a"], r["b"]))[:10]
    return ", ".join([r["name"] for r in best])


FOLDS = [
    Kernel("fold, a + x", "fold(xs, 0, fn(a, x) => a + x)", {"xs": "List[Int]"}, {"xs": NUMBERS}, folded(lambda a, x: a + x)),
    Kernel(
        "fold, (a + x) % 1000", "fold(xs, 0, fn(a, x) => (a + x) % 1000)", {"xs": "List[Int]"}, {"xs": NUMBERS},
        folded(lambda a, x: (a + x) % 1000),
    ),
    Kernel(
        "fold with a choice", "fold(xs, 0, fn(a, x) => if x % 2 == 0 then a + x else a - 1)", {"xs": "List[Int]"},
        {"xs": NUMBERS}, folded(lambda a, x: a + x if x % 2 == 0 else a - 1),
    ),
    Kernel(
        "fold that packs lines",
        'let packed = fold(ts, { done: 0, current: "" }, fn(acc, x) => '
        'if acc.current != "" and length(acc.current) + length(x) > 6000 then { done: acc.done + 1, current: x } '
        'else { done: acc.done, current: acc.current ++ "\\n" ++ x });\npacked.done + 1',
        {"ts": "List[Text]"}, {"ts": LOG}, packed,
    ),
]  # fmt: skip

LOOPS = [
    Kernel(
        "map and regex filter, 100,000 texts",
        f'map(ts, fn(t) => take(t, 60)) |> filter(fn(t) => matches(t, r"{PATTERN}")) |> length',
        {"ts": "List[Text]"}, {"ts": LINES}, searched,
    ),
    Kernel(
        "filter over a cross product of 2,000 x 2,000",
        "filter(cross(a, b), fn(p) => p.first + p.second == 1999) |> length", {"a": "List[Int]", "b": "List[Int]"},
        {"a": list(range(2_000)), "b": list(range(2_000))}, lambda a, b: len([(x, y) for x in a for y in b if x + y == 1999]),
    ),
    Kernel(
        "range, map, filter, sum", "range(0, 300000) |> map(fn(x) => x * x) |> filter(fn(x) => x % 3 == 1) |> sum", {}, {},
        lambda: sum([y for y in [x * x for x in range(300_000)] if y % 3 == 1]),
    ),
    Kernel(
        "enumerate, filter, map", "enumerate(xs) |> filter(fn(e) => e.value > e.index) |> map(fn(e) => e.index) |> sum",
        {"xs": "List[Int]"}, {"xs": MIXED}, lambda xs: sum([i for i, x in enumerate(xs) if x > i]),
    ),
    Kernel(
        "zip, products, sum", "zip(a, b) |> map(fn(p) => p.first * p.second) |> sum", {"a": "List[Int]", "b": "List[Int]"},
        {"a": MIXED, "b": MIXED[::-1]}, lambda a, b: sum([x * y for x, y in zip(a, b, strict=False)]),
    ),
    Kernel(
        "maps in maps with captured variables", "map(a, fn(x) => count(b, fn(y) => (x * y + x) % 7 == 3)) |> sum",
        {"a": "List[Int]", "b": "List[Int]"}, {"a": MIXED[:400], "b": MIXED[:400]},
        lambda a, b: sum([len([y for y in b if (x * y + x) % 7 == 3]) for x in a]),
    ),
    Kernel(
        "any in filter", "filter(a, fn(x) => any(b, fn(y) => y == x)) |> length", {"a": "List[Int]", "b": "List[Int]"},
        {"a": MIXED[:500], "b": MIXED[250:750]}, lambda a, b: len([x for x in a if any(y == x for y in b)]),
    ),
    Kernel(
        "Floats: shares and their sum", "map(rows, fn(r) => to_float(r.a) / to_float(r.b) * 100.0) |> sum |> round",
        {"rows": ROW}, {"rows": ROWS}, lambda rows: round(sum([r["a"] / r["b"] * 100.0 for r in rows])),
    ),
]  # fmt: skip

RECURSION = [
    Kernel(
        "fix: fib over lengths", "let fib = fix fib(xs) => if length(xs) < 2 then length(xs) else "
        "fib(drop(xs, 1)) + fib(drop(xs, 2));\nfib(range(0, 21))", {}, {}, lambda: fib(list(range(21))),
    ),
    Kernel(
        "fix: quicksort",
        "let sort = fix sort(xs) => if length(xs) <= 1 then xs else { let p = get(xs, 0) ?? 0; let rest = drop(xs, 1); "
        "sort(filter(rest, fn(x) => x < p)) ++ [p] ++ sort(filter(rest, fn(x) => x >= p)) };\nget(sort(xs), 500) ?? 0",
        {"xs": "List[Int]"}, {"xs": MIXED[:8_000]}, lambda xs: quicksort(xs)[500],
    ),
    Kernel(
        "fix: largest by halves",
        "let most = fix most(xs) => if length(xs) <= 1 then get(xs, 0) ?? 0 else { let h = div(length(xs), 2); "
        "max(most(take(xs, h)), most(drop(xs, h))) };\nmost(xs)",
        {"xs": "List[Int]"}, {"xs": MIXED[:20_000]}, halved,
    ),
    Kernel(
        "fix: a tree by split",
        "let solve = fix solve(p) => if length(p) <= 40 then length(p) else split(p, 4) |> map(solve) |> sum;\nsolve(context)",
        {"context": "Text"}, {"context": "\n".join(LINES[:4_000])}, counted_by_parts,
    ),
]  # fmt: skip

DATA = [
    Kernel(
        "text building", 'map(rows, fn(r) => f"- {r.name}: {r.a} of {r.b} ({r.kind})") |> join("\\n")', {"rows": ROW},
        {"rows": ROWS}, described,
    ),
    Kernel(
        "records made, group_by, sums",
        "map(rows, fn(r) => { name: r.name, points: r.a * 2 + r.b }) |> group_by(fn(r) => r.name) "
        "|> map(fn(g) => sum(map(g.items, fn(r) => r.points))) |> fold(0, fn(a, x) => max(a, x))",
        {"rows": ROW}, {"rows": ROWS}, totals_by_name,
    ),
    Kernel(
        "option chains: get(…) ?? d",
        "map(range(0, length(xs)), fn(i) => (get(xs, i + 1) ?? 0) - (get(xs, i - 1) ?? 0)) |> sum", {"xs": "List[Int]"},
        {"xs": MIXED}, neighbours,
    ),
    Kernel(
        "match on an enumeration",
        'map(rows, fn(r) => match r.kind { "error" => 5, "warning" => 2, "info" => 1 } * r.b) |> sum', {"rows": LABELLED},
        {"rows": ROWS}, lambda rows: sum([BY_KIND[r["kind"]] * r["b"] for r in rows]),
    ),
    Kernel(
        "defs called in a loop",
        'def level(a: Int) -> Text = if a > 900 then "high" else if a > 500 then "middle" else "low";\n'
        "def score(a: Int, b: Int) -> Int = a * 3 + b % 7;\n"
        'filter(rows, fn(r) => level(r.a) != "low") |> map(fn(r) => score(r.a, r.b)) |> sum',
        {"rows": ROW}, {"rows": ROWS}, levels,
    ),
    Kernel(
        "comparing texts",
        'count(rows, fn(r) => r.date >= "2024-03-01" and r.date < "2024-09-15" and r.kind == "error")',
        {"rows": ROW}, {"rows": ROWS},
        lambda rows: len([r for r in rows if "2024-03-01" <= r["date"] < "2024-09-15" and r["kind"] == "error"]),
    ),
    Kernel("sort_by, take, names", 'sort_by(sort_by(rows, fn(r) => r.b), fn(r) => 0 - r.a) |> take(10) |> map(fn(r) => r.name) '
           '|> join(", ")', {"rows": ROW}, {"rows": ROWS}, largest),
]  # fmt: skip

TEXTS = [
    Kernel(
        "parse a number in each line", "map(ts, fn(t) => parse[Int](t) ?? 0) |> sum", {"ts": "List[Text]"},
        {"ts": [str(r["a"]) for r in ROWS]}, lambda ts: sum([int(t) for t in ts]),
    ),
    Kernel(
        "split_on and parse in each line", 'map(ts, fn(t) => parse[Int](get(split_on(t, ","), 2) ?? "") ?? 0) |> sum',
        {"ts": "List[Text]"}, {"ts": TABLE}, third_cells,
    ),
    Kernel(
        "search with groups in each line",
        r'flat_map(ts, fn(t) => map(take(search(t, r"user=(\w+) ms=(\d+)"), 1), fn(m) => '
        r'if starts_with(get(m.groups, 0) ?? "", "a") then parse[Int](get(m.groups, 1) ?? "") ?? 0 else 0)) |> sum',
        {"ts": "List[Text]"}, {"ts": LOG}, milliseconds,
    ),
    Kernel(
        "lower, contains, trim, starts_with",
        'count(ts, fn(t) => contains(lower(t), "error") and starts_with(trim(t), "2024-0"))', {"ts": "List[Text]"}, {"ts": LOG},
        titled,
    ),
]  # fmt: skip

LIMITS = {
    "fold that packs lines": 12,
    "fix: fib over lengths": 20,
    "fix: quicksort": 10,
    "fix: largest by halves": 16,
    "fix: a tree by split": 10,
    "text building": 13,
    "option chains: get(…) ?? d": 10,
    "comparing texts": 12,
    "parse a number in each line": 9,
    "split_on and parse in each line": 28,
    "search with groups in each line": 25,
    "lower, contains, trim, starts_with": 23,
}
"""Limits of the ratio of kernels that do not keep to 5: a third above what was measured."""

KERNELS = [*FOLDS, *LOOPS, *RECURSION, *DATA, *TEXTS]
