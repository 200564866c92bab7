"""What the page says of the language is so: for each statement a program that shows it."""

from __future__ import annotations

import json
import re
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, Model, ModelProfile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.synth.library import library
from lambda_rlm.synth.proposing.extract import programs
from lambda_rlm.synth.reference import reference
from tests.support.asking import FakeModel

LEAF = ModelProfile(name="leaf", window=16_384, max_output=4_096, input_price=0.0, output_price=0.0)
PAGE = " ".join(reference().split())
LABEL = 'type Label = "yes" | "no"; let label: Label = "no"; '

FACTS: list[tuple[str, str, Any]] = [
    # ── syntax ──
    ("(a + b) * c", "(1 + 2) * 3", 9),
    (r"for a quote in it write \x22", r'matches("say \"hi\"", r"^say \x22hi\x22$")', True),
    ("else takes all of a ?? b", "if false then 1 else none ?? 2", 2),
    ("else takes all of a ?? b", "if true then 1 else none ?? 2", 1),
    ("/ gives Float", "6 / 2", 3.0),
    ("< compares texts too", '"2024-05-03" < "2024-10-01" and not ("b" < "a")', True),
    ("Branches are lazy", "if true then 1 else div(1, 0)", 1),
    ("Branches are lazy", "some(1) ?? div(1, 0)", 1),
    ("Branches are lazy", "match some(1) { some(n) => n, none => div(1, 0) }", 1),
    ('l == "yes"', LABEL + 'label == "yes"', False),
    ("Labels are written as texts", LABEL + "to_text(label)", "no"),
    ("Fields and lets may have names of functions", "let count = 3; { month: count, sum: 1 }.month", 3),
    ("Fields and lets may have names of functions", "let median = median([1, 2]) ?? 0.0; median", 1.5),
    ("A def may be an argument", "def next(x: Int) -> Int = x + 1; map([1, 2], next)", [2, 3]),
    ("Indices start at 0, ends are exclusive, slices clamp", 'slice("abc", 1, 99) ++ slice("abc", 0, 1)', "bca"),
    ("Indices start at 0, ends are exclusive", "range(0, 3)", [0, 1, 2]),
    # ── patterns ──
    ("Patterns are RE2, may be computed", 'let word = "b" ++ "c"; matches("abcd", word)', True),
    ("and match anywhere", 'matches("xaby", "ab")', True),
    ("^ $ are the ends of the text", r'[matches("x\nab", "^ab"), matches("x\nab", "x$")]', [False, False]),
    ("of each line after (?m)", r'[matches("x\nab", "(?m)^ab"), matches("x\nab", "(?m)x$")]', [True, True]),
    (
        r"\w \b \d \s know every script",
        r'search("año ५६\u00a0в", r"\b\w+\s\w\b|ñ\b|\d\b") |> map(fn(m) => m.text)',
        ["५६\u00a0в"],
    ),
    (r"\n is \r\n too", r'[length(search("a\r\nb\nc", r"\n")), length(split_on("a\r\nb\nc", "\n"))]', [2, 3]),
    (
        'sections begin at matching lines: head is that line, "" before the first',
        r'sections("intro\n# One two\nbody\n", "^#") |> map(fn(s) => [s.head, s.body])',
        [["", "intro\n"], ["# One two", "body\n"]],
    ),
    ("sections begin at matching lines", r'sections("one # two\nbody", "#") |> map(fn(s) => s.head)', ["one # two"]),
    (
        'search: groups without the whole match, "" where unused',
        r'search("ab12", r"([a-z]+)(\d+)(x)?") |> map(fn(m) => m.groups)',
        [["ab", "12", ""]],
    ),
    # ── lists and texts ──
    ("chunk loses nothing", 'chunk("one two three", 5) |> join("")', "one two three"),
    ("pack joins neighbors", 'pack(["aa", "b", "cc"], 4, "-")', ["aa-b", "cc"]),
    ("words splits at white space", r'words("a, b-c\td\n\ne")', ["a,", "b-c", "d", "e"]),
    ("tally, top, rank (BM25): highest first", 'tally(["a", "b", "b"]) |> map(fn(t) => t.key)', ["b", "a"]),
    ("tally, top, rank (BM25): highest first", "top([1, 3, 2], 2, fn(n) => n)", [3, 2]),
    (
        "tally, top, rank (BM25): highest first",
        'rank(["a bee of the hive", "bee", "x"], "bee", 9) |> map(fn(r) => r.index)',
        [1, 0],
    ),
    (
        "Sorting keeps the order of ties",
        '[sort_by(["b1", "a1", "b2"], fn(t) => take(t, 1)), sort_desc(["b1", "a1", "b2"], fn(t) => take(t, 1))]',
        [["a1", "b1", "b2"], ["b1", "b2", "a1"]],
    ),
    ("group_by, sum_by, unique: as first seen", "group_by([3, 1, 3], fn(n) => n) |> map(fn(g) => g.key)", [3, 1]),
    ("group_by, sum_by, unique: as first seen", "sum_by([3, 1, 3], fn(n) => n, fn(n) => n) |> map(fn(g) => g.sum)", [6, 1]),
    ("group_by, sum_by, unique: as first seen", "unique([3, 1, 3])", [3, 1]),
    ("zip ends with the shorter", 'zip([1, 2, 3], ["a"]) |> length', 1),
    ("tree_fold joins group neighbors, level by level", 'tree_fold(["a", "b", "c"], 2, fn(g) => join(g, "+")) ?? ""', "a+b+c"),
    ("iterate(init, max, step, until)", "iterate(1, 9, fn(n) => n * 2, fn(n) => n > 20)", 32),
    # ── reading and numbers ──
    ('parse reads JSON of T, a number or a label: "08" is 8', 'parse[Int]("08") ?? 0', 8),
    ("parse reads JSON of T", 'parse[List[Int]]("[1, 2]") ?? []', [1, 2]),
    ("a label", 'parse["yes" | "no"]("yes") == some("yes")', True),
    ('"1,234" and "$5" are none', '[parse[Float]("1,234"), parse[Float]("$5")]', [None] * 2),
    (
        'parse_date reads "2024-05-03 10:00", "3 May 2024", "31/5/2024", as all date functions do, and gives "2024-05-31", which compares',
        'values([parse_date("2024-05-03 10:00"), parse_date("3 May 2024"), parse_date("31/5/2024")])',
        ["2024-05-03", "2024-05-03", "2024-05-31"],
    ),
    (
        "as all date functions do",
        'let given = ["2024-05-03 10:00", "3 May 2024", "31/5/2024"]; '
        'values(map(given, weekday)) ++ values(map(given, month)) ++ values(map(given, fn(d) => days_between("3 May 2024", d)))',
        [5, 5, 5, 5, 5, 5, 0, 0, 28],
    ),
    ("days_between: b - a", 'days_between("2024-02-28", "2024-03-01") ?? 0', 2),
    ("days_between: b - a", '"2024-03-01" |> days_between("2024-02-28") ?? 0', -2),
    ("weekday: 1 is Monday", 'weekday("2024-01-01") ?? 0', 1),
    ("percentile: p from 0 to 100, interpolated", "percentile([1, 2, 3, 4], 25) ?? 0.0", 1.75),
    ("percentile: p from 0 to 100", "is_some(percentile([1], 101))", False),
    ("round(x, 2) is a Float", "[round(3.14159, 2)]", [3.14]),
    ('format_number(1234.5, 2): "1,234.50"', "format_number(1234.5, 2)", "1,234.50"),
    ("-> Option[Float]: mean median percentile(p)", "[mean([]), median([]), percentile([], 5)]", [None] * 3),
    ("-> List[{ key, sum }]: sum_by(key, value)", "sum_by([1], fn(n) => n, fn(n) => n)", [{"key": 1, "sum": 1}]),
    ("-> List[{ key, mean }]: mean_by(key, value)", "mean_by([1], fn(n) => n, fn(n) => n)", [{"key": 1, "mean": 1.0}]),
]


@pytest.mark.parametrize(("said", "program", "value"), FACTS, ids=range(len(FACTS)))
def test_what_the_page_says_is_what_a_program_gives(said: str, program: str, value: Any) -> None:
    assert said in PAGE, "the page says something else: this fact needs other words, or is not told any more"
    run = ran(program, ScriptedModel((), LEAF))
    assert run.fault is None and run.value == value and not run.usage.calls


@pytest.mark.parametrize(
    ("said", "program", "code"),
    [
        ("a hole is any expression without quotes", 'f"{join([], "")}"', "E0106"),
        ("max is a literal", "let n = 3; iterate(1, n, fn(x) => x, fn(x) => true)", "E0218"),
        ("+ never joins", '"a" + "b"', "E0213"),
        ("not recursive; sees what stands above", "def f(n: Int) -> Int = f(n); 1", "E0202"),
        ("Labels are written as texts", LABEL + 'label == "maybe"', "E0207"),
        ("Patterns are RE2", 'matches("a", r"(a)\\1")', "E0217"),
    ],
)
def test_what_the_page_rules_out_is_an_error(said: str, program: str, code: str) -> None:
    assert said in PAGE
    assert code in [d.code for d in check(program, from_values({"context": ""}).types).diagnostics]


@pytest.mark.parametrize(
    ("program", "calls"),
    [
        ('llm_map[Bool](items, "Is it?")', 2 * 3),
        ('llm_map[Bool](items, "Is it?", per_call=3)', 2 * 12),
        ('llm_map[Bool](items, "Is it?", per_call=5, votes=3)', 2 * 8 * 3),
        ('llm_map_by[Int](items, fn(t) => t, "How many?", per_call=36)', 2 * 1),
        # A large out: 4,096 tokens of a reply hold four of 1,000.
        ('llm_map[Text](items, "Say it.", out=1000)', 2 * 9),
    ],
)
def test_calls_of_llm_map_are_twice_the_prompts(program: str, calls: int) -> None:
    assert "calls = 2 * ceil(n / per_call) * votes. per_call is 16, less for long items or a large out" in PAGE
    wide = ModelProfile(name="wide", window=262_144, max_output=4_096, input_price=0.0, output_price=0.0)
    assert bound_of(program, [f"item {n}" for n in range(36)], wide) == calls


def test_long_items_make_fewer_of_them_go_together() -> None:
    assert bound_of('llm_map[Bool](items, "Is it?")', ["x" * 3_000] * 36, LEAF) > 2 * 3


def test_bounds_see_through_a_function_that_is_passed() -> None:
    assert "A def may be an argument; bounds see through it" in PAGE
    assert bound_of("def ask(t: Text) -> Text = llm_call(take(t, 100)); map(items, ask)", ["a"] * 36, LEAF) == 36
    assert "pairs of n are n * n / 2" in PAGE
    asked = 'pairs(items) |> map(fn(p) => llm_call(f"{take(p.first, 9)} {take(p.second, 9)}"))'
    assert bound_of(asked, ["a"] * 36, LEAF) == 36 * 35 // 2


def test_each_token_of_a_larger_out_takes_two_characters() -> None:
    """As the task says it, beside the number of characters: by what a prompt is refused for that is too long."""
    most = {}
    for out in (1_024, 2_024):
        program = f'let long = llm_call("Say", out=4000); llm_call(f"{{long}}{{long}}", out={out})'
        inputs = from_values({"context": ""}).with_query("What?")
        checked = check(program, inputs.types)
        assert checked.typed is not None
        (refused,) = foresee(checked.typed, inputs.values, ScriptedModel((), LEAF), Budget()).diagnostics
        most[out] = int(re.findall(r"at most ([\d,]+) are", refused.message)[0].replace(",", ""))
    assert most == {1_024: 30_592, 2_024: 28_592}


def test_a_call_that_fails_ends_the_run_or_has_a_given_value() -> None:
    assert "A call that fails ends the run unless or_else gives its value" in PAGE and 'or_else="no"' in PAGE
    broken = FakeModel(lambda request: "neither", LEAF)
    ended = ran('llm_call["yes" | "no"]("Is it?")', broken)
    assert ended.fault is not None and ended.fault.code == "E0513"
    assert ran('llm_call["yes" | "no"]("Is it?", or_else="no")', broken).value == "no"


def test_a_quote_of_an_item_comes_from_that_item() -> None:
    assert "a Quote comes from its own item" in PAGE

    def reply(request: CompletionRequest) -> str:
        return json.dumps({"1": "bees are busy", "2": "bees are busy"})

    program = 'llm_map[Quote](lines(context), "Quote it.")'
    assert ran(program, FakeModel(reply, LEAF), "bees are busy today\nants are busy").value == ["bees are busy", None]


@pytest.mark.parametrize("fence", ["```\n{}\n```", "```lam\n{}\n```", "Here it is:\n```\n{}\n```\nDone."])
def test_a_program_may_be_fenced(fence: str) -> None:
    assert "and nothing else, fenced or not" in PAGE
    assert programs(fence.format("1 + 1"))[0] == "1 + 1"


def test_functions_seldom_used_are_on_one_line() -> None:
    (seldom,) = [line for line in library().split("\n") if line.startswith("Seldom: ")]
    used = "".join(re.findall(r"(?s)# Examples.*", reference()))
    assert not [name for name in seldom.removeprefix("Seldom: ").split(" ") if f"{name}(" in used]


def ran(program: str, model: Model, context: str = "one\ntwo") -> Run:
    inputs = from_values({"context": context}).with_query("What?")
    checked = check(program, inputs.types)
    assert checked.ok, checked.diagnostics
    return anyio.run(lambda: execute(checked.admit(Budget(), LEAF), inputs.values, model, options=Options(key=b"key")))


def bound_of(program: str, items: list[str], leaf: ModelProfile) -> int:
    inputs = from_values({"items": items}).with_query("What?")
    checked = check(program, inputs.types)
    assert checked.typed is not None, checked.diagnostics
    calls = foresee(checked.typed, inputs.values, ScriptedModel((), leaf), Budget()).bound.calls
    assert calls is not None
    return calls
